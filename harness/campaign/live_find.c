/*
 * live_find.c - from a sign to a finding: who did it, how little of it is enough, how surely. As
 * syzkaller does it: first what is likely alone, newest first, then everything, then less and less.
 */
#include <string.h>

#include "live_parts.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/campaign/minimise.h"
#include "np/parse/validate.h"

#define ALONE_SLOW_MAX 12
#define ALONE_MAX 40 /* policies that are tried alone */
#define TESTS_DEFAULT 150
#define TRIES 10       /* of the minimised input */
#define TRIES_ENOUGH 3 /* that showed it, where a try is slow */
#define SLOW_TRY_MS 2000
#define MINIMISE_MS 600000

/* ---- trying ---- */

static bool kind_is(const json_t *bug, const char *kind)
{
	return strcmp(np_json_str(bug, "kind", ""), kind) == 0;
}

/*
 * The same bug? By key, the one that it was found under. What the log of a dying process says may
 * be cut off by its death: an end without words is taken for the same end.
 */
static bool is_same(const json_t *bug, const json_t *seen)
{
	return strcmp(np_json_str(seen, "key", ""),
		      np_json_str(bug, "sign", np_json_str(bug, "key", "?"))) == 0;
}

bool live_among(const json_t *bugs, const json_t *bug)
{
	json_t *seen;
	size_t i;

	json_array_foreach(bugs, i, seen)
		if (is_same(bug, seen))
			return true;
	return false;
}

static int send_all(struct live *l, const json_t *operations, json_t *ret_bugs, struct np_err *err)
{
	enum field_answer answer;
	json_t *op;
	size_t i;

	json_array_foreach(operations, i, op) {
		/* What is gone again before anybody looked was never there. */
		if (i && strcmp(np_json_str(op, "op", ""), "apply") != 0 &&
		    live_signals(l, l->settle_ms / 2 > 200 ? 200 : l->settle_ms / 2, ret_bugs,
				 err) < 0)
			return -1;
		if (field_op(&l->f, op, &answer, NULL, err) < 0)
			return -1;
		if (strcmp(np_json_str(op, "op", ""), "apply") == 0)
			json_array_append(l->live, op);
	}
	return 0;
}

int live_try(struct live *l, const json_t *operations, const json_t *bug, json_t *bugs,
	     struct np_err *err)
{
	bool traffic = kind_is(bug, "hang") || kind_is(bug, "enforcement") || kind_is(bug, "oom");
	int64_t deadline;
	int rc = live_recover(l, false, NULL, err);

	if (rc > 0)
		rc = np_err_set(err, NP_EENV, "the agents do not come back");
	if (rc == 0)
		rc = send_all(l, operations, bugs, err);
	deadline = np_now_ms() + (kind_is(bug, "oom") ? l->patience_ms : l->settle_ms);
	while (rc == 0 && !live_among(bugs, bug) && np_now_ms() < deadline)
		rc = live_signals(l, deadline - np_now_ms(), bugs, err);
	if (rc == 0 && traffic && !live_among(bugs, bug))
		rc = live_check(l, bugs, err);
	return rc;
}

int live_shows(struct live *l, const json_t *operations, const json_t *bug, struct np_err *err)
{
	json_t *bugs = json_array();
	int rc = live_try(l, operations, bug, bugs, err);

	if (rc == 0)
		rc = live_among(bugs, bug);
	json_decref(bugs);
	return rc;
}

struct judge {
	struct live *l;
	const json_t *bug;
};

static int judge(void *ctx, const json_t *operations, struct np_err *err)
{
	struct judge *j = ctx;

	if (live_interrupted(j->l))
		return np_err_set(err, NP_EINTR, "interrupted");
	return live_shows(j->l, operations, j->bug, err);
}

/* What the API server would refuse costs nothing. */
static bool is_valid(const json_t *operations)
{
	json_t *op;
	size_t i;
	bool ok = json_array_size(operations) > 0;

	json_array_foreach(operations, i, op) {
		const struct np_validate_opts opts = { .mode = NP_DECODE_API_JSON,
						       .ns = np_json_str(op, "namespace", "a") };
		struct np_validations v = { 0 };
		struct np_buf b = { 0 };

		if (!ok || !json_object_get(op, "object"))
			continue;
		np_json_dump(json_object_get(op, "object"), 0, &b);
		np_validate_text((struct np_str){ b.data, b.len }, &opts, &v);
		ok = v.n == 1 && v.items[0].stage == NP_STAGE_ACCEPT;
		np_validations_release(&v);
		np_buf_release(&b);
	}
	return ok;
}

/* ---- attribution ---- */

static json_t *last_apply_of(const json_t *ops, const char *name, size_t before)
{
	for (size_t i = before; i-- > 0;) {
		json_t *op = json_array_get(ops, i);

		if (strcmp(np_json_str(op, "op", ""), "apply") == 0 &&
		    strcmp(np_json_str(op, "name", ""), name) == 0)
			return op;
	}
	return NULL;
}

/* Operation @i alone; what it deletes or changes has to be there first. */
static json_t *alone(const json_t *ops, size_t i)
{
	json_t *op = json_array_get(ops, i), *list = json_array();
	json_t *old = last_apply_of(ops, np_json_str(op, "name", "-"), i);

	if (old)
		json_array_append(list, old);
	json_array_append(list, op);
	return list;
}

/* Names that the log mentions first: they carry the number of their operation. */
static bool is_mentioned(const json_t *bug, const json_t *op)
{
	const char *name = np_json_str(op, "name", "");

	return strncmp(name, "npf-", 4) == 0 && strstr(np_json_str(bug, "raw", ""), name) != NULL;
}

/* Does operation @i alone (with what it needs) show it? Then *@ret is that. */
static int try_alone(struct live *l, const json_t *bug, const json_t *ops, size_t i, json_t **ret,
		     struct np_err *err)
{
	json_t *list = alone(ops, i);
	int rc = live_shows(l, list, bug, err);

	if (rc == 1)
		*ret = list;
	else
		json_decref(list);
	return rc;
}

/* Each alone, newest first, those that the log names before the others; @max of them. */
static int try_each(struct live *l, const json_t *bug, const json_t *ops, size_t max, json_t **ret,
		    struct np_err *err)
{
	size_t tried = 0;
	int rc = 0;

	for (int mentioned = 1; rc == 0 && mentioned >= 0; mentioned--)
		for (size_t i = json_array_size(ops); rc == 0 && i-- > 0 && tried < max;) {
			if (is_mentioned(bug, json_array_get(ops, i)) != mentioned)
				continue;
			tried++;
			rc = try_alone(l, bug, ops, i, ret, err);
		}
	return rc;
}

/* *@ret NULL: it did not show again. */
static int attribute(struct live *l, const json_t *bug, const json_t *ops, json_t **ret,
		     struct np_err *err)
{
	long long settle_ms = l->settle_ms;
	int rc = try_each(l, bug, ops, ALONE_MAX, ret, err);

	/* On a slow machine, or a slow agent, the last ones once more with patience. */
	if (rc == 0) {
		l->settle_ms = 3 * settle_ms;
		rc = try_each(l, bug, ops, ALONE_SLOW_MAX, ret, err);
	}
	/* State: several together, in their order. */
	for (int again = 0; rc == 0 && again < 2; again++) {
		rc = live_shows(l, ops, bug, err);
		if (rc == 1)
			*ret = json_deep_copy(ops);
	}
	l->settle_ms = settle_ms;
	return rc < 0 ? -1 : 0;
}

/* ---- confirming ---- */

/* The same names with policies that select nobody: must show nothing. */
static json_t *inert(const json_t *operations)
{
	json_t *copy = json_deep_copy(operations), *op;
	size_t i;

	json_array_foreach(copy, i, op)
		if (json_object_get(op, "object"))
			json_object_set_new(json_object_get(op, "object"), "spec",
					    np_json_pack("{s:{s:{s:s}}, s:[s]}", "podSelector",
							 "matchLabels", "no", "body", "policyTypes",
							 "Ingress"));
	return copy;
}

static int confirm(struct live *l, json_t *bug, const json_t *operations, struct np_err *err)
{
	json_t *quiet = inert(operations);
	int64_t begin = np_now_ms();
	int ok = 0, total = 0, rc = 0;

	while (rc >= 0 && total < TRIES &&
	       (ok < TRIES_ENOUGH || (np_now_ms() - begin) / (total ? total : 1) < SLOW_TRY_MS)) {
		rc = live_shows(l, operations, bug, err);
		total++;
		ok += rc == 1;
	}
	if (rc >= 0)
		rc = json_equal(quiet, operations) ? 0 : live_shows(l, quiet, bug, err);
	json_decref(quiet);
	if (rc < 0)
		return -1;
	json_object_set_new(
		bug, "control",
		json_string(
			rc ? "inert policies of the same names show it too: not the policies' doing"
			   : "inert policies of the same names do not show it"));
	json_object_set_new(bug, "reliability",
			    np_json_pack("{s:i, s:i}", "ok", ok, "total", total));
	return 0;
}

/* ---- the report ---- */

static void add_versions(struct live *l, json_t *bug)
{
	const json_t *info = np_json_at(json_array_get(l->nodes, 0), "status/nodeInfo");

	json_object_set_new(
		bug, "versions",
		np_json_pack("{s:s, s:o, s:o, s:o}", "kubernetes", l->cluster.server, "kernel",
			     np_json_string(np_str_from(np_json_str(info, "kernelVersion", ""))),
			     "os", np_json_string(np_str_from(np_json_str(info, "osImage", ""))),
			     "arch",
			     np_json_string(np_str_from(np_json_str(info, "architecture", "")))));
}

static json_t *borrowed_text(const char *s)
{
	return np_json_string(np_str_from(s ? s : ""));
}

static void add_context(struct live *l, json_t *bug)
{
	json_t *watch = json_object_get(bug, "watch");

	if (!watch) {
		watch = json_object();
		json_object_set_new(bug, "watch", watch);
	}
	json_object_set_new(watch, "selector", borrowed_text(l->o->selector));
	json_object_set_new(watch, "namespace", borrowed_text(l->o->selector ? l->a.ns : ""));
	json_object_set_new(watch, "pid_file",
			    borrowed_text(l->o->n_pid_files ? l->o->pid_files[0] : ""));
	json_object_set_new(watch, "log", borrowed_text(l->o->n_logs ? l->o->logs[0] : ""));
	json_object_set_new(bug, "seed", json_integer((json_int_t)l->sum->seed));
	json_object_set_new(bug, "epoch", json_integer(l->epoch));
	json_object_set_new(bug, "campaign", json_string(l->sum->id));
	json_object_set_new(bug, "privileges",
			    json_string("create NetworkPolicies in one namespace"));
	json_object_set_new(
		bug, "disclosure",
		np_json_pack("{s:s, s:s}", "state", "embargoed", "contact", np_bug_contact(bug)));
	json_object_set_new(
		bug, "steps",
		np_json_pack(
			"[s, s, s]", "two namespaces a and b with the pods of repro/01-pods.yaml",
			"apply the input below in its order", "watch the agent's pods and logs"));
	add_versions(l, bug);
}

static void add_command(json_t *bug)
{
	np_auto_free char *command = np_xasprintf(
		"netpolcheck fuzz replay %s --kubeconfig FILE --i-own-this-cluster CONTEXT",
		np_json_str(bug, "key", "?"));

	json_object_set_new(bug, "command", json_string(command));
}

/* The key of what has no stack tells what the minimised input is made of. */
static void settle_key(json_t *bug)
{
	enum np_crash_kind kind = NP_CRASH_DIED;
	np_auto_free char *title = NULL;
	struct np_buf about = { 0 };
	char key[NP_CRASH_KEY_LEN + 1];

	if (json_array_size(json_object_get(bug, "stack")))
		return;
	np_crash_kind_parse(np_str_from(np_json_str(bug, "kind", "")), &kind);
	if (kind != NP_CRASH_HANG && kind != NP_CRASH_ENFORCEMENT)
		return;
	live_features(json_object_get(bug, "operations"), &about);
	np_crash_key_of(kind, np_json_str(bug, "component", ""), np_json_str(bug, "type", ""),
			np_buf_text(&about), key);
	json_object_set(bug, "sign", json_object_get(bug, "key"));
	json_object_set_new(bug, "key", json_string(key));
	json_object_set_new(bug, "about", json_string(np_buf_text(&about)));
	title = np_xasprintf("%s %s: %s of %s", np_json_str(bug, "component", ""),
			     np_json_str(bug, "kind", ""), np_json_str(bug, "type", ""),
			     np_buf_text(&about));
	json_object_set_new(bug, "title", np_json_string(np_str_from(title)));
	np_buf_release(&about);
}

/* On disk at once, whatever comes after. */
static int write_bug(struct live *l, json_t *bug, struct np_err *err)
{
	struct np_bug_file files[NP_LIVE_MAX_AGENTS + 1];
	char names[NP_LIVE_MAX_AGENTS][384];
	size_t n = agents_evidence(&l->a, files, names, NP_LIVE_MAX_AGENTS);
	char *journal = json_dumps(json_object_get(bug, "original"), JSON_INDENT(1));
	int rc;

	if (journal)
		files[n++] =
			(struct np_bug_file){ "evidence/operations.json", np_str_from(journal) };
	add_command(bug);
	np_bug_judge(bug);
	rc = np_bug_write(l->bug_dir, bug, files, n, NULL, err);
	free(journal);
	return rc;
}

/* ---- all together ---- */

static int reduce(struct live *l, json_t *bug, json_t *base, struct np_err *err)
{
	struct judge ctx = { l, bug };
	struct np_minimise m = { .judge = judge,
				 .valid =
					 is_valid(base)
						 ? is_valid
						 : NULL, /* the server took it, whatever we think */
				 .ctx = &ctx,
				 .max_tests = l->o->max_tests ? l->o->max_tests : TESTS_DEFAULT,
				 .deadline_us = np_now_us() + (int64_t)MINIMISE_MS * 1000 };
	json_t *small = NULL;
	int rc = np_minimise(&m, base, &small, err);

	if (rc == 0) {
		json_object_set(bug, "operations", small);
		json_object_set_new(bug, "minimised", json_true());
		json_object_set_new(bug, "tests", json_integer(m.n_tests));
		json_object_set_new(bug, "one_minimal", json_boolean(m.complete));
		if (m.neighbour) {
			json_object_set(bug, "neighbour", m.neighbour);
			json_object_set_new(bug, "neighbour_says", json_string(m.neighbour_says));
		}
		rc = confirm(l, bug, small, err);
	}
	json_decref(m.neighbour);
	json_decref(small);
	return rc;
}

void live_remember(struct live *l, const json_t *bug)
{
	json_t *op, *spec, *pattern;
	size_t i;

	/* Several together are a matter of state, not of shape. */
	if (json_array_size(json_object_get(bug, "operations")) != 1)
		return;
	json_array_foreach(json_object_get(bug, "operations"), i, op) {
		spec = np_json_at(op, "object/spec");
		if (!spec)
			continue;
		pattern = json_deep_copy(spec);
		if (!json_object_size(json_object_get(pattern, "podSelector")))
			json_object_del(pattern, "podSelector");
		if (json_object_size(pattern))
			json_array_append(l->patterns, pattern);
		json_decref(pattern);
	}
}

static int find(struct live *l, json_t *bug, const json_t *ops, struct np_err *err)
{
	json_t *base = NULL;
	int rc = attribute(l, bug, ops, &base, err);

	if (rc == 0 && base)
		rc = reduce(l, bug, base, err);
	else if (rc == 0)
		json_object_set_new(bug, "reliability",
				    np_json_pack("{s:i, s:i}", "ok", 0, "total", 1));
	json_decref(base);
	if (rc == 0) {
		settle_key(bug);
		live_remember(l, bug);
	}
	return rc;
}

int live_find(struct live *l, json_t *bug, const json_t *epoch_ops, struct np_err *err)
{
	json_t *ops = json_deep_copy(l->live), *recovery = NULL;
	np_auto_free char *first_key = np_xstrdup(np_json_str(bug, "key", ""));
	int rc, well;

	json_array_extend(ops, (json_t *)epoch_ops);
	json_object_set(bug, "original", ops);
	json_object_set(bug, "operations", ops);
	add_context(l, bug);
	if (agents_down(&l->a))
		json_object_set_new(bug, "while_down", json_string(field_guard(&l->f)));
	rc = write_bug(l, bug, err);
	well = rc == 0 ? live_recover(l, true, &recovery, err) : -1;
	if (recovery)
		json_object_set_new(bug, "recovery", recovery);
	if (well == 0)
		rc = find(l, bug, ops, err);
	else
		rc = well < 0 ? -1 : 0;
	json_object_set_new(bug, "count", json_integer(0)); /* counted when it was first written */
	/* Interrupted or not: what is known by now is kept. */
	if (rc == 0 && strcmp(first_key, np_json_str(bug, "key", "")) != 0) {
		np_auto_free char *old = np_xasprintf("%s/%s", l->bug_dir, first_key);

		np_dir_remove(old, NULL); /* its name was for the time being */
		json_object_set_new(bug, "count", json_integer(1));
	}
	if (rc == 0)
		rc = write_bug(l, bug, err);
	if (rc == 0 && well == 0)
		well = live_recover(l, false, NULL, err);
	json_decref(ops);
	return rc < 0 || well < 0 ? -1 : well;
}
