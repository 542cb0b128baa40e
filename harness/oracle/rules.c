/* rules.c - blocks and port items of rules. */
#include "rules.h"

#include "blocks.h"
#include "intern.h"

static void note_odd_block(struct np_oracle *o, const struct block *b)
{
	o->has_odd_blocks[0] |= b->asks_mapped;
	o->has_odd_blocks[1] |= b->asks_host_bits;
}

void rule_compile_blocks(struct np_oracle *o, struct np_arena *arena, struct rule *rule)
{
	const struct np_rule *src = rule->src;
	size_t n_blocks = 0;

	rule->any_peer = src->n_peers == 0;
	for (size_t i = 0; i < src->n_peers; i++)
		n_blocks += src->peers[i].ip_block != NULL;
	rule->blocks = np_arena_array(arena, n_blocks, sizeof(*rule->blocks));
	for (size_t i = 0; i < src->n_peers; i++) {
		struct peer_block *b = &rule->blocks[rule->n_blocks];

		if (!src->peers[i].ip_block)
			continue;
		peer_block_compile(arena, &src->peers[i], b);
		rule->n_blocks++;
		note_odd_block(o, &b->cidr);
		for (size_t e = 0; e < b->n_excepts; e++)
			note_odd_block(o, &b->excepts[e]);
	}
}

void item_set_divergent(struct np_oracle *o, struct port_item *item, bool divergent)
{
	item->divergent = divergent;
	item->slot = (item->slot & ~UINT32_C(1)) | divergent;
	if (item->slot >= o->n_slots)
		o->n_slots = item->slot + 1;
}

void rule_compile_items(struct np_oracle *o, struct np_arena *arena, struct rule *rule,
			enum np_dir dir)
{
	const struct np_rule *src = rule->src;

	rule->n_items = (uint32_t)src->n_ports;
	rule->items = np_arena_array(arena, src->n_ports, sizeof(*rule->items));
	for (size_t i = 0; i < src->n_ports; i++) {
		const struct np_port *p = &src->ports[i];
		struct port_item *item = &rule->items[i];
		uint16_t last = p->kind == NP_PORT_RANGE ? p->end_port : p->port;

		*item = (struct port_item){ .proto = p->proto,
					    .kind = p->kind,
					    .first = p->port,
					    .last = last,
					    .name = NONE };
		if (p->kind != NP_PORT_NAME)
			continue;
		item->name = strings_add(o->strings, p->name);
		if (dir == NP_INGRESS)
			continue;
		item->slot = (strings_add(o->port_names, p->name) * NP_N_PROTOS + p->proto) * 2;
		item_set_divergent(o, item, false);
	}
}
