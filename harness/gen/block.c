/*
 * block.c - ipBlocks around the addresses of a world. A block is made from a point inside it, a
 * prefix, and a spelling; excepts from points inside the block. All are accepted by an API server
 * under the legacy rules: an except is longer than its block and begins inside it.
 */
#include "draw.h"

#include "np/base/mem.h"

#define MAPPED_BITS 96

static unsigned width_bits(const struct np_addr *a)
{
	return 8U * a->width;
}

static bool pick_family(struct gen *g, const struct np_addr *ips, size_t n, struct np_addr *ret)
{
	if (!n)
		return false;
	*ret = ips[gen_below(g, n)];
	return true;
}

static struct np_addr random_addr(struct gen *g)
{
	struct np_addr a = { .width = 4 };

	if (!(g->families & 1) || (g->families & 2 && gen_chance(g, 40)))
		a.width = 16;
	for (unsigned i = 0; i < a.width; i++)
		a.bytes[i] = (uint8_t)gen_below(g, 256);
	/* Ordinary unicast: 11.x.x.x, 2001:db8:x:... */
	a.bytes[0] = a.width == 4 ? 11 : 0x20;
	a.bytes[1] = a.width == 4 ? a.bytes[1] : 0x01;
	return a;
}

/* The address of some end of the world. */
static struct np_addr draw_anchor(struct gen *g)
{
	const struct np_world *w = g->w;
	unsigned level = gen_draw(g, NP_DIM_BLOCK_ANCHOR);
	struct np_addr a = random_addr(g);

	if (level == ANCHOR_POD && w->n_pods) {
		const struct np_pod *pod = &w->pods[gen_below(g, w->n_pods)];

		pick_family(g, pod->ips, pod->n_ips, &a);
	} else if (level == ANCHOR_NODE && w->n_nodes) {
		const struct np_node *node = &w->nodes[gen_below(g, w->n_nodes)];

		pick_family(g, node->ips, node->n_ips, &a);
	} else if (level == ANCHOR_EXTERNAL && w->n_externals) {
		const struct np_external *ext = &w->externals[gen_below(g, w->n_externals)];

		pick_family(g, ext->ips, ext->n_ips, &a);
	} else if (level == ANCHOR_SERVICE && w->n_services) {
		const struct np_service *svc = &w->services[gen_below(g, w->n_services)];

		pick_family(g, svc->ips, svc->n_ips, &a);
	}
	return np_addr_wire(&a);
}

static unsigned draw_prefix(struct gen *g, unsigned bits)
{
	switch (gen_draw(g, NP_DIM_BLOCK_WIDTH)) {
	case WIDTH_HOST:
		return bits;
	case WIDTH_FEW:
		return bits - 1 - gen_below(g, 4);
	case WIDTH_MID:
		return bits - 5 - gen_below(g, 8);
	case WIDTH_WIDE:
		return bits == 32 ? 8 + gen_below(g, 9) : 24 + gen_below(g, 48);
	default:
		return 0;
	}
}

/* Turns point and prefix into a neighbour of a block that was written before. */
static void relate(struct gen *g, struct np_addr *point, unsigned *prefix)
{
	unsigned level = gen_draw(g, NP_DIM_BLOCK_RELATION);
	const struct np_cidr *last;

	if (level == RELATION_NONE || !g->n_blocks)
		return;
	last = &g->blocks[gen_below(g, g->n_blocks)];
	*point = last->addr;
	*prefix = last->prefix_bits;
	if (level == RELATION_INSIDE && *prefix < width_bits(point))
		*prefix += 1 + gen_below(g, width_bits(point) - *prefix);
	else if (level == RELATION_AROUND && *prefix > 0)
		*prefix -= 1 + gen_below(g, *prefix < 8 ? *prefix : 8);
	else if (level == RELATION_BESIDE && *prefix > 0)
		point->bytes[(*prefix - 1) / 8] ^= (uint8_t)(0x80 >> (*prefix - 1) % 8);
}

static struct np_str spell_zeros(struct gen *g, const struct np_addr *a, unsigned prefix)
{
	return np_arena_printf(&g->w->arena, "%03u.%u.%03u.%u/%u", a->bytes[0], a->bytes[1],
			       a->bytes[2], a->bytes[3], prefix);
}

static struct np_str spell(struct gen *g, const struct np_addr *a, unsigned prefix)
{
	char text[NP_ADDR_TEXT_MAX];

	return np_arena_printf(&g->w->arena, "%s/%u", np_addr_text(a, text), prefix);
}

static struct np_str spell_mapped(struct gen *g, const struct np_addr *a, unsigned prefix)
{
	return np_arena_printf(&g->w->arena, "::ffff:%u.%u.%u.%u/%u", a->bytes[0], a->bytes[1],
			       a->bytes[2], a->bytes[3], MAPPED_BITS + prefix);
}

static void draw_cidr(struct gen *g, struct np_ipblock *b)
{
	struct np_addr point = draw_anchor(g), net;
	unsigned prefix = draw_prefix(g, width_bits(&point));
	unsigned spelling = gen_draw(g, NP_DIM_BLOCK_SPELLING);

	relate(g, &point, &prefix);
	net = np_addr_mask(&point, prefix);
	if (spelling == SPELLING_HOST_BITS)
		b->cidr_text = spell(g, &point, prefix);
	else if (spelling == SPELLING_ZEROS && net.width == 4)
		b->cidr_text = spell_zeros(g, &net, prefix);
	else if (spelling == SPELLING_MAPPED && net.width == 4)
		b->cidr_text = spell_mapped(g, gen_chance(g, 30) ? &point : &net, prefix);
	else
		b->cidr_text = spell(g, &net, prefix);
	if (!np_cidr_parse(b->cidr_text, &b->cidr)) {
		b->cidr_text = NP_STR("192.0.2.0/24");
		np_cidr_parse(b->cidr_text, &b->cidr);
	}
	if (g->n_blocks < MAX_BLOCKS && !(b->cidr.flags & NP_CIDR_MAPPED))
		g->blocks[g->n_blocks++] = b->cidr;
}

/* The network part of @a, the rest of @b. */
static struct np_addr join(const struct np_addr *a, unsigned prefix, const struct np_addr *b)
{
	struct np_addr r = *b;

	for (unsigned i = 0; i < prefix; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		r.bytes[i / 8] = (uint8_t)((r.bytes[i / 8] & ~bit) | (a->bytes[i / 8] & bit));
	}
	return r;
}

/* An address of the block, if it can be that of an end. */
static struct np_addr point_inside(struct gen *g, const struct np_cidr *c)
{
	for (unsigned i = 0; i < 6; i++) {
		struct np_addr mapped = { .width = 16, .bytes = { [10] = 0xFF, [11] = 0xFF } };
		struct np_addr a = draw_anchor(g);

		if (a.width == 4 && c->addr.width == 16) {
			memcpy(mapped.bytes + 12, a.bytes, 4);
			a = mapped;
		}
		if (a.width == c->addr.width) {
			struct np_addr net = np_addr_mask(&a, c->prefix_bits);

			if (np_addr_eq(&net, &c->addr))
				return a;
		}
	}
	return c->addr;
}

static struct np_addr point_of_except(struct gen *g, const struct np_cidr *c, unsigned relation)
{
	struct np_addr r = { .width = c->addr.width };

	if (relation == EXCEPT_ON_ANCHOR)
		return point_inside(g, c);
	for (unsigned i = 0; i < r.width; i++)
		r.bytes[i] = (uint8_t)gen_below(g, 256);
	return join(&c->addr, c->prefix_bits, &r);
}

static unsigned except_prefix(struct gen *g, const struct np_cidr *c)
{
	unsigned bits = width_bits(&c->addr), rest = bits - c->prefix_bits;

	switch (gen_draw(g, NP_DIM_EXCEPT_WIDTH)) {
	case EXCEPT_HOST:
		return bits;
	case EXCEPT_HALF:
		return c->prefix_bits + 1U;
	default:
		return c->prefix_bits + 1U + gen_below(g, rest < 12 ? rest : 12);
	}
}

static void draw_except(struct gen *g, struct np_ipblock *b)
{
	struct np_cidr *ret = &b->excepts[b->n_excepts];
	struct np_str *text = &b->except_texts[b->n_excepts];
	const struct np_cidr *in = &b->cidr;
	unsigned relation = gen_draw(g, NP_DIM_EXCEPT_RELATION), prefix = except_prefix(g, in);
	struct np_addr point = point_of_except(g, in, relation), net = np_addr_mask(&point, prefix);
	bool host_bits = gen_draw(g, NP_DIM_EXCEPT_SPELLING) == SPELLING_HOST_BITS;

	if (b->n_excepts && (relation == EXCEPT_IN_LAST || relation == EXCEPT_EQUAL_LAST)) {
		const struct np_cidr *last = &b->excepts[b->n_excepts - 1];

		net = point = last->addr;
		prefix = last->prefix_bits;
		if (prefix < width_bits(&net) && relation == EXCEPT_IN_LAST)
			prefix++;
	}
	if (in->flags & NP_CIDR_MAPPED && prefix >= MAPPED_BITS) {
		struct np_addr v4 = np_addr_wire(host_bits ? &point : &net);

		*text = spell_mapped(g, &v4, prefix - MAPPED_BITS);
	} else {
		*text = spell(g, host_bits ? &point : &net, prefix);
	}
	if (np_cidr_parse(*text, ret))
		b->n_excepts++;
}

const struct np_ipblock *gen_block(struct gen *g)
{
	struct np_ipblock *b = np_arena_alloc(&g->w->arena, sizeof(*b));
	size_t n;

	draw_cidr(g, b);
	n = gen_count(g, NP_DIM_BLOCK_EXCEPTS);
	b->excepts = np_arena_array(&g->w->arena, n, sizeof(*b->excepts));
	b->except_texts = np_arena_array(&g->w->arena, n, sizeof(*b->except_texts));
	for (size_t i = 0; i < n && b->cidr.prefix_bits < width_bits(&b->cidr.addr); i++)
		draw_except(g, b);
	return b;
}
