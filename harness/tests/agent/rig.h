/*
 * rig.h - tests of the built agent: a user and network namespace of the test's own, agents in it, lines to and from them. Every wait has
 * a deadline; every child ends with the test. The agent is $NP_AGENT, else ../../netpolcheck-agent beside the test program.
 */
#ifndef TESTS_AGENT_RIG_H
#define TESTS_AGENT_RIG_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "np/agent/proto.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/mem.h"

#define RIG_SKIPPED 77
#define RIG_WAIT_MS 20000
#define RIG_UNUSED __attribute__((unused))

/* Addresses of the namespace, all on lo. Ports 9901 are dropped, 9902 administratively prohibited, whatever the protocol. */
#define V4_A "10.99.0.1"
#define V4_B "10.99.0.2"
#define V6_A "fd99::1"
#define V6_B "fd99::2"

static const char rig_setup[] =
	"export PATH=$PATH:/usr/sbin:/sbin && ip link set lo up && "
	"ip addr add " V4_A "/32 dev lo && ip addr add " V4_B "/32 dev lo && "
	"ip addr add " V6_A "/128 dev lo nodad && ip addr add " V6_B "/128 dev lo nodad && "
	"nft add table inet t && nft add chain inet t i '{ type filter hook input priority 0; }' && "
	"for p in tcp udp sctp; do nft add rule inet t i $p dport 9901 drop && "
	"nft add rule inet t i $p dport 9902 reject with icmpx admin-prohibited || exit 1; done && "
	"nft add chain inet t o '{ type filter hook output priority 0; }' && nft add rule inet t o udp dport 9903 drop";

static char rig_agent[PATH_MAX];

/* ---- the namespace ---- */

static inline bool rig_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

static inline bool rig_find_agent(void)
{
	const char *given = getenv("NP_AGENT");
	char self[PATH_MAX - 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (given) {
		snprintf(rig_agent, sizeof(rig_agent), "%s", given);
	} else if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		snprintf(rig_agent, sizeof(rig_agent), "%.*s/../../netpolcheck-agent", (int)(slash - self), self);
	}
	return access(rig_agent, X_OK) == 0;
}

/* 0, or the status to exit with after a sentence on what is missing. */
static inline int rig_enter(void)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (!rig_find_agent()) {
		fprintf(stderr, "no agent at '%s': build it, or set NP_AGENT\n", rig_agent);
		return 1;
	}
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		printf("skipped: no user and network namespace here: %s\n", strerror(errno));
		return RIG_SKIPPED;
	}
	(void)rig_write("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (!rig_write("/proc/self/uid_map", map)) {
		printf("skipped: the user namespace takes no uid map: %s\n", strerror(errno));
		return RIG_SKIPPED;
	}
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	(void)rig_write("/proc/self/gid_map", map);
	if (system(rig_setup) != 0) {
		fprintf(stderr, "cannot set up the namespace with ip and nft\n");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static inline int rig_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

/* ---- processes ---- */

struct proc {
	pid_t pid;
	int in, out, err;	/* the process's standard descriptors, our ends */
	struct np_buf text;	/* of out, not yet taken */
};

/* Runs the agent with the NULL-ended @args. @n_files: RLIMIT_NOFILE, 0 leaves it. */
static inline struct proc rig_spawn(const char *const *args, unsigned n_files)
{
	const char *argv[32] = { rig_agent };
	struct rlimit limit = { n_files, n_files };
	int in[2], out[2], err[2];
	struct proc p;

	for (size_t i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	ck_assert(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
	p = (struct proc){ .pid = fork(), .in = in[1], .out = out[0], .err = err[0] };
	ck_assert_int_ge(p.pid, 0);
	if (p.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		if (n_files)
			setrlimit(RLIMIT_NOFILE, &limit);
		execv(rig_agent, (char *const *)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	return p;
}

#define rig_agent_run(...) rig_spawn((const char *const[]){ __VA_ARGS__, NULL }, 0)

/* Exit status of @p, which ends by itself; 128 + n for a signal. */
static inline int rig_wait(struct proc *p)
{
	int64_t deadline = np_now_ms() + RIG_WAIT_MS;
	int status = 0;

	for (;;) {
		pid_t got = waitpid(p->pid, &status, WNOHANG);

		ck_assert_int_ge(got, 0);
		if (got == p->pid)
			break;
		ck_assert_msg(np_now_ms() < deadline, "agent does not end");
		np_sleep_ms(2);
	}
	close(p->in);
	close(p->out);
	close(p->err);
	np_buf_release(&p->text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

RIG_UNUSED static int rig_stop(struct proc *p, int sig)
{
	ck_assert_int_eq(kill(p->pid, sig), 0);
	return rig_wait(p);
}

static inline bool rig_readable(int fd, int wait_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, wait_ms) == 1;
}

/* All that comes from @fd until it is closed. */
RIG_UNUSED static void rig_read_all(int fd, struct np_buf *b)
{
	ssize_t n;

	do {
		ck_assert_msg(rig_readable(fd, RIG_WAIT_MS), "nothing comes");
		n = read(fd, np_buf_reserve(b, 65536), 65536);
		if (n > 0)
			b->len += (size_t)n;
	} while (n > 0);
	np_buf_add(b, "", 0);
}

/* ---- lines ---- */

static inline void rig_send(struct proc *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void rig_send(struct proc *p, const char *fmt, ...)
{
	struct np_buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	np_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	ck_assert_int_eq(np_write_all(p->in, b.data, b.len), 0);
	np_buf_release(&b);
}

/* The next line without newline into @line; false when the agent has closed its output. */
static inline bool rig_line(struct proc *p, char *line, size_t size)
{
	const char *newline;
	ssize_t n;

	while (!p->text.len || !(newline = memchr(p->text.data, '\n', p->text.len))) {
		ck_assert_msg(rig_readable(p->out, RIG_WAIT_MS), "no line comes");
		n = read(p->out, np_buf_reserve(&p->text, 65536), 65536);
		ck_assert_int_ge(n, 0);
		if (n == 0)
			return false;
		p->text.len += (size_t)n;
	}
	n = newline - p->text.data;
	ck_assert_uint_lt((size_t)n, size);
	memcpy(line, p->text.data, (size_t)n);
	line[n] = '\0';
	np_buf_consume(&p->text, (size_t)n + 1);
	return true;
}

RIG_UNUSED static void rig_expect(struct proc *p, const char *wanted)
{
	char line[NP_AGENT_ANSWER_MAX];

	ck_assert_msg(rig_line(p, line, sizeof(line)), "end of output, wanted '%s'", wanted);
	ck_assert_str_eq(line, wanted);
}

RIG_UNUSED static void rig_expect_start(struct proc *p, const char *wanted)
{
	char line[NP_AGENT_ANSWER_MAX];

	ck_assert_msg(rig_line(p, line, sizeof(line)), "end of output, wanted '%s'", wanted);
	ck_assert_msg(strncmp(line, wanted, strlen(wanted)) == 0, "'%s', wanted '%s'", line, wanted);
}

RIG_UNUSED static void rig_expect_end(struct proc *p)
{
	char line[NP_AGENT_ANSWER_MAX];

	ck_assert_msg(!rig_line(p, line, sizeof(line)), "'%s' after the end", line);
}

/* An agent in probe mode whose hello was read. */
RIG_UNUSED static struct proc rig_prober(void)
{
	struct proc p = rig_agent_run("probe", "--identity", "x/prober");

	rig_expect_start(&p, "hello 1 x/prober ");
	return p;
}

/* An agent that serves; @args begin with "serve". */
#define rig_server(...) rig_server_of((const char *const[]){ __VA_ARGS__, NULL })
RIG_UNUSED static struct proc rig_server_of(const char *const *args)
{
	struct proc p = rig_spawn(args, 0);

	rig_expect_start(&p, "ready ");
	return p;
}

/* ---- batches ---- */

struct answer {
	bool there;
	struct np_agent_msg msg;	/* its strings point into @line */
	char line[NP_AGENT_ANSWER_MAX];
};

/* Reads the results of batch @id into @answers (@n of them), up to its `done`. */
RIG_UNUSED static void rig_collect(struct proc *p, unsigned id, struct answer *answers, size_t n)
{
	struct np_err err = { 0 };

	for (size_t i = 0; i < n; i++)
		answers[i].there = false;
	for (size_t i = 0; i <= n; i++) {
		char line[NP_AGENT_ANSWER_MAX];
		struct np_agent_msg m;

		ck_assert_msg(rig_line(p, line, sizeof(line)), "end of output inside a batch");
		ck_assert_msg(np_agent_parse(np_str_from(line), &m, &err) == 0, "'%s': %s", line, err.msg);
		ck_assert_msg(m.kind == (i < n ? NP_MSG_RESULT : NP_MSG_DONE), "'%s'", line);
		ck_assert_uint_eq(m.batch, id);
		if (m.kind == NP_MSG_DONE)
			break;
		ck_assert_uint_lt(m.idx, n);
		ck_assert_msg(!answers[m.idx].there, "two results for %u", m.idx);
		memcpy(answers[m.idx].line, line, sizeof(line));
		np_agent_parse(np_str_from(answers[m.idx].line), &answers[m.idx].msg, &err);
		answers[m.idx].there = true;
	}
}

/* Sends @n probes, each "KIND ADDR PORT EXPECT [options]", and reads their results. */
RIG_UNUSED static void rig_batch(struct proc *p, const char *const *probes, size_t n, unsigned timeout_ms, unsigned attempts, struct answer *answers)
{
	struct np_buf b = { 0 };
	static unsigned id;

	np_agent_put_batch(&b, ++id, n, timeout_ms, attempts);
	for (size_t i = 0; i < n; i++)
		np_buf_printf(&b, "p %zu %s\n", i, probes[i]);
	ck_assert_int_eq(np_write_all(p->in, b.data, b.len), 0);
	np_buf_release(&b);
	rig_collect(p, id, answers, n);
}

#endif
