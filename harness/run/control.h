/* control.h - the positive controls of a run: what works before the first policy, and how fast. */
#ifndef NP_RUN_CONTROL_H
#define NP_RUN_CONTROL_H

#include "fixture.h"

/*
 * Opens streams to the fixture's agents and to the one outside, probes all that should work, and
 * fills in capabilities, the first reasons for what lacks, round-trip times and the calibrated
 * time-out. NP_EENV when TCP or UDP between the control pods fails.
 */
int np_control_measure(struct np_fixture *f, int timeout_ms, struct np_err *err);

/* Can every control pod speak SCTP as it is, by the kernel's sockets or by raw ones? */
int np_control_has_sctp(const struct np_fixture *f, int timeout_ms, bool *ret, struct np_err *err);

/* Address of @family among @ips, or NULL. */
const struct np_addr *np_ip_of(const struct np_addr *ips, size_t n, int family);

/* Opens this worker's streams to the fixture's agents; *@ret_ext is SIZE_MAX without an agent
 * outside. */
struct np_control_agents {
	size_t control[NP_FIXTURE_NODES], host[NP_FIXTURE_NODES], ext;
};
int np_control_open(const struct np_fixture *f, struct np_fleet *fleet,
		    struct np_control_agents *ret, struct np_err *err);

#endif
