/* report.c - netpolcheck report: records again, in any format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "np/cmd/options.h"
#include "np/report/report.h"

/* In the order of enum np_report_format. */
static const char *const formats[] = { "text",	"json", "junit", "markdown", "tap",
				       "html",	"sarif", "github", NULL };

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

static int show(const char *path, int format, struct np_err *err)
{
	const struct np_report_style style = style_of_stdout();
	struct np_report *r;
	struct np_buf text = { 0 };

	if (np_report_load(path, &r, err) < 0)
		return -1;
	np_report_write(r, (enum np_report_format)format, &style, &text);
	np_report_free(r);
	return print_take(&text, err);
}

/* Returns 1 when they differ. */
static int diff(const char *old_path, const char *new_path, int format, struct np_err *err)
{
	struct np_report *before = NULL, *after = NULL;
	struct np_buf text = { 0 };
	bool differs = false;
	int rc;

	if (format != NP_REPORT_TEXT && format != NP_REPORT_JSON)
		return np_err_set(err, NP_EUSAGE, "--format: 'report diff' writes text or json");
	rc = np_report_load(old_path, &before, err);
	if (rc == 0)
		rc = np_report_load(new_path, &after, err);
	if (rc == 0) {
		np_report_diff(before, after, (enum np_report_format)format, &text, &differs);
		rc = print_take(&text, err);
	}
	np_report_free(before);
	np_report_free(after);
	return rc < 0 ? -1 : differs;
}

static int report(const struct np_strings *args, int format, struct np_err *err)
{
	if (args->n == 2 && strcmp(args->items[0], "show") == 0)
		return show(args->items[1], format, err);
	if (args->n == 3 && strcmp(args->items[0], "diff") == 0)
		return diff(args->items[1], args->items[2], format, err);
	return np_err_set(err, NP_EUSAGE, "say 'report show RUN' or 'report diff OLD NEW'");
}

static int cmd_report(int argc, char **argv)
{
	struct np_strings args = { 0 };
	int format = 0;
	const struct np_option options[] = {
		{ "format", NP_OPT_CHOICE, &format, "NAME",
		  "text (default), json, junit, markdown, tap, html, sarif or github; 'diff' writes "
		  "text or json", formats },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_report, options, argc, argv, &args);

	if (status < 0) {
		status = report(&args, format, &err);
		if (status < 0)
			status = np_command_fail(&np_cmd_report, &err);
	}
	np_strings_release(&args);
	return status;
}

const struct np_command np_cmd_report = {
	.name = "report",
	.summary = "show or compare records of runs, folders or their run.jsonl",
	.usage = "show RUN | diff OLD NEW [--format NAME]",
	.exits = "0 done, 1 'diff' found differences, 2 usage or unreadable record, "
		 "3 cannot write",
	.run = cmd_report,
};
