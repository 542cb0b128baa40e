/* live.c - a campaign, epoch by epoch. */
#include "np/campaign/live.h"

#include <stdarg.h>
#include <string.h>

#include "live_parts.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define RATE 20
#define EPOCH_OPS 16
#define MAX_LIVE 40

void live_say(struct live *l, const char *fmt, ...)
{
	np_auto_free char *text = NULL;
	va_list ap;

	if (!l->o->say)
		return;
	va_start(ap, fmt);
	text = np_xvasprintf(fmt, ap);
	va_end(ap);
	l->o->say(l->o->say_ctx, text);
}

bool live_interrupted(const struct live *l)
{
	return l->o->cancel && atomic_load(l->o->cancel);
}

/* ---- one epoch ---- */

/* What is in force after @op was accepted. */
static void follow(json_t *live, json_t *op)
{
	const char *what = np_json_str(op, "op", ""), *name = np_json_str(op, "name", "");
	json_t *item;
	size_t i;

	if (strcmp(what, "apply") != 0 && strcmp(what, "delete") != 0)
		return;
	json_array_foreach(live, i, item)
		if (strcmp(np_json_str(item, "name", ""), name) == 0 &&
		    strcmp(np_json_str(item, "namespace", ""), np_json_str(op, "namespace", "")) ==
			    0) {
			json_array_remove(live, i);
			break;
		}
	if (strcmp(what, "apply") == 0)
		json_array_append(live, op);
}

static json_t *plan_epoch(struct live *l)
{
	const struct feed_plan plan = { .seed = l->sum->seed,
					.epoch = l->epoch,
					.n_ops = l->o->epoch_ops ? l->o->epoch_ops : EPOCH_OPS,
					.max_live = l->o->max_live ? l->o->max_live : MAX_LIVE,
					.live = l->live,
					.known = l->patterns };

	/* What a killed campaign was about to send is sent first. */
	if (l->resumed.unfinished) {
		json_t *ops = l->resumed.unfinished;

		l->resumed.unfinished = NULL;
		return ops;
	}
	return feed_epoch(&plan);
}

/* Sends @ops; @ret_sent: those that were accepted. An agent that falls ends the epoch: what comes
 * after is not its cause. */
static int send_epoch(struct live *l, const json_t *ops, json_t *ret_sent, json_t *ret_http,
		      json_t *ret_bugs, struct np_err *err)
{
	int64_t gap_us = 1000000 / (l->o->rate ? l->o->rate : RATE), next = np_now_us();
	json_t *op;
	size_t i;

	json_array_foreach(ops, i, op) {
		enum field_answer answer;
		int http = 0;

		if (live_interrupted(l))
			return np_err_set(err, NP_EINTR, "interrupted");
		if (field_op(&l->f, op, &answer, &http, err) < 0)
			return -1;
		l->sum->operations++;
		l->sum->accepted += answer == FIELD_ACCEPTED;
		l->sum->rejected += answer == FIELD_REJECTED;
		json_array_append_new(ret_http, json_integer(http));
		if (answer == FIELD_ACCEPTED)
			json_array_append(ret_sent, op);
		next += gap_us;
		if (next > np_now_us())
			np_sleep_ms((next - np_now_us()) / 1000);
		if (!l->a.selector && live_signals(l, 0, ret_bugs, err) < 0)
			return -1;
		if (json_array_size(ret_bugs))
			return 0;
	}
	return 0;
}

/* The sign of what is known: the key that it is found under before it has been made small. */
static const char *sign_of(const json_t *bug)
{
	return np_json_str(bug, "sign", np_json_str(bug, "key", "?"));
}

static void count(struct live *l, const char *sign)
{
	json_object_set_new(l->counts, sign, json_integer(np_json_int(l->counts, sign, 0) + 1));
}

/* Seen before: counted in its folder, nothing else. */
static int seen_again(struct live *l, json_t *bug, struct np_err *err)
{
	json_t *recovery = NULL;
	int rc;

	l->sum->known_again++;
	count(l, sign_of(bug));
	/* Where a sign leads to several bugs its folder has another name. */
	rc = np_bug_load(l->bug_dir, np_json_str(bug, "key", ""), &recovery, NULL) == 0
		     ? np_bug_write(l->bug_dir, bug, NULL, 0, NULL, err)
		     : 0;
	json_decref(recovery);
	return rc < 0 ? -1 : live_recover(l, false, NULL, err);
}

/* Made small it may turn out to be one that was found before, under another sign. */
static void sum_up(struct np_live_summary *sum, const json_t *bug)
{
	json_t *key = json_object_get(bug, "key"), *known;
	size_t i;

	json_array_foreach(sum->keys, i, known)
		if (json_equal(known, key)) {
			sum->known_again++;
			return;
		}
	sum->findings++;
	json_array_append(sum->keys, key);
}

static int new_bug(struct live *l, json_t *bug, const json_t *sent, struct np_err *err)
{
	np_auto_free char *sign = np_xstrdup(sign_of(bug));
	int rc;

	live_say(l, "epoch %u: %s %s of %s; looking for the cause", l->epoch,
		 np_json_str(bug, "kind", "?"), np_json_str(bug, "key", "?"),
		 np_json_str(bug, "component", "?"));
	count(l, sign);
	rc = live_find(l, bug, sent, err);
	sum_up(l->sum, bug);
	if (rc == 0)
		rc = journal_put_take(&l->j,
				      np_json_pack("{s:s, s:s, s:i}", "type", "finding", "key",
						   np_json_str(bug, "key", "?"), "epoch",
						   (int)l->epoch),
				      err);
	live_say(l, "finding %s: %lld of %lld tries, %zu operations", np_json_str(bug, "key", "?"),
		 np_json_int(bug, "reliability/ok", 0), np_json_int(bug, "reliability/total", 0),
		 json_array_size(json_object_get(bug, "operations")));
	return rc;
}

static bool holds_known(const struct live *l, const json_t *ops)
{
	json_t *op, *pattern;
	size_t i, k;

	json_array_foreach(ops, i, op)
		json_array_foreach(l->patterns, k, pattern)
			if (json_object_get(op, "object") &&
			    feed_holds(np_json_at(op, "object/spec"), pattern))
				return true;
	return false;
}

/*
 * A stack names its bug. Wrong traffic does not: with none of the known inputs in force it is
 * another bug with the same sign.
 */
static bool is_known(const struct live *l, const json_t *bug, const json_t *sent)
{
	const char *kind = np_json_str(bug, "kind", "");

	if (!np_json_int(l->counts, sign_of(bug), 0))
		return false;
	if (strcmp(kind, "hang") != 0 && strcmp(kind, "enforcement") != 0)
		return true;
	return !json_array_size(l->patterns) || holds_known(l, sent) || holds_known(l, l->live);
}

/* Each sign once; the first is looked into with the cluster as it is. 1: the agents do not come
 * back. */
static int take_bugs(struct live *l, json_t *bugs, const json_t *sent, struct np_err *err)
{
	json_t *bug;
	size_t i;
	int rc = 0;

	json_array_foreach(bugs, i, bug) {
		bool known = is_known(l, bug, sent);

		if (rc)
			break;
		rc = known ? seen_again(l, bug, err) : new_bug(l, bug, sent, err);
	}
	return rc;
}

static int run_epoch(struct live *l, struct np_err *err)
{
	json_t *ops = plan_epoch(l), *sent = json_array(), *http = json_array(),
	       *bugs = json_array();
	int rc = journal_put_take(&l->j,
				  np_json_pack("{s:s, s:i, s:O}", "type", "epoch", "epoch",
					       (int)l->epoch, "ops", ops),
				  err);

	if (rc == 0)
		rc = send_epoch(l, ops, sent, http, bugs, err);
	if (rc == 0 && !json_array_size(bugs))
		rc = live_check(l, bugs, err);
	if (rc == 0 && json_array_size(bugs)) {
		rc = take_bugs(l, bugs, sent, err);
	} else if (rc == 0) {
		json_t *op;
		size_t i;

		json_array_foreach(sent, i, op)
			follow(l->live, op);
	}
	if (rc >= 0) {
		int put = journal_put_take(&l->j,
					   np_json_pack("{s:s, s:i, s:O, s:O}", "type", "answers",
							"epoch", (int)l->epoch, "http", http,
							"live", l->live),
					   err);

		rc = put < 0 ? -1 : rc;
	}
	json_decref(ops);
	json_decref(sent);
	json_decref(http);
	json_decref(bugs);
	return rc;
}

/* ---- a campaign ---- */

/* Policies that an earlier part had in force. */
static int put_back(struct live *l, struct np_err *err)
{
	enum field_answer answer;
	json_t *op;
	size_t i;

	json_array_foreach(l->resumed.live, i, op) {
		if (field_op(&l->f, op, &answer, NULL, err) < 0)
			return -1;
		if (answer == FIELD_ACCEPTED)
			json_array_append(l->live, op);
	}
	return 0;
}

static int epochs(struct live *l, struct np_err *err)
{
	unsigned first = l->epoch;
	int rc = put_back(l, err);

	while (rc == 0 && !live_interrupted(l) && np_now_ms() < l->end_ms &&
	       (!l->o->max_findings || l->sum->findings < l->o->max_findings) &&
	       (!l->o->max_epochs || l->epoch - first < l->o->max_epochs)) {
		l->epoch++;
		rc = run_epoch(l, err);
		l->sum->epochs += rc >= 0;
	}
	if (rc == 1)
		return np_err_set(err, NP_EENV,
				  "the agents do not recover: the campaign ends here");
	return rc;
}

/* After everything has been taken away again, all must be as it was. */
static int last_check(struct live *l, struct np_err *err)
{
	json_t *bugs = json_array(), *none = json_array();
	int rc = field_clear(&l->f, err);

	json_array_clear(l->live);
	if (rc == 0)
		rc = live_check(l, bugs, err);
	if (rc == 0 && json_array_size(bugs))
		rc = take_bugs(l, bugs, none, err);
	json_decref(bugs);
	json_decref(none);
	return rc < 0 ? -1 : 0;
}

int np_live(const struct np_live_options *options, struct np_live_summary *ret, struct np_err *err)
{
	struct live l = { .o = options,
			  .sum = ret,
			  .live = json_array(),
			  .patterns = json_array(),
			  .counts = json_object(),
			  .j = { .fd = -1 } };
	struct np_err close_err = { 0 };
	int rc;

	*ret = (struct np_live_summary){ .keys = json_array() };
	l.begin_ms = np_now_ms();
	rc = live_open(&l, err);
	l.end_ms = np_now_ms() + options->for_ms;
	if (rc == 0) {
		live_say(&l, "campaign %s, seed %llu: %zu agents, a change takes %lld ms", ret->id,
			 (unsigned long long)ret->seed, l.a.n, l.canary_ms);
		rc = epochs(&l, err);
		if (rc == 0 && !live_interrupted(&l))
			rc = last_check(&l, err);
	}
	ret->restarts = l.a.restarts;
	ret->watch_again = agents_watch_trouble(&l.a, ret->watch_trouble,
						sizeof(ret->watch_trouble));
	ret->interrupted = live_interrupted(&l);
	if (ret->interrupted && rc < 0 && err->code == NP_EINTR)
		rc = 0;
	if (live_close(&l, &close_err) < 0 && rc == 0) {
		*err = close_err;
		rc = -1;
	}
	ret->elapsed_ms = np_now_ms() - l.begin_ms;
	return rc;
}
