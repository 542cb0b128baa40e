/* The translator of services. The contract is in services.h. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "netns.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/base/proc.h"
#include "services_private.h"

#define MAX_EVENTS 256
#define QUIET_MS 3		/* changes come in bursts: wait for this much silence, */
#define BURST_MS 20		/* but not longer than this */
#define LOOK_MS 200		/* how long a wake-up that nobody waited for can go unnoticed */
#define NFT_TIMEOUT_MS 10000
#define FIRST_NUMBER 1

static int load(const struct np_buf *document, struct np_err *err)
{
	static const char *const argv[] = { "nft", "-j", "-f", "-", NULL };
	struct np_buf said = { 0 };
	int status = np_proc_run(argv, document, NFT_TIMEOUT_MS, NULL, &said, err);

	if (status > 0)
		np_err_set(err, NP_EENV, "nft refuses a transaction: %.300s", np_buf_text(&said));
	np_buf_release(&said);
	return status == 0 ? 0 : -1;
}

static int load_all(const struct np_services_node *node, const struct np_svc_script *script,
		    struct np_err *err)
{
	if (script->n > 0 && np_netns_enter(node->netns_fd, err) < 0)
		return -1;
	for (size_t i = 0; i < script->n; i++) {
		if (load(&script->documents[i], err) < 0)
			return -1;
	}
	return 0;
}

static int show_on(const struct np_services *s, const struct np_services_node *node,
		   const struct np_svc_table *table, struct np_err *err)
{
	static const struct np_svc_table empty;
	struct np_svc_script script = { 0 };
	int rc;

	if (s->broken) {
		const struct np_addr ip[2] = { node->ip4, node->ip6 };

		np_svc_script_base(&script, ip);
	}
	np_svc_script_change(&script, s->broken ? &empty : &s->table, table);
	np_svc_script_end(&script);
	rc = load_all(node, &script, err);
	np_svc_script_release(&script);
	return rc;
}

/*
 * Takes over @table. After a failure the nodes may differ, so the next time everything is loaded
 * again.
 */
static void show(struct np_services *s, struct np_svc_table *table)
{
	char text[NP_ERR_TEXT_MAX];
	struct np_err err;
	bool ok = true;

	for (size_t i = 0; i < s->n_nodes; i++) {
		if (show_on(s, &s->nodes[i], table, &err) == 0)
			continue;
		np_log_warn("services: %s", np_err_text(&err, text, sizeof(text)));
		ok = false;
	}
	np_svc_table_release(&s->table);
	s->table = *table;
	s->broken = !ok;
}

static void note_shown(struct np_services *s, uint64_t revision)
{
	pthread_mutex_lock(&s->lock);
	if (revision > s->shown_revision)
		s->shown_revision = revision;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* Returns the revision that the nodes show now. */
static uint64_t translate(struct np_services *s)
{
	struct np_svc_table table;
	uint64_t rev, pods_rev;
	json_t *services = np_store_list(s->store, NP_KIND_SERVICE, NULL, &rev);
	json_t *pods = np_store_list(s->store, NP_KIND_POD, NULL, &pods_rev);

	np_svc_table_build(services, pods, &table);
	json_decref(services);
	json_decref(pods);
	show(s, &table);
	if (!s->broken)
		note_shown(s, rev);
	return rev;
}

static bool is_stopping(struct np_services *s)
{
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

/*
 * Reads what has happened since @seen. Returns whether it may concern services; a log that does not
 * reach back does.
 */
static bool read_events(struct np_services *s, uint64_t *seen, int timeout_ms, int *ret_n)
{
	struct np_event events[MAX_EVENTS];
	int n = np_store_events(s->store, *seen, events, MAX_EVENTS, timeout_ms);
	bool concerns = n < 0;

	for (int i = 0; i < n; i++) {
		concerns |= events[i].kind == NP_KIND_SERVICE || events[i].kind == NP_KIND_POD;
		*seen = events[i].rev;
		np_event_release(&events[i]);
	}
	*ret_n = n;
	return concerns;
}

/* Blocks for the first event, then until there is silence. */
static bool something_happened(struct np_services *s, uint64_t *seen)
{
	int n;
	bool concerns = read_events(s, seen, LOOK_MS, &n);
	int64_t until_ms = np_now_ms() + BURST_MS;

	while (concerns && n > 0 && np_now_ms() < until_ms)
		read_events(s, seen, QUIET_MS, &n);
	return concerns;
}

static void *run(void *arg)
{
	struct np_services *s = arg;
	uint64_t seen = translate(s);

	while (!is_stopping(s)) {
		if (something_happened(s, &seen) || s->broken)
			seen = translate(s);
		else
			note_shown(s, seen);
	}
	return NULL;
}

static int load_base(const struct np_services_node *node, struct np_err *err)
{
	const struct np_addr ip[2] = { node->ip4, node->ip6 };
	struct np_svc_script script = { 0 };
	int rc;

	np_svc_script_base(&script, ip);
	np_svc_script_end(&script);
	rc = load_all(node, &script, err);
	np_svc_script_release(&script);
	return rc;
}

static int start(struct np_services *s, struct np_err *err)
{
	int e;

	for (size_t i = 0; i < s->n_nodes; i++) {
		if (load_base(&s->nodes[i], err) < 0)
			return np_err_prefix(err, "a trial nftables transaction failed (package "
						  "nftables, kernel with nf_tables "
						  "and nft_nat)");
	}
	e = pthread_create(&s->thread, NULL, run, s);
	return e ? np_err_errno(err, NP_EENV, e, "cannot start a thread") : 0;
}

struct np_services *np_services_new(struct np_store *store, const struct np_services_node *nodes,
				    size_t n_nodes, struct np_err *err)
{
	struct np_services *s = np_xcalloc(1, sizeof(*s));
	pthread_condattr_t attr;

	s->store = store;
	for (size_t i = 0; i < n_nodes && i < NP_SERVICES_MAX_NODES; i++)
		s->nodes[s->n_nodes++] = nodes[i];
	s->ipv4_only = n_nodes > 0 && !nodes[0].ip6.width;
	s->next_number = FIRST_NUMBER;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (start(s, err) == 0)
		return s;
	s->stopping = true;
	np_services_free(s);
	return NULL;
}

void np_services_free(struct np_services *s)
{
	bool started;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	started = !s->stopping;
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
	np_store_wake(s->store);
	if (started)
		pthread_join(s->thread, NULL);
	np_svc_table_release(&s->table);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

bool np_services_wait(struct np_services *s, uint64_t revision, int timeout_ms)
{
	int64_t at_us = np_now_us() + (int64_t)timeout_ms * 1000;
	struct timespec deadline = { .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 };
	bool shown;

	pthread_mutex_lock(&s->lock);
	while (s->shown_revision < revision && !s->stopping) {
		if (pthread_cond_timedwait(&s->changed, &s->lock, &deadline) == ETIMEDOUT)
			break;
	}
	shown = s->shown_revision >= revision;
	pthread_mutex_unlock(&s->lock);
	return shown;
}
