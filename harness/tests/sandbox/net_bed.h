/*
 * net_bed.h - test bed of the sandbox's network half: everything but the API and the enforcer, in
 * namespaces of its own, the test's body running inside. A body says what went wrong as an error
 * value, which travels out through the cell's report.
 */
#ifndef NET_BED_H
#define NET_BED_H

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../sandbox/cell.h"
#include "../../sandbox/dns.h"
#include "../../sandbox/fabric.h"
#include "../../sandbox/nodes.h"
#include "../../sandbox/pods.h"
#include "../../sandbox/reaper.h"
#include "../../sandbox/services.h"
#include "../../sandbox/store.h"
#include "np/base/buf.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define BED_TIMEOUT_MS 60000
#define NOBODY 65534

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

struct bed {
	char *agent_path;
	unsigned n_families;	/* 0: both */
	struct np_reaper *reaper;
	struct np_fabric fabric;
	struct np_store *store;
	struct np_services *services;
	struct np_pods *pods;
};

typedef int bed_body(struct bed *b, struct np_err *err);

/* In a body: ends it with what was expected. */
#define BED_CHECK(cond, ...) \
	do { \
		if (!(cond)) { \
			np_err_set(err, NP_EINTERNAL, __VA_ARGS__); \
			return np_err_prefix(err, "line %d: %s", __LINE__, #cond); \
		} \
	} while (0)
#define BED_OK(call) \
	do { \
		if ((call) < 0) \
			return np_err_prefix(err, "line %d: %s", __LINE__, #call); \
	} while (0)

/*
 * The agent of the same build: build/tests/sandbox/test_x and build/netpolcheck-agent. Heap text.
 */
static inline char *bed_agent_path(void)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	for (int up = 0; up < 3 && n > 0; up++) {
		while (n > 0 && self[n - 1] != '/')
			n--;
		n--;
	}
	return np_xasprintf("%.*s/netpolcheck-agent", (int)n, self);
}

/* ---- inside ---- */

struct bed_inside {
	bed_body *body;
	int report_fd;
	struct np_err err;
	struct bed bed;
};

static inline int bed_up(struct bed *b, struct np_err *err)
{
	struct np_services_node nodes[NP_N_NODES];
	struct np_pods_options options = { .agent_path = b->agent_path };

	b->store = np_store_new();
	if (np_fabric_init(&b->fabric, b->n_families ? b->n_families : 2, err) < 0 ||
	    np_nodes_create(b->store, &b->fabric, err) < 0)
		return -1;
	for (size_t i = 0; i < NP_N_NODES; i++)
		nodes[i] = (struct np_services_node){ b->fabric.hosts[i].netns_fd,
						      b->fabric.hosts[i].ip[0],
						      b->fabric.hosts[i].ip[1] };
	b->services = np_services_new(b->store, nodes, NP_N_NODES, err);
	if (!b->services)
		return -1;
	options.store = b->store;
	options.fabric = &b->fabric;
	options.reaper = b->reaper;
	b->pods = np_pods_new(&options);
	return b->pods ? 0 : np_err_set(err, NP_EINTERNAL, "no node agent");
}

static inline void bed_down(struct bed *b)
{
	np_pods_free(b->pods);
	np_services_free(b->services);
	np_fabric_release(&b->fabric);
	np_store_free(b->store);
	b->pods = NULL;
	b->services = NULL;
	b->store = NULL;
}

static inline void *bed_thread(void *arg)
{
	struct bed_inside *in = arg;

	if (bed_up(&in->bed, &in->err) == 0)
		in->body(&in->bed, &in->err);
	bed_down(&in->bed);
	np_reaper_stop(in->bed.reaper);
	return NULL;
}

static inline void bed_inside_run(void *ctx)
{
	struct bed_inside *in = ctx;
	pthread_t thread;

	json_object_seed(0);
	in->bed.reaper = np_reaper_new(&in->err);
	if (in->bed.reaper && pthread_create(&thread, NULL, bed_thread, in) == 0) {
		np_reaper_run(in->bed.reaper);
		pthread_join(thread, NULL);
	}
	np_reaper_free(in->bed.reaper);
#if defined(__SANITIZE_ADDRESS__)
	free(in->bed.agent_path);
	in->bed = (struct bed){ 0 };
	if (__lsan_do_recoverable_leak_check())
		np_err_set(&in->err, NP_EINTERNAL, "memory was leaked (see standard error)");
#endif
	np_cell_report(in->report_fd, in->err.code == NP_OK ? NULL : &in->err);
}

/* ---- outside ---- */

static inline int bed_prepare(void *ctx, struct np_err *err)
{
	(void)ctx, (void)err;
	return 0;
}

static inline void bed_clean(void *ctx)
{
	(void)ctx;
}

static inline void bed_become_nobody(void)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(22);
}

/*
 * Can the kernel do it at all for this user? Asked of the kernel directly, so that a mistake of
 * ours is never taken for its refusal.
 */
static inline bool bed_allowed(bool as_nobody)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (as_nobody)
			bed_become_nobody();
		_exit(unshare((geteuid() ? CLONE_NEWUSER : 0) | CLONE_NEWNET | CLONE_NEWPID |
			      CLONE_NEWNS) < 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Waits for the report, then for the keeper. Leaves an error in @ret when something went wrong. */
static inline void bed_collect(int fd, pid_t keeper, struct np_err *ret)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct np_cell_report report;

	np_err_clear(ret);
	if (poll(&p, 1, BED_TIMEOUT_MS) <= 0)
		np_err_set(ret, NP_ETIMEOUT, "the test bed does not come to an end");
	else if (read(fd, &report, sizeof(report)) != (ssize_t)sizeof(report))
		np_err_set(ret, NP_EINTERNAL, "the test bed ended without a report");
	else
		*ret = report.err;
	if (ret->code == NP_ETIMEOUT)
		kill(keeper, SIGKILL);
	waitpid(keeper, NULL, 0);
}

/*
 * Runs in a process of its own, which is nobody's when asked; 0, or 1 with the error's text on
 * @said_fd.
 */
static inline int bed_outside(bed_body *body, bool as_nobody, int said_fd)
{
	struct bed_inside in = { .body = body };
	int parent[2], report[2];
	char text[NP_ERR_TEXT_MAX];
	struct np_err err;
	pid_t keeper;

	if (as_nobody)
		bed_become_nobody();
	if (pipe(parent) < 0 || pipe(report) < 0)
		return 1;
	in.bed.agent_path = bed_agent_path();
	in.report_fd = report[1];
	{
		const struct np_cell_options options = {
			.parent_fd = parent[0],
			.report_fd = report[1],
			.stderr_fd = -1,
			.prepare = bed_prepare,
			.run = bed_inside_run,
			.clean = bed_clean,
			.ctx = &in,
		};

		keeper = np_cell_start(&options, &err);
	}
	close(report[1]);
	if (keeper > 0)
		bed_collect(report[0], keeper, &err);
	free(in.bed.agent_path);
	if (err.code == NP_OK)
		return 0;
	np_err_text(&err, text, sizeof(text));
	return np_write_all(said_fd, text, strlen(text)) < 0 ? 2 : 1;
}

/* A body that runs outside of any bed, such as one that starts a whole sandbox. */
typedef int bed_plain(const char *agent_path, struct np_err *err);

static inline int bed_outside_plain(bed_plain *plain, bool as_nobody, int said_fd)
{
	np_auto_free char *agent_path = bed_agent_path();
	char text[NP_ERR_TEXT_MAX];
	struct np_err err;

	if (as_nobody)
		bed_become_nobody();
	if (plain(agent_path, &err) == 0)
		return 0;
	np_err_text(&err, text, sizeof(text));
	return np_write_all(said_fd, text, strlen(text)) < 0 ? 2 : 1;
}

struct bed_case {
	const char *name;
	bed_body *body;		/* or */
	bed_plain *plain;
};

/* The body as this user; @as_nobody: as an ordinary one, which only root can become. */
static inline void bed_run(const struct bed_case *c, bool as_nobody)
{
	char said[NP_ERR_TEXT_MAX] = "";
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (as_nobody && geteuid() != 0)
		return;		/* the other run was as an ordinary user already */
	if (!bed_allowed(as_nobody)) {
		fprintf(stderr, "skipped: the kernel refuses namespaces to %s\n",
			as_nobody ? "ordinary users" : "this user");
		return;
	}
	ck_assert_int_eq(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(c->body ? bed_outside(c->body, as_nobody, fds[1])
			      : bed_outside_plain(c->plain, as_nobody, fds[1]));
	close(fds[1]);
	n = read(fds[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "%s%s: status %x: %s", c->name, as_nobody ? " as nobody" : "",
		      (unsigned)status, said);
}

/*
 * The rest of a test program: @cases, each once as this user and once as nobody, and what @more
 * adds to @tc.
 */
#define BED_MAIN(suite_name, cases, more) \
	START_TEST(test_in_bed) \
	{ \
		bed_run(&(cases)[_i / 2], _i % 2 == 1); \
	} \
	END_TEST \
	int main(void) \
	{ \
		Suite *s = suite_create(suite_name); \
		TCase *tc = tcase_create("bed"); \
		SRunner *sr; \
		int failed; \
		tcase_add_loop_test(tc, test_in_bed, 0, (int)(2 * NP_ARRAY_SIZE(cases))); \
		tcase_set_timeout(tc, 2.0 * BED_TIMEOUT_MS / 1000); \
		more \
		suite_add_tcase(s, tc); \
		sr = srunner_create(s); \
		srunner_run_all(sr, CK_ENV); \
		failed = srunner_ntests_failed(sr); \
		srunner_free(sr); \
		return failed ? 1 : 0; \
	}

/* ---- what bodies do ---- */

/* Creates an object from JSON text; a "%" directive takes text that is put in as it is. */
static inline int bed_create(struct bed *b, enum np_kind_id kind, struct np_err *err,
			     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static inline int bed_create(struct bed *b, enum np_kind_id kind, struct np_err *err,
			     const char *fmt, ...)
{
	np_auto_free char *text = NULL;
	json_t *object;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	text = np_xvasprintf(fmt, ap);
	va_end(ap);
	object = np_json_parse(text, strlen(text), err);
	if (!object)
		return np_err_prefix(err, "%s", text);
	rc = kind == NP_KIND_SERVICE ? np_services_allocate(b->services, object, err) : 0;
	if (rc == 0)
		rc = np_store_create(b->store, kind, object, NULL, err);
	json_decref(object);
	return rc;
}

/* A pod with one container; @spec and @meta: further members, each with a comma before it. */
static inline int bed_pod(struct bed *b, const char *ns, const char *name, const char *meta,
			  const char *spec, const char *args, struct np_err *err)
{
	return bed_create(b, NP_KIND_POD, err,
			  "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\","
			  "\"namespace\":\"%s\"%s},"
			  "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"command\":["
			  "\"/netpolcheck-agent\"],\"args\":[%s],"
			  "\"ports\":[{\"name\":\"web\",\"containerPort\":80},{\"name\":\"alt\","
			  "\"containerPort\":81}]}]%s},"
			  "\"status\":{\"phase\":\"Pending\"}}",
			  name, ns, meta, args, spec);
}

/* The usual server with the identity NS/NAME, on node n1 or n2. */
static inline int bed_server(struct bed *b, const char *ns, const char *name, const char *node,
			     const char *meta, struct np_err *err)
{
	np_auto_free char *args =
		np_xasprintf("\"serve\",\"--identity\",\"%s/"
			     "%s\",\"--tcp\",\"80,81\",\"--udp\",\"80,81\",\"--sctp\",\"80,81\"",
			     ns, name);
	np_auto_free char *spec =
		node ? np_xasprintf(",\"nodeName\":\"%s\"", node) : np_xstrdup("");

	return bed_pod(b, ns, name, meta, spec, args, err);
}

static inline bool bed_phase_is(struct bed *b, const char *ns, const char *name, const char *phase)
{
	json_t *pod = np_store_get(b->store, NP_KIND_POD, ns, name);
	bool yes = phase ? pod && strcmp(np_json_str(pod, "status/phase", ""), phase) == 0
			 : pod == NULL;

	json_decref(pod);
	return yes;
}

/* NULL @phase: until it is gone. */
static inline int bed_wait_phase(struct bed *b, const char *ns, const char *name, const char *phase,
				 struct np_err *err)
{
	struct np_backoff wait;

	np_backoff_init(&wait, 500, 5000, 10 * 1000 * 1000);
	while (!bed_phase_is(b, ns, name, phase)) {
		if (!np_backoff_wait(&wait)) {
			json_t *pod = np_store_get(b->store, NP_KIND_POD, ns, name);

			np_err_set(err, NP_ETIMEOUT, "pod %s/%s does not become %s but is %s (%s)",
				   ns, name, phase ? phase : "gone",
				   np_json_str(pod, "status/phase", "?"),
				   np_json_str(pod, "status/message", ""));
			json_decref(pod);
			return -1;
		}
	}
	return 0;
}

/*
 * Address of family 0 or 1 in status.podIPs, or "" when it has none. @ret at least
 * NP_ADDR_TEXT_MAX.
 */
static inline const char *bed_ip(struct bed *b, const char *ns, const char *name, unsigned family,
				 char *ret)
{
	json_t *pod = np_store_get(b->store, NP_KIND_POD, ns, name);
	json_t *item = json_array_get(np_json_at(pod, "status/podIPs"), family);

	snprintf(ret, NP_ADDR_TEXT_MAX, "%s", np_json_str(item, "ip", ""));
	json_decref(pod);
	return ret;
}

static inline void bed_drain(int fd, struct np_buf *out)
{
	char bytes[4096];
	ssize_t n;

	while (out && (n = read(fd, bytes, sizeof(bytes))) > 0)
		np_buf_add(out, bytes, (size_t)n);
	close(fd);
}

/*
 * Runs a command in a pod to its end: exit status, or -1 with @err. Its standard output and error
 * are added to @out.
 */
static inline int bed_exec(struct bed *b, const char *ns, const char *pod, const char *const *argv,
			   struct np_buf *out, struct np_err *err)
{
	struct np_pod_exec e;
	int status;

	if (np_pods_exec(b->pods, ns, pod, argv, false, &e, err) < 0)
		return -1;
	bed_drain(e.stdout_fd, out);
	bed_drain(e.stderr_fd, out);
	status = np_pods_exec_wait(b->pods, e.pid, 20000);
	return status >= 0 ? status : np_err_set(err, NP_ETIMEOUT, "a command does not end");
}

/*
 * `netpolcheck-agent connect` in a pod: 0 allowed, 1 denied; what it says is added to @out (may be
 * NULL). A denial that is hoped for is not waited for as long as an answer.
 */
static inline int bed_connect(struct bed *b, const char *ns, const char *pod, const char *proto,
			      const char *addr, const char *port, bool hope, struct np_buf *out,
			      struct np_err *err)
{
	const char *const argv[] = {
		"/netpolcheck-agent",  "connect", proto, addr, port, "--timeout-ms",
		hope ? "3000" : "300", NULL
	};
	struct np_buf ignored = { 0 };
	int status = bed_exec(b, ns, pod, argv, out ? out : &ignored, err);

	np_buf_release(&ignored);
	return status;
}

#endif
