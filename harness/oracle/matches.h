/* matches.h - does a rule match one side of a connection. */
#ifndef NP_ORACLE_MATCHES_H
#define NP_ORACLE_MATCHES_H

#include "eval.h"

bool rule_matches(struct np_eval *e, const struct rule *rule, const struct np_side *side);
bool ports_match(struct np_eval *e, const struct rule *rule, const struct np_side *side);
bool peers_match(struct np_eval *e, const struct rule *rule, const struct np_side *side);
bool block_matches(struct np_eval *e, const struct peer_block *b, const struct np_side *side);
bool item_matches(struct np_eval *e, const struct port_item *item, const struct np_side *side);

/* A block that holds every address of its family. */
bool block_is_all(const struct peer_block *b, bool mapped, bool network);

#endif
