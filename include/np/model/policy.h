/*
 * policy.h - layer model: NetworkPolicy networking.k8s.io/v1 as plain data, defaulted (semantics
 * 1.3), presence kept where it means something (semantics 1.1, 1.2). Everything lives in the arena
 * of the world or document that holds it; nothing here is freed alone. No evaluation lives here:
 * each reading of the API (oracle, brute force, enforcer, model CNI) has its own.
 */
#ifndef NP_MODEL_POLICY_H
#define NP_MODEL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/model/addr.h"
#include "np/model/place.h"

enum np_proto { NP_TCP, NP_UDP, NP_SCTP };
#define NP_N_PROTOS 3
/* "TCP" "UDP" "SCTP". */
const char *np_proto_name(enum np_proto proto);
/* Exact upper-case name; false otherwise. */
bool np_proto_parse(struct np_str s, enum np_proto *ret);

enum np_dir { NP_INGRESS, NP_EGRESS };
#define NP_N_DIRS 2
const char *np_dir_name(enum np_dir dir);	/* "ingress" "egress" */

/* key=value; sorted by key, keys unique (np_labels_sort()). */
struct np_label {
	struct np_str key, value;
};

struct np_labels {
	struct np_label *items;
	size_t n;
};

/* Sorts by key; of equal keys the last in the array wins. */
void np_labels_sort(struct np_labels *labels);
/*
 * Borrowed value, or NULL when the key is absent (a present empty value is a non-NULL empty
 * string).
 */
const struct np_str *np_labels_get(const struct np_labels *labels, struct np_str key);

enum np_op { NP_OP_IN, NP_OP_NOT_IN, NP_OP_EXISTS, NP_OP_NOT_EXISTS };
const char *np_op_name(enum np_op op);	/* "In" "NotIn" "Exists" "DoesNotExist" */
bool np_op_parse(struct np_str s, enum np_op *ret);

struct np_requirement {
	struct np_str key;
	enum np_op op;
	struct np_str *values;
	size_t n_values;
	struct np_place place;
};

/* Both lists empty matches everything (S12). matchLabels entries are sorted and unique. */
struct np_selector {
	struct np_labels match_labels;
	struct np_requirement *exprs;
	size_t n_exprs;
	struct np_place place;
};

struct np_ipblock {
	struct np_cidr cidr;
	struct np_str cidr_text;	/* as written */
	struct np_cidr *excepts;
	struct np_str *except_texts;
	size_t n_excepts;
};

/*
 * Exactly one of: ip_block alone, or at least one selector. Pointers are NULL when the field is
 * absent.
 */
struct np_peer {
	const struct np_selector *pod_selector;
	const struct np_selector *ns_selector;
	const struct np_ipblock *ip_block;
	struct np_place place;
};

enum np_port_kind {
	NP_PORT_ANY,	/* port absent: every port of the protocol (S23) */
	NP_PORT_NUMBER,
	NP_PORT_RANGE,	/* port..end_port inclusive (S32) */
	NP_PORT_NAME,	/* S24..S31 */
};

struct np_port {
	enum np_proto proto;	/* defaulted to TCP */
	enum np_port_kind kind;
	uint16_t port, end_port;
	struct np_str name;
	struct np_place place;
};

struct np_rule {
	struct np_peer *peers;	/* n_peers == 0: any peer (S07) */
	size_t n_peers;
	struct np_port *ports;	/* n_ports == 0: any port of any protocol (S07) */
	size_t n_ports;
	struct np_place place;
};

struct np_policy {
	struct np_str ns, name;
	struct np_selector pod_selector;
	bool types[NP_N_DIRS];		/* after defaulting: isolates in this direction (S02) */
	struct np_rule *rules[NP_N_DIRS];
	/* kept even when types[dir] is false: then without effect */
	size_t n_rules[NP_N_DIRS];
	struct np_place place;
};

#endif
