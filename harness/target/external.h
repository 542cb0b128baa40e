/*
 * external.h - what --external says: where the control of the agent outside the cluster is, and
 * which addresses that agent has. Pure but for the resolver, which only a name without addresses
 * needs.
 *
 *	CONTROL[=ADDRESSES]
 *	CONTROL    HOST[:PORT], an IPv6 address with a port in brackets; or unix:PATH
 *	ADDRESSES  one address for ext/a, or four with commas between for ext/a to ext/d; an address
 *	           of each family is written IPV4/IPV6
 *
 * Without ADDRESSES the host's own are ext/a's, the first of each family. Four addresses must be
 * what the cases take them for (suites/README.md): a and b share a /28 that c is not in, a to c a
 * /24 that d is not in; in IPv6 a /124 and a /120.
 */
#ifndef NP_TARGET_EXTERNAL_H
#define NP_TARGET_EXTERNAL_H

#include "np/base/err.h"
#include "np/target/cluster.h"

struct np_outside {
	char *socket, *host; /* one of them; HOST:PORT with the port filled in */
	struct np_external list[NP_CLUSTER_MAX_EXTERNALS];
	size_t n;
};

/* NP_EUSAGE says which part is wrong; NP_EENV for a host that cannot be found. */
int np_outside_parse(const char *text, struct np_outside *ret, struct np_err *err);
/* Accepts a zeroed one. */
void np_outside_release(struct np_outside *o);

#endif
