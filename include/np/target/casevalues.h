/*
 * casevalues.h - layer target: what only a run knows in the texts of a case: ${ip:x/a} ${ip6:x/a}
 * ${cidr:x/a/28} ${cidr6:x/a/28} ${family-any} (suites/README.md).
 */
#ifndef NP_TARGET_CASEVALUES_H
#define NP_TARGET_CASEVALUES_H

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/model/world.h"

/* The addresses of a name (x/a, ext/a, node/a) into @ret[NP_WORLD_MAX_IPS]; returns their number, 0
 * when there is no such name. */
typedef size_t np_value_lookup(const void *ctx, struct np_str name, struct np_addr *ret);

struct np_values {
	np_value_lookup *lookup;
	const void *ctx;
	int family; /* the cluster's first family, 4 or 6: that of ip, cidr and family-any */
};

/*
 * Appends @text to @ret with every ${..} filled in. A prefix of cidr is meant for IPv4; in IPv6 it
 * is 96 more. NP_EVALID for an unknown name or word, a name without an address of the family, a
 * prefix beyond 32; then nothing is appended.
 */
int np_substitute(struct np_str text, const struct np_values *values, struct np_buf *ret,
		  struct np_err *err);

#endif
