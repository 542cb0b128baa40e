/* blocks.c - addresses, and blocks in their readings. */
#include "blocks.h"

#define MAPPED_BITS 96

static uint64_t load64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

struct np_wire wire_of(const struct np_addr *a)
{
	struct np_addr w = np_addr_wire(a);

	if (w.width == 4)
		return (struct np_wire){
			.lo = (uint32_t)w.bytes[0] << 24 | (uint32_t)w.bytes[1] << 16 |
			      (uint32_t)w.bytes[2] << 8 | w.bytes[3],
			.width = 4,
		};
	return (struct np_wire){ load64(w.bytes), load64(w.bytes + 8), w.width };
}

struct np_addr wire_addr(const struct np_wire *w)
{
	struct np_addr a = { .width = w->width };

	for (int i = 0; i < 8; i++) {
		if (w->width == 4 && i < 4)
			a.bytes[i] = (uint8_t)(w->lo >> (24 - 8 * i));
		if (w->width == 16) {
			a.bytes[i] = (uint8_t)(w->hi >> (56 - 8 * i));
			a.bytes[8 + i] = (uint8_t)(w->lo >> (56 - 8 * i));
		}
	}
	return a;
}

int wire_cmp(const struct np_wire *a, const struct np_wire *b)
{
	if (a->width != b->width)
		return a->width < b->width ? -1 : 1;
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return (a->lo > b->lo) - (a->lo < b->lo);
}

unsigned wire_family(const struct np_wire *a)
{
	return a->width == 4 ? V4 : V6;
}

bool wire_is_unicast(const struct np_wire *a)
{
	if (a->width == 4)
		return a->lo != 0 && a->lo >> 24 != 127 && a->lo >> 28 != 0xE && a->lo != UINT32_MAX;
	return a->hi >> 56 != 0xFF && !(a->hi == 0 && a->lo <= 1);
}

static struct net make_net(const struct np_addr *addr, unsigned prefix_bits)
{
	struct net n = { 0 };
	struct np_addr masked = np_addr_mask(addr, prefix_bits);

	n.addr.width = addr->width;
	if (addr->width == 4) {
		n.addr.lo = wire_of(&masked).lo;
		n.mask_lo = prefix_bits ? (UINT32_MAX << (32 - prefix_bits)) & UINT32_MAX : 0;
		return n;
	}
	n.addr.hi = load64(masked.bytes);
	n.addr.lo = load64(masked.bytes + 8);
	n.mask_hi = prefix_bits >= 64 ? UINT64_MAX : prefix_bits ? UINT64_MAX << (64 - prefix_bits) : 0;
	n.mask_lo = prefix_bits > 64 ? UINT64_MAX << (128 - prefix_bits) : 0;
	return n;
}

/* One reading of a block. */
static struct net read_cidr(const struct np_cidr *cidr, bool mapped, bool network)
{
	bool odd = cidr->flags & (NP_CIDR_HOST_BITS | NP_CIDR_ZEROS);
	unsigned bits = odd && !network ? 8U * cidr->host.width : cidr->prefix_bits;
	struct np_addr v4;

	if (!(cidr->flags & NP_CIDR_MAPPED))
		return make_net(&cidr->host, bits);
	if (!mapped)
		return (struct net){ .nothing = true };
	if (bits < MAPPED_BITS)
		return make_net(&cidr->host, bits);
	v4 = np_addr_wire(&cidr->host);
	return make_net(&v4, bits - MAPPED_BITS);
}

static struct block block_compile(struct np_arena *arena, const struct np_cidr *cidr)
{
	struct block b = {
		.asks_mapped = cidr->flags & NP_CIDR_MAPPED,
		.asks_host_bits = cidr->flags & (NP_CIDR_HOST_BITS | NP_CIDR_ZEROS),
	};
	size_t n = b.asks_mapped || b.asks_host_bits ? 4 : 1;
	struct net *nets = np_arena_array(arena, n, sizeof(*nets));

	for (size_t i = 0; i < n; i++)
		nets[i] = read_cidr(cidr, i & 2, i & 1);
	b.nets = nets;
	return b;
}

void peer_block_compile(struct np_arena *arena, const struct np_peer *peer, struct peer_block *ret)
{
	const struct np_ipblock *src = peer->ip_block;

	ret->src = peer;
	ret->cidr = block_compile(arena, &src->cidr);
	ret->n_excepts = src->n_excepts;
	ret->excepts = np_arena_array(arena, src->n_excepts, sizeof(*ret->excepts));
	for (size_t i = 0; i < src->n_excepts; i++)
		ret->excepts[i] = block_compile(arena, &src->excepts[i]);
}

bool peer_block_holds(const struct peer_block *b, const struct np_wire *a, bool mapped, bool network)
{
	if (!net_holds(block_net(&b->cidr, mapped, network), a))
		return false;
	for (size_t i = 0; i < b->n_excepts; i++)
		if (net_holds(block_net(&b->excepts[i], mapped, network), a))
			return false;
	return true;
}
