/* Starting and taking down pods. The contract is in pods_private.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nodes.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "pods_private.h"

#define MAX_TOGETHER 64		/* pods that are started in one go */
#define ENFORCED_TIMEOUT_MS 2000
#define GONE_MAX 1024		/* addresses without a pod that are remembered */
#define READY_TIMEOUT_US (2LL * 1000 * 1000)
#define READY_BYTES 4096
/* somebody else may write the object between our reading and writing */
#define PUBLISH_TRIES 20

uint64_t np_pod_publish(struct np_pods *p, struct pod *pod)
{
	struct np_err err = { .code = NP_ECONFLICT };
	unsigned long long rev = 0;

	for (int i = 0; i < PUBLISH_TRIES && err.code == NP_ECONFLICT; i++) {
		json_t *now = np_store_get(p->opt.store, NP_KIND_POD, pod->plan.ns, pod->plan.name);
		json_t *next, *stored = NULL;

		if (!now || strcmp(np_json_str(now, "metadata/uid", ""), pod->plan.uid) != 0) {
			json_decref(now);
			return 0;
		}
		next = np_pod_status_apply(now, &pod->facts);
		np_err_clear(&err);
		if (np_store_update(p->opt.store, NP_KIND_POD, next, &stored, &err) == 0)
			np_str_u64(np_str_from(np_json_str(stored, "metadata/resourceVersion", "")),
				   UINT64_MAX, &rev);
		json_decref(stored);
		json_decref(next);
		json_decref(now);
	}
	return rev;
}

static int not_yet(struct pod *pod, const char *reason, const char *fmt, const char *subject)
{
	pod->facts.reason = reason;
	snprintf(pod->message, sizeof(pod->message), "%s '%s'", fmt, subject);
	pod->facts.message = pod->message;
	return -1;
}

static size_t count_on(const struct np_pods *p, const struct np_host *host)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_pods; i++)
		n += p->pods[i]->host == host && p->pods[i]->stage != POD_FINISHED;
	return n;
}

/* In turn over the nodes that the pod admits; a node that the pod names itself is not asked. */
static int choose_node(struct np_pods *p, struct pod *pod)
{
	for (unsigned i = 0; i < NP_N_NODES; i++) {
		unsigned at = pod->plan.node ? i : (p->next_node + i) % NP_N_NODES;
		struct np_host *host = &p->opt.fabric->hosts[at];

		if (pod->plan.node ? strcmp(pod->plan.node, host->name) != 0 :
		    !np_node_admits(p->opt.store, host->name, pod->plan.node_selector))
			continue;
		if (count_on(p, host) >= NP_NODE_MAX_PODS)
			continue;
		pod->net.node = at;
		pod->host = host;
		if (!pod->plan.node)
			p->next_node = at + 1;
		return 0;
	}
	return not_yet(pod, "Unschedulable", "no node with room fits",
		       pod->plan.node ? pod->plan.node : "nodeSelector");
}

static bool in_use(const struct np_pods *p, const struct np_addr *ip)
{
	for (size_t i = 0; i < p->n_pods && ip->width; i++) {
		const struct pod *other = p->pods[i];

		if (other->host && !other->plan.host_network && other->stage != POD_FINISHED &&
		    np_addr_eq(&other->net.ip[ip->width == 16], ip))
			return true;
	}
	return false;
}

static void mark(struct np_pods *p, const struct np_addr *ip, bool used)
{
	for (size_t n = 0; n < NP_N_NODES && ip->width; n++)
		np_pool_mark(&p->pools[n], ip, used);
}

/*
 * A pair's mark in the pool stands for both of its addresses, and pins can take them apart: hence
 * the second look.
 */
static bool take_free_pair(struct np_pods *p, struct np_pool *pool, struct np_addr ret[2])
{
	for (size_t tries = 0; tries < pool->n; tries++) {
		if (!np_pool_take(pool, ret))
			return false;
		if (in_use(p, &ret[0]) || in_use(p, &ret[1]))
			continue;
		if (p->opt.fabric->n_families == 1)
			ret[1].width = 0;
		return true;
	}
	return false;
}

/* Pins first: until they are free, the pod waits. */
static int choose_addresses(struct np_pods *p, struct pod *pod)
{
	struct np_pool *pool = &p->pools[pod->net.node];
	const struct np_addr *pins = pod->plan.pins;
	struct np_addr ip[2] = { { 0 }, { 0 } };
	char text[NP_ADDR_TEXT_MAX];

	for (unsigned f = 0; f < 2; f++) {
		if (pins[f].width && f >= p->opt.fabric->n_families)
			return not_yet(pod, "NoAddress", "the kernel has no IPv6 for",
				       np_addr_text(&pins[f], text));
		if (pins[f].width && in_use(p, &pins[f]))
			return not_yet(pod, "AddressInUse", "another pod still has",
				       np_addr_text(&pins[f], text));
	}
	if ((!pins[0].width || !pins[1].width) && !take_free_pair(p, pool, ip))
		return not_yet(pod, "NoAddress", "no address is left on node", pod->host->name);
	for (unsigned f = 0; f < 2; f++) {
		if (!pins[f].width)
			continue;
		mark(p, &ip[f], false);
		ip[f] = pins[f];
	}
	for (unsigned f = 0; f < 2; f++) {
		pod->net.ip[f] = ip[f];
		mark(p, &ip[f], true);
	}
	return 0;
}

static int place(struct np_pods *p, struct pod *pod)
{
	if (choose_node(p, pod) < 0)
		return -1;
	if (pod->plan.host_network) {
		for (unsigned f = 0; f < 2; f++)
			pod->net.ip[f] = pod->host->ip[f];
	} else if (choose_addresses(p, pod) < 0) {
		pod->host = NULL;
		return -1;
	}
	pod->facts = (struct np_pod_facts){ .phase = NP_POD_PENDING, .node = pod->host->name };
	for (unsigned f = 0; f < 2; f++) {
		pod->facts.ip[f] = pod->net.ip[f];
		pod->facts.host_ip[f] = pod->host->ip[f];
	}
	return 0;
}

int np_pod_netns_fd(const struct pod *pod)
{
	if (pod->stage == POD_WAITING || pod->stage == POD_FINISHED || !pod->host)
		return -1;
	return pod->plan.host_network ? pod->host->netns_fd : pod->net.netns_fd;
}

/* Runs in the reaper's thread. */
static void note_exit(void *ctx, uint64_t serial, pid_t pid, int status)
{
	struct np_pods *p = ctx;

	pthread_mutex_lock(&p->exits_lock);
	p->exits = np_grow(p->exits, &p->cap_exits, p->n_exits, sizeof(*p->exits));
	p->exits[p->n_exits++] = (struct pod_exit){ serial, pid, status };
	pthread_mutex_unlock(&p->exits_lock);
	np_store_wake(p->opt.store);
}

static int spawn_agent(struct np_pods *p, struct pod *pod, struct np_err *err)
{
	struct np_spawn spawn = {
		.path = p->opt.agent_path,
		.argv = pod->plan.argv,
		.netns_fd = np_pod_netns_fd(pod),
		.extra_fd = -1,
		.owner = pod->serial,
		.on_exit = note_exit,
		.ctx = p,
	};
	int log_fd = pod->log_fd >= 0 ? pod->log_fd : memfd_create("log", MFD_CLOEXEC);
	pid_t pid;

	if (log_fd < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a memory file");
	pod->log_start = lseek(log_fd, 0, SEEK_END);
	spawn.stdio[0] = -1;
	spawn.stdio[1] = spawn.stdio[2] = log_fd;
	pid = np_reaper_spawn(p->opt.reaper, &spawn, err);
	pthread_mutex_lock(&p->lock);
	pod->log_fd = log_fd;
	pod->pid = pid > 0 ? pid : 0;
	pthread_mutex_unlock(&p->lock);
	return pid > 0 ? 0 : -1;
}

void np_pod_take_down(struct np_pods *p, struct pod *pod)
{
	np_reaper_kill_owner(p->opt.reaper, pod->serial, SIGKILL);
	if (!pod->host)
		return;
	pthread_mutex_lock(&p->lock);
	pod->pid = 0;
	pod->host = NULL;
	if (!pod->plan.host_network)
		np_fabric_detach(p->opt.fabric, &pod->net);
	pthread_mutex_unlock(&p->lock);
	if (pod->plan.host_network)
		return;
	for (unsigned f = 0; f < 2; f++) {
		if (!pod->net.ip[f].width)
			continue;
		mark(p, &pod->net.ip[f], false);
		p->gone = np_grow(p->gone, &p->cap_gone, p->n_gone, sizeof(*p->gone));
		p->gone[p->n_gone++] = pod->net.ip[f];
	}
	for (size_t i = 0; i < p->n_pods; i++)
		p->pods[i]->fresh = true;
}

void np_pod_finish(struct np_pods *p, struct pod *pod, enum np_pod_phase phase, const char *reason,
		   const char *message)
{
	np_log_info("pod %s/%s has %s: %s", pod->plan.ns, pod->plan.name,
		    phase == NP_POD_FAILED ? "failed" : "succeeded",
		    message  ? message
		    : reason ? reason
			     : "its process ended");
	np_pod_take_down(p, pod);
	np_pod_set_stage(p, pod, POD_FINISHED);
	pod->facts.phase = phase;
	pod->facts.ready = false;
	pod->facts.ended = true;
	pod->facts.reason = reason;
	snprintf(pod->message, sizeof(pod->message), "%s", message ? message : "");
	pod->facts.message = message ? pod->message : NULL;
	np_pod_publish(p, pod);
}

static void fail(struct np_pods *p, struct pod *pod, const char *reason, const struct np_err *err)
{
	char text[NP_ERR_TEXT_MAX];

	np_pod_finish(p, pod, NP_POD_FAILED, reason, np_err_text(err, text, sizeof(text)));
}

/* First part: node, addresses, namespace, wire. */
static bool wire_up(struct np_pods *p, struct pod *pod)
{
	struct np_err err;

	pod->fresh = false;
	if (place(p, pod) < 0) {
		np_pod_publish(p, pod);
		return false;
	}
	if (!pod->plan.host_network && np_fabric_attach(p->opt.fabric, &pod->net, &err) < 0) {
		fail(p, pod, "NetworkFailed", &err);
		return false;
	}
	np_pod_set_stage(p, pod, POD_WIRED);
	return true;
}

/* After that. */
static int open_up(struct np_pods *p, struct pod *pod, struct np_err *err)
{
	if (!pod->plan.host_network && (np_fabric_attach_wait(p->opt.fabric, &pod->net, err) < 0 ||
					np_fabric_announce(p->opt.fabric, &pod->net, err) < 0))
		return -1;
	return spawn_agent(p, pod, err);
}

/* An agent that serves says "ready IDENTITY" once all its ports are open. */
static bool says_ready(const struct pod *pod)
{
	char text[READY_BYTES];
	ssize_t n = pread(pod->log_fd, text, sizeof(text), pod->log_start);

	return n > 0 && memmem(text, (size_t)n, "ready ", strlen("ready "));
}

/*
 * Until it says so, or does not live any longer. One that says nothing is taken as it is: its
 * positive controls will tell.
 */
static void wait_until_ready(const struct pod *pod)
{
	struct np_backoff wait;

	if (!pod->plan.argv[1] || strcmp(pod->plan.argv[1], "serve") != 0)
		return;
	np_backoff_init(&wait, 200, 5000, READY_TIMEOUT_US);
	while (!says_ready(pod) && kill(pod->pid, 0) == 0 && np_backoff_wait(&wait))
		;
}

/* Last part. */
static void show_running(struct np_pods *p, struct pod *pod)
{
	char ip4[NP_ADDR_TEXT_MAX], ip6[NP_ADDR_TEXT_MAX];

	wait_until_ready(pod);
	np_log_info("pod %s/%s runs on %s with %s and %s", pod->plan.ns, pod->plan.name,
		    pod->host->name, np_addr_text(&pod->net.ip[0], ip4),
		    pod->net.ip[1].width ? np_addr_text(&pod->net.ip[1], ip6) : "no IPv6");
	np_pod_set_stage(p, pod, POD_RUNNING);
	pod->facts.phase = NP_POD_RUNNING;
	pod->facts.ready = true;
	pod->facts.reason = pod->facts.message = NULL;
	np_pod_publish(p, pod);
}

static size_t collect_wired(struct np_pods *p, struct pod *ret[MAX_TOGETHER])
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_pods && n < MAX_TOGETHER; i++) {
		if (p->pods[i]->stage == POD_WAITING && p->pods[i]->fresh && wire_up(p, p->pods[i]))
			ret[n++] = p->pods[i];
	}
	return n;
}

static bool is_gone(const struct np_pods *p, const struct np_addr *ip)
{
	for (size_t i = 0; i < p->n_gone && ip->width; i++)
		if (np_addr_eq(&p->gone[i], ip))
			return true;
	return false;
}

static bool comes_again(const struct np_pods *p, const struct pod *pod)
{
	return !pod->plan.host_network &&
	       (is_gone(p, &pod->net.ip[0]) || is_gone(p, &pod->net.ip[1]));
}

/*
 * Whoever gets an address that somebody had must not inherit what was established. Only when one
 * comes again, and then for all that are gone: each time means a look at every connection, of which
 * a run leaves thousands. Before routes lead to @batch.
 */
static void forget_gone(struct np_pods *p, struct pod *const *batch, size_t n)
{
	bool needed = p->n_gone >= GONE_MAX;

	for (size_t i = 0; i < n && !needed; i++)
		needed = comes_again(p, batch[i]);
	if (!needed)
		return;
	np_fabric_forget(p->opt.fabric, p->gone, p->n_gone);
	p->n_gone = 0;
}

void np_pods_start_waiting(struct np_pods *p)
{
	struct pod *batch[MAX_TOGETHER];
	size_t n = collect_wired(p, batch);
	uint64_t revision = 0;
	struct np_err err;

	forget_gone(p, batch, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t rev = np_pod_publish(p, batch[i]);

		if (rev > revision)
			revision = rev;
	}
	/* The second part: the enforcers know the pods before a packet reaches them. */
	if (revision && p->opt.enforced &&
	    !p->opt.enforced(p->opt.ctx, revision, ENFORCED_TIMEOUT_MS))
		np_log_warn("pods are started without waiting for the enforcer any longer");
	for (size_t i = 0; i < n; i++) {
		if (open_up(p, batch[i], &err) < 0)
			fail(p, batch[i], "StartFailed", &err);
	}
	for (size_t i = 0; i < n; i++) {
		if (batch[i]->stage == POD_WIRED)
			show_running(p, batch[i]);
	}
}

void np_pod_start_again(struct np_pods *p, struct pod *pod)
{
	struct np_err err;

	pod->facts.restarts++;
	if (spawn_agent(p, pod, &err) < 0)
		fail(p, pod, "StartFailed", &err);
	else
		show_running(p, pod);
}
