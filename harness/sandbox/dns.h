/*
 * dns.h - the cluster's names: answers to DNS queries from the objects in the store. The codec is
 * pure and takes any bytes.
 *
 * Known names: SERVICE.NS.svc.cluster.local (the service's addresses, or its backends' where it is
 * headless) and 10-244-0-10.NS.pod.cluster.local (that address, in any namespace that exists).
 * Types A and AAAA; other types of a known name have no data. Any other name does not exist.
 */
#ifndef NP_SANDBOX_DNS_H
#define NP_SANDBOX_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/str.h"
#include "np/model/addr.h"
#include "store.h"

#define NP_DNS_QUERY_MAX 1024	/* longer ones are malformed */
/* of an answer over UDP; a longer one is cut at a record and says so */
#define NP_DNS_UDP_MAX 512
#define NP_DNS_TCP_MAX 4096
#define NP_DNS_ADDRS_MAX 128

/*
 * Addresses of @name (lower case, no last dot) of family 0 (IPv4) or 1 (IPv6): at most
 * NP_DNS_ADDRS_MAX into @ret, their number into @ret_n. False when there is no such name at all.
 */
typedef bool np_dns_lookup(void *ctx, const char *name, unsigned family, struct np_addr *ret,
			   size_t *ret_n);

/*
 * Writes the answer to the @n bytes at @query to @answer, at most @max (NP_DNS_UDP_MAX or more).
 * Returns its length; 0 when there is nothing that could be answered (shorter than a header, or an
 * answer itself).
 */
size_t np_dns_answer(const uint8_t *query, size_t n, np_dns_lookup *lookup, void *ctx,
		     uint8_t *answer, size_t max);

/* The lookup on a store; @ctx is the struct np_store. */
np_dns_lookup np_dns_store_lookup;

struct np_dns_server;

/*
 * Serves port 53, UDP and TCP, in the namespace @netns_fd (borrowed until it returns), from a
 * thread of its own. NULL with NP_EENV.
 */
struct np_dns_server *np_dns_server_new(int netns_fd, struct np_store *store, struct np_err *err);
void np_dns_server_free(struct np_dns_server *d);

#endif
