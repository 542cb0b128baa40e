/*
 * watchdog.h - ends a run's waits when the user has had enough or the sandbox is dead. Every wait
 * of a run looks at one flag; with a sandbox that is the watchdog's own, which it sets for either
 * reason, within 100 ms.
 */
#ifndef NP_RUN_WATCHDOG_H
#define NP_RUN_WATCHDOG_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "np/base/err.h"

struct np_watchdog {
	atomic_int cancel;	/* give this to whatever waits */
	atomic_int dead;	/* the descriptor became readable */
	const atomic_int *user; /* the user's, or NULL */
	int death_fd, wake_fd;
	pthread_t thread;
	bool started;
};

/* @death_fd is borrowed and must outlive the watchdog; so must @user. NP_EENV when there is no
 * thread to be had. */
int np_watchdog_start(struct np_watchdog *w, int death_fd, const atomic_int *user,
		      struct np_err *err);
/* Accepts a zeroed one; @cancel keeps its value. */
void np_watchdog_stop(struct np_watchdog *w);

#endif
