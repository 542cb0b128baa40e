/* flow.h - layer model: one connection attempt, the verdict on it, and the clauses. */
#ifndef NP_MODEL_FLOW_H
#define NP_MODEL_FLOW_H

#include "np/model/world.h"

/* Clauses S01..S66 of the API's semantics as a set: bit n is Sn; S33b has bit 0. */
typedef struct {
	uint64_t bits[2];
} np_clauses;

#define NP_CLAUSE_33B 0
#define NP_CLAUSE_MAX 66

static inline void np_clauses_add(np_clauses *set, unsigned clause)
{
	set->bits[clause / 64] |= UINT64_C(1) << (clause % 64);
}

static inline bool np_clauses_has(const np_clauses *set, unsigned clause)
{
	return set->bits[clause / 64] >> (clause % 64) & 1;
}

static inline bool np_clauses_empty(const np_clauses *set)
{
	return !(set->bits[0] | set->bits[1]);
}

/* "S07 S33b" in rising order. @buf at least 512 bytes. Returns @buf. */
const char *np_clauses_text(const np_clauses *set, char *buf, size_t size);
/* One id such as "S33b" or "S04"; false when there is no such clause. */
bool np_clause_parse(struct np_str s, unsigned *ret);
/* "S04", "S33b". @buf at least 8 bytes. Returns @buf. */
const char *np_clause_name(unsigned clause, char *buf);

enum np_end_kind {
	NP_END_POD,	/* index into world->pods (hostNetwork pods too) */
	NP_END_ADDR,	/* an address: external host, node, anything not a pod */
	NP_END_SERVICE,	/* destination only: index into world->services */
};

struct np_end {
	enum np_end_kind kind;
	size_t idx;		/* pod or service */
	struct np_addr addr;	/* NP_END_ADDR */
};

/* A connection attempt. Ends of kind pod or service use their address of @family (4 or 6). */
struct np_flow {
	struct np_end src, dst;
	int family;
	enum np_proto proto;
	/* destination port as dialled (a service's port when dst is a service) */
	uint16_t port;
};

enum np_verdict {
	NP_DENY,
	NP_ALLOW,
	NP_UNDEF,
	NP_NO_FLOW,	/* an end has no address of the family, or is not running (S60) */
};

const char *np_verdict_name(enum np_verdict v);	/* "deny" "allow" "undef" "none" */

#endif
