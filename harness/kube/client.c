/* client.c - layer kube: one request, its attempts, its deadline. */
#include <signal.h>

#include "codec.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "reply.h"
#include "retry.h"
#include "transport.h"
#include "whose.h"

#define FIRST_PAUSE_MS 100
#define MAX_PAUSE_MS 5000
#define LAST_LOOK_MS 1000	/* at a server that was waited for long enough */

static int check_headers(const struct np_kube_config *c, struct np_err *err)
{
	const struct { const char *name; struct np_str value; } fields[] = {
		{ "token", c->token }, { "as", c->as_user }, { "as-uid", c->as_uid },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(fields); i++)
		if (!np_kube_header_safe(fields[i].value))
			return np_err_set(err, NP_EVALID, "control characters in '%s'",
					  fields[i].name);
	for (size_t i = 0; i < c->n_as_groups; i++)
		if (!np_kube_header_safe(c->as_groups[i]))
			return np_err_set(err, NP_EVALID, "control characters in as-groups[%zu]",
					  i);
	for (size_t i = 0; i < c->n_as_extra; i++)
		if (!np_kube_header_safe(c->as_extra[i].value))
			return np_err_set(err, NP_EVALID,
					  "control characters in as-user-extra '%s'",
					  c->as_extra[i].name.p);
	return 0;
}

/* OpenSSL writes with write(2), and CURLOPT_NOSIGNAL leaves SIGPIPE to the program. */
static void ignore_sigpipe(void)
{
	struct sigaction old;

	if (!sigaction(SIGPIPE, NULL, &old) && old.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

struct np_kube *np_kube_new(const struct np_kube_config *config, struct np_err *err)
{
	struct np_kube *k;

	if (check_headers(config, err))
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		np_err_set(err, NP_EENV, "libcurl does not start");
		return NULL;
	}
	k = np_xcalloc(1, sizeof(*k));
	k->config = config;
	k->timeout_ms = NP_KUBE_TIMEOUT_MS;
	pthread_mutex_init(&k->lock, NULL);
	k->identity = np_kube_identity(config);
	k->auth = np_kube_auth_new(config);
	if (np_kube_endpoint_init(&k->end, config, err)) {
		np_kube_free(k);
		return NULL;
	}
	ignore_sigpipe();
	return k;
}

void np_kube_free(struct np_kube *k)
{
	if (!k)
		return;
	while (k->idle) {
		struct np_kube_slot *s = k->idle;

		k->idle = s->next;
		np_kube_slot_free(s);
	}
	for (char **line = k->identity; *line; line++)
		free(*line);
	free(k->identity);
	np_kube_auth_free(k->auth);
	np_kube_endpoint_release(&k->end);
	pthread_mutex_destroy(&k->lock);
	free(k);
	curl_global_cleanup();
}

void np_kube_set_cancel(struct np_kube *k, const atomic_int *cancel)
{
	k->cancel = cancel;
}

void np_kube_set_timeout(struct np_kube *k, int timeout_ms)
{
	k->timeout_ms = timeout_ms;
}

void np_kube_set_patience(struct np_kube *k, int patience_ms)
{
	k->patience_ms = patience_ms;
}

int np_kube_patience(struct np_kube *k)
{
	long long since = atomic_load(&k->down_since_ms);
	long long left = k->patience_ms - (since ? np_now_ms() - since : 0);

	return left > 0 ? (int)left : 0;
}

void np_kube_get_stats(struct np_kube *k, struct np_kube_stats *ret)
{
	*ret = (struct np_kube_stats){
		.requests = atomic_load(&k->count.requests),
		.retries = atomic_load(&k->count.retries),
		.throttled = atomic_load(&k->count.throttled),
		.lost = atomic_load(&k->count.lost),
		.bytes_in = atomic_load(&k->count.bytes_in),
	};
	for (int i = 0; i < NP_KUBE_N_CAUSES; i++)
		ret->again[i] = atomic_load(&k->count.again[i]);
}

/* One request under way. */
struct exchange {
	struct np_kube *k;
	const struct np_kube_req *req;
	struct np_kube_call call;
	struct np_kube_reply *reply;
	struct np_kube_cred cred;
	int timeout_ms, patience_ms;	/* of the request */
	int64_t begin_ms, deadline_ms;	/* of its last attempt */
	int64_t attempt_until_ms;
	unsigned n_attempts, n_few, n_anew;	/* in all; of a few; after 401 */
	bool blind, too_large, head_done;
};

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
	struct exchange *x = user;

	if (x->reply->text.len + size * n > NP_KUBE_REPLY_MAX) {
		x->too_large = true;
		return 0;
	}
	np_buf_add(&x->reply->text, bytes, size * n);
	atomic_fetch_add(&x->k->count.bytes_in, size * n);
	return size * n;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
	struct exchange *x = user;
	struct np_str line = { bytes, size * n };

	x->head_done = np_str_is(line, "\r\n") || np_str_is(line, "\n");
	np_kube_reply_header(x->reply, line);
	return line.n;
}

/* *@ret_late: it is this attempt's time that is over, not the request's. */
static int wait_end(struct exchange *x, struct np_kube_slot *s, CURLcode *ret, bool *ret_late,
		    struct np_err *err)
{
	for (;;) {
		int64_t now = np_now_ms(), left = x->attempt_until_ms - now;

		if (np_kube_cancelled(x->k))
			return np_err_set(err, NP_EINTR, "interrupted");
		if (left <= 0) {
			*ret_late = now < x->deadline_ms;
			return np_err_set(err, NP_ETIMEOUT, "no answer from '%s' in time",
					  x->k->config->server.p);
		}
		if (np_kube_slot_step(s, left < NP_KUBE_TICK_MS ? (int)left : NP_KUBE_TICK_MS, ret))
			return 0;
	}
}

static int judge_body(struct exchange *x, struct np_err *err)
{
	struct np_kube_reply *r = x->reply;
	struct np_err why = { .code = NP_OK };

	if (!(x->req->flags & NP_KUBE_NO_JSON) && r->text.len)
		r->body = np_json_parse(r->text.data, r->text.len, &why);
	if (r->http >= 300 || r->http < 200) {
		np_kube_status_err(r->http, r->body, &r->text, err);
		if (r->http == 403)
			np_kube_whose_forbidden(x->k->config, err);
		return r->http == 401 ? np_kube_whose_refused(x->k->config, &x->cred, err) : -1;
	}
	if (!why.code)
		return 0;
	if (err)
		*err = why;
	return np_err_prefix(err, "the reply to %s is not JSON", x->req->path);
}

/* There was no complete reply. */
static void attempt_lost(struct exchange *x, struct np_kube_slot *s, CURLcode code,
			 struct np_err *err)
{
	np_kube_loss_err(x->k, s, code, err);
	atomic_fetch_add(&x->k->count.lost, 1);
	np_kube_slot_free(s);
	if (x->too_large)
		np_err_set(err, NP_ELIMIT, "the reply to %s is larger than %u bytes", x->req->path,
			   NP_KUBE_REPLY_MAX);
}

/*
 * One attempt. 0 or -1 with @err; *@ret_loss says how it failed when there was no complete reply.
 */
static int attempt(struct exchange *x, enum np_kube_loss *ret_loss, struct np_err *err)
{
	struct np_kube_slot *s = np_kube_slot_take(x->k);
	CURLcode code = CURLE_OK;
	bool late = false;
	long http = 0;

	*ret_loss = NP_KUBE_LOSS_FATAL;
	np_kube_reply_clear(x->reply);
	x->head_done = false;
	if (!s)
		return np_err_set(err, NP_EENV, "libcurl does not start");
	if (np_kube_slot_start(x->k, s, &x->cred, &x->call, err) ||
	    wait_end(x, s, &code, &late, err)) {
		np_kube_slot_free(s);
		atomic_fetch_add(&x->k->count.lost, 1);
		if (late)
			*ret_loss = NP_KUBE_LOSS_MIDWAY;
		return -1;
	}
	/* curl takes a connection that ends among the headers for a reply without a body. */
	if (!code && !x->head_done)
		code = CURLE_PARTIAL_FILE;
	*ret_loss = np_kube_loss_of(s, code);
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &http);
	x->n_attempts++;
	x->reply->http = code ? 0 : (int)http;
	if (code) {
		attempt_lost(x, s, code, err);
		return -1;
	}
	np_kube_slot_give(x->k, s);
	return judge_body(x, err);
}

/* May the request be sent again after this? */
static bool worth_another(struct exchange *x, enum np_kube_cause cause)
{
	enum np_kube_asker asker = x->call.repeatable ? NP_ASKER_REPEATABLE : NP_ASKER_OTHER;

	if ((x->req->flags & NP_KUBE_ONCE) && cause != NP_KUBE_UNAUTHORIZED)
		return false;
	switch (np_kube_again(cause, asker)) {
	case NP_AGAIN_ALWAYS:
		return true;
	case NP_AGAIN_FEW:
		return ++x->n_few < NP_KUBE_FEW;
	case NP_AGAIN_WAITS:
		return x->reply->retry_after_s >= 0;
	case NP_AGAIN_ANEW:
		return !x->n_anew++ && np_kube_auth_refused(x->k->auth, x->cred.generation);
	case NP_AGAIN_NEVER:
	case NP_AGAIN_LIST:
		break;
	}
	return false;
}

/* -1: there is no time left for another attempt. */
static int64_t pause_before(const struct exchange *x, enum np_kube_cause cause, unsigned n)
{
	int64_t ms = np_kube_jitter_ms(n, FIRST_PAUSE_MS, MAX_PAUSE_MS);
	int64_t asked = (int64_t)x->reply->retry_after_s * 1000;
	int64_t left = x->deadline_ms - np_now_ms();

	if (cause == NP_KUBE_UNAUTHORIZED)
		return left > 0 ? 0 : -1;
	/* A little more than asked, not all at the same moment. */
	if (asked > 0)
		ms = asked + np_kube_jitter_ms(0, FIRST_PAUSE_MS, FIRST_PAUSE_MS);
	else if (ms >= left && left > 2 * FIRST_PAUSE_MS)
		ms = left - FIRST_PAUSE_MS;	/* once more just before the end */
	return ms < left ? ms : -1;
}

/* Says for how long it was tried where that is more than a moment. */
static int given_up(const struct exchange *x, unsigned n, struct np_err *err)
{
	long long since = atomic_load(&x->k->down_since_ms);
	int64_t s = (np_now_ms() - (since ? since : x->begin_ms)) / 1000;

	return n && s ? np_err_prefix(err, "after %lld s", (long long)s) : -1;
}

/* No attempt begins after that. */
static int64_t deadline_of(const struct exchange *x)
{
	int64_t own = x->begin_ms + x->timeout_ms, patient;

	if (!x->patience_ms)
		return own;
	if (atomic_load(&x->k->down_since_ms))
		return np_now_ms() + np_kube_patience(x->k);
	patient = x->begin_ms + x->patience_ms;
	return patient > own ? patient : own;
}

/* Even a server that was waited for long enough gets a moment for the one look at it. */
static int64_t attempt_until(const struct exchange *x)
{
	int64_t now = np_now_ms(), until = x->deadline_ms;

	if (x->patience_ms && until < now + LAST_LOOK_MS)
		until = now + LAST_LOOK_MS;
	return now + x->timeout_ms < until ? now + x->timeout_ms : until;
}

static int exchange_run(struct exchange *x, struct np_err *err)
{
	for (unsigned n = 0;; n++) {
		enum np_kube_loss loss = NP_KUBE_LOSS_FATAL;
		enum np_kube_cause cause;
		int64_t pause;
		int rc;

		x->deadline_ms = deadline_of(x);
		x->attempt_until_ms = attempt_until(x);
		np_kube_cred_release(&x->cred);
		if (np_kube_auth_get(x->k->auth, x->k->cancel, &x->cred, err))
			return -1;
		x->call.resent = false;
		rc = attempt(x, &loss, err);
		if (x->call.resent)
			np_kube_count_again(x->k, NP_KUBE_LOST);
		x->blind |= x->call.resent;
		x->reply->attempts = x->n_attempts;
		x->reply->blind = x->blind;
		cause = np_kube_cause_of(x->reply->http, loss);
		if (!rc || loss != NP_KUBE_LOSS_FATAL)
			np_kube_note_outage(x->k, rc ? cause : NP_KUBE_N_CAUSES);
		if (!rc)
			return 0;
		if (x->reply->http == 429)
			atomic_fetch_add(&x->k->count.throttled, 1);
		if (!worth_another(x, cause))
			return -1;
		/* No time left for it: then what the server said is the better answer. */
		x->deadline_ms = deadline_of(x);
		pause = pause_before(x, cause, n);
		if (pause < 0)
			return given_up(x, n, err);
		if (np_kube_pause(x->k, pause, err))
			return -1;
		x->blind |= np_kube_maybe_done(cause);
		np_kube_count_again(x->k, cause);
	}
}

static bool idempotent(const struct np_kube_req *req)
{
	if (req->flags & NP_KUBE_REPEAT)
		return true;
	if (!strcmp(req->method, "PATCH"))
		return req->content_type &&
		       strcmp(req->content_type, "application/json-patch+json");
	return strcmp(req->method, "POST") != 0;
}

static int check_req(const struct np_kube_req *req, struct np_err *err)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(methods); i++)
		if (!strcmp(req->method, methods[i]) && req->path[0] == '/' &&
		    np_kube_header_safe(np_str_from(req->path)) &&
		    np_kube_header_safe(np_str_from(req->query)) &&
		    np_kube_header_safe(np_str_from(req->content_type)))
			return 0;
	return np_err_set(err, NP_EUSAGE, "no such request: '%s' '%s'", req->method, req->path);
}

int np_kube_request(struct np_kube *k, const struct np_kube_req *req, struct np_kube_reply *ret,
		    struct np_err *err)
{
	struct np_kube_reply own = { .http = 0 };
	struct np_buf body = { NULL, 0, 0 };
	struct exchange x = { .k = k, .req = req, .reply = ret ? ret : &own };
	int rc;

	np_kube_reply_clear(x.reply);
	if (check_req(req, err))
		return -1;
	if (req->json)
		np_json_dump(req->json, 0, &body);
	x.timeout_ms = req->timeout_ms > 0 ? req->timeout_ms : k->timeout_ms;
	x.patience_ms = req->flags & (NP_KUBE_ONCE | NP_KUBE_HURRY) ? 0 : k->patience_ms;
	x.begin_ms = np_now_ms();
	x.call = (struct np_kube_call){
		.method = req->method,
		.path = req->path,
		.query = req->query,
		.accept = req->accept,
		.body = {req->json ? body.data : req->body, req->json ? body.len : req->n_body},
		.repeatable = idempotent(req),
		.on_body = on_body,
		.on_header = on_header,
		.user = &x,
	};
	if (req->json || req->body || !strcmp(req->method, "POST"))
		x.call.content_type = req->content_type ? req->content_type : "application/json";
	rc = exchange_run(&x, err);
	np_kube_cred_release(&x.cred);
	np_buf_release(&body);
	np_kube_reply_release(&own);
	return rc;
}

int np_kube_version(struct np_kube *k, int timeout_ms, char *ret_git_version, struct np_err *err)
{
	struct np_kube_reply r = { .http = 0 };
	struct np_kube_req req = { .method = "GET", .path = "/version", .timeout_ms = timeout_ms,
				   .flags = NP_KUBE_ONCE };
	const char *version;
	int rc = np_kube_request(k, &req, &r, err);

	version = np_json_str(r.body, "gitVersion", NULL);
	if (!rc && !version)
		rc = np_err_set(err, NP_EENV, "'%s' does not answer like an API server",
				k->config->server.p);
	if (!rc && ret_git_version)
		snprintf(ret_git_version, 64, "%s", version);
	np_kube_reply_release(&r);
	return rc;
}
