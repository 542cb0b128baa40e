/*
 * fabric.h - the sandbox's network: two nodes and an external host as namespaces, a wire between
 * every two of them, and a wire to every pod.
 *
 *	          ext
 *	         /   \
 *	       n1 --- n2
 *	      / | \  / | \
 *	      pods    pods
 *
 * ext has 203.0.113.10 .11 .70, 198.51.100.9 and 2001:db8::<the same 32 bits> on its loopback, the
 * nodes 198.18.0.11, .12 and fd00:198:18::11, ::12. Pods: 10.244.0.0/18 and fd00:10:244:1::/64 on
 * n1, 10.244.64.0/18 and fd00:10:244:2::/64 on n2.
 *
 * Everything is routed: two pods of one node talk through the node's forward hook. Nobody
 * translates source addresses. What a node has no route for goes to ext, which does not forward:
 * packets to addresses that nobody has vanish there.
 */
#ifndef NP_SANDBOX_FABRIC_H
#define NP_SANDBOX_FABRIC_H

#include "conntrack.h"
#include "netlink.h"
#include "np/base/err.h"
#include "np/model/addr.h"

enum np_host_id { NP_HOST_N1, NP_HOST_N2, NP_HOST_EXT, NP_N_HOSTS };
#define NP_N_NODES 2		/* the first hosts are the cluster's nodes */
#define NP_N_EXTERNALS 4	/* addresses of each family of the external host */

struct np_host {
	const char *name;
	int netns_fd;
	struct np_nl *nl;		/* of its namespace; one thread at a time */
	/* of a node; NULL where the kernel cannot show its connections */
	struct np_conntrack *conntrack;
	struct np_addr ip[2];		/* IPv4, IPv6; of the external host its first */
	struct np_cidr pods[2];		/* pod ranges of a node */
	int next_index;			/* of the next wire to a pod; never used twice */
};

struct np_fabric {
	/* 1: IPv4 alone; then the second of every pair of addresses has width 0 */
	unsigned n_families;
	struct np_host hosts[NP_N_HOSTS];
};

/* 2, or 1 where the kernel has no IPv6. */
unsigned np_fabric_families(void);

/* Address @i of the external host, 0..NP_N_EXTERNALS-1, of family 0 (IPv4) or 1 (IPv6). */
struct np_addr np_fabric_external(size_t i, unsigned family);

/*
 * Makes all of it; the calling thread ends in some namespace of it. NP_EENV with a sentence saying
 * what to do where the kernel refuses. Free with np_fabric_release() whatever the result.
 */
int np_fabric_init(struct np_fabric *f, unsigned n_families, struct np_err *err);
/* Closes the descriptors; namespaces that processes still use live on. */
void np_fabric_release(struct np_fabric *f);

/* A pod's attachment to its node. */
struct np_attachment {
	enum np_host_id node;
	int netns_fd;
	int index;			/* of the node's end of the wire, 0: none */
	struct np_addr ip[2];		/* width 0: none of this family */
	struct np_nl *pod_nl;		/* while it is being brought up */
};

/*
 * A pod network in three steps, so that several can be brought up together: a namespace with
 * addresses, wired to the node (the calling thread ends up in it); waiting until the wire carries
 * packets; and routes to it. @a->node and @a->ip are set by the caller, the rest is filled in.
 * np_fabric_detach() undoes whatever was done.
 */
int np_fabric_attach(struct np_fabric *f, struct np_attachment *a, struct np_err *err);
int np_fabric_attach_wait(struct np_fabric *f, struct np_attachment *a, struct np_err *err);
int np_fabric_announce(struct np_fabric *f, const struct np_attachment *a, struct np_err *err);
/*
 * Takes the routes away at once; the wire goes with the namespace, as soon as its last process has
 * ended.
 */
void np_fabric_detach(struct np_fabric *f, struct np_attachment *a);
/* Makes the nodes forget the connections of addresses whose pods are gone. Best effort. */
void np_fabric_forget(struct np_fabric *f, const struct np_addr *ips, size_t n);

#endif
