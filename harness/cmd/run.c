/* run.c - netpolcheck run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cases_tier.h"
#include "interrupt.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "np/report/progress.h"
#include "np/report/report.h"
#include "np/run/plan.h"
#include "np/run/run.h"
#include "np/run/score.h"
#include "np/run/shard.h"
#include "targetargs.h"

static const char *const formats[] = { "text", "json", "record", NULL };
enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_RECORD };

/* Everything the command line can say. */
struct choices {
	struct np_run_options run;
	struct np_strings suites, cases, profiles;
	struct np_tier_choice tier;
	unsigned long long workers;
	int format;
	bool quiet, verbose, model;
	const char *shard;
};

static int choose_shard(struct choices *c, struct np_err *err)
{
	if (!c->shard ||
	    np_shard_parse(np_str_from(c->shard), &c->run.shard, &c->run.n_shards))
		return 0;
	return np_err_set(err, NP_EUSAGE,
			  "--shard: '%s' is no part such as 2/4, from 1/N to N/N, or index=1/4, "
			  "from index=0/N",
			  c->shard);
}

/* core and extended are asserted unless --profile names others. */
static int choose_profiles(struct choices *c, struct np_err *err)
{
	enum np_profile p;

	if (!c->profiles.n)
		c->run.profiles[NP_PROFILE_CORE] = c->run.profiles[NP_PROFILE_EXTENDED] = true;
	for (size_t i = 0; i < c->profiles.n; i++) {
		if (strcmp(c->profiles.items[i], "all") == 0) {
			for (int k = 0; k < NP_N_PROFILES; k++)
				c->run.profiles[k] = true;
		} else if (np_profile_parse(np_str_from(c->profiles.items[i]), &p)) {
			c->run.profiles[p] = true;
		} else {
			return np_err_set(err, NP_EUSAGE,
					  "--profile: '%s' is not one of core, extended, upstream, "
					  "lifecycle, behaviour, all",
					  c->profiles.items[i]);
		}
	}
	return 0;
}

/* Generated cases are an ordinary suite, in a folder that goes with the run. */
static int add_generated(struct choices *c, struct np_err *err)
{
	uint64_t seed = 1;

	/* Going on with a record: its cases, not those of another seed. */
	if (c->tier.generated && !c->tier.seed && c->run.resume_dir &&
	    np_run_seed(c->run.resume_dir, &seed, err) < 0)
		return -1;
	if (c->tier.generated && !c->tier.seed)
		c->run.seed = c->tier.seed = seed;
	if (np_tier_add(&c->tier, c->run.suites_dir, &c->suites, err) < 0)
		return -1;
	c->run.tier = np_tier_of(&c->tier);
	c->run.suites = c->suites.items;
	c->run.n_suites = c->suites.n;
	return 0;
}

static char *join_args(int argc, char **argv)
{
	struct np_buf b = { 0 };

	np_buf_adds(&b, "netpolcheck");
	for (int i = 0; i < argc; i++)
		np_buf_printf(&b, " %s", argv[i]);
	return np_buf_steal(&b);
}

static unsigned terminal_width(void)
{
	struct winsize w = { 0 };

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 100;
}

/* Writes the report files and prints the report; a record without an end line has none of either
 * worth showing. */
static int show(const struct np_run_summary *sum, int format, struct np_err *err)
{
	const struct np_report_style style = { .color =
						       isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
					       .width = terminal_width() };
	struct np_report *report = NULL;
	struct np_buf text = { 0 };
	int rc = np_report_load(sum->dir, &report, err);

	if (rc == 0)
		rc = np_report_files(report, sum->dir, err);
	if (rc == 0) {
		if (format != FORMAT_RECORD)
			np_report_write(report, format == FORMAT_JSON ? NP_REPORT_JSON : NP_REPORT_TEXT,
					&style, &text);
		fwrite(np_buf_text(&text), 1, text.len, stdout);
		if (fflush(stdout) != 0)
			rc = np_err_set(err, NP_EIO, "cannot write to standard output");
	}
	np_buf_release(&text);
	np_report_free(report);
	return rc;
}

static int run(struct choices *c, struct np_err *err)
{
	struct np_progress_view view;
	struct np_run_summary sum;
	struct np_err show_err = { 0 };
	int rc;

	np_progress_init(&view);
	if (c->format == FORMAT_RECORD)
		c->run.copy_fd = STDOUT_FILENO;
	if (!c->quiet) {
		c->run.progress = np_progress_show;
		c->run.progress_ctx = &view;
	}
	rc = c->model ? np_run_on_model(&c->run, &sum, err) : np_run(&c->run, &sum, err);
	np_progress_end(&view);
	if (sum.dir[0] && sum.n_cases && show(&sum, c->format, &show_err) < 0 && rc == 0) {
		*err = show_err;
		rc = -1;
	}
	if (rc < 0)
		return sum.interrupted ? NP_EXIT_INTERRUPTED : -1;
	return np_run_exit(&sum);
}

/* clang-format off */
#define CASE_OPTIONS(c)                                                                             \
	{ "suite", NP_OPT_STRINGS, &(c).suites, "NAME|PATH",                                        \
	  "an area, a case file or a folder; may be repeated", NULL },                              \
	{ "profile", NP_OPT_STRINGS, &(c).profiles, "NAME",                                         \
	  "core, extended, upstream, lifecycle, behaviour or all", NULL },                          \
	{ "case", NP_OPT_STRINGS, &(c).cases, "GLOB",                                               \
	  "only cases whose id matches; may be repeated: any of them", NULL },                      \
	{ "tag", NP_OPT_STRING, &(c).run.tag, "TAG", "only cases with this tag", NULL },            \
	NP_TIER_OPTION(&(c).tier),                                                                  \
	{ "generated", NP_OPT_U64, &(c).tier.generated, "N",                                        \
	  "N generated cases of the seed; alone unless --suite or --tier names others", NULL },     \
	{ "seed", NP_OPT_U64, &(c).tier.seed, "N", "of every random choice", NULL },                \
	{ "shard", NP_OPT_STRING, &(c).shard, "I/N",                                                \
	  "only part I of N, or index=K/N counted from 0; 'report merge' joins the records", NULL }

#define PACE_OPTIONS(c)                                                                             \
	{ "workers", NP_OPT_U64, &(c).workers, "N", "worlds in parallel; default 4", NULL },        \
	{ "timeout", NP_OPT_DURATION, &(c).run.deadline_ms, "DUR",                                  \
	  "how long a change may take to show; default 3s, in a cluster 30s or "                    \
	  "ten times what most changes took (at least 10s)", NULL },                                \
	{ "fail-fast", NP_OPT_FLAG, &(c).run.fail_fast, NULL, "stop at the first failing case",     \
	  NULL },                                                                                   \
	{ "resume", NP_OPT_STRING, &(c).run.resume_dir, "DIR", "go on with a run that was killed",  \
	  NULL }

#define KNOWN_OPTIONS(c)                                                                            \
	{ "waivers", NP_OPT_STRING, &(c).run.waivers, "FILE", "known deviations", NULL },           \
	{ "strict-waivers", NP_OPT_FLAG, &(c).run.strict_waivers, NULL,                             \
	  "waivers that are expired or cover nothing make the run fail", NULL },                    \
	{ "agent", NP_OPT_STRING, &(c).run.agent, "NAME",                                           \
	  "what is tested, for the record and waivers of one agent", NULL },                        \
	{ "agent-version", NP_OPT_STRING, &(c).run.agent_version, "V", "its version", NULL },       \
	{ "agent-mode", NP_OPT_STRING, &(c).run.agent_mode, "MODE",                                 \
	  "its mode, such as iptables or ebpf", NULL }

#define OUTPUT_OPTIONS(c)                                                                           \
	{ "out", NP_OPT_STRING, &(c).run.out_dir, "DIR",                                            \
	  "where the record goes; default results/run-ID", NULL },                                  \
	{ "format", NP_OPT_CHOICE, &(c).format, "text|json|record",                                 \
	  "of the report on standard output; record: its lines as they come", formats },            \
	{ "quiet", NP_OPT_FLAG, &(c).quiet, NULL, "no progress", NULL },                            \
	{ "verbose", NP_OPT_FLAG, &(c).verbose, NULL, "say what happens", NULL }
/* clang-format on */

/* What options gave, where the run wants it. */
static int take_choices(struct choices *c, struct np_err *err)
{
	c->run.suites = c->suites.items;
	c->run.n_suites = c->suites.n;
	c->run.case_globs = c->cases.items;
	c->run.n_case_globs = c->cases.n;
	c->run.workers =
		c->workers > NP_RUN_MAX_WORKERS ? NP_RUN_MAX_WORKERS : (unsigned)c->workers;
	c->run.seed = c->tier.seed;
	c->run.cancel = np_interrupt_flag();
	if (c->verbose)
		np_log_level = NP_LOG_INFO;
	if (choose_profiles(c, err) < 0 || choose_shard(c, err) < 0)
		return -1;
	return add_generated(c, err);
}

static int cmd_run(int argc, char **argv)
{
	struct choices c = { .tier = { .tier = -1 } };
	const struct np_option options[] = {
		TARGET_OPTIONS(c.run, c.model), CASE_OPTIONS(c),	  PACE_OPTIONS(c),
		KNOWN_OPTIONS(c),		PROBE_POD_OPTIONS(c.run), OUTPUT_OPTIONS(c),
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	np_auto_free char *suites_dir = NULL, *args = join_args(argc, argv);
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_run, options, argc, argv, NULL);

	if (status < 0) {
		c.run.suites_dir = suites_dir = np_plan_suites_dir();
		c.run.argv_text = args;
		if (take_choices(&c, &err) == 0)
			status = run(&c, &err);
		if (status < 0)
			status = np_command_fail(&np_cmd_run, &err);
	}
	np_tier_drop(&c.tier);
	np_strings_release(&c.suites);
	np_strings_release(&c.cases);
	np_strings_release(&c.profiles);
	return status;
}

const struct np_command np_cmd_run = {
	.name = "run",
	.summary = "run suites against a target, compare with the oracle, report",
	.usage = "[options]",
	.exits = "0 conforms, 1 does not (or the cluster does not enforce), 2 usage or unreadable "
		 "case, 3 environment, 130 interrupted",
	.run = cmd_run,
};
