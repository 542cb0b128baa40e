/* cases_generate.c - netpolcheck cases generate, and the cases of run --generated. */
#include "cases_generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/oracle/oracle.h"

static const char *const yaml_suffixes[] = { ".yaml", ".yml", NULL };

/* ---- files ---- */

int np_generate_write(const char *dir, struct np_str name, const struct np_buf *text,
		      struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/" NP_STR_FMT ".yaml", dir, NP_STR_ARG(name));

	return np_file_write(path, np_buf_text(text), text->len, 0644, err);
}

static int write_worlds(const char *dir, uint64_t seed, struct np_err *err)
{
	np_auto_free char *worlds = np_xasprintf("%s/worlds", dir);
	int rc = np_dir_make(worlds, 0755, err);

	for (unsigned n = 0; n < NP_SCENARIO_WORLDS && rc == 0; n++) {
		struct np_worldfile w;
		struct np_buf text = { 0 };

		np_scenario_world(n, seed, &w);
		np_worldfile_text(&w, &text);
		rc = np_generate_write(worlds, w.name, &text, err);
		np_buf_release(&text);
		np_worldfile_release(&w);
	}
	return rc;
}

static int write_cases(const struct np_generate *g, const struct np_scenario_suite *s,
		       struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc = 0;

	for (size_t k = 0; k < s->n_cases && rc == 0; k++) {
		struct np_case c;

		np_scenario_suite_case(s, k, &c);
		if (g->profile)
			c.profile = np_str_from(g->profile);
		np_buf_clear(&text);
		np_case_text(&c, &text);
		rc = np_generate_write(g->dir, c.id, &text, err);
		np_case_release(&c);
	}
	np_buf_release(&text);
	return rc;
}

/* Cases of two suites in one folder would be run together, in the worlds of one of them. */
static int refuse_used(const char *cases, struct np_err *err)
{
	char **files;
	size_t n;

	if (!np_is_dir(cases))
		return 0;
	if (np_files_list(cases, yaml_suffixes, &files, &n, err) < 0)
		return -1;
	np_files_free(files);
	return n ? np_err_set(err, NP_EUSAGE, "'%.300s' has cases already: name another folder",
			      cases)
		 : 0;
}

int np_generate_files(const struct np_generate *g, struct np_scenario_suite *ret,
		      struct np_err *err)
{
	np_auto_free char *cases = np_xasprintf("%s/generated", g->dir);
	enum np_profile profile;

	if (g->profile && !np_profile_parse(np_str_from(g->profile), &profile))
		return np_err_set(err, NP_EUSAGE,
				  "--profile: '%.60s' is not one of core, extended, upstream, "
				  "lifecycle, behaviour",
				  g->profile);
	if (np_scenario_suite_init((unsigned)(g->strength > 100 ? 100 : g->strength), g->seed,
				   g->count > NP_SCENARIO_MAX_CASES ? NP_SCENARIO_MAX_CASES + 1
								    : (size_t)g->count,
				   ret, err) < 0)
		return -1;
	if (refuse_used(cases, err) == 0 && np_dir_make(cases, 0755, err) == 0 &&
	    write_worlds(g->dir, g->seed, err) == 0 && write_cases(g, ret, err) == 0)
		return 0;
	np_scenario_suite_release(ret);
	return -1;
}

int np_generate_scratch(unsigned strength, unsigned long long count, unsigned long long seed,
			char **ret_dir, struct np_err *err)
{
	struct np_generate g = { .strength = strength, .seed = seed, .count = count };
	struct np_scenario_suite s;
	char *dir;

	if ((!strength && !count) || count > NP_SCENARIO_MAX_CASES)
		return np_err_set(err, NP_EUSAGE, "--generated: 1 to %d cases",
				  NP_SCENARIO_MAX_CASES);
	if (np_dir_scratch("netpolcheck-generated", &dir, err) < 0)
		return -1;
	g.dir = dir;
	if (np_generate_files(&g, &s, err) < 0) {
		np_generate_drop(dir);
		return -1;
	}
	np_scenario_suite_release(&s);
	*ret_dir = dir;
	return 0;
}

void np_generate_drop(char *dir)
{
	struct np_err err;

	if (dir)
		np_dir_remove(dir, &err);
	free(dir);
}

/* ---- what was made ---- */

static void tuple_text(const struct np_cover *c, const struct np_cover_excluded *x,
		       struct np_buf *b)
{
	const struct np_feature_model *m = np_feature_model();

	for (unsigned k = 0; k < c->strength; k++)
		np_buf_printf(b, "%s%s=%s", k ? ", " : "", m->features[x->features[k]].name,
			      m->features[x->features[k]].values[x->values[k]].name);
}

static const char *why(const struct np_cover_excluded *x)
{
	return x->rule ? x->rule->why : "other rules together leave no case with it";
}

static void print_text(const struct np_generate *g, const struct np_scenario_suite *s, long long ms,
		       bool excluded)
{
	const struct np_cover *c = &s->cover;

	if (c->strength)
		printf("%zu cases cover %llu of %llu combinations of %u values; %zu cannot be%s\n",
		       c->n_rows, c->n_covered, c->n_tuples, c->strength, c->n_excluded,
		       excluded ? ":" : " (--excluded lists them)");
	for (size_t i = 0; excluded && i < c->n_excluded; i++) {
		struct np_buf b = { 0 };

		tuple_text(c, &c->excluded[i], &b);
		printf("  %s: %s\n", np_buf_text(&b), why(&c->excluded[i]));
		np_buf_release(&b);
	}
	printf("%zu cases, seed %llu, in %s (%lld ms)\n", s->n_cases, g->seed, g->dir, ms);
}

static void print_json(const struct np_generate *g, const struct np_scenario_suite *s,
		       bool excluded)
{
	const struct np_cover *c = &s->cover;
	json_t *list = json_array(), *top;
	struct np_buf text = { 0 };

	for (size_t i = 0; excluded && i < c->n_excluded; i++) {
		np_buf_clear(&text);
		tuple_text(c, &c->excluded[i], &text);
		json_array_append_new(list, np_json_pack("{s:s, s:s}", "values", np_buf_text(&text),
							 "why", why(&c->excluded[i])));
	}
	top = np_json_pack("{s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "seed",
			   (json_int_t)g->seed, "folder", np_json_string(np_str_from(g->dir)),
			   "cases", (json_int_t)s->n_cases, "strength", (json_int_t)c->strength,
			   "rows", (json_int_t)c->n_rows, "combinations", (json_int_t)c->n_tuples,
			   "covered", (json_int_t)c->n_covered, "excluded",
			   (json_int_t)c->n_excluded, "excluded_list", list);
	np_buf_clear(&text);
	np_json_dump(top, 0, &text);
	puts(np_buf_text(&text));
	np_buf_release(&text);
	json_decref(top);
}

int np_cases_generate(const struct np_generate *g, bool json, bool list_excluded,
		      struct np_err *err)
{
	struct np_scenario_suite s;
	int64_t begin_ms = np_now_ms();

	if (!g->dir)
		return np_err_set(err, NP_EUSAGE, "say where the cases go: --out DIR");
	if (!g->strength && !g->count)
		return np_err_set(err, NP_EUSAGE, "nothing to make: --strength 0 needs a --count");
	if (np_generate_files(g, &s, err) < 0)
		return -1;
	if (json)
		print_json(g, &s, list_excluded);
	else
		print_text(g, &s, (long long)(np_now_ms() - begin_ms), list_excluded);
	np_scenario_suite_release(&s);
	return 0;
}
