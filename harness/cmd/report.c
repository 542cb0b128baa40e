/* report.c - netpolcheck report: what records say, in any format; records joined and compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "np/report/report.h"

/* In the order of enum np_report_format. */
static const char *const formats[] = { "text", "json",	"junit",  "markdown", "tap",
				       "html", "sarif", "github", NULL };

/* Everything the command line can say. */
struct choices {
	struct np_strings args; /* the verb, then records */
	int format;
	const char *out;
	bool gate;
	struct np_report_waive waive;
};

static int print_take(struct np_buf *text, struct np_err *err)
{
	bool ok =
		fwrite(np_buf_text(text), 1, text->len, stdout) == text->len && fflush(stdout) == 0;

	np_buf_release(text);
	return ok ? 0 : np_err_set(err, NP_EIO, "cannot write to standard output");
}

/* What is no terminal gets the 100 columns of the default. */
static struct np_report_style style_of_stdout(void)
{
	struct winsize w = { 0 };
	bool terminal = isatty(STDOUT_FILENO);

	if (terminal)
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	return (struct np_report_style){ terminal && !getenv("NO_COLOR"), w.ws_col };
}

/* Prints @r; the exit status is the run's own where that is asked for. */
static int print_report(const struct np_report *r, const struct choices *c, struct np_err *err)
{
	const struct np_report_style style = style_of_stdout();
	struct np_buf text = { 0 };

	np_report_write(r, (enum np_report_format)c->format, &style, &text);
	if (print_take(&text, err) < 0)
		return -1;
	return c->gate ? np_report_exit(r) : 0;
}

static int show(const struct choices *c, struct np_err *err)
{
	struct np_report *r;
	int rc;

	if (np_report_load(c->args.items[1], &r, err) < 0)
		return -1;
	rc = print_report(r, c, err);
	np_report_free(r);
	return rc;
}

static int merge(const struct choices *c, struct np_err *err)
{
	struct np_report *r = NULL;
	int rc;

	if (!c->out)
		return np_err_set(err, NP_EUSAGE, "'report merge' needs --out DIR");
	if (np_report_merge(c->args.items + 1, c->args.n - 1, c->out, err) < 0 ||
	    np_report_load(c->out, &r, err) < 0)
		return -1;
	rc = np_report_files(r, c->out, err);
	if (rc == 0)
		rc = print_report(r, c, err);
	np_report_free(r);
	return rc;
}

/* Behind what the file holds already; to standard output where none is named. */
static int put_waivers_take(const struct choices *c, struct np_buf *fresh, struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc = 0;

	if (!c->out)
		return print_take(fresh, err);
	if (access(c->out, F_OK) == 0)
		rc = np_file_read(c->out, (size_t)1 << 20, &text, err);
	if (rc == 0) {
		np_buf_add(&text, fresh->data, fresh->len);
		rc = np_file_write(c->out, text.data, text.len, 0666, err);
	}
	np_buf_release(&text);
	np_buf_release(fresh);
	return rc;
}

static int waive(const struct choices *c, struct np_err *err)
{
	struct np_report *r;
	struct np_buf text = { 0 };
	size_t n = 0;
	int rc;

	if (np_report_load(c->args.items[1], &r, err) < 0)
		return -1;
	rc = np_report_waive(r, &c->waive, &text, &n, err);
	np_report_free(r);
	if (rc == 0 && n)
		rc = put_waivers_take(c, &text, err);
	if (rc == 0)
		fprintf(stderr, "%zu case%s waived\n", n, n == 1 ? "" : "s");
	np_buf_release(&text);
	return rc;
}

static void free_all(struct np_report **runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		np_report_free(runs[i]);
	free(runs);
}

/* The records that the arguments name; free_all(). NULL when one cannot be read. */
static struct np_report **load_all(const struct choices *c, struct np_err *err)
{
	size_t n = c->args.n - 1;
	struct np_report **runs = np_xcalloc(n, sizeof(*runs));

	for (size_t i = 0; i < n; i++)
		if (np_report_load(c->args.items[i + 1], &runs[i], err) < 0) {
			free_all(runs, n);
			return NULL;
		}
	return runs;
}

/* Returns 1 when they differ. */
static int diff(const struct choices *c, struct np_err *err)
{
	size_t n = c->args.n - 1;
	struct np_report **runs;
	struct np_buf text = { 0 };
	bool differs = false;
	int rc;

	if (c->format != NP_REPORT_TEXT && c->format != NP_REPORT_JSON)
		return np_err_set(err, NP_EUSAGE, "--format: 'report diff' writes text or json");
	runs = load_all(c, err);
	if (!runs)
		return -1;
	np_report_diff((const struct np_report *const *)runs, n - 1, runs[n - 1],
		       (enum np_report_format)c->format, &text, &differs);
	rc = print_take(&text, err);
	free_all(runs, n);
	return rc < 0 ? -1 : differs;
}

static int matrix(const struct choices *c, struct np_err *err)
{
	size_t n = c->args.n - 1;
	struct np_report **runs = load_all(c, err);
	struct np_buf text = { 0 };

	if (!runs)
		return -1;
	np_report_matrix((const struct np_report *const *)runs, n, (enum np_report_format)c->format,
			 &text);
	free_all(runs, n);
	return print_take(&text, err);
}

static int badge(const struct choices *c, struct np_err *err)
{
	struct np_report *r;
	struct np_buf text = { 0 };

	if (np_report_load(c->args.items[1], &r, err) < 0)
		return -1;
	np_report_badge(r, &text);
	np_report_free(r);
	return print_take(&text, err);
}

static const struct verb {
	const char *name;
	size_t min, max; /* records */
	int (*run)(const struct choices *c, struct np_err *err);
} verbs[] = {
	{ "show", 1, 1, show },
	{ "merge", 1, NP_REPORT_SHARDS_MAX, merge },
	{ "waive", 1, 1, waive },
	{ "diff", 2, NP_REPORT_SHARDS_MAX, diff },
	{ "matrix", 1, NP_REPORT_SHARDS_MAX, matrix },
	{ "badge", 1, 1, badge },
};

static int report(const struct choices *c, struct np_err *err)
{
	size_t n = c->args.n;

	for (size_t i = 0; n && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(c->args.items[0], verbs[i].name) == 0 && n - 1 >= verbs[i].min &&
		    n - 1 <= verbs[i].max)
			return verbs[i].run(c, err);
	return np_err_set(err, NP_EUSAGE, "say 'report %s'", np_cmd_report.usage);
}

static int cmd_report(int argc, char **argv)
{
	struct choices c = { .format = NP_REPORT_TEXT };
	const struct np_option options[] = {
		{ "format", NP_OPT_CHOICE, &c.format, "NAME",
		  "text (default), json, junit, markdown, tap, html, sarif or github; 'diff' "
		  "writes "
		  "text or json",
		  formats },
		{ "out", NP_OPT_STRING, &c.out, "DIR|FILE",
		  "merge: where the record and its reports go; waive: the file to add to", NULL },
		{ "reason", NP_OPT_STRING, &c.waive.reason, "TEXT", "waive: why", NULL },
		{ "link", NP_OPT_STRING, &c.waive.link, "URL", "waive: where more of it stands",
		  NULL },
		{ "agent", NP_OPT_STRING, &c.waive.agent, "NAME",
		  "waive: only in runs that test this one (run --agent)", NULL },
		{ "version", NP_OPT_STRING, &c.waive.version, "GLOB",
		  "waive: only these versions of it", NULL },
		{ "mode", NP_OPT_STRING, &c.waive.mode, "GLOB", "waive: only these modes of it",
		  NULL },
		{ "expires", NP_OPT_STRING, &c.waive.expires, "YYYY-MM-DD", "waive: the last day",
		  NULL },
		{ "case", NP_OPT_STRING, &c.waive.glob, "GLOB",
		  "waive: only cases whose id matches", NULL },
		{ "gate", NP_OPT_FLAG, &c.gate, NULL,
		  "show, merge: exit with the status that the run has", NULL },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_report, options, argc, argv, &c.args);

	if (status < 0) {
		status = report(&c, &err);
		if (status < 0)
			status = np_command_fail(&np_cmd_report, &err);
	}
	np_strings_release(&c.args);
	return status;
}

const struct np_command np_cmd_report = {
	.name = "report",
	.summary = "show, join, compare and waive what records of runs hold",
	.usage = "show RUN | merge SHARD ... --out DIR | waive RUN --reason TEXT | diff OLD ... "
		 "NEW | "
		 "matrix RUN ... | badge RUN [options]",
	.exits = "0 done, 1 'diff' found differences, 2 usage or unreadable record, "
		 "3 cannot write; with --gate that of the run",
	.run = cmd_report,
};
