/* model_play.c - a case played on the model CNI. */
#include <stdlib.h>

#include "model_cells.h"
#include "model_ends.h"
#include "np/base/mem.h"
#include "np/run/score.h"
#include "np/target/caseobjects.h"
#include "np/target/model_events.h"

/* One asserted cell. Ends are indexes into the play's. */
struct cell {
	uint32_t src, dst;
	const struct np_service *service;
	uint16_t port, service_port;
	uint16_t dialled; /* of a Service its own port, else @port */
	uint8_t proto;
	bool allow, node_port;
	uint32_t names[2]; /* of the ends as the table calls them */
};

/* The events up to an expectation, its ends and its cells. */
struct phase {
	size_t events_end, ends_end, cells_end;
};

struct np_play {
	struct np_arena arena;
	struct np_world *worlds; /* after each step; what events point into */
	size_t n_worlds, cap_worlds;
	struct np_model_events events;
	struct np_model_end *ends;
	struct np_str *names;
	struct cell *cells;
	struct phase *phases;
	size_t n_ends, cap_ends, n_names, cap_names, n_cells, cap_cells, n_phases, cap_phases;
	/* of the last run */
	struct np_model_place *places;	  /* of the ends, as the model knows them */
	size_t failed_cell, failed_phase; /* SIZE_MAX: none */
};

struct prepare {
	struct np_play *p;
	const struct np_case *c;
	const struct np_worldfile *worldfile;
	const struct np_expect_port *shared;
	size_t n_shared;
	struct np_readings readings;
	struct np_me_ends ends;
	struct np_table table;
	size_t first_name;
	uint32_t *end_of; /* of the ends of the table, in the play's; UINT32_MAX unknown */
};

static void end_phase(struct np_play *p)
{
	p->phases = np_grow(p->phases, &p->cap_phases, p->n_phases, sizeof(*p->phases));
	p->phases[p->n_phases++] = (struct phase){ p->events.n, p->n_ends, p->n_cells };
}

static uint32_t add_end(struct np_play *p, const struct np_model_end *end)
{
	p->ends = np_grow(p->ends, &p->cap_ends, p->n_ends, sizeof(*p->ends));
	p->ends[p->n_ends] = *end;
	return (uint32_t)p->n_ends++;
}

/* The end @at of the table; each is made once. */
static uint32_t end_at(struct prepare *k, size_t at, const struct np_model_end *end)
{
	if (k->end_of[at] == UINT32_MAX)
		k->end_of[at] = add_end(k->p, end);
	return k->end_of[at];
}

static void add_cell(struct prepare *k, size_t src, size_t dst, uint16_t dialled,
		     const struct np_model_conn *conn, bool allow)
{
	struct np_play *p = k->p;
	struct cell cell = { .service = conn->service,
			     .port = conn->port,
			     .dialled = dialled,
			     .service_port = (uint16_t)conn->service_port,
			     .proto = (uint8_t)conn->proto,
			     .allow = allow,
			     .node_port = conn->node_port };

	cell.src = end_at(k, src, &conn->src);
	cell.dst = conn->service ? add_end(p, &conn->dst) : end_at(k, dst, &conn->dst);
	cell.names[0] = (uint32_t)(k->first_name + src);
	cell.names[1] = (uint32_t)(k->first_name + dst);
	p->cells = np_grow(p->cells, &p->cap_cells, p->n_cells, sizeof(*p->cells));
	p->cells[p->n_cells++] = cell;
}

static void add_cells_of_port(struct prepare *k, const struct np_world *w, size_t port, int family)
{
	const struct np_probe_port *probe = &k->table.ports[port];

	for (size_t s = 0; s < k->ends.n; s++)
		for (size_t d = 0; d < k->ends.n; d++) {
			const struct np_me_end *src = &k->ends.items[s], *dst = &k->ends.items[d];
			struct np_model_conn conn;
			struct np_flow flow;
			enum np_verdict v;

			if (s == d || !src->source || !(src->is_pod || dst->is_pod) ||
			    !np_me_listens(dst, probe->proto, probe->port))
				continue;
			v = np_table_at(&k->table, port, s, d);
			if (v != NP_ALLOW && v != NP_DENY)
				continue;
			flow = (struct np_flow){ np_me_flow_end(src, family),
						 np_me_flow_end(dst, family), family, probe->proto,
						 probe->port };
			if (np_model_conn_of(w, &flow, &conn))
				add_cell(k, s, d, probe->port, &conn, v == NP_ALLOW);
		}
}

static size_t choose_ports(const struct prepare *k, struct np_probe_port *ret)
{
	const struct np_expect_port *ports = k->c->n_ports ? k->c->ports : k->worldfile->ports;
	size_t n = k->c->n_ports ? k->c->n_ports : k->worldfile->n_ports, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (k->c->n_ports ||
		    ports[i].proto != NP_SCTP) /* a capability: only where it is asked for */
			ret[kept++] = (struct np_probe_port){ ports[i].proto, ports[i].first };
	return kept;
}

static void add_family(struct prepare *k, const struct np_world *w, const struct np_oracle *o,
		       int family)
{
	size_t n_ports = k->c->n_ports ? k->c->n_ports : k->worldfile->n_ports;
	struct np_probe_port *ports = np_xcalloc(n_ports + 1, sizeof(*ports));
	struct np_end *ends = np_xcalloc(k->ends.n + 1, sizeof(*ends));

	n_ports = choose_ports(k, ports);
	k->end_of = np_xcalloc(k->ends.n + 1, sizeof(*k->end_of));
	for (size_t i = 0; i < k->ends.n; i++) {
		ends[i] = np_me_flow_end(&k->ends.items[i], family);
		k->end_of[i] = UINT32_MAX;
	}
	np_oracle_table(o, ends, k->ends.n, ends, k->ends.n, ports, n_ports, family, &k->table);
	for (size_t i = 0; i < n_ports; i++)
		add_cells_of_port(k, w, i, family);
	np_table_release(&k->table);
	free(k->end_of);
	free(ends);
	free(ports);
}

static void add_expectation(struct prepare *k)
{
	const struct np_world *w = &k->p->worlds[k->p->n_worlds - 1];
	struct np_oracle *o = np_oracle_new(w, &k->readings);
	unsigned families = k->c->families ? k->c->families : 1;

	np_me_collect(k->c, k->worldfile, k->shared, k->n_shared, w, &k->p->arena, &k->ends);
	k->first_name = k->p->n_names;
	for (size_t i = 0; i < k->ends.n; i++) {
		k->p->names =
			np_grow(k->p->names, &k->p->cap_names, k->p->n_names, sizeof(*k->p->names));
		k->p->names[k->p->n_names++] = k->ends.items[i].name;
	}
	for (int family = 4; family <= 6; family += 2)
		if (families & (family == 4 ? 1U : 2U))
			add_family(k, w, o, family);
	np_oracle_free(o);
	end_phase(k->p);
}

/* The world after a step, and what changed. */
static int add_world(struct prepare *k, const struct np_objects *objects,
		     const struct np_step *step, struct np_err *err)
{
	struct np_play *p = k->p;

	p->worlds = np_grow(p->worlds, &p->cap_worlds, p->n_worlds, sizeof(*p->worlds));
	if (np_objects_world(objects, &p->worlds[p->n_worlds], err) < 0)
		return -1;
	p->n_worlds++;
	np_model_diff(p->n_worlds > 1 ? &p->worlds[p->n_worlds - 2] : NULL,
		      &p->worlds[p->n_worlds - 1], step, &p->events);
	return 0;
}

static int add_steps(struct prepare *k, struct np_objects *objects, struct np_err *err)
{
	for (size_t i = 0; i < k->worldfile->n_objects; i++)
		if (np_objects_step(objects, &k->worldfile->objects[i], err) < 0)
			return -1;
	if (add_world(k, objects, NULL, err) < 0)
		return -1;
	end_phase(k->p);
	for (size_t i = 0; i < k->c->n_steps; i++) {
		const struct np_step *step = &k->c->steps[i];

		if (step->kind == NP_STEP_EXPECT) {
			add_expectation(k);
			continue;
		}
		if (np_objects_step(objects, step, err) < 0 || add_world(k, objects, step, err) < 0)
			return -1;
	}
	return 0;
}

struct np_play *np_play_new(const struct np_case *c, const struct np_worldfile *world,
			    const struct np_expect_port *shared, size_t n_shared,
			    struct np_err *err)
{
	struct prepare k = { .p = np_xcalloc(1, sizeof(*k.p)),
			     .c = c,
			     .worldfile = world,
			     .shared = shared,
			     .n_shared = n_shared };
	enum np_profile profile = NP_PROFILE_CORE;
	struct np_objects *objects = np_objects_new(4);
	int rc;

	np_profile_parse(c->profile, &profile);
	k.readings = np_profile_readings(profile);
	rc = add_steps(&k, objects, err);
	np_objects_free(objects);
	free(k.ends.items);
	if (rc == 0)
		return k.p;
	np_play_free(k.p);
	return NULL;
}

void np_play_free(struct np_play *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_worlds; i++)
		np_world_release(&p->worlds[i]);
	free(p->worlds);
	free(p->events.items);
	free(p->ends);
	free(p->names);
	free(p->cells);
	free(p->phases);
	free(p->places);
	np_arena_release(&p->arena);
	free(p);
}

size_t np_play_n_cells(const struct np_play *p)
{
	return p->n_cells;
}

/* Ends that are none are told by their names (suites/README.md). */
static bool of_pods(const struct np_play *p, const struct cell *c)
{
	static const char *const others[] = { "node/", "ext/", "svc:" };

	for (int end = 0; end < 2; end++) {
		struct np_str name = p->names[c->names[end]];

		for (size_t i = 0; i < NP_ARRAY_SIZE(others); i++)
			if (np_str_starts(name, others[i]))
				return false;
		if (np_str_is(name, "dns"))
			return false;
	}
	return true;
}

void np_play_pods_only(struct np_play *p)
{
	size_t from = 0, kept = 0;

	for (size_t i = 0; i < p->n_phases; i++) {
		size_t end = p->phases[i].cells_end;

		for (; from < end; from++)
			if (of_pods(p, &p->cells[from]))
				p->cells[kept++] = p->cells[from];
		p->phases[i].cells_end = kept;
	}
	p->n_cells = kept;
}

const char *np_play_result_name(enum np_play_result r)
{
	static const char *const names[] = { [NP_PLAY_PASSED] = "passed",
					     [NP_PLAY_WRONG] = "wrong",
					     [NP_PLAY_RESTLESS] = "no-convergence",
					     [NP_PLAY_CRASHED] = "crashed" };

	return names[r];
}

static bool right(const struct np_play *p, struct np_model *m, const struct cell *c,
		  struct np_model_conn *conn)
{
	conn->proto = (enum np_proto)c->proto;
	conn->port = c->port;
	conn->service = c->service;
	conn->service_port = c->service_port;
	conn->node_port = c->node_port;
	return np_model_passes_at(m, conn, &p->places[c->src], &p->places[c->dst]) == c->allow;
}

static enum np_play_result ask(struct np_play *p, struct np_model *m, const struct phase *from,
			       const struct phase *to)
{
	unsigned turns = np_model_turns(m);
	struct np_model_conn conn = { .port = 0 };

	for (size_t i = from->ends_end; i < to->ends_end; i++)
		np_model_locate(m, &p->ends[i], &p->places[i]);
	for (size_t i = from->cells_end; i < to->cells_end; i++)
		for (unsigned t = 0; t < turns; t++)
			if (!right(p, m, &p->cells[i], &conn)) {
				p->failed_cell = i;
				return turns > 1 ? NP_PLAY_RESTLESS : NP_PLAY_WRONG;
			}
	return NP_PLAY_PASSED;
}

static void begin(struct np_play *p, struct np_model *m, const struct np_model_wrong *wrong)
{
	np_model_reset(m, wrong);
	if (!p->places)
		p->places = np_xcalloc(p->n_ends + 1, sizeof(*p->places));
	p->failed_cell = SIZE_MAX;
}

/* Tells what happens in phase @i, from event *@io_event on. */
static void tell_phase(struct np_play *p, struct np_model *m, size_t i, size_t *io_event)
{
	for (; *io_event < p->phases[i].events_end; (*io_event)++)
		np_model_tell(m, &p->events.items[*io_event]);
	np_model_settle(m);
	p->failed_phase = i;
}

enum np_play_result np_play_run(struct np_play *p, struct np_model *m,
				const struct np_model_wrong *wrong)
{
	static const struct phase nothing;
	const struct phase *before = &nothing;
	size_t event = 0;

	begin(p, m, wrong);
	for (size_t i = 0; i < p->n_phases; i++) {
		enum np_play_result r;

		tell_phase(p, m, i, &event);
		r = ask(p, m, before, &p->phases[i]);
		if (r != NP_PLAY_PASSED)
			return r;
		before = &p->phases[i];
	}
	return np_model_crashed(m) ? NP_PLAY_CRASHED : NP_PLAY_PASSED;
}

const char *np_play_failure(const struct np_play *p, char *buf, size_t size)
{
	const struct cell *c;

	if (p->failed_cell == SIZE_MAX)
		return "";
	c = &p->cells[p->failed_cell];
	snprintf(buf, size,
		 "expectation %zu: " NP_STR_FMT " -> " NP_STR_FMT " %s:%u IPv%d: %s expected",
		 p->failed_phase, NP_STR_ARG(p->names[c->names[0]]),
		 NP_STR_ARG(p->names[c->names[1]]), np_proto_name((enum np_proto)c->proto), c->port,
		 p->ends[c->src].addr.width == 4 ? 4 : 6, c->allow ? "allow" : "deny");
	return buf;
}

/* ---- single cells ---- */

static struct np_play_cell told(const struct np_play *p, const struct cell *c)
{
	return (struct np_play_cell){ .src = p->names[c->names[0]],
				      .dst = p->names[c->names[1]],
				      .proto = (enum np_proto)c->proto,
				      .port = c->dialled,
				      .family = p->ends[c->src].addr.width == 4 ? 4 : 6,
				      .allow = c->allow };
}

static bool is_cell(const struct np_play *p, const struct cell *c, const struct np_play_cell *want)
{
	struct np_play_cell is = told(p, c);

	return is.port == want->port && is.proto == want->proto && is.family == want->family &&
	       np_str_eq(is.src, want->src) && np_str_eq(is.dst, want->dst);
}

size_t np_play_n_expects(const struct np_play *p)
{
	return p->n_phases - 1;
}

bool np_play_asserted(const struct np_play *p, size_t expect, const struct np_play_cell *cell,
		      bool *ret_allow)
{
	for (size_t i = p->phases[expect - 1].cells_end; i < p->phases[expect].cells_end; i++)
		if (is_cell(p, &p->cells[i], cell)) {
			*ret_allow = p->cells[i].allow;
			return true;
		}
	return false;
}

/* Tells the wrong cells of phase @i; returns their number. */
static size_t tell_wrong(struct np_play *p, struct np_model *m, size_t i,
			 const struct np_play_cell *only, np_play_cell_fn *fn, void *ctx)
{
	const struct phase *from = &p->phases[i - 1], *to = &p->phases[i];
	struct np_model_conn conn = { .port = 0 };
	size_t n = 0;

	for (size_t e = from->ends_end; e < to->ends_end; e++)
		np_model_locate(m, &p->ends[e], &p->places[e]);
	for (size_t c = from->cells_end; c < to->cells_end; c++) {
		struct np_play_cell cell = told(p, &p->cells[c]);
		bool wrong = false;

		if (only && !is_cell(p, &p->cells[c], only))
			continue;
		for (unsigned t = 0; t < np_model_turns(m) && !wrong; t++)
			wrong = !right(p, m, &p->cells[c], &conn);
		if (wrong && fn)
			fn(ctx, &cell);
		n += wrong;
	}
	return n;
}

enum np_play_result np_play_look(struct np_play *p, struct np_model *m,
				 const struct np_model_wrong *wrong,
				 const struct np_play_cell *only, np_play_cell_fn *fn, void *ctx,
				 size_t *ret_expect)
{
	size_t event = 0;

	begin(p, m, wrong);
	for (size_t i = 0; i < p->n_phases; i++) {
		tell_phase(p, m, i, &event);
		*ret_expect = i;
		if (i && tell_wrong(p, m, i, only, fn, ctx))
			return np_model_turns(m) > 1 ? NP_PLAY_RESTLESS : NP_PLAY_WRONG;
	}
	return np_model_crashed(m) ? NP_PLAY_CRASHED : NP_PLAY_PASSED;
}
