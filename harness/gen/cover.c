/*
 * cover.c - covering arrays by IPOG. Features are taken one after the other, those with most
 * values first: every row there is gets the value of the new feature that covers most (horizontal
 * growth), and what is still not covered gets rows of its own or goes into the open places of
 * others (vertical growth). A row is never left in a state that cannot be completed.
 */
#include "np/gen/cover.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/mem.h"

/* The combinations of one set of earlier features with the new one. */
struct group {
	uint8_t at[NP_COVER_MAX_STRENGTH]; /* features; the last is the new one */
	size_t first;			   /* bit of its first combination */
	size_t n;
};

struct build {
	const struct np_feature_model *m;
	struct np_rng rng;
	unsigned strength;
	uint8_t order[NP_FEATURE_MAX];
	uint8_t n_values[NP_FEATURE_MAX];
	struct np_cover *c;
	size_t cap_rows;
	struct group *groups; /* of the feature that is being added */
	size_t n_groups, cap_groups;
	uint8_t *todo; /* one byte a combination: not covered yet */
	size_t n_bits, cap_bits, n_todo;
};

static uint8_t *row_at(const struct build *b, size_t i)
{
	return b->c->rows + i * b->c->n_features;
}

static uint8_t *add_row(struct build *b)
{
	size_t n = b->c->n_features;

	if (b->c->n_rows == b->cap_rows) {
		b->cap_rows = b->cap_rows ? 2 * b->cap_rows : 256;
		b->c->rows = np_xrealloc(b->c->rows, b->cap_rows, n);
	}
	memset(row_at(b, b->c->n_rows), NP_FEATURE_OPEN, n);
	return row_at(b, b->c->n_rows++);
}

/* ---- the combinations of a group ---- */

/* Number of the combination that @row has in @g; SIZE_MAX while one of its features is open. */
static size_t combination(const struct build *b, const struct group *g, const uint8_t *row)
{
	size_t at = 0;

	for (unsigned k = 0; k < b->strength; k++) {
		uint8_t f = g->at[k];

		if (row[f] == NP_FEATURE_OPEN)
			return SIZE_MAX;
		at = at * b->n_values[f] + row[f];
	}
	return at;
}

static void decide_combination(const struct build *b, const struct group *g, size_t at,
			       uint8_t *row)
{
	for (unsigned k = b->strength; k-- > 0;) {
		uint8_t f = g->at[k];

		row[f] = (uint8_t)(at % b->n_values[f]);
		at /= b->n_values[f];
	}
}

static void exclude(struct build *b, const struct group *g, const uint8_t *row)
{
	struct np_cover *c = b->c;
	struct np_cover_excluded *x;

	c->excluded = np_grow(c->excluded, &c->cap_excluded, c->n_excluded, sizeof(*c->excluded));
	x = &c->excluded[c->n_excluded++];
	*x = (struct np_cover_excluded){ .rule = np_feature_forbidden(b->m, row) };
	for (unsigned k = 0; k < b->strength; k++) {
		x->features[k] = g->at[k];
		x->values[k] = row[g->at[k]];
	}
}

/* What of a group is possible is to be covered; the rest is listed. */
static void open_group(struct build *b, const uint8_t *at)
{
	struct group *g;

	b->groups = np_grow(b->groups, &b->cap_groups, b->n_groups, sizeof(*b->groups));
	g = &b->groups[b->n_groups++];
	*g = (struct group){ .first = b->n_bits, .n = 1 };
	memcpy(g->at, at, b->strength);
	for (unsigned k = 0; k < b->strength; k++)
		g->n *= b->n_values[at[k]];
	b->n_bits += g->n;
	while (b->cap_bits < b->n_bits)
		b->cap_bits = b->cap_bits ? 2 * b->cap_bits : 4096;
	b->todo = np_xrealloc(b->todo, b->cap_bits, 1);
	for (size_t i = 0; i < g->n; i++) {
		uint8_t row[NP_FEATURE_MAX];
		bool possible;

		memset(row, NP_FEATURE_OPEN, sizeof(row));
		decide_combination(b, g, i, row);
		possible = np_feature_possible(b->m, row);
		if (!possible)
			exclude(b, g, row);
		b->todo[g->first + i] = possible;
		b->n_todo += possible;
	}
	b->c->n_tuples += g->n;
}

/* Every set of strength - 1 of the first @n features in order, with the new one behind. */
static void open_groups(struct build *b, size_t n)
{
	unsigned k = b->strength - 1;
	size_t pick[NP_COVER_MAX_STRENGTH] = { 0 };
	uint8_t at[NP_COVER_MAX_STRENGTH];

	b->n_groups = b->n_bits = b->n_todo = 0;
	for (unsigned i = 0; i < k; i++)
		pick[i] = i;
	for (;;) {
		unsigned i = k;

		for (unsigned p = 0; p < k; p++)
			at[p] = b->order[pick[p]];
		at[k] = b->order[n];
		open_group(b, at);
		while (i > 0 && pick[i - 1] == n - k + i - 1)
			i--;
		if (!i)
			return;
		pick[i - 1]++;
		for (; i < k; i++)
			pick[i] = pick[i - 1] + 1;
	}
}

/* ---- growth ---- */

static size_t gain(const struct build *b, const uint8_t *row)
{
	size_t n = 0;

	for (size_t g = 0; g < b->n_groups; g++) {
		size_t at = combination(b, &b->groups[g], row);

		n += at != SIZE_MAX && b->todo[b->groups[g].first + at];
	}
	return n;
}

static void cover(struct build *b, const uint8_t *row)
{
	for (size_t g = 0; g < b->n_groups; g++) {
		size_t at = combination(b, &b->groups[g], row);

		if (at == SIZE_MAX || !b->todo[b->groups[g].first + at])
			continue;
		b->todo[b->groups[g].first + at] = 0;
		b->n_todo--;
	}
}

/* The value of feature @f that covers most, of those with which the row can be completed. */
static void grow_row(struct build *b, uint8_t *row, uint8_t f)
{
	size_t gains[NP_FEATURE_MAX_VALUES];
	unsigned turn = (unsigned)np_rng_below(&b->rng, b->n_values[f]);

	for (uint8_t v = 0; v < b->n_values[f]; v++) {
		row[f] = v;
		gains[v] = gain(b, row) + 1;
	}
	for (uint8_t tries = 0; tries < b->n_values[f]; tries++) {
		uint8_t best = 0;

		for (unsigned i = 0; i < b->n_values[f]; i++) {
			uint8_t v = (uint8_t)((i + turn) % b->n_values[f]);

			if (!i || gains[v] > gains[best])
				best = v;
		}
		row[f] = best;
		if (gains[best] && np_feature_possible(b->m, row))
			break;
		gains[best] = 0;
		row[f] = NP_FEATURE_OPEN;
	}
	if (row[f] != NP_FEATURE_OPEN)
		cover(b, row);
}

/* Puts a combination into the open places of @row, if that can be. */
static bool fits(const struct build *b, const struct group *g, size_t at, uint8_t *row)
{
	uint8_t old[NP_COVER_MAX_STRENGTH], wanted[NP_FEATURE_MAX];
	bool ok = true;

	decide_combination(b, g, at, wanted);
	for (unsigned k = 0; k < b->strength; k++) {
		old[k] = row[g->at[k]];
		ok &= old[k] == NP_FEATURE_OPEN || old[k] == wanted[g->at[k]];
	}
	if (!ok)
		return false;
	for (unsigned k = 0; k < b->strength; k++)
		row[g->at[k]] = wanted[g->at[k]];
	if (np_feature_possible(b->m, row))
		return true;
	for (unsigned k = 0; k < b->strength; k++)
		row[g->at[k]] = old[k];
	return false;
}

/* @first: rows before it have no open place among the features so far. */
static void place_combination(struct build *b, const struct group *g, size_t at, size_t first)
{
	uint8_t *row = NULL;

	for (size_t i = first; i < b->c->n_rows && !row; i++)
		if (fits(b, g, at, row_at(b, i)))
			row = row_at(b, i);
	if (!row) {
		row = add_row(b);
		decide_combination(b, g, at, row);
	}
	cover(b, row);
}

static bool has_open(const struct build *b, const uint8_t *row, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (row[b->order[k]] == NP_FEATURE_OPEN)
			return true;
	return false;
}

/* The feature with number @n in order joins. */
static void add_feature(struct build *b, size_t n)
{
	size_t first = 0;

	open_groups(b, n);
	for (size_t i = 0; i < b->c->n_rows && b->n_todo; i++)
		grow_row(b, row_at(b, i), b->order[n]);
	while (first < b->c->n_rows && !has_open(b, row_at(b, first), n + 1))
		first++;
	for (size_t g = 0; g < b->n_groups; g++)
		for (size_t i = 0; i < b->groups[g].n && b->n_todo; i++)
			if (b->todo[b->groups[g].first + i])
				place_combination(b, &b->groups[g], i, first);
}

/* Most values first: what is expensive to combine is combined while there is little else. */
static void order_features(struct build *b)
{
	size_t n = b->m->n_features;

	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		b->n_values[i] = (uint8_t)np_feature_n_values(&b->m->features[i]);
		for (; at > 0 && b->n_values[b->order[at - 1]] < b->n_values[i]; at--)
			b->order[at] = b->order[at - 1];
		b->order[at] = (uint8_t)i;
	}
}

static void fill_open(struct build *b)
{
	for (size_t i = 0; i < b->c->n_rows; i++)
		np_feature_draw(b->m, &b->rng, row_at(b, i));
}

int np_cover_make(const struct np_feature_model *m, unsigned strength, uint64_t seed,
		  struct np_cover *ret, struct np_err *err)
{
	struct build b = { .m = m, .strength = strength, .c = ret };

	if (!strength || strength > NP_COVER_MAX_STRENGTH || strength > m->n_features)
		return np_err_set(err, NP_EUSAGE,
				  "a strength is 1 to %d, and at most the number of features",
				  NP_COVER_MAX_STRENGTH);
	*ret = (struct np_cover){ .n_features = m->n_features, .strength = strength };
	np_rng_seed(&b.rng, seed);
	order_features(&b);
	for (size_t n = strength - 1; n < m->n_features; n++)
		add_feature(&b, n);
	fill_open(&b);
	ret->n_covered = ret->n_tuples - ret->n_excluded;
	free(b.groups);
	free(b.todo);
	return 0;
}

void np_cover_release(struct np_cover *c)
{
	free(c->rows);
	free(c->excluded);
	*c = (struct np_cover){ 0 };
}
