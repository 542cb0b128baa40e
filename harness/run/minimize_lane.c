/* minimize_lane.c - one candidate in a world of a sandbox or cluster. */
#include "minimize_lane.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/gen/scenario.h"
#include "np/parse/casefile.h"
#include "settle.h"
#include "steps.h"

#define QUICK_TIMES 10	/* of what changes took */
#define QUICK_GROWTH 2	/* of the time-out of lost probes: twice failing counts, not one that is late */
#define WORLD_TRIES 3	/* of a world that is not open before any policy */

/* A candidate on its way. */
struct playing {
	struct np_min_lanes *lanes;
	struct np_min_lane *lane;
	const struct np_case *c;
	const struct np_min_cell *cell; /* NULL: every one */
	long long deadline_ms;
	bool quick, evidence;
	struct np_changes changes;
	struct np_world world; /* as last read */
	size_t expects, n_expects;
	json_t *steps; /* for the record */
	/* out */
	struct np_min_found *found; /* of a look at every one */
	bool fails, unusable, cut_control;
	char why[200];
	json_t *failure, *addresses;
};

/* What one expectation looks at. */
struct view {
	struct np_world world;
	struct np_oracle *oracle;
	struct np_rt table;
	struct np_settle settle;
};

static bool ends_all(const struct np_err *err)
{
	return err->code == NP_EINTR || err->code == NP_EENV || err->code == NP_ETIMEOUT;
}

/* Nothing can be said of this candidate; -1 when of no other either. */
static int give_up(struct playing *p, const struct np_err *err)
{
	if (ends_all(err))
		return -1;
	p->unusable = true;
	np_err_text(err, p->why, sizeof(p->why));
	return 0;
}

/* ---- tables ---- */

static int view_open(struct playing *p, struct view *v, struct np_err *err)
{
	enum np_profile profile = NP_PROFILE_CORE;
	struct np_readings readings;

	np_world_init(&v->world);
	np_session_doubt(&p->lane->session, NULL);
	if (np_session_sync(&p->lane->session, NULL, err) < 0 ||
	    np_session_read(&p->lane->session, &v->world, err) < 0)
		return -1;
	np_profile_parse(p->c->profile, &profile);
	readings = np_profile_readings(profile);
	v->oracle = np_oracle_new(&v->world, &readings);
	np_rt_init(&v->table, &p->lane->session, &v->world, v->oracle, p->c);
	return 0;
}

static void view_close(struct view *v)
{
	json_decref(v->settle.observations);
	np_rt_release(&v->table);
	np_oracle_free(v->oracle);
	np_world_release(&v->world);
}

static bool is_cell(const struct np_rt *t, size_t i, const struct np_min_cell *cell)
{
	struct np_rt_cell at = np_rt_cell(t, i);

	return t->ports[at.port].port == cell->port && t->ports[at.port].proto == cell->proto &&
	       t->families[at.family] == cell->family &&
	       np_str_is(t->ends[at.src].name.name, cell->src) &&
	       np_str_is(t->ends[at.dst].name.name, cell->dst);
}

/* SIZE_MAX when the table has no such cell, or nothing is asserted of it. */
static size_t index_of(const struct np_rt *t, const struct np_min_cell *cell)
{
	for (size_t i = 0; i < t->n_cells; i++)
		if ((t->expected[i] == NP_ALLOW || t->expected[i] == NP_DENY) &&
		    is_cell(t, i, cell))
			return i;
	return SIZE_MAX;
}

/* Nothing else is probed. */
static void narrow(struct np_rt *t, size_t only)
{
	for (size_t i = 0; i < t->n_cells; i++)
		if (i != only)
			t->expected[i] = NP_NO_FLOW;
}

static bool wrong_way(const struct np_rt *t, size_t i, enum np_min_wrong *ret)
{
	if ((t->expected[i] != NP_ALLOW && t->expected[i] != NP_DENY) || !np_rt_wrong(t, i) ||
	    t->seen[i].outcome == NP_OUT_ERROR)
		return false;
	*ret = t->seen[i].outcome == NP_OUT_MISDELIVERED ? NP_MIN_MISDELIVERED
	       : t->expected[i] == NP_ALLOW		 ? NP_MIN_DENIED
							 : NP_MIN_ALLOWED;
	return true;
}

/* ---- worlds ---- */

static char *world_text(const struct np_worldfile *w, bool raw)
{
	struct np_buf b = { 0 };

	np_worldfile_text(w, &b);
	np_buf_adds(&b, raw ? "# raw\n" : "");
	return np_buf_steal(&b);
}

static void lane_close(struct np_min_lane *l, bool remove)
{
	np_session_end(&l->session, remove);
	np_worldfile_release(&l->world);
	free(l->text);
	l->text = NULL;
	l->world = (struct np_worldfile){ .n_ports = 0 };
}

/* Takes @text. */
static int lane_open(struct playing *p, unsigned number, char *text, bool raw, struct np_err *err)
{
	struct np_min_lane *l = p->lane;

	lane_close(l, true);
	l->text = text;
	if (np_worldfile_parse(np_str_from(text), "world", false, &l->world, err) < 0)
		return -1;
	return np_session_start(p->lanes->fixture, number, l->incarnation++, &l->world, raw,
				&l->session, err);
}

/* Is the connection open before any policy? What cannot be probed yet is. */
static int look_open(struct playing *p, long long deadline_ms, bool *ret, struct np_err *err)
{
	struct view v = { .settle = { .change_us = np_now_us(),
				      .deadline_ms = deadline_ms,
				      .stability_ms = 0 } };
	size_t i = SIZE_MAX;
	int rc = view_open(p, &v, err);

	if (rc == 0) {
		if (p->cell) {
			i = index_of(&v.table, p->cell);
			narrow(&v.table, i);
		}
		rc = np_settle(&v.table, &p->lane->session, &v.settle, err);
		*ret = rc == 0 && (v.settle.right || !v.settle.wrong) && !v.settle.network_failed;
	}
	view_close(&v);
	return rc;
}

/* A world like the candidate's in which the connection is open. */
static int move_to(struct playing *p, const struct np_worldfile *world, struct np_err *err)
{
	struct np_min_lane *l = p->lane;
	bool raw = p->lanes->fixture->raw && (p->c->needs & NP_NEED_SCTP), open = false;
	unsigned number = (unsigned)(l - p->lanes->items);
	np_auto_free char *text = world_text(world, raw);

	for (int try = 0; try < WORLD_TRIES && !open; try++) {
		bool fresh = !l->session.fixture || l->session.dirty || strcmp(l->text, text) != 0;

		if (fresh && lane_open(p, number, np_xstrdup(text), raw, err) < 0) {
			l->session.dirty = true;
			return -1;
		}
		if (look_open(p, fresh ? p->lanes->deadline_ms : p->deadline_ms, &open, err) < 0)
			return -1;
		l->session.dirty |= !open;
	}
	return open ? 0
		    : np_err_set(err, NP_EVALID,
				 "the connection is not open before any policy");
}

/* ---- expectations ---- */

/* What changes take here, unless somebody is in a hurry. */
static void learn(struct np_min_lanes *l, long long converged_ms)
{
	long long ms = converged_ms * QUICK_TIMES;

	pthread_mutex_lock(&l->lock);
	if (ms > l->quick_ms)
		l->quick_ms = ms < l->deadline_ms ? ms : l->deadline_ms;
	pthread_mutex_unlock(&l->lock);
}

static void note_found(struct playing *p, const struct np_rt *t)
{
	struct np_min_found *f = p->found;

	for (size_t i = 0; i < t->n_cells; i++) {
		struct np_rt_cell at = np_rt_cell(t, i);
		struct np_min_cell c = { .proto = t->ports[at.port].proto,
					 .port = t->ports[at.port].port,
					 .family = t->families[at.family] };

		if (!wrong_way(t, i, &c.wrong))
			continue;
		snprintf(c.src, sizeof(c.src), NP_STR_FMT,
			 NP_STR_ARG(t->ends[at.src].name.name));
		snprintf(c.dst, sizeof(c.dst), NP_STR_FMT,
			 NP_STR_ARG(t->ends[at.dst].name.name));
		f->cells = np_grow(f->cells, &f->cap, f->n, sizeof(*f->cells));
		f->cells[f->n++] = c;
		f->expect = p->expects;
	}
}

static void keep_evidence(struct playing *p, const struct view *v, size_t i)
{
	if (!p->evidence)
		return;
	p->failure = np_rt_failure_json(&v->table, v->oracle, i);
	p->addresses = np_rt_addresses_json(&v->table);
}

static void judge(struct playing *p, const struct view *v, size_t i)
{
	const struct np_settle *st = &v->settle;
	enum np_min_wrong wrong;

	if (st->disturbed > NP_SETTLE_DISTURBED_MAX) {
		p->unusable = true;
		snprintf(p->why, sizeof(p->why), "the agents or the API server were away");
		return;
	}
	p->cut_control = st->network_failed;
	if (p->found) {
		note_found(p, &v->table);
		p->fails = p->found->n > 0;
	} else if (i != SIZE_MAX && wrong_way(&v->table, i, &wrong) && wrong == p->cell->wrong) {
		p->fails = true;
		keep_evidence(p, v, i);
	}
}

/* Everything since the last expectation is in force. Before the last one the whole table must be
 * right, so that what follows meets an agent that is done; in it only the connection counts. */
static int expect(struct playing *p, int64_t change_us, struct np_err *err)
{
	struct view v = { .settle = { .change_us = change_us,
				      .deadline_ms = p->deadline_ms,
				      .stability_ms = p->lanes->stability_ms,
				      .growth_max = p->quick ? QUICK_GROWTH : 0 } };
	size_t i = SIZE_MAX;
	int rc = view_open(p, &v, err);

	p->expects++;
	if (rc == 0 && p->cell) {
		i = index_of(&v.table, p->cell);
		if (i != SIZE_MAX && p->expects == p->n_expects)
			narrow(&v.table, i);
	}
	if (rc == 0)
		rc = np_settle(&v.table, &p->lane->session, &v.settle, err);
	if (rc == 0 && v.settle.right)
		learn(p->lanes, v.settle.converged_ms);
	else if (rc == 0)
		judge(p, &v, i);
	if (rc == 0) {
		np_world_release(&p->world);
		p->world = v.world;
		np_world_init(&v.world);
	}
	view_close(&v);
	return rc;
}

static void record_step(struct playing *p)
{
	if (p->evidence)
		json_array_append_new(p->steps, np_json_pack("{s:O, s:O}", "operations",
							     p->changes.operations, "manifests",
							     p->changes.manifests));
}

static int run_steps(struct playing *p, struct np_err *err)
{
	int64_t change_us = np_now_us();
	int rc = np_session_read(&p->lane->session, &p->world, err);

	for (size_t i = 0; i < p->c->n_steps && rc == 0 && !p->fails && !p->unusable; i++) {
		const struct np_step *step = &p->c->steps[i];

		if (step->kind == NP_STEP_EXPECT) {
			rc = expect(p, change_us, err);
			record_step(p);
			np_changes_next(&p->changes);
			change_us = np_now_us();
		} else {
			rc = np_step_apply(&p->lane->session, step, &p->world, &p->changes, err);
		}
	}
	return rc;
}

/* Pods that no policy selects were cut off: only the policies can be the reason if that ends with
 * them. */
static int judge_control(struct playing *p, struct np_err *err)
{
	bool open = false;

	if (!p->fails || !p->cut_control)
		return 0;
	if (look_open(p, p->lanes->deadline_ms, &open, err) < 0)
		return -1;
	if (!open) {
		p->fails = false;
		p->unusable = true;
		snprintf(p->why, sizeof(p->why), "the control pods do not reach each other");
	}
	return 0;
}

static int play(struct playing *p, const struct np_worldfile *world, struct np_err *err)
{
	struct np_session *s = &p->lane->session;
	struct np_err undo = { 0 };
	int rc;

	for (size_t i = 0; i < p->c->n_steps; i++)
		p->n_expects += p->c->steps[i].kind == NP_STEP_EXPECT;
	np_world_init(&p->world);
	np_changes_init(&p->changes);
	p->steps = json_array();
	rc = move_to(p, world, err);
	if (rc == 0) {
		rc = run_steps(p, err);
		if (np_steps_undo(s, &p->changes, &undo) < 0)
			s->dirty = true;
		if (rc == 0)
			rc = judge_control(p, err);
		/* What is left of a broken candidate is in nobody's way. */
		s->dirty |= rc < 0 || p->unusable;
	}
	if (rc < 0)
		rc = give_up(p, err);
	np_changes_release(&p->changes);
	np_world_release(&p->world);
	return rc;
}

/* ---- the target ---- */

int np_min_lane_find(struct np_min_lanes *l, const struct np_min_candidate *cand,
		     struct np_min_found *ret, struct np_err *err)
{
	struct playing p = { .lanes = l,
			     .lane = &l->items[0],
			     .c = cand->c,
			     .deadline_ms = l->deadline_ms,
			     .found = ret };
	int rc = play(&p, cand->world, err);

	json_decref(p.steps);
	if (rc == 0 && p.unusable)
		return np_err_set(err, NP_EENV, "the case cannot be judged here: %s", p.why);
	return rc;
}

/* Worlds beside this one have the same labels; who is patient wants to be alone. */
static void close_others(struct np_min_lanes *l, unsigned lane)
{
	for (unsigned i = 0; i < l->n; i++)
		if (i != lane)
			lane_close(&l->items[i], true);
}

int np_min_lane_try(struct np_min_lanes *l, unsigned lane, const struct np_min_candidate *cand,
		    const struct np_min_cell *cell, struct np_min_look *io, struct np_err *err)
{
	struct playing p = { .lanes = l,
			     .lane = &l->items[lane],
			     .c = cand->c,
			     .cell = cell,
			     .quick = !io->patient,
			     .evidence = io->evidence };
	int rc;

	pthread_mutex_lock(&l->lock);
	p.deadline_ms = io->patient ? l->deadline_ms : l->quick_ms;
	pthread_mutex_unlock(&l->lock);
	if (io->patient)
		close_others(l, lane);
	rc = play(&p, cand->world, err);
	io->fails = rc == 0 && p.fails;
	io->unusable = p.unusable;
	io->expect = p.expects;
	memcpy(io->why, p.why, sizeof(io->why));
	if (io->fails && io->evidence)
		io->evidence_json = np_json_pack("{s:O, s:O, s:O}", "steps", p.steps, "failure",
						 p.failure, "addresses", p.addresses);
	json_decref(p.steps);
	json_decref(p.failure);
	json_decref(p.addresses);
	return rc;
}

void np_min_lanes_init(struct np_min_lanes *l)
{
	pthread_mutex_init(&l->lock, NULL);
}

void np_min_lanes_release(struct np_min_lanes *l, bool remove)
{
	for (unsigned i = 0; i < NP_MIN_MAX_LANES; i++)
		lane_close(&l->items[i], remove);
	pthread_mutex_destroy(&l->lock);
}
