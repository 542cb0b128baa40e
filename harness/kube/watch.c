/* watch.c - layer kube: list and watch as one state machine, moved by np_kube_watch_next(). */
#include <stdio.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/watch.h"
#include "reply.h"
#include "retry.h"
#include "transport.h"
#include "whose.h"

#define PAGE 500
#define LINE_MAX_BYTES (16u * 1024 * 1024)
#define SLACK_BYTES (4u * 1024 * 1024)	/* what curl may read at one go behind the end of a line */
#define WATCH_S 290		/* the server ends the stream after so long: nothing odd then */
#define SLACK_MS 30000		/* ... and when it does not, we do */
#define LIST_MS 60000		/* one page */
#define FIRST_PAUSE_MS 100
#define MAX_PAUSE_MS 10000
#define WARM_MS 5000		/* a stream that lived so long was a good one */

/*
 *           +-> LISTING --all pages--> STREAMING --ended--> PAUSED (to stream again)
 *  start ---+      |                      |
 *           |      +--failed--> PAUSED    +--410--> PAUSED (to list again)
 */
enum phase { LISTING, STREAMING, PAUSED };

struct np_kube_watch {
	struct np_kube *k;
	const struct np_kube_type *t;
	char *ns, *label_selector, *field_selector;

	enum phase phase, after_pause;
	int64_t until_ms;		/* end of the pause, or deadline of the transfer */
	int64_t began_ms;		/* of the stream */
	unsigned n_failures;		/* in a row, for the pause */
	unsigned n_troubles;
	bool refused;			/* 401 once: credentials were had anew */
	struct np_err last;

	struct np_kube_slot *slot;
	struct np_kube_call call;
	struct np_kube_cred cred;
	struct np_buf path, query;
	bool under_way, too_large, head_done;
	bool ended; /* the transfer has, with @end_code; its last lines may wait */
	CURLcode end_code;
	struct np_kube_reply reply;	/* of a page; of a stream the bytes not yet taken */
	size_t scanned;			/* bytes of them known to hold no line end */
	int64_t read_us;

	json_t *items;			/* of the list so far */
	char *next;			/* continue token */
	char rv[NP_KUBE_RV_MAX];
};

static char *dup_or_null(const char *s)
{
	return s && *s ? np_xstrdup(s) : NULL;
}

struct np_kube_watch *np_kube_watch_new(struct np_kube *k, const struct np_kube_type *t,
					const char *ns, const char *label_selector,
					const char *field_selector)
{
	struct np_kube_watch *w = np_xcalloc(1, sizeof(*w));

	w->k = k;
	w->t = t;
	w->ns = dup_or_null(ns);
	w->label_selector = dup_or_null(label_selector);
	w->field_selector = dup_or_null(field_selector);
	w->phase = LISTING;
	return w;
}

static void stop_transfer(struct np_kube_watch *w)
{
	if (w->slot)
		np_kube_slot_stop(w->slot);
	w->under_way = w->ended = false;
}

/* Forgets the list that was being taken. */
static void drop_list(struct np_kube_watch *w)
{
	json_decref(w->items);
	free(w->next);
	w->items = NULL;
	w->next = NULL;
}

void np_kube_watch_free(struct np_kube_watch *w)
{
	if (!w)
		return;
	np_kube_slot_free(w->slot);
	np_kube_cred_release(&w->cred);
	np_kube_reply_release(&w->reply);
	np_buf_release(&w->path);
	np_buf_release(&w->query);
	drop_list(w);
	free(w->ns);
	free(w->label_selector);
	free(w->field_selector);
	free(w);
}

unsigned np_kube_watch_trouble(const struct np_kube_watch *w, struct np_err *ret_last)
{
	if (ret_last)
		*ret_last = w->last;
	return w->n_troubles;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
	struct np_kube_watch *w = user;
	size_t max = w->phase == LISTING ? NP_KUBE_REPLY_MAX : LINE_MAX_BYTES + SLACK_BYTES;

	if (w->reply.text.len + size * n > max) {
		w->too_large = true;
		return 0;
	}
	np_buf_add(&w->reply.text, bytes, size * n);
	w->read_us = np_now_us();
	atomic_fetch_add(&w->k->count.bytes_in, size * n);
	return size * n;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
	struct np_kube_watch *w = user;
	struct np_str line = { bytes, size * n };

	w->head_done = np_str_is(line, "\r\n") || np_str_is(line, "\n");
	np_kube_reply_header(&w->reply, line);
	return line.n;
}

static void add_param(struct np_buf *b, const char *key, const char *value)
{
	if (!value)
		return;
	np_buf_printf(b, "&%s=", key);
	np_kube_escape(b, value);
}

static void build_query(struct np_kube_watch *w)
{
	struct np_buf *q = &w->query;

	np_buf_clear(q);
	if (w->phase == STREAMING) {
		np_buf_printf(q, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%d", WATCH_S);
		add_param(q, "resourceVersion", w->rv);
	} else {
		np_buf_printf(q, "limit=%d", PAGE);
		add_param(q, "continue", w->next);
	}
	add_param(q, "labelSelector", w->label_selector);
	add_param(q, "fieldSelector", w->field_selector);
}

/* Begins a page or the stream. */
static int start_transfer(struct np_kube_watch *w, struct np_err *err)
{
	if (!w->slot)
		w->slot = np_kube_slot_new();
	if (!w->slot)
		return np_err_set(err, NP_EENV, "libcurl does not start");
	np_kube_cred_release(&w->cred);
	if (np_kube_auth_get(w->k->auth, w->k->cancel, &w->cred, err))
		return -1;
	np_buf_clear(&w->path);
	np_kube_path(&w->path, w->t, w->ns, NULL, NULL);
	build_query(w);
	np_kube_reply_clear(&w->reply);
	w->scanned = 0;
	w->too_large = w->head_done = false;
	w->call = (struct np_kube_call){
		.method = "GET", .path = np_buf_text(&w->path), .query = np_buf_text(&w->query),
		.repeatable = true, .on_body = on_body, .on_header = on_header, .user = w,
	};
	w->began_ms = np_now_ms();
	w->until_ms = w->began_ms + (w->phase == LISTING ? LIST_MS : WATCH_S * 1000 + SLACK_MS);
	if (np_kube_slot_start(w->k, w->slot, &w->cred, &w->call, err))
		return -1;
	w->under_way = true;
	return 0;
}

/* Something went wrong that time may heal. @then is where to go on. */
static void pause_for(struct np_kube_watch *w, enum phase then, enum np_kube_cause cause,
		      const struct np_err *why)
{
	int64_t ms = np_kube_jitter_ms(w->n_failures, FIRST_PAUSE_MS, MAX_PAUSE_MS);

	if (w->reply.retry_after_s > 0 && w->reply.retry_after_s < 60)
		ms += (int64_t)w->reply.retry_after_s * 1000;
	stop_transfer(w);
	np_kube_reply_clear(&w->reply);
	w->last = *why;
	w->n_troubles++;
	w->n_failures++;
	w->phase = PAUSED;
	w->after_pause = then;
	w->until_ms = np_now_ms() + ms;
	if (then == LISTING)
		drop_list(w);
	np_kube_count_again(w->k, cause);
}

/*
 * The server answered with an HTTP error. 0: goes on after a pause; -1: it makes no sense to go on.
 */
static int refused(struct np_kube_watch *w, int http, struct np_err *err)
{
	enum np_kube_cause cause = np_kube_cause_of(http, NP_KUBE_LOSS_NONE);
	enum np_kube_again again = np_kube_again(cause, NP_ASKER_WATCH);
	struct np_err why = { .code = NP_OK };

	w->reply.body = np_json_parse(np_buf_text(&w->reply.text), w->reply.text.len, NULL);
	np_kube_status_err(http, w->reply.body, &w->reply.text, &why);
	np_kube_note_outage(w->k, cause);
	if (http == 429)
		atomic_fetch_add(&w->k->count.throttled, 1);
	if (http == 401)
		np_kube_whose_refused(w->k->config, &w->cred, &why);
	if (again == NP_AGAIN_ANEW) {
		if (w->refused || !np_kube_auth_refused(w->k->auth, w->cred.generation))
			again = NP_AGAIN_NEVER;
		w->refused = true;
	}
	/* 408 is the server's way to say that a list took too long; further codes above 500 pass. */
	if (again != NP_AGAIN_NEVER || http == 408 || (http > 500 && cause == NP_KUBE_N_CAUSES)) {
		pause_for(w, again == NP_AGAIN_LIST ? LISTING : w->phase, cause, &why);
		return 0;
	}
	stop_transfer(w);
	if (err)
		*err = why;
	return -1;
}

/* A page is complete. 1: it was the last one, *@ret_event is the whole list. */
static int take_page(struct np_kube_watch *w, struct np_kube_event *ret_event, struct np_err *err)
{
	struct np_err why = { .code = NP_OK };
	json_t *page = np_json_parse(np_buf_text(&w->reply.text), w->reply.text.len, &why);
	json_t *items = json_object_get(page, "items");
	const char *next = np_json_str(page, "metadata/continue", "");

	if (!json_is_array(items) && !json_is_null(items)) {
		json_decref(page);
		return np_err_set(err, NP_EPARSE, "what should be a list of %s is none",
				  w->t->plural);
	}
	if (!w->items)
		w->items = json_array();
	json_array_extend(w->items, items);
	snprintf(w->rv, sizeof(w->rv), "%s", np_json_str(page, "metadata/resourceVersion", ""));
	free(w->next);
	w->next = dup_or_null(next);
	json_decref(page);
	w->refused = false;
	np_kube_note_outage(w->k, NP_KUBE_N_CAUSES);
	if (w->next)
		return 0;
	*ret_event = (struct np_kube_event){ NP_KUBE_RELISTED, np_steal(w->items), w->read_us };
	w->phase = STREAMING;
	return 1;
}

/* The connection failed or broke. */
static int lost(struct np_kube_watch *w, enum np_kube_loss loss, const struct np_err *why,
		struct np_err *err)
{
	enum np_kube_cause cause = np_kube_cause_of(0, loss);

	atomic_fetch_add(&w->k->count.lost, 1);
	if (np_kube_again(cause, NP_ASKER_WATCH) != NP_AGAIN_NEVER) {
		/* A stream that ends without a word is no news; a list that does is. */
		if (w->phase == LISTING || loss != NP_KUBE_LOSS_MIDWAY)
			np_kube_note_outage(w->k, cause);
		pause_for(w, w->phase, cause, why);
		return 0;
	}
	if (err)
		*err = *why;
	return -1;
}

/* The transfer ended by itself. As np_kube_watch_next(), 0: nothing to deliver yet. */
static int transfer_ended(struct np_kube_watch *w, struct np_kube_event *ret_event,
			  struct np_err *err)
{
	CURLcode code = w->head_done || w->end_code ? w->end_code : CURLE_PARTIAL_FILE;
	bool warm = w->phase == STREAMING && np_now_ms() - w->began_ms >= WARM_MS;
	enum np_kube_loss loss = np_kube_loss_of(w->slot, code);
	struct np_err why = { .code = NP_OK };
	long http = 0;

	curl_easy_getinfo(w->slot->easy, CURLINFO_RESPONSE_CODE, &http);
	np_kube_loss_err(w->k, w->slot, code, &why);
	stop_transfer(w);
	if (warm)
		w->n_failures = 0;
	if (w->too_large)
		return np_err_set(err, NP_ELIMIT, "%s of %s is larger than allowed",
				  w->phase == LISTING ? "a list page" : "an event", w->t->plural);
	if (code)
		return lost(w, loss, &why, err);
	if (http != 200)
		return refused(w, (int)http, err);
	if (w->phase == LISTING)
		return take_page(w, ret_event, err);
	if (warm)
		return 0;	/* its time was over: again at once */
	np_err_set(&why, NP_EENV, "the watch of %s ended early", w->t->plural);
	pause_for(w, STREAMING, NP_KUBE_LOST, &why);
	return 0;
}

/* An ERROR event carries a Status: 410 most of all. */
static void error_event(struct np_kube_watch *w, const json_t *status)
{
	long long http = np_json_int(status, "code", 500);
	struct np_err why = { .code = NP_OK };

	np_kube_status_err((int)http, status, &w->reply.text, &why);
	pause_for(w, LISTING, np_kube_cause_of((int)http, NP_KUBE_LOSS_NONE), &why);
}

static bool event_type(const char *name, enum np_kube_event_type *ret)
{
	static const struct { const char *name; enum np_kube_event_type type; } table[] = {
		{ "ADDED", NP_KUBE_ADDED }, { "MODIFIED", NP_KUBE_MODIFIED },
		{ "DELETED", NP_KUBE_DELETED }, { "BOOKMARK", NP_KUBE_BOOKMARK },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(table); i++)
		if (!strcmp(name, table[i].name)) {
			*ret = table[i].type;
			return true;
		}
	return false;
}

/*
 * 1: *@ret_event; 0: nothing in it for the caller, or the stream makes no sense and is begun anew.
 */
static int take_event(struct np_kube_watch *w, struct np_str line, struct np_kube_event *ret_event)
{
	struct np_err why = { .code = NP_OK };
	json_t *o = np_json_parse(line.p, line.n, &why);
	json_t *obj = json_object_get(o, "object");
	const char *name = np_json_str(o, "type", "");
	const char *rv = np_json_str(obj, "metadata/resourceVersion", "");
	enum np_kube_event_type type;
	int rc = 0;

	if (!strcmp(name, "ERROR")) {
		error_event(w, obj);
	} else if (!json_is_object(obj) || !event_type(name, &type)) {
		np_err_set(&why, NP_EPARSE, "what should be an event of %s is none", w->t->plural);
		pause_for(w, LISTING, NP_KUBE_N_CAUSES, &why);
	} else {
		*ret_event = (struct np_kube_event){ type, json_incref(obj), w->read_us };
		if (*rv)
			snprintf(w->rv, sizeof(w->rv), "%s", rv);
		w->n_failures = 0;
		w->refused = false;
		rc = 1;
	}
	json_decref(o);
	return rc;
}

/* The next whole line of the stream, if there is one, appended to @ret. */
static bool take_line(struct np_kube_watch *w, struct np_buf *ret)
{
	struct np_buf *b = &w->reply.text;
	char *end = b->len > w->scanned ? memchr(b->data + w->scanned, '\n', b->len - w->scanned)
					: NULL;
	long http = 0;

	curl_easy_getinfo(w->slot->easy, CURLINFO_RESPONSE_CODE, &http);
	if (w->phase != STREAMING || http != 200)
		return false;
	if (!end) {
		w->scanned = b->len;
		return false;
	}
	np_buf_add(ret, b->data, (size_t)(end - b->data) + 1);
	np_buf_consume(b, ret->len);
	w->scanned = 0;
	return true;
}

/* Moves the transfer and takes what came. */
static int step_transfer(struct np_kube_watch *w, int wait_ms, struct np_kube_event *ret_event,
			 struct np_err *err)
{
	struct np_buf line = { NULL, 0, 0 };
	struct np_err why = { .code = NP_OK };
	int rc;

	/* Events that are here come before whatever happened to the stream since. */
	if (take_line(w, &line)) {
		rc = line.len > 1
			     ? take_event(w, (struct np_str){line.data, line.len - 1}, ret_event)
			     : 0;
		np_buf_release(&line);
		return rc;
	}
	if (w->ended)
		return transfer_ended(w, ret_event, err);
	if (np_kube_slot_step(w->slot, wait_ms, &w->end_code)) {
		w->ended = true;
	} else if (np_now_ms() >= w->until_ms) {
		np_err_set(&why, NP_ETIMEOUT, "a %s of %s did not end in time",
			   w->phase == LISTING ? "list" : "watch", w->t->plural);
		pause_for(w, w->phase, NP_KUBE_LOST, &why);
	}
	return 0;
}

static int step(struct np_kube_watch *w, int wait_ms, struct np_kube_event *ret_event,
		struct np_err *err)
{
	struct np_err why = { .code = NP_OK };
	int64_t left = w->until_ms - np_now_ms();

	if (w->phase == PAUSED && left > 0) {
		np_sleep_ms(left < wait_ms ? left : wait_ms);
		return 0;
	}
	if (w->phase == PAUSED)
		w->phase = w->after_pause;
	if (!w->under_way && start_transfer(w, &why)) {
		if (why.code != NP_EINTR)
			/* no credentials just now */
			pause_for(w, w->phase, NP_KUBE_N_CAUSES, &why);
		return 0;
	}
	return step_transfer(w, wait_ms, ret_event, err);
}

int np_kube_watch_next(struct np_kube_watch *w, int timeout_ms, struct np_kube_event *ret_event,
		       struct np_err *err)
{
	int64_t deadline = np_now_ms() + timeout_ms;

	for (;;) {
		int64_t left = deadline - np_now_ms();
		size_t before = w->reply.text.len;
		int rc;

		if (np_kube_cancelled(w->k))
			return np_err_set(err, NP_EINTR, "interrupted");
		rc = step(w, left <= 0 ? 0 : left < NP_KUBE_TICK_MS ? (int)left : NP_KUBE_TICK_MS,
			  ret_event, err);
		if (rc)
			return rc;
		/* Out of time, and nothing that is already here was left untaken. */
		if (left <= 0 && w->reply.text.len <= before && !w->ended)
			return 0;
	}
}
