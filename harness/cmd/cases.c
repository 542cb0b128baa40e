/* cases.c - netpolcheck cases: what the suites hold, and more of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases_generate.h"
#include "cases_select.h"
#include "cases_tier.h"
#include "cases_uniform.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "np/run/plan.h"

static const char *const formats[] = { "text", "json", NULL };
static const char *const presets[] = { "features", "uniform", NULL };

#define NOT_SAID UINT64_MAX /* of a number on the command line */
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

/* Everything the command line can say. */
struct choices {
	struct np_strings suites, args;
	struct np_generate generate;
	struct np_tier_choice tier;
	char *suites_dir;
	int format, preset;
	bool excluded;
};

/* Without a tier everything there is, of every profile, by world. */
static int cases(struct choices *c, struct np_err *err)
{
	static const bool of_tiers[NP_N_PROFILES] = { [NP_PROFILE_CORE] = true,
						      [NP_PROFILE_EXTENDED] = true };
	struct np_plan_options po = { .suites_dir = c->suites_dir,
				      .profiles = c->tier.tier < 0 ? NULL : of_tiers,
				      .tier = np_tier_of(&c->tier) };
	bool list = !c->args.n || strcmp(c->args.items[0], "list") == 0;
	struct np_plan plan;
	int rc = 0;

	if (!list && (strcmp(c->args.items[0], "show") != 0 || c->args.n != 2))
		return np_err_set(err, NP_EUSAGE,
				  "say 'cases list', 'cases show ID', 'cases generate' or 'cases "
				  "select'");
	if (np_tier_add(&c->tier, c->suites_dir, &c->suites, err) < 0)
		return -1;
	po.suites = c->suites.items;
	po.n_suites = c->suites.n;
	if (np_plan_load(&po, &plan, err) < 0)
		return -1;
	if (list)
		list_cases(&plan, c->format);
	else
		rc = show_case(&plan, c->args.items[1], err);
	np_plan_release(&plan);
	return rc;
}

/* All that there are unless --count names fewer; they are not drawn, so a seed changes nothing. */
static int uniform(const struct np_generate *g, struct np_err *err)
{
	size_t all = np_uniform_count(), n = g->count < all ? (size_t)g->count : all;

	if (!g->dir)
		return np_err_set(err, NP_EUSAGE, "say where the cases go: --out DIR");
	if (np_uniform_write(g->dir, n, err) < 0)
		return -1;
	printf("%zu uniform cases in %s\n", n, g->dir);
	return 0;
}

/* What is not said has another default for each. */
static int make(struct choices *c, bool select, struct np_err *err)
{
	const struct np_generate *g = &c->generate;
	const struct np_select_ask ask = {
		.strength = g->strength == NOT_SAID ? 3 : g->strength,
		.count = g->count == NOT_SAID ? 2000 : g->count,
		.seed = g->seed == NOT_SAID ? 2 : g->seed, /* another than that of the tier full */
		.suites_dir = c->suites_dir,
		.dir = g->dir,
	};

	if (c->preset == 1 && !select)
		return uniform(g, err);
	if (select)
		return np_cases_select(&ask, c->format == 1, err);
	c->generate.strength = g->strength == NOT_SAID ? 2 : g->strength;
	c->generate.count = g->count == NOT_SAID ? 0 : g->count;
	c->generate.seed = g->seed == NOT_SAID ? 1 : g->seed;
	return np_cases_generate(g, c->format == 1, c->excluded, err);
}

static int cmd_cases(int argc, char **argv)
{
	struct choices c = { .generate = { .strength = NOT_SAID, .seed = NOT_SAID, .count = NOT_SAID },
			     .tier = { .tier = -1 },
			     .suites_dir = np_plan_suites_dir() };
	const struct np_option options[] = {
		{ "suite", NP_OPT_STRINGS, &c.suites, "NAME|PATH",
		  "an area, a case file or a folder; may be repeated", NULL },
		{ "tier", NP_OPT_CHOICE, &c.tier.tier, "smoke|default|full",
		  "list: the cases of a tier, in the order in which they are run", np_tier_names },
		{ "format", NP_OPT_CHOICE, &c.format, "text|json", "of the list", formats },
		{ "strength", NP_OPT_U64, &c.generate.strength, "T",
		  "generate: cover every combination of T values; default 2, 0 for none; select: 3",
		  NULL },
		{ "count", NP_OPT_U64, &c.generate.count, "N",
		  "generate: that many drawn cases behind them; default 0; select: 2000", NULL },
		{ "seed", NP_OPT_U64, &c.generate.seed, "S",
		  "generate: of every choice; default 1; select: 2", NULL },
		{ "out", NP_OPT_STRING, &c.generate.dir, "DIR",
		  "generate, select: where the files go", NULL },
		{ "profile", NP_OPT_STRING, &c.generate.profile, "NAME",
		  "generate: profile of the cases; default extended", NULL },
		{ "preset", NP_OPT_CHOICE, &c.preset, "features|uniform",
		  "generate: uniform: one feature each in three times three pods, to compare with",
		  presets },
		{ "excluded", NP_OPT_FLAG, &c.excluded, NULL,
		  "generate: list the combinations that cannot be, with the reason", NULL },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_cases, options, argc, argv, &c.args);

	if (status < 0) {
		const char *what = c.args.n == 1 ? c.args.items[0] : "";
		bool select = strcmp(what, "select") == 0;
		int rc = select || strcmp(what, "generate") == 0 ? make(&c, select, &err)
								  : cases(&c, &err);

		status = rc < 0 ? np_command_fail(&np_cmd_cases, &err) : NP_EXIT_OK;
	}
	np_tier_drop(&c.tier);
	np_strings_release(&c.suites);
	np_strings_release(&c.args);
	free(c.suites_dir);
	return status;
}

const struct np_command np_cmd_cases = {
	.name = "cases",
	.summary = "list, show, generate or select test cases",
	.usage = "list [options] | show ID | generate --out DIR [options] | select --out DIR [options]",
	.exits = "0 done, 2 usage or unreadable case, 130 interrupted",
	.run = cmd_cases,
};
