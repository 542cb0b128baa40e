/*
 * fleet.h - layer target: the agents that one worker drives: one open stream to each for the whole
 * run, batches of probes in all of them at once. Used by one thread. A stream that breaks is opened
 * again before the next batch and counted; its probes read as NP_OUT_ERROR, never as denied. With
 * patience (np_fleet_set_patience()) opening is tried more than once and what was lost is probed
 * again at once.
 */
#ifndef NP_TARGET_FLEET_H
#define NP_TARGET_FLEET_H

#include <stdatomic.h>

#include "np/agent/proto.h"
#include "np/base/err.h"
#include "np/kube/client.h"

#define NP_FLEET_MAX_AGENTS 512
#define NP_FLEET_DETAIL_MAX 48

/* Where an agent is. Strings are copied. */
struct np_fleet_place {
	const char *name;     /* for messages: x/a, ext */
	const char *ns, *pod; /* an exec stream into this pod; or */
	const char *socket; /* a unix socket whose every connection is an agent in probe mode; or */
	const char *host;   /* HOST:PORT of the same over TCP */
	const char *agent;  /* its path in the pod; NULL: /netpolcheck-agent, the image's */
	const char *container; /* NULL: the pod's only one; the API refuses to choose among more */
};

struct np_fleet;

/* @k (may be NULL when only sockets are used) and @cancel (may be NULL; non-zero ends every wait
 * with NP_EINTR) must outlive it. */
struct np_fleet *np_fleet_new(struct np_kube *k, const atomic_int *cancel);
void np_fleet_free(struct np_fleet *f);

/*
 * A stream that cannot be opened is tried again, after jittered pauses, for NP_FLEET_STUBBORN_MS; as
 * long as the API server is not there, or asks to wait, up to @patience_ms. What may help is in
 * harness/kube/retry.h. Probes that were lost with a stream are made again, twice at most. The
 * default is that of the client; 0: one try before each batch, and no probe is made again.
 */
void np_fleet_set_patience(struct np_fleet *f, int patience_ms);
#define NP_FLEET_STUBBORN_MS 15000

/* Begins to open a stream; *@ret is the agent's number, valid until removed. NP_ELIMIT beyond
 * NP_FLEET_MAX_AGENTS. */
int np_fleet_add(struct np_fleet *f, const struct np_fleet_place *place, size_t *ret,
		 struct np_err *err);
/* Waits until every agent has said hello, at most @timeout_ms or the patience, whichever is longer;
 * the first that failed or is late is the error. */
int np_fleet_ready(struct np_fleet *f, int timeout_ms, struct np_err *err);
/* Closes the stream; the number may be given to another agent later. */
void np_fleet_remove(struct np_fleet *f, size_t agent);
/* What the agent said it can: "sctp-raw,ipv6"; "" before hello. Borrowed. */
const char *np_fleet_caps(const struct np_fleet *f, size_t agent);

struct np_fleet_result {
	enum np_outcome outcome;
	char detail[NP_FLEET_DETAIL_MAX]; /* errno:ECONNREFUSED, icmp:3.13, rcode:0, or why the
					     harness failed */
	char who[NP_AGENT_IDENTITY_MAX + 1];
	char seen_addr[NP_ADDR_TEXT_MAX]; /* the source that the server saw; "-" unknown */
	unsigned seen_port, src_port, attempts;
	long long rtt_us; /* of an allowed probe */
};

struct np_fleet_probe {
	size_t agent;
	struct np_probe_req req; /* idx is set by np_fleet_probe() */
	struct np_fleet_result res;
};

/*
 * Runs all @n probes at once, each with @timeout_ms and @attempts, and fills their results. Ends in
 * bounded time (the time-out plus a margin for the harness; with patience that too). Returns 0 also when single agents
 * failed (their probes are NP_OUT_ERROR); -1 only for NP_EINTR.
 */
int np_fleet_probe(struct np_fleet *f, struct np_fleet_probe *probes, size_t n, unsigned timeout_ms,
		   unsigned attempts, struct np_err *err);

/* How many agents have no stream and get none; the first of them, and why. */
size_t np_fleet_lost(const struct np_fleet *f, size_t *ret_agent, struct np_err *ret_why);

struct np_fleet_stats {
	unsigned long long streams_opened; /* the first opening of each agent included */
	unsigned long long streams_lost, probes, batches;
	unsigned long long probes_again; /* of those probes: made again, their stream was lost */
	long long probing_us; /* time inside np_fleet_probe() */
	size_t agents;	      /* added in all: streams_opened is the same number when none broke */
};

/* Agents it has now. */
size_t np_fleet_size(const struct np_fleet *f);

void np_fleet_get_stats(const struct np_fleet *f, struct np_fleet_stats *ret);

#endif
