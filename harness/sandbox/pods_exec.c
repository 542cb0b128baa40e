/* Commands in pods, their logs, their namespaces. The contract is in pods.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "np/base/file.h"
#include "np/base/mem.h"
#include "pods_private.h"

#define MAX_LOG_BYTES (1024L * 1024)
#define NOT_FOUND_STATUS 127

/* The child's and our ends of three pipes. */
struct pipes {
	int child[3], ours[3];
};

static void close_all(int fds[3])
{
	for (int i = 0; i < 3; i++) {
		np_cleanup_fd(&fds[i]);
		fds[i] = -1;
	}
}

static int make_pipes(struct pipes *p, bool want_stdin, struct np_err *err)
{
	*p = (struct pipes){ { -1, -1, -1 }, { -1, -1, -1 } };
	for (int i = want_stdin ? 0 : 1; i < 3; i++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0) {
			close_all(p->child);
			close_all(p->ours);
			return np_err_errno(err, NP_EENV, errno, "cannot make a pipe");
		}
		p->child[i] = fds[i != 0];
		p->ours[i] = fds[i == 0];
	}
	return 0;
}

/* What a kubelet says of a command that the image does not have. */
static pid_t refuse(struct np_pods *p, const char *name, const struct pipes *pipes)
{
	np_auto_free char *text = np_xasprintf("netpolcheck sandbox: '%.200s': not found; pods "
					       "here have nothing but /" NP_AGENT_PROGRAM "\n",
					       name);

	/* Shorter than a pipe's buffer, so it never blocks. */
	if (np_write_all(pipes->child[2], text, strlen(text)) < 0)
		return np_reaper_pretend(p->opt.reaper, 128 + SIGPIPE);
	return np_reaper_pretend(p->opt.reaper, NOT_FOUND_STATUS);
}

/* Under the lock. A descriptor of its namespace that lives on when the pod does not. */
static int running_netns(struct np_pods *p, const char *ns, const char *name, uint64_t *ret_serial,
			 struct np_err *err)
{
	const struct pod *pod = np_pods_find(p, ns, name);
	int fd;

	if (!pod)
		return np_err_set(err, NP_ENOTFOUND, "there is no pod '%s/%s'", ns, name);
	if (pod->stage != POD_RUNNING && pod->stage != POD_STOPPING)
		return np_err_set(err, NP_EENV, "pod '%s/%s' does not run", ns, name);
	fd = fcntl(np_pod_netns_fd(pod), F_DUPFD_CLOEXEC, 0);
	*ret_serial = pod->serial;
	return fd >= 0 ? fd : np_err_errno(err, NP_EENV, errno, "cannot copy a descriptor");
}

static bool still_runs(struct np_pods *p, uint64_t serial)
{
	bool yes = false;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n_pods; i++) {
		const struct pod *pod = p->pods[i];

		if (pod->serial == serial)
			yes = pod->stage == POD_RUNNING || pod->stage == POD_STOPPING;
	}
	pthread_mutex_unlock(&p->lock);
	return yes;
}

static pid_t start(struct np_pods *p, int netns_fd, uint64_t serial, const char *const *argv,
		   const struct pipes *pipes, struct np_err *err)
{
	struct np_spawn spawn = {
		.path = p->opt.agent_path,
		.argv = argv,
		.netns_fd = netns_fd,
		.stdio = { pipes->child[0], pipes->child[1], pipes->child[2] },
		.extra_fd = -1,
		.owner = serial,
		.waited = true,
	};
	pid_t pid;

	if (!np_is_agent(argv[0]))
		return refuse(p, argv[0], pipes);
	pid = np_reaper_spawn(p->opt.reaper, &spawn, err);
	/* The pod may have ended in between, and with it those who would have ended this. */
	if (pid > 0 && !still_runs(p, serial))
		np_reaper_kill(p->opt.reaper, pid, SIGKILL);
	return pid;
}

int np_pods_exec(struct np_pods *p, const char *ns, const char *pod, const char *const *argv,
		 bool want_stdin, struct np_pod_exec *ret, struct np_err *err)
{
	np_auto_fd int netns_fd = -1;
	struct pipes pipes;
	uint64_t serial = 0;
	pid_t pid;

	if (!argv[0])
		return np_err_set(err, NP_EUSAGE, "no command was given");
	pthread_mutex_lock(&p->lock);
	netns_fd = running_netns(p, ns, pod, &serial, err);
	pthread_mutex_unlock(&p->lock);
	if (netns_fd < 0 || make_pipes(&pipes, want_stdin, err) < 0)
		return -1;
	pid = start(p, netns_fd, serial, argv, &pipes, err);
	close_all(pipes.child);
	if (pid < 0) {
		close_all(pipes.ours);
		return -1;
	}
	*ret = (struct np_pod_exec){ pipes.ours[0], pipes.ours[1], pipes.ours[2], pid };
	return 0;
}

int np_pods_exec_wait(struct np_pods *p, pid_t pid, int timeout_ms)
{
	return np_reaper_wait(p->opt.reaper, pid, timeout_ms);
}

void np_pods_exec_kill(struct np_pods *p, pid_t pid)
{
	np_reaper_kill(p->opt.reaper, pid, SIGKILL);
}

static char *read_log(int fd)
{
	struct stat st;
	off_t from;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return NULL;
	from = st.st_size > MAX_LOG_BYTES ? st.st_size - MAX_LOG_BYTES : 0;
	text = np_xmalloc((size_t)(st.st_size - from) + 1);
	n = pread(fd, text, (size_t)(st.st_size - from), from);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

char *np_pods_log(struct np_pods *p, const char *ns, const char *pod)
{
	char *text = NULL;
	struct pod *found;

	pthread_mutex_lock(&p->lock);
	found = np_pods_find(p, ns, pod);
	if (found && found->log_fd >= 0)
		text = read_log(found->log_fd);
	pthread_mutex_unlock(&p->lock);
	return text;
}

int np_pods_netns(struct np_pods *p, const char *ns, const char *pod)
{
	uint64_t serial;
	int fd;

	pthread_mutex_lock(&p->lock);
	fd = running_netns(p, ns, pod, &serial, NULL);
	pthread_mutex_unlock(&p->lock);
	return fd;
}
