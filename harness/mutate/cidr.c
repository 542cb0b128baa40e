/* cidr.c - blocks and how they lie to each other. */
#include "state.h"

bool mcidr_good(const struct mstate *s, struct np_str text, struct np_cidr *ret)
{
	unsigned fine = NP_CIDR_SPELLING;

	/* IPv4-mapped ones are passed by some rules and not by others: never made. */
	if (s->legacy_cidrs)
		fine |= NP_CIDR_HOST_BITS | NP_CIDR_ZEROS;
	return np_cidr_parse(text, ret) && !(ret->flags & ~fine);
}

bool mcidr_inside(const struct np_cidr *outer, const struct np_cidr *inner)
{
	struct np_addr masked;

	if (outer->addr.width != inner->addr.width || outer->prefix_bits >= inner->prefix_bits)
		return false;
	masked = np_addr_mask(&inner->addr, outer->prefix_bits);
	return np_addr_eq(&masked, &outer->addr);
}

struct np_str mcidr_text(struct mstate *s, const struct np_cidr *c)
{
	char buf[NP_ADDR_TEXT_MAX];
	struct np_cidr again;
	struct np_str text = np_str_from(np_cidr_text(c, buf));

	/* Not what happens to lie among the IPv4-mapped ones. */
	return mcidr_good(s, text, &again) ? np_arena_str(&s->arena, text) : NP_STR_NONE;
}

static unsigned width_bits(const struct np_cidr *c)
{
	return c->addr.width * 8U;
}

static void random_bits(struct mstate *s, struct np_addr *a)
{
	uint64_t bits[2] = { np_rng_next(&s->rng), np_rng_next(&s->rng) };

	memcpy(a->bytes, bits, a->width);
}

static void set_prefix(struct np_cidr *c, unsigned bits)
{
	c->prefix_bits = (uint8_t)bits;
	c->addr = np_addr_mask(&c->addr, bits);
}

struct np_str mcidr_random(struct mstate *s)
{
	struct np_cidr c = { .addr = { .width = mone_in(s, 3) ? 16 : 4 } };

	random_bits(s, &c.addr);
	/* Some in the ranges that pods and nodes live in. */
	if (c.addr.width == 4 && mone_in(s, 2))
		c.addr.bytes[0] = 10;
	set_prefix(&c, (unsigned)mbelow(s, width_bits(&c) + 1));
	return mcidr_text(s, &c);
}

/* Bits from @from on: all clear, all set, or any. */
static void fill_bits(struct mstate *s, struct np_addr *a, unsigned from)
{
	struct np_addr any = { .width = a->width };
	size_t how = mbelow(s, 3);

	if (how == 2)
		random_bits(s, &any);
	else
		memset(any.bytes, how ? 0xff : 0, a->width);
	for (unsigned i = from; i < a->width * 8U; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		a->bytes[i / 8] = (uint8_t)((a->bytes[i / 8] & ~bit) | (any.bytes[i / 8] & bit));
	}
}

struct np_str mcidr_subset(struct mstate *s, const struct np_cidr *outer)
{
	struct np_cidr c = *outer;
	unsigned from = outer->prefix_bits + 1U, to = width_bits(outer);

	if (from > to)
		return NP_STR_NONE;
	fill_bits(s, &c.addr, outer->prefix_bits);
	switch (mbelow(s, 3)) {
	case 0:
		set_prefix(&c, from);
		break;
	case 1:
		set_prefix(&c, to);
		break;
	default:
		set_prefix(&c, from + (unsigned)mbelow(s, to - from + 1));
	}
	return mcidr_text(s, &c);
}

static void flip_bit(struct np_addr *a, unsigned i)
{
	a->bytes[i / 8] ^= (uint8_t)(0x80 >> i % 8);
}

struct np_str mcidr_half(struct mstate *s, const struct np_cidr *outer, bool upper)
{
	struct np_cidr c = *outer;

	if (outer->prefix_bits >= width_bits(outer))
		return NP_STR_NONE;
	if (upper)
		flip_bit(&c.addr, outer->prefix_bits);
	c.prefix_bits++;
	return mcidr_text(s, &c);
}

struct np_str mcidr_sibling(struct mstate *s, const struct np_cidr *c)
{
	struct np_cidr beside = *c;

	if (!c->prefix_bits)
		return NP_STR_NONE;
	flip_bit(&beside.addr, c->prefix_bits - 1U);
	return mcidr_text(s, &beside);
}

struct np_str mcidr_parent(struct mstate *s, const struct np_cidr *c)
{
	struct np_cidr wide = *c;

	if (!c->prefix_bits)
		return NP_STR_NONE;
	set_prefix(&wide, c->prefix_bits - 1U);
	return mcidr_text(s, &wide);
}

static struct np_str capitals(struct mstate *s, const struct np_cidr *c)
{
	char buf[NP_ADDR_TEXT_MAX];
	struct np_str text = np_arena_str(&s->arena, np_str_from(np_cidr_text(c, buf)));
	char *p = (char *)(uintptr_t)text.p;

	for (size_t i = 0; i < text.n; i++)
		if (p[i] >= 'a' && p[i] <= 'f')
			p[i] ^= 0x20;
	return text;
}

static struct np_str host_bits(struct mstate *s, const struct np_cidr *c)
{
	struct np_addr a = c->addr;
	char buf[NP_ADDR_TEXT_MAX];

	fill_bits(s, &a, c->prefix_bits);
	return np_arena_printf(&s->arena, "%s/%u", np_addr_text(&a, buf), c->prefix_bits);
}

static struct np_str zeros(struct mstate *s, const struct np_cidr *c)
{
	const uint8_t *b = c->addr.bytes;

	return np_arena_printf(&s->arena, "%03u.%03u.%u.%03u/%02u", b[0], b[1], b[2], b[3],
			       c->prefix_bits);
}

struct np_str mcidr_spelling(struct mstate *s, const struct np_cidr *c)
{
	struct np_cidr again;
	struct np_str text;

	if (s->legacy_cidrs && mone_in(s, 2))
		text = host_bits(s, c);
	else if (s->legacy_cidrs && c->addr.width == 4)
		text = zeros(s, c);
	else
		text = capitals(s, c);
	return mcidr_good(s, text, &again) ? text : NP_STR_NONE;
}
