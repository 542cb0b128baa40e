/* model_run.c - a run on the model CNI: no cluster, no packets, the same record. */
#include <stdlib.h>
#include <unistd.h>

#include "demand.h"
#include "model_cells.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "run_parts.h"

struct model_run {
	const struct np_run_options *o;
	struct np_run_summary *sum;
	struct np_plan plan;
	struct np_shard shard;
	struct np_waivers waivers;
	struct np_record record;
	struct np_model_wrong wrong;
	struct np_model *model;
	uint64_t seed;
	size_t n_fixed;
	char id[NP_RUN_ID_LEN + 1];
};

/* What came of one case. */
struct model_verdict {
	enum np_run_result result;
	json_t *cells; /* the wrong ones of its first wrong expectation */
	const json_t *waiver; /* of a known one; borrowed */
	bool fixed;
	char why[256];
};

static int refuse_options(const struct np_run_options *o, struct np_model_wrong *ret,
			  struct np_err *err)
{
	const struct {
		bool given;
		const char *name, *why;
	} options[] = {
		{ o->kubeconfig != NULL, "kubeconfig", "no cluster is asked" },
		{ o->context != NULL, "context", "no cluster is asked" },
		{ o->in_cluster, "in-cluster", "no cluster is asked" },
		{ o->image != NULL, "image", "nothing is deployed" },
		{ o->inject, "inject", "nothing is deployed" },
		{ o->external != NULL, "external", "no packet is sent" },
		{ o->resume_dir != NULL, "resume", "a run of seconds is begun again" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(options); i++)
		if (options[i].given)
			return np_err_set(err, NP_EUSAGE, "--model takes no --%s: %s",
					  options[i].name, options[i].why);
	if (!o->fault)
		return 0;
	ret->mutant = np_mutant_find(o->fault);
	if (ret->mutant == NP_MUTANT_NONE)
		return np_err_set(err, NP_EUSAGE,
				  "--fault: no mutant '%s'; 'netpolcheck score --list' shows them",
				  o->fault);
	return 0;
}

static int open_record(struct model_run *r, struct np_err *err)
{
	np_auto_free char *dir = NULL;

	dir = r->o->out_dir ? np_xstrdup(r->o->out_dir) : np_xasprintf("results/run-%s", r->id);
	if (np_record_open(&r->record, dir, false, err) < 0)
		return -1;
	r->record.copy_fd = r->o->copy_fd;
	snprintf(r->sum->dir, sizeof(r->sum->dir), "%s", dir);
	return 0;
}

static void record_begin(struct model_run *r)
{
	json_t *profiles = json_array(), *suites = json_array();
	char now[64];
	json_t *line;

	for (int p = 0; p < NP_N_PROFILES; p++)
		if (r->o->profiles[p])
			json_array_append_new(profiles,
					      json_string(np_profile_name((enum np_profile)p)));
	for (size_t i = 0; i < r->o->n_suites; i++)
		json_array_append_new(suites, np_json_string(np_str_from(r->o->suites[i])));
	line = np_json_pack("{s:s, s:i, s:s, s:s, s:s, s:I, s:{s:s, s:s, s:s, s:s?}, s:o, s:s, s:o, "
			    "s:i, s:I, s:s?}",
			    "type", "run", "schema", NP_RECORD_SCHEMA, "version", NP_VERSION, "id",
			    r->id, "started", np_wall_text(now, sizeof(now)), "seed",
			    (json_int_t)r->seed, "target", "kind", "model", "server", "none",
			    "image", "none", "fault", r->o->fault, "suites", suites, "tier",
			    np_tier_name(r->o->tier), "profiles", profiles, "workers", 1, "cases",
			    (json_int_t)r->plan.n_cases, "command", r->o->argv_text);
	run_record_about(line, r->o, &r->shard);
	np_record_put_take(&r->record, line);
}

static void record_case(struct model_run *r, const struct np_case *c,
			const struct model_verdict *v)
{
	json_t *line = np_json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:i, s:I}", "type", "case", "case",
		np_json_string(c->id), "title", np_json_string(c->title), "area",
		np_record_area(c->id), "profile", np_json_string(c->profile), "covers",
		np_record_clauses(&c->covers), "result", np_run_result_name(v->result), "worker", 0,
		"wrong", (json_int_t)json_array_size(v->cells));

	if (v->result != NP_RUN_PASS) {
		json_object_set_new(line, "clauses", np_record_clauses(&c->covers));
		json_object_set_new(line, "reason", np_json_string(np_str_from(v->why)));
	}
	if (json_array_size(v->cells))
		json_object_set(line, "cells", v->cells);
	if (v->waiver)
		json_object_set_new(line, "waiver", json_deep_copy(v->waiver));
	if (v->fixed)
		json_object_set_new(line, "fixed", json_true());
	np_record_put_take(&r->record, line);
}

static void record_end(struct model_run *r)
{
	struct np_run_summary *s = r->sum;
	json_t *line;

	run_judge_waivers(r->o, &r->waivers, s);
	line = np_json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:b, s:I, s:I, s:s}", "type",
			    "end", "passed", (json_int_t)s->by_result[NP_RUN_PASS], "failed",
			    (json_int_t)s->by_result[NP_RUN_FAIL], "skipped", (json_int_t)0,
			    "known", (json_int_t)s->by_result[NP_RUN_KNOWN], "errors",
			    (json_int_t)0, "fixed", (json_int_t)r->n_fixed, "exit", np_run_exit(s),
			    "interrupted", s->interrupted, "ms", (json_int_t)s->elapsed_ms,
			    "probes", (json_int_t)s->probes, "reason", s->reason);
	run_record_waivers(line, &r->waivers);
	np_record_put_take(&r->record, line);
}

/* As waivers name it: the family only where a case has both. */
struct note {
	const struct np_case *c;
	json_t *cells;
};

static void note_cell(void *ctx, const struct np_play_cell *cell)
{
	struct note *n = ctx;
	np_auto_free char *text = np_xasprintf(
		NP_STR_FMT " -> " NP_STR_FMT " %s:%u%s", NP_STR_ARG(cell->src),
		NP_STR_ARG(cell->dst), np_proto_name(cell->proto), cell->port,
		n->c->families == 3 && cell->family == 6 ? " v6" : "");

	json_array_append_new(n->cells, np_json_string(np_str_from(text)));
}

/* A case that the model fails: what all is wrong, and whether that is waived. */
static void judge_failure(struct model_run *r, const struct np_case *c, struct np_play *p,
			  bool crashed, struct model_verdict *v)
{
	struct note note = { .c = c, .cells = v->cells };
	size_t expect;

	if (crashed) {
		snprintf(v->why, sizeof(v->why), "the agent has died");
	} else {
		np_play_failure(p, v->why, sizeof(v->why));
		np_play_look(p, r->model, &r->wrong, NULL, note_cell, &note, &expect);
	}
	v->result = NP_RUN_FAIL;
	if (!np_waivers_cover_cells(&r->waivers, c->id, v->cells, &v->waiver))
		return;
	v->result = NP_RUN_KNOWN;
	snprintf(v->why, sizeof(v->why), "known: %.200s", np_json_str(v->waiver, "reason", ""));
}

static int judge(struct model_run *r, const struct np_case *c, const struct np_expect_port *shared,
		 size_t n_shared, struct np_err *err)
{
	struct np_play *p =
		np_play_new(c, np_plan_world(&r->plan, c->world), shared, n_shared, err);
	struct model_verdict v = { .result = NP_RUN_PASS };
	enum np_play_result played;

	if (!p)
		return np_err_prefix(err, "case %s", c->id.p);
	v.cells = json_array();
	played = np_play_run(p, r->model, &r->wrong);
	if (played != NP_PLAY_PASSED)
		judge_failure(r, c, p, played == NP_PLAY_CRASHED, &v);
	else
		v.fixed = np_waivers_for(&r->waivers, c->id) != NULL;
	np_waivers_judge(&r->waivers, c->id, v.result == NP_RUN_KNOWN);
	r->n_fixed += v.fixed;
	r->sum->by_result[v.result]++;
	r->sum->probes += np_play_n_cells(p);
	record_case(r, c, &v);
	json_decref(v.cells);
	np_play_free(p);
	return 0;
}

static int judge_all(struct model_run *r, struct np_err *err)
{
	size_t n_shared;
	struct np_expect_port *shared = np_demand_ports(&r->plan, &n_shared);
	int rc = 0;

	r->model = np_model_new();
	for (size_t i = 0; i < r->plan.n_cases && rc == 0 && !r->sum->interrupted; i++) {
		rc = judge(r, &r->plan.cases[i], shared, n_shared, err);
		r->sum->interrupted = r->o->cancel && atomic_load(r->o->cancel);
		if (r->o->fail_fast && r->sum->by_result[NP_RUN_FAIL])
			break;
	}
	np_model_free(r->model);
	free(shared);
	return rc;
}

/* The cases of the run, those of its shard only; without --seed all shards have the same one. */
static int make_plan(struct model_run *r, struct np_err *err)
{
	const struct np_run_options *o = r->o;
	const struct np_plan_options po = { .suites_dir = o->suites_dir,
					    .suites = o->suites,
					    .n_suites = o->n_suites,
					    .profiles = o->profiles,
					    .case_globs = o->case_globs,
					    .n_case_globs = o->n_case_globs,
					    .tag = o->tag,
					    .tier = o->tier };

	r->seed = o->seed;
	r->shard.number = o->shard;
	r->shard.of = o->n_shards;
	if (np_plan_load(&po, &r->plan, err) < 0)
		return -1;
	if (!r->shard.of)
		return 0;
	if (np_shard_take(&r->plan, o->suites_dir, &r->shard, err) < 0)
		return -1;
	if (!r->seed)
		r->seed = np_shard_seed(&r->shard);
	return 0;
}

int np_run_on_model(const struct np_run_options *o, struct np_run_summary *ret, struct np_err *err)
{
	struct model_run r = { .o = o, .sum = ret };
	int rc;

	*ret = (struct np_run_summary){ .n_cases = 0 };
	run_make_id(r.id);
	rc = refuse_options(o, &r.wrong, err);
	if (rc == 0)
		rc = make_plan(&r, err);
	if (rc == 0)
		rc = np_waivers_of_run(o, &r.plan, &r.waivers, err);
	/* A file that the user named is not the environment's failure. */
	if (rc < 0 && err->code == NP_EIO)
		err->code = NP_EUSAGE;
	if (rc == 0)
		rc = open_record(&r, err);
	if (rc == 0) {
		ret->n_cases = r.plan.n_cases;
		record_begin(&r);
		rc = judge_all(&r, err);
		ret->elapsed_ms = np_record_now_ms(&r.record);
		if (rc < 0)
			snprintf(ret->reason, sizeof(ret->reason), "%s", err->msg);
		record_end(&r);
		np_record_close(&r.record);
	}
	if (r.waivers.list)
		np_waivers_release(&r.waivers);
	np_plan_release(&r.plan);
	return rc;
}
