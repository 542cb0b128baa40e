/*
 * field.h - private to campaign: the small world of bug_world.h deployed in a cluster, with a
 *stream into each pod; operations on it, the canary, truth tables. One thread. Operations are JSON
 *objects:
 *	{"op": "apply", "kind": "NetworkPolicy", "namespace": "a", "name": .., "object": {..}}
 *create or replace
 *	{"op": "delete", "kind": "NetworkPolicy", "namespace": "a", "name": ..}
 *	{"op": "label", "kind": "Pod" or "Namespace", "namespace": "a", "name": .., "labels": {..}}
 *null removes
 *	{"op": "recreate", "kind": "Pod", "namespace": "a", "name": ..}	deleted, and made anew
 */
#ifndef NP_CAMPAIGN_FIELD_H
#define NP_CAMPAIGN_FIELD_H

#include <jansson.h>
#include <stdatomic.h>

#include "bug_world.h"
#include "np/base/err.h"
#include "np/kube/client.h"
#include "np/target/fleet.h"

#define FIELD_PODS_MAX 16
#define FIELD_ID_LEN 8
#define FIELD_LABEL "netpolcheck.io/fuzz" /* of every policy that an operation made: "op" */

struct field_pod {
	const struct np_bug_pod *pod;
	char identity[160];
	struct np_addr ip;
	bool has_ip;
	size_t agent; /* SIZE_MAX: no stream */
};

struct field {
	struct np_kube *kube;
	const atomic_int *cancel;
	const char *image;
	char id[FIELD_ID_LEN + 1];
	char real[NP_WORLD_NAMESPACES][64]; /* of np_bug_namespaces */
	char nodes[2][256];
	size_t n_nodes;
	struct np_fleet *fleet;
	struct field_pod pods[FIELD_PODS_MAX];
	size_t n_pods;
	unsigned timeout_ms; /* of a probe; measured by field_start() */
};

/* @f->kube, cancel, image and id are set by the caller. Deploys and opens the streams.
 */
int field_start(struct field *f, struct np_err *err);
/*
 * How long a probe is given: many times what answers took when nothing was in the way. NP_EENV when
 * there is no answer.
 */
int field_measure(struct field *f, struct np_err *err);
/* Frees; the objects in the cluster go with np_clean(). */
void field_stop(struct field *f);

const char *field_real(const struct field *f, const char *ns);

enum field_answer { FIELD_ACCEPTED, FIELD_REJECTED };
/* Carries an operation out. -1 only when the API server could not be asked. @ret_http may be NULL.
 */
int field_op(struct field *f, const json_t *op, enum field_answer *ret, int *ret_http,
	     struct np_err *err);
/* Takes every policy of operations and the canary's away, and gives pods and namespaces their
 * labels back. */
int field_clear(struct field *f, struct np_err *err);

enum field_canary { CANARY_FINE, CANARY_NOT_DENIED, CANARY_NOT_ALLOWED };
/*
 * A policy that denies must be seen on every node, and its end too, each within @patience_ms.
 * *@ret_ms: how long the slower of the two took.
 */
int field_canary(struct field *f, long long patience_ms, enum field_canary *ret, long long *ret_ms,
		 struct np_err *err);
/* Without a change: is what was denied still denied and what was open still open? "kept", "open",
 * "closed", "mixed". */
const char *field_guard(struct field *f);

/* A connection that goes the wrong way. */
struct field_wrong {
	char from[32], to[32]; /* a/p0 */
	const char *protocol;  /* "tcp" "udp" */
	unsigned port;
	bool allowed; /* seen; it should be the other */
};
#define FIELD_WRONG_MAX 64
/*
 * The truth table of the pods that policies of operations can touch, against the oracle over what
 * the API server stores; looked at until it is right, at most @patience_ms. *@ret_n: wrong cells at
 * the end.
 */
int field_table(struct field *f, long long patience_ms, struct field_wrong *ret, size_t *ret_n,
		struct np_err *err);

#endif
