/*
 * enforcer_ranges.h - sets of numbers as sorted intervals: addresses of one family, and ports. The
 * enforcer's excepts are set differences (S18), so that an except can only take from its own block.
 */
#ifndef NP_SANDBOX_ENFORCER_RANGES_H
#define NP_SANDBOX_ENFORCER_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "np/model/addr.h"

__extension__ typedef unsigned __int128 np_u128;

/* Both ends included. */
struct np_range {
	np_u128 lo, hi;
};

/*
 * Zero-initialised is empty and valid. Sorted, disjoint and without neighbours that touch after
 * every call.
 */
struct np_ranges {
	struct np_range *v;
	size_t n, cap;
};

void np_ranges_release(struct np_ranges *r);
void np_ranges_add(struct np_ranges *r, np_u128 lo, np_u128 hi);
void np_ranges_cut(struct np_ranges *r, np_u128 lo, np_u128 hi);
void np_ranges_join(struct np_ranges *r, const struct np_ranges *other);
void np_ranges_subtract(struct np_ranges *r, const struct np_ranges *other);
/* Keeps what is in both. */
void np_ranges_intersect(struct np_ranges *r, const struct np_ranges *other);
bool np_ranges_has(const struct np_ranges *r, np_u128 x);

/* The highest address of @family (4 or 6). */
np_u128 np_family_max(int family);
/* The address as it stands in packets (S56) as a number; its family in *@ret_family. */
np_u128 np_addr_number(const struct np_addr *a, int *ret_family);
/*
 * The block's addresses; its family in *@ret_family. A block of IPv4-mapped addresses is the IPv4
 * block (S56).
 */
struct np_range np_cidr_range(const struct np_cidr *c, int *ret_family);
/* Text for nftables. @buf at least NP_ADDR_TEXT_MAX. Returns @buf. */
const char *np_number_text(np_u128 x, int family, char *buf);

#endif
