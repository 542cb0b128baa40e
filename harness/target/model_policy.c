/* model_policy.c - policies as their events tell of them: compiled, attached, taken away. */
#include "model_parts.h"

static bool same_network(const struct np_cidr *a, const struct np_cidr *b)
{
	return a->prefix_bits == b->prefix_bits && np_addr_eq(&a->addr, &b->addr);
}

/* The block of the same network in the policy as it was before. */
static const struct np_ipblock *block_before(const struct np_policy *before, enum np_dir dir,
					     const struct np_ipblock *b)
{
	for (size_t r = 0; r < before->n_rules[dir]; r++)
		for (size_t k = 0; k < before->rules[dir][r].n_peers; k++) {
			const struct np_ipblock *old = before->rules[dir][r].peers[k].ip_block;

			if (old && same_network(&old->cidr, &b->cidr))
				return old;
		}
	return NULL;
}

/* @spec with the excepts that its block had before. */
static const struct np_peer *with_old_excepts(struct np_model *m, const struct np_peer *spec,
					      const struct np_ipblock *old)
{
	struct np_peer *peer = np_arena_alloc(&m->arena, sizeof(*peer));
	struct np_ipblock *b = np_arena_alloc(&m->arena, sizeof(*b));
	size_t n = spec->ip_block->n_excepts;

	*peer = *spec;
	*b = *spec->ip_block;
	b->n_excepts = n + old->n_excepts;
	b->excepts = np_arena_array(&m->arena, b->n_excepts, sizeof(*b->excepts));
	if (n)
		memcpy(b->excepts, spec->ip_block->excepts, n * sizeof(*b->excepts));
	memcpy(b->excepts + n, old->excepts, old->n_excepts * sizeof(*b->excepts));
	peer->ip_block = b;
	return peer;
}

static void compile_peer(struct np_model *m, uint32_t policy, enum np_dir dir,
			 const struct np_peer *spec, struct m_peer *ret)
{
	const struct np_policy *before = m->policies[policy].before;
	const struct np_ipblock *old =
		before && spec->ip_block ? block_before(before, dir, spec->ip_block) : NULL;

	*ret = (struct m_peer){ .spec = spec, .set = NONE };
	if (old && old->n_excepts && wrong(m, NP_MUTANT_EXCEPTS_STAY))
		ret->spec = with_old_excepts(m, spec, old);
	if (!spec->ip_block)
		ret->set = np_m_set_new(m, spec, policy, dir);
}

static void compile_rule(struct np_model *m, uint32_t policy, enum np_dir dir,
			 const struct np_rule *spec, struct m_rule *ret)
{
	ret->spec = spec;
	ret->id = m->n_rule_ids++;
	ret->n_peers = (uint32_t)spec->n_peers;
	ret->peers =
		np_arena_array(&m->arena, spec->n_peers ? spec->n_peers : 1, sizeof(*ret->peers));
	for (uint32_t i = 0; i < ret->n_peers; i++)
		compile_peer(m, policy, dir, &spec->peers[i], &ret->peers[i]);
}

/* A removed rule takes the entries of the others along. */
static void lose_peers(struct m_policy *p, enum np_dir dir)
{
	for (uint32_t r = 0; r < p->n_rules[dir]; r++)
		for (uint32_t k = 0; k < p->rules[dir][r].n_peers; k++)
			p->rules[dir][r].peers[k].dead = true;
}

static void compile_dir(struct np_model *m, uint32_t policy, enum np_dir dir, bool keep_old)
{
	const struct np_policy *obj = m->policies[policy].obj, *before = m->policies[policy].before;
	size_t n = obj->n_rules[dir], n_old = before && keep_old ? before->n_rules[dir] : 0;
	struct m_rule *rules = np_arena_array(&m->arena, n + n_old + 1, sizeof(*rules));

	for (size_t i = 0; i < n; i++)
		compile_rule(m, policy, dir, &obj->rules[dir][i], &rules[i]);
	for (size_t i = 0; i < n_old; i++)
		compile_rule(m, policy, dir, &before->rules[dir][i], &rules[n + i]);
	m->policies[policy].rules[dir] = rules;
	m->policies[policy].n_rules[dir] = (uint32_t)(n + n_old);
	if (before && before->n_rules[dir] > n && n && wrong(m, NP_MUTANT_RULE_TAKES_PEERS))
		lose_peers(&m->policies[policy], dir);
}

static bool set_empty_at_birth(const struct np_model *m, const struct m_policy *p)
{
	for (int d = 0; d < NP_N_DIRS; d++)
		for (uint32_t r = 0; r < p->n_rules[d]; r++)
			for (uint32_t k = 0; k < p->rules[d][r].n_peers; k++) {
				uint32_t set = p->rules[d][r].peers[k].set;

				if (set != NONE && np_m_set_empty(&m->sets[set]))
					return true;
			}
	return false;
}

static void choose_types(struct np_model *m, struct m_policy *p)
{
	for (int d = 0; d < NP_N_DIRS; d++) {
		p->types[d] = mx_bool(m, NP_SITE_TYPES, p->obj->types[d]);
		if (p->before && p->before->types[d] && !p->types[d] &&
		    wrong(m, NP_MUTANT_TYPES_STAY))
			p->types[d] = true;
		if (p->before && np_m_entries(p->before) > 24 && np_m_entries(p->obj) <= 24 &&
		    wrong(m, NP_MUTANT_SHRINK_UNISOLATES))
			p->types[d] = false;
	}
}

static void compile(struct np_model *m, uint32_t policy, enum np_model_verb verb)
{
	struct m_policy *p = &m->policies[policy];
	bool keep =
		p->before && (verb == NP_MODEL_UPDATE ? wrong(m, NP_MUTANT_UPDATE_ADDS)
						      : wrong(m, NP_MUTANT_RECREATED_RULES_STAY));

	choose_types(m, p);
	p->unused = !np_m_policy_usable(m, p->obj);
	for (int d = 0; d < NP_N_DIRS; d++)
		compile_dir(m, policy, (enum np_dir)d, keep);
	p->failed = set_empty_at_birth(m, p);
}

/* A policy with one isolating direction too many: all pods of its namespace. */
static bool whole_namespace(struct np_model *m, const struct m_policy *p, const struct m_pod *pod)
{
	return p->types[NP_EGRESS] && !p->types[NP_INGRESS] && np_str_eq(p->ns, pod->ns) &&
	       wrong(m, NP_MUTANT_EGRESS_ONLY_NAMESPACE);
}

/* Fills the policy's list of the pods that it selects. */
static void find_subjects(struct np_model *m, struct m_policy *p)
{
	p->subjects.n = 0;
	for (uint32_t i = 0; i < m->n_pods; i++) {
		struct m_pod *pod = &m->pods[i];

		if (!pod->there || (pod->early && wrong(m, NP_MUTANT_NS_EVENT_RACE)))
			continue;
		if (np_m_selects(m, p, pod))
			np_m_list_add(m, &p->subjects, i);
		if (whole_namespace(m, p, pod))
			pod->stays[NP_INGRESS] = true;
	}
}

static void attach_all(struct np_model *m, uint32_t policy)
{
	struct m_policy *p = &m->policies[policy];
	struct m_span span;

	find_subjects(m, p);
	span = mx_list(m, NP_SITE_ATTACH_PODS, p->subjects.n);
	for (size_t i = span.from; i < span.to; i++)
		np_m_attach(m, policy, p->subjects.items[i]);
}

static void take_away(struct np_model *m, uint32_t policy, bool deleted)
{
	struct m_policy *p = &m->policies[policy];

	for (uint32_t i = 0; i < m->n_pods; i++)
		np_m_detach(m, policy, i, deleted);
	for (int d = 0; d < NP_N_DIRS; d++)
		for (uint32_t r = 0; r < p->n_rules[d]; r++)
			for (uint32_t k = 0; k < p->rules[d][r].n_peers; k++)
				if (p->rules[d][r].peers[k].set != NONE)
					m->sets[p->rules[d][r].peers[k].set].there = false;
}

/* Entries of equal blocks of later policies die with the first. */
static void drop_shared_blocks(struct np_model *m, const struct np_ipblock *b,
			       const struct m_policy *gone)
{
	for (uint32_t i = 0; i < m->n_policies; i++)
		for (int d = 0;
		     d < NP_N_DIRS && m->policies[i].there && m->policies[i].since > gone->since;
		     d++)
			for (uint32_t r = 0; r < m->policies[i].n_rules[d]; r++)
				for (uint32_t k = 0; k < m->policies[i].rules[d][r].n_peers; k++) {
					struct m_peer *peer = &m->policies[i].rules[d][r].peers[k];

					if (peer->spec->ip_block &&
					    same_network(&peer->spec->ip_block->cidr, &b->cidr))
						peer->dead = true;
				}
}

static void after_delete(struct np_model *m, const struct m_policy *p)
{
	if (!wrong(m, NP_MUTANT_BLOCK_SHARED))
		return;
	for (int d = 0; d < NP_N_DIRS; d++)
		for (uint32_t r = 0; r < p->n_rules[d]; r++)
			for (uint32_t k = 0; k < p->rules[d][r].n_peers; k++)
				if (p->rules[d][r].peers[k].spec->ip_block)
					drop_shared_blocks(
						m, p->rules[d][r].peers[k].spec->ip_block, p);
}

static void policy_gone(struct np_model *m, uint32_t policy)
{
	struct m_policy *p = &m->policies[policy];

	if (wrong(m, NP_MUTANT_DIES_ON_DELETE)) {
		m->crashed = true;
		return;
	}
	if (wrong(m, NP_MUTANT_DELETE_IGNORED))
		return;
	if (wrong(m, NP_MUTANT_DELETED_RULES_STAY)) {
		p->ghost = true;
		for (uint32_t i = 0; i < m->n_pods; i++)
			for (uint32_t k = 0; k < m->pods[i].n_attached; k++)
				for (int d = 0;
				     d < NP_N_DIRS && m->pods[i].attached[k].policy == policy;
				     d++) {
					m->pods[i].isolated[d] -=
						m->pods[i].attached[k].isolates[d];
					m->pods[i].attached[k].isolates[d] = false;
				}
	} else {
		take_away(m, policy, true);
		after_delete(m, p);
	}
	p->there = false;
	p->was_deleted = true;
	m->deleted_policy = policy;
}

static bool has_both_families(const struct np_policy *p)
{
	bool four = false, six = false;

	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t k = 0; k < p->rules[d][r].n_peers; k++) {
				const struct np_ipblock *b = p->rules[d][r].peers[k].ip_block;

				four |= b && b->cidr.addr.width == 4;
				six |= b && b->cidr.addr.width == 16;
			}
	return four && six;
}

static bool update_refused(struct np_model *m, const struct m_policy *p)
{
	return wrong(m, NP_MUTANT_UPDATE_IGNORED) ||
	       (has_both_families(p->obj) && wrong(m, NP_MUTANT_DUAL_NO_UPDATE));
}

void np_m_policy(struct np_model *m, enum np_model_verb verb, const struct np_policy *obj)
{
	uint32_t policy = np_m_make_policy(m, obj->ns, obj->name);
	struct m_policy *p = &m->policies[policy];

	if (m->policies_stuck)
		return;
	if (verb == NP_MODEL_DELETE) {
		if (p->there)
			policy_gone(m, policy);
		return;
	}
	if (p->there && update_refused(m, p))
		return;
	np_m_trouble_before(m, obj);
	if (m->crashed || m->stuck)
		return;
	if (p->there || p->ghost)
		take_away(m, policy, false);
	p->before = p->obj;
	verb = p->there ? NP_MODEL_UPDATE : NP_MODEL_ADD;
	p->since = p->there ? p->since : m->clock;
	p->obj = obj;
	p->there = true;
	p->ghost = false;
	compile(m, policy, verb);
	np_m_names_collide(m, policy);
	attach_all(m, policy);
	np_m_trouble_after(m, obj);
}
