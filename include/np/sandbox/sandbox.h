/*
 * sandbox.h - layer sandbox: an embedded cluster in namespaces of its own: two nodes, pods, an
 * external host, the Kubernetes API, a NetworkPolicy enforcer. Runs as an ordinary user where the
 * kernel allows it. Ends with its parent, whatever killed that, and leaves nothing behind.
 */
#ifndef NP_SANDBOX_SANDBOX_H
#define NP_SANDBOX_SANDBOX_H

#include "np/base/err.h"
#include "np/model/world.h"

/* A deliberately wrong enforcer, for showing that a suite notices. */
struct np_sandbox_fault {
	const char *name;	/* "except-ignored" */
	unsigned clause;	/* the clause that it breaks, 17 for S17 */
	const char *what;	/* one sentence */
};

/* The table of faults, ended by a NULL name. */
const struct np_sandbox_fault *np_sandbox_faults(void);

struct np_sandbox_options {
	/* the static agent; NULL: found beside the program or in libexec */
	const char *agent_path;
	/* name, or NULL for a right enforcer; unknown is NP_EUSAGE listing the names */
	const char *fault;
	/* a misbehaving API server, for tests: storm429, storm5xx, lost-answers, refuse, cut-exec,
	 * take-pods, gone (harness/sandbox/api_faults.h); NULL for a right one */
	const char *api_fault;
	/*
	 * Write a kubeconfig (mode 0600) and listen with TLS on loopback; NULL: unix socket only.
	 * The file is removed at the end. One that is there already is overwritten only if it is
	 * empty or was written by a sandbox, otherwise NP_EUSAGE.
	 */
	const char *kubeconfig_out;
	/* file that the sandbox's own log is appended to; NULL: warnings go to standard error */
	const char *event_log;
};

struct np_sandbox;

/*
 * Starts it and returns when the API answers and nodes, kube-dns and the external host are ready
 * (bounded: 20 s; usually a tenth of one). NP_EENV with one sentence saying what to do where the
 * kernel refuses (user namespaces, a trial veth, a trial nftables transaction) or nft is missing.
 * Free with np_sandbox_stop().
 *
 * The sandbox is a process of its own, a fork(2) of the caller, and its session is its own too, so
 * Ctrl-C reaches the caller only. Several may run at once. Another thread of the caller must not be
 * inside GnuTLS or libmicrohttpd meanwhile. Whatever ends the caller, SIGKILL too, ends it: no
 * process, namespace or file is left but @event_log.
 */
int np_sandbox_start(const struct np_sandbox_options *options, struct np_sandbox **ret,
		     struct np_err *err);
/* Ends every process, removes the socket folder and the kubeconfig. NULL is accepted. */
void np_sandbox_stop(struct np_sandbox *s);
/* Path of the API's unix socket (plain HTTP, its folder is mode 0700). Borrowed. */
const char *np_sandbox_api_socket(const struct np_sandbox *s);
/*
 * Path of a unix socket: each connection to it is an agent in `probe` mode on the external host.
 * Borrowed.
 */
const char *np_sandbox_external_socket(const struct np_sandbox *s);
/*
 * The external host's addresses ext/a..ext/d, each with IPv4 and IPv6: a and b share a /28, a..c a
 * /24, d shares no /8 with them; the IPv6 addresses embed the IPv4 ones in their last 32 bits below
 * one /96. Filled into @ret (at least 4 elements). Returns their number.
 */
size_t np_sandbox_externals(const struct np_sandbox *s, struct np_external *ret);
/* A descriptor that becomes readable when the sandbox dies by itself; borrowed. */
int np_sandbox_death_fd(const struct np_sandbox *s);
/* Identity that the external host's agent answers with. */
#define NP_SANDBOX_EXTERNAL_IDENTITY "ext"

#endif
