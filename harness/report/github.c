/*
 * github.c - annotations of GitHub Actions: workflow commands, one line each. GitHub shows ten of a
 * kind for each step, so the last of more says how many are left out.
 */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

enum { SHOWN_MAX = 10 };

/* Percent, line breaks, and in properties what ends them. */
static void put_escaped(struct np_buf *b, const char *text, size_t n, bool property)
{
	struct np_buf plain = { 0 };

	np_report_plain(&plain, (struct np_str){ text, n });
	for (size_t i = 0; i < plain.len; i++) {
		char c = plain.data[i];

		if (c == '%' || (property && (c == ':' || c == ',')))
			np_buf_printf(b, "%%%02X", c);
		else
			np_buf_addc(b, c);
	}
	np_buf_release(&plain);
}

struct annotation {
	const char *level, *place, *title, *message;
};

static void put_annotation(struct np_buf *b, const struct annotation *a)
{
	size_t n;
	unsigned line = np_report_place(a->place, &n);

	np_buf_printf(b, "::%s title=", a->level);
	put_escaped(b, a->title, strlen(a->title), true);
	if (n) {
		np_buf_adds(b, ",file=");
		put_escaped(b, a->place, n, true);
	}
	if (line)
		np_buf_printf(b, ",line=%u", line);
	np_buf_adds(b, "::");
	put_escaped(b, a->message, strlen(a->message), false);
	np_buf_addc(b, '\n');
}

static void put_case(const struct np_report *r, const char *level, const char *id, struct np_buf *b)
{
	const json_t *step = np_report_bad_step(r, id);
	struct np_buf message = { 0 };

	np_report_headline(json_object_get(r->cases, id), &message);
	if (step && json_array_size(json_object_get(step, "failures"))) {
		np_buf_adds(&message, "; ");
		np_report_first_cell(step, &message);
	}
	put_annotation(b, &(struct annotation){ level, np_json_str(step, "place", ""), id,
						np_buf_text(&message) });
	np_buf_release(&message);
}

/* Before the @*shown-th of @n annotations of a kind: where it is the last that GitHub shows and not
 * the last there is, a line says how many there are instead. Returns true then. */
static bool put_rest(struct np_buf *b, size_t n, size_t *shown, const char *level,
		     const char *kind)
{
	np_auto_free char *more = NULL;

	if (++*shown != SHOWN_MAX || n <= SHOWN_MAX)
		return false;
	more = np_xasprintf("%zu more; the report has them all", n - *shown + 1);
	put_annotation(b, &(struct annotation){ level, "", kind, more });
	return true;
}

static void put_all(const struct np_report *r, const json_t *ids, const char *level,
		    const char *result, struct np_buf *b)
{
	size_t n = 0, shown = 0, i;
	json_t *id;

	json_array_foreach(ids, i, id)
		n += np_report_is(r, json_string_value(id), result);
	json_array_foreach(ids, i, id) {
		if (!np_report_is(r, json_string_value(id), result))
			continue;
		if (put_rest(b, n, &shown, level, result))
			return;
		put_case(r, level, json_string_value(id), b);
	}
}

static bool is_fixed(const struct np_report *r, const json_t *id)
{
	return np_json_bool(json_object_get(r->cases, json_string_value(id)), "fixed", 0);
}

static void put_fixed(const struct np_report *r, const json_t *ids, struct np_buf *b)
{
	size_t n = 0, shown = 0, i;
	json_t *id;

	json_array_foreach(ids, i, id)
		n += is_fixed(r, id);
	json_array_foreach(ids, i, id) {
		if (!is_fixed(r, id))
			continue;
		if (put_rest(b, n, &shown, "notice", "fixed"))
			return;
		put_annotation(b, &(struct annotation){ "notice", "", json_string_value(id),
							"it passes, its waiver can go" });
	}
}

static void put_idle(const struct np_report *r, struct np_buf *b)
{
	json_t *list = np_report_idle_waivers(r), *w;
	size_t shown = 0, i;

	json_array_foreach(list, i, w) {
		if (put_rest(b, json_array_size(list), &shown, "warning", "waivers"))
			break;
		put_annotation(b, &(struct annotation){ "warning", "", np_json_str(w, "case", "?"),
							np_json_str(w, "why", "?") });
	}
	json_decref(list);
}

void np_report_github(const struct np_report *r, struct np_buf *ret)
{
	json_t *ids = np_report_ids(r);
	struct np_buf problem = { 0 };

	if (np_report_problem(r, &problem))
		put_annotation(ret, &(struct annotation){ "error", "", "netpolcheck",
							  np_buf_text(&problem) });
	put_all(r, ids, "error", "fail", ret);
	put_all(r, ids, "warning", "error", ret);
	put_all(r, ids, "notice", "known", ret);
	put_fixed(r, ids, ret);
	put_idle(r, ret);
	np_buf_release(&problem);
	json_decref(ids);
}
