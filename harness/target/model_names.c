/* model_names.c - what names and sizes do to the model CNI (mutants only): keys and limits. */
#include "model_parts.h"

size_t np_m_entries(const struct np_policy *p)
{
	size_t n = 0;

	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			n += p->rules[d][r].n_peers + p->rules[d][r].n_ports;
	return n;
}

bool np_m_has_port_kind(const struct np_policy *p, enum np_port_kind kind)
{
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t k = 0; k < p->rules[d][r].n_ports; k++)
				if (p->rules[d][r].ports[k].kind == kind)
					return true;
	return false;
}

/* Not as the address would be printed, or with bits set beyond the prefix. */
static bool has_unusual_cidr(const struct np_policy *p)
{
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t k = 0; k < p->rules[d][r].n_peers; k++) {
				const struct np_ipblock *b = p->rules[d][r].peers[k].ip_block;

				if (b && b->cidr.flags & NP_CIDR_UNUSUAL)
					return true;
			}
	return false;
}

bool np_m_policy_usable(struct np_model *m, const struct np_policy *p)
{
	if (p->ns.n + p->name.n > 100 && wrong(m, NP_MUTANT_NAME_LONG))
		return false;
	if (p->name.n && p->name.p[0] >= '0' && p->name.p[0] <= '9' &&
	    wrong(m, NP_MUTANT_NAME_DIGIT))
		return false;
	if (np_str_is(p->ns, "default") && wrong(m, NP_MUTANT_DEFAULT_NS_SKIPPED))
		return false;
	if (has_unusual_cidr(p) && wrong(m, NP_MUTANT_HOST_BITS_VOID))
		return false;
	if (np_m_has_port_kind(p, NP_PORT_ANY) && wrong(m, NP_MUTANT_PORTLESS_VOIDS))
		return false;
	return !(np_m_has_port_kind(p, NP_PORT_NAME) && wrong(m, NP_MUTANT_NAMED_SKIPS));
}

/* The part of a pod's name before the last '-', as of the pods of one owner. */
static struct np_str owner_part(struct np_str name)
{
	for (size_t i = name.n; i-- > 0;)
		if (name.p[i] == '-')
			return (struct np_str){ name.p, i };
	return NP_STR_NONE;
}

/* The byte @i of @a, @glue and @b joined. */
static char joined_at(struct np_str a, struct np_str glue, struct np_str b, size_t i)
{
	if (i < a.n)
		return a.p[i];
	return i < a.n + glue.n ? glue.p[i - a.n] : b.p[i - a.n - glue.n];
}

/* Both pairs, joined by @glue, are the same in their first @limit bytes (0: in all). */
static bool joined_equal(struct np_str a1, const char *text, struct np_str a2, struct np_str b1,
			 struct np_str b2, size_t limit)
{
	struct np_str glue = np_str_from(text);
	size_t n = a1.n + glue.n + a2.n, o = b1.n + glue.n + b2.n;

	if (limit ? n < limit || o < limit : n != o)
		return false;
	for (size_t i = 0; i < (limit ? limit : n); i++)
		if (joined_at(a1, glue, a2, i) != joined_at(b1, glue, b2, i))
			return false;
	return true;
}

static bool label_reserved(const struct m_pod *pod)
{
	return np_labels_get(&pod->subject_labels, NP_STR("host")) ||
	       np_labels_get(&pod->subject_labels, NP_STR("world"));
}

static bool second_of_owner(const struct np_model *m, uint32_t pod)
{
	struct np_str owner = owner_part(m->pods[pod].name);

	for (uint32_t i = 0; i < pod && owner.n; i++)
		if (m->pods[i].there && np_str_eq(m->pods[i].ns, m->pods[pod].ns) &&
		    np_str_eq(owner_part(m->pods[i].name), owner))
			return true;
	return false;
}

static bool joined_alike(const struct m_pod *p, const struct m_pod *q)
{
	return joined_equal(p->ns, "-", p->name, q->ns, q->name, 0) ||
	       joined_equal(p->ns, "", p->name, q->ns, q->name, 0) ||
	       joined_equal(p->name, "", p->ns, q->name, q->ns, 0);
}

static bool second_of_joined(const struct np_model *m, uint32_t pod)
{
	for (uint32_t i = 0; i < pod; i++)
		if (m->pods[i].there && joined_alike(&m->pods[i], &m->pods[pod]))
			return true;
	return false;
}

bool np_m_pod_usable(struct np_model *m, uint32_t pod)
{
	const struct m_pod *p = &m->pods[pod];

	if (memchr(p->name.p, '.', p->name.n) && wrong(m, NP_MUTANT_POD_DOT))
		return false;
	if (p->name.n > 63 && wrong(m, NP_MUTANT_POD_LONG))
		return false;
	if (label_reserved(p) && wrong(m, NP_MUTANT_LABEL_RESERVED))
		return false;
	if (second_of_owner(m, pod) && wrong(m, NP_MUTANT_COMMON_OWNER))
		return false;
	return !(second_of_joined(m, pod) && wrong(m, NP_MUTANT_POD_KEY_JOINED));
}

uint32_t np_m_pod_twin(struct np_model *m, uint32_t pod)
{
	struct np_str owner;

	if (m->wrong.mutant != NP_MUTANT_POD_KEY_PREFIX && m->met_mutants[NP_MUTANT_POD_KEY_PREFIX])
		return pod;
	owner = owner_part(m->pods[pod].name);
	if (!owner.n || !wrong(m, NP_MUTANT_POD_KEY_PREFIX))
		return pod;
	for (uint32_t i = 0; i < pod; i++)
		if (m->pods[i].there && owner_part(m->pods[i].name).n &&
		    joined_equal(owner_part(m->pods[i].name), "-", m->pods[i].ns, owner,
				 m->pods[pod].ns, 0))
			return i;
	return pod;
}

static unsigned sum(struct np_str s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (unsigned char)s.p[i];
	return n;
}

static bool cut_equal(const struct m_policy *a, const struct m_policy *b)
{
	return joined_equal(a->ns, "_", a->name, b->ns, b->name, 63);
}

static bool same_key(struct np_model *m, const struct m_policy *a, const struct m_policy *b)
{
	bool joined = joined_equal(a->ns, "-", a->name, b->ns, b->name, 0);

	return (joined && wrong(m, NP_MUTANT_KEY_JOINED)) ||
	       (np_str_eq(a->ns, b->ns) && sum(a->name) == sum(b->name) &&
		wrong(m, NP_MUTANT_KEY_HASH)) ||
	       (cut_equal(a, b) && wrong(m, NP_MUTANT_NAME_CUT));
}

/* What was stored under the same key before is overwritten. */
void np_m_names_collide(struct np_model *m, uint32_t policy)
{
	struct m_policy *p = &m->policies[policy];

	for (uint32_t i = 0; i < m->n_policies; i++) {
		struct m_policy *other = &m->policies[i];

		if (i == policy || !other->there)
			continue;
		if (same_key(m, other, p)) {
			other->unused = true;
			for (uint32_t k = 0; k < m->n_pods; k++)
				np_m_detach(m, i, k, false);
		}
		if (joined_equal(other->name, "-in-ns-", other->ns, p->name, p->ns, 0) &&
		    wrong(m, NP_MUTANT_KEY_IN_NS))
			for (int d = 0; d < NP_N_DIRS; d++) {
				other->rules[d] = p->rules[d];
				other->n_rules[d] = p->n_rules[d];
			}
	}
}
