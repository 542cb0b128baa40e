/*
 * spawn.h - layer kube, private: a child with an environment of its own that can be cancelled; for
 * credential plugins. (np_proc_run() of base offers neither.)
 */
#ifndef NP_KUBE_SPAWN_H
#define NP_KUBE_SPAWN_H

#include <stdatomic.h>
#include <stddef.h>

#include "np/base/buf.h"
#include "np/base/err.h"

#define NP_KUBE_SPAWN_OUT_MAX (1024u * 1024)
#define NP_KUBE_SPAWN_ERROUT_MAX (64u * 1024)

struct np_kube_spawn {
	char *const *argv;	/* NULL-ended; argv[0] without a slash is looked for in PATH */
	char **env;		/* n_env "NAME=value", put over our own environment */
	size_t n_env;
	int timeout_ms;
	const atomic_int *cancel;	/* or NULL */
};

/*
 * Runs it in a process group of its own, stdin from /dev/null, and returns its exit status (128+n
 * for signal n).
 * -1: NP_EENV (cannot start), NP_ELIMIT (too much output), NP_ETIMEOUT, NP_EINTR; the whole group
 * is then killed. Further standard error is dropped. What a program leaves running after a good end
 * is not waited for.
 */
int np_kube_spawn(const struct np_kube_spawn *s, struct np_buf *ret_out, struct np_buf *ret_errout,
		  struct np_err *err);

#endif
