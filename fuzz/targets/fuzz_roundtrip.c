/*
 * fuzz_roundtrip.c - decode, encode, decode again, over both syntaxes and three libraries.
 *
 * The JSON that a tree becomes reads back as the same tree, as JSON and as YAML; the YAML that
 * reports are made of reads back as the values that were written; what jansson takes for JSON our
 * reader takes for the same.
 */
#include "../../harness/report/yaml.h"
#include "docs.h"
#include "np/parse/encode.h"

/* YAML looks 1,024 characters ahead for the ':' of a key. */
#define KEY_SAFE 1000

static const struct np_read_opts deep = { .file = "again", .max_depth = NP_YAML_POLICY_DEPTH };

/* Whether YAML may hold every character as it is. */
static bool printable_in_yaml(struct np_str s)
{
	for (size_t i = 0, n; i < s.n; i += n) {
		uint32_t cp;

		n = np_utf8_decode(s.p + i, s.n - i, &cp);
		if (!n || (cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7f && cp < 0xa0) ||
		    cp == 0xfeff || cp == 0x2028 || cp == 0x2029 || cp == 0xfffe || cp == 0xffff)
			return false;
	}
	return true;
}

/*
 * Numbers of very many digits become floats in one syntax and stay in the other, and -0 is a float in
 * JSON and the integer 0 in YAML.
 */
static bool same_numbers(struct np_str s)
{
	size_t run = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (np_str_starts((struct np_str){ s.p + i, s.n - i }, "-0") &&
		    (i + 2 == s.n || strchr(",]}\n", s.p[i + 2])))
			return false;
		run = (s.p[i] >= '0' && s.p[i] <= '9') || strchr("+-.eE", s.p[i]) ? run + 1 : 0;
		if (run > 15)
			return false;
	}
	return true;
}

static bool encode(const struct np_value *v, unsigned flags, struct np_buf *ret)
{
	struct np_err err = { .code = NP_OK };

	if (np_encode_json(v, flags, ret, &err) == 0)
		return true;
	FUZZ_CHECK(err.code == NP_ELIMIT || err.code == NP_EPARSE, "%s", err.msg);
	FUZZ_CHECK(ret->len == 0, "half a text");
	return false;
}

static void check_again(const struct np_docs *docs, const struct np_buf *text, unsigned flags,
			const char *as)
{
	struct np_buf again = { NULL, 0, 0 };

	FUZZ_CHECK(docs->n == 1, "%zu values out of one", docs->n);
	FUZZ_CHECK(encode(&docs->items[0].root, flags, &again), "read as %s, not written again", as);
	FUZZ_CHECK(np_str_eq((struct np_str){ text->data, text->len },
			     (struct np_str){ again.data, again.len }),
		   "%s became %s when read as %s", np_buf_text(text), np_buf_text(&again), as);
	np_buf_release(&again);
}

static void as_json(const struct np_value *v, unsigned flags)
{
	struct np_buf text = { NULL, 0, 0 };
	struct np_docs docs = { .n = 0 };
	struct np_err err = { .code = NP_OK };

	if (encode(v, flags, &text) && text.len <= NP_READ_MAX_BYTES) {
		FUZZ_CHECK(np_read_json((struct np_str){ text.data, text.len }, &deep, &docs, &err) == 0,
			   "wrote %s, which is refused: %s", text.data, err.msg);
		check_again(&docs, &text, flags, "JSON");
		np_docs_release(&docs);
	}
	np_buf_release(&text);
}

static void as_yaml(const struct np_value *v)
{
	unsigned flags = NP_ENCODE_GO_NUMBERS;
	struct np_buf text = { NULL, 0, 0 };
	struct np_docs docs = { .n = 0 };
	struct np_err err = { .code = NP_OK };
	struct np_str s;

	if (encode(v, flags, &text) && text.len < KEY_SAFE) {
		s = (struct np_str){ text.data, text.len };
		if (printable_in_yaml(s) && same_numbers(s)) {
			FUZZ_CHECK(np_read_yaml(s, &deep, &docs, &err) == 0,
				   "wrote %s, which YAML refuses: %s", text.data, err.msg);
			check_again(&docs, &text, flags, "YAML");
			np_docs_release(&docs);
		}
	}
	np_buf_release(&text);
}

/* ---- jansson ---- */

static bool same_as_jansson(const struct np_value *v, const json_t *j, unsigned depth);

static bool same_map(const struct np_value *v, const json_t *j, unsigned depth)
{
	size_t n = 0;

	for (uint32_t i = 0; i < v->n; i++) {
		const struct np_pair *p = &v->pairs[i];
		json_t *item = json_object_getn(j, p->key.p, p->key.n);

		if (p->overridden)
			continue;
		n++;
		if (!item || !same_as_jansson(&p->value, item, depth + 1))
			return false;
	}
	return n == json_object_size(j);
}

static bool same_as_jansson(const struct np_value *v, const json_t *j, unsigned depth)
{
	switch (v->kind) {
	case NP_VALUE_NULL:
		return json_is_null(j);
	case NP_VALUE_BOOL:
		return v->truth ? json_is_true(j) : json_is_false(j);
	case NP_VALUE_INT:
	case NP_VALUE_FLOAT:
		return json_is_number(j) && json_number_value(j) == strtod(v->text.p, NULL);
	case NP_VALUE_STRING:
		return json_is_string(j) && json_string_length(j) == v->text.n &&
		       memcmp(json_string_value(j), v->text.p, v->text.n) == 0;
	case NP_VALUE_LIST:
		if (!json_is_array(j) || json_array_size(j) != v->n)
			return false;
		for (uint32_t i = 0; i < v->n; i++)
			if (!same_as_jansson(&v->items[i], json_array_get(j, i), depth + 1))
				return false;
		return true;
	default:
		return json_is_object(j) && same_map(v, j, depth);
	}
}

/* @docs NULL: our reader refused @text. To jansson a NUL is the end of the text. */
static void beside_jansson(struct np_str text, const struct np_docs *docs, const struct np_err *err)
{
	json_t *j = text.n && memchr(text.p, 0, text.n) ?
			    NULL : json_loadb(text.p, text.n, JSON_DECODE_ANY, NULL);

	if (j) {
		FUZZ_CHECK(docs, "jansson takes what is refused here: %s", err->msg);
		FUZZ_CHECK(same_as_jansson(&docs->items[0].root, j, 0), "jansson reads other values");
	}
	json_decref(j);
}

/* ---- the YAML of reports ---- */

static void as_report(const struct np_value *v)
{
	struct np_buf text = { NULL, 0, 0 }, yaml = { NULL, 0, 0 };
	struct np_docs docs = { .n = 0 };
	struct np_err err = { .code = NP_OK };
	json_t *j = NULL;

	if (v->height < 50 && encode(v, 0, &text) && text.len < KEY_SAFE)
		j = json_loadb(np_buf_text(&text), text.len, JSON_DECODE_ANY, NULL);
	if (j) {
		np_report_yaml(j, &yaml);
		FUZZ_CHECK(np_read_yaml((struct np_str){ np_buf_text(&yaml), yaml.len }, &deep, &docs,
					&err) == 0,
			   "the report's YAML is refused: %s\n%s", err.msg, np_buf_text(&yaml));
		FUZZ_CHECK(docs.n == 1, "%zu documents", docs.n);
		FUZZ_CHECK(same_as_jansson(&docs.items[0].root, j, 0), "the report's YAML says else:\n%s",
			   np_buf_text(&yaml));
		np_docs_release(&docs);
	}
	json_decref(j);
	np_buf_release(&yaml);
	np_buf_release(&text);
}

static void go_round(const struct np_value *v)
{
	as_json(v, 0);
	as_json(v, NP_ENCODE_SORT | NP_ENCODE_INDENT);
	as_yaml(v);
	as_report(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct np_docs docs = { .n = 0 };
	struct np_err err = { .code = NP_OK };
	int rc = np_read_json(text, &(struct np_read_opts){ .file = "input" }, &docs, &err);

	beside_jansson(text, rc == 0 ? &docs : NULL, &err);
	if (rc < 0)
		rc = np_read_yaml(text, &deep, &docs, &err);
	if (rc == 0) {
		for (size_t i = 0; i < docs.n; i++)
			go_round(&docs.items[i].root);
		np_docs_release(&docs);
	}
	fuzz_loosen(&text);
	return 0;
}
