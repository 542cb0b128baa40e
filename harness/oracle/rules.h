/* rules.h - what of a rule can be compiled without looking at pods: blocks and port items. */
#ifndef NP_ORACLE_RULES_H
#define NP_ORACLE_RULES_H

#include "compiled.h"

/* Fill any_peer and blocks, and items, from rule.src; lists go to @arena. No egress name is
 * divergent yet. */
void rule_compile_blocks(struct np_oracle *o, struct np_arena *arena, struct rule *rule);
void rule_compile_items(struct np_oracle *o, struct np_arena *arena, struct rule *rule,
			enum np_dir dir);

/* Of egress names (S25). */
void item_set_divergent(struct np_oracle *o, struct port_item *item, bool divergent);

#endif
