/*
 * init.h - the first process of the sandbox: brings everything up, then starts and reaps processes
 * until the parent is gone.
 */
#ifndef NP_SANDBOX_INIT_H
#define NP_SANDBOX_INIT_H

#include "np/base/err.h"
#include "tls.h"

/* What is outside the namespaces, by path; removed at the end. */
struct np_outside {
	char *folder;		/* private, holds both sockets */
	char *api_socket, *external_socket;
	char *kubeconfig;	/* NULL: none */
};

/* Removes all of it; what is not there is no error. Safe to call from several processes at once. */
void np_outside_remove(const struct np_outside *o);

struct np_init_options {
	const struct np_outside *outside;
	const char *agent_path, *fault, *api_fault;
	int unix_listen_fd, tcp_listen_fd;	/* tcp: -1 when there is no TLS port */
	unsigned tcp_port;
	const struct np_tls *tls;
	int parent_fd, report_fd;
};

/*
 * In pid 1 (np_cell_options.run). Reports success or failure; returns only when it cannot even
 * begin, otherwise the process ends with the parent.
 */
void np_init_run(const struct np_init_options *o);

#endif
