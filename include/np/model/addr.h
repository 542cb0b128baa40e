/* addr.h - layer model: addresses and CIDR blocks, text to bits and back. */
#ifndef NP_MODEL_ADDR_H
#define NP_MODEL_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/str.h"

/*
 * An IPv4 or IPv6 address. @width is 4 or 16; bytes in network order. IPv4-mapped text keeps width
 * 16 here (S56: see np_addr_wire()).
 */
struct np_addr {
	uint8_t width;
	uint8_t bytes[16];
};

#define NP_ADDR_TEXT_MAX 64

/*
 * What a CIDR text deviates from the strict rules in (semantics 3.7); the block is usable whatever
 * is set.
 */
enum np_cidr_flags {
	NP_CIDR_HOST_BITS = 1U << 0,	/* an address bit is set beyond the prefix (S57) */
	/* leading zeros in an octet, group (over 4 digits) or the prefix (S57) */
	NP_CIDR_ZEROS = 1U << 1,
	NP_CIDR_MAPPED = 1U << 2,	/* inside ::ffff:0:0/96 (S56) */
	NP_CIDR_SPELLING = 1U << 3,	/* non-canonical but unambiguous IPv6: a warning only */
};

struct np_cidr {
	struct np_addr addr;	/* masked: bits beyond the prefix are zero */
	struct np_addr host;	/* as written, not masked */
	uint8_t prefix_bits;	/* 0..8*width, as written */
	uint8_t flags;		/* enum np_cidr_flags */
};

/*
 * Address text without a zone, canonical or not; the sloppy forms of semantics 3.7 (leading zeros)
 * are accepted. false, and *@ret untouched, for anything else.
 */
bool np_addr_parse(struct np_str text, struct np_addr *ret);
/* Canonical text (RFC 5952). @buf at least NP_ADDR_TEXT_MAX. Returns @buf. */
const char *np_addr_text(const struct np_addr *a, char *buf);
bool np_addr_eq(const struct np_addr *a, const struct np_addr *b);
/* IPv4 before IPv6, each in rising order. */
int np_addr_cmp(const struct np_addr *a, const struct np_addr *b);
/*
 * The address as it stands in packets: an IPv4-mapped one becomes IPv4 (S56), others are unchanged.
 */
struct np_addr np_addr_wire(const struct np_addr *a);
/* +@delta in the address space of its width; false on wrap-around. */
bool np_addr_add(const struct np_addr *a, int64_t delta, struct np_addr *ret);
/* Network part of @a under a prefix. */
struct np_addr np_addr_mask(const struct np_addr *a, unsigned prefix_bits);

/* The sloppy parser of semantics 3.7; false when even that refuses. */
bool np_cidr_parse(struct np_str text, struct np_cidr *ret);
/* Canonical text addr/prefix, masked. @buf at least NP_ADDR_TEXT_MAX. */
const char *np_cidr_text(const struct np_cidr *c, char *buf);

#endif
