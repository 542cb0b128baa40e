/* load.c - a record into memory: what the report needs of it. */
#include <stdlib.h>
#include <string.h>

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

#define RECORD_MAX_BYTES ((size_t)1 << 30)
#define LINE_MAX_BYTES ((size_t)64 << 20)
#define SCHEMA 1
#define WARNINGS_MAX 100

/* Lines whose meaning depends on those that follow. */
struct loader {
	struct np_report *r;
	json_t *open;	  /* id -> step lines of a case that has no result yet */
	json_t *deployed; /* "worker world" -> its last world line */
};

/* Takes the reference to @fresh. */
static void replace(json_t **slot, json_t *fresh)
{
	json_decref(*slot);
	*slot = fresh;
}

/* What a killed part of the run left unfinished is done again by the next. */
static int take_run(struct loader *l, json_t *v, struct np_err *err)
{
	struct np_report *r = l->r;
	long long schema = np_json_int(v, "schema", 0);
	json_t *part;
	size_t i;

	if (schema != SCHEMA)
		return np_err_set(err, NP_EVALID,
				  "a record of schema %lld; this program reads schema %d", schema,
				  SCHEMA);
	if (!r->run)
		r->run = json_incref(v);
	replace(&r->preflight, NULL);
	replace(&r->end, NULL);
	json_array_clear(r->findings);
	json_object_clear(l->open);
	json_object_clear(l->deployed);
	if (*np_json_str(v, "id", ""))
		json_array_append(r->run_ids, json_object_get(v, "id"));
	json_array_foreach(json_object_get(v, "merged"), i, part)
		if (*np_json_str(part, "id", ""))
			json_array_append(r->run_ids, json_object_get(part, "id"));
	return 0;
}

static int take_preflight(struct loader *l, json_t *v, struct np_err *err)
{
	(void)err;
	replace(&l->r->preflight, json_incref(v));
	return 0;
}

static int take_end(struct loader *l, json_t *v, struct np_err *err)
{
	(void)err;
	replace(&l->r->end, json_incref(v));
	return 0;
}

static char *worker_and_world(const json_t *v, const char *world)
{
	return np_xasprintf("%lld %s", np_json_int(v, "worker", 0), world);
}

static int take_world(struct loader *l, json_t *v, struct np_err *err)
{
	np_auto_free char *key = worker_and_world(v, np_json_str(v, "world", ""));

	(void)err;
	json_object_set(l->deployed, key, v);
	return 0;
}

static int take_step(struct loader *l, json_t *v, struct np_err *err)
{
	const char *id = np_json_str(v, "case", "");
	json_t *list = json_object_get(l->open, id);

	if (!*id)
		return np_err_set(err, NP_EVALID, "a step line without its case");
	if (!list) {
		list = json_array();
		json_object_set_new(l->open, id, list);
	}
	json_object_del(v, "observations"); /* most of a record, and no report shows them */
	json_array_append(list, v);
	return 0;
}

static void shorten(const struct np_report *r, json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	np_auto_free char *plain = text ? np_report_short_names(r->run_ids, text) : NULL;

	if (plain)
		json_object_set_new(object, key, np_json_string(np_str_from(plain)));
}

/* "label Namespace /x" says no more than "label Namespace x". */
static void shorten_operations(json_t *step)
{
	json_t *list = json_object_get(step, "operations"), *text;
	size_t i;

	json_array_foreach(list, i, text) {
		np_auto_free char *plain = np_xstrdup(np_report_at(list, i));
		char *slash = strstr(plain, " /");

		if (!slash)
			continue;
		memmove(slash + 1, slash + 2, strlen(slash + 2) + 1);
		json_array_set_new(list, i, json_string(plain));
	}
}

static void keep_steps(struct loader *l, json_t *c, const char *id)
{
	struct np_report *r = l->r;
	json_t *steps = json_object_get(l->open, id), *step, *f, *world;
	const char *name = np_json_str(json_array_get(steps, 0), "world", "");
	np_auto_free char *key = worker_and_world(c, name);
	size_t i, j;

	json_array_foreach(steps, i, step) {
		shorten_operations(step);
		json_array_foreach(json_object_get(step, "failures"), j, f) {
			shorten(r, f, "explanation");
			shorten(r, f, "who");
		}
	}
	if (steps)
		json_object_set(r->steps, id, steps);
	world = json_object_get(l->deployed, key);
	if (world)
		json_object_set(r->worlds, id, world);
}

static bool result_is_known(const char *result)
{
	static const char *const known[] = { "pass", "fail", "skip", "known", "error" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(known); i++)
		if (strcmp(result, known[i]) == 0)
			return true;
	return false;
}

/* Of all steps: how often it was wrong after a right look, and how long the slowest change took. */
static void add_measures(json_t *c, const json_t *steps)
{
	long long transient = 0, slowest = 0;

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		long long n = np_json_int(step, "transient", 0),
			  ms = np_json_int(step, "converged_ms", 0);

		transient += n > 0 && n < 1LL << 30 ? n : 0;
		slowest = ms > slowest ? ms : slowest;
	}
	if (json_array_size(steps)) {
		json_object_set_new(c, "transient", json_integer(transient));
		json_object_set_new(c, "converged_ms", json_integer(slowest));
	}
}

/* A case that could not be judged may be there again in a later part: the last word counts. */
static int take_case(struct loader *l, json_t *v, struct np_err *err)
{
	const char *id = np_json_str(v, "case", ""), *result = np_json_str(v, "result", "");

	if (!*id)
		return np_err_set(err, NP_EVALID, "a case line without an id");
	if (!result_is_known(result))
		return np_err_set(
			err, NP_EVALID,
			"result '%.40s' of a case is not pass, fail, skip, known or error", result);
	json_object_set(l->r->cases, id, v);
	add_measures(v, json_object_get(l->open, id));
	json_object_del(l->r->steps, id);
	json_object_del(l->r->worlds, id);
	shorten(l->r, v, "reason");
	if (strcmp(result, "pass") != 0 && strcmp(result, "skip") != 0)
		keep_steps(l, v, id);
	json_object_del(l->open, id);
	return 0;
}

static int take_note(struct loader *l, json_t *v, struct np_err *err)
{
	json_t *list = l->r->warnings;

	(void)err;
	if (strcmp(np_json_str(v, "level", ""), "warn") == 0 &&
	    json_array_size(list) < WARNINGS_MAX) {
		shorten(l->r, v, "text");
		json_array_append_new(list, json_string(np_json_str(v, "text", "?")));
	}
	return 0;
}

static int take_finding(struct loader *l, json_t *v, struct np_err *err)
{
	(void)err;
	if (json_array_size(l->r->findings) < WARNINGS_MAX)
		json_array_append(l->r->findings, v);
	return 0;
}

static const struct {
	const char *type;
	int (*take)(struct loader *l, json_t *v, struct np_err *err);
} takers[] = {
	{ "run", take_run },   { "preflight", take_preflight }, { "world", take_world },
	{ "step", take_step }, { "case", take_case },		{ "note", take_note },
	{ "end", take_end },   { "finding", take_finding },
};

/* Types that a later version adds are passed over. */
static int take_line(struct loader *l, const char *bytes, size_t n, struct np_err *err)
{
	json_t *v;
	int rc = 0;

	if (n > LINE_MAX_BYTES)
		return np_err_set(err, NP_ELIMIT, "a line of more than 64 MiB");
	v = np_json_parse(bytes, n, err);
	if (!v)
		return -1;
	if (!json_is_object(v))
		rc = np_err_set(err, NP_EPARSE, "a line of a record is a JSON object");
	for (size_t i = 0; rc == 0 && i < NP_ARRAY_SIZE(takers); i++)
		if (strcmp(np_json_str(v, "type", ""), takers[i].type) == 0)
			rc = takers[i].take(l, v, err);
	json_decref(v);
	return rc;
}

static int take_lines(struct loader *l, const char *path, const struct np_buf *text,
		      struct np_err *err)
{
	unsigned line = 0;

	for (size_t at = 0; at < text->len;) {
		const char *nl = memchr(text->data + at, '\n', text->len - at);
		size_t n = nl ? (size_t)(nl - (text->data + at)) : 0;

		line++;
		if (!nl)
			break;
		if (take_line(l, text->data + at, n, err) < 0)
			return np_err_at(err, path, line, 0);
		at += n + 1;
	}
	if (!l->r->run) {
		np_err_set(err, NP_EPARSE, "no run line: this is no record of a run");
		return np_err_at(err, path, 1, 0);
	}
	return 0;
}

/* The folder that a file is in, without slashes at its end. */
static char *folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t n = slash ? (size_t)(slash - file) : 0;

	if (!slash)
		return np_xstrdup(".");
	while (n && file[n - 1] == '/')
		n--;
	return n ? np_xstrndup(file, n) : np_xstrdup("/");
}

static struct np_report *new_report(const char *file)
{
	struct np_report *r = np_xcalloc(1, sizeof(*r));

	r->dir = folder_of(file);
	r->run_ids = json_array();
	r->cases = json_object();
	r->steps = json_object();
	r->worlds = json_object();
	r->warnings = json_array();
	r->findings = json_array();
	return r;
}

int np_report_load(const char *path, struct np_report **ret, struct np_err *err)
{
	np_auto_free char *file =
		np_is_dir(path) ? np_xasprintf("%s/run.jsonl", path) : np_xstrdup(path);
	struct loader l = { new_report(file), json_object(), json_object() };
	struct np_buf text = { 0 };
	int rc = np_file_read(file, RECORD_MAX_BYTES, &text, err);

	/* A path that cannot be read is the user's mistake, not the environment's. */
	if (rc < 0 && err && err->code == NP_EIO)
		err->code = NP_EUSAGE;
	if (rc == 0)
		rc = take_lines(&l, file, &text, err);
	np_buf_release(&text);
	json_decref(l.open);
	json_decref(l.deployed);
	if (rc < 0) {
		np_report_free(l.r);
		return -1;
	}
	*ret = l.r;
	return 0;
}

void np_report_free(struct np_report *r)
{
	if (!r)
		return;
	json_decref(r->run);
	json_decref(r->preflight);
	json_decref(r->end);
	json_decref(r->run_ids);
	json_decref(r->cases);
	json_decref(r->steps);
	json_decref(r->worlds);
	json_decref(r->warnings);
	json_decref(r->findings);
	free(r->dir);
	free(r);
}

int np_report_exit(const struct np_report *r)
{
	long long status = np_json_int(r->end, "exit", 3);

	return status >= 0 && status <= 255 ? (int)status : 3;
}
