/*
 * client.h - layer kube: requests to an API server, with retries, a deadline and cancellation.
 *
 * Thread-safety: one np_kube may be used from many threads at once; every request borrows a
 *   connection of a pool. HTTP/1.1 always: a connection carries one request at a time anyway, and
 *   exec needs it. np_kube_new() ignores SIGPIPE for the whole process if nobody handles it.
 * Retries: the table is in harness/kube/retry.h. Retry-After of 429 and 503 is honoured; otherwise
 *   jittered doubling pauses of 100 ms to 5 s, until the time of the request is over. GET, PUT,
 *   DELETE and every PATCH but JSON Patch are repeated after 429, 502, 503, 504 and a lost
 *   connection, and tried three times in all at 500 or when TLS is refused; POST and JSON Patch only
 *   when the server surely did not act: 429, no connection, or 503 with Retry-After; or with
 *   NP_KUBE_REPEAT. So after a lost connection a repeated DELETE may answer 404 and a repeated PUT
 *   with a resourceVersion 409 (reply.blind tells; np/kube/resource.h takes care of it).
 * Bounds: a reply of NP_KUBE_REPLY_MAX bytes, the time-out over all attempts together, longer only
 *   where np_kube_set_patience() says so.
 */
#ifndef NP_KUBE_CLIENT_H
#define NP_KUBE_CLIENT_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/kube/config.h"

#define NP_KUBE_REPLY_MAX (64u * 1024 * 1024)
#define NP_KUBE_TIMEOUT_MS 30000	/* of a request that names none */
#define NP_KUBE_WARNINGS_MAX 64		/* further Warning headers are dropped */

struct np_kube;

/*
 * A client; no connection is made yet. @config is borrowed and must outlive it. NULL with NP_EUSAGE
 * for a server URL that makes no sense, NP_EVALID for a field that would break a header (a line
 * break in a token).
 */
struct np_kube *np_kube_new(const struct np_kube_config *config, struct np_err *err);
/* Every request, watch and exec made from it must have ended. Accepts NULL. */
void np_kube_free(struct np_kube *k);

/*
 * From now on every wait of this client, its watches and its execs ends within 200 ms with NP_EINTR
 * once *@cancel is not 0. A signal handler or another thread may set it. NULL: never. Set it before
 * other threads use the client.
 */
void np_kube_set_cancel(struct np_kube *k, const atomic_int *cancel);
/* Default time-out of a request, all attempts together. */
void np_kube_set_timeout(struct np_kube *k, int timeout_ms);
/*
 * How long a request is repeated at least while the server is not there or asks to wait, even if
 * its own time-out is shorter: that then bounds each attempt. For runs that an API server's restart
 * must not end. 0, the default: no longer than the time-out.
 */
void np_kube_set_patience(struct np_kube *k, int patience_ms);
/* What is left of it: an outage is waited for once, however many requests meet it. */
int np_kube_patience(struct np_kube *k);

enum np_kube_req_flags {
	NP_KUBE_ONCE = 1u << 0,	   /* one attempt: show me a 429 or a 500 as it is */
	NP_KUBE_NO_JSON = 1u << 1, /* leave ret->body NULL; the text is enough (logs, /metrics,
				      hostile replies) */
	NP_KUBE_REPEAT = 1u << 2,  /* doing it twice is as good as once: repeat it as a PUT is */
	NP_KUBE_HURRY = 1u << 3,   /* the time-out counts, the patience does not */
};

struct np_kube_req {
	const char *method;		/* GET POST PUT PATCH DELETE */
	const char *path;		/* /api/v1/...; already escaped, see np_kube_path() */
	const char *query;		/* "dryRun=All&limit=5", escaped, or NULL */
	const char *content_type;	/* NULL: application/json */
	const char *accept;		/* NULL: application/json */
	const json_t *json;		/* the body; borrowed; or */
	const char *body;		/* n_body raw bytes, sent as they are; or neither */
	size_t n_body;
	int timeout_ms;			/* all attempts together; 0: the client's default */
	unsigned flags;
};

/* What came back. Zero-initialised is empty and valid; reusable without releasing in between. */
struct np_kube_reply {
	int http;			/* status code of the last attempt; 0: no reply */
	json_t *body;			/* parsed, Status too; NULL when empty or not JSON */
	struct np_buf text;		/* the bytes as they came */
	int retry_after_s;		/* -1: not given */
	char **warnings;		/* texts of Warning headers, unquoted */
	size_t n_warnings;
	unsigned attempts;
	bool blind;			/* an attempt before the last may have been carried out */
};

/*
 * Sends and waits. 0 when the last reply was 2xx. Otherwise -1 with:
 *   NP_EDENIED    401, 403
 *   NP_ENOTFOUND  404
 *   NP_ECONFLICT  409, 410
 *   NP_EVALID     400, 422 (path: the first cause's field), other 4xx
 *   NP_ELIMIT     413, or a reply beyond the bound
 *   NP_EUSAGE     405, 406, 415, redirects, a request that is none
 *   NP_ETIMEOUT   408, 504, and our deadline
 *   NP_EENV       429, other 5xx, no connection, TLS refused, no credentials
 *   NP_EPARSE     a 2xx that is not JSON
 *   NP_EINTR      cancelled
 * Unlike elsewhere *@ret (may be NULL) is written in both cases: after an HTTP error it holds the
 * code and the Status.
 */
int np_kube_request(struct np_kube *k, const struct np_kube_req *req, struct np_kube_reply *ret,
		    struct np_err *err);
void np_kube_reply_release(struct np_kube_reply *r);

/*
 * Status.reason of an error reply ("AlreadyExists", "Conflict", "Expired"), "" if there is none.
 * Borrowed.
 */
const char *np_kube_reply_reason(const struct np_kube_reply *r);

/*
 * GET /version with one attempt: is it there, and what is it? @ret_git_version (at least 64 bytes)
 * may be NULL. Errors as np_kube_request().
 */
int np_kube_version(struct np_kube *k, int timeout_ms, char *ret_git_version, struct np_err *err);

/* Why an attempt was made again. */
enum np_kube_cause {
	NP_KUBE_REFUSED,	/* no connection: nobody listens, no route, no such name */
	NP_KUBE_TLS,		/* the other side or we refused the TLS handshake */
	NP_KUBE_LOST,		/* the connection ended before the answer, or none came in time */
	NP_KUBE_THROTTLED,	/* 429 */
	NP_KUBE_UNAVAILABLE,	/* 502, 503, 504 */
	NP_KUBE_INTERNAL,	/* 500 */
	NP_KUBE_UNAUTHORIZED,	/* 401: once, with new credentials */
	NP_KUBE_EXPIRED,	/* 410: a watch */
	NP_KUBE_N_CAUSES
};
/* "refused" "TLS" "lost" "429" "502-504" "500" "401" "410" */
const char *np_kube_cause_name(enum np_kube_cause cause);

/* Totals since np_kube_new(), for the run record. */
struct np_kube_stats {
	unsigned long long requests;	/* attempts sent, watches and execs included */
	unsigned long long retries;	/* attempts after the first, restarts of a watch */
	unsigned long long again[NP_KUBE_N_CAUSES];	/* retries by what made them necessary */
	unsigned long long throttled;	/* replies with 429 */
	unsigned long long lost;	/* attempts without a complete reply */
	unsigned long long bytes_in;	/* bodies */
};

void np_kube_get_stats(struct np_kube *k, struct np_kube_stats *ret);

/*
 * How long, in all, the server was not there: from a first attempt without an answer, or answered
 * 502 to 504, to the next answer. Whoever waits for something that the server must do for it adds
 * what this grew by to its deadline.
 */
long long np_kube_outage_ms(struct np_kube *k);

/*
 * Percent-escapes everything but unreserved characters (RFC 3986) onto @b; for queries and path
 * segments.
 */
void np_kube_escape(struct np_buf *b, const char *s);

#endif
