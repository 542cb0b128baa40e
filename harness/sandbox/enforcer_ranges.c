/* Interval arithmetic on addresses and ports. */
#include "enforcer_ranges.h"

#include "np/base/mem.h"

void np_ranges_release(struct np_ranges *r)
{
	free(r->v);
	*r = (struct np_ranges){ 0 };
}

/* Index of the first interval that ends at or after @x. */
static size_t first_reaching(const struct np_ranges *r, np_u128 x)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->v[mid].hi < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Puts @n intervals @with in the place of those from @from up to @to. */
static void replace(struct np_ranges *r, size_t from, size_t to, const struct np_range *with,
		    size_t n)
{
	size_t tail = r->n - to;

	r->v = np_grow(r->v, &r->cap, r->n + n, sizeof(*r->v));
	memmove(r->v + from + n, r->v + to, tail * sizeof(*r->v));
	for (size_t i = 0; i < n; i++)
		r->v[from + i] = with[i];
	r->n = from + n + tail;
}

void np_ranges_add(struct np_ranges *r, np_u128 lo, np_u128 hi)
{
	size_t from = first_reaching(r, lo ? lo - 1 : 0), to = from;
	struct np_range merged = { lo, hi };

	for (; to < r->n && (r->v[to].lo == 0 || r->v[to].lo - 1 <= hi); to++) {
		if (r->v[to].lo < merged.lo)
			merged.lo = r->v[to].lo;
		if (r->v[to].hi > merged.hi)
			merged.hi = r->v[to].hi;
	}
	replace(r, from, to, &merged, 1);
}

void np_ranges_cut(struct np_ranges *r, np_u128 lo, np_u128 hi)
{
	size_t from = first_reaching(r, lo), to = from, n = 0;
	struct np_range rest[2];

	for (; to < r->n && r->v[to].lo <= hi; to++)
		;
	if (from == to)
		return;
	if (r->v[from].lo < lo)
		rest[n++] = (struct np_range){ r->v[from].lo, lo - 1 };
	if (r->v[to - 1].hi > hi)
		rest[n++] = (struct np_range){ hi + 1, r->v[to - 1].hi };
	replace(r, from, to, rest, n);
}

void np_ranges_join(struct np_ranges *r, const struct np_ranges *other)
{
	for (size_t i = 0; i < other->n; i++)
		np_ranges_add(r, other->v[i].lo, other->v[i].hi);
}

void np_ranges_subtract(struct np_ranges *r, const struct np_ranges *other)
{
	for (size_t i = 0; i < other->n; i++)
		np_ranges_cut(r, other->v[i].lo, other->v[i].hi);
}

void np_ranges_intersect(struct np_ranges *r, const struct np_ranges *other)
{
	np_u128 from = 0;

	for (size_t i = 0; i < other->n; i++) {
		if (other->v[i].lo > from)
			np_ranges_cut(r, from, other->v[i].lo - 1);
		if (other->v[i].hi == ~(np_u128)0)
			return;
		from = other->v[i].hi + 1;
	}
	np_ranges_cut(r, from, ~(np_u128)0);
}

bool np_ranges_has(const struct np_ranges *r, np_u128 x)
{
	size_t i = first_reaching(r, x);

	return i < r->n && r->v[i].lo <= x;
}

np_u128 np_family_max(int family)
{
	return family == 4 ? UINT32_MAX : ~(np_u128)0;
}

np_u128 np_addr_number(const struct np_addr *a, int *ret_family)
{
	struct np_addr wire = np_addr_wire(a);
	np_u128 x = 0;

	for (unsigned i = 0; i < wire.width; i++)
		x = x << 8 | wire.bytes[i];
	*ret_family = wire.width == 4 ? 4 : 6;
	return x;
}

struct np_range np_cidr_range(const struct np_cidr *c, int *ret_family)
{
	unsigned bits = 8U * c->addr.width, prefix = c->prefix_bits;
	np_u128 lo = np_addr_number(&c->addr, ret_family), host;

	if (bits == 128 && *ret_family == 4) {
		if (prefix >= 96) {
			bits = 32;
			prefix -= 96;
		} else {
			/*
			 * a shorter prefix of the mapped range is plain IPv6: as numbers the bytes
			 * count
			 */
			lo = 0;
			for (unsigned i = 0; i < 16; i++)
				lo = lo << 8 | c->addr.bytes[i];
			*ret_family = 6;
		}
	}
	host = prefix >= bits ? 0
	       : prefix == 0  ? np_family_max(*ret_family)
			      : ((np_u128)1 << (bits - prefix)) - 1;
	lo &= ~host;
	return (struct np_range){ lo, lo | host };
}

const char *np_number_text(np_u128 x, int family, char *buf)
{
	struct np_addr a = { .width = family == 4 ? 4 : 16 };

	for (unsigned i = a.width; i-- > 0; x >>= 8)
		a.bytes[i] = (uint8_t)x;
	return np_addr_text(&a, buf);
}
