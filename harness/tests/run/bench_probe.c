/*
 * bench_probe.c - what a probe costs: over one stream per agent, in batches, as a run does it; and
 * with one exec per probe, fifteen at a time, as cyclonus does it. Both in the same sandbox through
 * its unix socket, with the same probes, each checked for the right answer.
 *
 *	bench_probe		all of it, JSON lines
 *	bench_probe exec-rate	one exec per probe only, {"open": N, "half_blocked": N} a second
 */
#include <poll.h>

#include "../../run/podspec.h"
#include "../../run/podwait.h"
#include "bench.h"
#include "np/base/clock.h"
#include "np/kube/exec.h"
#include "np/kube/resource.h"
#include "np/sandbox/sandbox.h"
#include "np/target/fleet.h"

#define START_TIMEOUT_MS 30000

#define N_PODS 4 /* two in each of two namespaces; those of the first are isolated later */
#define FIRST_PORT 8000
#define N_PORTS 5
#define N_PROBES (N_PODS * (N_PODS - 1) * N_PORTS)

/* The other tool's habits: its default number of workers, and its time-out of a connection. */
#define EXEC_AT_ONCE 15
#define EXEC_TIMEOUT_MS 1000
#define EXEC_ROUNDS_OPEN 10
#define EXEC_ROUNDS_HALF 2 /* a blocked probe takes its time */
#define EXEC_BOUND_MS 30000

/* Ours: the least that a run calibrates its time-out to. */
#define FLEET_TIMEOUT_MS 80
#define FLEET_ATTEMPTS 3
#define FLEET_ROUNDS 10
#define WINDOW_MS 60 /* of a run in the sandbox: what became right must have stayed so */

/* What the other tool sleeps after each change before it looks, whatever happens; its default. */
#define BLIND_SLEEP_MS 5000

static const char *const namespaces[2] = { "np-bench-x", "np-bench-y" };

/* ---- the pods, and what is probed ---- */

struct probe {
	size_t src, dst;
	uint16_t port;
};

struct world {
	struct np_kube *kube;
	char names[N_PODS][8];
	char identities[N_PODS][16];
	struct np_addr ips[N_PODS];
	char addresses[N_PODS][NP_ADDR_TEXT_MAX];
	struct probe probes[N_PROBES];
	bool isolated; /* the pods of the first namespace, for ingress */
};

static bool is_blocked(const struct world *w, const struct probe *p)
{
	return w->isolated && p->dst < N_PODS / 2;
}

static int n_blocked(const struct world *w)
{
	int n = 0;

	for (size_t i = 0; i < N_PROBES; i++)
		n += is_blocked(w, &w->probes[i]);
	return n;
}

static const char *ns_of(size_t pod)
{
	return namespaces[pod / (N_PODS / 2)];
}

static int make_namespace(struct np_kube *k, const char *name, struct np_err *err)
{
	json_t *ns = np_json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "Namespace",
				  "metadata", "name", name);
	int rc = np_kube_create(k, &np_kube_types[NP_KUBE_NAMESPACE], NULL, ns, NULL, NULL, err);

	json_decref(ns);
	return rc;
}

static int make_pod(struct world *w, size_t i, struct np_err *err)
{
	struct np_expect_port ports[N_PORTS];
	struct np_podspec spec = { .image = "netpolcheck/agent",
				   .identity = w->identities[i],
				   .ports = ports,
				   .n_ports = N_PORTS };
	json_t *pod;
	int rc;

	for (unsigned k = 0; k < N_PORTS; k++)
		ports[k] = (struct np_expect_port){ .proto = NP_TCP,
						    .first = (uint16_t)(FIRST_PORT + k),
						    .last = (uint16_t)(FIRST_PORT + k) };
	snprintf(w->names[i], sizeof(w->names[i]), "p%zu", i);
	snprintf(w->identities[i], sizeof(w->identities[i]), "bench/p%zu", i);
	pod = np_podspec_new(ns_of(i), w->names[i], "bench", false, &spec);
	rc = np_kube_create(w->kube, &np_kube_types[NP_KUBE_POD], ns_of(i), pod, NULL, NULL, err);
	json_decref(pod);
	return rc;
}

/* Addresses of the pods of one namespace, IPv4. */
static int take_addresses(struct world *w, const char *ns, struct np_err *err)
{
	json_t *pods = NULL, *pod;
	size_t k;

	if (np_pods_wait(w->kube, NULL, ns, N_PODS / 2, START_TIMEOUT_MS, &pods, err) < 0)
		return -1;
	json_array_foreach(pods, k, pod)
		for (size_t i = 0; i < N_PODS; i++)
			if (strcmp(np_json_str(pod, "metadata/name", ""), w->names[i]) == 0) {
				np_addr_parse(np_str_from(np_json_str(pod, "status/podIP", "")),
					      &w->ips[i]);
				np_addr_text(&w->ips[i], w->addresses[i]);
			}
	json_decref(pods);
	return 0;
}

static int world_start(struct world *w, struct np_kube *k, struct np_err *err)
{
	size_t n = 0;

	*w = (struct world){ .kube = k };
	for (size_t i = 0; i < 2; i++)
		if (make_namespace(k, namespaces[i], err) < 0)
			return -1;
	for (size_t i = 0; i < N_PODS; i++)
		if (make_pod(w, i, err) < 0)
			return -1;
	for (size_t i = 0; i < 2; i++)
		if (take_addresses(w, namespaces[i], err) < 0)
			return -1;
	for (size_t src = 0; src < N_PODS; src++)
		for (size_t dst = 0; dst < N_PODS; dst++)
			for (unsigned p = 0; p < N_PORTS && src != dst; p++)
				w->probes[n++] =
					(struct probe){ src, dst, (uint16_t)(FIRST_PORT + p) };
	return 0;
}

static int isolate(struct world *w, struct np_err *err)
{
	json_t *policy = np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:{}, s:[s]}}", "apiVersion",
				      "networking.k8s.io/v1", "kind", "NetworkPolicy", "metadata",
				      "name", "isolate", "namespace", namespaces[0], "spec",
				      "podSelector", "policyTypes", "Ingress");
	int rc = np_kube_create(w->kube, &np_kube_types[NP_KUBE_NETPOL], namespaces[0], policy,
				NULL, NULL, err);

	json_decref(policy);
	w->isolated = rc == 0;
	return rc;
}

/* ---- one stream per agent ---- */

static struct np_fleet *fleet_start(const struct world *w, struct np_err *err)
{
	struct np_fleet *f = np_fleet_new(w->kube, NULL);

	for (size_t i = 0; i < N_PODS; i++) {
		struct np_fleet_place place = { .name = w->names[i],
						.ns = ns_of(i),
						.pod = w->names[i] };
		size_t n;

		if (np_fleet_add(f, &place, &n, err) < 0 || n != i)
			goto fail;
	}
	if (np_fleet_ready(f, START_TIMEOUT_MS, err) == 0)
		return f;
fail:
	np_fleet_free(f);
	return NULL;
}

/* Number of wrong answers, -1 on error. */
static int fleet_round(const struct world *w, struct np_fleet *f, unsigned timeout_ms,
		       struct np_err *err)
{
	struct np_fleet_probe probes[N_PROBES];
	int wrong = 0;

	for (size_t i = 0; i < N_PROBES; i++) {
		const struct probe *p = &w->probes[i];

		probes[i] = (struct np_fleet_probe){ .agent = p->src,
						     .req = { .kind = NP_PROBE_TCP,
							      .addr = w->ips[p->dst],
							      .port = p->port,
							      .expect = np_str_from(
								      w->identities[p->dst]) } };
	}
	if (np_fleet_probe(f, probes, N_PROBES, timeout_ms, FLEET_ATTEMPTS, err) < 0)
		return -1;
	for (size_t i = 0; i < N_PROBES; i++)
		wrong += probes[i].res.outcome !=
			 (is_blocked(w, &w->probes[i]) ? NP_OUT_DROPPED : NP_OUT_ALLOWED);
	return wrong;
}

/* Until what should be true is true; bounded. */
static int fleet_settle(const struct world *w, struct np_fleet *f, struct np_err *err)
{
	struct np_backoff b;
	int wrong;

	np_backoff_init(&b, 2000, 100000, START_TIMEOUT_MS * 1000LL);
	while ((wrong = fleet_round(w, f, FLEET_TIMEOUT_MS, err)) > 0)
		if (!np_backoff_wait(&b))
			return np_err_set(err, NP_ETIMEOUT, "%d of %d probes stay wrong", wrong,
					  N_PROBES);
	return wrong;
}

/* Probes per second; -1 on error. */
static double fleet_rate(const struct world *w, struct np_fleet *f, unsigned timeout_ms, int rounds,
			 struct np_err *err)
{
	int64_t begin_us = np_now_us();

	for (int i = 0; i < rounds; i++) {
		int wrong = fleet_round(w, f, timeout_ms, err);

		if (wrong > 0)
			np_err_set(err, NP_EINTERNAL, "%d of %d probes over streams were wrong",
				   wrong, N_PROBES);
		if (wrong)
			return -1;
	}
	return (double)N_PROBES * rounds * 1e6 / (double)(np_now_us() - begin_us);
}

/* ---- one exec per probe ---- */

struct slot {
	struct np_kube_exec *exec;
	size_t probe;
};

static int slot_begin(const struct world *w, struct slot *s, size_t probe, struct np_err *err)
{
	const struct probe *p = &w->probes[probe];
	char port[8], timeout[16];
	const char *argv[] = { "/netpolcheck-agent", "connect", "tcp", w->addresses[p->dst], port,
			       "--timeout-ms",	     timeout,	NULL };

	snprintf(port, sizeof(port), "%u", p->port);
	snprintf(timeout, sizeof(timeout), "%d", EXEC_TIMEOUT_MS);
	s->probe = probe;
	s->exec = np_kube_exec_start(w->kube, ns_of(p->src), w->names[p->src], NULL, argv, 0,
				     START_TIMEOUT_MS, err);
	return s->exec ? 0 : -1;
}

/* 1 when it ended with the right answer, 0 while it runs, -1 on error. */
static int slot_turn(const struct world *w, struct slot *s, struct np_err *err)
{
	int code = -1, wanted = is_blocked(w, &w->probes[s->probe]);
	enum np_kube_exec_state state;

	while (np_kube_exec_pump(s->exec, 0))
		;
	state = np_kube_exec_status(s->exec, &code, err);
	if (state == NP_KUBE_EXEC_FAILED)
		return -1;
	if (state != NP_KUBE_EXEC_EXITED)
		return 0;
	np_kube_exec_close(s->exec);
	s->exec = NULL;
	return code == wanted
		       ? 1
		       : np_err_set(err, NP_EINTERNAL, "probe %zu by exec ended with %d, not %d",
				    s->probe, code, wanted);
}

/* Sleeps until one of the running commands moves; one that is still connecting has no descriptor.
 */
static void slots_poll(const struct slot *slots)
{
	struct pollfd fds[EXEC_AT_ONCE];
	nfds_t n = 0;
	int wait_ms = 1000;

	for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
		if (!slots[i].exec)
			continue;
		if (np_kube_exec_fd(slots[i].exec) >= 0)
			fds[n++] = (struct pollfd){ .fd = np_kube_exec_fd(slots[i].exec),
						    .events = np_kube_exec_events(slots[i].exec) };
		else
			wait_ms = 1;
	}
	poll(fds, n, wait_ms);
}

/*
 * Gives every free slot the next probe, and every other one a turn. Number of those that ended, -1
 * on error.
 */
static int slots_turn(const struct world *w, struct slot *slots, size_t *next, struct np_err *err)
{
	int n = 0;

	for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
		int rc = slots[i].exec ? slot_turn(w, &slots[i], err) : 0;

		n += rc;
		if (rc < 0 || (!slots[i].exec && *next < N_PROBES &&
			       slot_begin(w, &slots[i], (*next)++, err) < 0))
			return -1;
	}
	return n;
}

static int exec_all(const struct world *w, struct slot *slots, struct np_err *err)
{
	int64_t deadline_ms = np_now_ms() + EXEC_BOUND_MS;
	size_t next = 0;
	int done = 0;

	for (;;) {
		int rc = slots_turn(w, slots, &next, err);

		if (rc < 0)
			return -1;
		done += rc;
		if (done == N_PROBES)
			return 0;
		if (np_now_ms() > deadline_ms)
			return np_err_set(err, NP_ETIMEOUT,
					  "%d of %d probes by exec were done within %d ms", done,
					  N_PROBES, EXEC_BOUND_MS);
		if (!rc)
			slots_poll(slots);
	}
}

static double exec_rate(const struct world *w, struct np_err *err)
{
	struct slot slots[EXEC_AT_ONCE] = { 0 };
	int64_t begin_us = np_now_us();
	int rounds = w->isolated ? EXEC_ROUNDS_HALF : EXEC_ROUNDS_OPEN, rc = 0;

	for (int i = 0; i < rounds && rc == 0; i++)
		rc = exec_all(w, slots, err);
	for (size_t i = 0; i < EXEC_AT_ONCE; i++)
		np_kube_exec_close(slots[i].exec);
	return rc < 0 ? -1 : (double)N_PROBES * rounds * 1e6 / (double)(np_now_us() - begin_us);
}

/* ---- both, compared ---- */

static json_t *facts(const struct world *w, const char *what)
{
	return np_json_pack("{s:s, s:i, s:i}", "measured", what, "probes", N_PROBES, "blocked",
			    n_blocked(w));
}

static int bench_rates(const struct world *w, struct np_fleet *f, double exec, const char *tag,
		       struct np_err *err)
{
	double same = fleet_rate(w, f, EXEC_TIMEOUT_MS, FLEET_ROUNDS / 3, err);
	double ours = same < 0 ? -1 : fleet_rate(w, f, FLEET_TIMEOUT_MS, FLEET_ROUNDS, err);
	char name[64];

	if (ours < 0)
		return -1;
	snprintf(name, sizeof(name), "probe.one_exec_each.%s", tag);
	print_take(name, exec, "probes/s",
		   facts(w, "one exec per probe, 15 at a time, 1 s time-out, as cyclonus does it, "
			    "but with our own "
			    "client and without TLS; 10 rounds, 2 when some are blocked"));
	snprintf(name, sizeof(name), "probe.streams.%s", tag);
	print_take(name, ours, "probes/s",
		   facts(w, "one exec stream per pod, all probes of a round at once, time-out 80 "
			    "ms with 3 attempts, to "
			    "which a run in the sandbox calibrates itself; 10 rounds"));
	snprintf(name, sizeof(name), "probe.streams_vs_exec.%s", tag);
	print_take(name, ours / exec, "x",
		   facts(w, "probe.streams divided by probe.one_exec_each: same sandbox, pods and "
			    "probes, every answer "
			    "right"));
	snprintf(name, sizeof(name), "probe.streams_vs_exec_same_timeout.%s", tag);
	print_take(name, same / exec, "x",
		   facts(w, "the same with 1 s time-outs on both sides: what batches alone gain; 3 "
			    "rounds"));
	return 0;
}

/*
 * One step of a case, a policy that isolates two pods: from the change to the whole table right,
 * and right again after the window.
 */
static int change_and_settle(struct world *w, struct np_fleet *f, double *ret_ms,
			     struct np_err *err)
{
	int64_t begin_us = np_now_us();

	if (isolate(w, err) < 0 || fleet_settle(w, f, err) < 0)
		return -1;
	np_sleep_ms(WINDOW_MS);
	if (fleet_settle(w, f, err) < 0)
		return -1;
	*ret_ms = (double)(np_now_us() - begin_us) / 1e3;
	return 0;
}

static void print_step(const struct world *w, double ours_ms, double exec)
{
	double theirs_ms = BLIND_SLEEP_MS + N_PROBES * 1e3 / exec;

	print_take("step.streams", ours_ms, "ms",
		   facts(w, "from applying a policy until all probes are right, and right again "
			    "after 60 ms"));
	print_take("step.one_exec_each", theirs_ms, "ms",
		   facts(w, "5000 ms, which cyclonus sleeps after each change (added, not slept "
			    "here), and "
			    "the same probes once by one exec each"));
	print_take("step.exec_vs_streams", theirs_ms / ours_ms, "x",
		   facts(w, "step.one_exec_each divided by step.streams"));
}

/* Nothing blocked, then half of it. */
static int bench_world(struct world *w, struct np_fleet *f, bool exec_only, struct np_err *err)
{
	double open, half, step_ms = 0;

	if (fleet_settle(w, f, err) < 0 || (open = exec_rate(w, err)) < 0)
		return -1;
	if (!exec_only && bench_rates(w, f, open, "open", err) < 0)
		return -1;
	if (change_and_settle(w, f, &step_ms, err) < 0 || (half = exec_rate(w, err)) < 0)
		return -1;
	if (exec_only) {
		printf("{\"open\":%.3f,\"half_blocked\":%.3f}\n", open, half);
		return 0;
	}
	print_step(w, step_ms, half);
	return bench_rates(w, f, half, "half_blocked", err);
}

/* Through the unix socket, as a run does it. */
static int bench_probes(const struct np_sandbox *sandbox, bool exec_only, struct np_err *err)
{
	struct np_kube_config config = { 0 };
	struct np_fleet *f = NULL;
	struct np_kube *k = NULL;
	struct world w;
	int rc = -1;

	if (np_kube_config_socket(np_sandbox_api_socket(sandbox), &config, err) == 0 &&
	    (k = np_kube_new(&config, err)) && world_start(&w, k, err) == 0 &&
	    (f = fleet_start(&w, err)))
		rc = bench_world(&w, f, exec_only, err);
	np_fleet_free(f);
	np_kube_free(k);
	np_kube_config_release(&config);
	return rc;
}

static int compare(bool exec_only)
{
	np_auto_free char *agent = program_path("netpolcheck-agent");
	struct np_sandbox_options o = { .agent_path = agent };
	struct np_sandbox *sandbox = NULL;
	struct np_err err = { 0 };
	char text[NP_ERR_TEXT_MAX];
	int rc = np_sandbox_start(&o, &sandbox, &err);

	if (rc == 0)
		rc = bench_probes(sandbox, exec_only, &err);
	np_sandbox_stop(sandbox);
	if (rc < 0)
		fprintf(stderr, "bench_probe: %s\n", np_err_text(&err, text, sizeof(text)));
	return rc;
}

int main(int argc, char **argv)
{
	bool exec_only = argc > 1 && strcmp(argv[1], "exec-rate") == 0;

	if (!may_unshare()) {
		print_skipped();
		return 0;
	}
	return compare(exec_only) < 0;
}
