/* ids.c - selectors over numbers. */
#include "ids.h"

#include "intern.h"

static struct id_requirement compile_requirement(struct np_oracle *o, struct np_arena *arena,
						 struct np_str key, enum np_op op,
						 const struct np_str *values, size_t n_values)
{
	struct id_requirement q = { .key = strings_add(o->strings, key),
				    .op = op,
				    .n_values = (uint32_t)n_values,
				    .value = NONE };
	uint32_t *ids = &q.value;

	if (n_values > 1)
		q.values = ids = np_arena_array(arena, n_values, sizeof(*ids));
	for (size_t i = 0; i < n_values; i++)
		ids[i] = strings_add(o->strings, values[i]);
	return q;
}

static struct id_selector compile_selector(struct np_oracle *o, struct np_arena *arena,
					   const struct np_selector *src)
{
	size_t n_labels = src->match_labels.n, n = n_labels + src->n_exprs;
	struct id_requirement *items = np_arena_array(arena, n, sizeof(*items));

	for (size_t i = 0; i < n_labels; i++) {
		const struct np_label *label = &src->match_labels.items[i];

		items[i] = compile_requirement(o, arena, label->key, NP_OP_IN, &label->value, 1);
	}
	for (size_t i = 0; i < src->n_exprs; i++) {
		const struct np_requirement *q = &src->exprs[i];

		items[n_labels + i] =
			compile_requirement(o, arena, q->key, q->op, q->values, q->n_values);
	}
	return (struct id_selector){ items, (uint32_t)n };
}

static void compile_rule(struct np_oracle *o, struct np_arena *arena, const struct np_rule *src,
			 struct id_rule *ret)
{
	struct id_peer *peers = np_arena_array(arena, src->n_peers, sizeof(*peers));

	*ret = (struct id_rule){ .peers = peers };
	for (size_t i = 0; i < src->n_peers; i++) {
		const struct np_peer *p = &src->peers[i];
		struct id_peer *id = &peers[ret->n_peers];

		if (p->ip_block)
			continue;
		ret->n_peers++;
		id->has_ns = p->ns_selector;
		if (p->ns_selector)
			id->ns = compile_selector(o, arena, p->ns_selector);
		if (p->pod_selector)
			id->pod = compile_selector(o, arena, p->pod_selector);
	}
}

void id_policy_compile(struct np_oracle *o, struct np_arena *arena, const struct np_policy *src,
		       struct id_policy *ret)
{
	size_t ns = np_world_find_namespace(o->world, src->ns);

	*ret = (struct id_policy){ .ns = ns == SIZE_MAX ? NONE : (uint32_t)ns };
	ret->subject = compile_selector(o, arena, &src->pod_selector);
	for (int dir = 0; dir < NP_N_DIRS; dir++) {
		size_t n = src->types[dir] ? src->n_rules[dir] : 0;
		struct id_rule *rules = np_arena_array(arena, n, sizeof(*rules));

		for (size_t i = 0; i < n; i++)
			compile_rule(o, arena, &src->rules[dir][i], &rules[i]);
		ret->rules[dir] = rules;
	}
}

static bool is_among(const struct id_requirement *q, uint32_t value)
{
	if (q->n_values <= 1)
		return q->n_values && q->value == value;
	for (uint32_t i = 0; i < q->n_values; i++)
		if (q->values[i] == value)
			return true;
	return false;
}

static bool requirement_holds(const struct id_requirement *q, const struct label_id *labels,
			      size_t n_labels)
{
	const struct label_id *found = NULL;

	for (size_t i = 0; i < n_labels && !found; i++)
		if (labels[i].key == q->key)
			found = &labels[i];
	switch (q->op) {
	case NP_OP_IN:
		return found && is_among(q, found->value);
	case NP_OP_NOT_IN:
		return !found || !is_among(q, found->value);
	case NP_OP_EXISTS:
		return found;
	case NP_OP_NOT_EXISTS:
		return !found;
	}
	return false;
}

bool id_selector_matches(const struct id_selector *s, const struct label_id *labels,
			 size_t n_labels)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (!requirement_holds(&s->items[i], labels, n_labels))
			return false;
	return true;
}
