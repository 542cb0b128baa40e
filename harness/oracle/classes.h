/* classes.h - pods of a world, grouped by what policies can tell apart. */
#ifndef NP_ORACLE_CLASSES_H
#define NP_ORACLE_CLASSES_H

#include "compiled.h"

/* A declared, named port on its way to a name_port. */
struct declared {
	uint32_t name;
	enum np_proto proto;
	bool init;
	size_t position;
	uint16_t port;
	unsigned n_asks;
	struct name_port np;
};

/* What one pod looks like before its class is known; buffers are used again for the next pod. */
struct portrait {
	uint32_t ns;
	bool host, finished;
	struct label_id *labels;
	size_t n_labels, cap_labels;
	struct declared *declared;
	size_t cap_declared;
	struct name_port *names;
	size_t n_names, cap_names;
};

/* @look starts out zeroed. */
void portrait_read(struct np_oracle *o, const struct np_pod *pod, struct portrait *look);
bool portrait_fits(const struct portrait *look, const struct class *c);
void portrait_release(struct portrait *look);
/* A class without pods and policies; its lists are copied to @arena. */
void class_fill(struct class *c, struct np_arena *arena, const struct portrait *look);
/* All of @pod but its class. */
void pod_compile(struct np_oracle *o, const struct np_pod *src, struct pod *pod);

/* Fills pods, classes, ns_first, node_addrs of @o. */
void classes_compile(struct np_oracle *o);

/* The node that has this address, or NONE. */
uint32_t node_of_wire(const struct np_oracle *o, const struct np_wire *addr);

/* The entry for a number that a name (with a protocol) stands for on pods of this class, NULL when
 * it does not. */
const struct name_port *class_name_port(const struct class *c, uint32_t name, enum np_proto proto,
					uint16_t port);

#endif
