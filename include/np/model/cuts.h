/*
 * cuts.h - layer model: the points at which the policies of a world cut addresses and ports. Two
 * addresses with no cut between them are alike to every ipBlock, two ports to every port number
 * and range; so a probe at each cut and beside it sees everything there is.
 */
#ifndef NP_MODEL_CUTS_H
#define NP_MODEL_CUTS_H

#include "np/model/world.h"

/* Zero-initialised is empty; released with np_cuts_release(). Both lists rise, without doubles. */
struct np_cuts {
	struct np_addr *addrs;
	uint16_t *ports;
	size_t n_addrs, n_ports;
	size_t cap_addrs, cap_ports;
};

/*
 * Addresses: first and last of each block and except, and those just outside, in the form that
 * stands in packets (IPv4-mapped ones as IPv4). Ports: first and last of each port item and those
 * just outside, the ports of containers and Services, nodePorts and target ports; never 0.
 */
void np_cuts_of(const struct np_world *w, struct np_cuts *ret);
void np_cuts_release(struct np_cuts *cuts);

#endif
