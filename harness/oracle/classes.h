/* classes.h - pods of a world, grouped by what policies can tell apart. */
#ifndef NP_ORACLE_CLASSES_H
#define NP_ORACLE_CLASSES_H

#include "compiled.h"

/* Fills pods, classes, ns_first, node_addrs of @o. */
void classes_compile(struct np_oracle *o);

/* The node that has this address, or NONE. */
uint32_t node_of_wire(const struct np_oracle *o, const struct np_wire *addr);

/* The entry for a number that a name (with a protocol) stands for on pods of this class, NULL when it does not. */
const struct name_port *class_name_port(const struct class *c, uint32_t name, enum np_proto proto,
					uint16_t port);

#endif
