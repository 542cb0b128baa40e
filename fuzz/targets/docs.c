/* docs.c - trees as the fuzz targets look at them. */
#include "docs.h"

struct walk {
	unsigned left;		/* values that may still be looked at */
	size_t max_line;
};

static void check_scalar(const struct np_value *v)
{
	bool has_text = v->kind == NP_VALUE_STRING || v->kind == NP_VALUE_INT || v->kind == NP_VALUE_FLOAT;

	FUZZ_CHECK(v->height == 0, "a scalar of height %u", v->height);
	if (has_text)
		FUZZ_CHECK(v->text.p && v->text.p[v->text.n] == '\0', "a text without its end");
	if (v->kind == NP_VALUE_INT || v->kind == NP_VALUE_FLOAT)
		FUZZ_CHECK(v->not_json || (v->text.n && strchr("-0123456789", v->text.p[0])),
			   "'%s' is no number", v->text.p);
}

/* Recursive, but only as deep as a reader allows. */
static void check_value(struct walk *w, const struct np_value *v, unsigned depth)
{
	if (!w->left)
		return;
	w->left--;
	FUZZ_CHECK(v->kind <= NP_VALUE_MAP, "kind %u", v->kind);
	FUZZ_CHECK(v->line <= w->max_line, "line %u of %zu", v->line, w->max_line);
	if (v->kind < NP_VALUE_LIST) {
		check_scalar(v);
		return;
	}
	FUZZ_CHECK(v->height >= 1 && v->height <= depth, "height %u where %u are left", v->height, depth);
	for (uint32_t i = 0; i < v->n; i++) {
		const struct np_value *child = v->kind == NP_VALUE_LIST ? &v->items[i]
									: &v->pairs[i].value;

		FUZZ_CHECK(child->height < v->height, "a child as high as its parent");
		check_value(w, child, v->height - 1U);
	}
}

void fuzz_check_docs(const struct np_docs *docs, struct np_str text, unsigned max_depth)
{
	struct walk w = { FUZZ_WALK_MAX, 1 + fuzz_max_lines(text) };

	FUZZ_CHECK(docs->n <= NP_READ_MAX_DOCS, "%zu documents", docs->n);
	for (size_t i = 0; i < docs->n; i++) {
		const struct np_doc *d = &docs->items[i];

		FUZZ_CHECK(d->n_duplicates <= NP_DOC_MAX_DUPLICATES, "%zu duplicates", d->n_duplicates);
		FUZZ_CHECK(!d->empty || d->root.kind == NP_VALUE_NULL, "an empty document of kind %u",
			   d->root.kind);
		check_value(&w, &d->root, max_depth);
	}
}

void fuzz_check_judgement(const struct np_validation *v)
{
	static const int https[] = { 0, 200, 201, 400, 404, 409, 413, 422, 500 };
	bool known = false;

	for (size_t i = 0; i < NP_ARRAY_SIZE(https); i++)
		known |= v->http == https[i];
	FUZZ_CHECK(known, "HTTP %d", v->http);
	FUZZ_CHECK(np_stage_accepts(v->stage) == (v->n_findings == 0), "stage %s with %zu findings",
		   np_stage_name(v->stage), v->n_findings);
	FUZZ_CHECK(v->n_findings <= NP_VALIDATE_MAX_FINDINGS + 1, "%zu findings", v->n_findings);
	for (size_t i = 0; i < v->n_findings; i++)
		FUZZ_CHECK(np_finding_type_name(v->findings[i].type), "finding without a type");
	FUZZ_CHECK((v->stage == NP_STAGE_ACCEPT) == (v->spec.n > 0), "stage %s, spec of %zu bytes",
		   np_stage_name(v->stage), v->spec.n);
}

void fuzz_judge(const struct np_value *object, enum np_decode_mode mode)
{
	const struct np_validate_opts opts = { .file = "input", .mode = mode };
	struct np_validations v = { .n = 0 };

	if (object->kind != NP_VALUE_MAP)
		return;
	np_validate_object(object, &opts, &v);
	FUZZ_CHECK(v.n == 1, "%zu judgements", v.n);
	fuzz_check_judgement(&v.items[0]);
	np_validations_release(&v);
}

static bool same(unsigned *left, const struct np_value *a, const struct np_value *b)
{
	if (!*left)
		return true;
	--*left;
	if (a->kind != b->kind)
		return false;
	if (a->kind == NP_VALUE_BOOL)
		return a->truth == b->truth;
	if (a->kind < NP_VALUE_LIST)
		return a->kind == NP_VALUE_NULL || np_str_eq(a->text, b->text);
	if (a->n != b->n || a->height != b->height)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		bool map = a->kind == NP_VALUE_MAP;

		if (map && !np_str_eq(a->pairs[i].key, b->pairs[i].key))
			return false;
		if (!same(left, map ? &a->pairs[i].value : &a->items[i],
			  map ? &b->pairs[i].value : &b->items[i]))
			return false;
	}
	return true;
}

bool fuzz_same_value(const struct np_value *a, const struct np_value *b)
{
	unsigned left = FUZZ_WALK_MAX;

	return same(&left, a, b);
}
