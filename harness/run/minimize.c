/* minimize.c - taking out of a case what its failure does not need. */
#include "np/run/minimize.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "minimize_doc.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define TRIES 5
#define BUDGET_MS (10LL * 60 * 1000)
#define RATE_TRIES 2   /* of a failure that shows each time, beside the one that was seen */
#define FLAKY_TRIES 10 /* of one that does not */
#define FLAKY_MISS 20  /* a candidate that fails so often is missed once in that many times */
#define CANDIDATE_TRIES_MAX 12

struct engine {
	const struct np_min_options *o;
	const struct np_min_target *target;
	struct np_min_meta meta;
	struct np_min_cell cell;
	json_t *doc, *known; /* the smallest so far; namespaces of the original */
	json_t *history;     /* every doc that was the smallest, from the original on */
	json_t *cache;	     /* texts of docs that do not fail */
	struct np_min_result *r;
	unsigned tries, needed; /* of a candidate; failing ones that take it */
	bool patient, no_time;
	int64_t begin_us, end_us;
	const char *stage;
};

static const char *const wrong_names[NP_N_MIN_WRONGS] = { "denied", "allowed", "misdelivered",
							  "crashed" };

const char *np_min_wrong_name(enum np_min_wrong w)
{
	return wrong_names[w];
}

const char *np_min_cell_text(const struct np_min_cell *c, char *buf, size_t size)
{
	if (c->wrong == NP_MIN_CRASHED)
		snprintf(buf, size, "the agent");
	else
		snprintf(buf, size, "%s -> %s %s:%u%s", c->src, c->dst, np_proto_name(c->proto),
			 c->port, c->family == 6 ? " v6" : "");
	return buf;
}

/* ---- one candidate ---- */

struct attempt {
	const struct engine *e;
	unsigned lane;
	json_t *doc;
	struct np_case c;
	struct np_worldfile world;
	unsigned failed, tried;
	size_t expect; /* at which it failed last */
	json_t *evidence;
	bool want_evidence;
	int rc;
	struct np_err err;
	pthread_t thread;
	bool started;
};

/* Takes @doc. */
static void attempt_init(struct attempt *a, const struct engine *e, json_t *doc)
{
	*a = (struct attempt){ .e = e, .doc = doc };
	np_min_doc_build(doc, &e->meta, &a->c, &a->world);
}

static void attempt_release(struct attempt *a)
{
	json_decref(a->doc);
	json_decref(a->evidence);
	np_case_release(&a->c);
	np_worldfile_release(&a->world);
	*a = (struct attempt){ .rc = 0 };
}

/* One try. A candidate of which nothing can be said is one that does not fail. */
static int try_once(struct attempt *a, bool patient)
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
	struct attempt *a = arg;
	const struct engine *e = a->e;

	while (a->rc == 0 && a->failed < e->needed &&
	       a->tried - a->failed <= e->tries - e->needed)
		a->rc = try_once(a, e->patient);
	return NULL;
}

static bool taken(const struct attempt *a)
{
	return a->failed >= a->e->needed;
}

static void say(struct engine *e)
{
	struct np_min_progress p = { .stage = e->stage,
				     .candidates = e->r->candidates,
				     .elapsed_ms = (np_now_us() - e->begin_us) / 1000 };

	if (!e->o->progress)
		return;
	np_min_doc_size(e->doc, &p.size);
	e->o->progress(e->o->progress_ctx, &p);
}

static int out_of_time(struct engine *e, struct np_err *err)
{
	if (e->o->cancel && atomic_load(e->o->cancel))
		return np_err_set(err, NP_EINTR, "interrupted");
	e->no_time |= np_now_us() > e->end_us;
	return 0;
}

/* ---- candidates ---- */

/* Several at once, each on its lane. */
static int run_batch(struct engine *e, struct attempt *batch, size_t n, struct np_err *err)
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

/* A candidate worth a try: new, and valid. Takes @doc; false: it is gone. */
static bool prepare(struct engine *e, json_t *doc, struct attempt *ret)
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
	attempt_init(ret, e, doc);
	if (np_min_check(&(struct np_min_candidate){ &ret->c, &ret->world }, &e->cell, &why) ==
	    0)
		return true;
	json_object_set_new(e->cache, text, json_true());
	e->r->refused++;
	attempt_release(ret);
	return false;
}

/* It fails: from now on this is the case, up to where it failed. */
static void take(struct engine *e, struct attempt *a)
{
	json_decref(e->doc);
	e->doc = json_incref(a->doc);
	np_min_doc_cut(e->doc, a->expect);
	json_array_append_new(e->history, json_deep_copy(e->doc));
	e->r->taken++;
	say(e);
}

static void drop(struct engine *e, struct attempt *a)
{
	np_auto_free char *text = text_of(a->doc);

	json_object_set_new(e->cache, text, json_true());
}

/* Runs what was gathered; *@ret_taken: which of them is the case now, or @n. Releases all. */
static int judge_batch(struct engine *e, struct attempt *batch, size_t n, size_t *ret_taken,
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
		attempt_release(&batch[i]);
	}
	return rc;
}

/* Pieces of @size children, from *@io_at on: as many as there are lanes. */
static size_t gather(struct engine *e, const json_t *path, const json_t *children, size_t size,
		     size_t *io_at, struct attempt *batch, size_t *positions)
{
	size_t n = 0, lanes = e->patient ? 1 : e->target->lanes, all = json_array_size(children);

	while (n < lanes && *io_at < all) {
		size_t piece = all - *io_at < size ? all - *io_at : size;

		if (prepare(e, np_min_without(e->doc, path, children, *io_at, piece, e->known),
			    &batch[n]))
			positions[n++] = *io_at;
		*io_at += piece;
	}
	return n;
}

static int reduce_by(struct engine *e, const json_t *path, size_t size, struct np_err *err)
{
	struct attempt batch[NP_MIN_MAX_LANES];
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
			rc = out_of_time(e, err);
	}
	json_decref(children);
	return rc;
}

/* Large pieces first; @singles: only one by one. */
static int reduce(struct engine *e, const json_t *path, bool singles, struct np_err *err)
{
	json_t *children = np_min_children(e->doc, path, &e->cell);
	size_t n = json_array_size(children);
	int rc = 0;

	json_decref(children);
	for (size_t size = singles ? 1 : n; size >= 1 && rc == 0 && n && !e->no_time; size /= 2)
		rc = reduce_by(e, path, size, err);
	return rc;
}

static int reduce_depth(struct engine *e, unsigned depth, bool singles, struct np_err *err)
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

static int make_moves(struct engine *e, struct np_err *err)
{
	bool more = true;
	int rc = 0;

	for (size_t i = 0; rc == 0; i++) {
		struct attempt a;
		size_t which;
		json_t *doc = np_min_move(e->doc, i, &more);

		if (!more)
			break;
		if (prepare(e, doc, &a))
			rc = judge_batch(e, &a, 1, &which, err);
		if (rc == 0)
			rc = out_of_time(e, err);
	}
	return rc;
}

static int pass(struct engine *e, bool singles, struct np_err *err)
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

/* Until nothing can be left out: the last pass is the proof. */
static int shrink(struct engine *e, struct np_err *err)
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

/* ---- how often ---- */

/*
 * Tries @doc a few times, more when it does not fail each time. @final: until it failed once each
 * try has all the time, and evidence is kept.
 */
static int measure(struct engine *e, const json_t *doc, bool final, struct np_min_rate *ret,
		   size_t *ret_expect, struct np_err *err)
{
	unsigned n = e->target->steady ? 1 : RATE_TRIES + final;
	struct attempt a;
	int rc = 0;

	attempt_init(&a, e, json_deep_copy(doc));
	while (rc == 0 && a.tried < n) {
		a.want_evidence = final && !a.failed;
		rc = try_once(&a, e->patient || a.want_evidence);
		if (!e->target->steady && a.failed < a.tried)
			n = FLAKY_TRIES;
		if (rc == 0)
			rc = out_of_time(e, err);
		else
			*err = a.err;
	}
	e->r->tries += a.tried;
	*ret = (struct np_min_rate){ a.failed, a.tried };
	if (a.failed && ret_expect)
		*ret_expect = a.expect;
	if (a.evidence) {
		json_decref(e->r->evidence);
		e->r->evidence = json_incref(a.evidence);
	}
	attempt_release(&a);
	return rc;
}

/* One that fails each time is taken when it fails twice; of one that fails now and then one failure
 * is enough, and the tries are such that few are missed. */
static void choose_tries(struct engine *e, const struct np_min_rate *rate)
{
	double missed = 1;

	e->needed = e->tries = e->target->steady ? 1 : 2;
	if (rate->failed == rate->tried)
		return;
	e->needed = 1;
	for (e->tries = 0; e->tries < CANDIDATE_TRIES_MAX && missed > 1.0 / FLAKY_MISS; e->tries++)
		missed *= 1 - (double)rate->failed / rate->tried;
}

/* ---- the beginning ---- */

static int find_once(struct engine *e, struct np_min_found *ret, struct np_err *err)
{
	struct attempt a;
	int rc;

	attempt_init(&a, e, json_deep_copy(e->doc));
	rc = e->target->find(e->target->ctx, &(struct np_min_candidate){ &a.c, &a.world }, ret,
			     err);
	e->r->tries++;
	e->r->rate_before.tried++;
	attempt_release(&a);
	return rc;
}

/* Case and way back: a failure may show only when the objects of the case are gone. */
static int find(struct engine *e, struct np_min_found *ret, struct np_err *err)
{
	unsigned tries = e->o->tries ? e->o->tries : TRIES;
	int rc = 0;

	e->stage = "looking for the failure";
	for (unsigned i = 0; rc == 0 && !ret->n && i < tries; i++) {
		say(e);
		rc = find_once(e, ret, err);
		if (rc == 0 && !ret->n && i == 0) {
			np_min_doc_append_undo(e->doc);
			rc = find_once(e, ret, err);
		}
		if (rc == 0)
			rc = out_of_time(e, err);
		if (e->target->steady || e->no_time)
			break;
	}
	return rc;
}

static bool is_pod(const char *end)
{
	return strchr(end, '/') && strncmp(end, "ext/", 4) != 0 && strncmp(end, "node/", 5) != 0 &&
	       strncmp(end, "svc:", 4) != 0;
}

/* How well kubectl can show it, best first. */
static unsigned rank_of(const struct np_min_cell *c)
{
	if (!is_pod(c->src))
		return strncmp(c->src, "node/", 5) == 0 && is_pod(c->dst) ? 2 : 1;
	if (is_pod(c->dst))
		return c->proto == NP_TCP ? 7 : 6;
	return strncmp(c->dst, "svc:", 4) == 0 ? 5 : strncmp(c->dst, "ext/", 4) == 0 ? 3 : 4;
}

static int choose_cell(struct engine *e, const struct np_min_found *found, struct np_err *err)
{
	const struct np_min_cell *best = NULL;
	char text[400];

	for (size_t i = 0; i < found->n; i++) {
		const struct np_min_cell *c = &found->cells[i];

		if (e->o->cell && strcmp(np_min_cell_text(c, text, sizeof(text)), e->o->cell) != 0)
			continue;
		if (!best || rank_of(c) > rank_of(best))
			best = c;
	}
	if (!best)
		return np_err_set(err, NP_EUSAGE,
				  "'%.200s' is not wrong in this case; '%s' is one of %zu that are",
				  e->o->cell,
				  np_min_cell_text(&found->cells[0], text, sizeof(text)), found->n);
	e->cell = *best;
	e->meta.cell = &e->cell;
	np_min_doc_cut(e->doc, found->expect);
	return 0;
}

/* The failure and how often it shows. 1: it does not. */
static int begin(struct engine *e, struct np_err *err)
{
	struct np_min_found found = { .n = 0 };
	struct np_min_rate rate;
	size_t expect = 0;
	int rc = find(e, &found, err);

	if (rc == 0 && !found.n)
		rc = 1;
	if (rc == 0)
		rc = choose_cell(e, &found, err);
	free(found.cells);
	if (rc)
		return rc;
	e->stage = "how often it fails";
	say(e);
	rc = measure(e, e->doc, false, &rate, &expect, err);
	if (rc < 0)
		return -1;
	e->r->rate_before.failed = rate.failed + 1;
	e->r->rate_before.tried += rate.tried;
	if (!rate.failed)
		return 1;
	np_min_doc_cut(e->doc, expect);
	choose_tries(e, rate.failed == rate.tried && e->r->rate_before.tried == rate.tried + 1
				? &rate
				: &e->r->rate_before);
	json_array_append_new(e->history, json_deep_copy(e->doc));
	return 0;
}

/* ---- the end ---- */

/* Candidates were given only as long as changes took so far. The last that fails for as long as the
 * user allows is the one to go on from. */
static int backtrack(struct engine *e, struct np_err *err)
{
	size_t low = 0, high = json_array_size(e->history) - 1; /* the last one does not */

	while (low + 1 < high && !e->no_time) {
		size_t middle = (low + high) / 2;
		struct np_min_rate rate;

		if (measure(e, json_array_get(e->history, middle), true, &rate, NULL, err) < 0)
			return -1;
		if (rate.failed)
			low = middle;
		else
			high = middle;
	}
	e->r->backtracked += json_array_size(e->history) - 1 - low;
	while (json_array_size(e->history) > low + 1)
		json_array_remove(e->history, json_array_size(e->history) - 1);
	json_decref(e->doc);
	e->doc = json_deep_copy(json_array_get(e->history, low));
	json_object_clear(e->cache);
	e->patient = true;
	return 0;
}

/* With the whole time for every change, and evidence. 1: it does not fail after all. */
static int confirm(struct engine *e, struct np_err *err)
{
	e->stage = "the smallest once more";
	say(e);
	if (measure(e, e->doc, true, &e->r->rate_after, NULL, err) < 0)
		return -1;
	return e->r->rate_after.failed ? 0 : 1;
}

/* 1: nothing fails for as long as the user allows. */
static int work(struct engine *e, struct np_err *err)
{
	int rc = begin(e, err);

	if (rc)
		return rc;
	np_min_doc_size(e->doc, &e->r->before);
	for (;;) {
		if (shrink(e, err) < 0)
			return -1;
		rc = confirm(e, err);
		if (rc <= 0 || json_array_size(e->history) < 2)
			return rc;
		if (backtrack(e, err) < 0)
			return -1;
	}
}

/* What holds of the connection, beside what the oracle says of the rest. */
static void add_line(struct np_case *c, const struct np_min_cell *cell, const json_t *evidence)
{
	struct np_expect *expect = &c->steps[c->n_steps - 1].expect;
	const json_t *failure = json_object_get(evidence, "failure");
	bool allow = strcmp(np_json_str(failure, "expected", ""), "allow") == 0;
	struct np_expect_line *lines;

	if (!json_is_object(failure))
		return;
	lines = np_arena_array(&c->arena, 2, sizeof(*lines));
	lines[0] = expect->lines[0];
	lines[1] = (struct np_expect_line){ .kind = allow ? NP_EXPECT_ALLOW : NP_EXPECT_DENY,
					    .n_from = 1,
					    .n_to = 1,
					    .n_ports = 1 };
	lines[1].from = np_arena_alloc(&c->arena, sizeof(*lines[1].from));
	lines[1].from->pattern = np_arena_str(&c->arena, np_str_from(cell->src));
	lines[1].to = np_arena_alloc(&c->arena, sizeof(*lines[1].to));
	lines[1].to->pattern = np_arena_str(&c->arena, np_str_from(cell->dst));
	lines[1].ports = np_arena_alloc(&c->arena, sizeof(*lines[1].ports));
	*lines[1].ports = (struct np_expect_port){ .proto = cell->proto,
						   .first = cell->port,
						   .last = cell->port };
	lines[1].reason = np_arena_printf(&c->arena, "%s: seen %s",
					  np_json_str(failure, "clauses", ""),
					  np_json_str(failure, "outcome", ""));
	*expect = (struct np_expect){ lines, 2 };
}

static void fill(struct engine *e)
{
	struct np_min_result *r = e->r;
	json_t *flat = np_min_doc_flat(e->doc);

	r->cell = e->cell;
	r->end = e->no_time ? NP_MIN_NO_TIME : NP_MIN_DONE;
	np_min_doc_size(e->doc, &r->after);
	np_min_doc_build(e->doc, &e->meta, &r->c, &r->world);
	np_min_doc_build(flat, &e->meta, &r->file_c, &r->file_world);
	add_line(&r->file_c, &e->cell, r->evidence);
	json_decref(flat);
}

/* A name that may stand in a case's id. */
static char *name_of(const struct np_min_options *o, const struct np_case *c)
{
	char *name = o->name ? np_xstrdup(o->name) : np_xstrndup(c->id.p, c->id.n);

	for (char *s = name; *s; s++)
		if (*s == '/')
			*s = '-';
	return name;
}

int np_minimize(const struct np_case *c, const struct np_worldfile *world,
		const struct np_min_options *options, const struct np_min_target *target,
		struct np_min_result *ret, struct np_err *err)
{
	np_auto_free char *name = name_of(options, c);
	struct np_min_result r = { .end = NP_MIN_PASSES };
	struct engine e = { .o = options,
			    .target = target,
			    .meta = { .original = c, .name = name },
			    .history = json_array(),
			    .cache = json_object(),
			    .r = &r,
			    .tries = 1,
			    .needed = 1,
			    .begin_us = np_now_us() };
	int rc = -1;

	e.end_us = e.begin_us + (options->budget_ms ? options->budget_ms : BUDGET_MS) * 1000;
	e.doc = np_min_doc_new(c, world, err);
	if (e.doc) {
		e.known = np_min_doc_namespaces(e.doc);
		rc = work(&e, err);
	}
	if (rc == 0)
		fill(&e);
	r.elapsed_ms = (np_now_us() - e.begin_us) / 1000;
	json_decref(e.doc);
	json_decref(e.known);
	json_decref(e.history);
	json_decref(e.cache);
	if (rc < 0) {
		json_decref(r.evidence);
		return -1;
	}
	*ret = r;
	return 0;
}

void np_min_release(struct np_min_result *r)
{
	np_case_release(&r->c);
	np_case_release(&r->file_c);
	np_worldfile_release(&r->world);
	np_worldfile_release(&r->file_world);
	json_decref(r->evidence);
	*r = (struct np_min_result){ .end = NP_MIN_PASSES };
}

/* ---- minimality ---- */

struct visit {
	struct engine e;
	np_min_each_fn *fn;
	void *ctx;
	bool done;
};

static void visit_container(struct visit *v, const json_t *path)
{
	json_t *children = np_min_children(v->e.doc, path, &v->e.cell);

	for (size_t i = 0; i < json_array_size(children) && !v->done; i++) {
		struct attempt a;

		if (!prepare(&v->e, np_min_without(v->e.doc, path, children, i, 1, v->e.known),
			     &a))
			continue;
		v->done = v->fn(v->ctx, &(struct np_min_candidate){ &a.c, &a.world });
		attempt_release(&a);
	}
	json_decref(children);
}

bool np_min_each_smaller(const struct np_min_result *r, np_min_each_fn *fn, void *ctx)
{
	struct np_min_result counts = { .end = NP_MIN_PASSES };
	np_auto_free char *name = np_xstrndup(r->world.name.p, r->world.name.n);
	struct visit v = { .e = { .cell = r->cell, .r = &counts, .cache = json_object() },
			   .fn = fn,
			   .ctx = ctx };
	struct np_err err = { 0 };

	v.e.meta = (struct np_min_meta){ .original = &r->c, .name = name, .cell = &v.e.cell };
	v.e.doc = np_min_doc_new(&r->c, &r->world, &err);
	v.e.known = np_min_doc_namespaces(v.e.doc);
	for (unsigned depth = 0; depth < NP_MIN_MAX_DEPTH && !v.done; depth++) {
		json_t *paths = np_min_containers(v.e.doc, depth), *path;
		size_t i;

		json_array_foreach(paths, i, path)
			if (!v.done)
				visit_container(&v, path);
		json_decref(paths);
	}
	json_decref(v.e.doc);
	json_decref(v.e.known);
	json_decref(v.e.cache);
	return v.done;
}
