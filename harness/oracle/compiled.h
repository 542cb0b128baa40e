/*
 * compiled.h - the world as the evaluator reads it.
 *
 *	pods ──► classes (same namespace, labels, named ports, host/finished) ──► policies that apply, per direction
 *	policies ──► rules: one set of classes for all selector peers, blocks, port items
 *
 * Classes of one namespace have consecutive numbers, so a set of classes keeps only the words between its first and last namespace.
 */
#ifndef NP_ORACLE_COMPILED_H
#define NP_ORACLE_COMPILED_H

#include "np/base/arena.h"
#include "np/oracle/stage.h"

#define NONE NP_SIDE_NONE

/* Families as indexes. */
enum { V4, V6, N_FAMILIES };

struct net {
	struct np_wire addr;	/* masked */
	uint64_t mask_hi, mask_lo;
	bool nothing;		/* matches no address */
};

/* A block in its readings: nets[0] alone, or nets[S56 * 2 + S57] when they differ. */
struct block {
	const struct net *nets;
	bool asks_mapped, asks_host_bits;	/* S56, S57 matter */
};

struct peer_block {
	struct block cidr;
	struct block *excepts;
	size_t n_excepts;
	const struct np_peer *src;
};

/* Bits of classes from word @first on. */
struct class_set {
	uint32_t first, n_words;
	uint64_t *words;
};

struct port_item {
	enum np_proto proto;
	enum np_port_kind kind;
	uint16_t first, last;	/* numbers and ranges */
	uint32_t name;		/* names: id of the string */
	bool divergent;		/* egress names: several numbers (S25) */
	uint32_t slot;		/* egress names: number of the (name, protocol, divergent) for rows of tables */
};

/* Of one line of cache: lists of rules are read from end to end. */
struct rule {
	uint64_t ports;		/* stretches of ports that its items certainly match (ports.h) */
	struct class_set classes;
	struct peer_block *blocks;
	struct port_item *items;
	const struct np_rule *src;
	uint32_t n_blocks;
	uint32_t n_items;	/* 0: any port of any protocol (S07) */
	uint32_t id;		/* number of the rule over both directions */
	bool any_peer;		/* S07 */
};

struct rule_list {		/* items is NULL: there is none, ask the policies */
	const uint64_t *may;	/* for each stretch of ports, one bit a rule: it may match there */
	const struct rule *items;
	uint32_t n, n_words;	/* words of one stretch */
};

struct policy {
	const struct np_policy *src;
	struct rule *rules[NP_N_DIRS];
	size_t n_rules[NP_N_DIRS];
};

/* A number that a name stands for on the pods of a class, and under which readings. */
struct name_port {
	uint32_t name;
	enum np_proto proto;
	uint16_t port;
	bool asks_dup, asks_init;	/* only under S29 = yes, S30 = yes */
};

struct label_id {
	uint32_t key, value;
};

struct class {
	size_t n_applies[NP_N_DIRS];
	struct rule_list rules[NP_N_DIRS];	/* of the policies that apply, copied side by side */
	const uint32_t *applies[NP_N_DIRS];	/* policies that select it, in order (S16, S02) */
	uint32_t ns;
	bool host, finished;
	const struct label_id *labels;	/* by key */
	size_t n_labels;
	const struct name_port *names;	/* by name, protocol, port */
	size_t n_names;
	uint32_t n_pods;	/* 0: a number kept free (np_oracle.spare), nobody's */
};

struct pod {
	uint32_t class;
	uint32_t node;		/* index into the world's nodes, or beyond them when only pods name it; NONE when unknown */
	bool host, runs;	/* runs: neither finished nor pending */
	struct np_wire ip[N_FAMILIES];
};

struct service {
	const uint32_t *pods;	/* that run and have the labels of the selector, of its namespace */
	size_t n_pods;
};

struct node_addr {
	struct np_wire addr;
	uint32_t node;
};

struct node_port {
	enum np_proto proto;
	uint16_t port;
	uint32_t service, service_port;
};

struct strings;		/* interned strings, intern.h */

struct np_oracle {
	struct np_arena arena;
	const struct np_world *world;
	uint32_t fixed, fixed_yes;	/* readings as bits */
	bool spare;			/* every namespace has as many numbers of classes as pods */
	struct np_stage stages[NP_MAX_STAGES];
	size_t n_stages;
	struct strings *strings;
	struct strings *port_names;	/* of egress items alone */
	struct strings *node_names;
	size_t n_slots;			/* of port_item.slot */
	struct pod *pods;
	struct class *classes;
	size_t n_classes;
	uint32_t *ns_first;		/* [n_namespaces + 1]: classes of a namespace */
	struct policy *policies;
	size_t n_rules;			/* of both directions */
	uint32_t *port_cuts;		/* protocol << 16 | number: where port items begin to differ, rising */
	size_t n_port_cuts;
	size_t n_listed;		/* rules in lists of classes */
	struct service *services;
	struct node_addr *node_addrs;	/* sorted */
	size_t n_node_addrs;
	struct node_port *node_ports;
	size_t n_node_ports;
	bool has_odd_blocks[2];		/* some block asks S56; S57 */
};

#define READING_BIT(r) (UINT32_C(1) << (r))
#define ALL_READINGS (READING_BIT(NP_N_READINGS) - 1)

static inline bool class_set_has(const struct class_set *set, uint32_t class)
{
	uint32_t word = class / 64 - set->first;	/* wraps to a large number before the window */

	return word < set->n_words && (set->words[word] >> (class % 64) & 1);
}

static inline unsigned family_index(int family)
{
	return family == 6 ? V6 : V4;
}

static inline bool wire_eq(const struct np_wire *a, const struct np_wire *b)
{
	return a->width == b->width && a->hi == b->hi && a->lo == b->lo;
}

static inline bool net_holds(const struct net *n, const struct np_wire *a)
{
	return !n->nothing && n->addr.width == a->width && ((n->addr.hi ^ a->hi) & n->mask_hi) == 0 &&
	       ((n->addr.lo ^ a->lo) & n->mask_lo) == 0;
}

/* Every address of its family (/0). */
static inline bool net_is_all(const struct net *n)
{
	return !n->nothing && !n->mask_hi && !n->mask_lo;
}

static inline const struct net *block_net(const struct block *b, bool mapped, bool network)
{
	return &b->nets[b->asks_mapped || b->asks_host_bits ? (mapped ? 2 : 0) + (network ? 1 : 0) : 0];
}

#endif
