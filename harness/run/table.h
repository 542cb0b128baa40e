/*
 * table.h - the truth table of one expectation: every source, destination, port and family of a
 * world, what the oracle expects and what was seen last. A cell is an index; see np_rt_cell().
 */
#ifndef NP_RUN_TABLE_H
#define NP_RUN_TABLE_H

#include <jansson.h>

#include "np/oracle/oracle.h"
#include "session.h"

/* An end of the table: where probes start or go. */
struct np_rt_end {
	struct np_end_name name;
	struct np_end end;	/* for the oracle; an address is set per family */
	size_t agent;		/* SIZE_MAX: no source */
	struct np_str identity; /* who must answer; "-" any */
	struct np_addr ips[2];	/* IPv4, IPv6 */
	bool has[2];
	bool dns;			    /* asked a question on port 53, nothing else */
	const struct np_expect_port *ports; /* listens on; NULL with n_ports 0: no destination */
	size_t n_ports;
};

struct np_rt {
	struct np_arena arena;
	struct np_rt_end *ends;
	size_t n_ends;
	struct np_probe_port *ports;
	size_t n_ports;
	int families[2];
	size_t n_families, n_cells;
	uint8_t *expected;	      /* enum np_verdict; NP_NO_FLOW: no such cell */
	struct np_fleet_result *seen; /* of the last look at the cell */
	uint8_t *looked;	      /* 1: seen[] is filled */
	bool one_node;		      /* of the cluster is used: every pod is on node/a */
};

struct np_rt_cell {
	size_t family, port, src, dst; /* indices */
};

static inline struct np_rt_cell np_rt_cell(const struct np_rt *t, size_t i)
{
	size_t per_port = t->n_ends * t->n_ends, per_family = per_port * t->n_ports;

	return (struct np_rt_cell){ i / per_family, i % per_family / per_port,
				    i % per_port / t->n_ends, i % t->n_ends };
}

static inline size_t np_rt_index(const struct np_rt *t, struct np_rt_cell c)
{
	return ((c.family * t->n_ports + c.port) * t->n_ends + c.src) * t->n_ends + c.dst;
}

/* Everything about ends, ports and expected verdicts, from the cluster as read back. @world and
 * @oracle must outlive it. */
void np_rt_init(struct np_rt *t, const struct np_session *s, const struct np_world *world,
		const struct np_oracle *oracle, const struct np_case *c);
void np_rt_release(struct np_rt *t);

/* Is the last look at this cell against its verdict? Undefined cells never are; NP_OUT_ERROR is
 * never counted as denied. */
bool np_rt_wrong(const struct np_rt *t, size_t cell);
/* The flow of a cell, for the oracle. */
struct np_flow np_rt_flow(const struct np_rt *t, size_t cell);
/* "y/b -> x/a TCP:80" (" v6" behind it in the second family of a dual-stack table). @buf at least
 * 600 bytes. */
const char *np_rt_cell_text(const struct np_rt *t, size_t cell, char *buf, size_t size);
/* First cell on which hand-written lines and the oracle differ; SIZE_MAX when they agree.
 * @ret_line: the line that speaks of it, NULL if none does. With one node the cells between it and
 * pods are left out: tables are written for two, and what a node may do with its own pods differs
 * from what another may (S40-S42). */
size_t np_rt_check_expect(const struct np_rt *t, const struct np_expect *expect,
			  const struct np_expect_line **ret_line);
/* Tables for the record. New reference. */
json_t *np_rt_json(const struct np_rt *t);
/* One wrong cell for the record: what was expected and why, what was seen. New reference. */
json_t *np_rt_failure_json(const struct np_rt *t, const struct np_oracle *oracle, size_t i);
/* {"x/a": ["10.0.0.1"], ..}: what the table was probed at. What a policy says about an address can
 * then be said again where the ends have others. New reference. */
json_t *np_rt_addresses_json(const struct np_rt *t);
/* Same ends, ports, families and expected verdicts? */
bool np_rt_same(const struct np_rt *a, const struct np_rt *b);

/*
 * Probes the cells listed in @cells (all of them when NULL) at once and stores what was seen.
 * Control pairs go along: *@ret_control_ok tells whether the network itself worked. -1 only for
 * NP_EINTR.
 */
int np_rt_look(struct np_rt *t, struct np_session *s, const size_t *cells, size_t n,
	       unsigned timeout_ms, bool *ret_control_ok, struct np_err *err);

#endif
