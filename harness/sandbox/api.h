/*
 * api.h - the sandbox's API server: HTTP in front of the store, well enough for an ordinary
 * kubectl. One thread per connection (watches and logs stream from theirs), one per exec stream,
 * one that finishes the deletion of namespaces.
 *
 * Limits: body 3 MiB (413), headers 100 KiB, 1,000 connections, 512 exec streams, objects
 * 64 levels deep, half a MiB queued towards an exec's reader or command, after which the other
 * side waits. A request that is malformed gets a Status object, or what the HTTP library itself
 * says where not even the header can be read.
 */
#ifndef NP_SANDBOX_API_H
#define NP_SANDBOX_API_H

#include "np/base/err.h"
#include "pods.h"
#include "services.h"
#include "store.h"

struct np_api;

struct np_api_options {
	/*
	 * Listening sockets, -1: none. The API takes them over, also when the start fails. The unix
	 * socket speaks plain HTTP and lets everyone in who can open it; the TCP socket speaks TLS
	 * and wants a client certificate that @client_ca_pem signed.
	 */
	int unix_listen_fd;
	int tcp_listen_fd;
	/* PEM texts, needed with tcp_listen_fd only; borrowed during np_api_start(). */
	const char *server_cert_pem, *server_key_pem, *client_ca_pem;
	const char *fault; /* a name of api_faults.h, or NULL */
};

/*
 * Starts serving; returns when connections are accepted. @pods may be NULL: exec and logs are then
 * refused. @services may be NULL: services get no addresses. The borrowed arguments must outlive
 * it. NULL with NP_EENV or NP_EUSAGE.
 */
struct np_api *np_api_start(struct np_store *store, struct np_pods *pods,
			    struct np_services *services, const struct np_api_options *options,
			    struct np_err *err);
/*
 * Ends watches and exec streams (their commands are killed), closes the listening sockets, waits
 * for every thread, frees. NULL is accepted.
 */
void np_api_stop(struct np_api *api);

#endif
