/* spawn.c - layer kube: runs a credential plugin's program. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "np/base/clock.h"
#include "np/base/mem.h"
#include "spawn.h"

extern char **environ;

struct child {
	pid_t pid;
	int out, errout;	/* our ends, -1 when at their end */
	bool exited;
	int status;
};

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return !strncmp(a, b, n) && b[n] == '=';
}

static bool overridden(const struct np_kube_spawn *s, const char *var)
{
	for (size_t i = 0; i < s->n_env; i++)
		if (same_name(s->env[i], var))
			return true;
	return false;
}

/* A later variable of the same name wins, as in client-go. Borrowed strings, heap array. */
static char **merged_env(const struct np_kube_spawn *s)
{
	size_t n = 0, own = 0;
	char **env;

	while (environ[own])
		own++;
	env = np_xcalloc(own + s->n_env + 1, sizeof(*env));
	for (size_t i = 0; i < own; i++)
		if (!overridden(s, environ[i]))
			env[n++] = environ[i];
	for (size_t i = 0; i < s->n_env; i++)
		env[n++] = s->env[i];
	return env;
}

static int start(const struct np_kube_spawn *s, int out, int errout, pid_t *ret)
{
	np_auto_free char **env = merged_env(s);
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_adddup2(&fa, errout, 2);
	posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	posix_spawnattr_init(&at);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&at, 0);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &all);
	rc = posix_spawnp(ret, s->argv[0], &fa, &at, s->argv, env);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	return rc;
}

/* Reads what is there. False when more came than @max and @strict. Sets *@fd to -1 at its end. */
static bool drain(int *fd, struct np_buf *b, size_t max, bool strict)
{
	char bytes[4096];
	ssize_t n;

	while (*fd >= 0 && (n = read(*fd, bytes, sizeof(bytes))) != 0) {
		size_t room = max - b->len;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return true;	/* nothing more now */
		np_buf_add(b, bytes, (size_t)n < room ? (size_t)n : room);
		if ((size_t)n > room && strict)
			return false;
	}
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return true;
}

static void reap(struct child *c, int options)
{
	int w;
	pid_t got;

	do
		got = waitpid(c->pid, &w, options);
	while (got < 0 && errno == EINTR);
	if (!got)
		return;
	c->exited = true;
	c->status = got < 0 ? 255 : WIFSIGNALED(w) ? 128 + WTERMSIG(w) : WEXITSTATUS(w);
}

/*
 * Until the child itself has ended: a grandchild that keeps the pipes open must not hold us.
 */
static int follow(const struct np_kube_spawn *s, struct child *c, struct np_buf *out,
		  struct np_buf *errout, struct np_err *err)
{
	int64_t deadline = np_now_ms() + s->timeout_ms;

	for (;;) {
		struct pollfd p[2] = { { c->out, POLLIN, 0 }, { c->errout, POLLIN, 0 } };

		reap(c, WNOHANG);
		if (!drain(&c->out, out, NP_KUBE_SPAWN_OUT_MAX, true))
			return np_err_set(err, NP_ELIMIT, "'%s' wrote more than %u bytes",
					  s->argv[0], NP_KUBE_SPAWN_OUT_MAX);
		drain(&c->errout, errout, NP_KUBE_SPAWN_ERROUT_MAX, false);
		if (c->exited)
			return 0;
		if (s->cancel && atomic_load(s->cancel))
			return np_err_set(err, NP_EINTR, "interrupted");
		if (np_now_ms() >= deadline)
			return np_err_set(err, NP_ETIMEOUT, "'%s' did not end within %d ms",
					  s->argv[0], s->timeout_ms);
		poll(p, 2, c->out < 0 && c->errout < 0 ? 10 : 50);
	}
}

int np_kube_spawn(const struct np_kube_spawn *s, struct np_buf *ret_out, struct np_buf *ret_errout,
		  struct np_err *err)
{
	struct child c = { .out = -1, .errout = -1 };
	int out[2], errout[2], rc;

	if (pipe2(out, O_CLOEXEC))
		return np_err_errno(err, NP_EENV, errno, "no pipe for '%s'", s->argv[0]);
	if (pipe2(errout, O_CLOEXEC)) {
		close(out[0]);
		close(out[1]);
		return np_err_errno(err, NP_EENV, errno, "no pipe for '%s'", s->argv[0]);
	}
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(errout[0], F_SETFL, O_NONBLOCK);
	c.out = out[0];
	c.errout = errout[0];
	rc = start(s, out[1], errout[1], &c.pid);
	close(out[1]);
	close(errout[1]);
	if (rc) {
		rc = np_err_errno(err, NP_EENV, rc, "cannot start '%s'", s->argv[0]);
	} else {
		rc = follow(s, &c, ret_out, ret_errout, err);
		/*
		 * Signal before reaping the leader if it lives: afterwards its group may be
		 * somebody else's.
		 */
		if (!c.exited) {
			kill(-c.pid, SIGKILL);
			reap(&c, 0);
		}
	}
	np_cleanup_fd(&c.out);
	np_cleanup_fd(&c.errout);
	return rc ? -1 : c.status;
}
