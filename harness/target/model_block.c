/* model_block.c - ipBlocks of the model CNI. */
#include "model_parts.h"

#define MAPPED_BITS 96

static bool has_double_colon(struct np_str s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == ':' && s.p[i + 1] == ':')
			return true;
	return false;
}

/* The leading @bits of both are equal. */
static bool same_prefix(const struct np_addr *a, const struct np_addr *b, long bits)
{
	long whole = bits / 8;

	if (bits <= 0)
		return true;
	if (bits > 8L * a->width) {
		bits = 8L * a->width;
		whole = a->width;
	}
	if (memcmp(a->bytes, b->bytes, (size_t)whole) != 0)
		return false;
	return bits % 8 == 0 || !((a->bytes[whole] ^ b->bytes[whole]) >> (8 - bits % 8));
}

bool np_m_in_cidr(struct np_model *m, const struct np_cidr *c, const struct np_addr *addr)
{
	struct np_addr base = c->addr;
	long bits = c->prefix_bits;

	if (c->flags & NP_CIDR_MAPPED && bits >= MAPPED_BITS) {
		base = np_addr_wire(&c->addr);
		bits -= MAPPED_BITS;
	}
	if (bits == 0 && base.width == 4 && addr->width == 16 && wrong(m, NP_MUTANT_V4_ALL_V6))
		return true;
	if (!mx_bool(m, NP_SITE_CIDR_WIDTH, base.width == addr->width))
		return false;
	return mx_bool(m, NP_SITE_IN_CIDR,
		       same_prefix(&base, addr, mx_num(m, NP_SITE_CIDR_BITS, bits)));
}

static bool in_except(struct np_model *m, const struct np_cidr *e, const struct np_addr *addr)
{
	if (e->flags & NP_CIDR_UNUSUAL && wrong(m, NP_MUTANT_EXCEPT_AS_WRITTEN))
		return false;
	return mx_bool(m, NP_SITE_IN_EXCEPT, np_m_in_cidr(m, e, addr));
}

bool np_m_in_some_except(struct np_model *m, const struct np_ipblock *b, const struct np_addr *addr)
{
	struct m_span span = mx_list(m, NP_SITE_EXCEPTS, b->n_excepts);

	if (b->n_excepts > 1 && wrong(m, NP_MUTANT_FIRST_EXCEPT_ONLY))
		return in_except(m, &b->excepts[0], addr);
	for (size_t i = span.from; i < span.to; i++)
		if (in_except(m, &b->excepts[i], addr))
			return true;
	return false;
}

/* Calls @f for every block of the policy, or of the policies of the subject; stops when it is true.
 */
typedef bool block_fn(const struct m_look *l, const struct m_peer *peer,
		      const struct np_ipblock *other);

static bool any_block_of_policy(const struct m_look *l, const struct m_policy *p,
				const struct m_peer *peer, block_fn *f)
{
	for (uint32_t r = 0; r < p->n_rules[l->dir]; r++)
		for (uint32_t k = 0; k < p->rules[l->dir][r].n_peers; k++) {
			const struct np_ipblock *b = p->rules[l->dir][r].peers[k].spec->ip_block;

			if (b && b != peer->spec->ip_block && f(l, peer, b))
				return true;
		}
	return false;
}

static bool any_block_of_subject(const struct m_look *l, const struct m_peer *peer, block_fn *f)
{
	const struct m_pod *pod = &l->m->pods[l->subject];

	for (uint32_t i = 0; i < pod->n_attached; i++)
		if (any_block_of_policy(l, &l->m->policies[pod->attached[i].policy], peer, f))
			return true;
	return false;
}

static bool same_network(const struct np_cidr *a, const struct np_cidr *b)
{
	return a->prefix_bits == b->prefix_bits && np_addr_eq(&a->addr, &b->addr);
}

static bool shares_except(const struct m_look *l, const struct m_peer *peer,
			  const struct np_ipblock *other)
{
	return same_network(&peer->spec->ip_block->cidr, &other->cidr) &&
	       np_m_in_some_except(l->m, other, &l->other->ip);
}

static bool hides(const struct m_look *l, const struct m_peer *peer, const struct np_ipblock *other)
{
	(void)peer;
	return np_m_in_some_except(l->m, other, &l->other->ip);
}

/* Of two blocks of the policy, does @a come first? */
static bool comes_first(const struct m_look *l, const struct np_ipblock *a,
			const struct np_ipblock *b)
{
	const struct m_policy *p = l->policy;

	for (uint32_t r = 0; r < p->n_rules[l->dir]; r++)
		for (uint32_t k = 0; k < p->rules[l->dir][r].n_peers; k++) {
			const struct np_ipblock *at = p->rules[l->dir][r].peers[k].spec->ip_block;

			if (at && (at == a || at == b))
				return at == a;
		}
	return false;
}

/* A later rule with the same network spelt otherwise takes this one's place. */
static bool collides(const struct m_look *l, const struct m_peer *peer,
		     const struct np_ipblock *other)
{
	const struct np_ipblock *b = peer->spec->ip_block;

	return same_network(&b->cidr, &other->cidr) &&
	       !np_str_eq(b->cidr_text, other->cidr_text) && comes_first(l, b, other);
}

/* How an except is wrong by itself. */
static bool except_lets(const struct m_look *l, const struct np_ipblock *b)
{
	struct np_model *m = l->m;
	enum np_mutant inverted =
		l->dir == NP_INGRESS ? NP_MUTANT_EXCEPT_INVERTED_IN : NP_MUTANT_EXCEPT_INVERTED_OUT;

	if (!b->n_excepts)
		return true;
	if (wrong(m, NP_MUTANT_EXCEPT_IGNORED) ||
	    wrong_if(m, NP_MUTANT_EXCEPT_ZERO_IGNORED, b->cidr.prefix_bits == 0))
		return true;
	return np_m_in_some_except(m, b, &l->other->ip) == wrong(m, inverted);
}

/* Ways to match whatever the block says. */
static bool matches_anyway(const struct m_look *l)
{
	struct np_model *m = l->m;

	if (wrong(m, NP_MUTANT_CIDR_LOST))
		return true;
	if (l->dir == NP_INGRESS &&
	    (wrong(m, NP_MUTANT_BLOCK_ANY) ||
	     wrong_if(m, NP_MUTANT_BLOCK_ANY_WITH_PORTS, l->rule->spec->n_ports)))
		return true;
	return l->other->pod != NONE && !l->other->host && wrong(m, NP_MUTANT_BLOCK_ALL_PODS);
}

/* Ways to be out of use. */
static bool unusable(const struct m_look *l, const struct m_peer *peer)
{
	const struct np_ipblock *b = peer->spec->ip_block;
	struct np_model *m = l->m;

	if (peer->dead || wrong_if(m, NP_MUTANT_ZERO_CIDR_NOTHING, b->cidr.prefix_bits == 0))
		return true;
	if (b->cidr.addr.width == 16 && !has_double_colon(b->cidr_text) &&
	    wrong(m, NP_MUTANT_FAMILY_BY_TEXT))
		return true;
	if (l->policy->failed && wrong(m, NP_MUTANT_RETRY_LOSES_BLOCKS))
		return true;
	if (wrong(m, NP_MUTANT_CIDR_TEXT_COLLIDES) &&
	    any_block_of_policy(l, l->policy, peer, collides))
		return true;
	return l->other->pod != NONE && !l->other->host && wrong(m, NP_MUTANT_BLOCK_NOT_PODS);
}

bool np_m_block_matches(const struct m_look *l, const struct m_peer *peer)
{
	const struct np_ipblock *b = peer->spec->ip_block;
	struct np_model *m = l->m;

	if (matches_anyway(l))
		return true;
	if (unusable(l, peer) || !np_m_in_cidr(m, &b->cidr, &l->other->ip) || !except_lets(l, b))
		return false;
	if (wrong(m, NP_MUTANT_EQUAL_CIDR_EXCEPTS) &&
	    any_block_of_policy(l, l->policy, peer, shares_except))
		return false;
	return !(wrong(m, NP_MUTANT_EXCEPT_HIDES) && any_block_of_subject(l, peer, hides));
}
