/*
 * test_inject.c - the agent copied into pods: the two shell scripts run for real, a folder standing
 * for each pod's volume, with the built agent; then what is tried again and what is not.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../run/inject.h"
#include "../../run/podspec.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/proc.h"
#include "../suite.h"

#define N_PODS 3
#define EXEC_TIMEOUT_MS 20000
#define VERSION_LINE "netpolcheck-agent 1, protocol 1\n"

/* ---- pods that are folders and processes ---- */

static struct bed {
	char *dir;
	struct np_buf agent;
	pid_t pids[N_PODS];
	pthread_mutex_t lock;
	unsigned n_execs;
	size_t cut; /* bytes that do not arrive */
} bed;

/* @text with the volume's place in the pod replaced by the folder of pod @name. Heap text. */
static char *localized(const char *text, const char *name)
{
	struct np_buf b = { 0 };
	const char *at;

	while ((at = strstr(text, NP_INJECT_DIR "/"))) {
		np_buf_add(&b, text, (size_t)(at - text));
		np_buf_printf(&b, "%s/%s/", bed.dir, name);
		text = at + strlen(NP_INJECT_DIR "/");
	}
	np_buf_adds(&b, text);
	return np_buf_steal(&b);
}

static int exec_here(void *ctx, const char *ns, const char *pod, const char *container,
		     const char *const *argv, const struct np_buf *input, int timeout_ms,
		     struct np_buf *ret_out, struct np_buf *ret_errout, struct np_err *err)
{
	struct np_buf bytes = { 0 };
	const char *local[6] = { 0 };
	char *owned[5] = { 0 };
	int rc;

	(void)ctx, (void)ns, (void)timeout_ms;
	ck_assert_str_eq(container, "agent");
	pthread_mutex_lock(&bed.lock);
	bed.n_execs++;
	pthread_mutex_unlock(&bed.lock);
	for (size_t i = 0; i < 5; i++)
		local[i] = owned[i] = localized(argv[i], pod);
	np_buf_add(&bytes, input->data, input->len - bed.cut);
	rc = np_proc_run(local, &bytes, EXEC_TIMEOUT_MS, ret_out, ret_errout, err);
	np_buf_release(&bytes);
	for (size_t i = 0; i < 5; i++)
		free(owned[i]);
	return rc;
}

static char *built_agent(void)
{
	const char *env = getenv("NP_AGENT");
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	for (int up = 0; up < 3; up++)
		*strrchr(self, '/') = '\0';
	return env && *env ? np_xstrdup(env) : np_xasprintf("%s/netpolcheck-agent", self);
}

static void bed_start(void)
{
	np_auto_free char *path = built_agent();
	struct np_err err = { 0 };

	bed = (struct bed){ .dir = scratch_dir() };
	pthread_mutex_init(&bed.lock, NULL);
	ck_assert_msg(np_file_read(path, NP_INJECT_MAX_BYTES, &bed.agent, &err) == 0, "%s",
		      err.msg);
}

static void bed_stop(void)
{
	for (size_t i = 0; i < N_PODS; i++)
		if (bed.pids[i] > 0) {
			kill(bed.pids[i], SIGKILL);
			waitpid(bed.pids[i], NULL, 0);
		}
	np_buf_release(&bed.agent);
	scratch_remove(bed.dir);
	pthread_mutex_destroy(&bed.lock);
}

/* A pod as the API would give it when its container runs. */
static json_t *make_pod(const char *name, const char *uid)
{
	const struct np_podspec spec = { .image = "stock", .identity = name, .inject = true };
	json_t *pod = np_podspec_new("x", name, "a", false, &spec);

	json_object_set_new(json_object_get(pod, "metadata"), "uid", json_string(uid));
	json_object_set_new(pod, "status", np_json_pack("{s:s}", "phase", "Running"));
	return pod;
}

/* Starts the pod's first container here. */
static pid_t start_container(const json_t *pod)
{
	const char *name = np_json_str(pod, "metadata/name", "");
	const json_t *ctr = json_array_get(np_json_at(pod, "spec/containers"), 0), *word;
	np_auto_free char *folder = np_xasprintf("%s/%s", bed.dir, name);
	struct np_err err = { 0 };
	char *argv[16] = { 0 };
	size_t n = 0, i;
	pid_t pid;

	ck_assert(np_dir_make(folder, 0777, &err) == 0);
	json_array_foreach(json_object_get(ctr, "command"), i, word)
		argv[n++] = localized(json_string_value(word), name);
	json_array_foreach(json_object_get(ctr, "args"), i, word)
		argv[n++] = localized(json_string_value(word), name);
	ck_assert_uint_lt(n, 16);
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	for (i = 0; i < n; i++)
		free(argv[i]);
	return pid;
}

/* What the agent in that pod says first to whoever reaches its socket. */
static void check_hello(const char *name)
{
	np_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	np_auto_free char *wanted = np_xasprintf("hello 1 %s ", name);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char line[256];
	ssize_t n;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s/ready", bed.dir, name);
	ck_assert_msg(connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0, "%s: %s", un.sun_path,
		      strerror(errno));
	n = recv(fd, line, sizeof(line) - 1, 0);
	ck_assert_int_gt(n, 0);
	line[n] = '\0';
	ck_assert_msg(strncmp(line, wanted, strlen(wanted)) == 0, "%s", line);
}

static size_t count_files(const char *name)
{
	np_auto_free char *cmd = np_xasprintf("ls -A %s/%s | wc -l", bed.dir, name);
	const char *const argv[] = { "sh", "-c", cmd, NULL };
	struct np_buf out = { 0 };
	struct np_err err = { 0 };
	unsigned long n;

	ck_assert_int_eq(np_proc_run(argv, NULL, EXEC_TIMEOUT_MS, &out, NULL, &err), 0);
	n = strtoul(np_buf_text(&out), NULL, 10);
	np_buf_release(&out);
	return n;
}

static const char *const pod_names[N_PODS] = { "one", "two", "three" };

START_TEST(pods_become_the_agent)
{
	struct np_inject *in;
	json_t *pods = json_array(), *again;
	struct np_err err = { 0 };

	bed_start();
	in = np_inject_made(bed.agent.data, bed.agent.len, exec_here, NULL);
	for (size_t i = 0; i < N_PODS; i++) {
		json_array_append_new(pods, make_pod(pod_names[i], pod_names[i]));
		bed.pids[i] = start_container(json_array_get(pods, i));
	}
	ck_assert_msg(np_inject_pods(in, pods, &err) == 0, "%s", err.msg);
	for (size_t i = 0; i < N_PODS; i++) {
		check_hello(pod_names[i]); /* at once: it serves already */
		ck_assert_uint_eq(count_files(pod_names[i]), 2);
		ck_assert_int_eq(kill(bed.pids[i], 0), 0); /* the same process */
	}
	ck_assert_uint_eq(bed.n_execs, N_PODS);
	ck_assert_int_eq(np_inject_pods(in, pods, &err), 0);
	ck_assert_uint_eq(bed.n_execs, N_PODS);

	/* The pod of that name made anew. */
	kill(bed.pids[0], SIGTERM);
	waitpid(bed.pids[0], NULL, 0);
	again = json_array();
	json_array_append_new(again, make_pod(pod_names[0], "another"));
	json_array_append(again, json_array_get(pods, 1));
	bed.pids[0] = start_container(json_array_get(again, 0));
	ck_assert_msg(np_inject_pods(in, again, &err) == 0, "%s", err.msg);
	check_hello(pod_names[0]);
	ck_assert_uint_eq(bed.n_execs, N_PODS + 1);
	json_decref(again);
	json_decref(pods);
	np_inject_free(in);
	bed_stop();
}
END_TEST

/* The container's own restart: the volume is still there, nobody has to bring anything. */
START_TEST(a_container_that_starts_again_finds_the_agent)
{
	struct np_inject *in;
	json_t *pods = json_array();
	struct np_err err = { 0 };

	bed_start();
	in = np_inject_made(bed.agent.data, bed.agent.len, exec_here, NULL);
	json_array_append_new(pods, make_pod("one", "1"));
	bed.pids[0] = start_container(json_array_get(pods, 0));
	ck_assert_msg(np_inject_pods(in, pods, &err) == 0, "%s", err.msg);
	kill(bed.pids[0], SIGTERM);
	waitpid(bed.pids[0], NULL, 0);
	ck_assert_uint_eq(count_files("one"), 1);
	bed.pids[0] = start_container(json_array_get(pods, 0));
	for (int i = 0; i < 200 && count_files("one") < 2; i++)
		np_sleep_ms(50);
	check_hello("one");
	ck_assert_uint_eq(bed.n_execs, 1);
	json_decref(pods);
	np_inject_free(in);
	bed_stop();
}
END_TEST

START_TEST(what_does_not_arrive_whole_is_refused)
{
	struct np_inject *in;
	json_t *pods = json_array();
	np_auto_free char *wanted = NULL;
	struct np_err err = { 0 };

	bed_start();
	bed.cut = 1;
	wanted = np_xasprintf("status 4: %zu of %zu bytes arrived", bed.agent.len - 1,
			      bed.agent.len);
	in = np_inject_made(bed.agent.data, bed.agent.len, exec_here, NULL);
	json_array_append_new(pods, make_pod("one", "1"));
	bed.pids[0] = start_container(json_array_get(pods, 0));
	ck_assert_int_lt(np_inject_pods(in, pods, &err), 0);
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_msg(strstr(err.msg, wanted) != NULL, "%s", err.msg);
	ck_assert_ptr_nonnull(strstr(err.msg, "pod 'x/one'"));
	ck_assert_uint_eq(count_files("one"), 0);
	ck_assert_uint_eq(bed.n_execs, 1);
	json_decref(pods);
	np_inject_free(in);
	bed_stop();
}
END_TEST

/* Another architecture's program, or anything else. */
START_TEST(what_does_not_run_there_is_refused)
{
	static const char junk[] = "\x7f" "ELF\x02\x01\x01 no program of this machine\n\x01\x02\n";
	struct np_inject *in;
	json_t *pods = json_array();
	struct np_err err = { 0 };

	bed_start();
	in = np_inject_made(junk, sizeof(junk), exec_here, NULL);
	json_array_append_new(pods, make_pod("one", "1"));
	bed.pids[0] = start_container(json_array_get(pods, 0));
	ck_assert_int_lt(np_inject_pods(in, pods, &err), 0);
	ck_assert_msg(strstr(err.msg, "status 5: ") != NULL, "%s", err.msg);
	ck_assert_ptr_nonnull(strstr(err.msg, "architecture"));
	for (const char *p = err.msg; *p; p++)
		ck_assert_msg(*p >= ' ' && *p <= '~', "byte %d", *p);
	ck_assert_uint_eq(count_files("one"), 0);
	json_decref(pods);
	np_inject_free(in);
	bed_stop();
}
END_TEST

/* ---- what the way into a pod may come to ---- */

struct reply {
	int status; /* of the command, or -1 with @code */
	enum np_errcode code;
	const char *out;
};

/* Replies one after the other, the last one from then on. */
struct replies {
	const struct reply *list;
	size_t n, at;
};

static int exec_scripted(void *ctx, const char *ns, const char *pod, const char *container,
			 const char *const *argv, const struct np_buf *input, int timeout_ms,
			 struct np_buf *ret_out, struct np_buf *ret_errout, struct np_err *err)
{
	struct replies *r = ctx;
	const struct reply *now = &r->list[r->at < r->n ? r->at : r->n - 1];

	(void)ns, (void)pod, (void)container, (void)argv, (void)input, (void)ret_errout;
	ck_assert_int_gt(timeout_ms, 0);
	ck_assert_int_le(timeout_ms, NP_INJECT_TIMEOUT_MS);
	r->at++;
	if (now->status < 0)
		return np_err_set(err, now->code, "the stream was lost");
	np_buf_adds(ret_out, now->out);
	return now->status;
}

static const struct outcome {
	struct reply replies[4];
	size_t n_replies, n_execs;
	bool works;
	const char *why;
} outcomes[] = {
	{ { { 0, 0, VERSION_LINE } }, 1, 1, true, NULL },
	{ { { -1, NP_EENV, "" }, { -1, NP_ETIMEOUT, "" }, { 0, 0, VERSION_LINE } }, 3, 3, true,
	  NULL },
	{ { { -1, NP_EENV, "" } },
	  1,
	  NP_INJECT_TRIES,
	  false,
	  "cannot bring the agent into pod 'x/one': the stream was lost" },
	{ { { -1, NP_EDENIED, "" } }, 1, 1, false, "the stream was lost" },
	{ { { -1, NP_ENOTFOUND, "" } }, 1, 1, false, "the stream was lost" },
	{ { { -1, NP_EINTR, "" } }, 1, 1, false, "the stream was lost" },
	{ { { 127, 0, "" } }, 1, 1, false, "status 127" },
	{ { { 0, 0, "" } }, 1, 1, false, "status 0: )" },
	{ { { 0, 0, "netpolcheck-agent 9, protocol 99\n" } },
	  1,
	  1,
	  false,
	  "status 0: netpolcheck-agent 9, protocol 99" },
	{ { { 0, 0, "welcome to this image\n" } }, 1, 1, false, "welcome to this image" },
};

START_TEST(what_is_tried_again)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(outcomes); i++) {
		const struct outcome *o = &outcomes[i];
		struct replies r = { o->replies, o->n_replies, 0 };
		struct np_inject *in = np_inject_made("agent", 5, exec_scripted, &r);
		json_t *pods = json_array();
		struct np_err err = { 0 };
		int rc;

		json_array_append_new(pods, make_pod("one", "1"));
		rc = np_inject_pods(in, pods, &err);
		ck_assert_msg((rc == 0) == o->works, "%zu: %s", i, err.msg);
		ck_assert_uint_eq(r.at, o->n_execs);
		if (!o->works) {
			ck_assert_msg(strstr(err.msg, o->why) != NULL, "%zu: %s", i, err.msg);
			/* What failed is not taken for done. */
			ck_assert_int_lt(np_inject_pods(in, pods, &err), 0);
			ck_assert_uint_gt(r.at, o->n_execs);
		}
		json_decref(pods);
		np_inject_free(in);
	}
}
END_TEST

/* Not running, going, or with an agent in its image. */
START_TEST(pods_that_do_not_wait_are_left_alone)
{
	const struct reply reply = { 1, 0, "" };
	struct replies r = { &reply, 1, 0 };
	struct np_inject *in = np_inject_made("agent", 5, exec_scripted, &r);
	const struct np_podspec own = { .image = "own", .identity = "x/own" };
	json_t *pods = json_array(), *pod;
	struct np_err err = { 0 };

	pod = make_pod("pending", "1");
	json_object_set_new(json_object_get(pod, "status"), "phase", json_string("Pending"));
	json_array_append_new(pods, pod);
	pod = make_pod("going", "2");
	json_object_set_new(json_object_get(pod, "metadata"), "deletionTimestamp",
			    json_string("2030-01-01T00:00:00Z"));
	json_array_append_new(pods, pod);
	pod = np_podspec_new("x", "own", "a", false, &own);
	json_object_set_new(pod, "status", np_json_pack("{s:s}", "phase", "Running"));
	json_array_append_new(pods, pod);
	ck_assert_int_eq(np_inject_pods(in, pods, &err), 0);
	ck_assert_int_eq(np_inject_pods(NULL, pods, &err), 0);
	ck_assert_uint_eq(r.at, 0);
	json_decref(pods);
	np_inject_free(in);
}
END_TEST

START_TEST(an_agent_that_is_not_there)
{
	struct np_inject *in = NULL;
	struct np_err err = { 0 };

	setenv("NETPOLCHECK_AGENT", "/nonexistent/agent", 1);
	ck_assert_int_lt(np_inject_new(NULL, &in, &err), 0);
	unsetenv("NETPOLCHECK_AGENT");
	ck_assert_int_eq(err.code, NP_EENV);
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/agent"));
	ck_assert_ptr_nonnull(strstr(err.msg, "make agent"));
	ck_assert_str_eq(np_inject_agent(NULL), "/netpolcheck-agent");
}
END_TEST

/* ---- the manifest ---- */

/* Only what the level "restricted" knows: an emptyDir, nothing of the host, the root stays as it
 * was. */
START_TEST(a_waiting_pod)
{
	static const struct np_expect_port port = { .proto = NP_TCP, .first = 80, .last = 80 };
	const struct np_podspec spec = {
		.image = "stock", .identity = "x/a", .inject = true, .ports = &port, .n_ports = 1
	};
	json_t *pod = np_json_pack("{s:{s:[{}, {}], s:[{}, {s:s}]}}", "spec", "containers",
				   "initContainers", "restartPolicy", "Always");
	const json_t *ctrs, *ctr, *once;
	size_t i;

	np_podspec_apply(pod, &spec);
	ctrs = np_json_at(pod, "spec/containers");
	ck_assert_int_eq((int)json_array_size(np_json_at(pod, "spec/volumes")), 1);
	ck_assert_str_eq(np_json_str(json_array_get(np_json_at(pod, "spec/volumes"), 0),
				     "emptyDir/sizeLimit", ""),
			 "16Mi");
	json_array_foreach(ctrs, i, ctr) {
		ck_assert_str_eq(np_json_str(ctr, "image", ""), "stock");
		ck_assert_str_eq(
			json_string_value(json_array_get(json_object_get(ctr, "command"), 0)), "sh");
		ck_assert_int_eq(np_json_bool(ctr, "securityContext/readOnlyRootFilesystem", 0), 1);
		ck_assert((json_object_get(ctr, "volumeMounts") != NULL) == (i == 0));
		ck_assert((json_object_get(ctr, "args") != NULL) == (i == 0));
	}
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(json_array_get(ctrs, 0),
									  "args"),
							  0)),
			 "serve");
	once = json_deep_copy(pod);
	np_podspec_apply(pod, &spec);
	ck_assert(json_equal(pod, once));
	json_decref((json_t *)(uintptr_t)once);
	json_decref(pod);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		pods_become_the_agent,
		a_container_that_starts_again_finds_the_agent,
		what_does_not_arrive_whole_is_refused,
		what_does_not_run_there_is_refused,
		what_is_tried_again,
		pods_that_do_not_wait_are_left_alone,
		an_agent_that_is_not_there,
		a_waiting_pod,
	};
	Suite *suite = suite_create("inject");
	TCase *tc = tcase_create("inject");

	tcase_set_timeout(tc, 60);
	for (size_t i = 0; i < NP_ARRAY_SIZE(tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
