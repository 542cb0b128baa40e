/* fuzz_live.c - netpolcheck fuzz live and fuzz replay. */
#include <string.h>

#include "fuzz.h"
#include "interrupt.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/campaign/bug.h"
#include "np/campaign/live.h"

#define FOR_MS 600000

/* Of both commands: where, and who. */
struct args {
	struct np_live_options o;
	struct np_strings pid_files, logs;
	unsigned long long rate, ops, max_live, max_epochs, max_tests, max_findings, seed;
};

static void say(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%s\n", text);
}

#define WHERE(a)                                                                                    \
	{ "kubeconfig", NP_OPT_STRING, &(a).o.kubeconfig, "FILE", "the cluster", NULL },            \
		{ "context", NP_OPT_STRING, &(a).o.context, "NAME", "context of the kubeconfig",    \
		  NULL },                                                                           \
		{ "i-own-this-cluster",                                                             \
		  NP_OPT_STRING,                                                                    \
		  &(a).o.owned,                                                                     \
		  "CONTEXT",                                                                        \
		  "written out: its network agents may go down",                                    \
		  NULL },                                                                           \
		{ "agent-selector", NP_OPT_STRING,	   &(a).o.selector,                         \
		  "LABELS",	    "of the agents' pods", NULL },                                  \
		{ "agent-namespace",                                                                \
		  NP_OPT_STRING,                                                                    \
		  &(a).o.agent_ns,                                                                  \
		  "NS",                                                                             \
		  "of those; default kube-system",                                                  \
		  NULL },                                                                           \
		{ "agent-pid-file",                                                                 \
		  NP_OPT_STRINGS,                                                                   \
		  &(a).pid_files,                                                                   \
		  "FILE",                                                                           \
		  "an agent that is a plain process; may be repeated",                              \
		  NULL },                                                                           \
		{ "agent-log", NP_OPT_STRINGS, &(a).logs, "FILE", "and its log, in the same order", \
		  NULL },                                                                           \
		{ "component",                                                                      \
		  NP_OPT_STRING,                                                                    \
		  &(a).o.component,                                                                 \
		  "NAME",                                                                           \
		  "what such an agent is called; default: as the kernel does",                      \
		  NULL },                                                                           \
		{ "restart-cmd",                                                                    \
		  NP_OPT_STRING,                                                                    \
		  &(a).o.restart_cmd,                                                               \
		  "CMD",                                                                            \
		  "for sh, when agents do not come back by themselves",                             \
		  NULL },                                                                           \
		{ "image", NP_OPT_STRING, &(a).o.image, "REF", "of the probe pods", NULL },         \
		{ "findings",                                                                       \
		  NP_OPT_STRING,                                                                    \
		  &(a).o.bug_dir,                                                                   \
		  "DIR",                                                                            \
		  "folder of the findings; default " NP_BUG_DIR,                                    \
		  NULL },                                                                           \
		{ "patience",                                                                       \
		  NP_OPT_DURATION,                                                                  \
		  &(a).o.patience_ms,                                                               \
		  "DUR",                                                                            \
		  "how long a change may take to show, and an agent to come back; default 30s",     \
		  NULL },                                                                           \
		{ "settle",                                                                         \
		  NP_OPT_DURATION,                                                                  \
		  &(a).o.settle_ms,                                                                 \
		  "DUR",                                                                            \
		  "how long signs of a change are waited for; default: thrice what a change "       \
		  "takes",                                                                          \
		  NULL },                                                                           \
	{                                                                                           \
		"quiet", NP_OPT_DURATION, &(a).o.quiet_ms, "DUR",                                   \
			"how long to learn what is usual; default 5s", NULL                         \
	}

static void take(struct args *a)
{
	a->o.pid_files = a->pid_files.items;
	a->o.n_pid_files = a->pid_files.n;
	a->o.logs = a->logs.items;
	a->o.n_logs = a->logs.n;
	a->o.rate = (unsigned)a->rate;
	a->o.epoch_ops = (unsigned)a->ops;
	a->o.max_live = (unsigned)a->max_live;
	a->o.max_epochs = (unsigned)a->max_epochs;
	a->o.max_tests = (unsigned)a->max_tests;
	a->o.max_findings = (unsigned)a->max_findings;
	a->o.seed = a->seed;
	a->o.cancel = np_interrupt_flag();
	a->o.say = say;
}

static void print_json(const struct np_live_summary *s)
{
	json_t *o = np_json_pack(
		"{s:s, s:s, s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:b, s:i, s:s, s:O}", "id",
		s->id, "dir", s->dir, "seed", (json_int_t)s->seed, "epochs", (int)s->epochs,
		"operations", (int)s->operations, "accepted", (int)s->accepted, "rejected",
		(int)s->rejected, "findings", (int)s->findings, "again", (int)s->known_again,
		"restarts", (json_int_t)s->restarts, "canary_p50_ms", (json_int_t)s->canary_p50_ms,
		"canary_p99_ms", (json_int_t)s->canary_p99_ms, "ms", (json_int_t)s->elapsed_ms,
		"interrupted", s->interrupted, "watch_again", (int)s->watch_again,
		"watch_trouble", s->watch_trouble, "keys", s->keys);
	struct np_buf b = { 0 };

	np_json_dump(o, 0, &b);
	puts(np_buf_text(&b));
	np_buf_release(&b);
	json_decref(o);
}

static void print_text(const struct np_live_summary *s)
{
	json_t *key;
	size_t i;

	json_array_foreach(s->keys, i, key)
		printf("finding %s\n", json_string_value(key));
	printf("%u epochs, %u operations (%u refused), %lld restarts, canary %lld ms (p99 %lld "
	       "ms), %lld s\n%u findings, %u times seen again\n",
	       s->epochs, s->operations, s->rejected, s->restarts, s->canary_p50_ms,
	       s->canary_p99_ms, s->elapsed_ms / 1000, s->findings, s->known_again);
	if (s->watch_again)
		printf("the watch of the agents' pods was taken up again %u times: %s\n",
		       s->watch_again, s->watch_trouble);
	if (s->findings)
		printf("'netpolcheck fuzz report' lists them; journal in %s\n", s->dir);
}

static int live(struct args *a, int format, struct np_err *err)
{
	struct np_live_summary sum;
	int rc = np_live(&a->o, &sum, err), status;

	if (format)
		print_json(&sum);
	else if (rc == 0 || sum.epochs)
		print_text(&sum);
	status = rc < 0		   ? np_command_fail(&np_cmd_fuzz_live, err)
		 : sum.interrupted ? NP_EXIT_INTERRUPTED
		 : sum.findings	   ? NP_EXIT_FOUND
				   : NP_EXIT_OK;
	json_decref(sum.keys);
	return status;
}

static int cmd_live(int argc, char **argv)
{
	static const char *const formats[] = { "text", "json", NULL };
	struct args a = { .o = { .for_ms = FOR_MS } };
	int format = 0;
	const struct np_option options[] = {
		WHERE(a),
		{ "for", NP_OPT_DURATION, &a.o.for_ms, "DUR", "how long; default 10m", NULL },
		{ "epochs", NP_OPT_U64, &a.max_epochs, "N", "at most so many", NULL },
		{ "stop-after", NP_OPT_U64, &a.max_findings, "N", "end after N distinct findings",
		  NULL },
		{ "rate", NP_OPT_U64, &a.rate, "N", "operations a second; default 20", NULL },
		{ "epoch-ops", NP_OPT_U64, &a.ops, "N", "operations between two checks; default 16",
		  NULL },
		{ "max-policies", NP_OPT_U64, &a.max_live, "N",
		  "in force at once; default 40, at most 200", NULL },
		{ "max-tests", NP_OPT_U64, &a.max_tests, "N",
		  "of making one finding small; default 150", NULL },
		{ "seed", NP_OPT_U64, &a.seed, "N", "of every random choice", NULL },
		{ "out", NP_OPT_STRING, &a.o.out_dir, "DIR",
		  "of the journal; default results/fuzz-ID", NULL },
		{ "resume", NP_OPT_STRING, &a.o.resume_dir, "DIR",
		  "go on with the campaign whose journal is there", NULL },
		{ "format", NP_OPT_CHOICE, &format, "FORMAT", "text or json", formats },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_fuzz_live, options, argc, argv, NULL);

	if (status < 0) {
		take(&a);
		status = live(&a, format, &err);
	}
	np_strings_release(&a.pid_files);
	np_strings_release(&a.logs);
	return status;
}

const struct np_command np_cmd_fuzz_live = {
	.name = "fuzz live",
	.summary = "send policies to a cluster of your own until its agents crash, hang or enforce "
		   "something else",
	.usage = "--kubeconfig FILE --i-own-this-cluster CONTEXT --agent-selector LABELS [options]",
	.exits = "0 nothing found, 1 findings, 2 usage, 3 environment, 130 interrupted",
	.run = cmd_live,
};

/* ---- replay ---- */

static int replay(struct args *a, const char *key, struct np_err *err)
{
	const char *root = a->o.bug_dir ? a->o.bug_dir : NP_BUG_DIR;
	json_t *bug = NULL;
	int rc;

	if (np_bug_load(root, key, &bug, err) < 0) {
		if (err->code == NP_ENOTFOUND)
			err->code = NP_EUSAGE;
		return np_command_fail(&np_cmd_fuzz_replay, err);
	}
	if (!json_array_size(json_object_get(bug, "operations"))) {
		json_decref(bug);
		np_err_set(err, NP_EUSAGE, "finding '%s' has no operations to send", key);
		return np_command_fail(&np_cmd_fuzz_replay, err);
	}
	rc = np_live_replay(&a->o, bug, err);
	if (rc >= 0 && np_bug_update(root, bug, err) < 0)
		rc = -1;
	json_decref(bug);
	if (rc < 0)
		return np_command_fail(&np_cmd_fuzz_replay, err);
	puts(rc ? "it still happens" : "it does not happen");
	return rc ? NP_EXIT_OK : NP_EXIT_FOUND;
}

static int cmd_replay(int argc, char **argv)
{
	struct args a = { .o = { .for_ms = FOR_MS } };
	struct np_strings keys = { 0 };
	const struct np_option options[] = {
		WHERE(a),
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_fuzz_replay, options, argc, argv, &keys);

	if (status < 0 && keys.n != 1) {
		np_err_set(&err, NP_EUSAGE, "which finding? its key");
		status = np_command_fail(&np_cmd_fuzz_replay, &err);
	}
	if (status < 0) {
		take(&a);
		status = replay(&a, keys.items[0], &err);
	}
	np_strings_release(&keys);
	np_strings_release(&a.pid_files);
	np_strings_release(&a.logs);
	return status;
}

const struct np_command np_cmd_fuzz_replay = {
	.name = "fuzz replay",
	.summary = "does a finding still happen?",
	.usage = "KEY --kubeconfig FILE --i-own-this-cluster CONTEXT [options]",
	.exits = "0 it still happens, 1 it does not, 2 usage, 3 environment, 130 interrupted",
	.run = cmd_replay,
};
