/*
 * bench_probe.c - how long the sandbox takes to start, and what a probe costs: over one stream per agent, in batches, as a run does it; and with one exec per probe, fifteen
 * at a time, as cyclonus does it. Both in the same sandbox through its unix socket, with the same probes, each checked for the right answer.
 *	bench_probe		all of it, JSON lines
 *	bench_probe exec-rate	only one exec per probe, in probes per second: {"open": N, "half_blocked": N}
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../run/podspec.h"
#include "../../run/podwait.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/exec.h"
#include "np/kube/resource.h"
#include "np/sandbox/sandbox.h"
#include "np/target/fleet.h"

#define STARTS 5
#define START_TIMEOUT_MS 30000
#define END_TIMEOUT_MS 20000

#define N_PODS 4		/* two in each of two namespaces; those of the first are isolated later */
#define FIRST_PORT 8000
#define N_PORTS 5
#define N_PROBES (N_PODS * (N_PODS - 1) * N_PORTS)

/* The other tool's habits: its default number of workers, and its time-out of a connection. */
#define EXEC_AT_ONCE 15
#define EXEC_TIMEOUT_MS 1000
#define EXEC_ROUNDS 2
#define EXEC_BOUND_MS 30000

/* Ours: the least that a run calibrates its time-out to. */
#define FLEET_TIMEOUT_MS 80
#define FLEET_ATTEMPTS 3
#define FLEET_ROUNDS 10
#define WINDOW_MS 60		/* of a run in the sandbox: what became right must have stayed so */

/* What the other tool sleeps after each change before it looks, whatever happens; its default. */
#define BLIND_SLEEP_MS 5000

static const char *const namespaces[2] = { "np-bench-x", "np-bench-y" };

/* Prints one line; takes @more, an object with further fields, or NULL. */
static void print_take(const char *name, double value, const char *unit, json_t *more)
{
	json_t *line = np_json_pack("{s:s, s:f, s:s}", "bench", name, "value", value, "unit", unit);

	if (more)
		json_object_update(line, more);
	json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	fflush(stdout);
	json_decref(more);
	json_decref(line);
}

/* ---- a sandbox as a program of its own ---- */

struct sandbox {
	pid_t pid;
	char *dir, *kubeconfig;
	struct np_kube_config config;
	struct np_kube *kube;
};

/* A program of the same build: this one is two folders deeper. */
static char *program_path(const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return np_xstrdup(name);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return np_xasprintf("%s/../../%s", self, name);
}

static pid_t spawn_sandbox(const char *program, const char *kubeconfig)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!freopen("/dev/null", "w", stdout))
		_exit(127);
	execl(program, "netpolcheck", "sandbox", "--kubeconfig-out", kubeconfig, (char *)NULL);
	_exit(127);
}

/* True when the file is there and the API behind it lists its nodes. */
static bool api_answers(struct sandbox *s)
{
	struct np_kube_load load = { .path = s->kubeconfig };
	struct np_err err = { 0 };
	json_t *nodes = NULL;
	size_t n;

	if (access(s->kubeconfig, R_OK) != 0)
		return false;
	if (!s->kube) {
		if (np_kube_config_load(&load, &s->config, &err) < 0)
			return false;
		s->kube = np_kube_new(&s->config, &err);
	}
	if (!s->kube || np_kube_list(s->kube, &np_kube_types[NP_KUBE_NODE], NULL, NULL, &nodes, NULL, &err) < 0)
		return false;
	n = json_array_size(nodes);
	json_decref(nodes);
	return n > 0;
}

/* Waits for the end of @pid; 0 when it ended well. */
static int reap(pid_t pid)
{
	int64_t deadline_ms = np_now_ms() + END_TIMEOUT_MS;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (np_now_ms() > deadline_ms) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		np_sleep_ms(1);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* Accepts one that never started. */
static int sandbox_stop(struct sandbox *s)
{
	struct np_err err = { 0 };
	int rc = 0;

	np_kube_free(s->kube);
	np_kube_config_release(&s->config);
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		rc = reap(s->pid);
	}
	if (s->dir)
		np_dir_remove(s->dir, &err);
	free(s->kubeconfig);
	free(s->dir);
	*s = (struct sandbox){ 0 };
	return rc;
}

/* 0 with the time in *@ret_ms, -1 with a sentence on standard error. */
static int sandbox_start(struct sandbox *s, double *ret_ms)
{
	np_auto_free char *program = program_path("netpolcheck");
	int64_t begin_us, deadline_us;

	*s = (struct sandbox){ .dir = np_xstrdup("/tmp/np-bench-XXXXXX") };
	if (!mkdtemp(s->dir)) {
		perror("bench_probe: mkdtemp");
		return -1;
	}
	s->kubeconfig = np_xasprintf("%s/kubeconfig", s->dir);
	begin_us = np_now_us();
	deadline_us = begin_us + START_TIMEOUT_MS * 1000LL;
	s->pid = spawn_sandbox(program, s->kubeconfig);
	while (!api_answers(s)) {
		int status;

		if (waitpid(s->pid, &status, WNOHANG) != 0) {
			s->pid = 0;
			fprintf(stderr, "bench_probe: the sandbox ended instead of starting\n");
			return -1;
		}
		if (np_now_us() > deadline_us) {
			fprintf(stderr, "bench_probe: the sandbox did not start within %d ms\n", START_TIMEOUT_MS);
			return -1;
		}
		np_sleep_ms(1);
	}
	*ret_ms = (double)(np_now_us() - begin_us) / 1e3;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int bench_start(void)
{
	double start_ms[STARTS], stop_ms[STARTS];

	for (int i = 0; i < STARTS; i++) {
		struct sandbox s;
		int rc = sandbox_start(&s, &start_ms[i]);
		int64_t begin_us = np_now_us();

		if (sandbox_stop(&s) < 0 || rc < 0)
			return -1;
		stop_ms[i] = (double)(np_now_us() - begin_us) / 1e3;
	}
	qsort(start_ms, STARTS, sizeof(*start_ms), by_value);
	qsort(stop_ms, STARTS, sizeof(*stop_ms), by_value);
	print_take("sandbox.start", start_ms[STARTS / 2], "ms",
		   np_json_pack("{s:s, s:i, s:f, s:f}", "measured", "from starting 'netpolcheck sandbox --kubeconfig-out FILE' until FILE is there "
				"and the API answers a list of nodes over TLS; median", "starts", STARTS, "min", start_ms[0], "max",
				start_ms[STARTS - 1]));
	print_take("sandbox.stop", stop_ms[STARTS / 2], "ms",
		   np_json_pack("{s:s, s:i}", "measured", "from SIGTERM until the program has ended; median", "starts", STARTS));
	return 0;
}

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
	bool isolated;		/* the pods of the first namespace, for ingress */
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
	json_t *ns = np_json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "Namespace", "metadata", "name", name);
	int rc = np_kube_create(k, &np_kube_types[NP_KUBE_NAMESPACE], NULL, ns, NULL, NULL, err);

	json_decref(ns);
	return rc;
}

static int make_pod(struct world *w, size_t i, struct np_err *err)
{
	struct np_expect_port ports[N_PORTS];
	struct np_podspec spec = { .image = "netpolcheck/agent", .identity = w->identities[i], .ports = ports, .n_ports = N_PORTS };
	json_t *pod;
	int rc;

	for (unsigned k = 0; k < N_PORTS; k++)
		ports[k] = (struct np_expect_port){ .proto = NP_TCP, .first = (uint16_t)(FIRST_PORT + k), .last = (uint16_t)(FIRST_PORT + k) };
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

	if (np_pods_wait(w->kube, ns, N_PODS / 2, START_TIMEOUT_MS, &pods, err) < 0)
		return -1;
	json_array_foreach(pods, k, pod)
		for (size_t i = 0; i < N_PODS; i++)
			if (strcmp(np_json_str(pod, "metadata/name", ""), w->names[i]) == 0) {
				np_addr_parse(np_str_from(np_json_str(pod, "status/podIP", "")), &w->ips[i]);
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
				w->probes[n++] = (struct probe){ src, dst, (uint16_t)(FIRST_PORT + p) };
	return 0;
}

static int isolate(struct world *w, struct np_err *err)
{
	json_t *policy = np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:{}, s:[s]}}", "apiVersion", "networking.k8s.io/v1", "kind",
				      "NetworkPolicy", "metadata", "name", "isolate", "namespace", namespaces[0], "spec", "podSelector",
				      "policyTypes", "Ingress");
	int rc = np_kube_create(w->kube, &np_kube_types[NP_KUBE_NETPOL], namespaces[0], policy, NULL, NULL, err);

	json_decref(policy);
	w->isolated = rc == 0;
	return rc;
}

/* ---- one stream per agent ---- */

static struct np_fleet *fleet_start(const struct world *w, struct np_err *err)
{
	struct np_fleet *f = np_fleet_new(w->kube, NULL);

	for (size_t i = 0; i < N_PODS; i++) {
		struct np_fleet_place place = { .name = w->names[i], .ns = ns_of(i), .pod = w->names[i] };
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
static int fleet_round(const struct world *w, struct np_fleet *f, unsigned timeout_ms, struct np_err *err)
{
	struct np_fleet_probe probes[N_PROBES];
	int wrong = 0;

	for (size_t i = 0; i < N_PROBES; i++) {
		const struct probe *p = &w->probes[i];

		probes[i] = (struct np_fleet_probe){ .agent = p->src, .req = { .kind = NP_PROBE_TCP, .addr = w->ips[p->dst], .port = p->port,
									       .expect = np_str_from(w->identities[p->dst]) } };
	}
	if (np_fleet_probe(f, probes, N_PROBES, timeout_ms, FLEET_ATTEMPTS, err) < 0)
		return -1;
	for (size_t i = 0; i < N_PROBES; i++)
		wrong += probes[i].res.outcome != (is_blocked(w, &w->probes[i]) ? NP_OUT_DROPPED : NP_OUT_ALLOWED);
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
			return np_err_set(err, NP_ETIMEOUT, "%d of %d probes stay wrong", wrong, N_PROBES);
	return wrong;
}

/* Probes per second; -1 on error. */
static double fleet_rate(const struct world *w, struct np_fleet *f, unsigned timeout_ms, int rounds, struct np_err *err)
{
	int64_t begin_us = np_now_us();

	for (int i = 0; i < rounds; i++) {
		int wrong = fleet_round(w, f, timeout_ms, err);

		if (wrong > 0)
			np_err_set(err, NP_EINTERNAL, "%d of %d probes over streams were wrong", wrong, N_PROBES);
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
	const char *argv[] = { "/netpolcheck-agent", "connect", "tcp", w->addresses[p->dst], port, "--timeout-ms", timeout, NULL };

	snprintf(port, sizeof(port), "%u", p->port);
	snprintf(timeout, sizeof(timeout), "%d", EXEC_TIMEOUT_MS);
	s->probe = probe;
	s->exec = np_kube_exec_start(w->kube, ns_of(p->src), w->names[p->src], NULL, argv, 0, START_TIMEOUT_MS, err);
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
	return code == wanted ? 1 : np_err_set(err, NP_EINTERNAL, "probe %zu by exec ended with %d, not %d", s->probe, code, wanted);
}

/* Sleeps until one of the running commands moves; one that is still connecting has no descriptor. */
static void slots_poll(const struct slot *slots)
{
	struct pollfd fds[EXEC_AT_ONCE];
	nfds_t n = 0;
	int wait_ms = 1000;

	for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
		if (!slots[i].exec)
			continue;
		if (np_kube_exec_fd(slots[i].exec) >= 0)
			fds[n++] = (struct pollfd){ .fd = np_kube_exec_fd(slots[i].exec), .events = np_kube_exec_events(slots[i].exec) };
		else
			wait_ms = 1;
	}
	poll(fds, n, wait_ms);
}

/* Gives every free slot the next probe, and every other one a turn. Number of those that ended, -1 on error. */
static int slots_turn(const struct world *w, struct slot *slots, size_t *next, struct np_err *err)
{
	int n = 0;

	for (size_t i = 0; i < EXEC_AT_ONCE; i++) {
		int rc = slots[i].exec ? slot_turn(w, &slots[i], err) : 0;

		n += rc;
		if (rc < 0 || (!slots[i].exec && *next < N_PROBES && slot_begin(w, &slots[i], (*next)++, err) < 0))
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
			return np_err_set(err, NP_ETIMEOUT, "%d of %d probes by exec were done within %d ms", done, N_PROBES, EXEC_BOUND_MS);
		if (!rc)
			slots_poll(slots);
	}
}

static double exec_rate(const struct world *w, struct np_err *err)
{
	struct slot slots[EXEC_AT_ONCE] = { 0 };
	int64_t begin_us = np_now_us();
	int rc = 0;

	for (int i = 0; i < EXEC_ROUNDS && rc == 0; i++)
		rc = exec_all(w, slots, err);
	for (size_t i = 0; i < EXEC_AT_ONCE; i++)
		np_kube_exec_close(slots[i].exec);
	return rc < 0 ? -1 : (double)N_PROBES * EXEC_ROUNDS * 1e6 / (double)(np_now_us() - begin_us);
}

/* ---- both, compared ---- */

static json_t *facts(const struct world *w, const char *what)
{
	return np_json_pack("{s:s, s:i, s:i}", "measured", what, "probes", N_PROBES, "blocked", n_blocked(w));
}

static int bench_rates(const struct world *w, struct np_fleet *f, double exec, const char *tag, struct np_err *err)
{
	double same = fleet_rate(w, f, EXEC_TIMEOUT_MS, FLEET_ROUNDS / 3, err);
	double ours = same < 0 ? -1 : fleet_rate(w, f, FLEET_TIMEOUT_MS, FLEET_ROUNDS, err);
	char name[64];

	if (ours < 0)
		return -1;
	snprintf(name, sizeof(name), "probe.one_exec_each.%s", tag);
	print_take(name, exec, "probes/s", facts(w, "one exec per probe, 15 at a time, 1 s time-out, as cyclonus does it, but with our own "
						 "client and without TLS; 2 rounds"));
	snprintf(name, sizeof(name), "probe.streams.%s", tag);
	print_take(name, ours, "probes/s", facts(w, "one exec stream per pod, all probes of a round at once, time-out 80 ms with 3 attempts, to "
						    "which a run in the sandbox calibrates itself; 10 rounds"));
	snprintf(name, sizeof(name), "probe.streams_vs_exec.%s", tag);
	print_take(name, ours / exec, "x", facts(w, "probe.streams divided by probe.one_exec_each: same sandbox, pods and probes, every answer "
						    "right"));
	snprintf(name, sizeof(name), "probe.streams_vs_exec_same_timeout.%s", tag);
	print_take(name, same / exec, "x", facts(w, "the same with 1 s time-outs on both sides: what batches alone gain; 3 rounds"));
	return 0;
}

/* One step of a case, a policy that isolates two pods: from the change to the whole table right, and right again after the window. */
static int change_and_settle(struct world *w, struct np_fleet *f, double *ret_ms, struct np_err *err)
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

	print_take("step.streams", ours_ms, "ms", facts(w, "from applying a policy until all probes are right, and right again after 60 ms"));
	print_take("step.one_exec_each", theirs_ms, "ms", facts(w, "5000 ms, which cyclonus sleeps after each change (added, not slept here), and "
								 "the same probes once by one exec each"));
	print_take("step.exec_vs_streams", theirs_ms / ours_ms, "x", facts(w, "step.one_exec_each divided by step.streams"));
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

	if (np_kube_config_socket(np_sandbox_api_socket(sandbox), &config, err) == 0 && (k = np_kube_new(&config, err)) &&
	    world_start(&w, k, err) == 0 && (f = fleet_start(&w, err)))
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

/* Can this user have the namespaces that a sandbox is made of? Asked in a child, which then ends. */
static bool may_unshare(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(int argc, char **argv)
{
	bool exec_only = argc > 1 && strcmp(argv[1], "exec-rate") == 0;

	if (!may_unshare()) {
		printf("{\"bench\":\"sandbox\",\"skipped\":\"user and network namespaces are refused here\"}\n");
		return 0;
	}
	if (!exec_only && bench_start() < 0)
		return 1;
	return compare(exec_only) < 0;
}
