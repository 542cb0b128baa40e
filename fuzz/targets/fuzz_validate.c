/*
 * fuzz_validate.c - what the API server says about a text, in every mode.
 *
 * The first byte chooses the way in, strictness and CIDR rules, the second the version; the rest is
 * the document. An update has the stored object behind a form feed. What is accepted with strict
 * rules is accepted with lax ones, and what is stored is accepted again and stays as it is.
 */
#include "docs.h"
#include "np/parse/lint.h"

static void choose(struct fuzz_in *in, struct np_validate_opts *ret)
{
	unsigned a = fuzz_byte(in), b = fuzz_byte(in);

	*ret = (struct np_validate_opts){
		.file = "input",
		.mode = (enum np_decode_mode)(a % 3),
		.fields = (enum np_fields)(a / 3 % 3),
		.cidr = (enum np_cidr_mode)(a / 9 % 3),
		.minor = 25 + b % (NP_VALIDATE_NEWEST - 24),
	};
}

static void lint(const struct np_validations *v, enum np_decode_mode mode)
{
	struct np_lint *l = np_lint_new(NULL);
	size_t n;

	for (size_t i = 0; i < v->n; i++)
		np_lint_add(l, &v->items[i], mode, "input");
	np_lint_notes(l, &n);
	FUZZ_CHECK(n <= NP_LINT_MAX_NOTES, "%zu notes", n);
	np_lint_free(l);
}

/* The same text by the laxest rules. */
static void check_laxer(struct np_str text, const struct np_validate_opts *opts,
			const struct np_validations *strict)
{
	struct np_validate_opts lax = *opts;
	struct np_validations v = { .n = 0 };

	lax.fields = NP_FIELDS_IGNORE;
	lax.cidr = NP_CIDR_LEGACY;
	np_validate_text(text, &lax, &v);
	FUZZ_CHECK(v.n == strict->n, "%zu documents, and %zu by lax rules", strict->n, v.n);
	for (size_t i = 0; i < v.n; i++) {
		const struct np_validation *was = &strict->items[i], *is = &v.items[i];

		if (was->stage == NP_STAGE_ACCEPT)
			FUZZ_CHECK(is->stage == NP_STAGE_ACCEPT && np_str_eq(was->spec, is->spec),
				   "lax rules: %s", np_stage_name(is->stage));
	}
	np_validations_release(&v);
}

/* The spec as it is stored, sent again. */
static void check_stored(const struct np_validation *was, const struct np_validate_opts *opts)
{
	struct np_validate_opts again = *opts;
	struct np_validations v = { .n = 0 };
	struct np_buf b = { NULL, 0, 0 };

	again.mode = NP_DECODE_API_JSON;
	again.fields = NP_FIELDS_STRICT;
	np_buf_printf(&b,
		      "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\","
		      "\"metadata\":{\"name\":\"p\"},\"spec\":" NP_STR_FMT "}",
		      NP_STR_ARG(was->spec));
	np_validate_text((struct np_str){ b.data, b.len }, &again, &v);
	if (b.len <= NP_READ_MAX_BYTES) {
		FUZZ_CHECK(v.n == 1 && v.items[0].stage == NP_STAGE_ACCEPT, "stored, then refused: %s",
			   v.items[0].n_findings ? v.items[0].findings[0].msg.p : "");
		FUZZ_CHECK(np_str_eq(v.items[0].spec, was->spec), "stored as %s, then as %s",
			   was->spec.p, v.items[0].spec.p);
	}
	np_validations_release(&v);
	np_buf_release(&b);
}

static void judge(struct np_str text, const struct np_validate_opts *opts)
{
	struct np_validations v = { .n = 0 };

	np_validate_text(text, opts, &v);
	for (size_t i = 0; i < v.n; i++) {
		fuzz_check_judgement(&v.items[i]);
		if (v.items[i].stage == NP_STAGE_ACCEPT && !opts->update)
			check_stored(&v.items[i], opts);
	}
	if (!opts->update)
		check_laxer(text, opts, &v);
	lint(&v, opts->mode);
	np_validations_release(&v);
}

/* @in: the new object, a form feed, the stored one. */
static void judge_update(struct fuzz_in *in, struct np_validate_opts *opts)
{
	struct np_str text = fuzz_until(in, '\f');
	struct np_docs stored = { .n = 0 };

	opts->update = true;
	if (np_read_json(fuzz_str(in), &(struct np_read_opts){ .file = "stored" }, &stored, NULL) == 0)
		opts->old = &stored.items[0].root;
	judge(text, opts);
	np_docs_release(&stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct fuzz_in in = { (const uint8_t *)text.p, text.n };
	struct np_validate_opts opts;

	choose(&in, &opts);
	if (in.n && memchr(in.p, '\f', in.n))
		judge_update(&in, &opts);
	else
		judge(fuzz_str(&in), &opts);
	fuzz_loosen(&text);
	return 0;
}
