/*
 * genome.h - a small world out of bytes: structure-aware input of the oracle's target. Every byte
 * means something, no bytes are refused, and a world stands at fixed places as far as can be, so that
 * a changed byte changes one thing. Layout, in order:
 *
 *	readings	2 bytes yes/no, 2 bytes which are open (the first MAX_OPEN count)
 *	shape		1 byte: family, number of nodes and namespaces
 *	namespaces	1 byte each of NS: labels
 *	pods		PODS x 4 bytes: namespace and node, labels, oddities, ports
 *	service		3 bytes
 *	probes		PROBES x 2 bytes: protocol, port
 *	law		2 bytes
 *	policies	POLICIES x (4 bytes + rules): namespace, selector, types, numbers of rules; then
 *			each rule: 1 byte numbers of peers and ports, 3 bytes each peer, 2 each port
 */
#ifndef NP_FUZZ_GENOME_H
#define NP_FUZZ_GENOME_H

#include "fuzz.h"
#include "np/oracle/oracle.h"

enum { GENOME_NS = 2, GENOME_PODS = 4, GENOME_PROBES = 3, GENOME_POLICIES = 2, GENOME_MAX_OPEN = 2 };

struct genome {
	struct np_world w;
	struct np_readings readings;
	int family;
	struct np_probe_port probes[GENOME_PROBES];
	unsigned law, law_arg;
};

/* A linked world; released with np_world_release(&ret->w). */
void genome_read(struct fuzz_in *in, struct genome *ret);
/* For messages: the world as manifests, and the readings. */
void genome_print(const struct genome *g, struct np_buf *ret);

#endif
