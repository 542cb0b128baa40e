/*
 * rows.h - one side of many connections at once: a row has one bit for every other end. Two rows
 * are made together: lo under the readings that permit least, hi under those that permit most. That
 * is exact, since turning a single reading moves every verdict in one direction only, but for S43,
 * S56 and S57, which one set of rows takes as given (S45 does not occur here).
 */
#ifndef NP_ORACLE_ROWS_H
#define NP_ORACLE_ROWS_H

#include "eval.h"

/* What the peers of a rule match; NULL words: nothing. hi == lo when they do not differ. */
struct peer_row {
	bool built;
	size_t first, n_words;
	uint64_t *lo, *hi;
};

/* What an egress name matches at the current port. */
struct name_row {
	bool built;
	uint64_t *lo, *hi; /* NULL: nothing */
};

struct end_at {
	struct np_wire addr;
	uint32_t end;
};

struct named_ends {
	uint32_t name, class;
	enum np_proto proto;
	uint16_t port;
	bool asks_dup, asks_init;
};

struct rows {
	const struct np_oracle *o;
	enum np_dir dir;
	uint32_t lo, hi;	/* the readings of each, as bits that mean yes */
	const struct end *ends; /* the other ends; borrowed */
	const bool *valid;	/* ends that carry traffic */
	size_t n_ends, n_words;
	uint32_t *class_first, *class_ends; /* [n_classes + 1]: ends that count as pods */
	struct end_at *by_addr;		    /* valid ends, sorted */
	size_t n_by_addr;
	uint64_t *plain; /* valid ends that do not count as pods */
	bool has_plain;
	struct named_ends *named; /* by name, protocol, port; egress only */
	size_t n_named, cap_named;
	struct peer_row *peers; /* [n_peers]: by number of the rule */
	size_t n_peers;
	uint32_t *built; /* which of them are */
	size_t n_built, cap_built;
	struct name_row *names; /* [n_names]: by slot, of the current port */
	size_t n_names;
	uint64_t *one_lo, *one_hi; /* being built */
	enum np_proto proto;
	uint16_t port;
};

/* @ends and @valid must outlive the rows. */
void rows_init(struct rows *r, const struct np_oracle *o, enum np_dir dir, uint32_t lo, uint32_t hi,
	       const struct end *ends, const bool *valid, size_t n_ends);
void rows_release(struct rows *r);
void rows_set_port(struct rows *r, enum np_proto proto, uint16_t port);
/*
 * After changes of the oracle. What rules match is found out anew, rules and names that are new
 * have their place; the ends' classes are read again, and if @addresses their addresses too; the
 * names of one class are read again (egress only).
 */
void rows_forget(struct rows *r);
void rows_reread_ends(struct rows *r, bool addresses);
void rows_reread_names(struct rows *r, uint32_t class);

/* By name, protocol, port; and the first of rows.named that is not below @key. */
int rows_cmp_named(const void *a, const void *b);
size_t rows_find_named(const struct rows *r, const struct named_ends *key);

/* An end that a policy sees as a pod, under these rows' setting of S43. */
bool rows_is_pod(const struct rows *r, const struct end *end);
/* Whether a rule's blocks match end @at: bit 0 at least, bit 1 at most. Nothing is kept. */
unsigned rows_blocks_take(const struct rows *r, const struct rule *rule, size_t at);
/* The same of a port's name, for an end (or subject) that has it in this form; @divergent: S25. */
unsigned rows_name_takes(const struct rows *r, const struct name_port *np, bool divergent);

/* The verdict of all stages on @subject (a pod), towards or from every end, without the exemptions
 * of nodes. Bits of ends without traffic have no meaning. */
void rows_judge(struct rows *r, uint32_t subject, uint64_t *lo, uint64_t *hi);

/* The NetworkPolicy stage; @lo and @hi hold what the later stages say. */
void policy_stage_row(const struct np_stage *stage, void *rows, uint32_t subject, uint64_t *lo,
		      uint64_t *hi);

#endif
