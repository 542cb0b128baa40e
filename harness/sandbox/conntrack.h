/*
 * conntrack.h - forgetting the connections of addresses that have lost their owner: whoever gets
 * such an address next must not inherit what was established. A handle belongs to the namespace its
 * thread was in when it was made; one thread at a time.
 */
#ifndef NP_SANDBOX_CONNTRACK_H
#define NP_SANDBOX_CONNTRACK_H

#include <stddef.h>

#include "np/base/err.h"
#include "np/model/addr.h"

struct np_conntrack;

/* NULL with NP_EENV. */
struct np_conntrack *np_conntrack_new(struct np_err *err);
void np_conntrack_free(struct np_conntrack *ct);
/*
 * Deletes every entry that has one of @ips as source or destination, before or after translation.
 * Entries that end meanwhile are no error. Returns how many were deleted, -1 with NP_EENV where the
 * kernel has no such interface (nf_conntrack_netlink).
 */
int np_conntrack_forget(struct np_conntrack *ct, const struct np_addr *ips, size_t n,
			struct np_err *err);

#endif
