/* live_parts.h - what a live oracle keeps besides the oracle itself. */
#ifndef NP_ORACLE_LIVE_PARTS_H
#define NP_ORACLE_LIVE_PARTS_H

#include "np/oracle/live.h"

#include "ids.h"
#include "labels.h"
#include "rows.h"

/* Ports of one block of cells: bits 0..15 of a cell at least, bits 16..31 at most (rows.h). */
enum { LIVE_BLOCK = 16, LIVE_MAX_BLOCKS = NP_LIVE_MAX_PORTS / LIVE_BLOCK };

/* What one direction says of each class of subjects and other end. */
struct live_side {
	struct rows rows;
	/* [end][class]: an end's column is one run, a row is strewn */
	uint32_t *cells[LIVE_MAX_BLOCKS];
};

/* One setting of the readings that do not move verdicts in one direction only (table.c). */
struct live_pass {
	uint32_t lo_bits, hi_bits;
	struct live_side sides[NP_N_DIRS];
};

/* Ends of a direction that are not subjects: destinations of egress, sources of ingress. */
struct live_ends {
	struct np_end *src;
	struct end *ends;
	bool *valid;
	uint32_t *first, *next; /* by pod: its first end; by end: the next one of the same pod */
	size_t n;
};

struct span { /* numbers of a policy's rules */
	uint32_t first, n, cap;
};

struct live_list {
	uint32_t *items;
	size_t n, cap;
};

enum { LIVE_MAX_PASSES = 8, LIVE_CHUNK = 128 };

struct np_live {
	const struct np_world *world;
	struct np_readings readings;
	struct np_probe_port ports[NP_LIVE_MAX_PORTS];
	size_t n_ports;
	int family;
	uint64_t proto_ports[NP_N_PROTOS]; /* which of the ports are of it */
	struct live_ends ends[NP_N_DIRS];
	/* All below is made by live_build(). */
	struct np_oracle *o;
	struct live_pass passes[LIVE_MAX_PASSES];
	size_t n_passes;
	struct label_list *ns_labels;	/* [n_namespaces] */
	struct id_policy *ids;		/* [n_policies] */
	struct span *spans[NP_N_DIRS];	/* [n_policies] */
	struct np_arena *policy_arenas; /* [n_policies]: what changed ones are made of */
	struct np_arena *class_arenas;	/* [n_classes]: likewise */
	struct np_arena *list_arenas, *service_arenas; /* [n_namespaces] */
	uint32_t *policy_first, *service_first;	       /* [n_namespaces + 1] */
	size_t *n_listed;			       /* [n_namespaces]: rules in lists */
	uint64_t *rule_ports; /* by number of the rule: ports that its items match, names apart */
	size_t cap_rules;
	uint32_t *class_pod;   /* [n_classes]: one of its pods */
	uint64_t *class_words; /* scratch, a bit for each class */
	uint8_t *takes;	       /* scratch, by number of the rule */
	/* scratch, by number of the rule: it matches the class that was made just now */
	bool *member;
	bool known;   /* member is filled */
	uint64_t *masks[2]; /* scratch, by class: ports at which it takes an end, lo and hi */
	uint64_t *rows;	    /* scratch: LIVE_CHUNK classes in 2 * LIVE_BLOCK rows each */
};

void live_list_add(struct live_list *list, uint32_t item);

/* live_rules.c: everything of a policy but whom it selects. */
void live_compile_policy(struct np_live *l, uint32_t at);
/* Numbers for the rules of a policy as first compiled, and their ports. */
void live_number_rules(struct np_live *l, uint32_t at);
bool live_rule_peers_match(const struct np_live *l, const struct id_rule *rule, uint32_t ns,
			   const struct class *c);
/* S25, over the classes that the rule matches. */
bool live_is_divergent(const struct np_live *l, const struct rule *rule,
		       const struct port_item *item);
/* The number of a name on the first class but @but that the rule matches and that has it; -1: none
 * has. */
int live_first_number(const struct np_live *l, const struct rule *rule,
		      const struct port_item *item, uint32_t but);
/* The entries of a name with its protocol. */
const struct name_port *live_names(const struct class *c, const struct port_item *item,
				   size_t *ret_n);

/* live_lists.c: lists of the classes of namespace @ns. @class was made new, @policy changed (NONE:
 * none). */
void live_relist(struct np_live *l, uint32_t ns, uint32_t class, uint32_t policy);
void live_reserve_services(struct np_live *l, uint32_t ns);
bool live_policy_applies(const struct class *c, enum np_dir dir, uint32_t policy);

/* live_rows.c: rows of @classes and the column of an end, in every pass. */
void live_judge(struct np_live *l, enum np_dir dir, const struct live_list *classes);
void live_write_column(struct np_live *l, enum np_dir dir, uint32_t end);

/* live.c */
void live_rebuild(struct np_live *l);

#endif
