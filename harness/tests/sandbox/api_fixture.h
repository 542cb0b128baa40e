/*
 * api_fixture.h - an API server for tests: a store with a node, and pods whose commands are
 * ordinary local programs. Defines the functions of pods.h and services.h itself, so that the real
 * ones are not linked.
 */
#ifndef NP_TESTS_API_FIXTURE_H
#define NP_TESTS_API_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../sandbox/api.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

struct np_pods {
	struct np_store *store;
	pthread_t agent;
	atomic_bool stop;
};

/* ---- pods.h over local processes ---- */

int np_pods_exec(struct np_pods *p, const char *ns, const char *pod, const char *const *argv,
		 bool want_stdin, struct np_pod_exec *ret, struct np_err *err)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	int in[2], out[2], errs[2], rc;
	json_t *o = np_store_get(p->store, NP_KIND_POD, ns, pod);
	extern char **environ;
	pid_t pid;

	json_decref(o);
	if (!o)
		return np_err_set(err, NP_ENOTFOUND, "no pod '%s'", pod);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(errs, O_CLOEXEC))
		return np_err_errno(err, NP_EENV, errno, "no pipe");
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in[0], 0);
	posix_spawn_file_actions_adddup2(&fa, out[1], 1);
	posix_spawn_file_actions_adddup2(&fa, errs[1], 2);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	rc = posix_spawnp(&pid, argv[0], &fa, &attr, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	close(in[0]);
	close(out[1]);
	close(errs[1]);
	if (rc) {
		close(in[1]);
		close(out[0]);
		close(errs[0]);
		return np_err_errno(err, NP_EENV, rc, "'%s' does not start", argv[0]);
	}
	if (!want_stdin)
		close(in[1]);
	*ret = (struct np_pod_exec){ want_stdin ? in[1] : -1, out[0], errs[0], pid };
	return 0;
}

int np_pods_exec_wait(struct np_pods *p, pid_t pid, int timeout_ms)
{
	int64_t until = np_now_ms() + timeout_ms;
	int status;

	(void)p;
	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (got < 0 || (timeout_ms >= 0 && np_now_ms() >= until))
			return -1;
		np_sleep_ms(2);
	}
}

void np_pods_exec_kill(struct np_pods *p, pid_t pid)
{
	(void)p;
	kill(pid, SIGKILL);
}

char *np_pods_log(struct np_pods *p, const char *ns, const char *pod)
{
	(void)p;
	return np_xasprintf("one %s\ntwo %s\nthree\n", ns, pod);
}

static atomic_int next_ip = 10;

int np_services_allocate(struct np_services *s, json_t *service, struct np_err *err)
{
	json_t *spec = json_object_get(service, "spec");
	char ip[32];

	(void)s;
	(void)err;
	if (json_object_get(spec, "clusterIP"))
		return 0;
	snprintf(ip, sizeof(ip), "10.96.0.%d", atomic_fetch_add(&next_ip, 1));
	json_object_set_new(spec, "clusterIP", json_string(ip));
	json_object_set_new(spec, "clusterIPs", np_json_pack("[s]", ip));
	json_object_set_new(spec, "ipFamilies", np_json_pack("[s]", "IPv4"));
	json_object_set_new(spec, "ipFamilyPolicy", json_string("SingleStack"));
	return 0;
}

/* ---- a node agent that runs nothing: pods become ready, and go when they are told to ---- */

static inline void agent_update(struct np_pods *p, json_t *pod)
{
	json_t *copy, *status, *c, *list = json_array();
	size_t i;

	if (np_json_at(pod, "metadata/deletionTimestamp")) {
		np_store_delete(p->store, NP_KIND_POD, np_json_str(pod, "metadata/namespace", ""),
				np_json_str(pod, "metadata/name", ""), NULL, NULL);
		json_decref(list);
		return;
	}
	if (strcmp(np_json_str(pod, "status/phase", ""), "Pending") != 0) {
		json_decref(list);
		return;
	}
	copy = json_deep_copy(pod);
	json_object_set_new(json_object_get(copy, "spec"), "nodeName", json_string("node-1"));
	json_array_foreach(np_json_at(copy, "spec/containers"), i, c)
		json_array_append_new(list, np_json_pack("{s:O, s:b, s:i, s:O, s:s, s:{s:{s:s}}}",
							 "name", json_object_get(c, "name"),
							 "ready", 1, "restartCount", 0, "image",
							 json_object_get(c, "image"), "imageID", "",
							 "state", "running", "startedAt",
							 "2026-01-01T00:00:00Z"));
	status = np_json_pack("{s:s, s:s, s:[{s:s}], s:s, s:o, s:[{s:s, s:s}]}", "phase", "Running",
			      "podIP", "10.0.0.9", "podIPs", "ip", "10.0.0.9", "qosClass",
			      "BestEffort", "containerStatuses", list, "conditions", "type",
			      "Ready", "status", "True");
	json_object_set_new(copy, "status", status);
	np_store_update(p->store, NP_KIND_POD, copy, NULL, NULL);
	json_decref(copy);
}

static inline void *agent_main(void *arg)
{
	struct np_pods *p = arg;
	struct np_event e[16];
	uint64_t rev = 1;

	while (!atomic_load(&p->stop)) {
		int n = np_store_events(p->store, rev, e, 16, 100);

		for (int i = 0; i < n; i++) {
			if (e[i].kind == NP_KIND_POD && e[i].type != NP_EVENT_DELETED)
				agent_update(p, e[i].object);
			rev = e[i].rev;
			np_event_release(&e[i]);
		}
		if (n < 0)
			rev = np_store_revision(p->store);
	}
	return NULL;
}

/* ---- the whole ---- */

struct fixture {
	struct np_store *store;
	struct np_pods pods;
	struct np_api *api;
	char dir[64], socket[108];
	int port;
};

static inline void store_add(struct np_store *s, enum np_kind_id kind, json_t *o)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_store_create(s, kind, o, NULL, &err) == 0, "%s", err.msg);
	json_decref(o);
}

static inline int listen_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	return fd;
}

static inline int listen_tcp(int *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(a);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* A store, and an agent if wanted. */
static inline void fixture_prepare(struct fixture *f, bool with_agent)
{
	memset(f, 0, sizeof(*f));
	f->store = np_store_new();
	f->pods.store = f->store;
	store_add(f->store, NP_KIND_NAMESPACE,
		  np_json_pack("{s:s, s:s, s:{s:s, s:{s:s}}, s:{s:[s]}, s:{s:s}}", "apiVersion",
			       "v1", "kind", "Namespace", "metadata", "name", "default", "labels",
			       "kubernetes.io/metadata.name", "default", "spec", "finalizers",
			       "kubernetes", "status", "phase", "Active"));
	store_add(f->store, NP_KIND_NODE,
		  np_json_pack("{s:s, s:s, s:{s:s}, s:{}, s:{s:[{s:s, s:s}], s:[{s:s, s:s}]}}",
			       "apiVersion", "v1", "kind", "Node", "metadata", "name", "node-1",
			       "spec", "status", "conditions", "type", "Ready", "status", "True",
			       "addresses", "type", "InternalIP", "address", "192.0.2.1"));
	if (with_agent)
		ck_assert_int_eq(pthread_create(&f->pods.agent, NULL, agent_main, &f->pods), 0);
	else
		atomic_store(&f->pods.stop, true);
}

static inline void fixture_serve(struct fixture *f, const struct np_api_options *o)
{
	struct np_err err = { 0 };

	f->api = np_api_start(f->store, &f->pods, (struct np_services *)1, o, &err);
	ck_assert_msg(f->api != NULL, "%s", err.msg);
}

static inline void fixture_folder(struct fixture *f)
{
	snprintf(f->dir, sizeof(f->dir), "/tmp/np-api-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f->dir));
}

/*
 * @tcp: plain HTTP on loopback (the unix door takes any listening socket), else a unix socket in a
 * folder of its own.
 */
static inline void fixture_start(struct fixture *f, bool tcp, bool with_agent)
{
	struct np_api_options o = { .unix_listen_fd = -1, .tcp_listen_fd = -1 };

	fixture_prepare(f, with_agent);
	if (tcp) {
		o.unix_listen_fd = listen_tcp(&f->port);
	} else {
		fixture_folder(f);
		snprintf(f->socket, sizeof(f->socket), "%s/api", f->dir);
		o.unix_listen_fd = listen_unix(f->socket);
	}
	fixture_serve(f, &o);
}

static inline void fixture_stop(struct fixture *f)
{
	np_api_stop(f->api);
	if (!atomic_exchange(&f->pods.stop, true))
		pthread_join(f->pods.agent, NULL);
	np_store_free(f->store);
	if (*f->dir)
		np_dir_remove(f->dir, NULL);
}

#endif
