/*
 * cluster.h - layer target: where a run happens: an API reached by one client, an agent outside the
 * cluster if there is one. The sandbox and a real cluster differ only in how they are opened.
 */
#ifndef NP_TARGET_CLUSTER_H
#define NP_TARGET_CLUSTER_H

#include <stdatomic.h>

#include "np/base/err.h"
#include "np/kube/client.h"
#include "np/model/world.h"
#include "np/sandbox/sandbox.h"

#define NP_CLUSTER_MAX_EXTERNALS 4
#define NP_EXTERNAL_PORT 7777 /* of an agent outside whose port is not given */

struct np_cluster_options {
	const char *kubeconfig,
		*context; /* a real cluster; both NULL and not in_cluster: the sandbox */
	bool in_cluster;
	const char *fault;	  /* sandbox only: a wrong enforcer */
	const char *image;	  /* of the probe pods; NULL: the project's */
	bool inject; /* the image has no agent: it is copied in; a stock image when NULL */
	/*
	 * An agent outside the cluster, serving as "ext" (deploy/README.md), or NULL:
	 * HOST[:PORT] or unix:PATH, then maybe =ADDRESSES of ext/a, or of ext/a to ext/d.
	 */
	const char *external;
	const atomic_int *cancel; /* ends every wait when it is not 0; may be NULL */
};

struct np_cluster {
	struct np_sandbox *sandbox; /* NULL for a real cluster */
	struct np_kube_config config;
	struct np_kube *kube;
	char server[64]; /* git version of the API server */
	const char *image, *fault;
	bool inject;
	const atomic_int *cancel;
	struct np_external externals[NP_CLUSTER_MAX_EXTERNALS];
	size_t n_externals;			     /* 0: no agent outside */
	const char *external_socket, *external_host; /* where that agent is */
	char *external_owned;			     /* one of them, of a real cluster */
};

#define NP_CLUSTER_IMAGE "netpolcheck/agent:latest"
#define NP_CLUSTER_STOCK_IMAGE "busybox:stable" /* with inject */

/*
 * Starts the sandbox or reads the configuration, and asks the server for its version. On error
 * nothing is left open. NP_EUSAGE for options that the target does not have: fault for a cluster;
 * inject and external for the sandbox, which has neither images nor need of another outside.
 */
int np_cluster_open(const struct np_cluster_options *options, struct np_cluster *ret,
		    struct np_err *err);
/* Accepts a zeroed one. */
void np_cluster_close(struct np_cluster *c);

#endif
