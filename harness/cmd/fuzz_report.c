/* fuzz_report.c - netpolcheck fuzz report: findings in any format. */
#include "fuzz.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/campaign/bug.h"

static const char *const formats[] = { "text", "json", "markdown", "junit", "sarif", NULL };

/* All of @root, or those whose keys are named. */
static int load(const char *root, const struct np_strings *keys, json_t **ret, struct np_err *err)
{
	json_t *list = json_array();

	if (!keys->n) {
		json_decref(list);
		return np_bugs_load(root, ret, err);
	}
	for (size_t i = 0; i < keys->n; i++) {
		json_t *bug = NULL;

		if (np_bug_load(root, keys->items[i], &bug, err) < 0) {
			json_decref(list);
			return -1;
		}
		json_array_append_new(list, bug);
	}
	*ret = list;
	return 0;
}

static int print(const char *root, const struct np_strings *keys, int format, bool disclose,
		 struct np_err *err)
{
	struct np_buf text = { 0 };
	json_t *list = NULL;
	bool ok;

	if (load(root, keys, &list, err) < 0)
		return -1;
	np_bugs_print(list, root, (enum np_bug_format)format, disclose, &text);
	ok = fwrite(np_buf_text(&text), 1, text.len, stdout) == text.len && fflush(stdout) == 0;
	np_buf_release(&text);
	json_decref(list);
	return ok ? 0 : np_err_set(err, NP_EIO, "cannot write to standard output");
}

static int cmd_report(int argc, char **argv)
{
	const char *root = NP_BUG_DIR;
	struct np_strings keys = { 0 };
	int format = NP_BUG_TEXT;
	bool disclose = false;
	const struct np_option options[] = {
		{ "dir", NP_OPT_STRING, &root, "DIR", "the findings; default " NP_BUG_DIR, NULL },
		{ "format", NP_OPT_CHOICE, &format, "FORMAT",
		  "text, json, markdown, junit or sarif", formats },
		{ "disclose", NP_OPT_FLAG, &disclose, NULL,
		  "show inputs and stacks; without it key, kind and component only", NULL },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_fuzz_report, options, argc, argv, &keys);

	if (status < 0)
		status = print(root, &keys, format, disclose, &err) < 0
				 ? np_command_fail(&np_cmd_fuzz_report, &err)
				 : NP_EXIT_OK;
	if (err.code == NP_ENOTFOUND)
		status = NP_EXIT_USAGE;
	np_strings_release(&keys);
	return status;
}

const struct np_command np_cmd_fuzz_report = {
	.name = "fuzz report",
	.summary = "what campaigns found, under embargo unless told otherwise",
	.usage = "[options] [KEY ...]",
	.exits = "0 done, 2 usage or no such finding",
	.run = cmd_report,
};
