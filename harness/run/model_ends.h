/* model_ends.h - layer run: the ends and ports of a case's table when nothing but the case is
 * there. */
#ifndef NP_RUN_MODEL_ENDS_H
#define NP_RUN_MODEL_ENDS_H

#include "np/model/case.h"

struct np_me_end {
	struct np_str name; /* x/a, node/a, ext/a, svc:x/web, dns */
	struct np_end end;
	struct np_addr ips[2]; /* of an address end: IPv4, IPv6 */
	bool is_pod, source;
	const struct np_expect_port *ports; /* it listens on */
	size_t n_ports;
};

struct np_me_ends {
	struct np_me_end *items;
	size_t n, cap;
};

/* What a run in the sandbox has, with every capability that @c needs. Strings go to @arena. */
void np_me_collect(const struct np_case *c, const struct np_worldfile *worldfile,
		   const struct np_expect_port *shared, size_t n_shared,
		   const struct np_world *world, struct np_arena *arena, struct np_me_ends *ret);
/* @end of one family, for a flow. */
struct np_end np_me_flow_end(const struct np_me_end *end, int family);
bool np_me_listens(const struct np_me_end *end, enum np_proto proto, uint16_t port);

#endif
