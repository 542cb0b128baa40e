/*
 * enforcer_match.h - which policies apply to a pod and which pods a peer means: the enforcer's own
 * reading of sections 2.3 and 2.4 (S01, S02, S09-S16, S65). Pure.
 */
#ifndef NP_SANDBOX_ENFORCER_MATCH_H
#define NP_SANDBOX_ENFORCER_MATCH_H

#include "enforcer_ranges.h"
#include "enforcer_view.h"

struct np_match {
	const struct np_world *world; /* linked */
	const struct np_view *view;   /* may be NULL */
	enum np_fault_id fault;
};

/* A pod with addresses of its own that has not finished (S43, S53). */
bool np_match_endpoint(const struct np_pod *pod);
/* The policy isolates the pod in this direction. */
bool np_match_applies(const struct np_match *m, const struct np_policy *policy,
		      const struct np_pod *pod, enum np_dir dir);
/* The rules of @dir that count: *@ret_n of them. */
const struct np_rule *np_match_rules(const struct np_match *m, const struct np_policy *policy,
				     enum np_dir dir, size_t *ret_n);
/* A peer of selectors means @pod, an endpoint. An ipBlock peer never does. */
bool np_match_peer(const struct np_match *m, const struct np_policy *policy,
		   const struct np_peer *peer, const struct np_pod *pod);
/* The peer has selectors and no pod of the world matches it. */
bool np_match_peer_unmatched(const struct np_match *m, const struct np_policy *policy,
			     const struct np_peer *peer);
/* Adds the addresses of @family that an ipBlock peer means (S17, S55). */
void np_match_block(const struct np_match *m, const struct np_ipblock *block, int family,
		    struct np_ranges *ret);
/* Adds the pod's addresses of @family. */
void np_match_addresses(const struct np_pod *pod, int family, struct np_ranges *ret);

#endif
