/* tell.h - telling a person why: sentences into a buffer, and the clauses that were named on the
 * way. */
#ifndef NP_ORACLE_TELL_H
#define NP_ORACLE_TELL_H

#include "np/base/buf.h"

#include "eval.h"

struct teller {
	struct np_eval e;   /* a full setting */
	struct np_buf *out; /* NULL: only the clauses are wanted */
	np_clauses rests_on;
};

/* Appends text when there is a buffer. */
void tell(struct teller *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Notes a clause and appends " (Snn)". */
void tell_clause(struct teller *t, unsigned clause);
/* Notes clauses without words. */
void tell_note(struct teller *t, unsigned clause);
void tell_str(struct teller *t, struct np_str s);
/* " (file:line)" when the place is known. */
void tell_place(struct teller *t, const struct np_place *place);

/* One side: which policies isolate, and for each rule why it matches or what is missing nearest. */
void tell_side(struct teller *t, const struct np_side *side);

/* What a peer or port item asks for, and why it does not match; clauses of what is said are noted.
 */
void tell_peer(struct teller *t, enum np_dir dir, const struct np_peer *peer, struct np_str ns);
void tell_peer_miss(struct teller *t, const struct peer_block *block, const struct np_peer *peer,
		    struct np_str ns, const struct np_side *side);
bool peer_matches(struct np_eval *e, const struct peer_block *block, const struct np_peer *peer,
		  struct np_str ns, const struct np_side *side);
void tell_item(struct teller *t, enum np_dir dir, const struct np_port *port);
void tell_item_miss(struct teller *t, const struct port_item *item, const struct np_port *port,
		    const struct np_side *side);

/* How far something is from matching: conditions that fail, so that the nearest is told first. */
unsigned peer_distance(struct teller *t, const struct peer_block *block, const struct np_peer *peer,
		       struct np_str ns, const struct np_side *side);
unsigned rule_distance(struct teller *t, const struct rule *rule, struct np_str ns, const struct np_side *side);
unsigned policy_distance(struct teller *t, const struct policy *policy, const struct np_side *side);

/* One of a list with its distance. */
struct near {
	unsigned distance;
	size_t at;
};

/* The nearest first; of equal ones the first. */
void near_sort(struct near *items, size_t n);

bool selector_matches(const struct np_selector *sel, const struct np_labels *labels);

#endif
