/* minimize.c - netpolcheck minimize: the smallest case that still fails. */
#include "minimize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "np/base/buf.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/target/cluster.h"
#include "targetargs.h"

static const char *const formats[] = { "text", "json", NULL };

/* Everything the command line can say. */
struct choices {
	struct np_run_options run; /* the target */
	struct np_min_options min;
	struct np_min_ask ask;
	unsigned long long workers, tries;
	const char *out;
	int format;
	bool quiet, verbose, model;
};

static void show_progress(void *ctx, const struct np_min_progress *p)
{
	(void)ctx;
	fprintf(stderr,
		"\r\033[K%s: %zu pods, %zu policies, %zu rules, %zu bytes; %zu candidates, %lld s",
		p->stage, p->size.pods, p->size.policies, p->size.rules, p->size.bytes,
		p->candidates, p->elapsed_ms / 1000);
}

static void end_progress(const struct choices *c)
{
	if (c->min.progress)
		fputs("\r\033[K", stderr);
}

static bool names_cluster(const struct np_run_options *o)
{
	return o->kubeconfig || o->context || o->in_cluster;
}

/* What the record says, unless the command line says otherwise. */
static int choose_target(struct choices *c, const struct np_min_source *s, struct np_err *err)
{
	bool named = names_cluster(&c->run) || c->model;

	if (s->kind && !named && strcmp(s->kind, "cluster") == 0)
		return np_err_set(err, NP_EUSAGE,
				  "it failed in a cluster: name it with --kubeconfig");
	if (s->kind && !named) {
		c->model = strcmp(s->kind, "model") == 0;
		if (!c->run.fault)
			c->run.fault = s->fault;
	}
	if (c->model && (names_cluster(&c->run) || c->run.image || c->run.inject ||
			 c->run.external))
		return np_err_set(err, NP_EUSAGE,
				  "--model takes no cluster, image or external: nothing is "
				  "deployed");
	return 0;
}

static char *target_text(const struct choices *c)
{
	const char *kind = c->model		       ? "model"
			   : names_cluster(&c->run) ? "cluster"
						    : "sandbox";

	if (!c->run.fault)
		return np_xstrdup(kind);
	return np_xasprintf("%s with the %s %s", kind, c->model ? "mutant" : "fault", c->run.fault);
}

static char *folder_for(const struct choices *c, const struct np_min_source *s)
{
	char *dir;

	if (c->out)
		return np_xstrdup(c->out);
	dir = np_xasprintf("results/minimized-%s", s->id);
	for (char *p = dir + strlen("results/"); *p; p++)
		if (*p == '/')
			*p = '-';
	return dir;
}

static int refuse_used(const char *dir, struct np_err *err)
{
	np_auto_free char *record = np_xasprintf("%s/run.jsonl", dir);

	return access(record, F_OK) == 0
		       ? np_err_set(err, NP_EUSAGE,
				    "'%.300s' already holds a record; name another --out", dir)
		       : 0;
}

/* ---- the two kinds of target ---- */

static int on_model(const struct choices *c, const struct np_min_source *s,
		    struct np_min_result *ret, struct np_err *err)
{
	struct np_model_wrong wrong = { .mutant = NP_MUTANT_NONE };
	struct np_min_target target;
	int rc;

	if (c->run.fault) {
		wrong.mutant = np_mutant_find(c->run.fault);
		if (wrong.mutant == NP_MUTANT_NONE)
			return np_err_set(err, NP_EUSAGE,
					  "--fault: no mutant '%s'; 'netpolcheck score --list' "
					  "shows them",
					  c->run.fault);
	}
	np_min_model_target(&wrong, &target);
	rc = np_minimize(&s->plan.cases[0], &s->plan.worlds[0], &c->min, &target, ret, err);
	np_min_model_free(&target);
	return rc;
}

static int write_files(const struct np_min_told *t, const struct np_min_about *about,
		       struct np_err *err)
{
	return t->r->end == NP_MIN_PASSES ? 0 : np_min_files(t, about, err);
}

static int minimize_model(const struct choices *c, const struct np_min_source *s,
			  struct np_min_told *t, struct np_min_result *ret, struct np_err *err)
{
	const struct np_min_about about = { .id = "model",
					    .kind = "model",
					    .server = "none",
					    .image = NP_CLUSTER_IMAGE,
					    .fault = c->run.fault,
					    .deadline_ms = 30000 };

	if (on_model(c, s, ret, err) < 0)
		return -1;
	if (write_files(t, &about, err) == 0)
		return 0;
	np_min_release(ret);
	return -1;
}

/* What was found is written while it is known where; cleaning up comes last. */
static int minimize_live(const struct choices *c, const struct np_min_source *s,
			 struct np_min_told *t, struct np_min_result *ret, struct np_err *err)
{
	struct np_min_target target;
	struct np_min_live *live = NULL;
	struct np_min_about about;
	struct np_err close_err = { 0 };
	int rc;

	if (np_min_live_open(&c->run, &s->plan.cases[0], &s->plan.worlds[0], &live, &target, err) <
	    0)
		return -1;
	rc = np_minimize(&s->plan.cases[0], &s->plan.worlds[0], &c->min, &target, ret, err);
	if (rc == 0) {
		np_min_live_about(live, &about);
		rc = write_files(t, &about, err);
		if (rc < 0)
			np_min_release(ret);
	}
	if (np_min_live_close(live, &close_err) < 0)
		fprintf(stderr,
			"netpolcheck minimize: cannot remove what was made ('netpolcheck clean' "
			"does): %s\n",
			close_err.msg);
	return rc;
}

static int minimize(struct choices *c, const struct np_min_source *s, struct np_err *err)
{
	np_auto_free char *dir = folder_for(c, s);
	np_auto_free char *target = NULL;
	struct np_min_result r;
	struct np_min_told t = { .r = &r, .id = s->id, .dir = dir };
	struct np_buf text = { 0 };
	int rc;

	if (choose_target(c, s, err) < 0 || refuse_used(dir, err) < 0)
		return -1;
	t.target = target = target_text(c);
	rc = c->model ? minimize_model(c, s, &t, &r, err) : minimize_live(c, s, &t, &r, err);
	end_progress(c);
	if (rc < 0)
		return -1;
	if (r.end == NP_MIN_PASSES)
		t.dir = NULL;
	if (c->format == 1)
		np_min_json(&t, &text);
	else
		np_min_text(&t, &text);
	fwrite(text.data, 1, text.len, stdout);
	np_buf_release(&text);
	rc = r.end == NP_MIN_PASSES ? NP_EXIT_FOUND : NP_EXIT_OK;
	np_min_release(&r);
	return rc;
}

static int take_choices(struct choices *c, const struct np_strings *args, struct np_err *err)
{
	if (args->n > 1)
		return np_err_set(err, NP_EUSAGE, "one folder at a time");
	if (c->tries > 1000)
		return np_err_set(err, NP_EUSAGE, "--tries: at most 1000");
	c->ask.folder = args->n ? args->items[0] : NULL;
	c->run.workers = c->workers > NP_MIN_MAX_LANES ? NP_MIN_MAX_LANES : (unsigned)c->workers;
	c->run.cancel = c->min.cancel = np_interrupt_flag();
	c->min.tries = (unsigned)c->tries;
	if (!c->quiet && isatty(STDERR_FILENO))
		c->min.progress = show_progress;
	if (c->verbose)
		np_log_level = NP_LOG_INFO;
	return 0;
}

static int cmd_minimize(int argc, char **argv)
{
	struct choices c = { .format = 0 };
	const struct np_option options[] = {
		{ "case", NP_OPT_STRING, &c.ask.id, "ID|FILE",
		  "the failing case; generated/sSEED-N is made again", NULL },
		{ "suite", NP_OPT_STRINGS, &c.ask.suites, "NAME|PATH",
		  "where it is, as with run; may be repeated", NULL },
		TARGET_OPTIONS(c.run, c.model),
		{ "cell", NP_OPT_STRING, &c.min.cell, "TEXT",
		  "the wrong connection to keep, as reports write it; default: one that kubectl "
		  "can show", NULL },
		{ "timeout", NP_OPT_DURATION, &c.run.deadline_ms, "DUR",
		  "how long a change may take to show; default 3s, in a cluster 30s", NULL },
		{ "tries", NP_OPT_U64, &c.tries, "N",
		  "of the whole case before it counts as passing; default 5", NULL },
		{ "budget", NP_OPT_DURATION, &c.min.budget_ms, "DUR",
		  "then the smallest so far is written; default 10m", NULL },
		{ "workers", NP_OPT_U64, &c.workers, "N",
		  "candidates at once, each in its world; default 1", NULL },
		{ "out", NP_OPT_STRING, &c.out, "DIR",
		  "where the reproducer goes; default results/minimized-CASE", NULL },
		PROBE_POD_OPTIONS(c.run),
		{ "format", NP_OPT_CHOICE, &c.format, "text|json", "of the result", formats },
		{ "quiet", NP_OPT_FLAG, &c.quiet, NULL, "no progress", NULL },
		{ "verbose", NP_OPT_FLAG, &c.verbose, NULL, "say what happens", NULL },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_strings args = { .n = 0 };
	struct np_min_source source = { .id = NULL };
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_minimize, options, argc, argv, &args);

	if (status < 0) {
		if (take_choices(&c, &args, &err) == 0 &&
		    np_min_source_find(&c.ask, &source, &err) == 0)
			status = minimize(&c, &source, &err);
		if (status < 0)
			status = np_command_fail(&np_cmd_minimize, &err);
	}
	np_min_source_release(&source);
	np_strings_release(&args);
	np_strings_release(&c.ask.suites);
	return status;
}

const struct np_command np_cmd_minimize = {
	.name = "minimize",
	.summary = "the smallest case that still fails as a given one does, and how to show it",
	.usage = "[options] --case ID | RUN/failures/CASE",
	.exits = "0 it fails, the reproducer is written, 1 it does not fail any more, 2 usage or "
		 "unreadable case, 3 environment, 130 interrupted",
	.run = cmd_minimize,
};
