/* blocks.h - addresses as they stand in packets, and CIDR blocks in each of their readings. */
#ifndef NP_ORACLE_BLOCKS_H
#define NP_ORACLE_BLOCKS_H

#include "compiled.h"

/* IPv4-mapped becomes IPv4 (S56). */
struct np_wire wire_of(const struct np_addr *a);
struct np_addr wire_addr(const struct np_wire *w);
int wire_cmp(const struct np_wire *a, const struct np_wire *b);
/* An address that packets between hosts can carry (S38 loopback, S59). */
bool wire_is_unicast(const struct np_wire *a);
unsigned wire_family(const struct np_wire *a);

/* Nets live in @arena. */
void peer_block_compile(struct np_arena *arena, const struct np_peer *peer, struct peer_block *ret);

/* In the cidr and in no except (S17, S18, S55), as @mapped (S56) and @network (S57) say. */
bool peer_block_holds(const struct peer_block *b, const struct np_wire *a, bool mapped, bool network);

#endif
