/*
 * oracle.h - layer oracle: the compiled reference evaluator (semantics section 2). Build once from a linked world, then ask for single
 * verdicts, whole truth tables (bitsets) or an explanation. Pure; a const oracle may be shared by threads.
 */
#ifndef NP_ORACLE_ORACLE_H
#define NP_ORACLE_ORACLE_H

#include "np/base/buf.h"
#include "np/model/flow.h"

/* The open questions of the API (semantics 2.2 "switches"), one setting each. */
enum np_reading {
	NP_READ_IPBLOCK_PODS,	/* S19: yes = ipBlock matches pod addresses */
	NP_READ_NAT,		/* S20: yes = addresses are seen after rewriting (services to externals, nodes) */
	NP_READ_DIVERGENT,	/* S25: yes = an egress name with several numbers is resolved per destination pod; no = such an item matches nothing */
	NP_READ_DUP_NAME,	/* S29: yes = any port of that name in the pod counts; no = the first only */
	NP_READ_SIDECAR_NAME,	/* S30: yes = names in (restartable) init containers count */
	NP_READ_NAME_EXTERNAL,	/* S31: yes = a name towards an external address matches any port; no = nothing */
	NP_READ_HAIRPIN,	/* S39: yes = a pod reaching itself through a Service is always allowed; no = subject to policy */
	NP_READ_OWN_NODE,	/* S41: yes = an egress-isolated pod always reaches its own node */
	NP_READ_OTHER_NODE,	/* S42: yes = traffic of other nodes' own addresses to a pod is exempt like the own node's (tunnel, SNAT) */
	NP_READ_HOST_PODS,	/* S43: yes = hostNetwork pods are pods to selectors and policies; no = they are their node's address */
	NP_READ_CLUSTERIP,	/* S45: yes = a ClusterIP is judged as the pod and port behind it; no = the ClusterIP itself is the peer address */
	NP_READ_MAPPED,		/* S56: yes = IPv4-mapped blocks mean the IPv4 block; no = they match nothing */
	NP_READ_HOST_BITS,	/* S57: yes = the network is meant; no = the single address */
	NP_N_READINGS
};

enum np_setting { NP_SET_OPEN, NP_SET_NO, NP_SET_YES };

struct np_readings {
	uint8_t set[NP_N_READINGS];	/* enum np_setting */
};

/* The clause behind a reading, e.g. 19. */
unsigned np_reading_clause(enum np_reading r);

/* Profiles of design section 7. */
enum np_profile { NP_PROFILE_CORE, NP_PROFILE_EXTENDED, NP_PROFILE_UPSTREAM, NP_PROFILE_LIFECYCLE, NP_PROFILE_BEHAVIOUR, NP_N_PROFILES };
const char *np_profile_name(enum np_profile p);
bool np_profile_parse(struct np_str s, enum np_profile *ret);
/*
 * core: everything open; extended: also S25 = yes; upstream: also S19 = yes, S45 = yes; lifecycle and behaviour as extended.
 */
struct np_readings np_profile_readings(enum np_profile p);

struct np_oracle;

/* Compiles a linked @world, which must outlive the oracle and not change. Cannot fail: a world that loaded is complete. */
struct np_oracle *np_oracle_new(const struct np_world *world, const struct np_readings *readings);
void np_oracle_free(struct np_oracle *o);

/*
 * The verdict on one flow. NP_UNDEF fills *@ret_open (may be NULL) with exactly those clauses c for which, under some setting of the other
 * open readings, changing c's reading changes the verdict; otherwise *@ret_open is empty.
 */
enum np_verdict np_oracle_eval(const struct np_oracle *o, const struct np_flow *flow, np_clauses *ret_open);

/* One port of a truth table. */
struct np_probe_port {
	enum np_proto proto;
	uint16_t port;
};

struct np_bitmatrix {		/* n_rows x n_cols bits, row-major, rows padded to whole words */
	uint64_t *words;
	size_t n_rows, n_cols, words_per_row;
};

/* Truth table of every source x destination x port in one family. Index of a cell: port, row = source, column = destination. */
struct np_table {
	struct np_end *sources, *dests;	/* copied, owned */
	struct np_probe_port *ports;
	size_t n_sources, n_dests, n_ports;
	int family;
	struct np_bitmatrix *allow;	/* [n_ports] verdict is allow */
	struct np_bitmatrix *undef;	/* [n_ports] verdict is undef; allow and undef are never both set. NULL when no reading is open */
};

/* Never fails; *@ret is released with np_table_release(). Cells without a flow (NP_NO_FLOW) read as deny here and as NP_NO_FLOW from np_oracle_eval(). */
void np_oracle_table(const struct np_oracle *o, const struct np_end *sources, size_t n_sources, const struct np_end *dests,
		     size_t n_dests, const struct np_probe_port *ports, size_t n_ports, int family, struct np_table *ret);
void np_table_release(struct np_table *t);
enum np_verdict np_table_at(const struct np_table *t, size_t port, size_t source, size_t dest);

/*
 * The verdict in words for a person: per side which policies isolate, which rule, peer and port let it through or the nearest
 * missing condition of each candidate, with clause ids and file:line places. Appended to @ret as text lines.
 */
void np_oracle_explain(const struct np_oracle *o, const struct np_flow *flow, struct np_buf *ret);
/* The clauses that the verdict rests on (isolation, union, both ends, ...), for grouping failures in reports. */
np_clauses np_oracle_clauses(const struct np_oracle *o, const struct np_flow *flow);

#endif
