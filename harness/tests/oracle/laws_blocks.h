/* laws_blocks.h - private to test_laws.c: laws of blocks and addresses. */
#ifndef NP_TESTS_ORACLE_LAWS_BLOCKS_H
#define NP_TESTS_ORACLE_LAWS_BLOCKS_H

#include "laws.h"

/* ---- blocks ---- */

static bool is_clean(const struct np_cidr *c)
{
	return !(c->flags & (NP_CIDR_HOST_BITS | NP_CIDR_ZEROS | NP_CIDR_MAPPED));
}

static bool wants_clean_block(const struct np_peer *p)
{
	if (!p->ip_block || !is_clean(&p->ip_block->cidr))
		return false;
	for (size_t i = 0; i < p->ip_block->n_excepts; i++)
		if (!is_clean(&p->ip_block->excepts[i]))
			return false;
	return true;
}

static bool wants_wide_block(const struct np_peer *p)
{
	return wants_clean_block(p) && p->ip_block->cidr.prefix_bits < 8U * p->ip_block->cidr.addr.width;
}

static bool wants_except(const struct np_peer *p)
{
	return wants_clean_block(p) && p->ip_block->n_excepts;
}

static bool wants_narrow_block(const struct np_peer *p)
{
	return wants_clean_block(p) && p->ip_block->cidr.prefix_bits > 0;
}

static struct np_ipblock *own_block(struct laws *l, struct np_peer *p)
{
	struct np_ipblock *b = np_arena_alloc(&l->b.arena, sizeof(*b));

	*b = *p->ip_block;
	b->excepts = lw_copy(&l->b, b->excepts, b->n_excepts, 2, sizeof(*b->excepts));
	p->ip_block = b;
	return b;
}

static bool contains(const struct np_cidr *outer, const struct np_cidr *inner)
{
	struct np_addr net = np_addr_mask(&inner->addr, outer->prefix_bits);

	return inner->prefix_bits >= outer->prefix_bits && np_addr_eq(&net, &outer->addr);
}

static struct np_cidr half_of(const struct np_cidr *c, unsigned which)
{
	struct np_cidr h = *c;

	if (which)
		h.addr.bytes[c->prefix_bits / 8] |= (uint8_t)(0x80 >> c->prefix_bits % 8);
	h.host = h.addr;
	h.prefix_bits++;
	return h;
}

/* Each except goes to its half; a half inside an except is dropped. */
static bool t16_halves(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_wide_block, &r);
	struct np_ipblock whole;
	size_t n = 0;

	if (!p)
		return false;
	whole = *p->ip_block;
	*p = r->peers[--r->n_peers];
	for (unsigned h = 0; h < 2; h++) {
		struct np_ipblock *b = np_arena_alloc(&l->b.arena, sizeof(*b));
		bool gone = false;

		b->cidr = half_of(&whole.cidr, h);
		b->excepts = np_arena_array(&l->b.arena, whole.n_excepts + 1, sizeof(*b->excepts));
		for (size_t i = 0; i < whole.n_excepts; i++) {
			gone |= contains(&whole.excepts[i], &b->cidr);
			if (contains(&b->cidr, &whole.excepts[i]))
				b->excepts[b->n_excepts++] = whole.excepts[i];
		}
		if (!gone)
			r->peers[r->n_peers + n++] = (struct np_peer){ .ip_block = b };
	}
	r->n_peers += n;
	return r->n_peers > 0;	/* an empty list would mean anybody */
}

static bool t17_add_except(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_wide_block, &r);
	struct np_ipblock *b;

	if (!p)
		return false;
	b = own_block(l, p);
	b->excepts[b->n_excepts++] = half_of(&b->cidr, lw_below(l, 2));
	return true;
}

static bool t18_remove_except(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_except, &r);

	if (!p)
		return false;
	own_block(l, p)->n_excepts--;
	return true;
}

static bool t19_except_in_except(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_except, &r);
	struct np_ipblock *b;

	if (!p)
		return false;
	b = own_block(l, p);
	b->excepts[b->n_excepts] = b->excepts[0];
	if (b->excepts[0].prefix_bits < 8U * b->excepts[0].addr.width)
		b->excepts[b->n_excepts] = half_of(&b->excepts[0], lw_below(l, 2));
	b->n_excepts++;
	return true;
}

static bool t20_widen(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_narrow_block, &r);
	struct np_ipblock *b;

	if (!p)
		return false;
	b = own_block(l, p);
	b->cidr.prefix_bits--;
	b->cidr.addr = b->cidr.host = np_addr_mask(&b->cidr.addr, b->cidr.prefix_bits);
	return true;
}

/* Under S57 = yes, which is fixed here. */
static bool t21_host_bits(struct laws *l)
{
	struct np_rule *r;
	struct np_peer *p = lw_find_peer(l, wants_wide_block, &r);
	struct np_ipblock *b;

	if (!p)
		return false;
	b = own_block(l, p);
	b->cidr.host.bytes[b->cidr.host.width - 1] |= 1;
	b->cidr.flags |= NP_CIDR_HOST_BITS;
	return true;
}

/* ---- blocks alone ---- */

/* Every policy of @w selects everything and keeps its block peers only. */
static void keep_blocks(struct np_world *w, bool keep_empty)
{
	for (size_t i = 0; i < w->n_policies; i++) {
		struct np_policy *p = &w->policies[i];

		p->pod_selector = (struct np_selector){ 0 };
		for (int d = 0; d < NP_N_DIRS; d++) {
			size_t n_rules = 0;

			for (size_t r = 0; r < p->n_rules[d]; r++) {
				struct np_rule rule = lw_copy_rule(w, &p->rules[d][r], 0);
				size_t n = 0;

				for (size_t k = 0; k < rule.n_peers; k++)
					if (rule.peers[k].ip_block)
						rule.peers[n++] = rule.peers[k];
				rule.n_peers = n;
				if (n || keep_empty)
					p->rules[d][n_rules++] = rule;
			}
			p->n_rules[d] = n_rules;
		}
	}
}

static bool t44_permute_labels(struct laws *l)
{
	keep_blocks(&l->a, true);
	keep_blocks(&l->b, true);
	l->a.n_services = l->b.n_services = 0;
	for (size_t i = l->b.n_pods; i > 1; i--) {
		size_t k = lw_below(l, i);
		struct np_labels tmp = l->b.pods[i - 1].labels;

		l->b.pods[i - 1].labels = l->b.pods[k].labels;
		l->b.pods[k].labels = tmp;
	}
	return l->b.n_policies > 0 && l->b.n_pods > 1;
}

/* In b only blocks allow, and none holds an address of pods. */
static bool t45_outside_every_block(struct laws *l)
{
	keep_blocks(&l->b, false);
	for (size_t i = 0; i < l->b.n_policies; i++)
		l->b.policies[i].types[NP_INGRESS] = true;
	return l->b.n_policies > 0;
}

static bool block_holds(const struct np_ipblock *b, const struct np_addr *a)
{
	struct np_cidr c = b->cidr;
	struct np_addr net;

	if (c.flags & NP_CIDR_MAPPED && c.prefix_bits >= 96) {
		c.addr = np_addr_wire(&c.addr);
		c.prefix_bits = (uint8_t)(c.prefix_bits - 96);
	}
	net = np_addr_mask(a, c.prefix_bits);
	return a->width == c.addr.width && np_addr_eq(&net, &c.addr);
}

/* The destination is isolated, and the source's address in no block of a policy on it. */
static bool outside_blocks(const struct laws *l, const struct np_flow *f)
{
	const struct np_world *w = &l->b;
	const struct np_addr *src = NULL;
	struct np_addr a;

	if (!lw_plain(l, f) || f->dst.kind != NP_END_POD ||
	    !lw_isolated(w, &w->pods[f->dst.idx], NP_INGRESS, SIZE_MAX))
		return false;
	src = f->src.kind == NP_END_POD ? np_pod_ip(&w->pods[f->src.idx], f->family) : &f->src.addr;
	if (!src)
		return false;
	a = np_addr_wire(src);
	for (size_t i = 0; i < w->n_policies; i++)
		for (size_t r = 0; r < w->policies[i].n_rules[NP_INGRESS]; r++)
			for (size_t k = 0; k < w->policies[i].rules[NP_INGRESS][r].n_peers; k++)
				if (block_holds(w->policies[i].rules[NP_INGRESS][r].peers[k].ip_block, &a))
					return false;
	return true;
}

/* ---- IPv4 inside IPv6 ---- */

static const struct np_gen_pins ipv4_only = { .set = { [NP_DIM_FAMILIES] = true } };

static struct np_addr embed(const struct np_addr *a)
{
	struct np_addr r = { 16, { 0x20, 0x01, 0x0d, 0xb8, 0, 0x64 } }, v4 = np_addr_wire(a);

	if (v4.width != 4)
		return v4;
	memcpy(r.bytes + 12, v4.bytes, 4);
	return r;
}

static void embed_cidr(struct np_cidr *c)
{
	unsigned bits = c->prefix_bits;

	if (c->addr.width == 4)
		bits += 96;
	else if (c->flags & NP_CIDR_MAPPED && bits >= 96)
		c->flags &= (uint8_t)~NP_CIDR_MAPPED;	/* means the IPv4 block, here */
	c->addr = embed(&c->addr);
	c->host = embed(&c->host);
	c->prefix_bits = (uint8_t)bits;
}

static void embed_ips(struct np_addr *ips, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ips[i] = embed(&ips[i]);
}

static bool t46_embed(struct laws *l)
{
	struct np_world *w = &l->b;

	for (size_t i = 0; i < w->n_pods; i++)
		embed_ips(w->pods[i].ips, w->pods[i].n_ips);
	for (size_t i = 0; i < w->n_nodes; i++)
		embed_ips(w->nodes[i].ips, w->nodes[i].n_ips);
	for (size_t i = 0; i < w->n_services; i++)
		embed_ips(w->services[i].ips, w->services[i].n_ips);
	for (size_t i = 0; i < w->n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < w->policies[i].n_rules[d]; r++)
				for (size_t k = 0; k < w->policies[i].rules[d][r].n_peers; k++) {
					struct np_peer *p = &w->policies[i].rules[d][r].peers[k];
					struct np_ipblock *b;

					if (!p->ip_block)
						continue;
					b = own_block(l, p);
					embed_cidr(&b->cidr);
					for (size_t e = 0; e < b->n_excepts; e++)
						embed_cidr(&b->excepts[e]);
				}
	return true;
}

static void embed_flow(const struct laws *l, struct np_flow *f)
{
	(void)l;
	f->family = 6;
	if (f->src.kind == NP_END_ADDR)
		f->src.addr = embed(&f->src.addr);
	if (f->dst.kind == NP_END_ADDR)
		f->dst.addr = embed(&f->dst.addr);
}

static bool is_ipv4(const struct laws *l, const struct np_flow *f)
{
	(void)l;
	return f->family == 4;
}

#endif
