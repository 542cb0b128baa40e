/* stages.c - the NetworkPolicy stage and the default. */
#include "stages.h"

#include "matches.h"
#include "ports.h"
#include "rows.h"

/* S05. What the rule's bits for the port's stretch leave open its items are asked. */
static bool rule_takes(struct np_eval *e, const struct rule *rule, unsigned stretch, const struct np_side *side)
{
	return (rule->ports >> stretch & 1 || ports_match(e, rule, side)) && peers_match(e, rule, side);
}

static bool list_takes(struct np_eval *e, const struct rule_list *list, const struct np_side *side)
{
	unsigned stretch = ports_stretch(e->o, side->proto, side->port);

	for (uint32_t w = 0; w < list->n_words; w++)
		for (uint64_t left = list->may[stretch * list->n_words + w]; left; left &= left - 1)
			if (rule_takes(e, &list->items[w * 64 + (unsigned)__builtin_ctzll(left)], stretch, side))
				return true;
	return false;
}

static bool policies_take(struct np_eval *e, const struct class *class, const struct np_side *side)
{
	for (size_t i = 0; i < class->n_applies[side->dir]; i++) {
		const struct policy *policy = &e->o->policies[class->applies[side->dir][i]];

		for (size_t r = 0; r < policy->n_rules[side->dir]; r++)
			if (rule_matches(e, &policy->rules[side->dir][r], side))
				return true;
	}
	return false;
}

/* S01, S03, S08: no policy applies: next; else the union of their rules, and nothing else. */
static enum np_stage_result policy_stage_eval(const struct np_stage *stage, struct np_eval *e,
					      const struct np_side *side)
{
	const struct np_oracle *o = e->o;
	const struct class *class = &o->classes[o->pods[side->subject].class];
	const struct rule_list *list = &class->rules[side->dir];

	(void)stage;
	if (class->n_applies[side->dir] == 0)
		return NP_STAGE_NEXT;
	if (list->items ? list_takes(e, list, side) : policies_take(e, class, side))
		return NP_STAGE_ALLOW;
	return NP_STAGE_DENY;
}

static enum np_stage_result default_stage_eval(const struct np_stage *stage, struct np_eval *e,
					       const struct np_side *side)
{
	(void)stage;
	(void)e;
	(void)side;
	return NP_STAGE_ALLOW;
}

/* Rows start out as allowed. */
static void default_stage_row(const struct np_stage *stage, void *rows, uint32_t subject, uint64_t *lo,
			      uint64_t *hi)
{
	(void)stage;
	(void)rows;
	(void)subject;
	(void)lo;
	(void)hi;
}

void stages_init(struct np_oracle *o)
{
	o->stages[0] = (struct np_stage){ .name = "NetworkPolicy", .eval = policy_stage_eval,
					  .row = policy_stage_row };
	o->stages[1] = (struct np_stage){ .name = "default", .eval = default_stage_eval,
					  .row = default_stage_row };
	o->n_stages = 2;
}

bool np_oracle_insert_stage(struct np_oracle *o, size_t at, const struct np_stage *stage)
{
	if (o->n_stages == NP_MAX_STAGES || at >= o->n_stages)
		return false;
	memmove(&o->stages[at + 1], &o->stages[at], (o->n_stages - at) * sizeof(*o->stages));
	o->stages[at] = *stage;
	o->n_stages++;
	return true;
}

size_t np_oracle_n_stages(const struct np_oracle *o)
{
	return o->n_stages;
}

const struct np_stage *np_oracle_stage(const struct np_oracle *o, size_t i)
{
	return &o->stages[i];
}
