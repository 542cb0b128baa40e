/*
 * api_request.h - one request and its answer, apart from the HTTP library: the door (api_http.c)
 * fills the one and sends the other, so that everything behind it can be tested without a socket.
 * Private to the API.
 */
#ifndef NP_SANDBOX_API_REQUEST_H
#define NP_SANDBOX_API_REQUEST_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "np/base/arena.h"
#include "np/base/buf.h"
#include "conform.h"
#include "pods.h"
#include "services.h"
#include "store.h"

#define NP_API_BODY_MAX ((size_t)3 << 20)	/* 3 MiB, inclusive */
#define NP_API_QUERY_MAX 256 /* parameters; further ones make the request a bad one */

struct np_api_param {
	struct np_str key, value;
};

/* What the handlers share; borrowed from the server. */
struct np_api_env {
	struct np_store *store;
	struct np_pods *pods;		/* may be NULL */
	struct np_services *services;	/* may be NULL */
	/*
	 * Held for reading from the check of a namespace to the creation in it, for writing from
	 * finding a namespace empty to removing it.
	 */
	pthread_rwlock_t *ns_lock;
	atomic_bool *stopping;		/* streams end when it is set */
};

/* Strings live as long as the request. */
struct np_request {
	struct np_api_env env;
	const char *method;		/* GET for HEAD */
	const char *path;
	struct np_api_param *query;
	size_t n_query;
	const char *content_type, *accept, *user_agent;	/* "" when absent */
	bool upgrade;			/* asks for a WebSocket; then the next three count */
	const char *ws_key, *ws_version, *ws_protocols;
	struct np_str body;
	bool body_too_large;
	/* Filled by the router. */
	enum np_kind_id kind;
	bool has_kind;
	const char *ns, *name, *subresource;	/* "" when absent */
	struct np_arena arena;		/* of the router's strings */
};

struct np_reply;

/* First value of a parameter, or NULL. */
const char *np_request_query(const struct np_request *r, const char *key);
/* 1 or true, in any case. */
bool np_request_query_bool(const struct np_request *r, const char *key);
/*
 * A whole number of at least 0. @fallback when absent; refused (400, returns -1) when it is
 * something else.
 */
int np_request_query_int(const struct np_request *r, struct np_reply *rep, const char *key,
			 long long fallback, long long *ret);

struct np_watch;
struct np_log_follow;
struct np_exec_plan;

/*
 * Exactly one of @json, @text, @watch, @log or @exec; nothing is an empty body. Zero-initialised,
 * then np_reply_release().
 */
struct np_reply {
	int code;
	json_t *json;			/* owned */
	char *text;			/* owned heap bytes */
	size_t n_text;
	const char *content_type;	/* NULL: application/json */
	struct np_notes warnings;	/* become Warning headers */
	const char *allow;		/* Allow header, or NULL */
	struct np_watch *watch;		/* owned: a stream of events */
	struct np_log_follow *log;	/* owned: a stream of text */
	struct np_exec_plan *exec;	/* owned: upgrade and run */
};

void np_reply_release(struct np_reply *rep);

#endif
