/* The node agent: what happens to a pod when. The contract is in pods.h. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "pods_private.h"

#define MAX_EVENTS 256
/* how long an exit that came between looking and waiting goes unnoticed */
#define LOOK_MS 50
#define FIRST_BACKOFF_US (100LL * 1000)
#define MAX_BACKOFF_US (5LL * 1000 * 1000)

struct pod *np_pods_find(const struct np_pods *p, const char *ns, const char *name)
{
	for (size_t i = 0; i < p->n_pods; i++) {
		const struct np_pod_plan *plan = &p->pods[i]->plan;

		if (strcmp(plan->name, name) == 0 && strcmp(plan->ns, ns) == 0)
			return p->pods[i];
	}
	return NULL;
}

static struct pod *find_uid(const struct np_pods *p, const json_t *object)
{
	const char *uid = np_json_str(object, "metadata/uid", "");

	for (size_t i = 0; i < p->n_pods; i++) {
		if (strcmp(p->pods[i]->plan.uid, uid) == 0)
			return p->pods[i];
	}
	return NULL;
}

void np_pod_set_stage(struct np_pods *p, struct pod *pod, enum pod_stage stage)
{
	pthread_mutex_lock(&p->lock);
	pod->stage = stage;
	pthread_mutex_unlock(&p->lock);
}

/* The plan of a pod that makes no sense is still enough to find and delete it. */
static int take_object(struct np_pods *p, struct pod *pod, json_t *object, struct np_err *err)
{
	struct np_pod_plan plan = {
		.ns = np_json_str(object, "metadata/namespace", ""),
		.name = np_json_str(object, "metadata/name", ""),
		.uid = np_json_str(object, "metadata/uid", ""),
		.deleting = np_json_str(object, "metadata/deletionTimestamp", NULL) != NULL,
		.argv = { NP_AGENT_PROGRAM, "sleep" },
	};
	int rc = np_pod_plan_read(object, &plan, err);

	pthread_mutex_lock(&p->lock);
	json_decref(pod->object);
	pod->object = json_incref(object);
	pod->plan = plan;
	pthread_mutex_unlock(&p->lock);
	return rc;
}

static struct pod *add_pod(struct np_pods *p)
{
	struct pod *pod = np_xcalloc(1, sizeof(*pod));

	pod->serial = ++p->next_serial;
	pod->fresh = true;
	pod->log_fd = -1;
	pod->net.netns_fd = -1;
	pod->facts.phase = NP_POD_PENDING;
	pod->plan = (struct np_pod_plan){ .ns = "", .name = "", .uid = "" };
	pthread_mutex_lock(&p->lock);
	p->pods = np_grow(p->pods, &p->cap_pods, p->n_pods, sizeof(struct pod *));
	p->pods[p->n_pods++] = pod;
	pthread_mutex_unlock(&p->lock);
	return pod;
}

static void drop_pod(struct np_pods *p, struct pod *pod)
{
	np_pod_take_down(p, pod);
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n_pods; i++) {
		if (p->pods[i] == pod) {
			memmove(p->pods + i, p->pods + i + 1,
				(p->n_pods - i - 1) * sizeof(struct pod *));
			p->n_pods--;
			break;
		}
	}
	pthread_mutex_unlock(&p->lock);
	np_cleanup_fd(&pod->log_fd);
	json_decref(pod->object);
	free(pod);
}

/* Ends a deletion: the object goes, unless somebody has put another one in its place. */
static void remove_object(struct np_pods *p, struct pod *pod)
{
	json_t *now = np_store_get(p->opt.store, NP_KIND_POD, pod->plan.ns, pod->plan.name);

	np_log_info("pod %s/%s is removed", pod->plan.ns, pod->plan.name);
	if (now && strcmp(np_json_str(now, "metadata/uid", ""), pod->plan.uid) == 0)
		np_store_delete(p->opt.store, NP_KIND_POD, pod->plan.ns, pod->plan.name, NULL,
				NULL);
	json_decref(now);
	drop_pod(p, pod);
}

/* A second deletion may shorten the grace. */
static void stop_pod(struct np_pods *p, struct pod *pod)
{
	int64_t due_us = np_now_us() + pod->plan.grace_s * 1000 * 1000;

	if (pod->stage == POD_STOPPING) {
		if (due_us < pod->due_us)
			pod->due_us = due_us;
		return;
	}
	if (pod->stage != POD_RUNNING) {
		remove_object(p, pod);
		return;
	}
	pod->due_us = due_us;
	np_pod_set_stage(p, pod, POD_STOPPING);
	np_reaper_kill(p->opt.reaper, pod->pid, SIGTERM);
}

/* What the object asks for now. */
static void act(struct np_pods *p, struct pod *pod)
{
	const char *forced = pod->plan.forced_phase;

	if (pod->plan.deleting) {
		stop_pod(p, pod);
		return;
	}
	if (forced && pod->stage != POD_FINISHED) {
		pod->facts.exit_status = strcmp(forced, "Failed") == 0;
		np_pod_finish(p, pod,
			      strcmp(forced, "Failed") == 0 ? NP_POD_FAILED : NP_POD_SUCCEEDED,
			      NULL, NULL);
	}
}

static void see_object(struct np_pods *p, json_t *object)
{
	struct pod *pod = find_uid(p, object);
	char text[NP_ERR_TEXT_MAX];
	struct np_err err;

	if (!pod)
		pod = add_pod(p);
	pod->fresh = true;
	if (take_object(p, pod, object, &err) < 0 && !pod->plan.deleting &&
	    pod->stage != POD_FINISHED)
		np_pod_finish(p, pod, NP_POD_FAILED, "InvalidPod",
			      np_err_text(&err, text, sizeof(text)));
	act(p, pod);
}

static void see_event(struct np_pods *p, const struct np_event *e)
{
	struct pod *pod;

	p->seen_revision = e->rev;
	if (e->kind != NP_KIND_POD)
		return;
	if (e->type != NP_EVENT_DELETED) {
		see_object(p, e->object);
		return;
	}
	pod = find_uid(p, e->object);
	if (pod)
		drop_pod(p, pod);
}

static bool is_listed(const json_t *list, const char *uid)
{
	size_t i;
	json_t *o;

	json_array_foreach(list, i, o) {
		if (strcmp(np_json_str(o, "metadata/uid", ""), uid) == 0)
			return true;
	}
	return false;
}

/* The event log did not reach back: compare with everything there is. */
static void see_everything(struct np_pods *p)
{
	json_t *list = np_store_list(p->opt.store, NP_KIND_POD, NULL, &p->seen_revision);
	size_t i;
	json_t *o;

	for (size_t k = p->n_pods; k > 0; k--) {
		if (!is_listed(list, p->pods[k - 1]->plan.uid))
			drop_pod(p, p->pods[k - 1]);
	}
	json_array_foreach(list, i, o)
		see_object(p, o);
	json_decref(list);
}

static int64_t backoff_us(const struct pod *pod)
{
	int64_t us = FIRST_BACKOFF_US;

	for (int i = 0; i < pod->facts.restarts && us < MAX_BACKOFF_US; i++)
		us *= 2;
	return us < MAX_BACKOFF_US ? us : MAX_BACKOFF_US;
}

/* The agent ended by itself. */
static void agent_ended(struct np_pods *p, struct pod *pod, int status)
{
	bool ok = status == 0;

	pod->facts.exit_status = status;
	if (pod->plan.restart == NP_RESTART_NEVER ||
	    (ok && pod->plan.restart == NP_RESTART_ON_FAILURE)) {
		np_pod_finish(p, pod, ok ? NP_POD_SUCCEEDED : NP_POD_FAILED, NULL, NULL);
		return;
	}
	np_reaper_kill_owner(p->opt.reaper, pod->serial, SIGKILL);
	pod->due_us = np_now_us() + backoff_us(pod);
	np_pod_set_stage(p, pod, POD_BACKOFF);
	pod->facts.ready = false;
	pod->facts.ended = true;
	np_pod_publish(p, pod);
}

static void see_exit(struct np_pods *p, const struct pod_exit *e)
{
	for (size_t i = 0; i < p->n_pods; i++) {
		struct pod *pod = p->pods[i];

		if (pod->serial != e->serial || pod->pid != e->pid)
			continue;
		pod->pid = 0;
		if (pod->stage == POD_STOPPING)
			remove_object(p, pod);
		else if (pod->stage == POD_RUNNING)
			agent_ended(p, pod, e->status);
		return;
	}
}

static void see_exits(struct np_pods *p)
{
	struct pod_exit *exits;
	size_t n;

	pthread_mutex_lock(&p->exits_lock);
	exits = p->exits;
	n = p->n_exits;
	p->exits = NULL;
	p->n_exits = p->cap_exits = 0;
	pthread_mutex_unlock(&p->exits_lock);
	for (size_t i = 0; i < n; i++)
		see_exit(p, &exits[i]);
	free(exits);
}

static void see_clock(struct np_pods *p)
{
	int64_t now_us = np_now_us();

	for (size_t i = p->n_pods; i > 0; i--) {
		struct pod *pod = p->pods[i - 1];

		if (pod->due_us > now_us)
			continue;
		if (pod->stage == POD_STOPPING)
			remove_object(p, pod);
		else if (pod->stage == POD_BACKOFF)
			np_pod_start_again(p, pod);
	}
}

static bool is_stopping(struct np_pods *p)
{
	bool yes;

	pthread_mutex_lock(&p->lock);
	yes = p->stopping;
	pthread_mutex_unlock(&p->lock);
	return yes;
}

static bool more_to_start(const struct np_pods *p)
{
	for (size_t i = 0; i < p->n_pods; i++) {
		if (p->pods[i]->stage == POD_WAITING && p->pods[i]->fresh)
			return true;
	}
	return false;
}

static void *run(void *arg)
{
	struct np_pods *p = arg;
	struct np_event events[MAX_EVENTS];

	see_everything(p);
	while (!is_stopping(p)) {
		int n;

		see_exits(p);
		see_clock(p);
		np_pods_start_waiting(p);
		n = np_store_events(p->opt.store, p->seen_revision, events, MAX_EVENTS,
				    more_to_start(p) ? 0 : LOOK_MS);
		if (n < 0)
			see_everything(p);
		for (int i = 0; i < n; i++) {
			see_event(p, &events[i]);
			np_event_release(&events[i]);
		}
	}
	return NULL;
}

struct np_pods *np_pods_new(const struct np_pods_options *options)
{
	struct np_pods *p = np_xcalloc(1, sizeof(*p));

	p->opt = *options;
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->exits_lock, NULL);
	for (size_t i = 0; i < NP_N_NODES; i++)
		np_pool_init(&p->pools[i], p->opt.fabric->hosts[i].pods);
	if (pthread_create(&p->thread, NULL, run, p) == 0)
		return p;
	p->stopping = true;
	np_pods_free(p);
	return NULL;
}

void np_pods_free(struct np_pods *p)
{
	bool started;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	started = !p->stopping;
	p->stopping = true;
	pthread_mutex_unlock(&p->lock);
	np_store_wake(p->opt.store);
	if (started)
		pthread_join(p->thread, NULL);
	while (p->n_pods > 0)
		drop_pod(p, p->pods[p->n_pods - 1]);
	np_reaper_disown(p->opt.reaper, p);
	for (size_t i = 0; i < NP_N_NODES; i++)
		np_pool_release(&p->pools[i]);
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->exits_lock);
	free(p->pods);
	free(p->exits);
	free(p->gone);
	free(p);
}
