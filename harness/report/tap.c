/* tap.c - the report for TAP harnesses: version 14, a test point per case, diagnostics in YAML. */
#include <string.h>

#include "np/base/json.h"
#include "report_private.h"

static const struct np_report_layout layout = { "", false, 100, 16, 1 };

/* A description or reason: one line, '#' and '\' escaped. */
static void put_words(struct np_buf *b, const char *text)
{
	struct np_buf plain = { 0 };

	np_report_plain(&plain, np_str_from(text));
	for (size_t i = 0; i < plain.len; i++) {
		if (plain.data[i] == '#' || plain.data[i] == '\\')
			np_buf_addc(b, '\\');
		np_buf_addc(b, plain.data[i]);
	}
	np_buf_release(&plain);
}

/* The strings of JSON are strings of YAML. */
static void put_yaml(struct np_buf *b, const char *key, const struct np_buf *value)
{
	np_buf_printf(b, "  %s: ", key);
	np_buf_json(b, (struct np_str){ np_buf_text(value), value->len });
	np_buf_addc(b, '\n');
}

/* In one scalar: readers of TAP know little of YAML, but they know this. */
static void put_lines(struct np_buf *b, const char *key, const char *text)
{
	if (!*text)
		return;
	np_buf_printf(b, "  %s: \"", key);
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct np_buf plain = { 0 }, quoted = { 0 };

		np_report_plain(&plain, (struct np_str){ text, n });
		np_buf_json(&quoted, (struct np_str){ np_buf_text(&plain), plain.len });
		np_buf_add(b, quoted.data + 1, quoted.len - 2);
		np_buf_adds(b, "\\n");
		np_buf_release(&plain);
		np_buf_release(&quoted);
		text += n + (text[n] == '\n');
	}
	np_buf_adds(b, "\"\n");
}

static void put_place(struct np_buf *b, const json_t *step)
{
	const char *place = np_json_str(step, "place", "");
	struct np_buf file = { 0 };
	size_t n;
	unsigned line = np_report_place(place, &n);

	if (!*place)
		return;
	np_report_plain(&file, (struct np_str){ place, n });
	np_buf_adds(b, "  at:\n  ");
	put_yaml(b, "file", &file);
	if (line)
		np_buf_printf(b, "    line: %u\n", line);
	np_buf_release(&file);
}

static void put_diagnostics(const struct np_report *r, const char *id, struct np_buf *b)
{
	const json_t *c = json_object_get(r->cases, id), *step = np_report_bad_step(r, id);
	const json_t *f = json_array_get(json_object_get(step, "failures"), 0);
	struct np_buf text = { 0 };

	np_buf_adds(b, "  ---\n");
	np_report_headline(c, &text);
	put_yaml(b, "message", &text);
	np_buf_printf(b, "  severity: %s\n", np_report_is(r, id, "error") ? "error" : "fail");
	put_place(b, step);
	np_buf_clear(&text);
	np_report_tables(step, &layout, &text);
	put_lines(b, "tables", np_buf_text(&text));
	np_buf_clear(&text);
	np_report_first_cell(step, &text);
	if (text.len)
		put_yaml(b, "cell", &text);
	put_lines(b, "because", np_json_str(f, "explanation", ""));
	np_buf_adds(b, "  ...\n");
	np_buf_release(&text);
}

/* What a directive makes of a case: a known deviation is a TODO, so that it stays visible. */
static void put_case(const struct np_report *r, const char *id, size_t number, struct np_buf *b)
{
	const json_t *c = json_object_get(r->cases, id);
	const char *reason = np_json_str(c, "reason", "no reason given");
	bool ok = np_report_is(r, id, "pass") || np_report_is(r, id, "skip"),
	     known = np_report_is(r, id, "known");

	np_buf_printf(b, "%sok %zu - ", ok ? "" : "not ", number);
	put_words(b, id);
	if (np_report_is(r, id, "skip") || known) {
		np_buf_adds(b, known ? " # TODO " : " # SKIP ");
		put_words(b, reason);
	}
	np_buf_addc(b, '\n');
	if (!ok && !known)
		put_diagnostics(r, id, b);
	else if (np_json_bool(c, "fixed", 0))
		np_buf_adds(b, "# fixed: it passes, its waiver can go\n");
}

static void put_comment(struct np_buf *b, const char *text)
{
	np_buf_adds(b, "# ");
	np_report_plain(b, np_str_from(text));
	np_buf_addc(b, '\n');
}

/* Status 1 is a verdict on the cluster; all else means that there is none, and that stops a
 * harness. */
static void put_problem(const struct np_report *r, size_t number, const char *problem,
			struct np_buf *b)
{
	if (np_report_exit(r) != 1) {
		np_buf_adds(b, "Bail out! ");
		np_report_plain(b, np_str_from(problem));
		np_buf_addc(b, '\n');
		return;
	}
	np_buf_printf(b, "not ok %zu - the run as a whole\n", number);
	put_comment(b, problem);
}

void np_report_tap(const struct np_report *r, struct np_buf *ret)
{
	json_t *ids = np_report_ids(r), *id;
	struct np_buf problem = { 0 };
	bool wrong = np_report_problem(r, &problem);
	size_t n = json_array_size(ids), i;

	np_buf_printf(ret, "TAP version 14\n1..%zu%s\n", n + (wrong && np_report_exit(r) == 1),
		      n || wrong ? "" : " # SKIP no case has a result");
	for (i = 0; i < json_array_size(r->warnings); i++)
		put_comment(ret, np_report_at(r->warnings, i));
	json_array_foreach(ids, i, id)
		put_case(r, json_string_value(id), i + 1, ret);
	if (wrong)
		put_problem(r, n + 1, np_buf_text(&problem), ret);
	np_buf_release(&problem);
	json_decref(ids);
}
