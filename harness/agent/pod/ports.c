/* ports.c - in-pod agent: source ports for attempts. */
#include "ports.h"

void ports_init(struct ports *ports, struct dice *dice)
{
	memset(ports->holder, 0, sizeof(ports->holder));
	for (unsigned i = 0; i < PORTS_ROTATIONS; i++)
		ports->next[i] = (uint16_t)(dice_roll(dice) % PORTS_N);
}

/* FNV-1a over the destination. */
static unsigned rotation_of(const union addr *dst, int proto)
{
	const uint8_t *host = dst->sa.sa_family == AF_INET ? (const uint8_t *)&dst->v4.sin_addr
							   : dst->v6.sin6_addr.s6_addr;
	unsigned n_host = dst->sa.sa_family == AF_INET ? 4 : 16;
	uint8_t rest[3] = { (uint8_t)proto, (uint8_t)(addr_port(dst) >> 8),
			    (uint8_t)addr_port(dst) };
	uint32_t h = 2166136261U;

	for (unsigned i = 0; i < n_host; i++)
		h = (h ^ host[i]) * 16777619U;
	for (unsigned i = 0; i < sizeof(rest); i++)
		h = (h ^ rest[i]) * 16777619U;
	return (h ^ h >> 13) % PORTS_ROTATIONS;
}

uint16_t ports_take(struct ports *ports, const union addr *dst, int proto, uint16_t holder)
{
	uint16_t *next = &ports->next[rotation_of(dst, proto)];

	for (unsigned tries = 0; tries < PORTS_N; tries++) {
		unsigned at = *next;

		*next = (uint16_t)((at + 1) % PORTS_N);
		if (ports->holder[at] == 0) {
			ports->holder[at] = holder;
			return (uint16_t)(NP_AGENT_PORT_FIRST + at);
		}
	}
	return 0;
}

void ports_release(struct ports *ports, uint16_t port)
{
	if (port)
		ports->holder[port - NP_AGENT_PORT_FIRST] = 0;
}

uint16_t ports_holder(const struct ports *ports, uint16_t port)
{
	if (port < NP_AGENT_PORT_FIRST || port > NP_AGENT_PORT_LAST)
		return 0;
	return ports->holder[port - NP_AGENT_PORT_FIRST];
}
