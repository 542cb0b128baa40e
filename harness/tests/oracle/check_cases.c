/*
 * check_cases.c - holds the oracle against the hand-written tables of the suites: check_cases [-q] [-b N] SUITES_DIR|CASE.yaml ...
 *
 * Where a generated case says no more than "oracle", the compiled oracle is held against brute force.
 *
 * Each case is played on made-up addresses (np/target/caseobjects.h), first in a cluster whose first family is IPv4, then, unless the case names
 * its families or needs one, in one of IPv6. Prints "case: cell: expected x got y". Exit status 1 when a cell differs or has no line, 2 when a
 * file cannot be read, else 0. -q stops at the first difference. -b N: every Nth cell by brute force, and only those.
 */
#include <stdio.h>
#include <stdlib.h>

#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/oracle/brute.h"
#include "np/parse/casefile.h"
#include "np/target/caseobjects.h"

#define MAX_ENDS 512

struct end {
	struct np_end_name name;
	struct np_end end;
	struct np_addr ips[2];		/* of an address end: IPv4, IPv6 */
	const struct np_service *service;	/* dialled at its own ports */
	bool only_dst, dns;
};

struct play {
	const struct np_case *c;
	const struct np_worldfile *worldfile;
	const struct np_expect_port *shared_ports;	/* of every world of the folder */
	size_t n_shared_ports;
	struct np_world world;
	struct np_arena arena;
	struct end ends[MAX_ENDS];
	size_t n_ends;
	unsigned step;
	unsigned long long n_cells, n_wrong;
	unsigned long long brute_every;	/* 0: the compiled oracle */
	bool quick;
};

static struct end *add_end(struct play *p, struct np_str name)
{
	if (p->n_ends == MAX_ENDS) {
		fprintf(stderr, "check_cases: more than %d ends\n", MAX_ENDS);
		exit(2);
	}
	p->ends[p->n_ends] = (struct end){ .name = { .name = name } };
	return &p->ends[p->n_ends++];
}

static void add_pod(struct play *p, size_t i)
{
	const struct np_pod *pod = &p->world.pods[i];
	bool fixture = np_str_is(pod->ns, NP_OBJECTS_HOST_NS), dns = np_str_is(pod->ns, NP_OBJECTS_DNS_NS);
	struct end *e;

	if (pod->phase != NP_PHASE_RUNNING || (dns && !(p->c->needs & NP_NEED_DNS)))
		return;
	if (dns)
		e = add_end(p, NP_STR("dns"));
	else if (fixture)
		e = add_end(p, np_str_is(pod->name, "node-a") ? NP_STR("node/a") : NP_STR("node/b"));
	else
		e = add_end(p, np_arena_printf(&p->arena, NP_STR_FMT "/" NP_STR_FMT, NP_STR_ARG(pod->ns), NP_STR_ARG(pod->name)));
	e->name.is_host = pod->host_network;
	e->name.is_pod = !pod->host_network && !dns;
	e->name.node = pod->node;
	e->end = (struct np_end){ .kind = NP_END_POD, .idx = i };
	e->only_dst = e->dns = dns;
}

static void add_external(struct play *p, const struct np_external *x)
{
	struct end *e = add_end(p, x->name);

	e->name.is_ext = true;
	e->end.kind = NP_END_ADDR;
	e->ips[0] = *np_external_ip(x, 4);
	e->ips[1] = *np_external_ip(x, 6);
}

static void add_service(struct play *p, size_t i)
{
	const struct np_service *s = &p->world.services[i];
	bool dns = np_str_is(s->ns, NP_OBJECTS_DNS_NS);
	struct end *e;

	if (!(p->c->needs & NP_NEED_SERVICES) || s->n_ips == 0 || (dns && !(p->c->needs & NP_NEED_DNS)))
		return;
	e = add_end(p, dns ? NP_STR("svc:dns") :
		       np_arena_printf(&p->arena, "svc:" NP_STR_FMT "/" NP_STR_FMT, NP_STR_ARG(s->ns), NP_STR_ARG(s->name)));
	e->name.is_service = true;
	e->only_dst = true;
	e->service = s;
	e->end = (struct np_end){ .kind = NP_END_SERVICE, .idx = i };
}

static void collect_ends(struct play *p)
{
	p->n_ends = 0;
	for (size_t i = 0; i < p->world.n_pods; i++)
		add_pod(p, i);
	for (size_t i = 0; i < p->world.n_externals; i++)
		add_external(p, &p->world.externals[i]);
	for (size_t i = 0; i < p->world.n_services; i++)
		add_service(p, i);
}

static bool has_port(const struct np_expect_port *ports, size_t n, const struct np_probe_port *port)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i].proto == port->proto && ports[i].first == port->port)
			return true;
	return false;
}

/* As in a run: pods listen on the ports of their world, what all cases share on those of every world. */
static bool listens(const struct play *p, const struct end *dst, const struct np_probe_port *port)
{
	if (dst->name.is_pod)
		return has_port(p->worldfile->ports, p->worldfile->n_ports, port);
	if (dst->name.is_host || dst->name.is_ext)
		return has_port(p->shared_ports, p->n_shared_ports, port);
	if (dst->dns && !dst->service)
		return port->port == 53 && port->proto != NP_SCTP;
	for (size_t i = 0; dst->service && i < dst->service->n_ports; i++)
		if (dst->service->ports[i].proto == port->proto && dst->service->ports[i].port == port->port)
			return true;
	return !dst->service;
}

static bool line_agrees(const struct np_expect_line *line, enum np_verdict v, const np_clauses *open)
{
	switch (line->kind) {
	case NP_EXPECT_ALLOW:
		return v == NP_ALLOW;
	case NP_EXPECT_DENY:
		return v == NP_DENY;
	case NP_EXPECT_OPEN:
		return v == NP_UNDEF && (np_clauses_empty(&line->open) ||
					 (line->open.bits[0] == open->bits[0] && line->open.bits[1] == open->bits[1]));
	case NP_EXPECT_ORACLE:
		return true;
	}
	return false;
}

static const char *expected_text(const struct np_expect_line *line, char *buf, size_t size)
{
	static const char *const words[] = { [NP_EXPECT_ALLOW] = "allow", [NP_EXPECT_DENY] = "deny", [NP_EXPECT_OPEN] = "open",
					     [NP_EXPECT_ORACLE] = "what brute force says" };
	char clauses[512];

	if (!line)
		return "nothing";
	if (np_clauses_empty(&line->open))
		snprintf(buf, size, "%s", words[line->kind]);
	else
		snprintf(buf, size, "%s(%s)", words[line->kind], np_clauses_text(&line->open, clauses, sizeof(clauses)));
	return buf;
}

static void report(const struct play *p, const struct end *src, const struct end *dst, const struct np_flow *f,
		   const struct np_expect_line *line, enum np_verdict v, const np_clauses *open)
{
	char want[600], clauses[512];
	const struct np_place *place = line ? &line->place : &p->c->steps[p->step].place;

	printf(NP_STR_FMT ": " NP_STR_FMT " -> " NP_STR_FMT " %s:%u IPv%d: expected %s got %s%s%s%s (line %u)\n", NP_STR_ARG(p->c->id),
	       NP_STR_ARG(src->name.name), NP_STR_ARG(dst->name.name), np_proto_name(f->proto), f->port, f->family,
	       expected_text(line, want, sizeof(want)), v == NP_UNDEF ? "open" : np_verdict_name(v), np_clauses_empty(open) ? "" : "(",
	       np_clauses_text(open, clauses, sizeof(clauses)), np_clauses_empty(open) ? "" : ")", place->line);
}

static struct np_end flow_end(const struct end *e, int family)
{
	struct np_end end = e->end;

	if (end.kind == NP_END_ADDR)
		end.addr = e->ips[family == 6];
	return end;
}

/* A generated case says no more than "oracle": then both readings must say the same. */
static bool brute_agrees(const struct play *p, const struct np_readings *rd, const struct np_flow *f, enum np_verdict v,
			 const np_clauses *open)
{
	np_clauses other;

	return np_brute_eval(&p->world, rd, f, &other) == v &&
	       (v != NP_UNDEF || (other.bits[0] == open->bits[0] && other.bits[1] == open->bits[1]));
}

static void check_cell(struct play *p, const struct np_oracle *o, const struct np_readings *rd, const struct np_expect *expect, const struct end *src,
		       const struct end *dst, const struct np_probe_port *port, int family)
{
	struct np_flow f = { flow_end(src, family), flow_end(dst, family), family, port->proto, port->port };
	const struct np_expect_line *line = NULL;
	np_clauses open;
	enum np_verdict v;

	if (src == dst || src->only_dst || (!src->name.is_pod && !dst->name.is_pod && !dst->only_dst) ||
	    (!src->name.is_pod && dst->only_dst) || !listens(p, dst, port))
		return;
	v = np_oracle_eval(o, &f, &open);
	if (v == NP_NO_FLOW)
		return;
	p->n_cells++;
	if (p->brute_every && p->n_cells % p->brute_every)
		return;
	if (p->brute_every)
		v = np_brute_eval(&p->world, rd, &f, &open);
	if (np_expect_lookup(expect, &src->name, &dst->name, f.proto, f.port, family, &line) && line_agrees(line, v, &open) &&
	    (line->kind != NP_EXPECT_ORACLE || brute_agrees(p, rd, &f, v, &open)))
		return;
	p->n_wrong++;
	report(p, src, dst, &f, line, v, &open);
}

static void check_table(struct play *p, const struct np_oracle *o, const struct np_readings *rd, const struct np_expect *expect,
			int family)
{
	const struct np_expect_port *ports = p->c->n_ports ? p->c->ports : p->worldfile->ports;
	size_t n = p->c->n_ports ? p->c->n_ports : p->worldfile->n_ports;

	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < p->n_ends; i++)
			for (size_t j = 0; j < p->n_ends; j++) {
				struct np_probe_port port = { ports[k].proto, ports[k].first };

				/* As in a run: SCTP is a capability, probed only where a case asks for it. */
				if (port.proto == NP_SCTP && !p->c->n_ports)
					continue;
				check_cell(p, o, rd, expect, &p->ends[i], &p->ends[j], &port, family);
				if (p->quick && p->n_wrong)
					return;
			}
}

static int check_expect(struct play *p, const struct np_objects *objects, const struct np_expect *expect, unsigned families,
			struct np_err *err)
{
	struct np_readings readings;
	enum np_profile profile;
	struct np_oracle *o;

	if (np_objects_world(objects, &p->world, err) < 0)
		return -1;
	if (!np_profile_parse(p->c->profile, &profile)) {
		np_world_release(&p->world);
		return np_err_set(err, NP_EVALID, "unknown profile");
	}
	readings = np_profile_readings(profile);
	o = np_oracle_new(&p->world, &readings);
	collect_ends(p);
	for (int family = 4; family <= 6; family += 2)
		if (families & (family == 4 ? 1U : 2U))
			check_table(p, o, &readings, expect, family);
	np_oracle_free(o);
	np_world_release(&p->world);
	np_arena_release(&p->arena);
	return 0;
}

static int play_steps(struct play *p, struct np_objects *objects, unsigned families, struct np_err *err)
{
	for (size_t i = 0; i < p->worldfile->n_objects; i++)
		if (np_objects_step(objects, &p->worldfile->objects[i], err) < 0)
			return -1;
	for (p->step = 0; p->step < p->c->n_steps; p->step++) {
		const struct np_step *step = &p->c->steps[p->step];

		if (np_objects_step(objects, step, err) < 0)
			return -1;
		if (step->kind == NP_STEP_EXPECT && check_expect(p, objects, &step->expect, families, err) < 0)
			return -1;
		if (p->quick && p->n_wrong)
			return 0;
	}
	return 0;
}

/* Whether the case makes sense where @family is the first of the cluster. */
static bool runs_in(const struct np_case *c, int family)
{
	const unsigned other = family == 4 ? NP_NEED_IPV6 : NP_NEED_IPV4;

	if (c->families)
		return family == 4;
	return !(c->needs & other) || (family == 4 && c->needs & NP_NEED_IPV4);
}

static int play_case(struct play *p, struct np_err *err)
{
	for (int family = 4; family <= 6; family += 2) {
		struct np_objects *objects;
		int rc;

		if (!runs_in(p->c, family) || (p->quick && p->n_wrong))
			continue;
		objects = np_objects_new(family);
		rc = play_steps(p, objects, p->c->families ? p->c->families : family == 4 ? 1U : 2U, err);
		np_objects_free(objects);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* The nearest folder "worlds" beside or above a case; heap text, NULL when there is none. */
static char *find_worlds(const char *case_path)
{
	np_auto_free char *dir = np_xstrdup(case_path);
	char *slash;

	while ((slash = strrchr(dir, '/'))) {
		char *worlds;

		*slash = '\0';
		worlds = np_xasprintf("%s/worlds", dir);
		if (np_is_dir(worlds))
			return worlds;
		free(worlds);
	}
	return NULL;
}

/* Every world of a folder, loaded once. */
struct worlds {
	char *folder;
	struct np_worldfile *items;
	size_t n, cap;
	struct np_expect_port *ports;
	size_t n_ports, cap_ports;
};

static void worlds_release(struct worlds *w)
{
	for (size_t i = 0; i < w->n; i++)
		np_worldfile_release(&w->items[i]);
	free(w->items);
	free(w->ports);
	free(w->folder);
	*w = (struct worlds){ .n = 0 };
}

static void add_shared_ports(struct worlds *w, const struct np_worldfile *world)
{
	for (size_t i = 0; i < world->n_ports; i++) {
		w->ports = np_grow(w->ports, &w->cap_ports, w->n_ports, sizeof(*w->ports));
		w->ports[w->n_ports++] = world->ports[i];
	}
}

/* Takes @folder. */
static int worlds_load(struct worlds *w, char *folder, struct np_err *err)
{
	static const char *const suffixes[] = { ".yaml", ".yml", NULL };
	char **files;
	size_t n;
	int rc = 0;

	if (w->folder && strcmp(w->folder, folder) == 0) {
		free(folder);
		return 0;
	}
	worlds_release(w);
	w->folder = folder;
	if (np_files_list(folder, suffixes, &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++) {
		w->items = np_grow(w->items, &w->cap, w->n, sizeof(*w->items));
		rc = np_worldfile_load(files[i], &w->items[w->n], err);
		if (rc == 0)
			add_shared_ports(w, &w->items[w->n++]);
	}
	np_files_free(files);
	return rc;
}

static int find_world(struct worlds *w, struct play *p, const char *case_path, struct np_err *err)
{
	char *folder = find_worlds(case_path);

	if (!folder)
		return np_err_set(err, NP_EUSAGE, "no worlds folder above '%s'", case_path);
	if (worlds_load(w, folder, err) < 0)
		return -1;
	p->shared_ports = w->ports;
	p->n_shared_ports = w->n_ports;
	for (size_t i = 0; i < w->n; i++)
		if (np_str_eq(w->items[i].name, p->c->world)) {
			p->worldfile = &w->items[i];
			return 0;
		}
	return np_err_set(err, NP_EUSAGE, "no world '" NP_STR_FMT "'", NP_STR_ARG(p->c->world));
}

struct totals {
	unsigned long long n_cases, n_cells, n_wrong, brute_every;
	bool unreadable, quick;
	struct worlds worlds;
};

static void check_file(const char *path, struct totals *t)
{
	static struct play p;
	struct np_case c = { .n_steps = 0 };
	struct np_err err = { 0 };
	char text[NP_ERR_TEXT_MAX];

	p = (struct play){ .c = &c, .quick = t->quick, .brute_every = t->brute_every };
	if (np_casefile_load(path, &c, &err) < 0 || find_world(&t->worlds, &p, path, &err) < 0 || play_case(&p, &err) < 0) {
		fprintf(stderr, "check_cases: %s: %s\n", path, np_err_text(&err, text, sizeof(text)));
		t->unreadable = true;
	}
	np_arena_release(&p.arena);
	np_case_release(&c);
	t->n_cases++;
	t->n_cells += p.n_cells;
	t->n_wrong += p.n_wrong;
}

static bool is_case(const char *path)
{
	return !strstr(path, "/worlds/") && !strstr(path, "/profiles/");
}

static void check_path(const char *path, struct totals *t)
{
	static const char *const suffixes[] = { ".yaml", ".yml", NULL };
	struct np_err err = { 0 };
	char text[NP_ERR_TEXT_MAX], **files;
	size_t n;

	if (np_files_list(path, suffixes, &files, &n, &err) < 0) {
		fprintf(stderr, "check_cases: %s\n", np_err_text(&err, text, sizeof(text)));
		t->unreadable = true;
		return;
	}
	for (size_t i = 0; i < n && !(t->quick && t->n_wrong); i++)
		if (is_case(files[i]))
			check_file(files[i], t);
	np_files_free(files);
}

int main(int argc, char **argv)
{
	struct totals t = { .quick = argc > 1 && strcmp(argv[1], "-q") == 0 };
	int first = t.quick ? 2 : 1;

	if (first + 1 < argc && strcmp(argv[first], "-b") == 0) {
		if (!np_str_u64(np_str_from(argv[first + 1]), 1000000000, &t.brute_every))
			first = argc;
		first += 2;
	}
	if (first >= argc) {
		fprintf(stderr, "usage: check_cases [-q] [-b N] SUITES_DIR|CASE.yaml ...\n");
		return 2;
	}
	for (int i = first; i < argc; i++)
		check_path(argv[i], &t);
	worlds_release(&t.worlds);
	printf("%llu cases, %llu cells, %llu wrong\n", t.n_cases, t.n_cells, t.n_wrong);
	if (t.unreadable)
		return 2;
	return t.n_wrong ? 1 : 0;
}
