/* ports.c - which stretches of ports a rule may match. */
#include "ports.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "matches.h"

static int cmp_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct cuts {
	uint32_t *items;
	size_t n, cap;
};

static void add_cut(struct cuts *c, uint32_t key)
{
	c->items = np_grow(c->items, &c->cap, c->n, sizeof(*c->items));
	c->items[c->n++] = key;
}

static void drop_doubles(struct cuts *c)
{
	size_t n = 0;

	qsort(c->items, c->n, sizeof(*c->items), cmp_u32);
	for (size_t i = 0; i < c->n; i++)
		if (!n || c->items[n - 1] != c->items[i])
			c->items[n++] = c->items[i];
	c->n = n;
}

/* Doubles are dropped now and then: there are far fewer numbers than items. */
static void add_rule_cuts(struct cuts *c, const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_items; i++) {
		const struct port_item *item = &rule->items[i];

		if (item->kind != NP_PORT_NUMBER && item->kind != NP_PORT_RANGE)
			continue;
		add_cut(c, (uint32_t)item->proto << 16 | item->first);
		add_cut(c, ((uint32_t)item->proto << 16 | item->last) + 1);
	}
	if (c->n > 4096)
		drop_doubles(c);
}

static void find_cuts(struct np_oracle *o)
{
	struct cuts c = { 0 };

	for (uint32_t p = 0; p < NP_N_PROTOS; p++)
		add_cut(&c, p << 16);
	for (size_t i = 0; i < o->world->n_policies; i++)
		for (int dir = 0; dir < NP_N_DIRS; dir++)
			for (size_t r = 0; r < o->policies[i].n_rules[dir]; r++)
				add_rule_cuts(&c, &o->policies[i].rules[dir][r]);
	drop_doubles(&c);
	o->n_port_cuts = c.n <= PORTS_MAX_STRETCHES ? c.n : 1;
	o->port_cuts = np_arena_array(&o->arena, o->n_port_cuts, sizeof(*o->port_cuts));
	memcpy(o->port_cuts, c.items, o->n_port_cuts * sizeof(*o->port_cuts));
	free(c.items);
}

bool ports_item_matches(const struct np_oracle *o, const struct port_item *item, enum np_proto proto, uint16_t port)
{
	struct np_eval e = { .o = o };
	struct np_side side = { .proto = proto, .port = port, .subject = NONE, .other_pod = NONE, .other_node = NONE };
	const struct rule rule = { .items = (struct port_item *)item, .n_items = item ? 1 : 0 };

	return ports_match(&e, &rule, &side);
}

/* The stretches that an item (NULL: a rule without any) matches whole, or any port of. Names: certainly none, perhaps all of their protocol. */
static uint64_t item_stretches(const struct np_oracle *o, const struct port_item *item, bool whole)
{
	bool numbers = item && (item->kind == NP_PORT_NUMBER || item->kind == NP_PORT_RANGE);
	uint64_t bits = 0;

	for (size_t c = 0; c < o->n_port_cuts; c++) {
		enum np_proto proto = (enum np_proto)(o->port_cuts[c] >> 16);
		uint16_t first = (uint16_t)o->port_cuts[c], last = 0xFFFF;
		bool matches;

		if (c + 1 < o->n_port_cuts && o->port_cuts[c + 1] >> 16 == o->port_cuts[c] >> 16)
			last = (uint16_t)(o->port_cuts[c + 1] - 1);
		if (item && item->kind == NP_PORT_NAME)
			matches = !whole && item->proto == proto;
		else if (whole)
			matches = ports_item_matches(o, item, proto, first) && ports_item_matches(o, item, proto, last);
		else
			matches = ports_item_matches(o, item, proto, first) || ports_item_matches(o, item, proto, last) ||
				  (numbers && item->proto == proto && item->first <= last && first <= item->last);
		if (matches)
			bits |= UINT64_C(1) << c;
	}
	return bits;
}

void ports_mark(const struct np_oracle *o, struct rule *rule)
{
	rule->ports = rule->n_items || o->n_port_cuts == 1 ? 0 : item_stretches(o, NULL, true);
	for (size_t i = 0; i < rule->n_items && o->n_port_cuts > 1; i++)
		rule->ports |= item_stretches(o, &rule->items[i], true);
}

uint64_t ports_may_match(const struct np_oracle *o, const struct rule *rule)
{
	uint64_t may = 0;

	if (o->n_port_cuts == 1)
		return UINT64_MAX;
	if (!rule->n_items)
		return item_stretches(o, NULL, false);
	for (size_t i = 0; i < rule->n_items; i++)
		may |= item_stretches(o, &rule->items[i], false);
	return may;
}

void ports_compile(struct np_oracle *o)
{
	find_cuts(o);
	for (size_t i = 0; i < o->world->n_policies; i++)
		for (int dir = 0; dir < NP_N_DIRS; dir++)
			for (size_t r = 0; r < o->policies[i].n_rules[dir]; r++)
				ports_mark(o, &o->policies[i].rules[dir][r]);
}
