/* cases_select.c - netpolcheck cases select. */
#include "cases_select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases_generate.h"
#include "interrupt.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "np/run/choice.h"
#include "score_print.h"

/* Four workers for seven seconds, with what a cluster may lack counted twice: five in fact. */
static const struct np_tier_wish wish = { .smoke_ms = 28000, .depth = 2, .max_kept = 60 };

#define CASE_MAX_BYTES ((size_t)3 << 20)

static const char head[] =
	"# Cases in the order in which they are run, those first that notice most mistakes in little "
	"time; never written by\n"
	"# hand, but made by `netpolcheck cases select --strength %llu --count %llu --seed %llu`. "
	"tier: the smallest that has the\n"
	"# case. named and mechanical: mutants that it notices and no case before it does.\n"
	"# position\tcase\ttier\tnamed\tmechanical\n";

/* ---- what there is to choose from ---- */

/* A covering array of one value less, behind the others under numbers of their own. */
static int add_smaller_array(const struct np_select_ask *ask, const char *dir, size_t number,
			     struct np_err *err)
{
	struct np_cover cover;
	struct np_buf text = { 0 };
	int rc;

	if (ask->strength < 2)
		return 0;
	if (np_cover_make(np_feature_model(), (unsigned)ask->strength - 1, ask->seed, &cover, err) <
	    0)
		return -1;
	rc = 0;
	for (size_t i = 0; i < cover.n_rows && rc == 0; i++) {
		struct np_case c;

		np_scenario_case(np_cover_row(&cover, i), (unsigned)ask->strength, ask->seed,
				 number + i, &c);
		np_buf_clear(&text);
		np_case_text(&c, &text);
		rc = np_generate_write(dir, c.id, &text, err);
		np_case_release(&c);
	}
	np_buf_release(&text);
	np_cover_release(&cover);
	return rc;
}

static int make_mass(const struct np_select_ask *ask, const char *dir, struct np_err *err)
{
	const struct np_generate g = { .strength = ask->strength,
				       .seed = ask->seed,
				       .count = ask->count,
				       .dir = dir };
	struct np_scenario_suite suite;
	int rc;

	if (np_generate_files(&g, &suite, err) < 0)
		return -1;
	rc = add_smaller_array(ask, dir, suite.n_cases, err);
	np_scenario_suite_release(&suite);
	return rc;
}

static bool by_hand(const char *file, const char *dir)
{
	const char *below = file + strlen(dir);

	return !strstr(below, "/generated/") && !strstr(below, "/worlds/") &&
	       !strstr(below, "/profiles/");
}

/* The suites' files one by one, and @mass. Without the built-in suites' root: the choice must not
 * depend on the one before. */
static int load_all(const struct np_select_ask *ask, const char *mass, struct np_plan *ret,
		    struct np_err *err)
{
	static const char *const suffixes[] = { ".yaml", ".yml", NULL };
	static const bool profiles[NP_N_PROFILES] = { [NP_PROFILE_CORE] = true,
						      [NP_PROFILE_EXTENDED] = true };
	struct np_plan_options o = { .profiles = profiles };
	struct np_strings suites = { 0 };
	char **files;
	size_t n;
	int rc;

	if (np_files_list(ask->suites_dir, suffixes, &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (by_hand(files[i], ask->suites_dir))
			np_strings_add(&suites, files[i]);
	np_strings_add(&suites, mass);
	o.suites = suites.items;
	o.n_suites = suites.n;
	rc = np_plan_load(&o, ret, err);
	np_strings_release(&suites);
	np_files_free(files);
	return rc;
}

/* ---- what is kept ---- */

static const struct np_case *case_of(const struct np_plan *plan, struct np_str id)
{
	for (size_t i = 0; i < plan->n_cases; i++)
		if (np_str_eq(plan->cases[i].id, id))
			return &plan->cases[i];
	return NULL;
}

/* @name is the file's below the folder of the mass and below the one it is kept in. */
static int keep_file(const char *mass, const char *dir, struct np_str name, struct np_err *err)
{
	np_auto_free char *from = np_xasprintf("%s/" NP_STR_FMT ".yaml", mass, NP_STR_ARG(name));
	struct np_buf text = { 0 };
	int rc = np_file_read(from, CASE_MAX_BYTES, &text, err);

	if (rc == 0)
		rc = np_generate_write(dir, name, &text, err);
	np_buf_release(&text);
	return rc;
}

/* Files of the choice before this one. */
static int drop_old(const char *dir, struct np_err *err)
{
	static const char *const suffixes[] = { ".yaml", NULL };
	np_auto_free char *cases = np_xasprintf("%s/generated", dir);
	np_auto_free char *worlds = np_xasprintf("%s/worlds", dir);
	char **files;
	size_t n;

	if (np_dir_remove(cases, err) < 0 || np_dir_make(cases, 0755, err) < 0 ||
	    np_dir_make(worlds, 0755, err) < 0 ||
	    np_files_list(worlds, suffixes, &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strncmp(files[i] + strlen(worlds), "/gen-", 5) == 0)
			unlink(files[i]);
	np_files_free(files);
	return 0;
}

static int keep(const struct np_select_ask *ask, const char *mass, const struct np_plan *plan,
		const struct np_tier_line *lines, size_t n, struct np_err *err)
{
	np_auto_free char *table = np_xasprintf("%s/tiers.tsv", ask->dir);
	struct np_buf text = { 0 };
	int rc = drop_old(ask->dir, err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct np_case *c = case_of(plan, lines[i].id);
		np_auto_free char *world = np_xasprintf("worlds/" NP_STR_FMT, NP_STR_ARG(c->world));

		if (!c->seed)
			continue;
		rc = keep_file(mass, ask->dir, c->id, err);
		if (rc == 0)
			rc = keep_file(mass, ask->dir, np_str_from(world), err);
	}
	np_buf_printf(&text, head, ask->strength, ask->count, ask->seed);
	np_tiers_text(lines, n, "", &text);
	if (rc == 0)
		rc = np_file_write(table, np_buf_text(&text), text.len, 0644, err);
	np_buf_release(&text);
	return rc;
}

/* ---- what came of it ---- */

struct sums {
	size_t cases, generated, named, mechanical;
	unsigned long long ms; /* of workers' time, as estimated */
};

/* Up to the end of @tier. */
static struct sums sum_up(const struct np_plan *plan, const struct np_score *score,
			  const struct np_tier_line *lines, size_t n, enum np_tier tier)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct np_case *c = case_of(plan, lines[i].id);

		if (tier == NP_TIER_SMOKE && lines[i].tier != tier)
			continue;
		s.cases++;
		s.generated += c->seed != 0;
		s.named += lines[i].named;
		s.mechanical += lines[i].mechanical;
		s.ms += np_choice_case_ms(c, score->cells_of[c - plan->cases]);
	}
	return s;
}

static void count_all(const struct np_score *score, struct sums *ret_possible, struct sums *ret_all)
{
	for (size_t m = 0; m < score->n_rows; m++) {
		const struct np_score_row *row = &score->rows[m];

		if (np_score_open(row))
			continue;
		*(row->wrong.mutant ? &ret_all->named : &ret_all->mechanical) += 1;
		if (row->n_killed_by)
			*(row->wrong.mutant ? &ret_possible->named : &ret_possible->mechanical) += 1;
	}
}

static void print_text(const struct np_plan *plan, const struct np_score *score,
		       const struct np_tier_line *lines, size_t n)
{
	struct sums possible = { .cases = plan->n_cases }, all = { 0 };

	count_all(score, &possible, &all);
	printf("%-8s %6s %10s %14s %14s %10s\n", "", "cases", "generated", "named", "mechanical",
	       "est. s");
	for (int t = NP_TIER_DEFAULT; t <= NP_TIER_SMOKE; t++) {
		enum np_tier tier = t == NP_TIER_DEFAULT ? NP_TIER_SMOKE : NP_TIER_DEFAULT;
		struct sums s = sum_up(plan, score, lines, n, tier);

		printf("%-8s %6zu %10zu %8zu/%-5zu %8zu/%-5zu %10.1f\n", np_tier_name(tier), s.cases,
		       s.generated, s.named, all.named, s.mechanical, all.mechanical,
		       (double)s.ms / 4000);
	}
	printf("%-8s %6zu %10s %8zu/%-5zu %8zu/%-5zu\n", "the mass", possible.cases, "",
	       possible.named, all.named, possible.mechanical, all.mechanical);
}

static json_t *sums_json(const struct sums *s)
{
	return np_json_pack("{s:I, s:I, s:I, s:I, s:I}", "cases", (json_int_t)s->cases, "generated",
			    (json_int_t)s->generated, "named", (json_int_t)s->named, "mechanical",
			    (json_int_t)s->mechanical, "estimated_ms", (json_int_t)s->ms / 4);
}

static void print_json(const struct np_plan *plan, const struct np_score *score,
		       const struct np_tier_line *lines, size_t n)
{
	struct sums possible = { .cases = plan->n_cases }, all = { 0 },
		    smoke = sum_up(plan, score, lines, n, NP_TIER_SMOKE),
		    whole = sum_up(plan, score, lines, n, NP_TIER_DEFAULT);
	struct np_buf text = { 0 };
	json_t *top;

	count_all(score, &possible, &all);
	top = np_json_pack("{s:o, s:o, s:o, s:o}", "smoke", sums_json(&smoke), "default",
			   sums_json(&whole), "mass", sums_json(&possible), "mutants",
			   sums_json(&all));
	np_json_dump(top, 0, &text);
	puts(np_buf_text(&text));
	np_buf_release(&text);
	json_decref(top);
}

static int choose(const struct np_select_ask *ask, const char *mass, bool json, struct np_err *err)
{
	const struct np_score_options so = { .both = true, .cancel = np_interrupt_flag() };
	struct np_tier_line *lines = NULL;
	struct np_plan plan;
	struct np_score score;
	size_t n = 0;
	int rc;

	if (load_all(ask, mass, &plan, err) < 0)
		return -1;
	rc = np_score_run(&plan, &so, &score, err);
	if (rc == 0 && score.interrupted)
		rc = np_err_set(err, NP_EINTR, "interrupted");
	else if (rc == 0)
		np_tiers_choose(&plan, &score, &wish, &lines, &n);
	if (rc == 0)
		rc = keep(ask, mass, &plan, lines, n, err);
	if (rc == 0)
		(json ? print_json : print_text)(&plan, &score, lines, n);
	if (rc == 0 || err->code == NP_EINTR)
		np_score_release(&score);
	free(lines);
	np_plan_release(&plan);
	return rc;
}

int np_cases_select(const struct np_select_ask *ask, bool json, struct np_err *err)
{
	char *mass;
	int rc;

	if (!ask->dir)
		return np_err_set(err, NP_EUSAGE, "say where tiers.tsv and the cases go: --out DIR");
	if (!ask->suites_dir)
		return np_err_set(err, NP_EUSAGE, "cannot find the suites folder; set "
						  "NETPOLCHECK_SUITES");
	if (np_dir_scratch("netpolcheck-generated", &mass, err) < 0)
		return -1;
	rc = make_mass(ask, mass, err);
	if (rc == 0)
		rc = choose(ask, mass, json, err);
	np_generate_drop(mass);
	return rc;
}
