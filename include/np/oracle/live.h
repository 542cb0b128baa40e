/*
 * live.h - layer oracle: a compiled world and its truth table that follow changes of single
 * policies and pods, for editors, watches and fuzzing. After each change every answer is that of an
 * oracle made anew. Not for several threads while it changes.
 *
 * The table is kept as two matrices: what egress says for each class of sources and destination,
 * and what ingress says for each class of destinations and source, two bits for each port. A cell is
 * both, and the exemptions of nodes and of a pod to itself. Memory: 4 bytes x pods x (sources +
 * destinations) for every 16 ports, for each setting of S43, S56, S57 that is open and matters
 * (else once).
 *
 * Cost, in the terms of oracle.h:
 *
 *	a policy changed	namespaces, and classes of those that its selectors match; rules
 *				of all classes of its namespace; for each class that it selects
 *				or selected, a row for each port.
 *	a pod changed		every rule's peers asked about it; rules of all classes of its
 *				namespace; its own rows; its column: policies of all classes, and
 *				a cell of each class. With it, rows of sources whose egress names
 *				become or cease to be divergent (S25) by it.
 *
 * A changed hostNetwork, and the first block that S56 or S57 leave open, cost as much as
 * np_live_new().
 */
#ifndef NP_ORACLE_LIVE_H
#define NP_ORACLE_LIVE_H

#include "np/oracle/oracle.h"

#define NP_LIVE_MAX_PORTS 64

struct np_live;

/*
 * As np_oracle_table(), at most NP_LIVE_MAX_PORTS ports (more: NULL). @world is linked, outlives
 * the result, and changes only as said below. Stages other than NetworkPolicy do not occur.
 */
struct np_live *np_live_new(const struct np_world *world, const struct np_readings *readings,
			    const struct np_end *sources, size_t n_sources,
			    const struct np_end *dests, size_t n_dests,
			    const struct np_probe_port *ports, size_t n_ports, int family);
/* Accepts NULL. */
void np_live_free(struct np_live *l);

/*
 * To be called after world->policies[@idx] (world->pods[@idx]) was overwritten: anything but its
 * namespace and name. What it pointed to before must stay (it does in the world's arena). A policy
 * without types is as good as deleted, a pod that failed likewise.
 */
void np_live_policy_changed(struct np_live *l, size_t idx);
void np_live_pod_changed(struct np_live *l, size_t idx);

/* The cell, by its place in the lists given; NP_DENY when there is no flow. Services and nodePorts
 * are judged when asked. */
enum np_verdict np_live_at(const struct np_live *l, size_t port, size_t source, size_t dest);

/* For single verdicts and explanations; borrowed, valid until the next change. */
const struct np_oracle *np_live_oracle(const struct np_live *l);

#endif
