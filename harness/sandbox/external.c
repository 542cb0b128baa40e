/* The external host. The contract is in external.h. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "external.h"
#include "np/base/clock.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/sandbox/sandbox.h"

#define TIMEOUT_US (10LL * 1000 * 1000)
#define SAID_BYTES 400

/* Runs in the reaper's thread. */
static void note_exit(void *ctx, uint64_t owner, pid_t pid, int status)
{
	(void)ctx, (void)owner, (void)pid;
	np_log_warn("the external host's agent has ended with status %d", status);
}

static int wait_until_ready(int log_fd, pid_t pid, struct np_err *err)
{
	char said[SAID_BYTES];
	struct np_backoff wait;

	np_backoff_init(&wait, 200, 5000, TIMEOUT_US);
	do {
		ssize_t n = pread(log_fd, said, sizeof(said) - 1, 0);

		said[n > 0 ? n : 0] = '\0';
		if (strncmp(said, "ready ", strlen("ready ")) == 0)
			return 0;
	} while (kill(pid, 0) == 0 && np_backoff_wait(&wait));
	return np_err_set(err, NP_EENV, "the external host's agent does not get ready: %s", said);
}

int np_external_start(struct np_reaper *reaper, int netns_fd, const char *agent_path,
		      const char *control_path, struct np_err *err)
{
	np_auto_free char *control = np_xasprintf("unix:%s", control_path);
	const char *const argv[] = {
		"netpolcheck-agent",
		"serve",
		"--identity",
		NP_SANDBOX_EXTERNAL_IDENTITY,
		"--tcp",
		NP_EXTERNAL_TCP,
		"--udp",
		NP_EXTERNAL_UDP,
		"--sctp",
		NP_EXTERNAL_SCTP,
		"--control",
		control,
		"--idle",
		"1000000",
		NULL,
	};
	np_auto_fd int log_fd = memfd_create("external", MFD_CLOEXEC);
	const struct np_spawn spawn = {
		.path = agent_path,
		.argv = argv,
		.netns_fd = netns_fd,
		.stdio = { -1, log_fd, log_fd },
		.extra_fd = -1,
		.on_exit = note_exit,
	};
	pid_t pid;

	if (log_fd < 0)
		return np_err_errno(err, NP_EENV, errno, "cannot make a memory file");
	pid = np_reaper_spawn(reaper, &spawn, err);
	return pid < 0 ? -1 : wait_until_ready(log_fd, pid, err);
}
