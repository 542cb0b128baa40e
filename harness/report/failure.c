/* failure.c - the folder of one failing case: what was wrong, the objects, and a script that shows it with kubectl alone. */
#include <stdlib.h>
#include <string.h>

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"
#include "reproduce.h"
#include "yaml.h"

static int write_buf(const char *dir, const char *name, struct np_buf *text, unsigned mode, struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	int rc = np_file_write(path, text->data, text->len, mode, err);

	np_buf_release(text);
	return rc;
}

static void put_cells(const json_t *step, struct np_buf *b)
{
	json_t *f;
	size_t i;

	json_array_foreach(json_object_get(step, "failures"), i, f) {
		np_buf_adds(b, "\n    ");
		np_buf_printable(b, np_str_from(np_json_str(f, "cell", "?")));
		np_buf_printf(b, ": expected %s, seen %s ", np_json_str(f, "expected", "?"), np_json_str(f, "outcome", "?"));
		np_buf_printable(b, np_str_from(np_json_str(f, "detail", "")));
		np_buf_addc(b, '\n');
		np_report_indented(b, "      ", np_json_str(f, "explanation", ""));
	}
}

static int write_readme(const struct np_report *r, const char *id, const json_t *step, const char *dir, struct np_err *err)
{
	const json_t *c = json_object_get(r->cases, id);
	struct np_buf b = { 0 };

	np_buf_adds(&b, "# ");
	np_buf_printable(&b, np_str_from(id));
	np_buf_adds(&b, "\n\n");
	np_buf_printable(&b, np_str_from(np_json_str(c, "title", "")));
	np_buf_adds(&b, ".\n\nClauses: ");
	np_report_join(&b, json_object_get(c, "clauses"), ", ");
	np_buf_adds(&b, ". Expectation at ");
	np_buf_printable(&b, np_str_from(np_json_str(step, "place", "?")));
	np_buf_adds(&b, ": ");
	np_buf_printable(&b, np_str_from(np_json_str(c, "reason", "")));
	np_buf_adds(&b, ".\n\nSince the expectation before: ");
	np_report_join(&b, json_object_get(step, "operations"), "; ");
	np_buf_adds(&b, ".\n\nA allowed, . denied, r rejected, m answered by another pod, e harness error, ? left open; * wrong.\n\n");
	np_report_tables(step, "    ", false, &b);
	np_buf_adds(&b, "\nWrong cells and why (at most eight):\n");
	put_cells(step, &b);
	np_buf_adds(&b, "\n`manifests.yaml` holds the objects, `reproduce.sh` shows one wrong cell with kubectl alone:\nit exits 0 when the bug shows, 1 when it "
			"does not.\n");
	return write_buf(dir, "README.md", &b, 0666, err);
}

static int write_manifests(const struct np_report *r, const char *id, const char *dir, struct np_err *err)
{
	json_t *step, *m;
	struct np_buf b = { 0 };
	size_t i, j;

	json_array_foreach(json_object_get(r->steps, id), i, step)
		json_array_foreach(json_object_get(step, "manifests"), j, m) {
			np_buf_adds(&b, "# ");
			np_buf_printable(&b, np_str_from(np_json_str(m, "op", "?")));
			np_buf_addc(&b, ' ');
			np_buf_printable(&b, np_str_from(np_json_str(m, "of", "?")));
			np_buf_addc(&b, '\n');
			if (json_object_get(m, "body"))
				np_report_yaml(json_object_get(m, "body"), &b);
		}
	return write_buf(dir, "manifests.yaml", &b, 0666, err);
}

int np_report_failure(const struct np_report *r, const char *id, const char *dir, struct np_err *err)
{
	const json_t *step = np_report_bad_step(r, id);
	struct np_buf script = { 0 };

	if (np_dir_make(dir, 0777, err) < 0 || write_readme(r, id, step, dir, err) < 0 || write_manifests(r, id, dir, err) < 0)
		return -1;
	np_report_reproduce(r, id, &script);
	return write_buf(dir, "reproduce.sh", &script, 0777, err);
}
