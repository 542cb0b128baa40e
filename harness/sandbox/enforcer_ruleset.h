/*
 * enforcer_ruleset.h - a node's ruleset as a list of nftables JSON commands, and their delivery in
 * transactions of bounded size.
 *
 * Table inet npc holds one base chain, forward, whose only rule jumps to the gate of the current
 * generation:
 *
 *	forward -> gate_7 -> ct state established,related accept
 *	                     ip saddr vmap @o4_7    (pod -> egress chain)    ip6 saddr vmap @o6_7
 *	                     ip daddr vmap @i4_7    (pod -> ingress chain)   ip6 daddr vmap @i6_7
 *	           c3_7   -> ip saddr @s1_7 tcp dport 80 return; ...; drop
 *
 * Everything but the base chain carries the generation in its name, so a new generation is built
 * beside the current one in as many transactions as it takes; replacing the jump switches every
 * packet over at once; then the old generation is deleted.
 *
 * In command texts the byte '~' stands for the generation's suffix; nothing else contains it.
 */
#ifndef NP_SANDBOX_ENFORCER_RULESET_H
#define NP_SANDBOX_ENFORCER_RULESET_H

#include "enforcer_ranges.h"
#include "np/base/buf.h"
#include "np/base/err.h"

/*
 * What an ordinary user's netlink buffer (212,992 bytes) takes, in the estimated bytes of
 * np_ruleset_add(), which are twice what goes out.
 */
#define NP_RULESET_BUDGET 240000

enum np_ruleset_kind { NP_RS_SET, NP_RS_CHAIN, NP_RS_MAP };

/* Zero-initialised is empty and valid. */
struct np_ruleset {
	struct np_buf text; /* commands, each a JSON object, one after the other */
	struct np_ruleset_cmd {
		size_t at, len;
		unsigned weight; /* estimated bytes on the netlink socket */
	} *cmds;
	size_t n_cmds, cap_cmds;
	struct np_ruleset_name {
		enum np_ruleset_kind kind;
		char name[24];
		size_t cmd; /* the command that creates it */
	} *names;
	size_t n_names, cap_names;
	bool hooks_output; /* a fault: node to pod is judged too */
};

void np_ruleset_release(struct np_ruleset *rs);
/* The same commands: nothing needs to be done. */
bool np_ruleset_eq(const struct np_ruleset *a, const struct np_ruleset *b);

/* A command that creates nothing with a name. */
void np_ruleset_add(struct np_ruleset *rs, unsigned weight, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void np_ruleset_chain(struct np_ruleset *rs, const char *name);
/* @expr: JSON expressions, separated by commas. */
void np_ruleset_rule(struct np_ruleset *rs, const char *chain, const char *expr, unsigned weight);
/* A set with interval elements of one family. */
void np_ruleset_set(struct np_ruleset *rs, const char *name, int family,
		    const struct np_ranges *elements);
/*
 * A set or verdict map whose @n elements the caller adds with np_ruleset_elements(). @type: JSON of
 * the key type.
 */
void np_ruleset_keyed(struct np_ruleset *rs, const char *name, const char *type, bool is_map);
/* Adds @n elements, given as JSON texts, in commands of bounded size. */
void np_ruleset_elements(struct np_ruleset *rs, const char *name, const char *const *elements,
			 size_t n, unsigned weight_each);

/*
 * Delivers one finished document ({"nftables": [...]}). 0, or -1 with @err; after -1 nothing more
 * is sent.
 */
typedef int (*np_ruleset_send)(void *arg, const struct np_buf *document, struct np_err *err);

/* What of a generation is in the kernel. */
struct np_ruleset_state {
	const struct np_ruleset *rs; /* NULL: nothing yet */
	unsigned gen;
	size_t n_done; /* its first n_done commands are in force or ready */
};

/*
 * Makes @next (rs and gen set) the current generation in place of @current, in transactions of at
 * most @budget, then deletes @current. Current's rs NULL: the table is made anew first. On failure,
 * *@ret_switched says whether @next rules already; next->n_done says how much of it exists.
 */
int np_ruleset_install(struct np_ruleset_state *next, const struct np_ruleset_state *current,
		       unsigned budget, np_ruleset_send send, void *arg, bool *ret_switched,
		       struct np_err *err);
/* Deletes what exists of a generation that does not rule. */
int np_ruleset_remove(const struct np_ruleset_state *state, unsigned budget, np_ruleset_send send,
		      void *arg, struct np_err *err);

#endif
