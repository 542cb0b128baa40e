/* caserun.c - one case. */
#include "caserun.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "coverage.h"
#include "sentinel.h"
#include "settle.h"
#include "steps.h"
#include "trouble.h"

#define FAILURES_MAX 8
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

/* What one expectation came to. */
struct verdict {
	struct np_world world;
	struct np_oracle *oracle;
	struct np_rt table;
	struct np_settle settle;
	const char *sentinel;
	enum np_run_result result;
	bool unjudged;
	char reason[256];
};

static void verdict_release(struct verdict *v)
{
	np_oracle_free(v->oracle);
	np_rt_release(&v->table);
	json_decref(v->settle.observations);
	np_world_release(&v->world);
}

static struct np_readings readings_of(const struct np_case *c)
{
	enum np_profile p = NP_PROFILE_CORE;

	np_profile_parse(c->profile, &p);
	return np_profile_readings(p);
}

static int read_expected(struct running *r, struct verdict *v, struct np_err *err)
{
	struct np_readings readings = readings_of(r->c);

	if (np_session_read(r->s, &v->world, err) < 0)
		return -1;
	v->oracle = np_oracle_new(&v->world, &readings);
	np_rt_init(&v->table, r->s, &v->world, v->oracle, r->c);
	return 0;
}

/* The hand-written table is held against the oracle here too: the API server may have stored
 * something else than was sent. */
static void check_hand_written(struct running *r, struct verdict *v, const struct np_expect *expect)
{
	const struct np_expect_line *line = NULL;
	size_t cell = expect ? np_rt_check_expect(&v->table, expect, &line) : SIZE_MAX;
	char text[640];

	if (cell == SIZE_MAX)
		return;
	v->result = NP_RUN_ERROR;
	snprintf(v->reason, sizeof(v->reason),
		 "the case's table (line %u) and the oracle (%s) disagree on %.120s",
		 line ? line->place.line : 0,
		 np_verdict_name((enum np_verdict)v->table.expected[cell]),
		 np_rt_cell_text(&v->table, cell, text, sizeof(text)));
	(void)r;
}

static int watch_sentinel(struct running *r, struct verdict *v, struct np_err *err)
{
	const struct np_changes *ch = &r->changes;
	bool seen = false;

	v->sentinel = "none";
	if (!r->before.n_cells || !np_rt_same(&r->before, &v->table) ||
	    !(ch->policies || ch->pods || ch->namespaces))
		return 0;
	if (np_sentinel_toggle(r->s, ch->policies ? NP_SENTINEL_POLICY : NP_SENTINEL_POD,
			       r->sh->deadline_ms, &seen, err) < 0)
		return -1;
	v->sentinel = seen ? "seen" : "unseen";
	return 0;
}

/* Wrong cells are the implementation's; probes that could not be made are ours. */
static void judge_cells(struct verdict *v)
{
	const struct np_settle *st = &v->settle;
	size_t wrong = st->wrong - st->errors;
	char errors[60] = "";

	if (st->errors)
		snprintf(errors, sizeof(errors), "; %zu probes could not be made", st->errors);
	v->result = NP_RUN_FAIL;
	snprintf(v->reason, sizeof(v->reason),
		 wrong ? "%zu of %zu cells are wrong %lld ms after the change%s"
		       : "%zu of %zu cells are wrong in the last look %lld ms after the change, "
			 "but it did not stay right%s",
		 wrong, v->table.n_cells, (long long)(np_now_us() - st->change_us) / 1000, errors);
}

/* Why the first of them could not be made. */
static const char *error_detail(const struct np_rt *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		if (t->expected[i] != NP_NO_FLOW && t->looked[i] &&
		    t->seen[i].outcome == NP_OUT_ERROR && t->seen[i].detail[0])
			return t->seen[i].detail;
	return "no reason";
}

static void judge(struct verdict *v)
{
	const struct np_settle *st = &v->settle;

	if (st->right) {
		v->result = NP_RUN_PASS;
	} else if (st->network_failed) {
		v->result = NP_RUN_ERROR;
		snprintf(v->reason, sizeof(v->reason),
			 "the control pods, which no policy touches, do not reach each other");
	} else if (st->disturbed > NP_SETTLE_DISTURBED_MAX) {
		v->result = NP_RUN_ERROR;
		v->unjudged = true;
		snprintf(v->reason, sizeof(v->reason),
			 "the way to the agents or the API server was gone %u times", st->disturbed);
	} else if (st->errors && st->wrong == st->errors) {
		v->result = NP_RUN_ERROR;
		v->unjudged = true;
		snprintf(v->reason, sizeof(v->reason),
			 "could not be judged: %zu probes could not be made (%s), no other cell is "
			 "wrong",
			 st->errors, error_detail(&v->table));
	} else {
		judge_cells(v);
	}
}

/* An API error of a step, or a pod that somebody took away, is the case's, unless the server or a node
 * is gone or the user has had enough. */
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
static int control_recovers(struct running *r, struct verdict *v, bool *ret, struct np_err *err)
{
	static const size_t no_cell;
	struct np_backoff wait;

	if (np_steps_undo(r->s, &r->changes, err) < 0)
		return case_error(r, err);
	np_backoff_init(&wait, 5000, 200000, r->sh->deadline_ms * 1000);
	do {
		if (np_rt_look(&v->table, r->s, &no_cell, 0, r->sh->fixture->timeout_ms, ret, err) <
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
static int judge_control(struct running *r, struct verdict *v, struct np_err *err)
{
	bool recovered = false;

	if (!v->settle.network_failed || !r->changes.policies)
		return 0;
	if (control_recovers(r, v, &recovered, err) < 0)
		return -1;
	if (recovered) {
		v->result = NP_RUN_FAIL;
		r->cut_control = true;
		snprintf(v->reason, sizeof(v->reason),
			 "the policies cut off pods of another namespace, which none of them "
			 "selects");
	}
	return 0;
}

/*
 * The first wrong cells and the last one. An implementation that stops counting somewhere (peers
 * of a rule, namespaces of a selector) loses what comes last, and only that where nothing else is
 * in the cluster; in a run the worlds of the other workers have namespaces with the same labels,
 * which count too and can push all cells of this world over the limit.
 */
static json_t *failures_json(const struct verdict *v)
{
	json_t *list = json_array();
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < v->table.n_cells; i++) {
		if (v->table.expected[i] == NP_NO_FLOW || !np_rt_wrong(&v->table, i))
			continue;
		/* Beside cells that are wrong those that could not be asked say nothing. */
		if (v->result == NP_RUN_FAIL && v->table.seen[i].outcome == NP_OUT_ERROR)
			continue;
		if (json_array_size(list) < FAILURES_MAX - 1)
			json_array_append_new(list, np_rt_failure_json(&v->table, v->oracle, i));
		else
			last = i;
	}
	if (last != SIZE_MAX)
		json_array_append_new(list, np_rt_failure_json(&v->table, v->oracle, last));
	return list;
}

static void record_step(struct running *r, const struct verdict *v, const char *place,
			const char *what)
{
	const struct np_settle *st = &v->settle;
	json_t *line = np_json_pack(
		"{s:s, s:o, s:o, s:i, s:s, s:s, s:O, s:O, s:s, s:s, s:i, s:i, s:I, s:I}", "type",
		"step", "case", np_json_string(r->c->id), "world", np_json_string(r->c->world),
		"step", r->n_expects, "what", what, "place", place, "operations",
		r->changes.operations, "manifests", r->changes.manifests, "result",
		np_run_result_name(v->result), "sentinel", v->sentinel, "transient",
		(int)st->transient, "looks", (int)st->looks, "wrong", (json_int_t)st->wrong,
		"probes", (json_int_t)st->probes);

	if (st->observations)
		json_object_set(line, "observations", st->observations);
	if (st->converged_ms >= 0)
		json_object_set_new(line, "converged_ms", json_integer(st->converged_ms));
	/* A right table is what the case file says: only those that differ are kept whole. */
	if (v->result != NP_RUN_PASS) {
		json_object_set_new(line, "tables", np_rt_json(&v->table));
		json_object_set_new(line, "addresses", np_rt_addresses_json(&v->table));
		json_object_set_new(line, "failures", failures_json(v));
		json_object_set_new(line, "worlds_beside",
				    json_integer(atomic_load(&r->sh->n_worlds) - 1));
		json_object_set_new(line, "reason", np_json_string(np_str_from(v->reason)));
	}
	np_record_put_take(r->sh->record, line);
}

static void count_latency(struct running *r, const struct verdict *v)
{
	bool isolates[NP_N_DIRS] = { false };

	pthread_mutex_lock(&r->sh->lock);
	r->sh->steps++;
	r->sh->convergence_ms += v->settle.converged_ms > 0 ? v->settle.converged_ms : 0;
	pthread_mutex_unlock(&r->sh->lock);
	if (v->result != NP_RUN_PASS || v->settle.converged_ms < 0 || v->settle.disturbed)
		return;
	for (size_t i = 0; i < v->world.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			isolates[d] |= v->world.policies[i].types[d];
	pthread_mutex_lock(&r->sh->lock);
	for (int d = 0; d < NP_N_DIRS; d++)
		if (isolates[d])
			np_latency_add(&r->sh->latency[d], v->settle.converged_ms);
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

static void keep_as_before(struct running *r, struct verdict *v)
{
	np_rt_release(&r->before);
	np_world_release(&r->world);
	r->before = v->table;
	r->world = v->world;
	v->table = (struct np_rt){ 0 };
	np_world_init(&v->world);
}

static void fail_case(struct running *r, const struct verdict *v)
{
	const json_t *waiver = NULL;

	r->result = v->result;
	r->unjudged = v->unjudged;
	r->wrong = v->settle.wrong;
	memcpy(r->reason, v->reason, sizeof(r->reason));
	if (v->result != NP_RUN_FAIL)
		return;
	pthread_mutex_lock(&r->sh->lock);
	if (np_waivers_cover(&r->sh->waivers, r->c->id, &v->table, &waiver)) {
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
	struct verdict v = { .settle = { .deadline_ms = deadline_now(r->sh),
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

	np_world_init(&v.world);
	rc = change_stands(r, expect, &v.settle.change_us, err);
	if (rc == 0)
		rc = read_expected(r, &v, err);
	if (rc == 0)
		check_hand_written(r, &v, expect);
	if (rc == 0 && v.result == NP_RUN_PASS) {
		rc = watch_sentinel(r, &v, err);
		v.settle.before = r->before.n_cells ? &r->before : NULL;
		if (rc == 0)
			rc = np_settle(&v.table, r->s, &v.settle, err);
		if (rc == 0) {
			judge(&v);
			rc = judge_control(r, &v, err);
		}
	}
	if (rc == 0) {
		np_coverage_add(&r->coverage, &v.table);
		record_step(r, &v, where, expect ? "expect" : "restore");
		count_latency(r, &v);
		if (v.result != NP_RUN_PASS && r->result == NP_RUN_PASS)
			fail_case(r, &v);
		if (v.result == NP_RUN_PASS)
			keep_as_before(r, &v);
	}
	verdict_release(&v);
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
	struct verdict v = { 0 };

	np_world_init(&v.world);
	if (read_expected(r, &v, err) < 0) {
		verdict_release(&v);
		return -1;
	}
	keep_as_before(r, &v);
	verdict_release(&v);
	return 0;
}

/* The case's own line of the record, and what follows from it. */
static void end_case(struct running *r, unsigned worker, int64_t begin_us, bool in_restore)
{
	struct np_shared *sh = r->sh;
	json_t *extra = np_json_pack("{s:i, s:I, s:I, s:o}", "steps", r->n_expects, "ms",
				     (json_int_t)(np_now_us() - begin_us) / 1000, "wrong",
				     (json_int_t)r->wrong, "pairs",
				     np_coverage_json(&r->coverage));

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
