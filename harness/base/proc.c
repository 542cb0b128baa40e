/* proc.c - running a program with bounded time and output. */
#include "np/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/mem.h"

#define MAX_OUTPUT_BYTES (16UL * 1024 * 1024)
#define READ_BYTES (64UL * 1024)
#define DRAIN_READS 16		/* a pipe holds at most 1 MiB unless root raised it */
#define NO_PIDFD_PAUSE_MS 20

/* One output of the child. @fd is our end, non-blocking, -1 after its end or when nobody wants it. */
struct stream {
	int fd, child_fd;
	struct np_buf *buf;
	size_t room_bytes;
};

struct run {
	const char *const *argv;
	const struct np_buf *input;
	int input_fd;			/* what the child gets as standard input, -1: /dev/null */
	struct stream out[2];
	pid_t pid;
	int pidfd;			/* -1 where the kernel has none: then we look every NO_PIDFD_PAUSE_MS */
};

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static char *find_in(const char *folders, const char *name)
{
	for (const char *p = folders; ; p++) {
		size_t n = strcspn(p, ":");
		char *path = n ? np_xasprintf("%.*s/%s", (int)n, p, name) : np_xasprintf("./%s", name);

		if (is_program(path))
			return path;
		free(path);
		p += n;
		if (!*p)
			return NULL;
	}
}

/* Unprivileged users often lack the sbin folders in PATH, where nft and conntrack live. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	char *found;

	if (strchr(name, '/'))
		return np_xstrdup(name);
	found = find_in(path && *path ? path : "/usr/local/bin:/usr/bin:/bin", name);
	return found ? found : find_in("/usr/local/sbin:/usr/sbin:/sbin", name);
}

/* Above the standard descriptors, so that dup2() in the child cannot run over one that is still needed. */
static int above_stdio(int fd)
{
	int moved;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(fd);
	return moved;
}

static int open_stream(struct stream *s, struct np_err *err)
{
	int fds[2];

	if (!s->buf)
		return 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a pipe");
	s->fd = above_stdio(fds[0]);
	s->child_fd = above_stdio(fds[1]);
	if (s->fd < 0 || s->child_fd < 0 || fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a pipe");
	return 0;
}

/*
 * The input goes into a memory file: no writing beside the reading, no SIGPIPE when the child does not care for it, and
 * a child that opens /dev/stdin by name (nft) can.
 */
static int open_input(struct run *r, struct np_err *err)
{
	if (!r->input)
		return 0;
	r->input_fd = above_stdio(memfd_create("input", MFD_CLOEXEC));
	if (r->input_fd < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a memory file");
	if (np_write_all(r->input_fd, r->input->data, r->input->len) < 0 || lseek(r->input_fd, 0, SEEK_SET) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot fill a memory file");
	return 0;
}

static int add_action(posix_spawn_file_actions_t *fa, int fd, int target, int flags)
{
	if (fd < 0)
		return posix_spawn_file_actions_addopen(fa, target, "/dev/null", flags, 0);
	return posix_spawn_file_actions_adddup2(fa, fd, target);
}

/* The child starts with no signal blocked or ignored, whatever our threads do. */
static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int e;

	sigemptyset(&none);
	sigfillset(&all);
	e = posix_spawnattr_setsigmask(attr, &none);
	if (!e)
		e = posix_spawnattr_setsigdefault(attr, &all);
	if (!e)
		e = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return e;
}

/* glibc's posix_spawn() is a vfork: safe beside other threads, and exec's error comes back as the result. */
static int spawn(struct run *r, const char *path)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int e;

	e = posix_spawn_file_actions_init(&fa);
	if (e)
		return e;
	e = posix_spawnattr_init(&attr);
	if (e) {
		posix_spawn_file_actions_destroy(&fa);
		return e;
	}
	e = set_signals(&attr);
	if (!e)
		e = add_action(&fa, r->input_fd, STDIN_FILENO, O_RDONLY);
	if (!e)
		e = add_action(&fa, r->out[0].child_fd, STDOUT_FILENO, O_WRONLY);
	if (!e)
		e = add_action(&fa, r->out[1].child_fd, STDERR_FILENO, O_WRONLY);
	if (!e)
		e = posix_spawn(&r->pid, path, &fa, &attr, (char *const *)r->argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return e;
}

static void close_fd(int *fd)
{
	np_cleanup_fd(fd);
	*fd = -1;
}

static int start(struct run *r, struct np_err *err)
{
	np_auto_free char *path = find_program(r->argv[0]);
	int e;

	if (!path)
		return np_err_set(err, NP_EENV, "'%s' was not found in PATH or the sbin folders", r->argv[0]);
	if (open_input(r, err) < 0 || open_stream(&r->out[0], err) < 0 || open_stream(&r->out[1], err) < 0)
		return -1;
	e = spawn(r, path);
	close_fd(&r->input_fd);
	close_fd(&r->out[0].child_fd);
	close_fd(&r->out[1].child_fd);
	if (e)
		return np_err_errno(err, NP_EENV, e, "cannot start '%s'", path);
	r->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	return 0;
}

/* One read; false when there is nothing more now or ever. */
static bool read_some(struct stream *s)
{
	char bytes[READ_BYTES];
	ssize_t n;

	if (s->fd < 0)
		return false;
	n = read(s->fd, bytes, sizeof(bytes));
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		close_fd(&s->fd);
		return false;
	}
	if ((size_t)n > s->room_bytes)
		n = (ssize_t)s->room_bytes;
	np_buf_add(s->buf, bytes, (size_t)n);
	s->room_bytes -= (size_t)n;
	return true;
}

/* What is in the pipes already; a grandchild that keeps them open does not keep us. */
static void drain(struct run *r)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(r->out); i++) {
		for (int k = 0; k < DRAIN_READS && read_some(&r->out[i]); k++)
			;
	}
}

static pid_t reap(pid_t pid, int flags, int *ret_status)
{
	pid_t got;

	do {
		got = waitpid(pid, ret_status, flags);
	} while (got < 0 && errno == EINTR);
	return got;
}

static void wait_for_news(struct run *r, int64_t left_ms)
{
	struct pollfd p[3] = {
		{ .fd = r->out[0].fd, .events = POLLIN },
		{ .fd = r->out[1].fd, .events = POLLIN },
		{ .fd = r->pidfd, .events = POLLIN },
	};

	if (r->pidfd < 0 && left_ms > NO_PIDFD_PAUSE_MS)
		left_ms = NO_PIDFD_PAUSE_MS;
	if (poll(p, 3, (int)left_ms) <= 0)
		return;
	for (int i = 0; i < 2; i++) {
		if (p[i].revents)
			read_some(&r->out[i]);
	}
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int finish(struct run *r, int timeout_ms, struct np_err *err)
{
	int64_t deadline_ms = np_now_ms() + timeout_ms;
	int status = 0;
	int64_t left_ms;
	pid_t got;

	while ((got = reap(r->pid, WNOHANG, &status)) == 0) {
		left_ms = deadline_ms - np_now_ms();
		if (left_ms <= 0) {
			kill(r->pid, SIGKILL);
			reap(r->pid, 0, &status);
			drain(r);
			return np_err_set(err, NP_ETIMEOUT, "'%s' did not end within %d ms", r->argv[0], timeout_ms);
		}
		wait_for_news(r, left_ms);
	}
	drain(r);
	if (got < 0)
		return np_err_errno(err, NP_EINTERNAL, errno, "lost the exit status of '%s'", r->argv[0]);
	return exit_status(status);
}

int np_proc_run(const char *const *argv, const struct np_buf *input, int timeout_ms, struct np_buf *ret_out,
		struct np_buf *ret_errout, struct np_err *err)
{
	struct run r = {
		.argv = argv,
		.input = input,
		.input_fd = -1,
		.out = {
			{ .fd = -1, .child_fd = -1, .buf = ret_out, .room_bytes = MAX_OUTPUT_BYTES },
			{ .fd = -1, .child_fd = -1, .buf = ret_errout, .room_bytes = MAX_OUTPUT_BYTES },
		},
		.pidfd = -1,
	};
	int status = -1;

	if (start(&r, err) == 0)
		status = finish(&r, timeout_ms, err);
	close_fd(&r.input_fd);
	close_fd(&r.pidfd);
	for (size_t i = 0; i < NP_ARRAY_SIZE(r.out); i++) {
		close_fd(&r.out[i].fd);
		close_fd(&r.out[i].child_fd);
	}
	return status;
}

void np_proc_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}
