/* report.c - netpolcheck report: records again, in any format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "np/cmd/options.h"
#include "np/report/report.h"

static const char *const formats[] = { "text", "json", "junit", "markdown", NULL };

static int show(const char *path, int format, struct np_err *err)
{
	const struct np_report_style style = { .color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"), .width = 100 };
	struct np_report *r;
	struct np_buf text = { 0 };

	if (np_report_load(path, &r, err) < 0)
		return -1;
	np_report_write(r, (enum np_report_format)format, &style, &text);
	fwrite(text.data, 1, text.len, stdout);
	np_buf_release(&text);
	np_report_free(r);
	return 0;
}

static int diff(const char *old_path, const char *new_path, int format, bool *ret_differs, struct np_err *err)
{
	struct np_report *before = NULL, *after = NULL;
	struct np_buf text = { 0 };
	int rc = np_report_load(old_path, &before, err);

	if (rc == 0)
		rc = np_report_load(new_path, &after, err);
	if (rc == 0) {
		np_report_diff(before, after, (enum np_report_format)format, &text, ret_differs);
		fputs(np_buf_text(&text), stdout);
	}
	np_buf_release(&text);
	np_report_free(before);
	np_report_free(after);
	return rc;
}

static int report(const struct np_strings *args, int format, struct np_err *err)
{
	bool differs = false;

	if (args->n == 2 && strcmp(args->items[0], "show") == 0)
		return show(args->items[1], format, err);
	if (args->n == 3 && strcmp(args->items[0], "diff") == 0)
		return diff(args->items[1], args->items[2], format, &differs, err) < 0 ? -1 : differs;
	return np_err_set(err, NP_EUSAGE, "say 'report show RUN' or 'report diff OLD NEW'");
}

static int cmd_report(int argc, char **argv)
{
	struct np_strings args = { 0 };
	int format = 0;
	const struct np_option options[] = {
		{ "format", NP_OPT_CHOICE, &format, "NAME", "text, json, junit or markdown (diff: text or json)", formats },
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
	.summary = "show or compare records of runs",
	.usage = "show RUN | diff OLD NEW [--format NAME]",
	.exits = "0 done, 1 'diff' found differences, 2 usage or unreadable record",
	.run = cmd_report,
};
