/* test_proc.c - tests of base/proc. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include "base_test.h"
#include "np/base/clock.h"
#include "np/base/proc.h"

#define LONG_MS 60000	/* never reached when things work */

struct result {
	int status;
	struct np_buf out, errout;
	struct np_err err;
};

static void run(struct result *r, const char *const *argv, const char *input, int timeout_ms)
{
	struct np_buf in = { 0 };

	*r = (struct result){ 0 };
	if (input)
		np_buf_adds(&in, input);
	r->status = np_proc_run(argv, input ? &in : NULL, timeout_ms, &r->out, &r->errout, &r->err);
	np_buf_release(&in);
}

static void sh(struct result *r, const char *script, const char *input, int timeout_ms)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	run(r, argv, input, timeout_ms);
}

static void result_release(struct result *r)
{
	np_buf_release(&r->out);
	np_buf_release(&r->errout);
}

START_TEST(results)
{
	static const struct {
		const char *script, *input;
		int status;
		const char *out, *errout;
	} t[] = {
		{ "exit 0", NULL, 0, "", "" },
		{ "exit 7", NULL, 7, "", "" },
		{ "exit 255", NULL, 255, "", "" },
		{ "echo out; echo err >&2; exit 1", NULL, 1, "out\n", "err\n" },
		{ "kill -TERM $$", NULL, 128 + 15, "", "" },
		{ "kill -KILL $$", NULL, 128 + 9, "", "" },
		{ "cat", "some input", 0, "some input", "" },
		{ "cat", "", 0, "", "" },
		{ "cat", NULL, 0, "", "" },
		{ "cat /dev/stdin", "by name", 0, "by name", "" },
		{ "exec >&- 2>&-; sleep 0.1; exit 3", NULL, 3, "", "" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct result r;

		sh(&r, t[i].script, t[i].input, LONG_MS);
		ck_assert_msg(r.status == t[i].status, "%s: %d %s", t[i].script, r.status, r.err.msg);
		ck_assert_str_eq(np_buf_text(&r.out), t[i].out);
		ck_assert_str_eq(np_buf_text(&r.errout), t[i].errout);
		result_release(&r);
	}
}
END_TEST

START_TEST(appends_and_accepts_null)
{
	const char *argv[] = { "sh", "-c", "echo out; echo err >&2", NULL };
	struct np_buf b = { 0 };
	struct np_err err = { 0 };

	np_buf_adds(&b, "> ");
	ck_assert_int_eq(np_proc_run(argv, NULL, LONG_MS, &b, NULL, &err), 0);
	ck_assert_int_eq(np_proc_run(argv, NULL, LONG_MS, NULL, &b, &err), 0);
	ck_assert_int_eq(np_proc_run(argv, NULL, LONG_MS, NULL, NULL, NULL), 0);
	ck_assert_str_eq(np_buf_text(&b), "> out\nerr\n");
	np_buf_release(&b);
}
END_TEST

/* More than pipes hold, both ways at once, and a child that does not read at all. */
START_TEST(much_data)
{
	static const char *const scripts[] = { "cat", "cat >&2", "exec <&-; exit 0", "true" };
	char *big = np_xmalloc(3 * 1024 * 1024 + 1);

	memset(big, 'x', 3 * 1024 * 1024);
	big[3 * 1024 * 1024] = '\0';
	for (size_t i = 0; i < NP_ARRAY_SIZE(scripts); i++) {
		struct result r;

		sh(&r, scripts[i], big, LONG_MS);
		ck_assert_msg(r.status == 0, "%s: %d %s", scripts[i], r.status, r.err.msg);
		ck_assert_uint_eq(r.out.len + r.errout.len, i < 2 ? 3 * 1024 * 1024 : 0);
		result_release(&r);
	}
	free(big);
}
END_TEST

START_TEST(output_is_limited)
{
	struct result r;

	sh(&r, "head -c 17000000 /dev/zero; echo end >&2; exit 4", NULL, LONG_MS);
	ck_assert_int_eq(r.status, 4);
	ck_assert_uint_eq(r.out.len, 16 * 1024 * 1024);
	ck_assert_str_eq(np_buf_text(&r.errout), "end\n");
	result_release(&r);
}
END_TEST

START_TEST(cannot_start)
{
	static const char *const names[] = { "no-such-program-anywhere", "/nonexistent/x", "/etc/passwd", "/", "" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++) {
		const char *argv[] = { names[i], NULL };
		struct result r;

		run(&r, argv, "input", LONG_MS);
		ck_assert_msg(r.status == -1, "'%s': %d", names[i], r.status);
		ck_assert_msg(r.err.code == NP_EENV, "'%s': %s", names[i], r.err.msg);
		ck_assert_ptr_nonnull(strstr(r.err.msg, names[i]));
		result_release(&r);
	}
}
END_TEST

START_TEST(search_path)
{
	static const struct {
		const char *path;	/* NULL: unset */
		const char *name;
		bool found;
	} t[] = {
		{ "/usr/bin:/bin", "sh", true }, { NULL, "sh", true }, { "", "sh", true },
		{ "/nonexistent", "sh", false }, { "/nonexistent", "chroot", true }, { "/usr/bin:/bin", "chroot", true },
		{ "/nonexistent:/bin:/usr/bin", "sh", true }, { "/etc:/bin", "sh", true },
	};
	np_auto_free char *old = np_xstrdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		const char *argv[] = { t[i].name, "--version", NULL };
		const char *argv_sh[] = { t[i].name, "-c", "exit 0", NULL };
		struct result r;

		if (t[i].path)
			setenv("PATH", t[i].path, 1);
		else
			unsetenv("PATH");
		run(&r, strcmp(t[i].name, "sh") == 0 ? argv_sh : argv, NULL, LONG_MS);
		ck_assert_msg(r.status == (t[i].found ? 0 : -1), "row %zu: %d %s", i, r.status, r.err.msg);
		result_release(&r);
	}
	setenv("PATH", old, 1);
}
END_TEST

static pid_t pid_in(const struct np_buf *b)
{
	return (pid_t)strtol(np_buf_text(b), NULL, 10);
}

START_TEST(timeout_kills)
{
	struct result r;
	pid_t pid;

	sh(&r, "echo $$; exec sleep 600", NULL, 1000);
	ck_assert_int_eq(r.status, -1);
	ck_assert_int_eq(r.err.code, NP_ETIMEOUT);
	pid = pid_in(&r.out);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
	result_release(&r);
	sh(&r, "trap '' TERM INT HUP; while :; do sleep 1; done", NULL, 0);
	ck_assert_int_eq(r.err.code, NP_ETIMEOUT);
	result_release(&r);
}
END_TEST

/* A child that never stops talking must not keep us past the deadline either. */
START_TEST(timeout_of_a_talker)
{
	struct result r;

	sh(&r, "exec cat /dev/zero", NULL, 300);
	ck_assert_int_eq(r.status, -1);
	ck_assert_int_eq(r.err.code, NP_ETIMEOUT);
	ck_assert_uint_le(r.out.len, 16 * 1024 * 1024);
	result_release(&r);
}
END_TEST

START_TEST(grandchild_keeps_the_pipe)
{
	struct result r;

	sh(&r, "sleep 600 & echo $!", NULL, LONG_MS);
	ck_assert_msg(r.status == 0, "%d %s", r.status, r.err.msg);
	ck_assert_int_gt(pid_in(&r.out), 1);
	ck_assert_int_eq(kill(pid_in(&r.out), SIGKILL), 0);
	result_release(&r);
}
END_TEST

/* It writes for ever; we leave when the child does, and the closed pipe ends it. */
START_TEST(grandchild_keeps_talking)
{
	struct result r;

	sh(&r, "cat /dev/zero & sleep 0.1; exit 6", NULL, LONG_MS);
	ck_assert_msg(r.status == 6, "%d %s", r.status, r.err.msg);
	ck_assert_uint_gt(r.out.len, 0);
	result_release(&r);
}
END_TEST

START_TEST(signals_are_reset)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	const unsigned long long libc_own = 3ULL << 31;	/* 32 and 33: glibc hides them from everybody */
	unsigned long long blocked = 1, ignored = 1;
	struct result r;
	sigset_t block, before;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	pthread_sigmask(SIG_BLOCK, &block, &before);
	sh(&r, "exec grep -E '^Sig(Blk|Ign)' /proc/self/status", NULL, LONG_MS);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, old);
	ck_assert_int_eq(sscanf(np_buf_text(&r.out), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	ck_assert_uint_eq(blocked, 0);
	ck_assert_uint_eq(ignored & ~libc_own, 0);
	result_release(&r);
}
END_TEST

START_TEST(lost_status_is_said)
{
	void (*old)(int) = signal(SIGCHLD, SIG_IGN);
	struct result r;

	sh(&r, "exit 0", NULL, LONG_MS);
	signal(SIGCHLD, old);
	ck_assert_int_eq(r.status, -1);
	ck_assert_int_eq(r.err.code, NP_EINTERNAL);
	result_release(&r);
}
END_TEST

/* Runs with the three standard descriptors closed: our pipes then get their numbers first. */
static void without_stdio(void *arg)
{
	struct result r;

	(void)arg;
	close(0);
	close(1);
	close(2);
	sh(&r, "cat; echo err >&2", "in", LONG_MS);
	if (r.status != 0)
		_exit(10);
	if (strcmp(np_buf_text(&r.out), "in") != 0 || strcmp(np_buf_text(&r.errout), "err\n") != 0)
		_exit(11);
	result_release(&r);
}

/* Here the one pipe's ends would be 0 and 1, which the child's /dev/null would run over. */
static void without_stdin_and_stdout(void *arg)
{
	const char *argv[] = { "sh", "-c", "echo err >&2", NULL };
	struct np_buf b = { 0 };

	(void)arg;
	close(0);
	close(1);
	if (np_proc_run(argv, NULL, LONG_MS, NULL, &b, NULL) != 0)
		_exit(10);
	if (strcmp(np_buf_text(&b), "err\n") != 0)
		_exit(11);
	np_buf_release(&b);
}

START_TEST(closed_stdio)
{
	struct np_buf text = { 0 };

	ck_assert_int_eq(in_child(without_stdio, NULL, &text), 0);
	ck_assert_int_eq(in_child(without_stdin_and_stdout, NULL, &text), 0);
	np_buf_release(&text);
}
END_TEST

/* The numbers of the descriptors a child has, with the one it reads the folder through. */
static void list_fds(struct result *r)
{
	static const char *const argv[] = { "ls", "/proc/self/fd", NULL };

	run(r, argv, NULL, LONG_MS);
}

#define N_THREADS 4
#define N_RUNS 25

static void *run_often(void *arg)
{
	const char *baseline = arg;
	long n_bad = 0;

	for (int i = 0; i < N_RUNS; i++) {
		struct result r;

		list_fds(&r);
		n_bad += r.status != 0 || strcmp(np_buf_text(&r.out), baseline) != 0;
		result_release(&r);
		sh(&r, "cat; exit 5", "abc", LONG_MS);
		n_bad += r.status != 5 || strcmp(np_buf_text(&r.out), "abc") != 0;
		result_release(&r);
	}
	return (void *)n_bad;
}

/* Children started at the same time see no descriptor of each other, and nothing is left open here. */
START_TEST(threads)
{
	pthread_t t[N_THREADS];
	struct result r, after;
	void *n_bad;

	list_fds(&r);
	ck_assert_int_eq(r.status, 0);
	ck_assert(np_str_starts((struct np_str){ r.out.data, r.out.len }, "0\n1\n"));
	for (int i = 0; i < N_THREADS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, run_often, r.out.data), 0);
	for (int i = 0; i < N_THREADS; i++) {
		ck_assert_int_eq(pthread_join(t[i], &n_bad), 0);
		ck_assert_int_eq((long)n_bad, 0);
	}
	list_fds(&after);
	ck_assert_str_eq(np_buf_text(&after.out), np_buf_text(&r.out));
	result_release(&r);
	result_release(&after);
}
END_TEST

static int lowest_free_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

START_TEST(no_descriptor_is_left_open)
{
	int before = lowest_free_fd();
	static const char *const scripts[] = { "exit 0", "echo x; echo y >&2", "exec sleep 600" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(scripts); i++) {
		struct result r;

		sh(&r, scripts[i], "input", i == 2 ? 10 : LONG_MS);
		result_release(&r);
		ck_assert_msg(lowest_free_fd() == before, "%s", scripts[i]);
	}
	for (int i = 0; i < 3; i++) {
		const char *argv[] = { "/nonexistent/x", NULL };
		struct result r;

		run(&r, argv, "input", LONG_MS);
		result_release(&r);
		ck_assert_int_eq(lowest_free_fd(), before);
	}
}
END_TEST

RUN_TESTS("proc", results, appends_and_accepts_null, much_data, output_is_limited, cannot_start, search_path,
	  timeout_kills, timeout_of_a_talker, grandchild_keeps_the_pipe, grandchild_keeps_talking,
	  signals_are_reset, lost_status_is_said, closed_stdio, threads, no_descriptor_is_left_open)
