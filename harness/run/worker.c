/* worker.c - one thread of a run. */
#include "worker.h"

#include <stdlib.h>
#include <string.h>

#include "caserun.h"
#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "opening.h"

#define CASE_TRIES 3 /* of a case that is disturbed each time */
#define WORLD_TRIES 2 /* of a world that is not open before any policy */

const char *np_case_lacks(const struct np_shared *sh, const struct np_case *c)
{
	unsigned families = c->families;

	if (np_fixture_lacks(sh->fixture, c->needs)[0])
		return np_fixture_lacks(sh->fixture, c->needs);
	if ((families & 1) && !(sh->fixture->caps & NP_NEED_IPV4))
		return np_fixture_lacks(sh->fixture, NP_NEED_IPV4);
	if ((families & 2) && !(sh->fixture->caps & NP_NEED_IPV6))
		return np_fixture_lacks(sh->fixture, NP_NEED_IPV6);
	return "";
}

/* @extra is taken. */
static void record_case(struct np_shared *sh, const struct np_case *c, unsigned worker,
			enum np_run_result result, const char *reason, json_t *extra)
{
	json_t *line = np_json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:i}", "type", "case",
				    "case", np_json_string(c->id), "title",
				    np_json_string(c->title), "area", np_record_area(c->id), "profile",
				    np_json_string(c->profile), "covers", np_record_clauses(&c->covers),
				    "result", np_run_result_name(result), "worker", (int)worker);

	if (reason && *reason)
		json_object_set_new(line, "reason", np_json_string(np_str_from(reason)));
	if (extra) {
		json_object_update(line, extra);
		json_decref(extra);
	}
	np_record_put_take(sh->record, line);
}

void np_case_again(struct np_shared *sh, const struct np_case *c, unsigned worker,
		   const char *reason)
{
	record_case(sh, c, worker, NP_RUN_ERROR, reason, np_json_pack("{s:b}", "again", 1));
	np_record_note(sh->record, "info", "case " NP_STR_FMT " is judged again: %s",
		       NP_STR_ARG(c->id), reason);
	pthread_mutex_lock(&sh->lock);
	sh->trouble.cases_again++;
	pthread_mutex_unlock(&sh->lock);
}

void np_case_end(struct np_shared *sh, const struct np_case *c, unsigned worker,
		 enum np_run_result result, const char *reason, json_t *extra)
{
	record_case(sh, c, worker, result, reason, extra);
	pthread_mutex_lock(&sh->lock);
	if (result != NP_RUN_SKIP && result != NP_RUN_ERROR)
		np_waivers_judge(&sh->waivers, c->id, result == NP_RUN_KNOWN);
	sh->progress.n_done++;
	sh->progress.by_result[result]++;
	sh->progress.id = c->id.p;
	sh->progress.result = result;
	sh->progress.elapsed_ms = np_record_now_ms(sh->record);
	if (sh->options->fail_fast && result == NP_RUN_FAIL)
		sh->stop = true;
	if (sh->options->progress)
		sh->options->progress(sh->options->progress_ctx, &sh->progress);
	pthread_mutex_unlock(&sh->lock);
}

static bool stopping(struct np_shared *sh)
{
	bool stop;

	pthread_mutex_lock(&sh->lock);
	stop = sh->stop;
	pthread_mutex_unlock(&sh->lock);
	return stop || (sh->options->cancel && atomic_load(sh->options->cancel));
}

/* Cases with SCTP need other pods where the nodes' kernels have none. */
static bool needs_raw(const struct np_shared *sh, const struct np_case *c)
{
	return sh->fixture->raw && (c->needs & NP_NEED_SCTP);
}

static bool serves(const struct np_shared *sh, const struct np_session *now,
		   const struct np_case *c)
{
	return now->fixture && np_str_eq(c->world, now->worldfile->name) &&
	       needs_raw(sh, c) == now->raw;
}

/* Some worker is in the world of @c. */
static bool is_served(const struct np_shared *sh, const struct np_case *c)
{
	for (unsigned w = 0; w < NP_RUN_MAX_WORKERS; w++)
		if (sh->serving[w] && np_str_eq(c->world, sh->serving[w]->name))
			return true;
	return false;
}

/*
 * Of the lowest band that has a case left: the next that the worker's world serves as it is; else
 * one of a world in which nobody is, so that each is deployed once before any is twice; else the
 * first. The very first case goes first, whoever takes it.
 */
static size_t pick_case(const struct np_shared *sh, const struct np_session *now)
{
	const struct np_plan *plan = sh->plan;
	size_t first = 0, fresh = SIZE_MAX;

	while (first < plan->n_cases && sh->taken[first])
		first++;
	for (size_t i = first; i < plan->n_cases && plan->bands[i] == plan->bands[first]; i++) {
		if (sh->taken[i])
			continue;
		if (serves(sh, now, &plan->cases[i]))
			return i;
		if (fresh == SIZE_MAX && !is_served(sh, &plan->cases[i]))
			fresh = i;
	}
	if (fresh != SIZE_MAX)
		return fresh;
	return first < plan->n_cases ? first : SIZE_MAX;
}

static const struct np_case *take_case(struct np_shared *sh, unsigned worker,
				       const struct np_session *now)
{
	const struct np_case *c = NULL;
	size_t pick;

	pthread_mutex_lock(&sh->lock);
	pick = pick_case(sh, now);
	if (pick != SIZE_MAX) {
		c = &sh->plan->cases[pick];
		sh->taken[pick] = 1;
		sh->serving[worker] = np_plan_world(sh->plan, c->world);
	}
	pthread_mutex_unlock(&sh->lock);
	return c;
}

/* A Pod's node and its containers with their ports only: the agent is the harness's business. */
static void strip_pod(json_t *spec)
{
	static const char *const lists[] = { "containers", "initContainers" },
				 *const keep[] = { "name", "ports", "restartPolicy" },
				 *const of_pod[] = { "hostNetwork", "nodeName" };
	json_t *ctr, *bare = json_object();
	size_t i;

	for (size_t l = 0; l < 2; l++)
		json_array_foreach(json_object_get(spec, lists[l]), i, ctr) {
			json_t *ports = json_object();

			for (size_t k = 0; k < 3; k++)
				if (json_object_get(ctr, keep[k]))
					json_object_set(ports, keep[k],
							json_object_get(ctr, keep[k]));
			json_array_set_new(json_object_get(spec, lists[l]), i, ports);
		}
	for (size_t l = 0; l < 2; l++)
		if (json_object_get(spec, lists[l]))
			json_object_set(bare, lists[l], json_object_get(spec, lists[l]));
	for (size_t k = 0; k < 2; k++)
		if (json_object_get(spec, of_pod[k]))
			json_object_set(bare, of_pod[k], json_object_get(spec, of_pod[k]));
	json_object_clear(spec);
	json_object_update(spec, bare);
	json_decref(bare);
}

static void shorten(const struct np_session *s, json_t *meta, const char *key)
{
	const char *real = json_string_value(json_object_get(meta, key));

	if (real)
		json_object_set_new(meta, key,
				    np_json_string(np_scope_short(&s->scope, np_str_from(real))));
}

/* The world's objects as its file says them: with short names, and without what the harness put in.
 */
static json_t *world_objects(const struct np_session *s)
{
	json_t *all = json_object(), *original;
	const char *key;

	json_object_foreach(s->originals, key, original) {
		json_t *o = json_deep_copy(original), *meta = json_object_get(o, "metadata"),
		       *labels = json_object_get(meta, "labels");

		shorten(s, meta, "namespace");
		if (strncmp(key, "Namespace ", 10) == 0)
			shorten(s, meta, "name");
		json_object_del(labels, NP_LABEL_RUN);
		json_object_del(labels, NP_LABEL_MANAGED);
		json_object_del(labels, NP_LABEL_POD_SECURITY);
		if (strncmp(key, "Pod ", 4) == 0)
			strip_pod(json_object_get(o, "spec"));
		json_object_set_new(all, key, o);
	}
	return all;
}

static json_t *world_listens(const struct np_session *s)
{
	static const char *const names[NP_N_PROTOS] = { "tcp", "udp", "sctp" };
	json_t *lists = json_object();

	for (int proto = 0; proto < NP_N_PROTOS; proto++) {
		struct np_buf b = { 0 };

		for (size_t i = 0; i < s->worldfile->n_ports; i++)
			if ((int)s->worldfile->ports[i].proto == proto)
				np_buf_printf(&b, "%s%u", b.len ? "," : "",
					      s->worldfile->ports[i].first);
		json_object_set_new(lists, names[proto], json_string(np_buf_text(&b)));
		np_buf_release(&b);
	}
	return lists;
}

static void record_world(struct np_shared *sh, unsigned worker, const struct np_session *s)
{
	np_record_put_take(sh->record,
			   np_json_pack("{s:s, s:i, s:o, s:b, s:o, s:o, s:I, s:I}", "type", "world",
					"worker", (int)worker, "world",
					np_json_string(s->worldfile->name), "raw", s->raw,
					"objects",
					world_objects(s), "listens", world_listens(s), "deploy_ms",
					(json_int_t)s->deploy_ms, "streams",
					(json_int_t)np_fleet_size(s->fleet)));
}

static void add_stats(struct np_shared *sh, const struct np_session *s)
{
	struct np_fleet_stats st;

	np_fleet_get_stats(s->fleet, &st);
	pthread_mutex_lock(&sh->lock);
	sh->streams_opened += st.streams_opened;
	sh->trouble.streams_lost += st.streams_lost;
	sh->trouble.probes_again += st.probes_again;
	sh->probes += st.probes;
	sh->agents += st.agents;
	pthread_mutex_unlock(&sh->lock);
}

/* The worker's current world; deployed anew when the case wants another or the old one could not be
 * brought back. */
struct place {
	struct np_session session;
	unsigned incarnation;
};

static void end_session(struct np_shared *sh, struct place *p, bool remove)
{
	if (!p->session.fixture)
		return;
	add_stats(sh, &p->session);
	np_session_end(&p->session, remove);
	atomic_fetch_sub(&sh->n_worlds, 1);
}

static void give_up(struct np_shared *sh, const struct np_err *why)
{
	pthread_mutex_lock(&sh->lock);
	if (!sh->broken.code)
		sh->broken = *why;
	sh->stop = true;
	pthread_mutex_unlock(&sh->lock);
}

/*
 * One look before the first policy; the last try while no case of the run has policies in force, so
 * that none of them can be the reason. *@ret_open false with the reason in @err.
 */
static int look_at_new(struct np_shared *sh, struct np_session *s, bool alone, bool *ret_open,
		       struct np_err *err)
{
	char why[300];
	int rc;

	if (alone)
		pthread_rwlock_wrlock(&sh->in_force);
	/* Another worker may have found out meanwhile that the run cannot go on: said once. */
	if (alone && stopping(sh))
		rc = np_err_set(err, NP_EINTR, "the run ends");
	else
		rc = np_opening_look(s, sh->deadline_ms, ret_open, why, sizeof(why), err);
	if (rc == 0 && !*ret_open)
		np_err_set(err, NP_EENV, "%s", why);
	if (rc == 0 && !*ret_open && alone)
		give_up(sh, err);
	if (alone)
		pthread_rwlock_unlock(&sh->in_force);
	return rc;
}

/* A world in which everything is open. -1 with NP_EENV when there is none to be had: then nothing
 * that a case sees would say anything about the case. */
static int deploy(struct np_shared *sh, struct place *p, unsigned worker,
		  const struct np_worldfile *world, bool raw, struct np_err *err)
{
	for (int try = 1;; try++) {
		bool open = false, last = try == WORLD_TRIES;

		if (np_session_start(sh->fixture, worker, p->incarnation++, world, raw, &p->session,
				     err) < 0)
			return -1;
		atomic_fetch_add(&sh->n_worlds, 1);
		record_world(sh, worker, &p->session);
		if (look_at_new(sh, &p->session, last, &open, err) < 0) {
			p->session.dirty = true;
			return -1;
		}
		if (open)
			return 0;
		if (last) {
			p->session.dirty = true;
			return -1;
		}
		np_record_note(sh->record, "info",
			       "a world is deployed anew, to be looked at while no case has "
			       "policies in force: %s", err->msg);
		np_err_clear(err);
		end_session(sh, p, true);
	}
}

static int move_to(struct np_shared *sh, struct place *p, unsigned worker, const struct np_case *c,
		   struct np_err *err)
{
	const struct np_worldfile *world = np_plan_world(sh->plan, c->world);
	bool raw = needs_raw(sh, c);

	if (p->session.fixture && p->session.worldfile == world && p->session.raw == raw &&
	    !p->session.dirty)
		return 0;
	if (p->session.fixture && p->session.dirty)
		np_record_note(sh->record, "info", "worker %u deploys its world anew", worker);
	end_session(sh, p, true);
	return deploy(sh, p, worker, world, raw, err);
}

/* One case, in a world of its own again when the first try was disturbed. -1: the run cannot go on. */
static int run_case(struct np_shared *sh, struct place *p, unsigned worker,
		    const struct np_case *c, struct np_err *err)
{
	for (int try = 1; try <= CASE_TRIES; try++) {
		bool last = try == CASE_TRIES, deployed = move_to(sh, p, worker, c, err) == 0;
		int rc = 0;

		if (deployed) {
			pthread_rwlock_rdlock(&sh->in_force);
			rc = np_case_run(sh, worker, &p->session, c, last, err);
			pthread_rwlock_unlock(&sh->in_force);
		} else if (err->code == NP_ENOTFOUND && !last) { /* somebody took a new pod away */
			np_case_again(sh, c, worker, err->msg);
		} else if (err->code != NP_EINTR) {
			np_case_end(sh, c, worker, NP_RUN_ERROR, err->msg, NULL);
		}
		if (!deployed && (last || err->code != NP_ENOTFOUND))
			return -1;
		if (deployed && rc <= 0)
			return rc;
	}
	return 0;
}

void *np_worker_main(void *arg)
{
	struct np_worker *w = arg;
	struct np_shared *sh = w->shared;
	struct place place = { 0 };
	const struct np_case *c;

	while (!stopping(sh) && (c = take_case(sh, w->number, &place.session))) {
		const char *lacks = np_case_lacks(sh, c);
		struct np_err err = { 0 };

		if (*lacks) {
			np_case_end(sh, c, w->number, NP_RUN_SKIP, lacks, NULL);
			continue;
		}
		if (run_case(sh, &place, w->number, c, &err) < 0) {
			give_up(sh, &err);
			break;
		}
	}
	/* What the last case left in force would be in the way of the others' new worlds. */
	end_session(sh, &place, place.session.dirty && !stopping(sh));
	return NULL;
}
