/* score.c - netpolcheck score: which wrong implementations the suites notice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases_generate.h"
#include "cases_tier.h"
#include "cases_uniform.h"
#include "interrupt.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "score.h"
#include "score_curve.h"
#include "score_print.h"

static const char *const formats[] = { "text", "json", NULL };
enum { FORMAT_JSON = 1 };

struct choices {
	struct np_strings suites, cases, profiles, mutants;
	const char *tag;
	struct np_tier_choice tier;
	char *suites_dir;
	int format;
	const char *svg;
	bool mechanical, by_case, list, packets, every, verbose, curve;
};

static int choose_profiles(const struct choices *c, bool *ret, struct np_err *err)
{
	enum np_profile p;

	if (!c->profiles.n)
		ret[NP_PROFILE_CORE] = ret[NP_PROFILE_EXTENDED] = true;
	for (size_t i = 0; i < c->profiles.n; i++) {
		if (!np_profile_parse(np_str_from(c->profiles.items[i]), &p))
			return np_err_set(err, NP_EUSAGE,
					  "--profile: '%s' is not one of core, extended, upstream, "
					  "lifecycle, behaviour",
					  c->profiles.items[i]);
		ret[p] = true;
	}
	return 0;
}

static int choose_mutants(const struct choices *c, enum np_mutant *ret, struct np_err *err)
{
	if (c->curve && (c->mechanical || c->mutants.n || c->packets))
		return np_err_set(err, NP_EUSAGE,
				  "--curve is of all mutants on the model: without --mutant, "
				  "--mechanical and --packets");
	if (c->svg && !c->curve)
		return np_err_set(err, NP_EUSAGE, "--svg is a picture of --curve");
	if (c->mechanical && c->mutants.n)
		return np_err_set(err, NP_EUSAGE, "--mechanical and --mutant exclude each other");
	for (size_t i = 0; i < c->mutants.n; i++) {
		ret[i] = np_mutant_find(c->mutants.items[i]);
		if (ret[i] == NP_MUTANT_NONE)
			return np_err_set(err, NP_EUSAGE,
					  "no mutant '%s'; 'netpolcheck score --list' shows them",
					  c->mutants.items[i]);
	}
	return 0;
}

static void say_speed(const struct np_score *s)
{
	fprintf(stderr,
		"%llu cases on models (%llu not: nothing of theirs was met), %.0f a second of "
		"processor time; %llu cells in "
		"%zu cases, made ready in %.2f s\n",
		s->n_played, s->n_skipped,
		s->play_us ? (double)s->n_played * 1e6 / (double)s->play_us : 0.0, s->n_cells,
		s->n_cases, (double)s->prepare_us / 1e6);
}

/* The exit status. */
static int show(const struct choices *c, const struct np_score *s, const struct np_plan *plan)
{
	struct np_buf text = { 0 };

	if (c->format == FORMAT_JSON)
		np_score_json(s, plan, &text);
	else
		np_score_text(s, plan, c->by_case, &text);
	fwrite(text.data, 1, text.len, stdout);
	np_buf_release(&text);
	if (c->verbose)
		say_speed(s);
	if (s->interrupted)
		return NP_EXIT_INTERRUPTED;
	return np_score_survivors(s) || s->n_disagreements ? NP_EXIT_FOUND : NP_EXIT_OK;
}

/* ---- the curve ---- */

static int score_uniform(const struct choices *c, size_t count, struct np_curve *ret,
			 struct np_err *err)
{
	const struct np_score_options so = { .both = true,
					     .pods_only = true,
					     .cancel = np_interrupt_flag() };
	struct np_plan_options po = { .suites_dir = c->suites_dir, .n_suites = 1 };
	struct np_plan plan;
	struct np_score s;
	char *dir;
	int rc;

	if (np_dir_scratch("netpolcheck-generated", &dir, err) < 0)
		return -1;
	po.suites = (const char *const *)&dir;
	rc = np_uniform_write(dir, count, err);
	if (rc == 0)
		rc = np_plan_load(&po, &plan, err);
	if (rc == 0) {
		rc = np_score_run(&plan, &so, &s, err);
		np_plan_release(&plan);
	}
	np_generate_drop(dir);
	if (rc < 0)
		return -1;
	np_curve_init(ret, &s);
	np_score_release(&s);
	return 0;
}

static int show_curve(const struct choices *c, const struct np_curve_view *v, struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc = 0;

	(c->format == FORMAT_JSON ? np_curve_json : np_curve_text)(v, &text);
	fwrite(text.data, 1, text.len, stdout);
	np_buf_clear(&text);
	if (c->svg) {
		np_curve_svg(v, &text);
		rc = np_file_write(c->svg, np_buf_text(&text), text.len, 0644, err);
	}
	np_buf_release(&text);
	return rc;
}

/* The exit status. */
static int draw_curve(const struct choices *c, const struct np_plan *plan, const struct np_score *s,
		      struct np_err *err)
{
	struct np_curve_view v = { .plan = plan, .all = np_curve_all(s) };
	int rc = score_uniform(c, plan->n_cases, &v.uniform, err);

	if (rc == 0) {
		np_curve_init(&v.own, s);
		rc = show_curve(c, &v, err);
	}
	np_curve_release(&v.own);
	np_curve_release(&v.uniform);
	if (rc < 0)
		return -1;
	return np_score_survivors(s) || s->n_disagreements ? NP_EXIT_FOUND : NP_EXIT_OK;
}

/* ---- on the model ---- */

static int score(const struct choices *c, struct np_err *err)
{
	np_auto_free enum np_mutant *mutants = np_xcalloc(c->mutants.n + 1, sizeof(*mutants));
	bool profiles[NP_N_PROFILES] = { false };
	const struct np_plan_options po = { .suites_dir = c->suites_dir,
					    .suites = c->suites.items,
					    .n_suites = c->suites.n,
					    .profiles = profiles,
					    .case_globs = c->cases.items,
					    .n_case_globs = c->cases.n,
					    .tag = c->tag,
					    .tier = np_tier_of(&c->tier) };
	const struct np_score_options so = { .mutants = c->mutants.n ? mutants : NULL,
					     .n_mutants = c->mutants.n,
					     .mechanical = c->mechanical,
					     .both = c->curve,
					     .cancel = np_interrupt_flag() };
	struct np_score s;
	struct np_plan plan;
	int status = -1;

	if (choose_profiles(c, profiles, err) < 0 || choose_mutants(c, mutants, err) < 0 ||
	    np_plan_load(&po, &plan, err) < 0)
		return -1;
	if (np_score_run(&plan, &so, &s, err) == 0) {
		status = c->curve && !s.interrupted ? draw_curve(c, &plan, &s, err)
						    : show(c, &s, &plan);
		np_score_release(&s);
	}
	np_plan_release(&plan);
	return status;
}

/* ---- with packets ---- */

static int packets(const struct choices *c, struct np_err *err)
{
	struct np_run_options o = { .suites_dir = c->suites_dir,
				    .suites = c->suites.items,
				    .n_suites = c->suites.n,
				    .case_globs = c->cases.items,
				    .n_case_globs = c->cases.n,
				    .tag = c->tag,
				    .tier = np_tier_of(&c->tier),
				    .fail_fast = !c->every,
				    .cancel = np_interrupt_flag() };
	struct np_packets s;
	struct np_buf text = { 0 };
	size_t survivors;

	if (c->mechanical)
		return np_err_set(err, NP_EUSAGE, "--mechanical and --packets exclude each other");
	if (choose_profiles(c, o.profiles, err) < 0 ||
	    np_score_packets(&o, c->mutants.items, c->mutants.n, &s, err) < 0)
		return -1;
	survivors = c->format == FORMAT_JSON ? np_packets_json(&s, &text) : np_packets_text(&s, &text);
	fwrite(text.data, 1, text.len, stdout);
	np_buf_release(&text);
	survivors = s.interrupted ? NP_EXIT_INTERRUPTED : survivors ? NP_EXIT_FOUND : NP_EXIT_OK;
	np_packets_release(&s);
	return (int)survivors;
}

static int list(const struct choices *c)
{
	struct np_buf text = { 0 };

	np_score_list(c->format == FORMAT_JSON, &text);
	fwrite(text.data, 1, text.len, stdout);
	np_buf_release(&text);
	return NP_EXIT_OK;
}

static int cmd_score(int argc, char **argv)
{
	struct choices c = { .tier = { .tier = -1 }, .suites_dir = np_plan_suites_dir() };
	const struct np_option options[] = {
		{ "suite", NP_OPT_STRINGS, &c.suites, "NAME|PATH",
		  "an area, a case file or a folder; may be repeated", NULL },
		{ "profile", NP_OPT_STRINGS, &c.profiles, "NAME",
		  "default core and extended, as run asserts", NULL },
		{ "case", NP_OPT_STRINGS, &c.cases, "GLOB",
		  "only cases whose id matches; may be repeated", NULL },
		{ "tag", NP_OPT_STRING, &c.tag, "TAG", "only cases with this tag", NULL },
		NP_TIER_OPTION(&c.tier),
		{ "generated", NP_OPT_U64, &c.tier.generated, "N",
		  "N generated cases of the seed; alone unless --suite or --tier names others", NULL },
		{ "seed", NP_OPT_U64, &c.tier.seed, "S", "of the generated cases", NULL },
		{ "mutant", NP_OPT_STRINGS, &c.mutants, "NAME", "only this mutant; may be repeated",
		  NULL },
		{ "mechanical", NP_OPT_FLAG, &c.mechanical, NULL,
		  "mutants made mechanically from the model's own rules instead", NULL },
		{ "packets", NP_OPT_FLAG, &c.packets, NULL,
		  "the sandbox's faults instead, one run with packets each; --mutant names a fault",
		  NULL },
		{ "every-case", NP_OPT_FLAG, &c.every, NULL,
		  "with --packets: do not stop at the first failing case", NULL },
		{ "curve", NP_OPT_FLAG, &c.curve, NULL,
		  "mutants killed against cases run, beside as many uniform cases", NULL },
		{ "svg", NP_OPT_STRING, &c.svg, "FILE", "with --curve: a picture of it", NULL },
		{ "by-case", NP_OPT_FLAG, &c.by_case, NULL, "also how many mutants each case kills",
		  NULL },
		{ "list", NP_OPT_FLAG, &c.list, NULL,
		  "the mutants, their classes and the bugs behind them", NULL },
		{ "format", NP_OPT_CHOICE, &c.format, "text|json", "of the result", formats },
		{ "verbose", NP_OPT_FLAG, &c.verbose, NULL, "say how fast it was", NULL },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_score, options, argc, argv, NULL);

	if (status < 0) {
		if (c.list)
			status = list(&c);
		else if (np_tier_add(&c.tier, c.suites_dir, &c.suites, &err) == 0)
			status = c.packets ? packets(&c, &err) : score(&c, &err);
		if (status < 0)
			status = np_command_fail(&np_cmd_score, &err);
	}
	np_tier_drop(&c.tier);
	free(c.suites_dir);
	np_strings_release(&c.suites);
	np_strings_release(&c.cases);
	np_strings_release(&c.profiles);
	np_strings_release(&c.mutants);
	return status;
}

const struct np_command np_cmd_score = {
	.name = "score",
	.summary = "which wrong implementations the suites notice",
	.usage = "[options]",
	.exits = "0 every mutant that can be asserted is killed, 1 survivors, 2 usage or "
		 "unreadable case, "
		 "130 interrupted",
	.run = cmd_score,
};
