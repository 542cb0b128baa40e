/*
 * record.c - what a fuzz target printed when it died, as findings like those of a live campaign: a
 * folder each under results/crashes, known again by its key; netpolcheck fuzz report shows them.
 *
 *	record [--dir DIR] --component NAME [--input FILE] [--version TEXT] [--command TEXT]
 *	       [--minimised] [--deleted] LOG
 *
 * LOG is the target's output, with the stack (at most 16 MiB of it); FILE the NetworkPolicy, as JSON
 * or YAML (at most 1 MiB); several documents are applied one behind the other, and --deleted says that
 * the last is deleted at the end. Prints a line for each finding. Exit status: 0 recorded, 1 there is no
 * report in LOG, 2 usage, 3 something could not be read or written.
 */
#include <stdio.h>
#include <string.h>

#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/campaign/bug.h"
#include "np/parse/encode.h"
#include "np/parse/read.h"

#define INPUT_MAX ((size_t)1 << 20)

struct asked {
	const char *dir, *component, *input, *version, *command, *log;
	bool minimised, deleted;
};

static int usage(void)
{
	fprintf(stderr, "usage: record [--dir DIR] --component NAME [--input FILE] [--version TEXT]"
			" [--command TEXT] [--minimised] [--deleted] LOG\n");
	return 2;
}

static int take(struct asked *a, int argc, char **argv)
{
	const struct {
		const char *name;
		const char **to;
	} values[] = {
		{ "--dir", &a->dir },	      { "--component", &a->component },
		{ "--input", &a->input },     { "--version", &a->version },
		{ "--command", &a->command },
	};

	for (int i = 1; i < argc; i++) {
		size_t k = 0;

		if (strcmp(argv[i], "--minimised") == 0 || strcmp(argv[i], "--deleted") == 0) {
			*(argv[i][2] == 'm' ? &a->minimised : &a->deleted) = true;
			continue;
		}
		if (argv[i][0] != '-') {
			if (a->log)
				return -1;
			a->log = argv[i];
			continue;
		}
		while (k < NP_ARRAY_SIZE(values) && strcmp(argv[i], values[k].name) != 0)
			k++;
		if (k == NP_ARRAY_SIZE(values) || i + 1 == argc)
			return -1;
		*values[k].to = argv[++i];
	}
	return a->log && a->component ? 0 : -1;
}

static void add_operation(json_t *to, const char *op, const json_t *object)
{
	json_t *o = np_json_pack("{s:s, s:s, s:s, s:o}", "op", op, "kind", "NetworkPolicy",
				 "namespace", "a", "name",
				 np_json_string(np_str_from(
					 np_json_str(object, "metadata/name", "x"))));

	if (strcmp(op, "apply") == 0)
		json_object_set_new(o, "object", json_deep_copy(object));
	json_array_append_new(to, o);
}

/* One document: applied, when it is an object. */
static void add_document(json_t *to, const struct np_value *root, bool deleted)
{
	struct np_buf json = { 0 };
	json_t *v = NULL;

	if (np_encode_json(root, 0, &json, NULL) == 0)
		v = np_json_parse(np_buf_text(&json), json.len, NULL);
	if (json_is_object(v)) {
		add_operation(to, "apply", v);
		if (deleted)
			add_operation(to, "delete", v);
	}
	json_decref(v);
	np_buf_release(&json);
}

/* What no API server could read is kept beside the report as it is, and makes no operation. */
static json_t *operations_of(struct np_str text, bool deleted)
{
	const struct np_read_opts opts = { .many = true };
	json_t *list = json_array();
	struct np_docs docs;

	if (np_read_yaml(text, &opts, &docs, NULL) < 0)
		return list;
	for (size_t i = 0; i < docs.n; i++)
		if (!docs.items[i].empty)
			add_document(list, &docs.items[i].root, deleted && i + 1 == docs.n);
	np_docs_release(&docs);
	return list;
}

static void describe(json_t *bug, const struct asked *a, struct np_str input)
{
	json_t *operations = operations_of(input, a->deleted);

	if (json_array_size(operations))
		json_object_set(bug, "operations", operations);
	json_decref(operations);
	if (a->minimised)
		json_object_set_new(bug, "minimised", json_true());
	if (a->version)
		json_object_set_new(bug, "versions",
				    np_json_pack("{s:o}", "agent",
						 np_json_string(np_str_from(a->version))));
	if (a->command)
		json_object_set_new(bug, "command", np_json_string(np_str_from(a->command)));
}

/* The first report only: what follows is the fuzzer's own account of the same death. */
static int record(const struct asked *a, struct np_str log, struct np_str input,
		  struct np_err *err)
{
	const struct np_bug_file files[] = { { "evidence/target.log", log },
					     { "evidence/input", input } };
	struct np_crashes crashes = { 0 };
	bool known = false;
	int rc = 1;

	np_crash_scan(log, a->component, &crashes);
	if (crashes.n) {
		json_t *bug = np_bug_new(&crashes.items[0], log);

		describe(bug, a, input);
		rc = np_bug_write(a->dir, bug, files, input.n ? 2 : 1, &known, err);
		if (rc == 0)
			printf("%s %s: %s/%s\n", np_json_str(bug, "key", ""),
			       known ? "seen again" : "new", a->dir, np_json_str(bug, "key", ""));
		json_decref(bug);
	}
	np_crashes_release(&crashes);
	return rc;
}

int main(int argc, char **argv)
{
	struct asked a = { .dir = NP_BUG_DIR };
	struct np_buf log = { 0 }, input = { 0 };
	struct np_err err = { 0 };
	char text[NP_ERR_MSG_MAX + 256];
	int rc = -1;

	if (take(&a, argc, argv) < 0)
		return usage();
	if (np_file_read(a.log, NP_CRASH_LOG_MAX, &log, &err) == 0 &&
	    (!a.input || np_file_read(a.input, INPUT_MAX, &input, &err) == 0))
		rc = record(&a, (struct np_str){ np_buf_text(&log), log.len },
			    (struct np_str){ np_buf_text(&input), input.len }, &err);
	np_buf_release(&log);
	np_buf_release(&input);
	if (rc < 0)
		fprintf(stderr, "record: %s\n", np_err_text(&err, text, sizeof(text)));
	else if (rc > 0)
		fprintf(stderr, "record: %s holds no report of a crash\n", a.log);
	return rc < 0 ? 3 : rc;
}
