/*
 * enforcer.h - NetworkPolicy to nftables: one reading of the API of its own, written from the semantics with none of the oracle's code.
 * A pure compiler from a world to nftables JSON, and a thread per node that keeps the node's ruleset up to date.
 */
#ifndef NP_SANDBOX_ENFORCER_H
#define NP_SANDBOX_ENFORCER_H

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/model/world.h"
#include "store.h"

struct np_enforcer;

/*
 * Starts the enforcer: one thread per node of @n_nodes, each of which enters @node_netns_fds[i] (setns) for good and applies the policies that concern pods of
 * @node_names[i] whenever the store changes. @fault: NULL or a name of np_sandbox_faults(). Borrowed arguments must outlive it.
 */
struct np_enforcer *np_enforcer_new(struct np_store *store, const char *const *node_names, const int *node_netns_fds, size_t n_nodes,
				    const char *fault);
/* Stops the threads (bounded) and frees. NULL is accepted. */
void np_enforcer_free(struct np_enforcer *e);

/*
 * The whole ruleset of one node as an nftables JSON document ({"nftables": [...]}): replaces table inet npc in one transaction (or several of at most 300
 * commands through a spare table and one final switch, where an ordinary user's netlink buffer would refuse more).
 */
void np_enforcer_compile(const struct np_world *world, struct np_str node, const char *fault, struct np_buf *ret);

#endif
