/* The first process's main thread. The contract is in reaper.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netns.h"
#include "np/base/clock.h"
#include "np/base/mem.h"
#include "reaper.h"

#define FIRST_PRETENDED (1 << 23)	/* beyond the kernel's largest pid, 1 << 22 */
#define LOOK_MS 1000			/* how long a lost signal could delay a reaping */
#define EXTRA_FD 3

/* A process that runs, or has ended and is waited for. */
struct entry {
	pid_t pid;
	uint64_t owner;
	bool waited, ended;
	int status;
	void (*on_exit)(void *ctx, uint64_t owner, pid_t pid, int status);
	void *ctx;
};

/* A call of np_reaper_spawn() on its way to the main thread and back. */
struct request {
	const struct np_spawn *spawn;
	struct request *next;
	bool done;
	int error;
	pid_t pid;
};

struct np_reaper {
	pthread_mutex_t lock;
	pthread_cond_t changed;		/* a request is done, a process has ended */
	struct entry *entries;
	size_t n_entries, cap_entries;
	struct request *requests, **last_request;
	pid_t next_pretended;
	bool stopping, stopped;
	int signal_fd, wake_fd, netns_fd;
};

struct np_reaper *np_reaper_new(struct np_err *err)
{
	struct np_reaper *r = np_xcalloc(1, sizeof(*r));
	pthread_condattr_t attr;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &chld, NULL);
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->changed, &attr);
	pthread_condattr_destroy(&attr);
	r->last_request = &r->requests;
	r->next_pretended = FIRST_PRETENDED;
	r->signal_fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->netns_fd = np_netns_current(err);
	if (r->netns_fd >= 0 && r->signal_fd >= 0 && r->wake_fd >= 0)
		return r;
	if (r->netns_fd >= 0)
		np_err_errno(err, NP_EENV, errno, "cannot make a descriptor for signals");
	np_reaper_free(r);
	return NULL;
}

void np_reaper_free(struct np_reaper *r)
{
	if (!r)
		return;
	np_cleanup_fd(&r->signal_fd);
	np_cleanup_fd(&r->wake_fd);
	np_cleanup_fd(&r->netns_fd);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r->entries);
	free(r);
}

static void wake(struct np_reaper *r)
{
	uint64_t one = 1;

	if (write(r->wake_fd, &one, sizeof(one)) < 0)
		return;		/* the counter is full: it is awake anyway */
}

static struct entry *find(struct np_reaper *r, pid_t pid)
{
	for (size_t i = 0; i < r->n_entries; i++) {
		if (r->entries[i].pid == pid)
			return &r->entries[i];
	}
	return NULL;
}

static void add(struct np_reaper *r, struct entry e)
{
	r->entries = np_grow(r->entries, &r->cap_entries, r->n_entries, sizeof(*r->entries));
	r->entries[r->n_entries++] = e;
}

static void forget(struct np_reaper *r, struct entry *e)
{
	*e = r->entries[--r->n_entries];
}

static int add_descriptor(posix_spawn_file_actions_t *fa, int fd, int target)
{
	if (fd < 0)
		return posix_spawn_file_actions_addopen(fa, target, "/dev/null", O_RDWR, 0);
	return posix_spawn_file_actions_adddup2(fa, fd, target);
}

static int add_descriptors(posix_spawn_file_actions_t *fa, const struct np_spawn *s)
{
	int e = 0;

	for (int i = 0; i < 3 && !e; i++)
		e = add_descriptor(fa, s->stdio[i], i);
	if (!e && s->extra_fd >= 0)
		e = posix_spawn_file_actions_adddup2(fa, s->extra_fd, EXTRA_FD);
	return e;
}

static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int e;

	sigemptyset(&none);
	sigfillset(&all);
	e = posix_spawnattr_setsigmask(attr, &none);
	if (!e)
		e = posix_spawnattr_setsigdefault(attr, &all);
	if (!e)
		e = posix_spawnattr_setpgroup(attr, 0);
	if (!e)
		e = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							   POSIX_SPAWN_SETPGROUP);
	return e;
}

/*
 * The child is made in the namespace that this thread is in; glibc's posix_spawn() is a vfork, safe
 * beside other threads.
 */
static int spawn_here(const struct np_spawn *s, pid_t *ret_pid)
{
	static char *const no_environment[] = { NULL };
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
	e = set_attributes(&attr);
	if (!e)
		e = add_descriptors(&fa, s);
	if (!e)
		e = posix_spawn(ret_pid, s->path, &fa, &attr, (char *const *)s->argv,
				no_environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return e;
}

static int spawn_there(const struct np_reaper *r, const struct np_spawn *s, pid_t *ret_pid)
{
	struct np_err err;
	int e;

	if (s->netns_fd >= 0 && np_netns_enter(s->netns_fd, &err) < 0)
		return EINVAL;
	e = spawn_here(s, ret_pid);
	/*
	 * Left behind in a pod's namespace it would start the next process there, but that one says
	 * itself where it belongs.
	 */
	if (s->netns_fd >= 0)
		np_netns_enter(r->netns_fd, &err);
	return e;
}

/* Starting and entering into the table happen under the lock, so no end can be missed. */
static void serve_requests(struct np_reaper *r)
{
	while (r->requests) {
		struct request *q = r->requests;
		const struct np_spawn *s = q->spawn;

		r->requests = q->next;
		if (!r->requests)
			r->last_request = &r->requests;
		q->error = r->stopping ? ECANCELED : spawn_there(r, s, &q->pid);
		if (!q->error)
			add(r, (struct entry){ .pid = q->pid,
					       .owner = s->owner,
					       .waited = s->waited,
					       .on_exit = s->on_exit,
					       .ctx = s->ctx });
		q->done = true;
		pthread_cond_broadcast(&r->changed);
	}
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void took(struct np_reaper *r, pid_t pid, int status)
{
	struct entry ended = { 0 };
	struct entry *e;

	e = find(r, pid);
	if (!e)
		return;		/* an orphan */
	e->ended = true;
	e->status = status_of(status);
	ended = *e;
	if (!e->waited)
		forget(r, e);
	pthread_cond_broadcast(&r->changed);
	if (ended.on_exit && !r->stopping)
		ended.on_exit(ended.ctx, ended.owner, pid, ended.status);
}

/* Under the lock: np_reaper_kill() must never meet a pid that is somebody else's by now. */
static void reap(struct np_reaper *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WNOTHREAD)) > 0)
		took(r, pid, status);
}

static void wait_for_work(const struct np_reaper *r)
{
	struct pollfd p[2] = { { .fd = r->signal_fd, .events = POLLIN },
			       { .fd = r->wake_fd, .events = POLLIN } };
	struct signalfd_siginfo info;
	uint64_t count;

	poll(p, 2, LOOK_MS);
	while (read(r->signal_fd, &info, sizeof(info)) > 0)
		;
	while (read(r->wake_fd, &count, sizeof(count)) > 0)
		;
}

/* Everybody is killed once it is to stop; finished when nobody is left. */
static bool finished(struct np_reaper *r)
{
	if (!r->stopping)
		return false;
	r->stopped = true;
	for (size_t i = 0; i < r->n_entries; i++) {
		if (r->entries[i].ended)
			continue;
		kill(-r->entries[i].pid, SIGKILL);
		r->stopped = false;
	}
	pthread_cond_broadcast(&r->changed);
	return r->stopped;
}

void np_reaper_run(struct np_reaper *r)
{
	pthread_mutex_lock(&r->lock);
	do {
		pthread_mutex_unlock(&r->lock);
		wait_for_work(r);
		pthread_mutex_lock(&r->lock);
		serve_requests(r);
		reap(r);
	} while (!finished(r));
	pthread_mutex_unlock(&r->lock);
}

void np_reaper_stop(struct np_reaper *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_mutex_unlock(&r->lock);
	wake(r);
}

pid_t np_reaper_spawn(struct np_reaper *r, const struct np_spawn *spawn, struct np_err *err)
{
	struct request q = { .spawn = spawn };

	pthread_mutex_lock(&r->lock);
	if (r->stopped) {
		q.done = true;
		q.error = ECANCELED;
	} else {
		*r->last_request = &q;
		r->last_request = &q.next;
		wake(r);
	}
	while (!q.done)
		pthread_cond_wait(&r->changed, &r->lock);
	pthread_mutex_unlock(&r->lock);
	return q.error ? np_err_errno(err, NP_EENV, q.error, "cannot start '%s'", spawn->path)
		       : q.pid;
}

static struct timespec deadline_of(int timeout_ms)
{
	int64_t at_us = np_now_us() + (int64_t)timeout_ms * 1000;

	return (struct timespec){ .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 };
}

int np_reaper_wait(struct np_reaper *r, pid_t pid, int timeout_ms)
{
	struct timespec deadline = deadline_of(timeout_ms < 0 ? 0 : timeout_ms);
	struct entry *e;
	int status = -1;

	pthread_mutex_lock(&r->lock);
	while ((e = find(r, pid)) && !e->ended && e->waited) {
		if (timeout_ms < 0)
			pthread_cond_wait(&r->changed, &r->lock);
		else if (pthread_cond_timedwait(&r->changed, &r->lock, &deadline) == ETIMEDOUT)
			break;
	}
	e = find(r, pid);
	if (e && e->ended) {
		status = e->status;
		forget(r, e);
	}
	pthread_mutex_unlock(&r->lock);
	return status;
}

static void kill_entry(const struct entry *e, int sig)
{
	if (!e->ended)
		kill(-e->pid, sig);
}

void np_reaper_kill(struct np_reaper *r, pid_t pid, int sig)
{
	struct entry *e;

	pthread_mutex_lock(&r->lock);
	e = find(r, pid);
	if (e)
		kill_entry(e, sig);
	pthread_mutex_unlock(&r->lock);
}

void np_reaper_kill_owner(struct np_reaper *r, uint64_t owner, int sig)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->n_entries; i++) {
		if (r->entries[i].owner == owner)
			kill_entry(&r->entries[i], sig);
	}
	pthread_mutex_unlock(&r->lock);
}

void np_reaper_disown(struct np_reaper *r, const void *ctx)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->n_entries; i++) {
		if (r->entries[i].ctx == ctx)
			r->entries[i].on_exit = NULL;
	}
	pthread_mutex_unlock(&r->lock);
}

pid_t np_reaper_pretend(struct np_reaper *r, int status)
{
	pid_t pid;

	pthread_mutex_lock(&r->lock);
	pid = r->next_pretended++;
	add(r, (struct entry){ .pid = pid, .waited = true, .ended = true, .status = status });
	pthread_mutex_unlock(&r->lock);
	return pid;
}
