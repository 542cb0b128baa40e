/*
 * netlink.h - links, addresses, routes and neighbours of one network namespace, in batches over
 * rtnetlink. A handle belongs to the namespace its thread was in when it was made, and goes on
 * working from anywhere; one thread at a time.
 *
 * Every link of the sandbox is a veth pair used as a point-to-point wire: each end knows the other
 * by one fixed gateway address of each family and a permanent neighbour entry for it, so that
 * nothing is ever asked by ARP or neighbour discovery:
 *
 *	pod: eth0  10.244.0.10/32            node: p100, no address
 *	  default via 169.254.1.1 ------------- 10.244.0.10/32 via 169.254.1.1 dev p100
 *	  default via fe80::1                   fd00:10:244:1::a/128 via fe80::1 dev p100
 */
#ifndef NP_SANDBOX_NETLINK_H
#define NP_SANDBOX_NETLINK_H

#include <stdbool.h>

#include "np/base/err.h"
#include "np/model/addr.h"

struct np_nl;

/* Of the calling thread's namespace. NULL with NP_EENV. */
struct np_nl *np_nl_new(struct np_err *err);
void np_nl_free(struct np_nl *nl);

/* One end of a wire. */
struct np_nl_end {
	const char *name;
	/*
	 * the ends of one wire must not have equal ones: the kernel brings those up a second late
	 */
	int index;
	int netns_fd;	/* -1: the handle's own namespace */
};

/*
 * The following queue an operation; np_nl_flush() sends them and collects the answers. The queue
 * holds NP_NL_QUEUE_MAX operations and is flushed by itself when full (an error is then kept for
 * the next np_nl_flush()).
 */
#define NP_NL_QUEUE_MAX 48

/* A pair; @a comes up at once, @b by np_nl_link_up() in its own namespace. */
void np_nl_wire(struct np_nl *nl, const struct np_nl_end *a, const struct np_nl_end *b);
void np_nl_link_up(struct np_nl *nl, int index);
/*
 * Neighbour entries for the gateway addresses on a wire's @index; @second: this is the end that was
 * given as @b.
 */
void np_nl_gateways(struct np_nl *nl, int index, bool second);
void np_nl_address(struct np_nl *nl, int index, const struct np_addr *addr);
/*
 * Route of @dst over the wire @index, replacing one that is there; @src (may be NULL): what locally
 * made packets carry.
 */
void np_nl_route(struct np_nl *nl, const struct np_addr *dst, unsigned prefix_bits, int index,
		 const struct np_addr *src);
/* Takes away the route of @dst over @index; none there is no error. */
void np_nl_route_del(struct np_nl *nl, const struct np_addr *dst, unsigned prefix_bits, int index);

/*
 * Sends what is queued. NP_EENV naming the first operation that failed; the others were tried too.
 * The queue is empty afterwards.
 */
int np_nl_flush(struct np_nl *nl, struct np_err *err);

/* Does the link carry packets already (up, carrier, queue attached)? The queue must be empty. */
bool np_nl_link_ready(struct np_nl *nl, int index);

#define NP_NL_LOOPBACK 1	/* index of lo in every namespace */

#endif
