/*
 * failure.c - the folder of one failing case: what was wrong, the objects, and a script that shows
 * it with kubectl alone.
 */
#include <stdlib.h>
#include <string.h>

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"
#include "reproduce.h"
#include "yaml.h"

/* A README has room: all columns unless there are absurdly many. */
static const struct np_report_layout readme_layout = { "    ", false, 120, 200, 20 };

/* Takes what @text holds. */
static int write_take(const char *dir, const char *name, struct np_buf *text, unsigned mode,
		      struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	int rc = np_file_write(path, text->data, text->len, mode, err);

	np_buf_release(text);
	return rc;
}

/* --- README.md --- */

static void put_line(struct np_buf *b, const char *before, const char *text, const char *after)
{
	np_buf_adds(b, before);
	np_report_md(b, text);
	np_buf_adds(b, after);
}

static void put_list(struct np_buf *b, const char *before, const json_t *texts)
{
	struct np_buf list = { 0 };

	np_report_join(&list, texts, ", ");
	if (list.len)
		put_line(b, before, np_buf_text(&list), "\n");
	np_buf_release(&list);
}

/* Indented, so that no text in it is markup. */
static void put_cell(struct np_buf *b, const json_t *f)
{
	struct np_buf line = { 0 };
	const char *detail = np_json_str(f, "detail", "-"), *who = np_json_str(f, "who", "-");

	np_buf_printf(&line, "%s: expected %s, seen %s", np_json_str(f, "cell", "?"),
		      np_json_str(f, "expected", "?"), np_json_str(f, "outcome", "?"));
	if (*detail && strcmp(detail, "-") != 0)
		np_buf_printf(&line, " (%s)", detail);
	if (*who && strcmp(who, "-") != 0)
		np_buf_printf(&line, ", answered by %s", who);
	np_buf_adds(b, "\n");
	np_report_indented(b, "    ", np_buf_text(&line));
	np_report_wrapped(b, "      ", np_json_str(f, "explanation", ""), 100);
	np_buf_release(&line);
}

static void put_step(struct np_buf *b, const json_t *step)
{
	json_t *f;
	size_t i;

	put_line(b, "- expectation: ", np_json_str(step, "place", "?"), "\n");
	put_list(b, "- changes before it: ", json_object_get(step, "operations"));
	np_buf_adds(b, "\n## Expected and observed\n\n");
	np_report_tables(step, &readme_layout, b);
	np_buf_adds(b, "\n");
	np_report_md(b, np_report_legend);
	np_buf_adds(b, "\n\n## Wrong cells, at most eight\n");
	json_array_foreach(json_object_get(step, "failures"), i, f)
		put_cell(b, f);
}

static int write_readme(const struct np_report *r, const char *id, const char *dir,
			struct np_err *err)
{
	const json_t *c = json_object_get(r->cases, id), *step = np_report_bad_step(r, id);
	struct np_buf b = { 0 };

	put_line(&b, "# ", id, "\n");
	put_line(&b, "\n", np_json_str(c, "title", ""), "\n\n");
	put_line(&b, "- result: ", np_json_str(c, "reason", "fail"), "\n");
	put_list(&b, "- clauses: ", json_object_get(c, "clauses"));
	if (step)
		put_step(&b, step);
	np_buf_adds(&b,
		    "\n## Files\n\n"
		    "- `manifests.yaml`: the world, then the changes of the case in their order\n"
		    "- `reproduce.sh`: shows one wrong cell with kubectl alone; exits 0 when the "
		    "bug shows, 1 when it does not\n");
	return write_take(dir, "README.md", &b, 0666, err);
}

/* --- manifests.yaml --- */

/* Plain ASCII: YAML ends a line, and so a comment, at U+2028 too. */
static void put_comment(struct np_buf *b, const char *before, const char *text)
{
	struct np_buf plain = { 0 };

	np_report_plain(&plain, np_str_from(text));
	np_buf_adds(b, before);
	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.data[i];

		if (c < 0x80)
			np_buf_addc(b, (char)c);
		else
			np_buf_printf(b, "\\x%02x", c);
	}
	np_buf_addc(b, '\n');
	np_buf_release(&plain);
}

static void put_world(struct np_buf *b, const json_t *world)
{
	const char *key;
	json_t *object;

	put_comment(b, "# The world: ", np_json_str(world, "world", "not in the record"));
	json_object_foreach(json_object_get(world, "objects"), key, object)
		np_report_yaml(object, b);
}

static void put_change(struct np_buf *b, const json_t *m)
{
	json_t *body = json_object_get(m, "body");
	struct np_buf what = { 0 };

	np_buf_printf(&what, "%s %s", np_json_str(m, "op", "?"), np_json_str(m, "of", "?"));
	put_comment(b, "# ", np_buf_text(&what));
	np_buf_release(&what);
	if (body)
		np_report_yaml(body, b);
}

static int write_manifests(const struct np_report *r, const char *id, const char *dir,
			   struct np_err *err)
{
	const json_t *bad = np_report_bad_step(r, id);
	json_t *step, *m;
	struct np_buf b = { 0 };
	size_t i, j;

	put_world(&b, json_object_get(r->worlds, id));
	json_array_foreach(json_object_get(r->steps, id), i, step) {
		json_array_foreach(json_object_get(step, "manifests"), j, m)
			put_change(&b, m);
		put_comment(&b, step == bad ? "# Here it is wrong: " : "# Here all is right: ",
			    np_json_str(step, "place", "?"));
		if (step == bad)
			break;
	}
	return write_take(dir, "manifests.yaml", &b, 0666, err);
}

int np_report_failure(const struct np_report *r, const char *id, const char *dir,
		      struct np_err *err)
{
	struct np_buf script = { 0 };

	if (np_dir_make(dir, 0777, err) < 0 || write_readme(r, id, dir, err) < 0 ||
	    write_manifests(r, id, dir, err) < 0)
		return -1;
	np_report_reproduce(r, id, &script);
	return write_take(dir, "reproduce.sh", &script, 0777, err);
}
