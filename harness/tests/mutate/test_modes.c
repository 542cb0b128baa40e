/*
 * test_modes.c - what the modes promise, over many mutants, beside the validator: it shares no code
 * with the mutator.
 */
#include "mutate_test.h"

/* Each mutant is the next one's input, as in a corpus; now and then a built-in one is. */
struct chain {
	struct np_mutator *m;
	struct np_buf input, other;
	uint64_t seed;
};

static void begin(struct chain *c, enum np_mutate_mode mode, const struct way *way)
{
	const struct np_mutate_opts opts = { .mode = mode,
					     .format = way->format,
					     .legacy_cidrs = way->legacy,
					     .max_bytes = 4096,
					     .yaml_to_json = np_yaml_to_json };

	*c = (struct chain){ .m = np_mutator_new(&opts) };
}

static void end(struct chain *c)
{
	np_mutator_free(c->m);
	np_buf_release(&c->input);
	np_buf_release(&c->other);
}

static void next(struct chain *c, struct np_mutation *ret)
{
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);

	if (c->seed % 16 == 0) {
		np_buf_clear(&c->input);
		np_buf_addstr(&c->input, seeds[c->seed / 16 % n]);
	}
	if (c->seed % 5 == 0) {
		np_buf_clear(&c->other);
		np_buf_addstr(&c->other, seeds[c->seed / 5 % n]);
	}
	np_mutate(c->m, (struct np_str){ np_buf_text(&c->input), c->input.len },
		  (struct np_str){ np_buf_text(&c->other), c->other.len }, c->seed++, ret);
}

static void keep(struct chain *c, const struct np_mutation *m)
{
	np_buf_clear(&c->input);
	np_buf_addstr(&c->input, m->text);
}

static void print_refused(const struct way *w, const struct np_mutation *m,
			  const struct np_validations *v)
{
	printf("%s: " NP_STR_FMT "\n" NP_STR_FMT "\n", w->name, NP_STR_ARG(m->operators),
	       NP_STR_ARG(m->text));
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->items[i].n_findings; k++)
			printf("  %s " NP_STR_FMT ": " NP_STR_FMT " " NP_STR_FMT "\n",
			       np_stage_name(v->items[i].stage),
			       NP_STR_ARG(v->items[i].findings[k].field),
			       NP_STR_ARG(v->items[i].findings[k].msg),
			       NP_STR_ARG(v->items[i].findings[k].advice));
}

#define SHOWN 5

START_TEST(valid_is_accepted)
{
	size_t n_all = 0, n_accepted = 0;

	for (size_t i = 0; i < NP_ARRAY_SIZE(ways); i++) {
		struct chain c;

		begin(&c, NP_MUTATE_VALID, &ways[i]);
		for (size_t k = 0; k < MANY / NP_ARRAY_SIZE(ways); k++) {
			struct np_validations v = { 0 };
			struct np_mutation m;

			next(&c, &m);
			ck_assert(m.structured && m.kept_promise);
			ck_assert_uint_eq(m.stage, NP_FAULT_NONE);
			judge(&ways[i], m.text, &v);
			n_all++;
			if (is_accepted(&v))
				n_accepted++;
			else if (n_all - n_accepted <= SHOWN)
				print_refused(&ways[i], &m, &v);
			np_validations_release(&v);
			keep(&c, &m);
		}
		end(&c);
	}
	printf("valid: %zu of %zu accepted\n", n_accepted, n_all);
	ck_assert_uint_ge(n_accepted * 100, n_all * 99);
}
END_TEST

/* The stages at which a fault of ours may be refused: kubectl sees some of them itself. */
static bool fits_stage(enum np_fault_stage ours, enum np_stage stage)
{
	switch (ours) {
	case NP_FAULT_DECODE:
		return stage == NP_STAGE_DECODE || stage == NP_STAGE_CLIENT;
	case NP_FAULT_STRICT:
		return stage == NP_STAGE_STRICT;
	case NP_FAULT_VALIDATION:
		return stage == NP_STAGE_VALIDATION;
	default:
		return false;
	}
}

/*
 * Type errors name their place in the advice, before a blank; what kubectl says itself has it in
 * the message.
 */
static bool is_at(const struct np_finding *f, struct np_str field)
{
	if (f->type != NP_FINDING_TYPE)
		return np_str_eq(f->field, field);
	if (!f->advice.n)
		return memmem(f->msg.p, f->msg.n, field.p, field.n);
	return f->advice.n > field.n && memcmp(f->advice.p, field.p, field.n) == 0 &&
	       f->advice.p[field.n] == ' ';
}

static bool is_single_fault(const struct np_mutation *m, const struct np_validations *v)
{
	const struct np_validation *said = v->items;

	if (v->n != 1 || !said->n_findings || !m->field.n || !fits_stage(m->stage, said->stage))
		return false;
	for (size_t i = 0; i < said->n_findings; i++)
		if (!is_at(&said->findings[i], m->field))
			return false;
	return true;
}

START_TEST(single_fault_is_at_its_field)
{
	size_t n_all = 0, n_good = 0, n_stages[4] = { 0 };

	for (size_t i = 0; i < NP_ARRAY_SIZE(ways); i++) {
		struct chain c;

		begin(&c, NP_MUTATE_SINGLE_FAULT, &ways[i]);
		for (size_t k = 0; k < MANY / NP_ARRAY_SIZE(ways); k++) {
			struct np_validations v = { 0 };
			struct np_mutation m;

			next(&c, &m);
			ck_assert(m.structured && m.kept_promise);
			judge(&ways[i], m.text, &v);
			n_all++;
			n_stages[m.stage]++;
			if (is_single_fault(&m, &v)) {
				n_good++;
			} else if (n_all - n_good <= SHOWN) {
				printf("ours: %s " NP_STR_FMT "\n", np_fault_stage_name(m.stage),
				       NP_STR_ARG(m.field));
				print_refused(&ways[i], &m, &v);
			}
			np_validations_release(&v);
			keep(&c, &m);
		}
		end(&c);
	}
	printf("single-fault: %zu of %zu at their field; decode %zu, strict %zu, validation %zu\n",
	       n_good, n_all, n_stages[1], n_stages[2], n_stages[3]);
	ck_assert_uint_eq(n_good, n_all);
	for (size_t i = 1; i < NP_ARRAY_SIZE(n_stages); i++)
		ck_assert_uint_gt(n_stages[i], n_all / 50);
}
END_TEST

/* Hostile ones reach every stage, and some are accepted. */
START_TEST(hostile_is_everything)
{
	size_t n_stages[NP_STAGE_SKIPPED + 1] = { 0 };

	for (size_t i = 0; i < NP_ARRAY_SIZE(ways); i++) {
		struct chain c;

		begin(&c, NP_MUTATE_HOSTILE, &ways[i]);
		for (size_t k = 0; k < MANY / 20; k++) {
			struct np_validations v = { 0 };
			struct np_mutation m;

			next(&c, &m);
			ck_assert_uint_le(m.text.n, 4096);
			judge(&ways[i], m.text, &v);
			for (size_t d = 0; d < v.n; d++)
				n_stages[v.items[d].stage]++;
			np_validations_release(&v);
			if (k % 3 == 0)
				keep(&c, &m);
		}
		end(&c);
	}
	ck_assert_uint_gt(n_stages[NP_STAGE_ACCEPT], 0);
	ck_assert_uint_gt(n_stages[NP_STAGE_CLIENT], 0);
	ck_assert_uint_gt(n_stages[NP_STAGE_DECODE], 0);
	ck_assert_uint_gt(n_stages[NP_STAGE_STRICT], 0);
	ck_assert_uint_gt(n_stages[NP_STAGE_VALIDATION], 0);
}
END_TEST

/* By the legacy rules host bits and leading zeros are made, which the strict ones refuse. */
START_TEST(legacy_is_wider)
{
	const struct way strict = ways[2],
			 legacy = { "legacy", NP_DECODE_API_JSON, NP_MUTATE_JSON, true };
	size_t n_refused = 0;
	struct chain c;

	begin(&c, NP_MUTATE_VALID, &legacy);
	for (size_t k = 0; k < 2000; k++) {
		struct np_validations v = { 0 };
		struct np_mutation m;

		next(&c, &m);
		judge(&strict, m.text, &v);
		n_refused += !is_accepted(&v);
		np_validations_release(&v);
		keep(&c, &m);
	}
	ck_assert_uint_gt(n_refused, 50);
	end(&c);
}
END_TEST

/* Of a valid document all stays that no operator chose: one value changed is one place changed. */
START_TEST(the_rest_is_left_alone)
{
	size_t n, n_seen = 0;
	const struct np_str *seeds = np_mutate_seeds(&n);
	const struct np_mutate_opts opts = { .mode = NP_MUTATE_VALID };
	struct np_mutator *mutator = np_mutator_new(&opts);

	for (uint64_t seed = 0; seed < 20000; seed++) {
		struct np_str s = seeds[seed % n];
		struct np_mutation m;
		size_t before = 0, behind = 0, least;

		np_mutate(mutator, s, NP_STR_NONE, seed, &m);
		if (!np_str_is(m.operators, "bound-value") &&
		    !np_str_is(m.operators, "bound-protocol"))
			continue;
		n_seen++;
		least = m.text.n < s.n ? m.text.n : s.n;
		while (before < least && m.text.p[before] == s.p[before])
			before++;
		while (behind < least - before &&
		       m.text.p[m.text.n - 1 - behind] == s.p[s.n - 1 - behind])
			behind++;
		/* The longest value has 63 bytes. */
		ck_assert_msg(before + behind + 64 >= s.n, NP_STR_FMT "\n" NP_STR_FMT,
			      NP_STR_ARG(s), NP_STR_ARG(m.text));
	}
	ck_assert_uint_gt(n_seen, 100);
	np_mutator_free(mutator);
}
END_TEST

START_TEST(seeds_are_accepted)
{
	const struct way json = { "api json", NP_DECODE_API_JSON, NP_MUTATE_JSON, false };
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);

	ck_assert_uint_ge(n, 25);
	for (size_t i = 0; i < n; i++) {
		struct np_validations v = { 0 };

		judge(&json, seeds[i], &v);
		ck_assert_msg(is_accepted(&v), "%s", seeds[i].p);
		np_validations_release(&v);
	}
}
END_TEST

RUN_TESTS("mutate/modes", seeds_are_accepted, valid_is_accepted, single_fault_is_at_its_field,
	  hostile_is_everything, legacy_is_wider, the_rest_is_left_alone)
