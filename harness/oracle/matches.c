/* matches.c - peers and ports of a rule, reading by reading. */
#include "matches.h"

#include "blocks.h"
#include "classes.h"

/* Ingress from another node's address: what is seen may be another address (S20). */
static bool side_is_masked(const struct np_oracle *o, const struct np_side *side)
{
	return side->dir == NP_INGRESS && side->other_node != NONE &&
	       side->other_node != o->pods[side->subject].node;
}

bool block_is_all(const struct peer_block *b, bool mapped, bool network)
{
	return b->n_excepts == 0 && net_is_all(block_net(&b->cidr, mapped, network));
}

static bool block_part_holds(struct np_eval *e, const struct block *b, const struct np_wire *addr)
{
	bool mapped = b->asks_mapped && np_eval_read(e, NP_READ_MAPPED);
	bool network = b->asks_host_bits && np_eval_read(e, NP_READ_HOST_BITS);

	return net_holds(block_net(b, mapped, network), addr);
}

/* Whatever may be said of the address being a pod's or seen through another (S17, S18, S55). */
static bool block_holds(struct np_eval *e, const struct peer_block *b, const struct np_wire *addr)
{
	if (!block_part_holds(e, &b->cidr, addr))
		return false;
	for (size_t i = 0; i < b->n_excepts; i++)
		if (block_part_holds(e, &b->excepts[i], addr))
			return false;
	return true;
}

bool block_matches(struct np_eval *e, const struct peer_block *b, const struct np_side *side)
{
	if (!block_holds(e, b, &side->other))
		return false;
	if (side->other_pod != NONE && !np_eval_read(e, NP_READ_IPBLOCK_PODS))
		return false;
	/* Its readings were asked for just now. */
	if (side_is_masked(e->o, side) &&
	    !block_is_all(b, e->yes & READING_BIT(NP_READ_MAPPED), e->yes & READING_BIT(NP_READ_HOST_BITS)) &&
	    np_eval_read(e, NP_READ_NAT))
		return false;
	return true;
}

bool peers_match(struct np_eval *e, const struct rule *rule, const struct np_side *side)
{
	if (rule->any_peer)
		return true;
	if (side->other_pod != NONE && class_set_has(&rule->classes, e->o->pods[side->other_pod].class))
		return true;
	for (size_t i = 0; i < rule->n_blocks; i++)
		if (block_matches(e, &rule->blocks[i], side))
			return true;
	return false;
}

/* S24..S31: the name on the destination pod, with its protocol and this number. */
static bool name_matches(struct np_eval *e, const struct port_item *item, const struct np_side *side)
{
	uint32_t dst = side->dir == NP_INGRESS ? side->subject : side->other_pod;
	const struct name_port *np;

	if (dst == NONE)
		return np_eval_read(e, NP_READ_NAME_EXTERNAL);
	np = class_name_port(&e->o->classes[e->o->pods[dst].class], item->name, item->proto, side->port);
	if (!np)
		return false;
	if (item->divergent && !np_eval_read(e, NP_READ_DIVERGENT))
		return false;
	if (np->asks_dup && !np_eval_read(e, NP_READ_DUP_NAME))
		return false;
	return !np->asks_init || np_eval_read(e, NP_READ_SIDECAR_NAME);
}

bool item_matches(struct np_eval *e, const struct port_item *item, const struct np_side *side)
{
	if (item->proto != side->proto)
		return false;
	switch (item->kind) {
	case NP_PORT_ANY:
		return true;
	case NP_PORT_NUMBER:
	case NP_PORT_RANGE:
		return item->first <= side->port && side->port <= item->last;
	case NP_PORT_NAME:
		return name_matches(e, item, side);
	}
	return false;
}

bool ports_match(struct np_eval *e, const struct rule *rule, const struct np_side *side)
{
	if (rule->n_items == 0)
		return true;
	for (size_t i = 0; i < rule->n_items; i++)
		if (item_matches(e, &rule->items[i], side))
			return true;
	return false;
}

/* Ports first: they are cheaper and ask fewer readings. */
bool rule_matches(struct np_eval *e, const struct rule *rule, const struct np_side *side)
{
	return ports_match(e, rule, side) && peers_match(e, rule, side);
}
