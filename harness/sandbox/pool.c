/* Addresses of pods on one node. The contract is in pool.h. */
#include <stdlib.h>

#include "np/base/mem.h"
#include "pool.h"

#define FIRST 10	/* some below are what people take for gateways */

void np_pool_init(struct np_pool *p, const struct np_cidr ranges[2])
{
	*p = (struct np_pool){ .ranges = { ranges[0], ranges[1] } };
	p->n = (size_t)1 << (32 - ranges[0].prefix_bits);
	if (p->n > 65536)
		p->n = 65536;
	p->used = np_xcalloc(p->n, sizeof(*p->used));
	p->next = FIRST;
}

void np_pool_release(struct np_pool *p)
{
	free(p->used);
	*p = (struct np_pool){ 0 };
}

/* Not what some program takes for a network's or a broadcast address. */
static bool usable(size_t i)
{
	return i >= FIRST && (i & 0xff) != 0 && (i & 0xff) != 0xff;
}

bool np_pool_take(struct np_pool *p, struct np_addr ret[2])
{
	for (size_t tries = 0; tries < p->n; tries++) {
		size_t i = p->next;

		p->next = (p->next + 1) % p->n;
		if (!usable(i) || p->used[i])
			continue;
		p->used[i] = true;
		np_addr_add(&p->ranges[0].addr, (int64_t)i, &ret[0]);
		np_addr_add(&p->ranges[1].addr, (int64_t)i, &ret[1]);
		return true;
	}
	return false;
}

void np_pool_mark(struct np_pool *p, const struct np_addr *ip, bool used)
{
	const struct np_cidr *range = &p->ranges[ip->width == 16];
	const uint8_t *low = ip->bytes + ip->width - 2, *base = range->addr.bytes + ip->width - 2;
	/* The range need not begin at a multiple of 65536. */
	size_t i = (size_t)(low[0] << 8 | low[1]) - (size_t)(base[0] << 8 | base[1]);
	struct np_addr same;

	if (i < p->n && np_addr_add(&range->addr, (int64_t)i, &same) && np_addr_eq(&same, ip))
		p->used[i] = used;
}
