/*
 * ports.h - in-pod agent: source ports for attempts. Each destination has a rotation of its own
 * over NP_AGENT_PORT_FIRST..LAST that starts at a random place, so a port comes back towards one
 * destination only after all the others were used, and conntrack never answers a new attempt with
 * the memory of an old one (S37). A port that an open attempt holds is skipped. Rotations live in a
 * fixed table by hash: destinations that share a line share a rotation, which is safe, only
 * shorter.
 */
#ifndef POD_PORTS_H
#define POD_PORTS_H

#include "addr.h"
#include "moment.h"
#include "np/agent/wire.h"

#define PORTS_N		(NP_AGENT_PORT_LAST - NP_AGENT_PORT_FIRST + 1)
#define PORTS_ROTATIONS 8192

struct ports {
	uint16_t holder[PORTS_N]; /* who has the port, 0: nobody */
	uint16_t next[PORTS_ROTATIONS];
};

void ports_init(struct ports *ports, struct dice *dice);
/*
 * The next port towards @dst over IP protocol @proto, marked as held by @holder (not 0). 0 when
 * every port is held.
 */
uint16_t ports_take(struct ports *ports, const union addr *dst, int proto, uint16_t holder);
void ports_release(struct ports *ports, uint16_t port);
/* Who holds @port, 0 for nobody. Any number may be asked for. */
uint16_t ports_holder(const struct ports *ports, uint16_t port);

#endif
