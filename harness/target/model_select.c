/* model_select.c - label selectors of the model CNI. */
#include "model_parts.h"

bool np_m_is_empty(const struct np_selector *sel)
{
	return !sel->match_labels.n && !sel->n_exprs;
}

bool np_m_is_negative(const struct np_selector *sel)
{
	for (size_t i = 0; i < sel->n_exprs; i++)
		if (sel->exprs[i].op == NP_OP_IN || sel->exprs[i].op == NP_OP_EXISTS)
			return false;
	return sel->n_exprs && !sel->match_labels.n;
}

static bool is_number(struct np_str s, unsigned long long *ret)
{
	return np_str_u64(s, UINT64_MAX / 2, ret);
}

static bool value_is(struct np_model *m, struct np_str have, struct np_str want)
{
	unsigned long long a, b;

	if (is_number(have, &a) && is_number(want, &b) &&
	    wrong_if(m, NP_MUTANT_LABEL_NUMERIC, a == b || np_str_eq(have, want)))
		return a == b;
	return np_str_eq(have, want);
}

/* A key that is a port name in some policy: sets of both kinds have one name. */
static bool key_is_port_name(struct np_model *m, struct np_str key)
{
	for (uint32_t i = 0; i < m->n_policies; i++) {
		const struct np_policy *p = m->policies[i].there ? m->policies[i].obj : NULL;

		for (int d = 0; p && d < NP_N_DIRS; d++)
			for (size_t r = 0; r < p->n_rules[d]; r++)
				for (size_t k = 0; k < p->rules[d][r].n_ports; k++)
					if (p->rules[d][r].ports[k].kind == NP_PORT_NAME &&
					    np_str_eq(p->rules[d][r].ports[k].name, key))
						return true;
	}
	return false;
}

/* Ways to lose a key altogether. */
static bool key_unusable(struct np_model *m, struct np_str key)
{
	if (key.n && memchr(key.p, '/', key.n) && wrong(m, NP_MUTANT_LABEL_SLASH))
		return true;
	return wrong(m, NP_MUTANT_KEY_KIND) && key_is_port_name(m, key);
}

static const struct np_str *find_label(struct np_model *m, const struct np_labels *labels,
				       struct np_str key)
{
	for (size_t i = 0; i < labels->n; i++)
		if (np_str_eq(labels->items[i].key, key))
			return mx_skip(m, NP_SITE_KEY_FOUND) ? NULL : &labels->items[i].value;
	return NULL;
}

static bool in_values(struct np_model *m, const struct np_requirement *q, struct np_str value)
{
	struct m_span span = mx_list(m, NP_SITE_VALUES, q->n_values);

	for (size_t i = span.from; i < span.to; i++)
		if (mx_bool(m, NP_SITE_VALUE_EQUAL, value_is(m, value, q->values[i])))
			return true;
	return false;
}

static bool differs_from_one(const struct np_requirement *q, const struct np_str *value)
{
	for (size_t i = 0; i < q->n_values; i++)
		if (!value || !np_str_eq(q->values[i], *value))
			return true;
	return false;
}

static enum np_op op_of(struct np_model *m, enum np_op op)
{
	static const enum np_op other[] = { [NP_OP_IN] = NP_OP_NOT_IN,
					    [NP_OP_NOT_IN] = NP_OP_IN,
					    [NP_OP_EXISTS] = NP_OP_NOT_EXISTS,
					    [NP_OP_NOT_EXISTS] = NP_OP_EXISTS };
	bool listed = op == NP_OP_IN || op == NP_OP_NOT_IN;

	return mx_swap(m, listed ? NP_SITE_IN_NOTIN : NP_SITE_EXISTS_NOT_EXISTS) ? other[op] : op;
}

static bool holds(struct np_model *m, const struct np_requirement *q,
		  const struct np_labels *labels, enum m_use use)
{
	const struct np_str *value = find_label(m, labels, q->key);

	if (key_unusable(m, q->key))
		return false;
	switch (op_of(m, q->op)) {
	case NP_OP_IN:
		return mx_bool(m, NP_SITE_IN_RESULT, value && in_values(m, q, *value));
	case NP_OP_NOT_IN:
		if (wrong(m, NP_MUTANT_NOTIN_IGNORED) ||
		    wrong_if(m, NP_MUTANT_NOTIN_IGNORED_NS, use == M_PEER_NS))
			return true;
		if (wrong_if(m, NP_MUTANT_NOTIN_OR, q->n_values > 1))
			return differs_from_one(q, value);
		return mx_bool(m, NP_SITE_NOTIN_RESULT, !(value && in_values(m, q, *value)));
	case NP_OP_EXISTS:
		return mx_bool(m, NP_SITE_EXISTS_RESULT, value != NULL);
	case NP_OP_NOT_EXISTS:
		return mx_bool(m, NP_SITE_NOT_EXISTS_RESULT, value == NULL);
	}
	return false;
}

static bool label_there(struct np_model *m, const struct np_label *want,
			const struct np_labels *labels)
{
	const struct np_str *value = find_label(m, labels, want->key);

	return mx_bool(m, NP_SITE_LABEL_EQUAL, value && value_is(m, *value, want->value)) &&
	       !key_unusable(m, want->key);
}

static bool match_labels(struct np_model *m, const struct np_selector *sel,
			 const struct np_labels *labels, enum m_use use)
{
	struct m_span span = mx_list(m, NP_SITE_MATCH_LABELS, sel->match_labels.n);
	size_t n = 0;

	for (size_t i = span.from; i < span.to; i++)
		n += label_there(m, &sel->match_labels.items[i], labels);
	if (span.to - span.from > 1 &&
	    (wrong(m, NP_MUTANT_MATCHLABELS_OR) ||
	     wrong_if(m, NP_MUTANT_MATCHLABELS_OR_SUBJECT, use == M_SUBJECT)))
		return n > 0;
	return n == span.to - span.from;
}

bool np_m_matches(struct np_model *m, const struct np_selector *sel, const struct np_labels *labels,
		  enum m_use use)
{
	struct m_span span = mx_list(m, NP_SITE_EXPRESSIONS, sel->n_exprs);

	if (np_m_is_empty(sel) && use == M_SUBJECT && wrong(m, NP_MUTANT_EMPTY_SUBJECT_NONE))
		return false;
	if (!labels->n && use != M_PEER_NS && !np_m_is_empty(sel) &&
	    wrong(m, NP_MUTANT_UNLABELLED_NEVER))
		return false;
	if (!match_labels(m, sel, labels, use))
		return false;
	if (sel->n_exprs && wrong(m, NP_MUTANT_EXPRESSIONS_IGNORED))
		return true;
	for (size_t i = span.from; i < span.to; i++)
		if (!holds(m, &sel->exprs[i], labels, use))
			return false;
	return true;
}
