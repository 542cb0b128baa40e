/*
 * plugin.h - layer kube, private: runs a credential plugin (client.authentication.k8s.io/v1 and
 * v1beta1): argv without a shell, our environment plus its own plus KUBERNETES_EXEC_INFO, stdin
 * empty, killed with its process group at the deadline. Limits: 1 MiB of standard output; of
 * standard error the last line of 64 KiB is kept for the message.
 */
#ifndef NP_KUBE_PLUGIN_H
#define NP_KUBE_PLUGIN_H

#include <stdatomic.h>
#include <stdint.h>

#include "np/kube/config.h"

#define NP_KUBE_PLUGIN_TIMEOUT_MS 60000

struct np_kube_plugin_cred {
	char *token;		/* heap, or NULL */
	char *cert, *key;	/* PEM; both or none */
	int64_t expires_s;	/* seconds of the epoch; INT64_MAX: not said */
};

/* NP_EENV: missing program, bad exit, bad answer; NP_ETIMEOUT; NP_EINTR. */
int np_kube_plugin_run(const struct np_kube_config *c, int timeout_ms, const atomic_int *cancel,
		       struct np_kube_plugin_cred *ret, struct np_err *err);
void np_kube_plugin_cred_release(struct np_kube_plugin_cred *p);

#endif
