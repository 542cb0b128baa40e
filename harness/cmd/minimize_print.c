/* minimize_print.c - what netpolcheck minimize found, for people and programs. */
#include <string.h>

#include "minimize.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/report/reproducer.h"

#define README_MAX_BYTES ((size_t)16 << 20)

/* The members of a size, in the order in which they are told. */
static const struct {
	const char *name;
	size_t offset;
} parts[] = {
	{ "namespaces", offsetof(struct np_min_size, namespaces) },
	{ "pods", offsetof(struct np_min_size, pods) },
	{ "services", offsetof(struct np_min_size, services) },
	{ "labels", offsetof(struct np_min_size, labels) },
	{ "policies", offsetof(struct np_min_size, policies) },
	{ "rules", offsetof(struct np_min_size, rules) },
	{ "peers", offsetof(struct np_min_size, peers) },
	{ "ports", offsetof(struct np_min_size, ports) },
	{ "steps", offsetof(struct np_min_size, steps) },
	{ "bytes", offsetof(struct np_min_size, bytes) },
};

static size_t part_of(const struct np_min_size *s, size_t i)
{
	return *(const size_t *)((const char *)s + parts[i].offset);
}

static const char *failure_of(const struct np_min_result *r, const char *key)
{
	return np_json_str(json_object_get(r->evidence, "failure"), key, "");
}

/* @bullet stands before each line. */
static void put_rate(struct np_buf *b, const char *bullet, const struct np_min_result *r)
{
	const struct np_min_rate *x = &r->rate_before, *y = &r->rate_after;

	np_buf_printf(b, "%sfailed %u of %u times before", bullet, x->failed, x->tried);
	if (r->end != NP_MIN_PASSES)
		np_buf_printf(b, ", %u of %u times as it is now", y->failed, y->tried);
	np_buf_adds(b, x->failed < x->tried && x->failed ? " (it is flaky)\n" : "\n");
}

static void put_sizes(struct np_buf *b, const struct np_min_result *r)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(parts); i++)
		if (part_of(&r->before, i) || part_of(&r->after, i))
			np_buf_printf(b, "    %-11s %6zu -> %zu\n", parts[i].name,
				      part_of(&r->before, i), part_of(&r->after, i));
}

static void put_work(struct np_buf *b, const char *bullet, const struct np_min_result *r)
{
	np_buf_printf(b,
		      "%s%zu candidates tried (%zu times in all), %zu more were not valid or said "
		      "nothing of the connection, %lld.%03lld s\n",
		      bullet, r->candidates, r->tries, r->refused, r->elapsed_ms / 1000,
		      r->elapsed_ms % 1000);
	if (r->backtracked)
		np_buf_printf(b, "%s%zu of them were taken back: what they left failed only for a "
				 "while\n", bullet, r->backtracked);
	np_buf_printf(b, "%s%s\n", bullet,
		      r->end == NP_MIN_NO_TIME
			      ? "the time is used up: it may be possible to leave out more"
			      : "nothing else can be left out");
}

static void put_end(struct np_buf *b, const struct np_min_result *r)
{
	char cell[400];

	if (r->cell.wrong == NP_MIN_CRASHED) {
		np_buf_adds(b, "the agent dies\n");
		return;
	}
	np_buf_printf(b, "%s: expected %s by %s, seen %s\n",
		      np_min_cell_text(&r->cell, cell, sizeof(cell)), failure_of(r, "expected"),
		      failure_of(r, "clauses"), failure_of(r, "outcome"));
}

void np_min_text(const struct np_min_told *t, struct np_buf *ret)
{
	const struct np_min_result *r = t->r;

	np_buf_printf(ret, "%s on the %s\n", t->id, t->target);
	if (r->end == NP_MIN_PASSES) {
		np_buf_adds(ret, r->rate_before.failed ? "does not fail often enough: " :
							 "does not fail any more: ");
		put_rate(ret, "", r);
		return;
	}
	put_end(ret, r);
	put_rate(ret, "", r);
	put_sizes(ret, r);
	put_work(ret, "", r);
	if (t->dir)
		np_buf_printf(ret, "reproducer: %s\n", t->dir);
}

static json_t *size_json(const struct np_min_size *s)
{
	json_t *o = json_object();

	for (size_t i = 0; i < NP_ARRAY_SIZE(parts); i++)
		json_object_set_new(o, parts[i].name, json_integer((json_int_t)part_of(s, i)));
	return o;
}

static json_t *rate_json(const struct np_min_rate *r)
{
	return np_json_pack("{s:i, s:i}", "failed", (int)r->failed, "tried", (int)r->tried);
}

void np_min_json(const struct np_min_told *t, struct np_buf *ret)
{
	const struct np_min_result *r = t->r;
	bool fails = r->end != NP_MIN_PASSES;
	char cell[400];
	json_t *o = np_json_pack(
		"{s:o, s:o, s:b, s:o, s:I, s:I, s:I, s:I}", "case",
		np_json_string(np_str_from(t->id)), "target",
		np_json_string(np_str_from(t->target)), "fails", fails, "rate_before",
		rate_json(&r->rate_before), "candidates", (json_int_t)r->candidates, "refused",
		(json_int_t)r->refused, "tries", (json_int_t)r->tries, "ms",
		(json_int_t)r->elapsed_ms);

	if (fails)
		json_object_update_new(
			o, np_json_pack("{s:o, s:o, s:o, s:b, s:I, s:s, s:s, s:s, s:s, s:s?}",
					"rate_after", rate_json(&r->rate_after), "before",
					size_json(&r->before), "after", size_json(&r->after),
					"minimal", r->end == NP_MIN_DONE, "backtracked",
					(json_int_t)r->backtracked, "cell",
					np_min_cell_text(&r->cell, cell, sizeof(cell)), "expected",
					failure_of(r, "expected"), "clauses",
					failure_of(r, "clauses"), "observed",
					r->cell.wrong == NP_MIN_CRASHED ? "crashed"
									: failure_of(r, "outcome"),
					"folder", t->dir));
	np_json_dump(o, 0, ret);
	np_buf_addc(ret, '\n');
	json_decref(o);
}

/* ---- files ---- */

static void put_summary(struct np_buf *b, const struct np_min_told *t)
{
	const struct np_min_result *r = t->r;

	np_buf_printf(b,
		      "- `minimized/" NP_STR_FMT ".yaml`: the case, for `netpolcheck run --suite`; "
		      "its world is in `worlds/`\n"
		      "- `run.jsonl`: the record that the others are made of\n\n"
		      "## How it was made\n\nFrom %s on the %s.\n\n",
		      NP_STR_ARG(r->file_world.name), t->id, t->target);
	np_buf_adds(b, "- ");
	put_end(b, r);
	put_rate(b, "- ", r);
	put_work(b, "- ", r);
	np_buf_adds(b, "\nWhat was left out:\n\n");
	put_sizes(b, r);
}

int np_min_files(const struct np_min_told *t, const struct np_min_about *about, struct np_err *err)
{
	np_auto_free char *readme = np_xasprintf("%s/README.md", t->dir);
	struct np_report *report = NULL;
	struct np_buf text = { 0 };
	int rc = np_min_write(t->r, about, t->dir, err);

	if (rc == 0)
		rc = np_report_load(t->dir, &report, err);
	if (rc == 0)
		rc = np_report_reproducer(report, t->r->c.id.p, t->dir, err);
	if (rc == 0)
		rc = np_file_read(readme, README_MAX_BYTES, &text, err);
	if (rc == 0) {
		put_summary(&text, t);
		rc = np_file_write(readme, text.data, text.len, 0666, err);
	}
	np_buf_release(&text);
	np_report_free(report);
	return rc;
}
