/* cuts.c - the points at which policies cut addresses and ports. */
#include "np/model/cuts.h"

#include <stdlib.h>

#include "np/base/mem.h"

static void add_addr(struct np_cuts *c, const struct np_addr *a)
{
	c->addrs = np_grow(c->addrs, &c->cap_addrs, c->n_addrs, sizeof(*c->addrs));
	c->addrs[c->n_addrs++] = np_addr_wire(a);
}

static void add_port(struct np_cuts *c, long port)
{
	if (port < 1 || port > 65535)
		return;
	c->ports = np_grow(c->ports, &c->cap_ports, c->n_ports, sizeof(*c->ports));
	c->ports[c->n_ports++] = (uint16_t)port;
}

static struct np_addr last_of(const struct np_cidr *c)
{
	struct np_addr a = c->addr;

	for (unsigned i = c->prefix_bits; i < 8U * a.width; i++)
		a.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return a;
}

static void add_cidr(struct np_cuts *c, const struct np_cidr *cidr)
{
	struct np_addr last = last_of(cidr), beside;

	add_addr(c, &cidr->addr);
	add_addr(c, &last);
	add_addr(c, &cidr->host);
	if (np_addr_add(&cidr->addr, -1, &beside))
		add_addr(c, &beside);
	if (np_addr_add(&last, 1, &beside))
		add_addr(c, &beside);
}

static void add_rule(struct np_cuts *c, const struct np_rule *r)
{
	for (size_t i = 0; i < r->n_peers; i++) {
		const struct np_ipblock *b = r->peers[i].ip_block;

		if (!b)
			continue;
		add_cidr(c, &b->cidr);
		for (size_t k = 0; k < b->n_excepts; k++)
			add_cidr(c, &b->excepts[k]);
	}
	for (size_t i = 0; i < r->n_ports; i++) {
		const struct np_port *p = &r->ports[i];
		long last = p->kind == NP_PORT_RANGE ? p->end_port : p->port;

		if (p->kind != NP_PORT_NUMBER && p->kind != NP_PORT_RANGE)
			continue;
		add_port(c, p->port - 1L);
		add_port(c, p->port);
		add_port(c, last);
		add_port(c, last + 1);
	}
}

static void add_objects(struct np_cuts *c, const struct np_world *w)
{
	for (size_t i = 0; i < w->n_pods; i++)
		for (size_t k = 0; k < w->pods[i].n_ports; k++)
			add_port(c, w->pods[i].ports[k].port);
	for (size_t i = 0; i < w->n_services; i++)
		for (size_t k = 0; k < w->services[i].n_ports; k++) {
			add_port(c, w->services[i].ports[k].port);
			add_port(c, w->services[i].ports[k].target_port);
			add_port(c, w->services[i].ports[k].node_port);
		}
}

static int cmp_addrs(const void *a, const void *b)
{
	return np_addr_cmp(a, b);
}

static int cmp_ports(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void drop_doubles(struct np_cuts *c)
{
	size_t n = 0;

	if (c->n_addrs)
		qsort(c->addrs, c->n_addrs, sizeof(*c->addrs), cmp_addrs);
	for (size_t i = 0; i < c->n_addrs; i++)
		if (!n || !np_addr_eq(&c->addrs[n - 1], &c->addrs[i]))
			c->addrs[n++] = c->addrs[i];
	c->n_addrs = n;
	n = 0;
	if (c->n_ports)
		qsort(c->ports, c->n_ports, sizeof(*c->ports), cmp_ports);
	for (size_t i = 0; i < c->n_ports; i++)
		if (!n || c->ports[n - 1] != c->ports[i])
			c->ports[n++] = c->ports[i];
	c->n_ports = n;
}

void np_cuts_of(const struct np_world *w, struct np_cuts *ret)
{
	*ret = (struct np_cuts){ 0 };
	for (size_t i = 0; i < w->n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < w->policies[i].n_rules[d]; r++)
				add_rule(ret, &w->policies[i].rules[d][r]);
	add_objects(ret, w);
	drop_doubles(ret);
}

void np_cuts_release(struct np_cuts *cuts)
{
	free(cuts->addrs);
	free(cuts->ports);
	*cuts = (struct np_cuts){ 0 };
}
