/* choice.c - weighted set cover, and tiers. */
#include "np/run/choice.h"

#include <stdlib.h>

#include "np/base/mem.h"
#include "np/run/equal.h"

/* Real mistakes before mechanical ones. */
#define WEIGHT_NAMED 2
#define WEIGHT_MECHANICAL 1
#define WORLD_MS 1500

/* Of a run with four workers on two processors: least squares over 358 cases. */
#define EXPECT_MS 160
#define CELLS_A_MS 8
#define NEW_POD_MS 850
#define NEW_NAMESPACE_MS 400

static bool has(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

void np_choice_init(struct np_choice *s)
{
	s->chosen = np_xcalloc(s->n_items + 1, sizeof(*s->chosen));
	s->deployed = np_xcalloc(s->n_worlds + 1, sizeof(*s->deployed));
	s->times = np_xcalloc(s->n_mutants + 1, sizeof(*s->times));
}

void np_choice_release(struct np_choice *s)
{
	free(s->chosen);
	free(s->deployed);
	free(s->times);
	s->chosen = s->deployed = NULL;
	s->times = NULL;
}

/* What choosing @item costs now. */
static unsigned cost_now(const struct np_choice *s, size_t item)
{
	const struct np_choice_item *it = &s->items[item];
	unsigned cost = it->cost_ms + (s->deployed[it->world] ? 0 : s->world_ms);

	return cost ? cost : 1;
}

static uint64_t gain_of(const struct np_choice *s, const struct np_choice_item *it, unsigned depth)
{
	uint64_t gain = 0;

	for (size_t w = 0; w < (s->n_mutants + 63) / 64; w++)
		for (uint64_t left = it->kills[w]; left; left &= left - 1) {
			size_t m = w * 64 + (size_t)__builtin_ctzll(left);

			if (s->times[m] < depth)
				gain += (uint64_t)s->weights[m] << (depth - 1 - s->times[m]);
		}
	return gain;
}

size_t np_choice_next(const struct np_choice *s, unsigned depth, int which)
{
	uint64_t best_gain = 0, best_cost = 1;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < s->n_items; i++) {
		uint64_t gain, cost;

		if (s->chosen[i] ||
		    !(which & (s->items[i].generated ? NP_CHOICE_GENERATED : NP_CHOICE_HAND)))
			continue;
		gain = gain_of(s, &s->items[i], depth);
		cost = cost_now(s, i);
		if (gain * best_cost > best_gain * cost) {
			best = i;
			best_gain = gain;
			best_cost = cost;
		}
	}
	return best;
}

void np_choice_take(struct np_choice *s, size_t item)
{
	s->chosen[item] = true;
	s->deployed[s->items[item].world] = true;
	for (size_t m = 0; m < s->n_mutants; m++)
		s->times[m] += has(s->items[item].kills, m);
}

static bool makes_pod(const struct np_step *step)
{
	return (step->kind == NP_STEP_APPLY || step->kind == NP_STEP_RECREATE) &&
	       np_str_is(step->object_kind, "Pod");
}

unsigned np_choice_case_ms(const struct np_case *c, size_t n_cells)
{
	unsigned ms = (unsigned)(n_cells / CELLS_A_MS);

	for (size_t i = 0; i < c->n_steps; i++) {
		const struct np_step *step = &c->steps[i];

		if (step->kind == NP_STEP_EXPECT)
			ms += EXPECT_MS;
		else if (step->kind == NP_STEP_WAIT)
			ms += (unsigned)step->wait_ms;
		else if (makes_pod(step))
			ms += NEW_POD_MS;
		else if (np_str_is(step->object_kind, "Namespace") && step->kind != NP_STEP_LABEL)
			ms += NEW_NAMESPACE_MS;
	}
	return ms;
}

/* ---- tiers ---- */

/* The problem that a scored plan is. */
struct problem {
	struct np_choice select;
	struct np_choice_item *items;
	uint64_t *bits;
	unsigned *weights;
	size_t n_words;
};

/* What a cluster may lack: such a case is skipped there, and early cases should not be. */
static unsigned rareness(const struct np_case *c)
{
	return 1 + (unsigned)__builtin_popcount(c->needs & ~(unsigned)NP_NEED_IPV4);
}

static void fill_items(struct problem *p, const struct np_plan *plan, const struct np_score *score)
{
	for (size_t i = 0; i < plan->n_cases; i++) {
		const struct np_case *c = &plan->cases[i];
		unsigned ms = np_choice_case_ms(c, score->cells_of[i]) * rareness(c);

		p->items[i] = (struct np_choice_item){
			.cost_ms = c->seed ? ms + ms / 4 : ms, /* a file more to keep */
			.world = (size_t)(np_plan_world(plan, c->world) - plan->worlds),
			.generated = c->seed != 0,
			.kills = p->bits + i * p->n_words
		};
	}
}

static void problem_init(struct problem *p, const struct np_plan *plan,
			 const struct np_score *score)
{
	p->n_words = (score->n_rows + 63) / 64;
	p->items = np_xcalloc(plan->n_cases + 1, sizeof(*p->items));
	p->bits = np_xcalloc(plan->n_cases * p->n_words + 1, sizeof(*p->bits));
	p->weights = np_xcalloc(score->n_rows + 1, sizeof(*p->weights));
	for (size_t m = 0; m < score->n_rows; m++) {
		const struct np_score_row *row = &score->rows[m];

		p->weights[m] = row->wrong.mutant ? WEIGHT_NAMED : WEIGHT_MECHANICAL;
		if (row->wrong.mutant ? np_mutant_open(row->wrong.mutant)
				      : np_site_open(row->wrong.site, row->wrong.op))
			p->weights[m] = 0;
		for (size_t k = 0; k < row->n_killed_by; k++)
			p->bits[row->killed_by[k] * p->n_words + m / 64] |= UINT64_C(1) << (m % 64);
	}
	fill_items(p, plan, score);
	p->select = (struct np_choice){ .items = p->items,
					.n_items = plan->n_cases,
					.n_worlds = plan->n_worlds,
					.n_mutants = score->n_rows,
					.weights = p->weights,
					.world_ms = WORLD_MS };
	np_choice_init(&p->select);
}

static void problem_release(struct problem *p)
{
	np_choice_release(&p->select);
	free(p->items);
	free(p->bits);
	free(p->weights);
}

struct chosen {
	const struct np_plan *plan;
	const struct np_score *score;
	struct np_tier_line *lines;
	size_t n, cap;
};

static void add_line(struct chosen *out, struct np_choice *s, size_t item, enum np_tier tier)
{
	struct np_tier_line line = { .id = out->plan->cases[item].id, .tier = tier };

	for (size_t m = 0; m < s->n_mutants; m++) {
		if (s->times[m] || !s->weights[m] || !has(s->items[item].kills, m))
			continue;
		if (out->score->rows[m].wrong.mutant)
			line.named++;
		else
			line.mechanical++;
	}
	np_choice_take(s, item);
	out->lines = np_grow(out->lines, &out->cap, out->n, sizeof(*out->lines));
	out->lines[out->n++] = line;
}

static void choose_smoke(struct chosen *out, struct np_choice *s, unsigned budget_ms)
{
	unsigned spent = 0;
	size_t item;

	while ((item = np_choice_next(s, 1, NP_CHOICE_ANY)) != SIZE_MAX) {
		spent += cost_now(s, item);
		if (spent > budget_ms)
			return;
		add_line(out, s, item, NP_TIER_SMOKE);
	}
}

/* Marks in @ret_kept the generated cases that stay: those of smoke, and what cases written by hand
 * leave over. */
static void choose_kept(const struct problem *from, const struct np_tier_wish *wish, bool *ret_kept)
{
	struct np_choice s = from->select;
	size_t item, n = 0;

	np_choice_init(&s);
	for (size_t i = 0; i < s.n_items; i++)
		if (from->select.chosen[i] || !s.items[i].generated) {
			np_choice_take(&s, i);
			ret_kept[i] = s.items[i].generated;
			n += ret_kept[i];
		}
	for (unsigned depth = 1; depth <= wish->depth; depth++)
		while (n < wish->max_kept &&
		       (item = np_choice_next(&s, depth, NP_CHOICE_GENERATED)) != SIZE_MAX) {
			np_choice_take(&s, item);
			ret_kept[item] = true;
			n++;
		}
	np_choice_release(&s);
}

/* The rest in order: what is noticed first, then what is noticed again, then by world. */
static void order_rest(struct chosen *out, struct np_choice *s, const bool *kept)
{
	size_t item;

	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].generated && !kept[i])
			s->chosen[i] = true;
	for (unsigned depth = 1; depth <= NP_CHOICE_MAX_DEPTH; depth += NP_CHOICE_MAX_DEPTH - 1)
		while ((item = np_choice_next(s, depth, NP_CHOICE_ANY)) != SIZE_MAX)
			add_line(out, s, item, NP_TIER_DEFAULT);
	for (size_t w = 0; w < s->n_worlds; w++)
		for (size_t i = 0; i < s->n_items; i++)
			if (!s->chosen[i] && s->items[i].world == w)
				add_line(out, s, i, NP_TIER_DEFAULT);
}

void np_tiers_choose(const struct np_plan *plan, const struct np_score *score,
		     const struct np_tier_wish *wish, struct np_tier_line **ret, size_t *ret_n)
{
	struct chosen out = { .plan = plan, .score = score };
	bool *kept = np_xcalloc(plan->n_cases + 1, sizeof(*kept));
	struct problem p;

	problem_init(&p, plan, score);
	choose_smoke(&out, &p.select, wish->smoke_ms);
	choose_kept(&p, wish, kept);
	order_rest(&out, &p.select, kept);
	problem_release(&p);
	free(kept);
	*ret = out.lines;
	*ret_n = out.n;
}
