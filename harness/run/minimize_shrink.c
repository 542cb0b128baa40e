/* minimize_shrink.c - candidates, tried one by one or several at once, large pieces first. */
#include <stdlib.h>
#include <string.h>

#include "minimize_engine.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"

/* ---- one candidate ---- */

void np_min_attempt_init(struct np_min_attempt *a, const struct np_min_engine *e, json_t *doc)
{
	*a = (struct np_min_attempt){ .e = e, .doc = doc };
	np_min_doc_build(doc, &e->meta, &a->c, &a->world);
}

void np_min_attempt_release(struct np_min_attempt *a)
{
	json_decref(a->doc);
	json_decref(a->evidence);
	np_case_release(&a->c);
	np_worldfile_release(&a->world);
	*a = (struct np_min_attempt){ .rc = 0 };
}

int np_min_attempt_try(struct np_min_attempt *a, bool patient)
{
	const struct np_min_target *t = a->e->target;
	struct np_min_look look = { .patient = patient, .evidence = a->want_evidence };

	if (t->try(t->ctx, a->lane, &(struct np_min_candidate){ &a->c, &a->world }, &a->e->cell,
		   &look, &a->err) < 0)
		return -1;
	a->tried++;
	if (!look.fails)
		return 0;
	a->failed++;
	a->expect = look.expect;
	if (look.evidence_json) {
		json_decref(a->evidence);
		a->evidence = look.evidence_json;
	}
	return 0;
}

/* As often as it takes to know; thread start routine. */
static void *run_attempt(void *arg)
{
	struct np_min_attempt *a = arg;
	const struct np_min_engine *e = a->e;

	while (a->rc == 0 && a->failed < e->needed &&
	       a->tried - a->failed <= e->tries - e->needed)
		a->rc = np_min_attempt_try(a, e->patient);
	return NULL;
}

static bool taken(const struct np_min_attempt *a)
{
	return a->failed >= a->e->needed;
}

void np_min_say(struct np_min_engine *e)
{
	struct np_min_progress p = { .stage = e->stage,
				     .candidates = e->r->candidates,
				     .elapsed_ms = (np_now_us() - e->begin_us) / 1000 };

	if (!e->o->progress)
		return;
	np_min_doc_size(e->doc, &p.size);
	e->o->progress(e->o->progress_ctx, &p);
}

int np_min_out_of_time(struct np_min_engine *e, struct np_err *err)
{
	if (e->o->cancel && atomic_load(e->o->cancel))
		return np_err_set(err, NP_EINTR, "interrupted");
	e->no_time |= np_now_us() > e->end_us;
	return 0;
}

/* ---- candidates ---- */

/* Several at once, each on its lane. */
static int run_batch(struct np_min_engine *e, struct np_min_attempt *batch, size_t n, struct np_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		batch[i].lane = (unsigned)i;
	for (size_t i = 1; i < n; i++)
		batch[i].started =
			pthread_create(&batch[i].thread, NULL, run_attempt, &batch[i]) == 0;
	run_attempt(&batch[0]);
	for (size_t i = 1; i < n; i++) {
		if (batch[i].started)
			pthread_join(batch[i].thread, NULL);
		else
			run_attempt(&batch[i]);
	}
	for (size_t i = 0; i < n; i++) {
		e->r->candidates++;
		e->r->tries += batch[i].tried;
		if (batch[i].rc < 0 && rc == 0) {
			*err = batch[i].err;
			rc = -1;
		}
	}
	return rc;
}

static char *text_of(const json_t *doc)
{
	struct np_buf b = { 0 };

	np_json_dump(doc, 0, &b);
	return np_buf_steal(&b);
}

bool np_min_prepare(struct np_min_engine *e, json_t *doc, struct np_min_attempt *ret)
{
	np_auto_free char *text = NULL;
	struct np_err why = { 0 };

	if (!doc)
		return false;
	text = text_of(doc);
	if (json_object_get(e->cache, text)) {
		json_decref(doc);
		return false;
	}
	np_min_attempt_init(ret, e, doc);
	if (np_min_check(&(struct np_min_candidate){ &ret->c, &ret->world }, &e->cell, &why) ==
	    0)
		return true;
	json_object_set_new(e->cache, text, json_true());
	e->r->refused++;
	np_min_attempt_release(ret);
	return false;
}

/* It fails: from now on this is the case, up to where it failed. */
static void take(struct np_min_engine *e, struct np_min_attempt *a)
{
	json_decref(e->doc);
	e->doc = json_incref(a->doc);
	np_min_doc_cut(e->doc, a->expect);
	json_array_append_new(e->history, json_deep_copy(e->doc));
	e->r->taken++;
	np_min_say(e);
}

static void drop(struct np_min_engine *e, struct np_min_attempt *a)
{
	np_auto_free char *text = text_of(a->doc);

	json_object_set_new(e->cache, text, json_true());
}

/* Runs what was gathered; *@ret_taken: which of them is the case now, or @n. Releases all. */
static int judge_batch(struct np_min_engine *e, struct np_min_attempt *batch, size_t n, size_t *ret_taken,
		       struct np_err *err)
{
	int rc = n ? run_batch(e, batch, n, err) : 0;

	*ret_taken = n;
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && *ret_taken == n && taken(&batch[i])) {
			*ret_taken = i;
			take(e, &batch[i]);
		} else if (rc == 0 && !taken(&batch[i])) {
			drop(e, &batch[i]);
		}
		np_min_attempt_release(&batch[i]);
	}
	return rc;
}

/* Pieces of @size children, from *@io_at on: as many as there are lanes. */
static size_t gather(struct np_min_engine *e, const json_t *path, const json_t *children, size_t size,
		     size_t *io_at, struct np_min_attempt *batch, size_t *positions)
{
	size_t n = 0, lanes = e->patient ? 1 : e->target->lanes, all = json_array_size(children);

	while (n < lanes && *io_at < all) {
		size_t piece = all - *io_at < size ? all - *io_at : size;

		if (np_min_prepare(e, np_min_without(e->doc, path, children, *io_at, piece, e->known),
			    &batch[n]))
			positions[n++] = *io_at;
		*io_at += piece;
	}
	return n;
}

static int reduce_by(struct np_min_engine *e, const json_t *path, size_t size, struct np_err *err)
{
	struct np_min_attempt batch[NP_MIN_MAX_LANES];
	size_t positions[NP_MIN_MAX_LANES], at = 0, which, n;
	json_t *children = np_min_children(e->doc, path, &e->cell);
	int rc = 0;

	while (rc == 0 && at < json_array_size(children) && !e->no_time) {
		n = gather(e, path, children, size, &at, batch, positions);
		rc = judge_batch(e, batch, n, &which, err);
		if (rc == 0 && which < n) { /* what came behind it has moved up */
			at = positions[which];
			json_decref(children);
			children = np_min_children(e->doc, path, &e->cell);
		}
		if (rc == 0)
			rc = np_min_out_of_time(e, err);
	}
	json_decref(children);
	return rc;
}

/* Large pieces first; @singles: only one by one. */
static int reduce(struct np_min_engine *e, const json_t *path, bool singles, struct np_err *err)
{
	json_t *children = np_min_children(e->doc, path, &e->cell);
	size_t n = json_array_size(children);
	int rc = 0;

	json_decref(children);
	for (size_t size = singles ? 1 : n; size >= 1 && rc == 0 && n && !e->no_time; size /= 2)
		rc = reduce_by(e, path, size, err);
	return rc;
}

static int reduce_depth(struct np_min_engine *e, unsigned depth, bool singles, struct np_err *err)
{
	json_t *paths = np_min_containers(e->doc, depth), *path;
	int rc = 0;
	size_t i;

	json_array_foreach(paths, i, path)
		if (rc == 0 && !e->no_time)
			rc = reduce(e, path, singles, err);
	json_decref(paths);
	return rc;
}

static int make_moves(struct np_min_engine *e, struct np_err *err)
{
	bool more = true;
	int rc = 0;

	for (size_t i = 0; rc == 0; i++) {
		struct np_min_attempt a;
		size_t which;
		json_t *doc = np_min_move(e->doc, i, &more);

		if (!more)
			break;
		if (np_min_prepare(e, doc, &a))
			rc = judge_batch(e, &a, 1, &which, err);
		if (rc == 0)
			rc = np_min_out_of_time(e, err);
	}
	return rc;
}

static int pass(struct np_min_engine *e, bool singles, struct np_err *err)
{
	static const char *const stages[] = { "objects and steps", "manifests" };
	int rc;

	e->stage = stages[0];
	rc = singles ? 0 : make_moves(e, err);
	for (unsigned depth = 0; depth < NP_MIN_MAX_DEPTH && rc == 0 && !e->no_time; depth++) {
		e->stage = stages[depth > 0];
		rc = reduce_depth(e, depth, singles, err);
		if (rc == 0 && depth == 0 && !singles)
			rc = make_moves(e, err);
	}
	return rc;
}

int np_min_shrink(struct np_min_engine *e, struct np_err *err)
{
	size_t before;
	bool singles = false;
	int rc;

	do {
		before = e->r->taken;
		rc = pass(e, singles, err);
		singles = true;
	} while (rc == 0 && e->r->taken > before && !e->no_time);
	return rc;
}
