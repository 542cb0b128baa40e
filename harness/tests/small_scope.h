/*
 * small_scope.h - test helper: every policy of a small scope, one after the other: eleven subjects, four ways to
 * name directions, a rule with no peer, each selector, each pair of selectors or one of five blocks,
 * and with no port or one of four; and the policy without a rule. 32,824 in all.
 */
#ifndef NP_TESTS_SMALL_SCOPE_H
#define NP_TESTS_SMALL_SCOPE_H

#include <stdlib.h>

#include "np/base/mem.h"
#include "np/model/policy.h"

#define SCOPE_KEY NP_STR("k")

enum { N_SELECTORS = 11, N_BLOCKS = 5, N_PORTS = 5, N_DIRECTIONS = 4 };
enum { N_PEERS = 1 + N_SELECTORS + N_SELECTORS + N_SELECTORS * N_SELECTORS + N_BLOCKS };
enum { N_RULES = N_PEERS * N_PORTS + 1, N_POLICIES = N_SELECTORS * N_DIRECTIONS * N_RULES };

static const struct np_str scope_values[] = { NP_STR("v1"), NP_STR("v2") };
static struct np_label scope_labels[] = { { SCOPE_KEY, NP_STR("v1") }, { SCOPE_KEY, NP_STR("v2") } };

/* Which values a selector writes, and how; the first is {}, the next two are matchLabels. */
static const struct {
	bool is_expr;
	enum np_op op;
	uint8_t first, n;
} scope_shapes[N_SELECTORS] = {
	{ false, NP_OP_IN, 0, 0 },	 { false, NP_OP_IN, 0, 1 },    { false, NP_OP_IN, 1, 1 },
	{ true, NP_OP_IN, 0, 1 },	 { true, NP_OP_IN, 1, 1 },     { true, NP_OP_IN, 0, 2 },
	{ true, NP_OP_NOT_IN, 0, 1 },	 { true, NP_OP_NOT_IN, 1, 1 }, { true, NP_OP_NOT_IN, 0, 2 },
	{ true, NP_OP_EXISTS, 0, 0 },	 { true, NP_OP_NOT_EXISTS, 0, 0 },
};

static const struct np_port scope_ports[N_PORTS - 1] = {
	{ .proto = NP_TCP, .kind = NP_PORT_NUMBER, .port = 80 },
	{ .proto = NP_TCP, .kind = NP_PORT_RANGE, .port = 80, .end_port = 81 },
	{ .proto = NP_UDP, .kind = NP_PORT_ANY },
	{ .proto = NP_TCP, .kind = NP_PORT_NAME, .name = NP_STR("web") },
};

static const struct {
	bool types[NP_N_DIRS];
	enum np_dir rule;
} scope_directions[N_DIRECTIONS] = {
	{ { true, false }, NP_INGRESS },
	{ { false, true }, NP_EGRESS },
	{ { true, true }, NP_INGRESS },
	{ { true, true }, NP_EGRESS },
};

struct small_scope {
	struct np_selector selectors[N_SELECTORS];
	struct np_requirement exprs[N_SELECTORS];
	struct np_ipblock blocks[N_BLOCKS];
	struct np_cidr excepts[N_BLOCKS];
	struct np_peer peer;
	struct np_rule rule;
};

/* @blocks: cidr and except (NULL: none), static. */
static inline void small_scope_init(struct small_scope *s, const char *const (*blocks)[2])
{
	for (unsigned i = 0; i < N_SELECTORS; i++) {
		struct np_requirement *q = &s->exprs[i];

		if (!scope_shapes[i].is_expr) {
			s->selectors[i].match_labels = (struct np_labels){
				&scope_labels[scope_shapes[i].first], scope_shapes[i].n
			};
			continue;
		}
		*q = (struct np_requirement){ .key = SCOPE_KEY,
					      .op = scope_shapes[i].op,
					      .values = (struct np_str *)&scope_values[scope_shapes[i].first],
					      .n_values = scope_shapes[i].n };
		s->selectors[i].exprs = q;
		s->selectors[i].n_exprs = 1;
	}
	for (unsigned i = 0; i < N_BLOCKS; i++) {
		struct np_ipblock *b = &s->blocks[i];

		if (!np_cidr_parse(np_str_from(blocks[i][0]), &b->cidr))
			abort();
		b->cidr_text = np_str_from(blocks[i][0]);
		if (!blocks[i][1])
			continue;
		if (!np_cidr_parse(np_str_from(blocks[i][1]), &s->excepts[i]))
			abort();
		b->excepts = &s->excepts[i];
		b->except_texts = np_xcalloc(1, sizeof(*b->except_texts));
		b->except_texts[0] = np_str_from(blocks[i][1]);
		b->n_excepts = 1;
	}
}

static inline void small_scope_release(struct small_scope *s)
{
	for (unsigned i = 0; i < N_BLOCKS; i++)
		free(s->blocks[i].except_texts);
}

/* false: any peer. */
static inline bool small_scope_peer(const struct small_scope *s, unsigned at, struct np_peer *ret)
{
	*ret = (struct np_peer){ .pod_selector = NULL };
	if (at-- == 0)
		return false;
	if (at < N_SELECTORS) {
		ret->pod_selector = &s->selectors[at];
		return true;
	}
	at -= N_SELECTORS;
	if (at < N_SELECTORS) {
		ret->ns_selector = &s->selectors[at];
		return true;
	}
	at -= N_SELECTORS;
	if (at < N_SELECTORS * N_SELECTORS) {
		ret->ns_selector = &s->selectors[at / N_SELECTORS];
		ret->pod_selector = &s->selectors[at % N_SELECTORS];
		return true;
	}
	ret->ip_block = &s->blocks[at - N_SELECTORS * N_SELECTORS];
	return true;
}

/* Policy @i of N_POLICIES, of namespace x; what it points to is in @s until the next. */
static inline void small_scope_policy(struct small_scope *s, unsigned i, struct np_policy *ret)
{
	unsigned rule = i % N_RULES, direction = i / N_RULES % N_DIRECTIONS,
		 subject = i / N_RULES / N_DIRECTIONS;

	*ret = (struct np_policy){ .ns = NP_STR("x"),
				   .name = NP_STR("p"),
				   .pod_selector = s->selectors[subject] };
	memcpy(ret->types, scope_directions[direction].types, sizeof(ret->types));
	if (rule == N_RULES - 1)
		return;
	s->rule = (struct np_rule){ .peers = &s->peer };
	s->rule.n_peers = small_scope_peer(s, rule / N_PORTS, &s->peer);
	if (rule % N_PORTS) {
		s->rule.ports = (struct np_port *)&scope_ports[rule % N_PORTS - 1];
		s->rule.n_ports = 1;
	}
	ret->rules[scope_directions[direction].rule] = &s->rule;
	ret->n_rules[scope_directions[direction].rule] = 1;
}

#endif
