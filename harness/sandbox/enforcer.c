/* The threads that keep the nodes' rulesets up to date. */
#include "enforcer.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "enforcer_compile.h"
#include "nft.h"
#include "np/base/clock.h"
#include "np/base/log.h"
#include "np/base/mem.h"

#define IDLE_MS 1000 /* how long an idle thread sleeps at most */
#define QUIET_MS 2   /* changes that follow each other this fast are one */
#define GATHER_MS 12 /* but a steady stream does not hold the rules back longer */
#define N_EVENTS 64
#define RETRY_MAX_MS 2000
#define CLOSE_AFTER 3 /* failures in a row until the node is closed to what it could not learn */

struct node {
	struct np_enforcer *e;
	const char *name;
	int netns_fd;
	pthread_t thread;
	bool started;

	/* used by the thread alone */
	struct np_ruleset rules; /* in the kernel, when installed.rs says so */
	struct np_ruleset_state installed;
	unsigned gen, budget, n_failures;
	struct np_nft *nft; /* under e->nft_lock */

	/* under e->lock */
	uint64_t applied_rev;
	struct np_err last_err;
};

struct np_enforcer {
	struct np_store *store;
	enum np_fault_id fault;
	struct node *nodes;
	size_t n_nodes;

	pthread_mutex_t nft_lock; /* taken alone */
	bool no_library;
	pthread_mutex_t lock;
	pthread_cond_t applied;
	bool stop;
	struct np_view *view;
	const struct np_world *world; /* of view; NULL before the first change */
	uint64_t world_rev;
};

static bool stopping(struct np_enforcer *e)
{
	bool stop;

	pthread_mutex_lock(&e->lock);
	stop = e->stop;
	pthread_mutex_unlock(&e->lock);
	return stop;
}

/* Brings the world up to the store. Under the lock. */
static void read_store(struct np_enforcer *e)
{
	static const enum np_kind_id kinds[] = { NP_KIND_NAMESPACE, NP_KIND_NODE, NP_KIND_POD,
						 NP_KIND_NETWORKPOLICY };
	json_t *lists[NP_ARRAY_SIZE(kinds)];
	struct np_view_objects objects;
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++) {
		uint64_t rev;

		lists[i] = np_store_list(e->store, kinds[i], NULL, &rev);
		if (rev < oldest)
			oldest = rev;
	}
	objects = (struct np_view_objects){ lists[0], lists[1], lists[2], lists[3] };
	e->world = np_view_update(e->view, &objects, np_now_ms());
	e->world_rev = oldest;
	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++)
		json_decref(lists[i]);
}

/* Compiles the node's ruleset of at least revision @rev; returns the revision it shows. */
static uint64_t compile(struct node *node, uint64_t rev, bool deny_only, struct np_ruleset *ret)
{
	struct np_enforcer *e = node->e;
	struct np_compile_input in = { .node = np_str_from(node->name), .deny_only = deny_only };
	uint64_t shown;

	pthread_mutex_lock(&e->lock);
	if (!e->world || e->world_rev < rev || np_view_changes_at_ms(e->view) <= np_now_ms())
		read_store(e);
	in.match = (struct np_match){ .world = e->world, .view = e->view, .fault = e->fault };
	np_compile(&in, ret);
	shown = e->world_rev;
	pthread_mutex_unlock(&e->lock);
	return shown;
}

/* One transaction. The thread is in the node's namespace. */
static int send_nft(void *arg, const struct np_buf *document, struct np_err *err)
{
	struct node *node = arg;
	int rc;

	pthread_mutex_lock(&node->e->nft_lock);
	if (!node->nft)
		node->nft = np_nft_new();
	if (node->e->no_library)
		np_nft_forgo_library(node->nft);
	rc = np_nft_run(node->nft, document, err);
	pthread_mutex_unlock(&node->e->nft_lock);
	return rc;
}

/* Puts @rules (emptied when it is taken over) in the place of what is installed. */
static int install(struct node *node, struct np_ruleset *rules, struct np_err *err)
{
	struct np_ruleset_state next = { .rs = rules, .gen = ++node->gen };
	struct np_err ignored;
	bool switched;
	int rc = np_ruleset_install(&next, &node->installed, node->budget, send_nft, node,
				    &switched, err);

	if (!switched) {
		/* without the table there is nothing to clean: the next attempt makes it anew */
		if (node->installed.rs && next.n_done)
			np_ruleset_remove(&next, node->budget, send_nft, node, &ignored);
		return -1;
	}
	if (rc < 0) {
		char text[NP_ERR_TEXT_MAX];

		np_log_warn("enforcer on %s: generation %u stays behind: %s", node->name,
			    node->installed.gen, np_err_text(err, text, sizeof(text)));
	}
	np_ruleset_release(&node->rules);
	node->rules = *rules;
	*rules = (struct np_ruleset){ 0 };
	node->installed = (struct np_ruleset_state){ .rs = &node->rules,
						     .gen = next.gen,
						     .n_done = node->rules.n_cmds };
	return 0;
}

static int compile_and_install(struct node *node, uint64_t rev, bool deny_only, uint64_t *ret_shown,
			       struct np_err *err)
{
	struct np_ruleset rules = { 0 };
	uint64_t shown = compile(node, rev, deny_only, &rules);
	int rc = 0;

	if (!node->installed.rs || !np_ruleset_eq(&rules, &node->rules))
		rc = install(node, &rules, err);
	np_ruleset_release(&rules);
	if (rc == 0)
		*ret_shown = shown;
	return rc;
}

static void note_failure(struct node *node, const struct np_err *err)
{
	char text[NP_ERR_TEXT_MAX];

	node->n_failures++;
	np_log_warn("enforcer on %s: attempt %u failed: %s", node->name, node->n_failures,
		    np_err_text(err, text, sizeof(text)));
	if (strstr(err->msg, "Message too long") && node->budget > 4096)
		node->budget /= 2;
	pthread_mutex_lock(&node->e->lock);
	node->last_err = *err;
	pthread_mutex_unlock(&node->e->lock);
}

/*
 * Applies the store's state of at least @rev. After some failures in a row the node gets the
 * isolation without the rules that allow, so that no pod of a new policy stays open because
 * something else of the ruleset is refused.
 */
static int sync_node(struct node *node, uint64_t rev)
{
	struct np_err err;
	uint64_t shown;

	if (compile_and_install(node, rev, false, &shown, &err) < 0) {
		note_failure(node, &err);
		if (node->n_failures % CLOSE_AFTER == 0 &&
		    compile_and_install(node, rev, true, &shown, &err) == 0)
			np_log_warn("enforcer on %s: isolated pods are closed until rules get in",
				    node->name);
		return -1;
	}
	node->n_failures = 0;
	pthread_mutex_lock(&node->e->lock);
	node->applied_rev = shown;
	pthread_cond_broadcast(&node->e->applied);
	pthread_mutex_unlock(&node->e->lock);
	return 0;
}

static bool matters(const struct np_event *event)
{
	return event->kind == NP_KIND_NAMESPACE || event->kind == NP_KIND_NODE ||
	       event->kind == NP_KIND_POD || event->kind == NP_KIND_NETWORKPOLICY;
}

/*
 * Waits for changes after *@rev and gathers those that follow closely. True when some of them
 * matter; *@rev is the newest seen.
 */
static bool gather(struct node *node, uint64_t *rev, int timeout_ms)
{
	struct np_event events[N_EVENTS];
	int64_t until_ms = 0;
	bool some = false;

	while (!stopping(node->e)) {
		int n = np_store_events(node->e->store, *rev, events, N_EVENTS, timeout_ms);

		if (n < 0) {
			/* the log has moved on: everything is read again */
			*rev = np_store_revision(node->e->store);
			return true;
		}
		if (n == 0)
			return some;
		for (int i = 0; i < n; i++) {
			some |= matters(&events[i]);
			*rev = events[i].rev;
			np_event_release(&events[i]);
		}
		if (until_ms == 0)
			until_ms = np_now_ms() + GATHER_MS;
		if (!some)
			return false;
		if (np_now_ms() >= until_ms)
			return true;
		timeout_ms = QUIET_MS;
	}
	return some;
}

/* Changes that are nothing to the enforcer are enforced at once. */
static void pass_over(struct node *node, uint64_t rev)
{
	pthread_mutex_lock(&node->e->lock);
	if (rev > node->applied_rev) {
		node->applied_rev = rev;
		pthread_cond_broadcast(&node->e->applied);
	}
	pthread_mutex_unlock(&node->e->lock);
}

/* How long the thread may sleep: until the view changes by itself, or the next attempt. */
static int sleep_ms(struct node *node)
{
	int64_t at_ms, ms;

	if (node->n_failures) {
		ms = INT64_C(20) << (node->n_failures < 7 ? node->n_failures : 7);
		return (int)(ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS);
	}
	pthread_mutex_lock(&node->e->lock);
	at_ms = np_view_changes_at_ms(node->e->view);
	pthread_mutex_unlock(&node->e->lock);
	ms = at_ms == INT64_MAX ? IDLE_MS : at_ms - np_now_ms();
	return (int)(ms < 1 ? 1 : ms < IDLE_MS ? ms : IDLE_MS);
}

static bool view_is_due(struct node *node)
{
	bool due;

	pthread_mutex_lock(&node->e->lock);
	due = np_view_changes_at_ms(node->e->view) <= np_now_ms();
	pthread_mutex_unlock(&node->e->lock);
	return due;
}

static void *node_main(void *arg)
{
	struct node *node = arg;
	uint64_t rev = np_store_revision(node->e->store);
	bool pending = true;

	if (setns(node->netns_fd, CLONE_NEWNET) < 0) {
		struct np_err err;

		np_err_errno(&err, NP_EENV, errno,
			     "cannot enter the network namespace of node '%s'", node->name);
		note_failure(node, &err);
		return NULL;
	}
	while (!stopping(node->e)) {
		bool timed = view_is_due(node);

		if (pending || timed)
			pending = sync_node(node, rev) < 0;
		if (gather(node, &rev, sleep_ms(node)))
			pending = true;
		else if (!pending)
			pass_over(node, rev);
	}
	return NULL;
}

struct np_enforcer *np_enforcer_new(struct np_store *store, const char *const *node_names,
				    const int *node_netns_fds, size_t n_nodes, const char *fault)
{
	struct np_enforcer *e = np_xcalloc(1, sizeof(*e));
	pthread_condattr_t attr;

	e->store = store;
	e->fault = np_fault_find(fault);
	e->view = np_view_new(e->fault);
	e->nodes = np_xcalloc(n_nodes, sizeof(*e->nodes));
	e->n_nodes = n_nodes;
	pthread_mutex_init(&e->nft_lock, NULL);
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&e->applied, &attr);
	pthread_condattr_destroy(&attr);
	for (size_t i = 0; i < n_nodes; i++) {
		struct node *node = &e->nodes[i];

		*node = (struct node){ .e = e,
				       .name = node_names[i],
				       .netns_fd = node_netns_fds[i],
				       .budget = NP_RULESET_BUDGET };
		node->started = pthread_create(&node->thread, NULL, node_main, node) == 0;
		if (!node->started)
			np_log_warn("enforcer on %s: no thread", node->name);
	}
	return e;
}

void np_enforcer_forgo_library(struct np_enforcer *e)
{
	pthread_mutex_lock(&e->nft_lock);
	e->no_library = true;
	pthread_mutex_unlock(&e->nft_lock);
}

void np_enforcer_free(struct np_enforcer *e)
{
	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->stop = true;
	pthread_cond_broadcast(&e->applied);
	pthread_mutex_unlock(&e->lock);
	np_store_wake(e->store);
	for (size_t i = 0; i < e->n_nodes; i++) {
		if (e->nodes[i].started)
			pthread_join(e->nodes[i].thread, NULL);
		np_ruleset_release(&e->nodes[i].rules);
		np_nft_free(e->nodes[i].nft);
	}
	np_view_free(e->view);
	pthread_cond_destroy(&e->applied);
	pthread_mutex_destroy(&e->nft_lock);
	pthread_mutex_destroy(&e->lock);
	free(e->nodes);
	free(e);
}

/* Under the lock: a node that lags behind @rev, or NULL. */
static const struct node *laggard(const struct np_enforcer *e, uint64_t rev)
{
	for (size_t i = 0; i < e->n_nodes; i++)
		if (e->nodes[i].applied_rev < rev)
			return &e->nodes[i];
	return NULL;
}

int np_enforcer_wait(struct np_enforcer *e, uint64_t rev, int timeout_ms, struct np_err *err)
{
	int64_t until_ms = np_now_ms() + timeout_ms;
	struct timespec until = { .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };
	const struct node *node;
	int rc = 0;

	pthread_mutex_lock(&e->lock);
	while ((node = laggard(e, rev)) && !e->stop && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&e->applied, &e->lock, &until);
	rc = node ? np_err_set(err, NP_ETIMEOUT, "node '%s' does not enforce revision %llu yet%s%s",
			       node->name, (unsigned long long)rev,
			       node->last_err.msg[0] ? ": " : "", node->last_err.msg)
		  : 0;
	pthread_mutex_unlock(&e->lock);
	return rc;
}
