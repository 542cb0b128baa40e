/* minimize.c - from a failing case to the smallest: which failure, how often, and what is left. */
#include "np/run/minimize.h"

#include <stdlib.h>
#include <string.h>

#include "minimize_engine.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define TRIES 5
#define BUDGET_MS (10LL * 60 * 1000)
#define RATE_TRIES 2   /* of a failure that shows each time, beside the one that was seen */
#define FLAKY_TRIES 10 /* of one that does not */
#define FLAKY_MISS 20  /* a candidate that fails so often is missed once in that many times */
#define CANDIDATE_TRIES_MAX 12

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

/* ---- how often ---- */

/*
 * Tries @doc a few times, more when it does not fail each time. @final: until it failed once each
 * try has all the time, and evidence is kept.
 */
static int measure(struct np_min_engine *e, const json_t *doc, bool final, struct np_min_rate *ret,
		   size_t *ret_expect, struct np_err *err)
{
	unsigned n = e->target->steady ? 1 : RATE_TRIES + final;
	struct np_min_attempt a;
	int rc = 0;

	np_min_attempt_init(&a, e, json_deep_copy(doc));
	while (rc == 0 && a.tried < n) {
		a.want_evidence = final && !a.failed;
		rc = np_min_attempt_try(&a, e->patient || a.want_evidence);
		if (!e->target->steady && a.failed < a.tried)
			n = FLAKY_TRIES;
		if (rc == 0)
			rc = np_min_out_of_time(e, err);
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
	np_min_attempt_release(&a);
	return rc;
}

/*
 * Of a failure that shows each time: an answer is no accident, so one that comes and must not is
 * believed at once; one that is missing must be missing twice. Of a failure that shows now and then
 * one is enough, and the tries are such that few are missed.
 */
static void choose_tries(struct np_min_engine *e, const struct np_min_rate *rate)
{
	bool may_be_lost = e->cell.wrong == NP_MIN_DENIED && !e->target->steady;
	double missed = 1;

	e->needed = e->tries = may_be_lost ? 2 : 1;
	if (rate->failed == rate->tried)
		return;
	e->needed = 1;
	for (e->tries = 0; e->tries < CANDIDATE_TRIES_MAX && missed > 1.0 / FLAKY_MISS; e->tries++)
		missed *= 1 - (double)rate->failed / rate->tried;
}

/* ---- the beginning ---- */

static int find_once(struct np_min_engine *e, struct np_min_found *ret, struct np_err *err)
{
	struct np_min_attempt a;
	int rc;

	np_min_attempt_init(&a, e, json_deep_copy(e->doc));
	rc = e->target->find(e->target->ctx, &(struct np_min_candidate){ &a.c, &a.world }, ret,
			     err);
	e->r->tries++;
	e->r->rate_before.tried++;
	np_min_attempt_release(&a);
	return rc;
}

/* Case and way back: a failure may show only when the objects of the case are gone. */
static int find(struct np_min_engine *e, struct np_min_found *ret, struct np_err *err)
{
	unsigned tries = e->o->tries ? e->o->tries : TRIES;
	int rc = 0;

	e->stage = "looking for the failure";
	for (unsigned i = 0; rc == 0 && !ret->n && i < tries; i++) {
		np_min_say(e);
		rc = find_once(e, ret, err);
		if (rc == 0 && !ret->n && i == 0) {
			np_min_doc_append_undo(e->doc);
			rc = find_once(e, ret, err);
		}
		if (rc == 0)
			rc = np_min_out_of_time(e, err);
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

static int choose_cell(struct np_min_engine *e, const struct np_min_found *found, struct np_err *err)
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
static int begin(struct np_min_engine *e, struct np_err *err)
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
	np_min_say(e);
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
static int backtrack(struct np_min_engine *e, struct np_err *err)
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
static int confirm(struct np_min_engine *e, struct np_err *err)
{
	e->stage = "the smallest once more";
	np_min_say(e);
	if (measure(e, e->doc, true, &e->r->rate_after, NULL, err) < 0)
		return -1;
	return e->r->rate_after.failed ? 0 : 1;
}

/* 1: nothing fails for as long as the user allows. */
static int work(struct np_min_engine *e, struct np_err *err)
{
	int rc = begin(e, err);

	if (rc)
		return rc;
	np_min_doc_size(e->doc, &e->r->before);
	for (;;) {
		if (np_min_shrink(e, err) < 0)
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

static void fill(struct np_min_engine *e)
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
	struct np_min_engine e = { .o = options,
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
	struct np_min_engine e;
	np_min_each_fn *fn;
	void *ctx;
	bool done;
};

static void visit_container(struct visit *v, const json_t *path)
{
	json_t *children = np_min_children(v->e.doc, path, &v->e.cell);

	for (size_t i = 0; i < json_array_size(children) && !v->done; i++) {
		struct np_min_attempt a;

		if (!np_min_prepare(&v->e, np_min_without(v->e.doc, path, children, i, 1, v->e.known),
			     &a))
			continue;
		v->done = v->fn(v->ctx, &(struct np_min_candidate){ &a.c, &a.world });
		np_min_attempt_release(&a);
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
