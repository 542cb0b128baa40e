/*
 * transport.h - layer kube, private: the client's inside and its connections. A slot is an easy
 * handle in a multi handle of its own, so that every wait can be cut short and a connection stays
 * with its slot.
 */
#ifndef NP_KUBE_TRANSPORT_H
#define NP_KUBE_TRANSPORT_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "auth.h"
#include "endpoint.h"
#include "np/kube/client.h"

#define NP_KUBE_CONNECT_MS 10000	/* one attempt to connect, TLS included */
#define NP_KUBE_TICK_MS 100		/* how long a wait goes without a look at the cancel flag */
#define NP_KUBE_IDLE_MAX 32		/* slots kept for later */

struct np_kube_slot {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	struct np_kube_slot *next;
	bool added;
	char error[CURL_ERROR_SIZE];
};

struct np_kube_counters {
	atomic_ullong requests, retries, throttled, lost, bytes_in;
	atomic_ullong again[NP_KUBE_N_CAUSES];
};

struct np_kube {
	const struct np_kube_config *config;
	struct np_kube_auth *auth;
	struct np_kube_endpoint end;
	char **identity;	/* Impersonate-* header lines, NULL-ended */
	const atomic_int *cancel;
	int timeout_ms, patience_ms;
	atomic_llong down_since_ms, outage_ms;	/* see np_kube_outage_ms(); 0: not down */
	pthread_mutex_t lock;	/* of the idle list */
	struct np_kube_slot *idle;
	size_t n_idle;
	struct np_kube_counters count;
};

static inline bool np_kube_cancelled(const struct np_kube *k)
{
	return k->cancel && atomic_load(k->cancel);
}

/* One request as it goes to the wire; everything borrowed until the transfer ends. */
struct np_kube_call {
	const char *method, *path, *query;	/* query NULL or escaped */
	const char *content_type, *accept;	/* content_type NULL: no body */
	struct np_str body;
	size_t sent;				/* of the body; kept by the transport */
	bool repeatable;			/* curl may send the body again */
	bool resent;				/* it did: a kept connection died unanswered */
	curl_write_callback on_body, on_header;
	void *user;
};

/* The Impersonate-* lines of @c, heap, NULL-ended. */
char **np_kube_identity(const struct np_kube_config *c);

struct np_kube_slot *np_kube_slot_new(void);
void np_kube_slot_free(struct np_kube_slot *s);
/* From the pool and back. A slot whose last transfer was cut must be freed instead. */
struct np_kube_slot *np_kube_slot_take(struct np_kube *k);
void np_kube_slot_give(struct np_kube *k, struct np_kube_slot *s);

/* Where to and as whom: all options but the request itself. For exec too. */
void np_kube_slot_aim(const struct np_kube *k, struct np_kube_slot *s,
		      const struct np_kube_cred *cred, const char *path, const char *query);
/*
 * Sets everything for @call and starts the transfer; it moves when np_kube_slot_step() is called.
 */
int np_kube_slot_start(struct np_kube *k, struct np_kube_slot *s, const struct np_kube_cred *cred,
		       struct np_kube_call *call, struct np_err *err);
/* Moves the transfer; waits at most @wait_ms for its socket. True when it ended: *@ret_code. */
bool np_kube_slot_step(struct np_kube_slot *s, int wait_ms, CURLcode *ret_code);
/* Ends it; cuts it if it has not ended. */
void np_kube_slot_stop(struct np_kube_slot *s);

/* How an attempt failed without a reply. */
enum np_kube_loss {
	NP_KUBE_LOSS_NONE,
	NP_KUBE_LOSS_UNSENT,	/* no connection: the server did nothing */
	NP_KUBE_LOSS_TLS,	/* no connection, and it will hardly get better */
	NP_KUBE_LOSS_MIDWAY,	/* who knows what the server did */
	NP_KUBE_LOSS_FATAL,	/* makes no sense to try again */
};

/* Of the transfer that ended with @code. */
enum np_kube_loss np_kube_loss_of(const struct np_kube_slot *s, CURLcode code);
/* Sets @err for a failed transfer. Returns -1. */
int np_kube_loss_err(const struct np_kube *k, const struct np_kube_slot *s, CURLcode code,
		     struct np_err *err);

/* Sleeps up to @ms, less when cancelled: then -1 with NP_EINTR. */
int np_kube_pause(const struct np_kube *k, int64_t ms, struct np_err *err);
/* Half to all of first_ms * 2^n, at most @max_ms. */
int64_t np_kube_jitter_ms(unsigned n, int64_t first_ms, int64_t max_ms);

#endif
