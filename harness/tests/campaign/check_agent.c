/*
 * check_agent.c - an agent with a bug, for campaigns to find: a plain process with a pid file and a
 * log that watches the policies of a cluster through its API, enforces nothing itself, and does what
 * a real agent once did when it meets a certain shape. The bugs are those of agent_bugs.h.
 *
 *	check_agent --kubeconfig F --pid-file P --log L [--supervise] --bug NAME ...
 *	check_agent --list
 *
 * With --supervise it is started again 0.2 s after its end, as a kubelet would. While it is hung or
 * stuck, policies that deny have no effect on the canary: it says so with a policy of its own that
 * allows everything there.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent_bugs.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/base/proc.h"
#include "np/kube/resource.h"
#include "np/kube/watch.h"

struct agent {
	struct np_kube *kube;
	struct np_kube_config config;
	const char *pid_file, *log;
	const struct bug *has[NP_ARRAY_SIZE(bugs)];
	size_t n_has;
	json_t *policies;  /* "ns/name" -> spec */
	json_t *wedged_by; /* names of policies that it is stuck or hung with */
	const struct bug *wedged;
	int log_fd;
};

static void say(const struct agent *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct agent *a, const char *fmt, ...)
{
	struct np_buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	np_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (np_write_all(a->log_fd, b.data, b.len) < 0)
		exit(3);
	np_buf_release(&b);
}

static void stack(const struct agent *a, const struct bug *b)
{
	say(a,
	    "goroutine %lld [running]:\nexample.org/agent/%s(0xc000%06llx, {0x%llx, "
	    "0x4})\n\t/src/agent/file.go:%lld +0x1d2\n"
	    "example.org/agent/pkg/controller.(*Controller).processPolicy(0xc0001, "
	    "0x1)\n\t/src/agent/controller.go:99 +0x1\n"
	    "created by main.run in goroutine 1\n\t/src/agent/main.go:12 +0x1\n\n",
	    (long long)(np_now_us() % 900 + 1), b->function,
	    (unsigned long long)np_now_us() & 0xffffff, (unsigned long long)np_now_us() & 0xffff,
	    (long long)(np_now_us() % 400));
}

static const char *stamp(char *buf, size_t size)
{
	return np_wall_text(buf, size);
}

/* The canary is wedged while this policy is there. */
static void wedge(struct agent *a, bool on)
{
	json_t *list = NULL, *ns;
	size_t i;
	const struct np_kube_query q = {
		.label_selector = "app.kubernetes.io/managed-by=netpolcheck,team=k"
	};
	const struct np_kube_write w = { .missing_ok = true };

	if (np_kube_list(a->kube, &np_kube_types[NP_KUBE_NAMESPACE], NULL, &q, &list, NULL, NULL) <
	    0)
		return;
	json_array_foreach(list, i, ns) {
		const char *name = np_json_str(ns, "metadata/name", "");
		json_t *p =
			np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:{s:{s:s}}, s:[{}]}}",
				     "apiVersion", "networking.k8s.io/v1", "kind", "NetworkPolicy",
				     "metadata", "name", "wedged", "namespace", name, "spec",
				     "podSelector", "matchLabels", "canary", "server", "ingress");

		if (on)
			np_kube_create(a->kube, &np_kube_types[NP_KUBE_NETPOL], name, p, NULL, NULL,
				       NULL);
		else
			np_kube_delete(a->kube, &np_kube_types[NP_KUBE_NETPOL], name, "wedged", &w,
				       NULL);
		json_decref(p);
	}
	json_decref(list);
}

static void act(struct agent *a, const struct bug *b, const char *name)
{
	char now[64];

	switch (b->deed) {
	case PANIC:
		say(a, "panic: %s\n", b->says);
		if (strstr(b->says, "nil pointer"))
			say(a,
			    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 "
			    "pc=0x%llx]\n",
			    (unsigned long long)np_now_us());
		say(a, "\n");
		stack(a, b);
		_exit(2);
	case ABORT:
		say(a,
		    "[2026-03-14 09:26:53.589][12][critical][assert] "
		    "[source/common/ranges.cc:%lld] assert failure: %s. Details: %s\n",
		    (long long)(np_now_us() % 300), b->says, name);
		raise(SIGABRT);
		_exit(134);
	case SILENT:
		_exit(1);
	case SURVIVE:
		say(a, "E0314 09:26:53.589793       1 runtime.go:79] Observed a panic: %s\n",
		    b->says);
		stack(a, b);
		break;
	case STUCK:
	case HANG:
		say(a, "%s [INFO][88] agent/loop.go 12: working on %s\n", stamp(now, sizeof(now)),
		    name);
		a->wedged = b;
		json_object_set_new(a->wedged_by, name, json_true());
		wedge(a, true);
	}
}

static void take(struct agent *a, const json_t *policy, bool deleted)
{
	np_auto_free char *name =
		np_xasprintf("%s/%s", np_json_str(policy, "metadata/namespace", ""),
			     np_json_str(policy, "metadata/name", ""));
	json_t *old = json_incref(json_object_get(a->policies, name));
	struct seen s = { .spec = json_object_get(policy, "spec"), .old = old, .deleted = deleted };
	char now[64];

	if (strcmp(np_json_str(policy, "metadata/name", ""), "wedged") == 0) {
		json_decref(old);
		return;
	}
	if (deleted)
		json_object_del(a->policies, name);
	else
		json_object_set(a->policies, name, json_object_get(policy, "spec"));
	s.n_policies = json_object_size(a->policies);
	say(a, "%s [INFO][88] agent/sync.go 44: synced %s\n", stamp(now, sizeof(now)), name);
	for (size_t i = 0; i < a->n_has; i++)
		if (a->has[i]->met(&s))
			act(a, a->has[i], name);
	if (deleted && json_object_get(a->wedged_by, name))
		json_object_del(a->wedged_by, name);
	if (a->wedged && !json_object_size(a->wedged_by)) {
		a->wedged = NULL;
		wedge(a, false);
	}
	json_decref(old);
}

static void take_all(struct agent *a, const json_t *list)
{
	json_t *policy;
	size_t i;

	json_object_clear(a->policies);
	json_array_foreach(list, i, policy)
		take(a, policy, false);
}

static int work(struct agent *a)
{
	struct np_kube_watch *w =
		np_kube_watch_new(a->kube, &np_kube_types[NP_KUBE_NETPOL], NULL, NULL, NULL);
	struct np_kube_event e;
	struct np_err err = { 0 };
	char now[64];
	int rc;

	say(a, "%s [INFO][88] agent/main.go 1: starting\n", stamp(now, sizeof(now)));
	wedge(a, false);
	for (;;) {
		rc = np_kube_watch_next(w, 40, &e, &err);
		if (rc < 0)
			break;
		if (a->wedged && a->wedged->deed == STUCK)
			say(a, "%s [ERROR][88] agent/sets.go 88: %s attempt=%lld\n",
			    stamp(now, sizeof(now)), a->wedged->says,
			    (long long)(np_now_us() % 1000));
		if (rc == 0)
			continue;
		if (e.type == NP_KUBE_RELISTED)
			take_all(a, e.object);
		else if (e.type != NP_KUBE_BOOKMARK)
			take(a, e.object, e.type == NP_KUBE_DELETED);
		json_decref(e.object);
	}
	fprintf(stderr, "check_agent: %s\n", err.msg);
	np_kube_watch_free(w);
	return 3;
}

static int run(struct agent *a, const char *kubeconfig)
{
	struct np_kube_load load = { .path = kubeconfig };
	struct np_err err = { 0 };
	np_auto_free char *pid = np_xasprintf("%d\n", getpid());

	a->log_fd = open(a->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (a->log_fd < 0 || np_kube_config_load(&load, &a->config, &err) < 0 ||
	    np_file_write(a->pid_file, pid, strlen(pid), 0644, &err) < 0)
		goto fail;
	a->kube = np_kube_new(&a->config, &err);
	if (!a->kube)
		goto fail;
	a->policies = json_object();
	a->wedged_by = json_object();
	return work(a);
fail:
	fprintf(stderr, "check_agent: %s\n", err.msg);
	return 3;
}

/* Started again after its end, until we are told to end, or our parent has. */
static int supervise(struct agent *a, const char *kubeconfig)
{
	pid_t parent = getppid();

	while (getppid() == parent) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			prctl(PR_SET_NAME, "faulty-agent");
			_exit(run(a, kubeconfig));
		}
		if (child < 0 || waitpid(child, &status, 0) < 0 ||
		    (WIFEXITED(status) && WEXITSTATUS(status) == 3))
			return 3;
		np_sleep_ms(200);
	}
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: check_agent --kubeconfig F --pid-file P --log L [--supervise] "
			"--bug NAME ... | --list\n");
	return 2;
}

static bool add_bug(struct agent *a, const char *name)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(bugs); i++)
		if (strcmp(bugs[i].name, name) == 0 || strcmp(name, "all") == 0)
			a->has[a->n_has++] = &bugs[i];
	return a->n_has > 0 && a->n_has <= NP_ARRAY_SIZE(bugs);
}

int main(int argc, char **argv)
{
	struct agent a = { .log_fd = -1 };
	const char *kubeconfig = NULL;
	bool again = false;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "faulty-agent");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--list") == 0) {
			for (size_t k = 0; k < NP_ARRAY_SIZE(bugs); k++)
				printf("%s\t%s\n", bugs[k].name, bugs[k].like);
			return 0;
		}
		if (strcmp(argv[i], "--supervise") == 0)
			again = true;
		else if (i + 1 == argc)
			return usage();
		else if (strcmp(argv[i], "--kubeconfig") == 0)
			kubeconfig = argv[++i];
		else if (strcmp(argv[i], "--pid-file") == 0)
			a.pid_file = argv[++i];
		else if (strcmp(argv[i], "--log") == 0)
			a.log = argv[++i];
		else if (strcmp(argv[i], "--bug") != 0 || !add_bug(&a, argv[++i]))
			return usage();
	}
	if (!kubeconfig || !a.pid_file || !a.log)
		return usage();
	return again ? supervise(&a, kubeconfig) : run(&a, kubeconfig);
}
