/* scenario.c - a row becomes a case. */
#include "np/gen/scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "np/base/mem.h"
#include "scene.h"

/* What a value is about, beside what every policy is about. */
static const struct {
	enum feat feature;
	uint32_t values;
	uint8_t clause;
} clauses[] = {
	{ F_DIR, 1U << DIR_BOTH, 4 },
	{ F_TYPES, 0xF, 2 },
	{ F_SUBJECT, 1U << SEL_EMPTY, 12 },
	{ F_SUBJECT, ~(1U << SEL_EMPTY), 13 },
	{ F_RULES, 1U << RULES_NONE, 8 },
	{ F_RULES, 1U << RULES_EMPTY_TOO | 1U << RULES_TWO | 1U << RULES_CROSS, 3 },
	{ F_PEERS, 1U << PEERS_ABSENT | 1U << PEERS_EMPTY, 7 },
	{ F_PEERS, 1U << PEERS_POD | 1U << PEERS_SUBJECT | 1U << PEERS_MANY, 9 },
	{ F_PEERS, 1U << PEERS_NS, 10 },
	{ F_PEERS, 1U << PEERS_BOTH | 1U << PEERS_BOTH_POD, 11 },
	{ F_PEERS, 1U << PEERS_POD_NS | 1U << PEERS_BLOCK_POD | 1U << PEERS_BLOCKS, 6 },
	{ F_NSSEL, 1U << NSSEL_NAME, 15 },
	{ F_ANCHOR, 1U << ANCHOR_NEAR | 1U << ANCHOR_FAR, 17 },
	{ F_ANCHOR, 1U << ANCHOR_NODE, 44 },
	{ F_ANCHOR, 1U << ANCHOR_POD, 19 },
	{ F_EXCEPT, ~(1U << EXCEPT_UNUSED | 1U << EXCEPT_NONE), 18 },
	{ F_PORTS, 1U << PORTS_NUMBER | 1U << PORTS_MANY | 1U << PORTS_SEVERAL, 21 },
	{ F_PORTS, 1U << PORTS_UDP | 1U << PORTS_BARE, 22 },
	{ F_PORTS, 1U << PORTS_PROTOCOL | 1U << PORTS_ALL_TOO, 23 },
	{ F_PORTS, 1U << PORTS_RANGE | 1U << PORTS_TO_END, 32 },
	{ F_PORTS, 1U << PORTS_NAME, 24 },
	{ F_PORTS, 1U << PORTS_NOWHERE, 27 },
	{ F_PORTS, 1U << PORTS_SCTP, NP_CLAUSE_33B },
	{ F_SECOND, ~(1U << SECOND_NONE), 3 },
	{ F_FAR, ~(1U << FAR_NONE), 4 },
	{ F_FAMILY, 1U << FAMILY_DUAL, 55 },
	{ F_SEQ, ~(1U << SEQ_STATIC), 51 },
	{ F_SEQ, 1U << SEQ_POD_LABEL | 1U << SEQ_NS_LABEL | 1U << SEQ_COMPLETED | 1U << SEQ_REUSED,
	  65 },
};

static void fill_covers(struct scene *s)
{
	np_clauses_add(&s->c->covers, 5);
	for (size_t i = 0; i < NP_ARRAY_SIZE(clauses); i++)
		if (clauses[i].values >> s->row[clauses[i].feature] & 1)
			np_clauses_add(&s->c->covers, clauses[i].clause);
}

/* "ingress, subject In several, peers block, ..": the values that are not the ordinary ones. */
static void describe(const uint8_t *row, struct np_buf *ret)
{
	const struct np_feature_model *m = np_feature_model();
	bool first = true;

	for (size_t f = 0; f < m->n_features; f++) {
		const struct np_feature *feature = &m->features[f];
		const char *value = feature->values[row[f]].name;

		/* The first value of most features says that there is nothing to say. */
		if (row[f] == 0 && f != F_DIR && f != F_SUBJECT && f != F_SEQ)
			continue;
		np_buf_printf(ret, "%s%s %s", first ? "" : "; ", feature->name, value);
		first = false;
	}
}

static void fill_header(struct scene *s, size_t k)
{
	static const unsigned families[] = { [FAMILY_V4] = 0, [FAMILY_V6] = 2, [FAMILY_DUAL] = 3 };
	static const char *const tags[N_SEQS] = { "static", "s1", "s2", "s3", "s4",  "s5",
						  "s6",	    "s7", "s8", "s9", "s10", "s16" };
	struct np_case *c = s->c;
	struct np_buf title = { 0 };

	if (s->strength)
		c->id = np_arena_printf(s->arena, "generated/t%us%llu-%04zu", s->strength,
					(unsigned long long)s->seed, k + 1);
	else
		c->id = np_arena_printf(s->arena, "generated/s%llu-%04zu",
					(unsigned long long)s->seed, k + 1);
	describe(s->row, &title);
	c->title = np_arena_str(s->arena, np_str_from(np_buf_text(&title)));
	np_buf_release(&title);
	c->world = scene_world_name(s->row[F_WORLD], s->seed, s->arena);
	c->seed = s->seed;
	c->families = families[s->row[F_FAMILY]];
	c->tags = np_arena_array(s->arena, 2, sizeof(*c->tags));
	c->tags[c->n_tags++] = NP_STR("generated");
	c->tags[c->n_tags++] = np_str_from(tags[s->row[F_SEQ]]);
	fill_covers(s);
}

static void fill_needs(struct scene *s)
{
	struct np_case *c = s->c;

	c->needs |= c->families & 1 ? NP_NEED_IPV4 : 0U;
	c->needs |= c->families & 2 ? NP_NEED_IPV6 : 0U;
	c->needs |= s->externals ? NP_NEED_EXTERNALS : 0U;
	c->needs |= s->pinned ? NP_NEED_PINNED_IP : 0U;
	c->needs |= s->host_pods ? NP_NEED_HOST_PODS : 0U;
	/* Names that differ from pod to pod, and capabilities, are asserted there. */
	c->profile = NP_STR("extended");
}

void np_scenario_case(const uint8_t *row, unsigned strength, uint64_t seed, size_t k,
		      struct np_case *ret)
{
	struct scene *s = np_xcalloc(1, sizeof(*s));
	char label[32];
	struct np_rng all;

	*ret = (struct np_case){ 0 };
	*s = (struct scene){ .row = row,
			     .strength = strength,
			     .seed = seed,
			     .c = ret,
			     .arena = &ret->arena };
	np_rng_seed(&all, seed);
	snprintf(label, sizeof(label), "%zu", k);
	np_rng_fork(&s->rng, &all, label);
	scene_world(row[F_WORLD], seed, &s->w);
	s->n_lasting = s->w.n_pods;
	fill_header(s, k);
	scene_sequence(s);
	scene_place_ports(s);
	fill_needs(s);
	ret->n_steps = s->n_steps;
	ret->steps = np_arena_array(s->arena, s->n_steps, sizeof(*ret->steps));
	memcpy(ret->steps, s->steps, s->n_steps * sizeof(*ret->steps));
	np_world_release(&s->w);
	free(s);
}

/* ---- suites ---- */

int np_scenario_suite_init(unsigned strength, uint64_t seed, size_t count,
			   struct np_scenario_suite *ret, struct np_err *err)
{
	const struct np_feature_model *m = np_feature_model();
	struct np_scenario_suite s = { .seed = seed };
	struct np_rng rng;

	if (!seed)
		return np_err_set(err, NP_EUSAGE, "a seed is at least 1");
	if (count > NP_SCENARIO_MAX_CASES)
		return np_err_set(err, NP_EUSAGE, "at most %d cases", NP_SCENARIO_MAX_CASES);
	if (strength && np_cover_make(m, strength, seed, &s.cover, err) < 0)
		return -1;
	s.drawn = np_xcalloc(count + 1, m->n_features);
	np_rng_seed(&rng, seed);
	for (; s.n_drawn < count; s.n_drawn++) {
		uint8_t *row = s.drawn + s.n_drawn * m->n_features;

		memset(row, NP_FEATURE_OPEN, m->n_features);
		np_feature_draw(m, &rng, row);
	}
	s.n_cases = s.cover.n_rows + s.n_drawn;
	*ret = s;
	return 0;
}

void np_scenario_suite_release(struct np_scenario_suite *s)
{
	np_cover_release(&s->cover);
	free(s->drawn);
	*s = (struct np_scenario_suite){ 0 };
}

void np_scenario_suite_case(const struct np_scenario_suite *s, size_t k, struct np_case *ret)
{
	size_t n = np_feature_model()->n_features;

	np_scenario_case(k < s->cover.n_rows ? np_cover_row(&s->cover, k)
					     : s->drawn + (k - s->cover.n_rows) * n,
			 s->cover.strength, s->seed, k, ret);
}
