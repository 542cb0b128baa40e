/* watchdog.c - one flag for two reasons to stop. */
#include "watchdog.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_MS 100

static void *watch(void *arg)
{
	struct np_watchdog *w = arg;
	struct pollfd fds[2] = { { .fd = w->death_fd, .events = POLLIN },
				 { .fd = w->wake_fd, .events = POLLIN } };

	for (;;) {
		int n = poll(fds, 2, LOOK_MS);

		if (n < 0 && errno != EINTR)
			return NULL;
		if (n > 0 && fds[1].revents)
			return NULL;
		if (n > 0 && fds[0].revents) {
			atomic_store(&w->dead, 1);
			atomic_store(&w->cancel, 1);
			return NULL;
		}
		/* The user's flag is set by a signal handler, which can wake nobody. */
		if (w->user && atomic_load(w->user))
			atomic_store(&w->cancel, atomic_load(w->user));
	}
}

int np_watchdog_start(struct np_watchdog *w, int death_fd, const atomic_int *user,
		      struct np_err *err)
{
	int rc;

	*w = (struct np_watchdog){ .user = user, .death_fd = death_fd };
	w->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (w->wake_fd < 0)
		return np_err_set(err, NP_EENV, "cannot watch the sandbox: %s", strerror(errno));
	rc = pthread_create(&w->thread, NULL, watch, w);
	if (rc != 0) {
		close(w->wake_fd);
		return np_err_set(err, NP_EENV, "cannot watch the sandbox: %s", strerror(rc));
	}
	w->started = true;
	return 0;
}

void np_watchdog_stop(struct np_watchdog *w)
{
	uint64_t one = 1;

	if (!w->started)
		return;
	(void)!write(w->wake_fd, &one, sizeof(one));
	pthread_join(w->thread, NULL);
	close(w->wake_fd);
	w->started = false;
}
