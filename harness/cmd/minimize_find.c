/* minimize_find.c - which case netpolcheck minimize is about. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases_generate.h"
#include "minimize.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define RECORD_MAX_BYTES ((size_t)1 << 30)

/* ---- records ---- */

/* The name of its folder; behind it may stand a hash. */
static bool is_folder_of(const char *folder, const char *id)
{
	np_auto_free char *name = np_xstrdup(id);
	size_t n = strlen(name);

	for (char *s = name; *s; s++)
		if (*s == '/')
			*s = '-';
	return strncmp(folder, name, n) == 0 && (!folder[n] || folder[n] == '-');
}

static void take_run(struct np_min_source *s, const json_t *line)
{
	const json_t *suites = json_object_get(line, "suites");
	const char *fault = np_json_str(line, "target/fault", NULL);
	size_t n = json_array_size(suites);

	if (s->kind)
		return;
	s->kind = np_xstrdup(np_json_str(line, "target/kind", "sandbox"));
	s->fault = fault ? np_xstrdup(fault) : NULL;
	s->suites = np_xcalloc(n + 1, sizeof(*s->suites));
	for (size_t i = 0; i < n; i++)
		s->suites[i] = np_xstrdup(json_string_value(json_array_get(suites, i)));
}

static void take_line(struct np_min_source *s, const json_t *line, const char *folder)
{
	const char *type = np_json_str(line, "type", ""), *id = np_json_str(line, "case", "");

	if (strcmp(type, "run") == 0)
		take_run(s, line);
	/* Of two that would fit the longer is meant. */
	if (strcmp(type, "case") == 0 && strcmp(np_json_str(line, "result", ""), "fail") == 0 &&
	    is_folder_of(folder, id) && (!s->id || strlen(id) > strlen(s->id))) {
		free(s->id);
		s->id = np_xstrdup(id);
	}
}

static int read_record(struct np_min_source *s, const char *path, const char *folder,
		       struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc = np_file_read(path, RECORD_MAX_BYTES, &text, err);
	const char *at = np_buf_text(&text), *end;

	if (rc < 0)
		err->code = NP_EUSAGE;
	for (unsigned n = 1; rc == 0 && (end = strchr(at, '\n')); at = end + 1, n++) {
		json_t *line = np_json_parse(at, (size_t)(end - at), err);

		if (!line)
			rc = np_err_at(err, path, n, 0);
		else
			take_line(s, line, folder);
		json_decref(line);
	}
	np_buf_release(&text);
	return rc;
}

/* RUN/failures/CASE */
static int find_in_record(struct np_min_source *s, const char *given, struct np_err *err)
{
	np_auto_free char *folder = np_xstrdup(given);
	np_auto_free char *record = NULL;
	char *slash;

	while ((slash = strrchr(folder, '/')) && !slash[1])
		*slash = '\0';
	if (!slash || !np_is_dir(folder))
		return np_err_set(err, NP_EUSAGE,
				  "'%.300s' is no folder RUN/failures/CASE of a run", given);
	record = np_xasprintf("%.*s/../run.jsonl", (int)(slash - folder), folder);
	if (read_record(s, record, slash + 1, err) < 0)
		return -1;
	return s->id ? 0
		     : np_err_set(err, NP_EUSAGE, "the run's record has no failing case '%.200s'",
				  slash + 1);
}

/* ---- suites ---- */

static bool any_exists(char *const *suites)
{
	for (size_t i = 0; suites && suites[i]; i++)
		if (access(suites[i], F_OK) == 0)
			return true;
	return false;
}

/* generated/s<seed>-<number>, generated/t<strength>s<seed>-<number>: drawn again from them. */
static int regenerate(struct np_min_source *s, struct np_strings *suites, struct np_err *err)
{
	unsigned long long seed, number;
	unsigned strength = 0;
	int end = 0;
	bool is = (sscanf(s->id, "generated/s%llu-%llu%n", &seed, &number, &end) == 2 ||
		   sscanf(s->id, "generated/t%1us%llu-%llu%n", &strength, &seed, &number, &end) == 3) &&
		  !s->id[end];

	if (!is || any_exists(s->suites))
		return 0;
	if (np_generate_scratch(strength, number, seed, &s->scratch, err) < 0)
		return -1;
	np_strings_add(suites, s->scratch);
	return 0;
}

/* A file by its path is a suite of one case. */
static void take_file(struct np_min_source *s, struct np_strings *suites, const char *id)
{
	struct np_str name = np_str_from(id);

	if ((np_str_ends(name, ".yaml") || np_str_ends(name, ".yml")) && access(id, R_OK) == 0)
		np_strings_add(suites, id);
	else
		s->id = np_xstrdup(id);
}

static int load(struct np_min_source *s, const struct np_strings *suites, struct np_err *err)
{
	np_auto_free char *dir = np_plan_suites_dir();
	const char *glob = s->id;
	const struct np_plan_options po = { .suites_dir = dir,
					    .suites = suites->items,
					    .n_suites = suites->n,
					    .case_globs = &glob,
					    .n_case_globs = s->id != NULL };

	if (np_plan_load(&po, &s->plan, err) < 0) {
		if (err->code == NP_EIO)
			err->code = NP_EUSAGE;
		return -1;
	}
	if (s->plan.n_cases > 1)
		return np_err_set(err, NP_EUSAGE,
				  "%zu cases are meant; --case names the one to make smaller",
				  s->plan.n_cases);
	if (!s->id)
		s->id = np_xstrdup(s->plan.cases[0].id.p);
	return 0;
}

int np_min_source_find(const struct np_min_ask *ask, struct np_min_source *ret, struct np_err *err)
{
	struct np_strings suites = { .n = 0 };
	int rc = 0;

	*ret = (struct np_min_source){ .id = NULL };
	if (!ask->id == !ask->folder)
		return np_err_set(err, NP_EUSAGE,
				  "name a failing case: --case ID or a folder RUN/failures/CASE");
	for (size_t i = 0; i < ask->suites.n; i++)
		np_strings_add(&suites, ask->suites.items[i]);
	if (ask->folder)
		rc = find_in_record(ret, ask->folder, err);
	else
		take_file(ret, &suites, ask->id);
	if (rc == 0 && !suites.n && ret->id)
		rc = regenerate(ret, &suites, err);
	for (size_t i = 0; rc == 0 && !suites.n && ret->suites && ret->suites[i]; i++)
		np_strings_add(&suites, ret->suites[i]);
	if (rc == 0)
		rc = load(ret, &suites, err);
	np_strings_release(&suites);
	return rc;
}

void np_min_source_release(struct np_min_source *s)
{
	np_plan_release(&s->plan);
	np_generate_drop(s->scratch);
	for (size_t i = 0; s->suites && s->suites[i]; i++)
		free(s->suites[i]);
	free(s->suites);
	free(s->id);
	free(s->kind);
	free(s->fault);
	*s = (struct np_min_source){ .id = NULL };
}
