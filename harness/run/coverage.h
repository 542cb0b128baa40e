/*
 * coverage.h - which kinds of pairs a case's verdicts are about: an implementation may well be
 * right within a node and wrong across nodes. Counts connections that were judged, not probes.
 */
#ifndef NP_RUN_COVERAGE_H
#define NP_RUN_COVERAGE_H

#include <jansson.h>

#include "table.h"

enum np_pair {
	NP_PAIR_SAME_NODE,  /* two pods of one node */
	NP_PAIR_CROSS_NODE, /* two pods of two nodes */
	NP_PAIR_HOST_POD,   /* a node's agent, or a pod on its network, and a pod; either way */
	NP_PAIR_EXTERNAL_POD,
	NP_PAIR_SERVICE, /* a pod to a Service's address */
	NP_PAIR_DNS,	 /* a pod to a DNS pod */
	NP_N_PAIRS
};

/* "same-node" "cross-node" "host-pod" "external-pod" "service" "dns" */
const char *np_pair_name(enum np_pair p);

struct np_coverage {
	unsigned long long n[NP_N_PAIRS][2]; /* IPv4, IPv6 */
};

/* Cells that were looked at and are expected to be allowed or denied. */
void np_coverage_add(struct np_coverage *c, const struct np_rt *t);
enum np_pair np_pair_of(const struct np_rt_end *src, const struct np_rt_end *dst);
/* {"same-node": {"4": 12, "6": 0}, ..}, kinds without any left out. New reference. */
json_t *np_coverage_json(const struct np_coverage *c);

#endif
