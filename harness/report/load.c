/* load.c - a record into memory. */
#include <stdlib.h>
#include <string.h>

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

#define RECORD_MAX_BYTES ((size_t)1 << 30)
#define LINE_MAX_BYTES ((size_t)64 << 20)

static void add_to_list(json_t *object, const char *key, json_t *value)
{
	json_t *list = json_object_get(object, key);

	if (!list) {
		list = json_array();
		json_object_set_new(object, key, list);
	}
	json_array_append(list, value);
}

static void sort_line(struct np_report *r, json_t *v)
{
	const char *type = np_json_str(v, "type", "");

	if (strcmp(type, "run") == 0 && !r->run)
		r->run = v;
	else if (strcmp(type, "preflight") == 0)
		r->preflight = v;
	else if (strcmp(type, "end") == 0)
		r->end = v;
	else if (strcmp(type, "case") == 0)
		json_object_set(r->cases, np_json_str(v, "case", ""), v);
	else if (strcmp(type, "step") == 0)
		add_to_list(r->steps, np_json_str(v, "case", ""), v);
	else if (strcmp(type, "world") == 0)
		json_object_set(r->worlds, np_json_str(v, "world", ""), v);
	json_array_append_new(r->lines, v);
}

static int take_lines(struct np_report *r, const char *path, struct np_buf *text, struct np_err *err)
{
	unsigned line = 0;

	for (size_t at = 0; at < text->len;) {
		const char *nl = memchr(text->data + at, '\n', text->len - at);
		size_t n = nl ? (size_t)(nl - (text->data + at)) : 0;
		json_t *v;

		line++;
		if (!nl)	/* the run was killed while it wrote this line */
			break;
		if (n > LINE_MAX_BYTES) {
			np_err_set(err, NP_ELIMIT, "a line of more than 64 MiB");
			return np_err_at(err, path, line, 0);
		}
		v = np_json_parse(text->data + at, n, err);
		if (!v)
			return np_err_at(err, path, line, 0);
		if (!json_is_object(v)) {
			json_decref(v);
			np_err_set(err, NP_EPARSE, "a line of a record is a JSON object");
			return np_err_at(err, path, line, 0);
		}
		sort_line(r, v);
		at += n + 1;
	}
	if (!r->run) {
		np_err_set(err, NP_EPARSE, "no run line: this is no record of a run");
		return np_err_at(err, path, 1, 0);
	}
	return 0;
}

int np_report_load(const char *path, struct np_report **ret, struct np_err *err)
{
	struct np_report *r = np_xcalloc(1, sizeof(*r));
	np_auto_free char *file = np_is_dir(path) ? np_xasprintf("%s/run.jsonl", path) : np_xstrdup(path);
	const char *slash = strrchr(file, '/');
	struct np_buf text = { 0 };
	int rc;

	r->dir = slash ? np_xstrndup(file, (size_t)(slash - file)) : np_xstrdup(".");
	r->lines = json_array();
	r->cases = json_object();
	r->steps = json_object();
	r->worlds = json_object();
	rc = np_file_read(file, RECORD_MAX_BYTES, &text, err);
	/* A path on the command line that cannot be read is the user's mistake, not the environment's. */
	if (rc < 0 && err->code == NP_EIO)
		err->code = NP_EUSAGE;
	if (rc == 0)
		rc = take_lines(r, file, &text, err);
	np_buf_release(&text);
	if (rc < 0) {
		np_report_free(r);
		return -1;
	}
	*ret = r;
	return 0;
}

void np_report_free(struct np_report *r)
{
	if (!r)
		return;
	json_decref(r->cases);
	json_decref(r->steps);
	json_decref(r->worlds);
	json_decref(r->lines);
	free(r->dir);
	free(r);
}

int np_report_exit(const struct np_report *r)
{
	return r->end ? (int)np_json_int(r->end, "exit", 3) : 3;
}
