/*
 * enforcer.h - NetworkPolicy to nftables: one reading of the API of its own, written from the
 * semantics with none of the oracle's code. A pure compiler from a world to nftables JSON, and a
 * thread per node that keeps the node's ruleset up to date.
 *
 * Egress policies of the source are enforced on the node that runs it, ingress policies of the
 * destination on the node that runs that (S04), both in the forward hook, after Services have been
 * translated (S45). Where the texts leave a choice: an ipBlock matches pod addresses (S19),
 * hostNetwork pods are their node (S43), a pod reaches its own node (S41), other nodes are ordinary
 * addresses (S42), names of sidecar containers count (S30), ICMP is judged like any protocol
 * without ports (S35), established connections outlive a change (S37). What the node itself sends
 * is never judged (S40).
 */
#ifndef NP_SANDBOX_ENFORCER_H
#define NP_SANDBOX_ENFORCER_H

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/model/world.h"
#include "store.h"

struct np_enforcer;

/*
 * Starts the enforcer: one thread per node of @n_nodes, each of which enters @node_netns_fds[i]
 * (setns) for good and applies the policies that concern pods of @node_names[i] whenever the store
 * changes. @fault: NULL or a name of np_sandbox_faults(). Borrowed arguments must outlive it.
 */
struct np_enforcer *np_enforcer_new(struct np_store *store, const char *const *node_names,
				    const int *node_netns_fds, size_t n_nodes, const char *fault);
/* Stops the threads (bounded) and frees; the rules stay. NULL is accepted. */
void np_enforcer_free(struct np_enforcer *e);

/*
 * Waits until every node enforces at least what the store said at revision @rev. NP_ETIMEOUT after
 * @timeout_ms, with what keeps it from doing so when that is known. For starting a pod's containers
 * only when it is isolated (S48): write its address to the store, wait, start.
 */
int np_enforcer_wait(struct np_enforcer *e, uint64_t rev, int timeout_ms, struct np_err *err);

/* For tests that put a program of their own in the place of nft: the library is not used. */
void np_enforcer_forgo_library(struct np_enforcer *e);

/*
 * The whole ruleset of one node as one nftables JSON document ({"nftables": [...]}) that replaces
 * table inet npc in one transaction. The enforcer itself installs the same commands generation by
 * generation and in bounded transactions (enforcer_ruleset.h). @world is linked.
 */
void np_enforcer_compile(const struct np_world *world, struct np_str node, const char *fault,
			 struct np_buf *ret);

#endif
