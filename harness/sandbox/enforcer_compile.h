/*
 * enforcer_compile.h - one node's ruleset from a world. Pure.
 *
 * Pods of the node that the same policies isolate in a direction share a chain per address family.
 * A chain allows by returning to the gate (so that the other end is still asked, S04) and ends in a
 * drop. Named ports become sets of (destination address, port), S24, S25.
 */
#ifndef NP_SANDBOX_ENFORCER_COMPILE_H
#define NP_SANDBOX_ENFORCER_COMPILE_H

#include "enforcer_match.h"
#include "enforcer_ruleset.h"

struct np_compile_input {
	struct np_match match;
	struct np_str node;
	bool deny_only; /* isolation without allow rules, for when the whole cannot be installed */
};

/* Fills @ret, which must be empty. */
void np_compile(const struct np_compile_input *in, struct np_ruleset *ret);

/* --- shared by enforcer_compile.c, _expr.c, _rules.c, _ports.c and _gate.c --- */

struct np_subject {
	np_u128 addr;
	const struct np_pod *pod;
};

/* Pods of the node with the same policies in one direction and family. */
struct np_group {
	const struct np_policy **policies;
	size_t n_policies, cap_policies;
	struct np_subject *subjects;
	size_t n_subjects, cap_subjects;
	char chain[24];
};

struct np_compiler {
	const struct np_compile_input *in;
	struct np_ruleset *rs;
	unsigned n_sets, n_chains;
	/* sets of addresses made so far: equal ones are shared */
	struct np_known_set {
		struct np_ranges ranges;
		int family;
		char name[24];
	} *sets;
	size_t n_known, cap_known;
};

/* A rule under construction: expressions separated by commas. */
struct np_expr {
	struct np_buf text;
	unsigned weight;
};

void np_expr_release(struct np_expr *e);
void np_expr_add(struct np_expr *e, unsigned weight, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * The packet's @field ("saddr", "daddr") is in @r; nothing when @r is the whole family. @r must not
 * be empty.
 */
void np_expr_addr(struct np_compiler *c, struct np_expr *e, int family, const char *field,
		  const struct np_ranges *r);
/* The destination port of @proto is in @r, which must not be empty. */
void np_expr_ports(struct np_expr *e, enum np_proto proto, const struct np_ranges *r);
/* Adds the rule with a last expression such as "{\"return\":null}". */
void np_expr_finish(struct np_compiler *c, struct np_expr *e, const char *chain,
		    const char *verdict);
/* Adds a rule of one match (NULL: none) and a verdict. */
void np_expr_rule(struct np_compiler *c, const char *chain, const char *match, const char *verdict);

/* Texts of expressions; the arguments are literals, which may hold %s. */
#define NP_NFT_PAYLOAD(proto, field) \
	"{\"payload\":{\"protocol\":\"" proto "\",\"field\":\"" field "\"}}"
#define NP_NFT_MATCH(left, right) \
	"{\"match\":{\"op\":\"==\",\"left\":" left ",\"right\":" right "}}"
#define NP_NFT_L4(proto) NP_NFT_MATCH("{\"meta\":{\"key\":\"l4proto\"}}", "\"" proto "\"")
#define NP_NFT_IN(key, right) \
	"{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"" key "\"}},\"right\":" right "}}"
#define NP_NFT_RETURN "{\"return\":null}"
#define NP_NFT_ACCEPT "{\"accept\":null}"
#define NP_NFT_DROP "{\"drop\":null}"

/* An endpoint on this node. */
bool np_compiler_is_local(const struct np_compiler *c, const struct np_pod *pod);
/* Name of the verdict map from a pod's address to its chain. */
const char *np_compiler_map(enum np_dir dir, int family);
/* The gate, given whether there is a verdict map of a direction and family (0: IPv4, 1: IPv6). */
void np_gate_compile(struct np_compiler *c, bool isolates[NP_N_DIRS][2]);

/* One chain being filled. */
struct np_way {
	struct np_compiler *c;
	const struct np_group *group;
	enum np_dir dir;
	int family;
	const char *chain;
};

/* What the peers of a rule come to: every address, or those in a set (perhaps none). */
struct np_scope {
	bool any;
	struct np_ranges addrs;
};

/* Begins a rule: the other end is in the scope. */
void np_scope_expr(const struct np_way *way, struct np_expr *e, const struct np_scope *s);
/*
 * Lets pass what the ports of @rule allow from or to @s, the scope of the rule @peers of @policy
 * (the same rule but for a fault). @rule has ports; @s is not empty.
 */
void np_ports_allow(const struct np_way *way, const struct np_policy *policy,
		    const struct np_rule *peers, const struct np_rule *rule,
		    const struct np_scope *s);

/* The rules that let pass what @policy allows. */
void np_rules_allow(const struct np_way *way, const struct np_policy *policy);
/* For a fault: the rules that drop what the excepts of @policy name. */
void np_rules_deny_excepts(const struct np_way *way, const struct np_policy *policy);

#endif
