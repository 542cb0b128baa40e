/* caserun.c - one case. */
#include "caserun.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "coverage.h"
#include "judgement.h"
#include "sentinel.h"
#include "steps.h"
#include "trouble.h"

#define DEADLINE_MEASURED 8 /* changes after which the deadline follows what was measured */
#define DEADLINE_LEAST_MS 10000

/* A case on its way. */
struct running {
	struct np_shared *sh;
	struct np_session *s;
	const struct np_case *c;
	struct np_changes changes;
	struct np_rt before;   /* the table that was right last; n_cells 0: none */
	struct np_world world; /* of that table */
	int n_expects;
	size_t wrong;
	char reason[256];
	enum np_run_result result;
	bool unjudged;	  /* a step said nothing about the implementation: worth another try */
	bool cut_control; /* its policies cut off pods that they do not select */
	json_t *waiver;	  /* borrowed copy for the record, or NULL */
	struct np_coverage coverage;
};

static struct np_readings readings_of(const struct np_case *c)
{
	enum np_profile p = NP_PROFILE_CORE;

	np_profile_parse(c->profile, &p);
	return np_profile_readings(p);
}

static int read_expected(struct running *r, struct np_judgement *j, struct np_err *err)
{
	struct np_readings readings = readings_of(r->c);

	if (np_session_read(r->s, &j->world, err) < 0)
		return -1;
	j->oracle = np_oracle_new(&j->world, &readings);
	np_rt_init(&j->table, r->s, &j->world, j->oracle, r->c);
	return 0;
}

static int watch_sentinel(struct running *r, struct np_judgement *j, struct np_err *err)
{
	const struct np_changes *ch = &r->changes;
	bool seen = false;

	j->sentinel = "none";
	if (!r->before.n_cells || !np_rt_same(&r->before, &j->table) ||
	    !(ch->policies || ch->pods || ch->namespaces))
		return 0;
	if (np_sentinel_toggle(r->s, ch->policies ? NP_SENTINEL_POLICY : NP_SENTINEL_POD,
			       r->sh->deadline_ms, &seen, err) < 0)
		return -1;
	j->sentinel = seen ? "seen" : "unseen";
	return 0;
}

/* An API error of a step, or a pod that somebody took away, is the case's, unless the server or a
 * node is gone or the user has had enough. */
static int case_error(struct running *r, const struct np_err *err)
{
	if (err->code == NP_EINTR || err->code == NP_EENV || err->code == NP_ETIMEOUT)
		return -1;
	r->result = NP_RUN_ERROR;
	r->s->dirty = true;
	np_err_text(err, r->reason, sizeof(r->reason));
	return 0;
}

/* The control pairs work again once the case's policies are gone? */
static int control_recovers(struct running *r, struct np_judgement *j, bool *ret,
			    struct np_err *err)
{
	static const size_t no_cell;
	struct np_backoff wait;

	if (np_steps_undo(r->s, &r->changes, err) < 0)
		return case_error(r, err);
	np_backoff_init(&wait, 5000, 200000, r->sh->deadline_ms * 1000);
	do {
		if (np_rt_look(&j->table, r->s, &no_cell, 0, r->sh->fixture->timeout_ms, ret, err) <
		    0)
			return -1;
	} while (!*ret && np_backoff_wait(&wait));
	return 0;
}

/*
 * Pods of a namespace that the case does not touch do not reach each other: either the network is
 * broken, and nothing can be said, or the case's policies reach too far, which only taking them
 * away can tell.
 */
static int judge_control(struct running *r, struct np_judgement *j, struct np_err *err)
{
	bool recovered = false;

	if (!j->settle.network_failed || !r->changes.policies)
		return 0;
	if (control_recovers(r, j, &recovered, err) < 0)
		return -1;
	if (recovered) {
		j->result = NP_RUN_FAIL;
		r->cut_control = true;
		snprintf(j->reason, sizeof(j->reason),
			 "the policies cut off pods of another namespace, which none of them "
			 "selects");
	}
	return 0;
}

static void record_step(struct running *r, const struct np_judgement *j, const char *place,
			const char *what)
{
	const struct np_settle *st = &j->settle;
	json_t *line = np_json_pack(
		"{s:s, s:o, s:o, s:i, s:s, s:s, s:O, s:O, s:s, s:s, s:i, s:i, s:I, s:I}", "type",
		"step", "case", np_json_string(r->c->id), "world", np_json_string(r->c->world),
		"step", r->n_expects, "what", what, "place", place, "operations",
		r->changes.operations, "manifests", r->changes.manifests, "result",
		np_run_result_name(j->result), "sentinel", j->sentinel, "transient",
		(int)st->transient, "looks", (int)st->looks, "wrong", (json_int_t)st->wrong,
		"probes", (json_int_t)st->probes);

	if (st->observations)
		json_object_set(line, "observations", st->observations);
	if (st->converged_ms >= 0)
		json_object_set_new(line, "converged_ms", json_integer(st->converged_ms));
	/* A right table is what the case file says: only those that differ are kept whole. */
	if (j->result != NP_RUN_PASS) {
		json_object_set_new(line, "tables", np_rt_json(&j->table));
		json_object_set_new(line, "addresses", np_rt_addresses_json(&j->table));
		json_object_set_new(line, "failures", np_judgement_failures(j));
		json_object_set_new(line, "worlds_beside",
				    json_integer(atomic_load(&r->sh->n_worlds) - 1));
		json_object_set_new(line, "reason", np_json_string(np_str_from(j->reason)));
	}
	np_record_put_take(r->sh->record, line);
}

static void count_latency(struct running *r, const struct np_judgement *j)
{
	bool isolates[NP_N_DIRS] = { false };

	pthread_mutex_lock(&r->sh->lock);
	r->sh->steps++;
	r->sh->convergence_ms += j->settle.converged_ms > 0 ? j->settle.converged_ms : 0;
	pthread_mutex_unlock(&r->sh->lock);
	if (j->result != NP_RUN_PASS || j->settle.converged_ms < 0 || j->settle.disturbed)
		return;
	for (size_t i = 0; i < j->world.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			isolates[d] |= j->world.policies[i].types[d];
	pthread_mutex_lock(&r->sh->lock);
	for (int d = 0; d < NP_N_DIRS; d++)
		if (isolates[d])
			np_latency_add(&r->sh->latency[d], j->settle.converged_ms);
	pthread_mutex_unlock(&r->sh->lock);
}

/*
 * Nobody says how long a change may take (S49). Unless the user did, an implementation that was
 * seen to need a second is not given thirty for what it gets wrong: ten times what 99 of its 100
 * changes took, at least DEADLINE_LEAST_MS.
 */
static long long deadline_now(struct np_shared *sh)
{
	long long slowest_ms = 0, ms;
	size_t measured = 0;

	if (!sh->deadline_adapts)
		return sh->deadline_ms;
	pthread_mutex_lock(&sh->lock);
	for (int d = 0; d < NP_N_DIRS; d++) {
		long long p99_ms = np_latency_p99(&sh->latency[d]);

		measured += sh->latency[d].n;
		slowest_ms = p99_ms > slowest_ms ? p99_ms : slowest_ms;
	}
	pthread_mutex_unlock(&sh->lock);
	if (measured < DEADLINE_MEASURED)
		return sh->deadline_ms;
	ms = 10 * slowest_ms > DEADLINE_LEAST_MS ? 10 * slowest_ms : DEADLINE_LEAST_MS;
	return ms < sh->deadline_ms ? ms : sh->deadline_ms;
}

static void keep_as_before(struct running *r, struct np_judgement *j)
{
	np_rt_release(&r->before);
	np_world_release(&r->world);
	r->before = j->table;
	r->world = j->world;
	j->table = (struct np_rt){ 0 };
	np_world_init(&j->world);
}

static void fail_case(struct running *r, const struct np_judgement *j)
{
	const json_t *waiver = NULL;

	r->result = j->result;
	r->unjudged = j->unjudged;
	r->wrong = j->settle.wrong;
	memcpy(r->reason, j->reason, sizeof(r->reason));
	if (j->result != NP_RUN_FAIL)
		return;
	pthread_mutex_lock(&r->sh->lock);
	if (np_waivers_cover(&r->sh->waivers, r->c->id, &j->table, &waiver)) {
		r->result = NP_RUN_KNOWN;
		r->waiver = json_deep_copy(waiver);
		snprintf(r->reason, sizeof(r->reason), "known: %.200s",
			 np_json_str(waiver, "reason", ""));
	}
	pthread_mutex_unlock(&r->sh->lock);
}

/*
 * The API server has acknowledged the last operation, and the pods that it made are ready: from now
 * on the change is the implementation's business. How long a pod takes to start is not.
 */
static int change_stands(struct running *r, const struct np_expect *expect, int64_t *ret_us,
			 struct np_err *err)
{
	int64_t acknowledged_us = np_now_us();
	size_t n_new = 0;

	np_session_doubt(r->s, expect ? r->changes.touched : NULL);
	if (np_session_sync(r->s, &n_new, err) < 0)
		return -1;
	*ret_us = n_new ? np_now_us() : acknowledged_us;
	return 0;
}

/* Generated cases are many, and their tables large: what one of them leaves out another asks. */
static enum np_whole whole_for(const struct np_case *c, const struct np_expect *expect)
{
	if (!c->seed)
		return NP_WHOLE_TABLE;
	return expect ? NP_WHOLE_THINNED : NP_WHOLE_SAMPLE;
}

/*
 * Everything since the last expectation is in force: what should be seen, and is it? @expect NULL:
 * the world as before the case, where one right look is enough: what turns wrong later is wrong for
 * the next case, too.
 */
static int check_expectation(struct running *r, const struct np_expect *expect,
			     const struct np_place *place, struct np_err *err)
{
	struct np_judgement j = { .settle = { .deadline_ms = deadline_now(r->sh),
					      .patience_ms = r->sh->deadline_ms,
					      .converged_ms = -1,
					      .stability_ms = expect ? r->sh->stability_ms : 0,
					      .whole = whole_for(r->c, expect),
					      .turn = (unsigned)r->n_expects },
				  .sentinel = "none",
				  .result = NP_RUN_PASS };
	np_auto_free char *where =
		np_xasprintf("%s:%u", place->file ? place->file : "-", place->line);
	int rc;

	np_world_init(&j.world);
	rc = change_stands(r, expect, &j.settle.change_us, err);
	if (rc == 0)
		rc = read_expected(r, &j, err);
	if (rc == 0)
		np_judgement_check(&j, expect);
	if (rc == 0 && j.result == NP_RUN_PASS) {
		rc = watch_sentinel(r, &j, err);
		j.settle.before = r->before.n_cells ? &r->before : NULL;
		if (rc == 0)
			rc = np_settle(&j.table, r->s, &j.settle, err);
		if (rc == 0) {
			np_judgement_take(&j);
			rc = judge_control(r, &j, err);
		}
	}
	if (rc == 0) {
		np_coverage_add(&r->coverage, &j.table);
		record_step(r, &j, where, expect ? "expect" : "restore");
		count_latency(r, &j);
		if (j.result != NP_RUN_PASS && r->result == NP_RUN_PASS)
			fail_case(r, &j);
		if (j.result == NP_RUN_PASS)
			keep_as_before(r, &j);
	}
	np_judgement_release(&j);
	return rc;
}

static int run_steps(struct running *r, struct np_err *err)
{
	for (size_t i = 0; i < r->c->n_steps && r->result == NP_RUN_PASS; i++) {
		const struct np_step *step = &r->c->steps[i];
		int rc;

		if (step->kind == NP_STEP_EXPECT) {
			r->n_expects++;
			rc = check_expectation(r, &step->expect, &step->place, err);
			np_changes_next(&r->changes);
		} else {
			rc = np_step_apply(r->s, step, &r->world, &r->changes, err);
		}
		if (rc < 0 && case_error(r, err) < 0)
			return -1;
	}
	return 0;
}

/* After the case everything must be allowed again: what a case leaves behind would be held against
 * the next one. */
static int restore(struct running *r, struct np_err *err)
{
	enum np_run_result before = r->result;

	if (before != NP_RUN_PASS)
		r->s->dirty = true;
	if (r->s->dirty)
		return 0;
	np_changes_next(&r->changes);
	if (np_steps_undo(r->s, &r->changes, err) < 0)
		return case_error(r, err);
	r->changes.policies = true;
	json_array_append_new(r->changes.operations,
			      json_string("delete the case's objects, put the world's back"));
	if (check_expectation(r, NULL, &r->c->place, err) < 0)
		return case_error(r, err);
	if (r->result != NP_RUN_PASS)
		r->s->dirty = true;
	if (r->result == NP_RUN_FAIL) {
		char text[160];

		snprintf(text, sizeof(text), "after the case: %.140s", r->reason);
		memcpy(r->reason, text, sizeof(text));
	}
	return 0;
}

/* What the case is about; S51 alone when only the way back failed, S16 when other namespaces were
 * hit. */
static json_t *failing_clauses(const struct running *r, bool in_restore)
{
	json_t *list = json_array();
	char name[8];

	if (in_restore)
		json_array_append_new(list, json_string("S51"));
	if (r->cut_control)
		json_array_append_new(list, json_string("S16"));
	for (unsigned c = 0; c <= NP_CLAUSE_MAX && !in_restore && !r->cut_control; c++)
		if (np_clauses_has(&r->c->covers, c))
			json_array_append_new(list, json_string(np_clause_name(c, name)));
	return list;
}

static int read_first_world(struct running *r, struct np_err *err)
{
	struct np_judgement j = { 0 };

	np_world_init(&j.world);
	if (read_expected(r, &j, err) < 0) {
		np_judgement_release(&j);
		return -1;
	}
	keep_as_before(r, &j);
	np_judgement_release(&j);
	return 0;
}

/* The case's own line of the record, and what follows from it. */
static void end_case(struct running *r, unsigned worker, int64_t begin_us, bool in_restore)
{
	struct np_shared *sh = r->sh;
	json_t *extra = np_json_pack("{s:i, s:I, s:I, s:o}", "steps", r->n_expects, "ms",
				     (json_int_t)(np_now_us() - begin_us) / 1000, "wrong",
				     (json_int_t)r->wrong, "pairs", np_coverage_json(&r->coverage));

	if (r->result == NP_RUN_FAIL || r->result == NP_RUN_KNOWN)
		json_object_set_new(extra, "clauses", failing_clauses(r, in_restore));
	if (r->waiver)
		json_object_set(extra, "waiver", r->waiver);
	if (r->result == NP_RUN_PASS && np_waivers_for(&sh->waivers, r->c->id)) {
		json_object_set_new(extra, "fixed", json_true());
		pthread_mutex_lock(&sh->lock);
		sh->fixed++;
		pthread_mutex_unlock(&sh->lock);
	}
	np_case_end(sh, r->c, worker, r->result, r->reason, extra);
}

/* A verdict that may be the doing of what disturbed the case is none, and so is that on a step
 * whose probes could not be made. */
static bool was_disturbed(struct running *r, const struct np_trouble_mark *mark)
{
	char what[120], text[sizeof(r->reason)];

	if (r->result == NP_RUN_PASS)
		return false;
	if (!np_trouble_since(r->s, mark, what, sizeof(what)))
		return r->unjudged;
	snprintf(text, sizeof(text), "disturbed (%s): %.120s", what, r->reason);
	memcpy(r->reason, text, sizeof(text));
	r->result = NP_RUN_ERROR;
	r->s->dirty = true;
	return true;
}

int np_case_run(struct np_shared *sh, unsigned worker, struct np_session *s,
		const struct np_case *c, bool last, struct np_err *err)
{
	struct running r = { .sh = sh, .s = s, .c = c, .result = NP_RUN_PASS };
	struct np_trouble_mark mark;
	int64_t begin_us = np_now_us();
	bool in_restore = false;
	int rc;

	np_trouble_mark(s, &mark);
	np_world_init(&r.world);
	np_changes_init(&r.changes);
	rc = read_first_world(&r, err);
	if (rc == 0)
		rc = run_steps(&r, err);
	else
		rc = case_error(&r, err);
	if (rc == 0) {
		in_restore = r.result == NP_RUN_PASS;
		rc = restore(&r, err);
	}
	if (rc == 0 && was_disturbed(&r, &mark) && !last) {
		np_case_again(sh, c, worker, r.reason);
		rc = 1;
	} else if (rc == 0) {
		end_case(&r, worker, begin_us, in_restore);
	}
	json_decref(r.waiver);
	np_rt_release(&r.before);
	np_world_release(&r.world);
	np_changes_release(&r.changes);
	return rc;
}
