/* table.c - the truth table of one expectation. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"

/* Where the ends are collected before their number is known. */
struct ends {
	struct np_rt_end *items;
	size_t n, cap;
};

static struct np_rt_end *add_end(struct ends *e, const struct np_rt_end *end)
{
	e->items = np_grow(e->items, &e->cap, e->n, sizeof(*e->items));
	e->items[e->n] = *end;
	return &e->items[e->n++];
}

static void set_ips(struct np_rt_end *e, const struct np_addr *ips, size_t n)
{
	for (size_t f = 0; f < 2; f++) {
		const struct np_addr *ip = np_ip_of(ips, n, f ? 6 : 4);

		e->has[f] = ip != NULL;
		if (ip)
			e->ips[f] = *ip;
	}
}

static void add_pods(struct ends *e, struct np_rt *t, const struct np_session *s,
		     const struct np_world *w)
{
	for (size_t i = 0; i < w->n_pods; i++) {
		const struct np_pod *pod = &w->pods[i];
		const struct np_session_pod *known;
		struct np_rt_end end = { .end = { .kind = NP_END_POD, .idx = i } };

		if (!np_scope_has(&s->scope, pod->ns))
			continue;
		end.name.name = np_arena_printf(&t->arena, NP_STR_FMT "/" NP_STR_FMT,
						NP_STR_ARG(np_scope_short(&s->scope, pod->ns)),
						NP_STR_ARG(pod->name));
		known = np_session_find(s, end.name.name);
		if (!known || known->agent == SIZE_MAX || pod->phase != NP_PHASE_RUNNING)
			continue;
		end.name.is_pod = !pod->host_network;
		end.name.is_host = pod->host_network;
		end.name.node = pod->node;
		end.agent = known->agent;
		end.identity = np_arena_str(&t->arena, np_str_from(known->identity));
		if (!pod->host_network) {
			end.ports = s->worldfile->ports;
			end.n_ports = s->worldfile->n_ports;
		}
		set_ips(&end, pod->ips, pod->n_ips);
		add_end(e, &end);
	}
}

static void add_hosts(struct ends *e, const struct np_session *s, const struct np_world *w)
{
	const struct np_fixture *f = s->fixture;
	char ns[64];

	snprintf(ns, sizeof(ns), "np-%s-host", f->run_id);
	for (size_t i = 0; i < f->n_host && (f->caps & NP_NEED_HOST_PODS); i++) {
		struct np_rt_end end = { .name = { .name = f->host[i].name, .is_host = true },
					 .agent = s->agents.host[i],
					 .identity = f->host[i].identity,
					 .ports = f->ports,
					 .n_ports = f->n_ports };
		size_t idx = np_world_find_pod(w, np_str_from(ns), f->host[i].pod);

		if (idx == SIZE_MAX)
			continue;
		end.end = (struct np_end){ .kind = NP_END_POD, .idx = idx };
		end.name.node = w->pods[idx].node;
		set_ips(&end, f->host[i].ips, f->host[i].n_ips);
		add_end(e, &end);
	}
}

static void add_externals(struct ends *e, const struct np_session *s)
{
	const struct np_fixture *f = s->fixture;
	size_t n = f->caps & NP_NEED_EXTERNALS ? f->cluster->n_externals : 1;

	for (size_t i = 0; i < n && (f->caps & NP_NEED_EXTERNAL); i++) {
		const struct np_external *x = &f->cluster->externals[i];
		struct np_rt_end end = { .name = { .name = x->name, .is_ext = true },
					 .agent = s->agents.ext,
					 .identity = NP_STR(NP_SANDBOX_EXTERNAL_IDENTITY),
					 .ports = f->ports,
					 .n_ports = f->n_ports,
					 .end = { .kind = NP_END_ADDR } };

		set_ips(&end, x->ips, x->n_ips);
		add_end(e, &end);
	}
}

static void add_dns(struct ends *e, const struct np_session *s, const struct np_world *w)
{
	static const struct np_expect_port dns_ports[] = {
		{ .proto = NP_UDP, .first = 53, .last = 53 },
		{ .proto = NP_TCP, .first = 53, .last = 53 }
	};
	const struct np_fixture *f = s->fixture;
	size_t idx = np_world_find_pod(w, f->dns_ns, f->dns_pod);
	struct np_rt_end end = { .name = { .name = NP_STR("dns") },
				 .agent = SIZE_MAX,
				 .identity = NP_STR("-"),
				 .dns = true,
				 .ports = dns_ports,
				 .n_ports = NP_ARRAY_SIZE(dns_ports) };

	if (idx == SIZE_MAX)
		return;
	end.name.node = w->pods[idx].node;
	end.end = (struct np_end){ .kind = NP_END_POD, .idx = idx };
	set_ips(&end, f->dns_ips, f->n_dns_ips);
	add_end(e, &end);
}

static void add_service(struct ends *e, struct np_rt *t, const struct np_world *w, size_t idx,
			struct np_str name, bool dns)
{
	const struct np_service *svc = &w->services[idx];
	struct np_expect_port *ports = np_arena_array(&t->arena, svc->n_ports, sizeof(*ports));
	struct np_rt_end end = { .name = { .name = name, .is_service = true },
				 .agent = SIZE_MAX,
				 .identity = NP_STR("-"),
				 .dns = dns,
				 .end = { .kind = NP_END_SERVICE, .idx = idx },
				 .ports = ports,
				 .n_ports = svc->n_ports };

	for (size_t i = 0; i < svc->n_ports; i++)
		ports[i] = (struct np_expect_port){ .proto = svc->ports[i].proto,
						    .first = svc->ports[i].port,
						    .last = svc->ports[i].port };
	set_ips(&end, svc->ips, svc->n_ips);
	add_end(e, &end);
}

static void add_services(struct ends *e, struct np_rt *t, const struct np_session *s,
			 const struct np_world *w, unsigned needs)
{
	size_t dns = np_world_find_service(w, s->fixture->dns_ns, s->fixture->dns_service);

	for (size_t i = 0; i < w->n_services; i++) {
		const struct np_service *svc = &w->services[i];

		if (np_scope_has(&s->scope, svc->ns) && svc->n_ips)
			add_service(e, t, w, i,
				    np_arena_printf(&t->arena, "svc:" NP_STR_FMT "/" NP_STR_FMT,
						    NP_STR_ARG(np_scope_short(&s->scope, svc->ns)),
						    NP_STR_ARG(svc->name)),
				    false);
	}
	if ((needs & NP_NEED_DNS) && dns != SIZE_MAX)
		add_service(e, t, w, dns, NP_STR("svc:dns"), true);
}

static void collect_ends(struct np_rt *t, const struct np_session *s, const struct np_world *w,
			 const struct np_case *c)
{
	struct ends e = { 0 };

	add_pods(&e, t, s, w);
	add_hosts(&e, s, w);
	add_externals(&e, s);
	if (c->needs & NP_NEED_DNS)
		add_dns(&e, s, w);
	if (c->needs & NP_NEED_SERVICES)
		add_services(&e, t, s, w, c->needs);
	t->ends = np_arena_array(&t->arena, e.n ? e.n : 1, sizeof(*t->ends));
	if (e.n)
		memcpy(t->ends, e.items, e.n * sizeof(*t->ends));
	t->n_ends = e.n;
	free(e.items);
}

static void choose_ports(struct np_rt *t, const struct np_session *s, const struct np_case *c)
{
	const struct np_expect_port *ports = c->n_ports ? c->ports : s->worldfile->ports;
	size_t n = c->n_ports ? c->n_ports : s->worldfile->n_ports;

	t->ports = np_arena_array(&t->arena, n ? n : 1, sizeof(*t->ports));
	for (size_t i = 0; i < n; i++)
		if (c->n_ports ||
		    ports[i].proto !=
			    NP_SCTP) /* SCTP is a capability: only where a case asks for it */
			t->ports[t->n_ports++] =
				(struct np_probe_port){ ports[i].proto, ports[i].first };
}

static void choose_families(struct np_rt *t, const struct np_session *s, const struct np_case *c)
{
	unsigned wanted = c->families ? c->families : s->fixture->family == 6 ? 2 : 1;

	for (unsigned f = 0; f < 2; f++)
		if (wanted & (1U << f))
			t->families[t->n_families++] = f ? 6 : 4;
}

static bool listens(const struct np_rt_end *e, const struct np_probe_port *p)
{
	for (size_t i = 0; i < e->n_ports; i++)
		if (e->ports[i].proto == p->proto && e->ports[i].first == p->port)
			return true;
	return false;
}

static size_t family_slot(const struct np_rt *t, size_t family)
{
	return t->families[family] == 6;
}

/* Left out: a pod to itself, two ends that are not pods, an end without an address of the family, a
 * port nobody serves. */
static bool cell_exists(const struct np_rt *t, struct np_rt_cell c)
{
	const struct np_rt_end *src = &t->ends[c.src], *dst = &t->ends[c.dst];
	size_t slot = family_slot(t, c.family);

	if (c.src == c.dst || src->agent == SIZE_MAX || !src->has[slot] || !dst->has[slot])
		return false;
	if (!src->name.is_pod && !dst->name.is_pod)
		return false;
	return listens(dst, &t->ports[c.port]);
}

static struct np_end flow_end(const struct np_rt *t, size_t family, size_t i)
{
	struct np_end end = t->ends[i].end;

	if (end.kind == NP_END_ADDR)
		end.addr = t->ends[i].ips[family_slot(t, family)];
	return end;
}

struct np_flow np_rt_flow(const struct np_rt *t, size_t cell)
{
	struct np_rt_cell c = np_rt_cell(t, cell);

	return (struct np_flow){ .src = flow_end(t, c.family, c.src),
				 .dst = flow_end(t, c.family, c.dst),
				 .family = t->families[c.family],
				 .proto = t->ports[c.port].proto,
				 .port = t->ports[c.port].port };
}

static void expect_family(struct np_rt *t, const struct np_oracle *oracle, size_t family)
{
	struct np_end *ends = np_xcalloc(t->n_ends + 1, sizeof(*ends));
	struct np_table table;

	for (size_t i = 0; i < t->n_ends; i++)
		ends[i] = flow_end(t, family, i);
	np_oracle_table(oracle, ends, t->n_ends, ends, t->n_ends, t->ports, t->n_ports,
			t->families[family], &table);
	for (size_t p = 0; p < t->n_ports; p++)
		for (size_t s = 0; s < t->n_ends; s++)
			for (size_t d = 0; d < t->n_ends; d++) {
				struct np_rt_cell c = { family, p, s, d };

				t->expected[np_rt_index(t, c)] =
					cell_exists(t, c) ? (uint8_t)np_table_at(&table, p, s, d)
							  : NP_NO_FLOW;
			}
	np_table_release(&table);
	free(ends);
}

void np_rt_init(struct np_rt *t, const struct np_session *s, const struct np_world *world,
		const struct np_oracle *oracle, const struct np_case *c)
{
	*t = (struct np_rt){ 0 };
	t->one_node = s->fixture->n_nodes == 1;
	collect_ends(t, s, world, c);
	choose_ports(t, s, c);
	choose_families(t, s, c);
	t->n_cells = t->n_families * t->n_ports * t->n_ends * t->n_ends;
	t->expected = np_xcalloc(t->n_cells + 1, 1);
	t->looked = np_xcalloc(t->n_cells + 1, 1);
	t->seen = np_xcalloc(t->n_cells + 1, sizeof(*t->seen));
	for (size_t f = 0; f < t->n_families; f++)
		expect_family(t, oracle, f);
}

void np_rt_release(struct np_rt *t)
{
	free(t->expected);
	free(t->looked);
	free(t->seen);
	np_arena_release(&t->arena);
	*t = (struct np_rt){ 0 };
}

bool np_rt_wrong(const struct np_rt *t, size_t cell)
{
	if (!t->looked[cell])
		return false;
	switch ((enum np_verdict)t->expected[cell]) {
	case NP_ALLOW:
		return t->seen[cell].outcome != NP_OUT_ALLOWED;
	case NP_DENY:
		return t->seen[cell].outcome != NP_OUT_DROPPED &&
		       t->seen[cell].outcome != NP_OUT_REJECTED;
	case NP_UNDEF:
		return t->seen[cell].outcome == NP_OUT_MISDELIVERED;
	case NP_NO_FLOW:
		break;
	}
	return false;
}

const char *np_rt_cell_text(const struct np_rt *t, size_t cell, char *buf, size_t size)
{
	struct np_rt_cell c = np_rt_cell(t, cell);

	snprintf(buf, size, NP_STR_FMT " -> " NP_STR_FMT " %s:%u%s",
		 NP_STR_ARG(t->ends[c.src].name.name), NP_STR_ARG(t->ends[c.dst].name.name),
		 np_proto_name(t->ports[c.port].proto), t->ports[c.port].port,
		 t->n_families > 1 && t->families[c.family] == 6 ? " v6" : "");
	return buf;
}

static bool line_agrees(const struct np_expect_line *line, enum np_verdict v)
{
	switch (line->kind) {
	case NP_EXPECT_ALLOW:
		return v == NP_ALLOW;
	case NP_EXPECT_DENY:
		return v == NP_DENY;
	case NP_EXPECT_OPEN:
		return v == NP_UNDEF;
	case NP_EXPECT_ORACLE:
		return true;
	}
	return false;
}

size_t np_rt_check_expect(const struct np_rt *t, const struct np_expect *expect,
			  const struct np_expect_line **ret_line)
{
	for (size_t i = 0; i < t->n_cells; i++) {
		struct np_rt_cell c = np_rt_cell(t, i);
		const struct np_expect_line *line = NULL;

		if (t->expected[i] == NP_NO_FLOW)
			continue;
		if (t->one_node && (t->ends[c.src].name.is_host || t->ends[c.dst].name.is_host))
			continue;
		if (np_expect_lookup(expect, &t->ends[c.src].name, &t->ends[c.dst].name,
				     t->ports[c.port].proto, t->ports[c.port].port,
				     t->families[c.family], &line) &&
		    line_agrees(line, (enum np_verdict)t->expected[i]))
			continue;
		*ret_line = line;
		return i;
	}
	return SIZE_MAX;
}

bool np_rt_same(const struct np_rt *a, const struct np_rt *b)
{
	if (a->n_cells != b->n_cells || a->n_ends != b->n_ends || a->n_ports != b->n_ports ||
	    memcmp(a->expected, b->expected, a->n_cells) != 0)
		return false;
	for (size_t i = 0; i < a->n_ends; i++)
		if (!np_str_eq(a->ends[i].name.name, b->ends[i].name.name))
			return false;
	return true;
}

static char expected_char(uint8_t v)
{
	static const char chars[] = {
		[NP_DENY] = '.', [NP_ALLOW] = 'A', [NP_UNDEF] = '?', [NP_NO_FLOW] = '-'
	};

	return chars[v];
}

static char observed_char(const struct np_rt *t, size_t i)
{
	static const char chars[] = { [NP_OUT_ALLOWED] = 'A',
				      [NP_OUT_DROPPED] = '.',
				      [NP_OUT_REJECTED] = 'r',
				      [NP_OUT_MISDELIVERED] = 'm',
				      [NP_OUT_ERROR] = 'e' };

	return t->looked[i] ? chars[t->seen[i].outcome] : '-';
}

/* Rows of one family: [port][source] -> a text with one character per destination. */
static json_t *rows_json(const struct np_rt *t, size_t family, bool observed)
{
	np_auto_free char *row = np_xcalloc(t->n_ends + 1, 1);
	json_t *ports = json_array();

	for (size_t p = 0; p < t->n_ports; p++) {
		json_t *rows = json_array();

		for (size_t s = 0; s < t->n_ends; s++) {
			if (t->ends[s].agent == SIZE_MAX)
				continue;
			for (size_t d = 0; d < t->n_ends; d++) {
				size_t i = np_rt_index(t, (struct np_rt_cell){ family, p, s, d });

				row[d] = observed ? observed_char(t, i)
						  : expected_char(t->expected[i]);
			}
			json_array_append_new(rows, json_string(row));
		}
		json_array_append_new(ports, rows);
	}
	return ports;
}

json_t *np_rt_json(const struct np_rt *t)
{
	json_t *tables = json_array();

	for (size_t f = 0; f < t->n_families; f++) {
		json_t *ports = json_array(), *sources = json_array(), *dests = json_array();

		for (size_t p = 0; p < t->n_ports; p++) {
			char text[32];

			snprintf(text, sizeof(text), "%s:%u", np_proto_name(t->ports[p].proto),
				 t->ports[p].port);
			json_array_append_new(ports, json_string(text));
		}
		for (size_t e = 0; e < t->n_ends; e++) {
			if (t->ends[e].agent != SIZE_MAX)
				json_array_append_new(sources,
						      np_json_string(t->ends[e].name.name));
			json_array_append_new(dests, np_json_string(t->ends[e].name.name));
		}
		json_array_append_new(tables, np_json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}",
							   "family", t->families[f], "ports", ports,
							   "sources", sources, "dests", dests,
							   "expected", rows_json(t, f, false),
							   "observed", rows_json(t, f, true)));
	}
	return tables;
}
