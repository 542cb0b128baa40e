/* pieces.c - what several formats share. */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

static const char *const format_names[NP_N_REPORT_FORMATS] = { "text", "json", "junit", "markdown" };

const char *np_report_format_name(enum np_report_format f)
{
	return format_names[f];
}

void np_report_write(const struct np_report *r, enum np_report_format format, const struct np_report_style *style, struct np_buf *ret)
{
	static const struct np_report_style plain = { .width = 100 };

	switch (format) {
	case NP_REPORT_TEXT:
		np_report_text(r, style ? style : &plain, ret);
		break;
	case NP_REPORT_JSON:
		np_report_json(r, ret);
		break;
	case NP_REPORT_JUNIT:
		np_report_junit(r, ret);
		break;
	case NP_REPORT_MARKDOWN:
		np_report_markdown(r, ret);
		break;
	case NP_N_REPORT_FORMATS:
		break;
	}
}

struct np_report_totals np_report_count(const struct np_report *r)
{
	struct np_report_totals t = { 0 };
	const char *id;
	json_t *c;

	json_object_foreach(r->cases, id, c) {
		const char *result = np_json_str(c, "result", "");

		t.passed += strcmp(result, "pass") == 0;
		t.failed += strcmp(result, "fail") == 0;
		t.skipped += strcmp(result, "skip") == 0;
		t.known += strcmp(result, "known") == 0;
		t.errors += strcmp(result, "error") == 0;
	}
	return t;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *np_report_ids(const struct np_report *r)
{
	const char **ids = np_xcalloc(json_object_size(r->cases) + 1, sizeof(*ids)), *id;
	json_t *c, *list = json_array();
	size_t n = 0;

	json_object_foreach(r->cases, id, c)
		ids[n++] = id;
	qsort(ids, n, sizeof(*ids), by_text);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(ids[i]));
	free(ids);
	return list;
}

json_t *np_report_bad_step(const struct np_report *r, const char *id)
{
	json_t *steps = json_object_get(r->steps, id), *step;
	size_t i;

	json_array_foreach(steps, i, step)
		if (strcmp(np_json_str(step, "result", "pass"), "pass") != 0)
			return step;
	return json_array_get(steps, json_array_size(steps) - 1);
}

static void count_one(json_t *counts, const char *key)
{
	json_object_set_new(counts, key, json_integer(json_integer_value(json_object_get(counts, key)) + 1));
}

struct counted {
	const char *key;
	long long n;
};

static int by_count(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : strcmp(x->key, y->key);
}

/* {key: n} to [[key, n], ..], largest first. */
static json_t *ranked(json_t *counts)
{
	struct counted *items = np_xcalloc(json_object_size(counts) + 1, sizeof(*items));
	json_t *list = json_array(), *v;
	const char *key;
	size_t n = 0;

	json_object_foreach(counts, key, v)
		items[n++] = (struct counted){ key, json_integer_value(v) };
	qsort(items, n, sizeof(*items), by_count);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, np_json_pack("[s, I]", items[i].key, (json_int_t)items[i].n));
	free(items);
	json_decref(counts);
	return list;
}

json_t *np_report_clauses(const struct np_report *r)
{
	json_t *counts = json_object(), *c, *clause;
	const char *id;
	size_t i;

	json_object_foreach(r->cases, id, c)
		if (strcmp(np_json_str(c, "result", ""), "fail") == 0)
			json_array_foreach(json_object_get(c, "clauses"), i, clause)
				if (json_is_string(clause))
					count_one(counts, json_string_value(clause));
	return ranked(counts);
}

json_t *np_report_reasons(const struct np_report *r, const char *result)
{
	json_t *counts = json_object(), *c;
	const char *id;

	json_object_foreach(r->cases, id, c)
		if (strcmp(np_json_str(c, "result", ""), result) == 0)
			count_one(counts, np_json_str(c, "reason", "no reason given"));
	return ranked(counts);
}

void np_report_indented(struct np_buf *b, const char *indent, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		np_buf_adds(b, indent);
		np_buf_printable(b, (struct np_str){ text, n });
		np_buf_addc(b, '\n');
		text += n + (text[n] == '\n');
	}
}

void np_report_join(struct np_buf *b, const json_t *texts, const char *between)
{
	json_t *t;
	size_t i;

	json_array_foreach(texts, i, t) {
		if (i)
			np_buf_adds(b, between);
		np_buf_printable(b, np_str_from(json_is_string(t) ? json_string_value(t) : "?"));
	}
}

void np_report_folder(struct np_buf *b, const char *id)
{
	size_t begin = b->len;

	for (const char *p = id; *p; p++) {
		bool safe = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			    (*p == '.' && b->len > begin) || *p == '_' || *p == '-';

		np_buf_addc(b, safe ? *p : '-');
	}
	if (b->len == begin)
		np_buf_addc(b, '-');
}
