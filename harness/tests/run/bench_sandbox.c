/*
 * bench_sandbox.c - how long the sandbox takes to start and to end, as a program of its own with a
 * kubeconfig.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "bench.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/kube/resource.h"

#define STARTS 5
#define START_TIMEOUT_MS 30000
#define END_TIMEOUT_MS 20000

struct sandbox {
	pid_t pid;
	char *dir, *kubeconfig;
	struct np_kube_config config;
	struct np_kube *kube;
};

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
	if (!s->kube ||
	    np_kube_list(s->kube, &np_kube_types[NP_KUBE_NODE], NULL, NULL, &nodes, NULL, &err) < 0)
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
			fprintf(stderr, "bench_probe: the sandbox did not start within %d ms\n",
				START_TIMEOUT_MS);
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
		   np_json_pack("{s:s, s:i, s:f, s:f}", "measured",
				"from starting 'netpolcheck sandbox --kubeconfig-out FILE' until "
				"FILE is there "
				"and the API answers a list of nodes over TLS; median",
				"starts", STARTS, "min", start_ms[0], "max", start_ms[STARTS - 1]));
	print_take("sandbox.stop", stop_ms[STARTS / 2], "ms",
		   np_json_pack("{s:s, s:i}", "measured",
				"from SIGTERM until the program has ended; median", "starts",
				STARTS));
	return 0;
}

int main(void)
{
	if (!may_unshare()) {
		print_skipped();
		return 0;
	}
	return bench_start() < 0;
}
