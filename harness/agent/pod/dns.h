/*
 * dns.h - in-pod agent: one DNS question (A, class IN) and whether bytes are a response to it.
 * Pure.
 */
#ifndef POD_DNS_H
#define POD_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "np/base/str.h"

#define DNS_QUERY_BYTES (12 + 255 + 4)

/* Labels of 1..63 bytes, 253 in all, a last dot allowed. */
bool dns_name_ok(struct np_str name);
/* Writes the query for @name (which is ok) to @buf. Returns its length. */
unsigned dns_query(struct np_str name, uint16_t id, uint8_t buf[static DNS_QUERY_BYTES]);
/*
 * Whether @answer is a well-formed response to @query: QR set, same id, and the same question or,
 * as servers do that could not read it, none. @ret_rcode is 0..15. Records behind the question are
 * not looked at.
 */
bool dns_answers(const uint8_t *query, unsigned n_query, const uint8_t *answer, unsigned n_answer,
		 unsigned *ret_rcode);

#endif
