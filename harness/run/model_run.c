/* model_run.c - a run on the model CNI: no cluster, no packets, the same record. */
#include <stdlib.h>
#include <unistd.h>

#include "demand.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/run/score.h"
#include "record.h"

struct model_run {
	const struct np_run_options *o;
	struct np_run_summary *sum;
	struct np_plan plan;
	struct np_record record;
	struct np_model_wrong wrong;
	struct np_model *model;
	char id[32];
};

static int refuse_options(const struct np_run_options *o, struct np_model_wrong *ret,
			  struct np_err *err)
{
	if (o->kubeconfig || o->in_cluster || o->image || o->inject || o->external ||
	    o->resume_dir || o->waivers || o->n_shards)
		return np_err_set(err, NP_EUSAGE,
				  "--model takes no cluster, image, external, resume, waivers or "
				  "shard: nothing is deployed");
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

	snprintf(r->id, sizeof(r->id), "m%lx%lx", (unsigned long)(np_now_us() & 0xFFFFFF),
		 (unsigned long)getpid() & 0xFFFF);
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

	for (int p = 0; p < NP_N_PROFILES; p++)
		if (r->o->profiles[p])
			json_array_append_new(profiles,
					      json_string(np_profile_name((enum np_profile)p)));
	for (size_t i = 0; i < r->o->n_suites; i++)
		json_array_append_new(suites, np_json_string(np_str_from(r->o->suites[i])));
	np_record_put_take(&r->record,
			   np_json_pack("{s:s, s:i, s:s, s:s, s:s, s:I, s:{s:s, s:s, s:s, s:s?}, "
					"s:o, s:s, s:o, s:i, s:I, s:s?}",
					"type", "run", "schema", NP_RECORD_SCHEMA, "version",
					NP_VERSION, "id", r->id, "started",
					np_wall_text(now, sizeof(now)), "seed",
					(json_int_t)r->o->seed, "target", "kind", "model", "server",
					"none", "image", "none", "fault", r->o->fault, "suites",
					suites, "tier", np_tier_name(r->o->tier), "profiles",
					profiles, "workers", 1, "cases",
					(json_int_t)r->plan.n_cases, "command", r->o->argv_text));
}

static void record_case(struct model_run *r, const struct np_case *c, enum np_play_result result,
			const struct np_play *p)
{
	bool passed = result == NP_PLAY_PASSED;
	char why[256];
	json_t *line = np_json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:i, s:i}", "type", "case", "case",
		np_json_string(c->id), "title", np_json_string(c->title), "area",
		np_record_area(c->id),
		"profile", np_json_string(c->profile), "covers", np_record_clauses(&c->covers), "result",
		passed ? "pass" : "fail", "worker", 0, "wrong", passed ? 0 : 1);

	if (!passed) {
		json_object_set_new(line, "clauses", np_record_clauses(&c->covers));
		json_object_set_new(
			line, "reason",
			np_json_string(np_str_from(
				result == NP_PLAY_CRASHED ? "the agent has died"
							  : np_play_failure(p, why, sizeof(why)))));
	}
	np_record_put_take(&r->record, line);
}

static void record_end(struct model_run *r)
{
	struct np_run_summary *s = r->sum;

	np_record_put_take(
		&r->record,
		np_json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:[], s:i, s:b, s:I, s:I, s:s}",
			     "type", "end", "passed", (json_int_t)s->by_result[NP_RUN_PASS],
			     "failed", (json_int_t)s->by_result[NP_RUN_FAIL], "skipped",
			     (json_int_t)0, "known", (json_int_t)0, "errors", (json_int_t)0,
			     "fixed", (json_int_t)0, "unused_waivers", "exit", np_run_exit(s),
			     "interrupted", s->interrupted, "ms", (json_int_t)s->elapsed_ms,
			     "probes", (json_int_t)s->probes, "reason", s->reason));
}

static int judge(struct model_run *r, const struct np_case *c, const struct np_expect_port *shared,
		 size_t n_shared, struct np_err *err)
{
	struct np_play *p =
		np_play_new(c, np_plan_world(&r->plan, c->world), shared, n_shared, err);
	enum np_play_result result;

	if (!p)
		return np_err_prefix(err, "case %s", c->id.p);
	result = np_play_run(p, r->model, &r->wrong);
	r->sum->by_result[result == NP_PLAY_PASSED ? NP_RUN_PASS : NP_RUN_FAIL]++;
	r->sum->probes += np_play_n_cells(p);
	record_case(r, c, result, p);
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

int np_run_on_model(const struct np_run_options *o, struct np_run_summary *ret, struct np_err *err)
{
	const struct np_plan_options po = { .suites_dir = o->suites_dir,
					    .suites = o->suites,
					    .n_suites = o->n_suites,
					    .profiles = o->profiles,
					    .case_globs = o->case_globs,
					    .n_case_globs = o->n_case_globs,
					    .tag = o->tag,
					    .tier = o->tier };
	struct model_run r = { .o = o, .sum = ret };
	int rc;

	*ret = (struct np_run_summary){ .n_cases = 0 };
	if (refuse_options(o, &r.wrong, err) < 0 || np_plan_load(&po, &r.plan, err) < 0)
		return -1;
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
	np_plan_release(&r.plan);
	return rc;
}
