/*
 * ports.h - ports of rules at one look. The numbers of all port items cut the ports of a protocol
 * into stretches that are alike to every item. A rule keeps one bit for each stretch that its items
 * match; a list of rules has, for each stretch, a bit for each rule that matches there or whose
 * names must be asked, so that most rules are passed over without being read. A rule that came
 * after the cuts were found may match a stretch in part: then it is asked there too.
 */
#ifndef NP_ORACLE_PORTS_H
#define NP_ORACLE_PORTS_H

#include "compiled.h"

/* With more stretches than bits nothing is known: every rule is asked. */
enum { PORTS_MAX_STRETCHES = 64 };

/* Finds the stretches of all policies, then marks every rule. */
void ports_compile(struct np_oracle *o);
/* Sets the bits of one rule. */
void ports_mark(const struct np_oracle *o, struct rule *rule);
/* Where the rule, marked or not, may match some port. */
uint64_t ports_may_match(const struct np_oracle *o, const struct rule *rule);

/* Whether one item, no name, matches a port; NULL: a rule without items. */
bool ports_item_matches(const struct np_oracle *o, const struct port_item *item, enum np_proto proto, uint16_t port);

static inline unsigned ports_stretch(const struct np_oracle *o, enum np_proto proto, uint16_t port)
{
	uint32_t key = (uint32_t)proto << 16 | port;
	const uint32_t *at = o->port_cuts;

	/* The last cut that is not above: there is one, the first is 0. */
	for (size_t n = o->n_port_cuts; n > 1;) {
		size_t half = n / 2;

		at = at[half] <= key ? at + half : at;
		n -= half;
	}
	return (unsigned)(at - o->port_cuts);
}

#endif
