/*
 * endpoint.h - layer kube, private: a server URL taken apart into what curl and a hand-written
 * request need.
 */
#ifndef NP_KUBE_ENDPOINT_H
#define NP_KUBE_ENDPOINT_H

#include <stdbool.h>

#include "np/kube/config.h"

/* Heap strings, NULL when not needed. */
struct np_kube_endpoint {
	char *base;		/* scheme://host[:port][/prefix]; host is the TLS name */
	char *prefix;		/* "" or /prefix */
	char *host;		/* for the Host header: the real host[:port] */
	char *connect_to;	/* CURLOPT_CONNECT_TO, when the TLS name is not where to go */
	char *socket_path;
	bool tls;
	bool direct;		/* this machine: proxies of the environment do not count */
};

/* NP_EUSAGE for a URL that is none, or has a user, query or fragment; NP_EENV when memory is short. */
int np_kube_endpoint_init(struct np_kube_endpoint *ret, const struct np_kube_config *c,
			  struct np_err *err);
void np_kube_endpoint_release(struct np_kube_endpoint *e);

#endif
