/*
 * netns.h - network namespaces by descriptor: nothing is mounted or named, so one is gone when its
 * last descriptor, process and socket are. The calling thread changes its own namespace only; a
 * thread that has moved stays there until it moves again.
 */
#ifndef NP_SANDBOX_NETNS_H
#define NP_SANDBOX_NETNS_H

#include <stdbool.h>

#include "np/base/err.h"

/* What a namespace is for decides its kernel settings. */
enum np_netns_role {
	NP_NETNS_POD,		/* an end host */
	NP_NETNS_ROUTER,	/* a node: forwards, sends no redirects, filters no reverse paths */
};

/*
 * Makes a namespace with its settings written and loopback still down, and leaves the calling
 * thread in it. *@ret_fd (close-on-exec) is the caller's. NP_EENV where the kernel refuses.
 */
int np_netns_new(enum np_netns_role role, int *ret_fd, struct np_err *err);
/* Descriptor of the calling thread's namespace, close-on-exec; -1 with @err. */
int np_netns_current(struct np_err *err);
/* Moves the calling thread. */
int np_netns_enter(int netns_fd, struct np_err *err);

#endif
