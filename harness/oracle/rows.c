/* rows.c - peers and names as rows of bits, and the NetworkPolicy stage over them. */
#include "rows.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "bits.h"
#include "blocks.h"
#include "matches.h"

bool rows_is_pod(const struct rows *r, const struct end *end)
{
	return end->pod != NONE && (!end->host || r->lo & READING_BIT(NP_READ_HOST_PODS));
}

static bool yes(uint32_t readings, enum np_reading reading)
{
	return readings & READING_BIT(reading);
}

static void set_class(struct rows *r, uint32_t class, uint64_t *words)
{
	for (uint32_t i = r->class_first[class]; i < r->class_first[class + 1]; i++)
		bits_set(words, r->class_ends[i]);
}

static void add_classes(struct rows *r, const struct class_set *set)
{
	for (uint32_t w = 0; w < set->n_words; w++)
		for (uint64_t left = set->words[w]; left; left &= left - 1) {
			uint32_t class = (set->first + w) * 64 + (uint32_t)__builtin_ctzll(left);

			set_class(r, class, r->one_lo);
			set_class(r, class, r->one_hi);
		}
}

/* As block_matches(), for an end inside the block and one bound. */
static bool block_takes(const struct rows *r, const struct end *end, bool is_all, uint32_t readings)
{
	if (rows_is_pod(r, end) && !yes(readings, NP_READ_IPBLOCK_PODS))
		return false;
	/* The subject's own node is exempt whatever this says. */
	return !(r->dir == NP_INGRESS && end->node != NONE && !is_all && yes(readings, NP_READ_NAT));
}

static const struct end_at *first_not_below(const struct rows *r, const struct np_wire *addr)
{
	size_t lo = 0, hi = r->n_by_addr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (wire_cmp(&r->by_addr[mid].addr, addr) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return r->by_addr + lo;
}

static void add_block(struct rows *r, const struct peer_block *b)
{
	bool mapped = yes(r->lo, NP_READ_MAPPED), network = yes(r->lo, NP_READ_HOST_BITS);
	bool is_all = block_is_all(b, mapped, network);
	const struct net *net = block_net(&b->cidr, mapped, network);
	const struct end_at *at = first_not_below(r, &net->addr);

	for (; at < r->by_addr + r->n_by_addr && net_holds(net, &at->addr); at++) {
		const struct end *end = &r->ends[at->end];

		if (b->n_excepts && !peer_block_holds(b, &at->addr, mapped, network))
			continue;
		if (block_takes(r, end, is_all, r->lo))
			bits_set(r->one_lo, at->end);
		if (block_takes(r, end, is_all, r->hi))
			bits_set(r->one_hi, at->end);
	}
}

unsigned rows_blocks_take(const struct rows *r, const struct rule *rule, size_t at)
{
	const struct end *end = &r->ends[at];
	bool mapped = yes(r->lo, NP_READ_MAPPED), network = yes(r->lo, NP_READ_HOST_BITS);
	unsigned takes = 0;

	for (size_t i = 0; i < rule->n_blocks; i++) {
		const struct peer_block *b = &rule->blocks[i];
		bool is_all;

		if (!peer_block_holds(b, &end->addr, mapped, network))
			continue;
		is_all = block_is_all(b, mapped, network);
		takes |= block_takes(r, end, is_all, r->lo) ? 1 : 0;
		takes |= block_takes(r, end, is_all, r->hi) ? 2 : 0;
	}
	return takes;
}

/* Keeps the words from the first to the last that is not zero, and empties one_lo and one_hi. */
static void keep_peer_row(struct rows *r, struct peer_row *row)
{
	size_t first = 0, end = r->n_words, n;
	bool differ;

	while (end && !r->one_hi[end - 1])
		end--;
	while (first < end && !r->one_hi[first])
		first++;
	n = end - first;
	if (!n)
		return;
	differ = bits_differ(r->one_lo + first, r->one_hi + first, n);
	row->first = first;
	row->n_words = n;
	row->lo = np_xcalloc(differ ? 2 * n : n, sizeof(*row->lo));
	row->hi = differ ? row->lo + n : row->lo;
	memcpy(row->lo, r->one_lo + first, n * sizeof(*row->lo));
	if (differ)
		memcpy(row->hi, r->one_hi + first, n * sizeof(*row->hi));
	memset(r->one_lo + first, 0, n * sizeof(*r->one_lo));
	memset(r->one_hi + first, 0, n * sizeof(*r->one_hi));
}

static const struct peer_row *peer_row_of(struct rows *r, const struct rule *rule)
{
	struct peer_row *row = &r->peers[rule->id];

	if (row->built)
		return row;
	row->built = true;
	r->built = np_grow(r->built, &r->cap_built, r->n_built, sizeof(*r->built));
	r->built[r->n_built++] = rule->id;
	add_classes(r, &rule->classes);
	for (size_t i = 0; i < rule->n_blocks; i++)
		add_block(r, &rule->blocks[i]);
	keep_peer_row(r, row);
	return row;
}

/* As name_matches(), for an end whose class has the name at this port. */
static bool name_takes(const struct named_ends *at, bool divergent, uint32_t readings)
{
	return (!divergent || yes(readings, NP_READ_DIVERGENT)) &&
	       (!at->asks_dup || yes(readings, NP_READ_DUP_NAME)) &&
	       (!at->asks_init || yes(readings, NP_READ_SIDECAR_NAME));
}

unsigned rows_name_takes(const struct rows *r, const struct name_port *np, bool divergent)
{
	struct named_ends at = { .asks_dup = np->asks_dup, .asks_init = np->asks_init };

	return (name_takes(&at, divergent, r->lo) ? 1 : 0) | (name_takes(&at, divergent, r->hi) ? 2 : 0);
}

static uint64_t *name_words(struct rows *r, uint64_t **words)
{
	if (!*words)
		*words = np_xcalloc(r->n_words, sizeof(**words));
	return *words;
}

static const struct name_row *name_row_of(struct rows *r, const struct port_item *item)
{
	struct name_row *row = &r->names[item->slot];
	struct named_ends key = { .name = item->name, .proto = item->proto, .port = r->port };
	size_t lo;

	if (row->built)
		return row;
	row->built = true;
	lo = rows_find_named(r, &key);
	for (; lo < r->n_named && rows_cmp_named(&r->named[lo], &key) == 0; lo++) {
		if (name_takes(&r->named[lo], item->divergent, r->lo))
			set_class(r, r->named[lo].class, name_words(r, &row->lo));
		if (name_takes(&r->named[lo], item->divergent, r->hi))
			set_class(r, r->named[lo].class, name_words(r, &row->hi));
	}
	if (r->has_plain && yes(r->lo, NP_READ_NAME_EXTERNAL))
		bits_or(name_words(r, &row->lo), r->plain, r->n_words);
	if (r->has_plain && yes(r->hi, NP_READ_NAME_EXTERNAL))
		bits_or(name_words(r, &row->hi), r->plain, r->n_words);
	return row;
}

static void or_masked(uint64_t *to, const struct rows *r, const struct rule *rule,
		      const struct peer_row *peers, bool use_hi, const uint64_t *mask)
{
	const uint64_t *words = use_hi ? peers->hi : peers->lo;

	if (rule->any_peer && mask)
		bits_or(to, mask, r->n_words);
	else if (rule->any_peer)
		memset(to, 0xFF, r->n_words * sizeof(*to));
	else if (words && mask)
		bits_or_and(to + peers->first, words, mask + peers->first, peers->n_words);
	else if (words)
		bits_or(to + peers->first, words, peers->n_words);
}

/* Whether one of the items matches at every end alike: all but egress names. */
static bool ports_take(const struct rows *r, const struct rule *rule, uint32_t subject, uint32_t readings)
{
	struct np_eval e = { .o = r->o, .known = ALL_READINGS, .yes = readings };
	struct np_side side = { .dir = r->dir, .proto = r->proto, .port = r->port, .subject = subject,
				.other_pod = NONE, .other_node = NONE };

	for (size_t i = 0; i < rule->n_items; i++) {
		const struct port_item *item = &rule->items[i];

		if (item->proto != r->proto || (r->dir == NP_EGRESS && item->kind == NP_PORT_NAME))
			continue;
		if (item_matches(&e, item, &side))
			return true;
	}
	return rule->n_items == 0;
}

static void add_rule(struct rows *r, const struct rule *rule, uint32_t subject, uint64_t *lo, uint64_t *hi)
{
	static const struct peer_row none;
	const struct peer_row *peers = &none;
	bool lo_ok = ports_take(r, rule, subject, r->lo);
	bool hi_ok = lo_ok || ports_take(r, rule, subject, r->hi);

	if (!rule->any_peer)
		peers = peer_row_of(r, rule);
	if (lo_ok)
		or_masked(lo, r, rule, peers, false, NULL);
	if (hi_ok)
		or_masked(hi, r, rule, peers, true, NULL);
	for (size_t i = 0; i < rule->n_items && r->dir == NP_EGRESS && !lo_ok; i++) {
		const struct name_row *names;

		if (rule->items[i].kind != NP_PORT_NAME || rule->items[i].proto != r->proto)
			continue;
		names = name_row_of(r, &rule->items[i]);
		if (names->lo)
			or_masked(lo, r, rule, peers, false, names->lo);
		if (names->hi)
			or_masked(hi, r, rule, peers, true, names->hi);
	}
}

void policy_stage_row(const struct np_stage *stage, void *rows, uint32_t subject, uint64_t *lo, uint64_t *hi)
{
	struct rows *r = rows;
	const struct np_oracle *o = r->o;
	const struct class *class = &o->classes[o->pods[subject].class];

	(void)stage;
	if (class->n_applies[r->dir] == 0)
		return;
	memset(lo, 0, r->n_words * sizeof(*lo));
	memset(hi, 0, r->n_words * sizeof(*hi));
	for (size_t i = 0; i < class->n_applies[r->dir]; i++) {
		const struct policy *policy = &o->policies[class->applies[r->dir][i]];

		for (size_t k = 0; k < policy->n_rules[r->dir]; k++)
			add_rule(r, &policy->rules[r->dir][k], subject, lo, hi);
	}
}

/* A stage that knows no rows: end by end. What it leaves to the next keeps its bit. */
static void eval_stage_row(const struct np_stage *stage, struct rows *r, uint32_t subject,
			   uint32_t readings, uint64_t *row)
{
	struct np_eval e = { .o = r->o, .known = ALL_READINGS, .yes = readings };
	struct np_side side = { .dir = r->dir, .proto = r->proto, .port = r->port, .subject = subject };

	for (size_t i = 0; i < r->n_ends; i++) {
		const struct end *end = &r->ends[i];
		enum np_stage_result result;

		if (!r->valid[i])
			continue;
		side.other_pod = rows_is_pod(r, end) ? end->pod : NONE;
		side.other_node = end->node;
		side.other = end->addr;
		result = stage->eval(stage, &e, &side);
		if (result == NP_STAGE_ALLOW)
			bits_set(row, i);
		else if (result == NP_STAGE_DENY)
			bits_clear(row, i);
	}
}

void rows_judge(struct rows *r, uint32_t subject, uint64_t *lo, uint64_t *hi)
{
	const struct np_oracle *o = r->o;

	memset(lo, 0xFF, r->n_words * sizeof(*lo));
	memset(hi, 0xFF, r->n_words * sizeof(*hi));
	for (size_t i = o->n_stages; i-- > 0;) {
		const struct np_stage *stage = &o->stages[i];

		if (stage->row) {
			stage->row(stage, r, subject, lo, hi);
		} else {
			eval_stage_row(stage, r, subject, r->lo, lo);
			eval_stage_row(stage, r, subject, r->hi, hi);
		}
	}
}
