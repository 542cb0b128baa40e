/*
 * fuzz_mutator.c - the mutator itself. The first byte chooses mode, format and size, eight bytes are
 * the seed, then come an input and, behind a form feed, another. Its mutants are within bounds and the
 * same each time; those that promise to be valid are, those with a single fault have it where they
 * say; trimming ends, and only shortens.
 */
#include "docs.h"
#include "np/mutate/mutate.h"
#include "np/parse/encode.h"

/* As a request to the namespace that the object names. */
static void judge(struct np_str text, bool json, struct np_validations *ret)
{
	struct np_validate_opts opts = { .file = "mutant", .cidr = NP_CIDR_STRICT,
					 .mode = json ? NP_DECODE_API_JSON : NP_DECODE_API_YAML };
	const struct np_read_opts read = { .max_depth = NP_YAML_POLICY_DEPTH, .first_only = !json };
	struct np_docs docs = { .n = 0 };

	if ((json ? np_read_json : np_read_yaml)(text, &read, &docs, NULL) == 0 && docs.n)
		opts.ns = np_value_str(np_value_at(&docs.items[0].root, "metadata.namespace")).p;
	np_validate_text(text, &opts, ret);
	FUZZ_CHECK(ret->n == 1, "%zu documents", ret->n);
	np_docs_release(&docs);
}

/* YAML in its flow style begins with a brace, too. */
static bool is_json(struct np_str text)
{
	const struct np_read_opts read = { .max_depth = NP_YAML_POLICY_DEPTH };
	struct np_docs docs = { .n = 0 };
	bool is = np_read_json(text, &read, &docs, NULL) == 0;

	np_docs_release(&docs);
	return is;
}

static enum np_stage stage_of(enum np_fault_stage s)
{
	return s == NP_FAULT_DECODE ? NP_STAGE_DECODE : s == NP_FAULT_STRICT ? NP_STAGE_STRICT :
							  NP_STAGE_VALIDATION;
}

static void check_promise(const struct np_mutation *m, enum np_mutate_mode mode)
{
	struct np_validations v = { .n = 0 };
	const struct np_validation *one;

	if (!m->kept_promise || mode == NP_MUTATE_HOSTILE)
		return;
	judge(m->text, is_json(m->text), &v);
	one = &v.items[0];
	if (mode == NP_MUTATE_VALID) {
		FUZZ_CHECK(one->stage == NP_STAGE_ACCEPT, "%s: %s: " NP_STR_FMT, m->operators.p,
			   one->n_findings ? one->findings[0].msg.p : "", NP_STR_ARG(m->text));
	} else {
		FUZZ_CHECK(one->stage == stage_of(m->stage), "%s, not %s: " NP_STR_FMT,
			   np_stage_name(one->stage), np_fault_stage_name(m->stage), NP_STR_ARG(m->text));
		for (size_t i = 0; m->stage == NP_FAULT_VALIDATION && i < one->n_findings; i++)
			FUZZ_CHECK(np_str_eq(one->findings[i].field, m->field), "%s, not %s: " NP_STR_FMT,
				   one->findings[i].field.p, m->field.p, NP_STR_ARG(m->text));
	}
	np_validations_release(&v);
}

static void same_again(const struct np_mutate_opts *opts, struct np_str input, struct np_str other,
		       uint64_t seed, const struct np_mutation *m)
{
	struct np_mutator *fresh = np_mutator_new(opts);
	struct np_mutation again;

	np_mutate(fresh, other, input, seed + 1, &again);
	np_mutate(fresh, input, other, seed, &again);
	FUZZ_CHECK(np_str_eq(m->text, again.text) && np_str_eq(m->operators, again.operators),
		   "another mutant after " NP_STR_FMT, NP_STR_ARG(m->operators));
	np_mutator_free(fresh);
}

static void mutate(const struct np_mutate_opts *opts, struct np_str input, struct np_str other,
		   uint64_t seed)
{
	struct np_mutator *m = np_mutator_new(opts);
	struct np_mutation out;

	np_mutate(m, input, other, seed, &out);
	FUZZ_CHECK(out.text.n <= opts->max_bytes, "%zu bytes of %zu", out.text.n, opts->max_bytes);
	FUZZ_CHECK(out.kept_promise || opts->max_bytes < 65536, "no promise with all room");
	check_promise(&out, opts->mode);
	same_again(opts, input, other, seed, &out);
	np_mutate_cross(m, input, other, seed, &out);
	FUZZ_CHECK(out.text.n <= opts->max_bytes, "%zu bytes of %zu", out.text.n, opts->max_bytes);
	check_promise(&out, opts->mode);
	np_mutator_free(m);
}

/* Keeps what still holds the byte that the seed chooses, as a crash would need it. */
static void trim(const struct np_mutate_opts *opts, struct np_str input, uint64_t seed)
{
	struct np_trim *t = np_trim_new(opts, input);
	size_t best = input.n, steps = 0, max = np_trim_steps(t);
	struct np_str candidate;
	char wanted = (char)seed;

	while (np_trim_next(t, &candidate)) {
		bool keep = candidate.n && memchr(candidate.p, wanted, candidate.n);

		FUZZ_CHECK(candidate.n < best, "%zu bytes after %zu", candidate.n, best);
		FUZZ_CHECK(++steps <= max, "more than %zu steps", max);
		if (keep)
			best = candidate.n;
		np_trim_judge(t, keep);
	}
	FUZZ_CHECK(np_trim_best(t).n == best, "best of %zu, not %zu", np_trim_best(t).n, best);
	np_trim_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t rooms[] = { 65536, 65536, 1024, 200 };
	struct np_str text = fuzz_tight(data, size), input, other;
	struct fuzz_in in = { (const uint8_t *)text.p, text.n };
	unsigned how = fuzz_byte(&in);
	struct np_mutate_opts opts = {
		.mode = (enum np_mutate_mode)(how % NP_N_MUTATE_MODES),
		.format = (enum np_mutate_format)(how / 3 % 3),
		.max_bytes = rooms[how / 9 % 4],
		.yaml_to_json = np_yaml_to_json,
	};
	uint64_t seed = 0;

	for (int i = 0; i < 8; i++)
		seed = seed << 8 | fuzz_byte(&in);
	input = fuzz_until(&in, '\f');
	other = fuzz_str(&in);
	mutate(&opts, input, other, seed);
	if (input.n < 2048)
		trim(&opts, input, seed);
	fuzz_loosen(&text);
	return 0;
}
