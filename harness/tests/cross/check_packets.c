/*
 * check_packets.c - generated worlds and policies against packets: writes a suite of generated
 * cases, each with the table that brute force gives, for `netpolcheck run` to hold the compiled
 * oracle, and the enforcer of a sandbox or cluster, against it.
 *
 *	check_packets --out DIR [--seed S] [--worlds N] [--cases N] [--family 4|6]
 *	netpolcheck run --suite DIR
 *
 * A world is namespaces and pods with labels and container ports; policies are over the whole
 * grammar, but for what a run cannot set up at will: their blocks are around the addresses that
 * case files can name. Case number k of world w has the seed S * 1000000 + w * 1000 + k. Exit
 * status: 0 written, 1 a case does not play, 2 usage.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/gen/manifests.h"
#include "np/gen/world.h"
#include "np/oracle/brute.h"
#include "np/parse/casefile.h"
#include "np/target/caseobjects.h"

enum { N_PORTS = 3, FIRST_PORT = 80, MAX_ENDS = 64 };

static const struct np_probe_port probes[] = {
	{ NP_TCP, 80 }, { NP_TCP, 81 }, { NP_TCP, 82 },
	{ NP_UDP, 80 }, { NP_UDP, 81 }, { NP_SCTP, 80 },
};

static const char port_list[] = "[TCP:80, TCP:81, TCP:82, UDP:80, UDP:81, SCTP:80]";

struct suite {
	const char *dir;
	uint64_t seed, n_worlds, n_cases, family;
	unsigned long long n_lines;
};

static uint16_t near_port(uint16_t port)
{
	return (uint16_t)(FIRST_PORT + port % N_PORTS);
}

/* ---- a world that a run can set up ---- */

/* Pods as they come: on their own network, running, without addresses or places. */
static void make_ordinary(struct np_world *w)
{
	for (size_t i = 0; i < w->n_pods; i++) {
		struct np_pod *p = &w->pods[i];

		p->host_network = false;
		p->phase = NP_PHASE_RUNNING;
		p->node = NP_STR_NONE;
		p->n_ips = 0;
		for (size_t k = 0; k < p->n_ports; k++) {
			p->ports[k].port = near_port(p->ports[k].port);
			/* Containers other than the first would run the agent again. */
			p->ports[k].ctr_kind = NP_CTR_REGULAR;
		}
	}
	w->n_services = w->n_nodes = w->n_policies = 0;
}

static void generate_world(uint64_t seed, struct np_world *ret)
{
	struct np_gen_pins pins = { .set = { [NP_DIM_FAMILIES] = true,
					     [NP_DIM_NAMES] = true,
					     [NP_DIM_NAMESPACES] = true,
					     [NP_DIM_PODS] = true } };

	pins.level[NP_DIM_FAMILIES] = 0; /* IPv4 */
	pins.level[NP_DIM_NAMES] = 3;	 /* short */
	pins.level[NP_DIM_NAMESPACES] = (uint8_t)(1 + seed % 3);
	pins.level[NP_DIM_PODS] = 3; /* three or four */
	np_gen_world(seed, &pins, ret);
	make_ordinary(ret);
}

/* A manifest with the annotation that places its pod. */
static void put_pod(struct np_buf *b, const struct np_pod *pod, size_t i)
{
	struct np_buf json = { 0 };
	const char *text, *meta = "\"metadata\":{", *at;

	np_gen_pod_json(pod, &json);
	text = np_buf_text(&json);
	at = strstr(text, meta) + strlen(meta);
	np_buf_add(b, text, (size_t)(at - text));
	np_buf_printf(b, "\"annotations\":{\"netpolcheck/node\":\"%c\"},", i % 2 ? 'b' : 'a');
	np_buf_adds(b, at);
	np_buf_adds(b, "\n---\n");
	np_buf_release(&json);
}

static void put_world(struct np_buf *b, const struct np_world *w, const char *name, uint64_t seed)
{
	np_buf_printf(b, "world: %s\ntitle: generated, seed %" PRIu64 "\nports: %s\n---\n", name,
		      seed, port_list);
	for (size_t i = 0; i < w->n_namespaces; i++) {
		np_gen_namespace_json(&w->namespaces[i], b);
		np_buf_adds(b, "\n---\n");
	}
	for (size_t i = 0; i < w->n_pods; i++)
		put_pod(b, &w->pods[i], i);
	b->len -= strlen("---\n"); /* no empty document at the end */
	b->data[b->len] = '\0';
}

/* ---- policies ---- */

/* Blocks that every run can make, and excepts inside them. */
static const char *const blocks[][4] = {
	{ "${family-any}", NULL },
	{ "${family-any}", "${cidr:ext/a/32}", "${cidr:ext/d/32}", NULL },
	{ "${family-any}", "${cidr:ext/a/28}", NULL },
	{ "${cidr:ext/a/24}", NULL },
	{ "${cidr:ext/a/24}", "${cidr:ext/a/28}", NULL },
	{ "${cidr:ext/a/24}", "${cidr:ext/b/32}", "${cidr:ext/c/32}", NULL },
	{ "${cidr:ext/a/28}", NULL },
	{ "${cidr:ext/a/28}", "${cidr:ext/b/32}", NULL },
	{ "${cidr:ext/a/32}", NULL },
	{ "${cidr:ext/d/32}", NULL },
	{ "${cidr:node/a/32}", NULL },
	{ "${cidr:node/b/32}", NULL },
};

/* Blocks are written for IPv4; those of IPv6 have other words for the same. */
static struct np_str block_text(struct np_arena *arena, uint64_t family, const char *text)
{
	static const char cidr[] = "${cidr:";

	if (family == 4)
		return np_str_from(text);
	if (strncmp(text, cidr, strlen(cidr)) != 0)
		return NP_STR("::/0");
	return np_arena_printf(arena, "${cidr6:%s", text + strlen(cidr));
}

static const struct np_ipblock *draw_block(struct np_rng *rng, struct np_world *w, uint64_t family)
{
	struct np_ipblock *b = np_arena_alloc(&w->arena, sizeof(*b));
	const char *const *row = blocks[np_rng_below(rng, NP_ARRAY_SIZE(blocks))];

	if (w->n_pods && np_rng_below(rng, 5) == 0) {
		const struct np_pod *pod = &w->pods[np_rng_below(rng, w->n_pods)];

		b->cidr_text = np_arena_printf(&w->arena, "${%s:" NP_STR_FMT "/" NP_STR_FMT "/32}",
					       family == 4 ? "cidr" : "cidr6", NP_STR_ARG(pod->ns),
					       NP_STR_ARG(pod->name));
		return b;
	}
	b->cidr_text = block_text(&w->arena, family, row[0]);
	b->except_texts = np_arena_array(&w->arena, 3, sizeof(*b->except_texts));
	for (; row[b->n_excepts + 1]; b->n_excepts++)
		b->except_texts[b->n_excepts] =
			block_text(&w->arena, family, row[b->n_excepts + 1]);
	return b;
}

static void adapt_rule(struct np_rng *rng, struct np_world *w, uint64_t family, struct np_rule *r)
{
	for (size_t i = 0; i < r->n_peers; i++)
		if (r->peers[i].ip_block)
			r->peers[i].ip_block = draw_block(rng, w, family);
	for (size_t i = 0; i < r->n_ports; i++) {
		struct np_port *p = &r->ports[i];

		if (p->kind != NP_PORT_NUMBER && p->kind != NP_PORT_RANGE)
			continue;
		p->port = near_port(p->port);
		if (p->kind == NP_PORT_RANGE)
			p->end_port = (uint16_t)(p->port + p->end_port % N_PORTS);
	}
}

static void generate_policies(uint64_t seed, uint64_t family, struct np_world *w)
{
	struct np_rng rng;

	w->n_policies = 0;
	np_gen_policies(seed, NULL, w);
	np_rng_seed(&rng, ~seed);
	for (size_t i = 0; i < w->n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < w->policies[i].n_rules[d]; r++)
				adapt_rule(&rng, w, family, &w->policies[i].rules[d][r]);
}

/* ---- the table ---- */

struct end {
	char name[64];
	struct np_end end;
};

struct ends {
	struct end items[MAX_ENDS];
	size_t n;
};

static void find_ends(const struct np_world *w, int family, struct ends *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < w->n_pods && ret->n < MAX_ENDS; i++) {
		struct end *e = &ret->items[ret->n];

		if (np_str_is(w->pods[i].ns, NP_OBJECTS_DNS_NS))
			continue;
		if (np_str_is(w->pods[i].ns, NP_OBJECTS_HOST_NS))
			snprintf(e->name, sizeof(e->name), "node/%c", w->pods[i].name.p[5]);
		else
			snprintf(e->name, sizeof(e->name), NP_STR_FMT "/" NP_STR_FMT,
				 NP_STR_ARG(w->pods[i].ns), NP_STR_ARG(w->pods[i].name));
		e->end = (struct np_end){ .kind = NP_END_POD, .idx = i };
		ret->n++;
	}
	for (size_t i = 0; i < w->n_externals && ret->n < MAX_ENDS; i++) {
		struct end *e = &ret->items[ret->n++];

		snprintf(e->name, sizeof(e->name), NP_STR_FMT, NP_STR_ARG(w->externals[i].name));
		e->end = (struct np_end){ .kind = NP_END_ADDR,
					  .addr = *np_external_ip(&w->externals[i], family) };
	}
}

/* Sources whose cells to one destination and port have the same words. */
struct group {
	char words[128];
	struct np_buf sources;
};

static void add_cell(struct group *groups, size_t *n, const char *words, const char *source)
{
	size_t at = 0;

	while (at < *n && strcmp(groups[at].words, words) != 0)
		at++;
	if (at == *n) {
		groups[at] = (struct group){ .sources = { 0 } };
		snprintf(groups[at].words, sizeof(groups[at].words), "%s", words);
		(*n)++;
	}
	np_buf_printf(&groups[at].sources, "%s%s", groups[at].sources.len ? "," : "", source);
}

static const char *words_of(enum np_verdict v, const np_clauses *open, char *buf, size_t size)
{
	char clauses[100];

	if (v != NP_UNDEF)
		return v == NP_DENY ? "deny" : "allow";
	np_clauses_text(open, clauses, sizeof(clauses));
	for (char *p = clauses; *p; p++)
		if (*p == ' ')
			*p = ',';
	snprintf(buf, size, "open(%s)", clauses);
	return buf;
}

static unsigned put_lines_to(struct np_buf *b, const struct np_world *w,
			     const struct np_readings *rd, const struct ends *ends, size_t dst,
			     const struct np_probe_port *port, int family)
{
	struct group groups[MAX_ENDS];
	size_t n = 0;

	for (size_t i = 0; i < ends->n; i++) {
		struct np_flow f = { ends->items[i].end, ends->items[dst].end, family, port->proto,
				     port->port };
		char buf[128];
		np_clauses open;
		enum np_verdict v;

		if (i == dst)
			continue;
		v = np_brute_eval(w, rd, &f, &open);
		if (v != NP_ALLOW && v != NP_NO_FLOW)
			add_cell(groups, &n, words_of(v, &open, buf, sizeof(buf)),
				 ends->items[i].name);
	}
	for (size_t k = 0; k < n; k++) {
		np_buf_printf(b, "  %s from %s to %s on %s:%u\n", groups[k].words,
			      np_buf_text(&groups[k].sources), ends->items[dst].name,
			      np_proto_name(port->proto), port->port);
		np_buf_release(&groups[k].sources);
	}
	return (unsigned)n;
}

/* Plays the case without a cluster, and writes what brute force says of every cell. */
static int put_table(struct suite *s, struct np_buf *b, const struct np_worldfile *wf,
		     const struct np_case *c, struct np_err *err)
{
	struct np_readings rd = np_profile_readings(NP_PROFILE_EXTENDED);
	struct np_objects *objects = np_objects_new(4);
	struct np_world w;
	struct ends ends;
	int rc = 0;

	for (size_t i = 0; i < wf->n_objects && rc == 0; i++)
		rc = np_objects_step(objects, &wf->objects[i], err);
	for (size_t i = 0; i < c->n_steps && rc == 0; i++)
		rc = np_objects_step(objects, &c->steps[i], err);
	if (rc == 0)
		rc = np_objects_world(objects, &w, err);
	if (rc == 0) {
		find_ends(&w, (int)s->family, &ends);
		np_buf_adds(b, "expect: |\n  allow\n");
		for (size_t dst = 0; dst < ends.n; dst++)
			for (size_t p = 0; p < NP_ARRAY_SIZE(probes); p++)
				s->n_lines += put_lines_to(b, &w, &rd, &ends, dst, &probes[p],
							   (int)s->family);
		np_world_release(&w);
	}
	np_objects_free(objects);
	return rc;
}

/* ---- files ---- */

static void put_case(struct np_buf *b, const struct np_world *w, const char *id, const char *world,
		     uint64_t seed, uint64_t family)
{
	np_buf_printf(b,
		      "case: %s\ntitle: generated\ncovers: [S01, S02, S03, S04, S05]\nworld: %s\n"
		      "needs: [endport, externals, sctp, ipv%" PRIu64
		      "]\nprofile: extended\nports: %s\n"
		      "families: [%" PRIu64 "]\nseed: %" PRIu64 "\n---\n",
		      id, world, family, port_list, family, seed);
	for (size_t i = 0; i < w->n_policies; i++) {
		np_gen_policy_json(&w->policies[i], b);
		np_buf_adds(b, "\n---\n");
	}
}

static int write_text(const char *path, const struct np_buf *b, struct np_err *err)
{
	return np_file_write(path, np_buf_text(b), b->len, 0644, err);
}

/* The case is parsed with an open table first: what it means is then known to the player. */
static int write_case(struct suite *s, struct np_world *w, const struct np_worldfile *wf,
		      const char *world, uint64_t seed, uint64_t k, struct np_err *err)
{
	np_auto_free char *id = np_xasprintf("generated/%s-%" PRIu64, world, k);
	np_auto_free char *path = np_xasprintf("%s/%s.yaml", s->dir, id);
	struct np_buf text = { 0 }, draft = { 0 };
	struct np_case c;
	int rc;

	generate_policies(seed, s->family, w);
	put_case(&text, w, id, world, seed, s->family);
	np_buf_addstr(&draft, (struct np_str){ np_buf_text(&text), text.len });
	np_buf_adds(&draft, "expect: |\n  allow\n");
	rc = np_casefile_parse((struct np_str){ np_buf_text(&draft), draft.len }, path, false, &c,
			       err);
	if (rc == 0) {
		rc = put_table(s, &text, wf, &c, err);
		np_case_release(&c);
	}
	if (rc == 0)
		rc = write_text(path, &text, err);
	np_buf_release(&text);
	np_buf_release(&draft);
	return rc;
}

static int write_world(struct suite *s, uint64_t i, struct np_err *err)
{
	uint64_t seed = s->seed * 1000000 + i * 1000;
	np_auto_free char *name = np_xasprintf("gen-%" PRIu64, i);
	np_auto_free char *path = np_xasprintf("%s/worlds/%s.yaml", s->dir, name);
	struct np_buf text = { 0 };
	struct np_worldfile wf;
	struct np_world w;
	int rc;

	generate_world(seed, &w);
	put_world(&text, &w, name, seed);
	rc = write_text(path, &text, err);
	if (rc == 0)
		rc = np_worldfile_load(path, &wf, err);
	if (rc == 0) {
		for (uint64_t k = 1; k <= s->n_cases && rc == 0; k++)
			rc = write_case(s, &w, &wf, name, seed + k, k, err);
		np_worldfile_release(&wf);
	}
	np_buf_release(&text);
	np_world_release(&w);
	return rc;
}

static int make_folders(const struct suite *s)
{
	np_auto_free char *worlds = np_xasprintf("%s/worlds", s->dir);
	np_auto_free char *cases = np_xasprintf("%s/generated", s->dir);

	mkdir(s->dir, 0755);
	mkdir(worlds, 0755);
	mkdir(cases, 0755);
	return np_is_dir(worlds) && np_is_dir(cases) ? 0 : -1;
}

static bool parse_args(int argc, char **argv, struct suite *s)
{
	struct {
		const char *name;
		uint64_t *dest;
	} options[] = { { "--seed", &s->seed },
			{ "--worlds", &s->n_worlds },
			{ "--cases", &s->n_cases },
			{ "--family", &s->family } };

	*s = (struct suite){ .seed = 1, .n_worlds = 4, .n_cases = 10, .family = 4 };
	for (int i = 1; i < argc; i += 2) {
		unsigned long long n = 0;
		bool known = i + 1 < argc && strcmp(argv[i], "--out") == 0;

		if (known)
			s->dir = argv[i + 1];
		for (size_t k = 0; k < NP_ARRAY_SIZE(options) && i + 1 < argc; k++)
			if (strcmp(argv[i], options[k].name) == 0 &&
			    np_str_u64(np_str_from(argv[i + 1]), 1000000, &n)) {
				*options[k].dest = n;
				known = true;
			}
		if (!known)
			return false;
	}
	return s->dir && s->n_cases < 1000 && s->n_worlds < 1000 &&
	       (s->family == 4 || s->family == 6);
}

int main(int argc, char **argv)
{
	struct suite s;
	struct np_err err = { 0 };
	char text[NP_ERR_TEXT_MAX];

	if (!parse_args(argc, argv, &s) || make_folders(&s) < 0) {
		fprintf(stderr, "usage: check_packets --out DIR [--seed S] [--worlds N] [--cases "
				"N] [--family 4|6]\n");
		return 2;
	}
	for (uint64_t i = 1; i <= s.n_worlds; i++)
		if (write_world(&s, i, &err) < 0) {
			fprintf(stderr, "check_packets: %s\n",
				np_err_text(&err, text, sizeof(text)));
			return 1;
		}
	printf("%s: %" PRIu64 " worlds of %" PRIu64 " cases, %llu lines that are not allow\n",
	       s.dir, s.n_worlds, s.n_cases, s.n_lines);
	return 0;
}
