/* look.c - one look at the cluster: the cells of a table probed at once. */
#include <stdlib.h>
#include <string.h>

#include "np/base/mem.h"
#include "table.h"

struct look {
	struct np_fleet_probe *probes;
	size_t *cells; /* SIZE_MAX: a control pair */
	size_t n;
};

static enum np_probe_kind probe_kind(const struct np_rt_end *dst, enum np_proto proto)
{
	static const enum np_probe_kind kinds[NP_N_PROTOS] = { NP_PROBE_TCP, NP_PROBE_UDP,
							       NP_PROBE_SCTP };

	if (dst->dns)
		return proto == NP_UDP ? NP_PROBE_DNS_UDP : NP_PROBE_DNS_TCP;
	return kinds[proto];
}

static void add_cell(struct look *l, const struct np_rt *t, size_t cell)
{
	struct np_rt_cell c = np_rt_cell(t, cell);
	const struct np_rt_end *src = &t->ends[c.src], *dst = &t->ends[c.dst];
	size_t slot = t->families[c.family] == 6;
	struct np_probe_req req = { .kind = probe_kind(dst, t->ports[c.port].proto),
				    .addr = dst->ips[slot],
				    .port = t->ports[c.port].port,
				    .expect = dst->identity };

	if (src->name.is_ext)
		req.src = &src->ips[slot];
	if (dst->dns)
		req.query = NP_STR(NP_DNS_QUESTION);
	l->cells[l->n] = cell;
	l->probes[l->n++] = (struct np_fleet_probe){ .agent = src->agent, .req = req };
}

/* The control pods dial each other over TCP on the first port: no policy of any case touches them.
 */
static void add_control(struct look *l, const struct np_session *s)
{
	const struct np_fixture *f = s->fixture;

	for (size_t i = 0; i < f->n_control; i++)
		for (size_t j = 0; j < f->n_control; j++) {
			const struct np_addr *ip =
				np_ip_of(f->control[j].ips, f->control[j].n_ips, f->family);
			struct np_probe_req req = { .kind = NP_PROBE_TCP,
						    .port = f->ports[0].first,
						    .expect = f->control[j].identity };

			if ((i == j && f->n_control > 1) || !ip || f->ports[0].proto != NP_TCP)
				continue;
			req.addr = *ip;
			l->cells[l->n] = SIZE_MAX;
			l->probes[l->n++] = (struct np_fleet_probe){ .agent = s->agents.control[i],
								     .req = req };
		}
}

int np_rt_look(struct np_rt *t, struct np_session *s, const size_t *cells, size_t n,
	       unsigned timeout_ms, bool *ret_control_ok, struct np_err *err)
{
	size_t max = (cells ? n : t->n_cells) + (size_t)NP_FIXTURE_NODES * NP_FIXTURE_NODES;
	struct look l = { .probes = np_xcalloc(max, sizeof(*l.probes)),
			  .cells = np_xcalloc(max, sizeof(*l.cells)) };
	bool control_ok = true;
	int rc;

	for (size_t i = 0; i < (cells ? n : t->n_cells); i++) {
		size_t cell = cells ? cells[i] : i;

		if (t->expected[cell] != NP_NO_FLOW)
			add_cell(&l, t, cell);
	}
	add_control(&l, s);
	np_meter_begin(s->fixture->meter);
	rc = np_fleet_probe(s->fleet, l.probes, l.n, timeout_ms, NP_PROBE_ATTEMPTS, err);
	np_meter_end(s->fixture->meter);
	for (size_t i = 0; i < l.n; i++) {
		if (l.cells[i] == SIZE_MAX) {
			control_ok &= l.probes[i].res.outcome == NP_OUT_ALLOWED;
		} else {
			t->seen[l.cells[i]] = l.probes[i].res;
			t->looked[l.cells[i]] = 1;
		}
	}
	free(l.probes);
	free(l.cells);
	*ret_control_ok = control_ok;
	return rc;
}
