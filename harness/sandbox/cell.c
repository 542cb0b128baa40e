/* Namespaces and the processes around them. The contract is in cell.h. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell.h"
#include "np/base/file.h"
#include "np/base/mem.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC)
#define MAX_KEPT_FDS 32

void np_cell_report(int report_fd, const struct np_err *err)
{
	struct np_cell_report report;

	memset(&report, 0, sizeof(report));
	if (err)
		report.err = *err;
	if (np_write_all(report_fd, &report, sizeof(report)) < 0)
		return;		/* the parent is gone, and so are we in a moment */
}

static int write_text(const char *path, const char *text, struct np_err *err)
{
	np_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return np_err_errno(err, NP_EENV, errno, "cannot write '%s'", path);
	return 0;
}

/* The first character of a sysctl, '\0' when there is none. */
static char sysctl_char(const char *path)
{
	np_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = '\0';

	if (fd < 0 || read(fd, &c, 1) != 1)
		return '\0';
	return c;
}

/* Which of the usual locks is shut, and its key. */
static int refused(int errnum, struct np_err *err)
{
	static const struct {
		const char *path;
		char shut;
		const char *remedy;
	} locks[] = {
		{ "/proc/sys/kernel/unprivileged_userns_clone", '0',
		  "sysctl kernel.unprivileged_userns_clone=1" },
		{ "/proc/sys/user/max_user_namespaces", '0',
		  "sysctl user.max_user_namespaces=10000" },
		{ "/proc/sys/user/max_net_namespaces", '0',
		  "sysctl user.max_net_namespaces=10000" },
		{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
		  "sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(locks); i++) {
		if (sysctl_char(locks[i].path) == locks[i].shut)
			return np_err_set(err, NP_EENV,
					  "the kernel does not let this user make namespaces: run "
					  "'%s' as root, or run this as root",
					  locks[i].remedy);
	}
	return np_err_errno(err, NP_EENV, errnum,
			    "the kernel refuses namespaces: run this as root, or in a container "
			    "that may make them "
			    "(docker run --privileged)");
}

/*
 * After a failure that the user namespace's missing powers explain: AppArmor makes one, but without
 * them.
 */
static int map_user(uid_t uid, gid_t gid, struct np_err *err)
{
	np_auto_free char *uids = np_xasprintf("0 %u 1\n", uid);
	np_auto_free char *gids = np_xasprintf("0 %u 1\n", gid);
	struct np_err ignored;

	if (write_text("/proc/self/setgroups", "deny", &ignored) < 0 ||
	    write_text("/proc/self/uid_map", uids, &ignored) < 0 ||
	    write_text("/proc/self/gid_map", gids, &ignored) < 0)
		return refused(EPERM, err);
	return 0;
}

static int enter_namespaces(struct np_err *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0 && unshare(NAMESPACES) == 0)
		return 0;
	if (unshare(CLONE_NEWUSER) < 0)
		return refused(errno, err);
	if (map_user(uid, gid, err) < 0)
		return -1;
	return unshare(NAMESPACES) < 0 ? refused(errno, err) : 0;
}

/*
 * A fresh /proc for the new PID namespace; where the kernel does not allow that (parts of the old
 * one are covered, as in containers), the old one serves as well: all that is asked of it is
 * /proc/thread-self/ns and /proc/sys/net.
 */
static int mount_proc(struct np_err *err)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make mounts private");
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 &&
	    access("/proc/thread-self/ns/net", F_OK) < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot mount /proc");
	return 0;
}

static void reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void close_between(int first, int last)
{
	if (first > last || close_range((unsigned)first, (unsigned)last, 0) == 0)
		return;
	if (last > 65536)
		last = 65536;
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

/*
 * Standard streams become ours; everything that the parent had open and we do not need is closed,
 * sockets of other sandboxes too.
 */
static void keep_only(const struct np_cell_options *o)
{
	int keep[MAX_KEPT_FDS + 2];
	size_t n = 0;
	int next = 3, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (o->stderr_fd >= 0)
		dup2(o->stderr_fd, STDERR_FILENO);
	keep[n++] = o->parent_fd;
	keep[n++] = o->report_fd;
	for (size_t i = 0; i < o->n_keep_fds && n < NP_ARRAY_SIZE(keep); i++)
		keep[n++] = o->keep_fds[i];
	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < next)
			continue;
		close_between(next, keep[i] - 1);
		next = keep[i] + 1;
	}
	close_between(next, INT32_MAX);
}

static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* pid 1: with its end the kernel ends all others. */
static _Noreturn void first_process(const struct np_cell_options *o)
{
	struct np_err err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "np-sandbox");
	raise_limits();
	if (mount_proc(&err) < 0)
		np_cell_report(o->report_fd, &err);
	else
		o->run(o->ctx);
	_exit(0);
}

static _Noreturn void keeper(const struct np_cell_options *o)
{
	struct np_err err;
	pid_t pid = -1;

	setsid();	/* Ctrl-C in the terminal is the parent's business */
	reset_signals();
	keep_only(o);
	prctl(PR_SET_NAME, "np-keeper");
	/* a process that has changed its user may not write its own id maps otherwise */
	prctl(PR_SET_DUMPABLE, 1);
	if (o->prepare(o->ctx, &err) == 0 && enter_namespaces(&err) == 0) {
		pid = fork();
		if (pid == 0)
			first_process(o);
		if (pid < 0)
			np_err_errno(&err, NP_EENV, errno, "cannot start the first process");
	}
	if (pid < 0)
		np_cell_report(o->report_fd, &err);
	close(o->report_fd);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	o->clean(o->ctx);
	_exit(0);
}

pid_t np_cell_start(const struct np_cell_options *options, struct np_err *err)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		keeper(options);
	return pid < 0 ? np_err_errno(err, NP_EENV, errno, "cannot start a process") : pid;
}
