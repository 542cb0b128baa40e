/* cases.c - netpolcheck cases: what the suites hold, and more of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases_generate.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "np/run/plan.h"

static const char *const formats[] = { "text", "json", NULL };

#define CASE_MAX_BYTES ((size_t)3 << 20)

static json_t *case_json(const struct np_case *c)
{
	json_t *covers = json_array(), *needs = json_array(), *catches = json_array();
	char name[8];

	for (unsigned k = 0; k <= NP_CLAUSE_MAX; k++)
		if (np_clauses_has(&c->covers, k))
			json_array_append_new(covers, json_string(np_clause_name(k, name)));
	for (unsigned bit = 0; bit < 16; bit++)
		if (c->needs & (1U << bit))
			json_array_append_new(needs,
					      json_string(np_need_name((enum np_need)(1U << bit))));
	for (size_t i = 0; i < c->n_catches; i++)
		json_array_append_new(catches, np_json_string(c->catches[i]));
	return np_json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "case",
			    np_json_string(c->id), "title", np_json_string(c->title), "profile",
			    np_json_string(c->profile), "world", np_json_string(c->world), "covers",
			    covers, "needs", needs, "catches", catches, "file",
			    np_json_string(np_str_from(c->place.file ? c->place.file : "")));
}

static void list_cases(const struct np_plan *p, int format)
{
	json_t *all = json_array();
	struct np_buf text = { 0 };
	char clauses[512];

	for (size_t i = 0; i < p->n_cases; i++) {
		const struct np_case *c = &p->cases[i];

		if (format == 1)
			json_array_append_new(all, case_json(c));
		else
			np_buf_printf(&text, "%-44s %-9s %-14s %s\n", c->id.p, c->profile.p,
				      np_clauses_text(&c->covers, clauses, sizeof(clauses)),
				      c->title.p);
	}
	if (format == 1) {
		np_json_dump(all, 0, &text);
		np_buf_addc(&text, '\n');
	}
	fputs(np_buf_text(&text), stdout);
	np_buf_release(&text);
	json_decref(all);
}

static int show_case(const struct np_plan *p, const char *id, struct np_err *err)
{
	struct np_buf text = { 0 };
	int rc = np_err_set(err, NP_EUSAGE,
			    "no case '%s'; 'netpolcheck cases list' shows what there is", id);

	for (size_t i = 0; i < p->n_cases; i++)
		if (np_str_is(p->cases[i].id, id)) {
			rc = np_file_read(p->cases[i].place.file, CASE_MAX_BYTES, &text, err);
			fputs(np_buf_text(&text), stdout);
		}
	np_buf_release(&text);
	return rc;
}

static int cases(const struct np_strings *args, const struct np_strings *suites, int format,
		 struct np_err *err)
{
	np_auto_free char *dir = np_plan_suites_dir();
	const struct np_plan_options po = { .suites_dir = dir,
					    .suites = suites->items,
					    .n_suites = suites->n };
	bool list = !args->n || strcmp(args->items[0], "list") == 0;
	struct np_plan plan;
	int rc = 0;

	if (!list && (strcmp(args->items[0], "show") != 0 || args->n != 2))
		return np_err_set(err, NP_EUSAGE,
				  "say 'cases list', 'cases show ID' or 'cases generate'");
	if (np_plan_load(&po, &plan, err) < 0)
		return -1;
	if (list)
		list_cases(&plan, format);
	else
		rc = show_case(&plan, args->items[1], err);
	np_plan_release(&plan);
	return rc;
}

static int cmd_cases(int argc, char **argv)
{
	struct np_strings suites = { 0 }, args = { 0 };
	struct np_generate generate = { .strength = 2, .seed = 1 };
	bool excluded = false;
	int format = 0;
	const struct np_option options[] = {
		{ "suite", NP_OPT_STRINGS, &suites, "NAME|PATH",
		  "an area, a case file or a folder; may be repeated", NULL },
		{ "format", NP_OPT_CHOICE, &format, "text|json", "of the list", formats },
		{ "strength", NP_OPT_U64, &generate.strength, "T",
		  "generate: cover every combination of T values; default 2, 0 for none", NULL },
		{ "count", NP_OPT_U64, &generate.count, "N",
		  "generate: that many drawn cases behind them; default 0", NULL },
		{ "seed", NP_OPT_U64, &generate.seed, "S", "generate: of every choice; default 1",
		  NULL },
		{ "out", NP_OPT_STRING, &generate.dir, "DIR", "generate: where the files go", NULL },
		{ "profile", NP_OPT_STRING, &generate.profile, "NAME",
		  "generate: profile of the cases; default extended", NULL },
		{ "excluded", NP_OPT_FLAG, &excluded, NULL,
		  "generate: list the combinations that cannot be, with the reason", NULL },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_cases, options, argc, argv, &args);

	if (status < 0 && args.n == 1 && strcmp(args.items[0], "generate") == 0)
		status = np_cases_generate(&generate, format == 1, excluded, &err) < 0
				 ? np_command_fail(&np_cmd_cases, &err)
				 : NP_EXIT_OK;
	else if (status < 0)
		status = cases(&args, &suites, format, &err) < 0
				 ? np_command_fail(&np_cmd_cases, &err)
				 : NP_EXIT_OK;
	np_strings_release(&suites);
	np_strings_release(&args);
	return status;
}

const struct np_command np_cmd_cases = {
	.name = "cases",
	.summary = "list, show or generate test cases",
	.usage = "list [options] | show ID | generate --out DIR [options]",
	.exits = "0 done, 2 usage or unreadable case",
	.run = cmd_cases,
};
