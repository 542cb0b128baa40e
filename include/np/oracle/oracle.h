/*
 * oracle.h - layer oracle: the compiled reference evaluator (semantics section 2). Build once from
 * a linked world, then ask for single verdicts, whole truth tables (bitsets) or an explanation.
 * Pure; a const oracle may be shared by threads.
 */
#ifndef NP_ORACLE_ORACLE_H
#define NP_ORACLE_ORACLE_H

#include "np/base/buf.h"
#include "np/model/flow.h"

/*
 * The open questions of the API (semantics 2.2 "switches"), two permitted settings each. What is
 * common to all of them:
 *
 * A pod carries traffic when it is neither finished (S53) nor pending (S60) and has an address of
 * the flow's family; that of a hostNetwork pod without one is its node's. An end "has a node's
 * address" when it is an address of a node of the world, or a hostNetwork pod (whatever S43 says):
 * that of the node it names, whether the world has it or not, else of the node that has its
 * address. An NP_END_ADDR is looked up among nodes only: never among pods and Services; an
 * IPv4-mapped one means the IPv4 address (S56).
 */
enum np_reading {
	/*
	 * S19: yes = ipBlock matches the addresses of pods like any other; no = an end that is a
	 * pod (see S43) never matches an ipBlock.
	 */
	NP_READ_IPBLOCK_PODS,
	/*
	 * S20: addresses are seen before (no) or after (yes) rewriting. Two places. (1) Ingress
	 * from another node's address: yes = some tunnel's or gateway's address is seen, so only an
	 * ipBlock that holds every address of the family (/0 without except) matches. (2) A node's
	 * address dialled at the nodePort of a Service: no = the egress peer is the node at that
	 * port and the ingress peer is the source; yes = the egress peer is the pod behind it at
	 * the target port and the ingress peer is the dialled node's address. Several pods behind
	 * it that differ: undef by S20.
	 */
	NP_READ_NAT,
	/*
	 * S25: a name in an egress rule has several numbers when the unfinished pods that the
	 * rule's selector peers match (all pods of the world for a rule without peers; pods in its
	 * ipBlocks do not count) have more than one number under that name and protocol, whatever
	 * S29, S30 and S43 say. yes = it is resolved on each destination pod all the same; no =
	 * such a port item matches nothing.
	 */
	NP_READ_DIVERGENT,
	/*
	 * S29: a name (with a protocol) that a pod has several times. yes = any of these ports; no
	 * = the first in the pod's list of ports only.
	 */
	NP_READ_DUP_NAME,
	/*
	 * S30: yes = names in init containers (restartable or not) count like and after those of
	 * regular ones; no = they do not exist.
	 */
	NP_READ_SIDECAR_NAME,
	/*
	 * S31: an egress name towards an end that is no pod. yes = it matches any port of its
	 * protocol; no = nothing.
	 */
	NP_READ_NAME_EXTERNAL,
	/*
	 * S39: a pod that reaches itself through a Service (or nodePort). yes = always allowed; no
	 * = both sides are judged like between two pods.
	 */
	NP_READ_HAIRPIN,
	/*
	 * S41: yes = a pod always reaches ends with its own node's address, whatever isolates it
	 * for egress; no = judged as any other.
	 */
	NP_READ_OWN_NODE,
	/*
	 * S42: yes = ends with another node's address reach a pod like those with its own node's
	 * (S40) do; no = judged as any other.
	 */
	NP_READ_OTHER_NODE,
	/*
	 * S43: hostNetwork pods. yes = they are pods: selected by policies, matched by selectors;
	 * no = they are nothing but their node's address.
	 */
	NP_READ_HOST_PODS,
	/*
	 * S45: pod to ClusterIP. yes = the egress peer is the pod behind it at the target port; no
	 * = the egress peer is the ClusterIP, an address that is no pod, at the Service's port. The
	 * ingress side is always judged at the pod behind it. Several pods behind it that differ:
	 * undef by S45, fixed or not.
	 */
	NP_READ_CLUSTERIP,
	/*
	 * S56: a block or except written in IPv4-mapped form (::ffff:0:0/96). yes = the IPv4 block
	 * (from prefix 96 up); no = it matches nothing.
	 */
	NP_READ_MAPPED,
	/*
	 * S57: a block or except with host bits or leading zeros. yes = the network is meant; no =
	 * the single address as written.
	 */
	NP_READ_HOST_BITS,
	NP_N_READINGS
};

enum np_setting { NP_SET_OPEN, NP_SET_NO, NP_SET_YES };

struct np_readings {
	uint8_t set[NP_N_READINGS]; /* enum np_setting */
};

/* The clause behind a reading, e.g. 19. */
unsigned np_reading_clause(enum np_reading r);

/* Profiles of design section 7. */
enum np_profile {
	NP_PROFILE_CORE,
	NP_PROFILE_EXTENDED,
	NP_PROFILE_UPSTREAM,
	NP_PROFILE_LIFECYCLE,
	NP_PROFILE_BEHAVIOUR,
	NP_N_PROFILES
};
const char *np_profile_name(enum np_profile p);
bool np_profile_parse(struct np_str s, enum np_profile *ret);
/*
 * core: everything open; extended: also S25 = yes; upstream: also S19 = yes, S45 = yes; lifecycle
 * and behaviour as extended.
 */
struct np_readings np_profile_readings(enum np_profile p);

struct np_oracle;

/*
 * Compiles a linked @world, which must outlive the oracle and not change. Cannot fail: a world that
 * loaded is complete.
 *
 * Cost, with C classes of pods (pods alike in namespace, labels and port names; C <= pods), L = sum
 * over classes of the rules of the policies that select them, and S stretches of ports that the
 * numbers of all port items cut:
 *
 *	compile		pods and labels x log; policies x peers x (postings of their labels +
 *			C / 64); L. Memory: peers x C / 64 words at most (a selector within a
 *			namespace keeps that namespace's words alone), L x 64 bytes up to 128 MiB,
 *			then L x 4.
 *	one verdict	log S, then of the rules that select source and destination only those
 *			that match the port: a bit for their selectors, each of their ipBlocks
 *			with its excepts. Independent of the number of pods and of all other
 *			policies; doubled by each open reading that the verdict comes across. With
 *			more than 64 stretches every such rule's port items are looked at.
 *	a table		sources x destinations / 64 words for each port and direction, times the
 *			rules of a row, once for pods that are alike.
 */
struct np_oracle *np_oracle_new(const struct np_world *world, const struct np_readings *readings);
void np_oracle_free(struct np_oracle *o);

/*
 * The verdict on one flow. NP_UNDEF fills *@ret_open (may be NULL) with exactly those clauses c for
 * which, under some setting of the other open readings, changing c's reading changes the verdict;
 * otherwise *@ret_open is empty. Which of several pods behind a Service answers counts as part of
 * the reading S45 (S20 for a nodePort).
 *
 * NP_NO_FLOW, nothing to assert: an end carries no traffic; an address end is of the other family,
 * or not a unicast address that leaves its host (unspecified, loopback, multicast, 255.255.255.255;
 * S38, S59); a Service as source; a Service without such a port, without a ClusterIP of the family,
 * or without a pod behind it that has the target port (a nodePort likewise).
 *
 * A pod is behind a Service when it carries traffic, is of the Service's namespace and has all
 * labels of its selector. A named targetPort is the first port of that name and the Service port's
 * protocol in its regular containers, else in its restartable init ones.
 */
enum np_verdict np_oracle_eval(const struct np_oracle *o, const struct np_flow *flow,
			       np_clauses *ret_open);

/* One port of a truth table. */
struct np_probe_port {
	enum np_proto proto;
	uint16_t port;
};

/* n_rows x n_cols bits, row-major, rows padded to whole words; padding is zero */
struct np_bitmatrix {
	uint64_t *words;
	size_t n_rows, n_cols, words_per_row;
};

/* Truth table of every source x destination x port in one family. Index of a cell: port, row =
 * source, column = destination. */
struct np_table {
	struct np_end *sources, *dests; /* copied, owned */
	struct np_probe_port *ports;
	size_t n_sources, n_dests, n_ports;
	int family;
	struct np_bitmatrix *allow; /* [n_ports] verdict is allow */
	/* [n_ports] verdict is undef; never both set. NULL when nothing can be open */
	struct np_bitmatrix *undef;
};

/* Never fails; *@ret is released with np_table_release(). Cells without a flow (NP_NO_FLOW) read as
 * deny here and as NP_NO_FLOW from np_oracle_eval(). */
void np_oracle_table(const struct np_oracle *o, const struct np_end *sources, size_t n_sources,
		     const struct np_end *dests, size_t n_dests, const struct np_probe_port *ports,
		     size_t n_ports, int family, struct np_table *ret);
void np_table_release(struct np_table *t);
enum np_verdict np_table_at(const struct np_table *t, size_t port, size_t source, size_t dest);

/*
 * The verdict in words for a person: per side which policies isolate, which rule, peer and port let
 * it through or the nearest missing condition of each candidate, with clause ids and file:line
 * places. Appended to @ret as text lines.
 */
void np_oracle_explain(const struct np_oracle *o, const struct np_flow *flow, struct np_buf *ret);
/* The clauses that the verdict rests on (isolation, union, both ends, ...), for grouping failures
 * in reports. */
np_clauses np_oracle_clauses(const struct np_oracle *o, const struct np_flow *flow);

#endif
