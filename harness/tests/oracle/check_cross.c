/*
 * check_cross.c - the compiled oracle against brute force, cell by cell, on generated worlds:
 *
 *	check_cross [--seed S] [--cells N] [--world W] [--worlds FILE] [--stop-at N]
 *
 * World number i of a run has the seed S * 1000003 + i; --world W looks at the one world of seed W
 * and explains what differs; --worlds FILE begins with the worlds of the seeds at the beginnings of
 * the lines of a file: those that have told a mistake apart (worlds.tsv). Verdicts and the exact
 * sets of open clauses are compared; one world in eight as a whole table. Prints what the cells
 * were: the shares of deny and undef, and for each operator, port form, peer form and open reading
 * in how many cells it decided. A form decides a cell when the verdict (under one drawn setting of
 * all readings) is another without it; a reading when its clause is in the open set. Forms are
 * looked at in one cell of two.
 *
 * --stop-at N ends the run once N cells differ. Exit status: 0 no difference and enough of
 * everything (20 % deny, 5 % undef, each form and reading decisive in a thousandth of the cells, of
 * few cells half of that), 1 otherwise, 2 usage.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/gen/flows.h"
#include "np/gen/world.h"
#include "np/oracle/brute.h"

enum { CELLS_OF_WORLD = 250, CELLS_OF_WIDE_WORLD = 12, MAX_SHOWN = 20, WIDE_EVERY = 60 };

struct counts {
	uint64_t n_cells, n_worlds, n_tables, n_differ;
	uint64_t verdicts[NP_NO_FLOW + 1];
	uint64_t forms[NP_N_FORMS], readings[NP_N_READINGS];
	uint64_t n_formed; /* cells that forms were looked at */
};

struct cross {
	struct counts c;
	struct np_world w;
	struct np_rng rng;
	struct np_readings rd;
	struct np_cuts cuts;
	struct np_oracle *o;
	uint64_t seed;
	bool explain;
};

static const char *end_text(const struct np_world *w, const struct np_end *e, char *buf,
			    size_t size)
{
	char text[NP_ADDR_TEXT_MAX];

	if (e->kind == NP_END_ADDR)
		snprintf(buf, size, "%s", np_addr_text(&e->addr, text));
	else if (e->kind == NP_END_POD)
		snprintf(buf, size, "pod " NP_STR_FMT "/" NP_STR_FMT,
			 NP_STR_ARG(w->pods[e->idx].ns), NP_STR_ARG(w->pods[e->idx].name));
	else
		snprintf(buf, size, "service " NP_STR_FMT "/" NP_STR_FMT,
			 NP_STR_ARG(w->services[e->idx].ns), NP_STR_ARG(w->services[e->idx].name));
	return buf;
}

static void show_readings(const struct np_readings *rd)
{
	printf("  readings:");
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		printf(" S%u=%s", np_reading_clause((enum np_reading)r),
		       rd->set[r] == NP_SET_OPEN  ? "open"
		       : rd->set[r] == NP_SET_YES ? "yes"
						  : "no");
	printf("\n");
}

static void show_difference(struct cross *x, const struct np_flow *f, enum np_verdict v,
			    const np_clauses *open, enum np_verdict brute,
			    const np_clauses *brute_open)
{
	char a[512], b[512], c[512], d[512];
	struct np_buf why = { 0 };

	if (++x->c.n_differ > MAX_SHOWN)
		return;
	printf("differs: check_cross --world %" PRIu64 "\n  %s -> %s %s %u IPv%d\n"
	       "  compiled %s (%s), brute force %s (%s)\n",
	       x->seed, end_text(&x->w, &f->src, a, sizeof(a)),
	       end_text(&x->w, &f->dst, b, sizeof(b)), np_proto_name(f->proto), f->port, f->family,
	       np_verdict_name(v), np_clauses_text(open, c, sizeof(c)), np_verdict_name(brute),
	       np_clauses_text(brute_open, d, sizeof(d)));
	show_readings(&x->rd);
	if (x->explain) {
		np_oracle_explain(x->o, f, &why);
		printf("%s\n", np_buf_text(&why));
		np_buf_release(&why);
	}
}

static void count_readings(struct cross *x, const np_clauses *open)
{
	for (unsigned r = 0; r < NP_N_READINGS; r++)
		x->c.readings[r] += np_clauses_has(open, np_reading_clause((enum np_reading)r));
}

/* Which forms decide the cell, under a setting of its own. */
static void count_forms(struct cross *x, const struct np_flow *f)
{
	struct np_brute_setting set = { .without = 0 };
	uint64_t bits = np_rng_next(&x->rng);
	enum np_verdict v;

	for (unsigned r = 0; r < NP_N_READINGS; r++)
		set.yes[r] = bits >> r & 1;
	x->c.n_formed++;
	v = np_brute_once(&x->w, &set, f);
	for (unsigned i = 0; i < NP_N_FORMS; i++) {
		set.without = 1U << i;
		x->c.forms[i] += np_brute_once(&x->w, &set, f) != v;
	}
}

static void check_cell(struct cross *x, const struct np_flow *f)
{
	np_clauses open, brute_open;
	enum np_verdict v = np_oracle_eval(x->o, f, &open), quick = np_oracle_eval(x->o, f, NULL);
	enum np_verdict brute = np_brute_eval(&x->w, &x->rd, f, &brute_open);

	if (v != brute || quick != brute || open.bits[0] != brute_open.bits[0] ||
	    open.bits[1] != brute_open.bits[1])
		show_difference(x, f, v == brute ? quick : v, &open, brute, &brute_open);
	x->c.verdicts[brute]++;
	if (brute == NP_NO_FLOW)
		return;
	count_readings(x, &brute_open);
	if (++x->c.n_cells % 2 == 0)
		count_forms(x, f);
}

static void check_table_cell(struct cross *x, const struct np_table *t, size_t p, size_t i,
			     size_t j)
{
	struct np_flow f = { t->sources[i], t->dests[j], t->family, t->ports[p].proto,
			     t->ports[p].port };
	np_clauses open, none = { { 0, 0 } };
	enum np_verdict brute = np_brute_eval(&x->w, &x->rd, &f, &open),
			v = np_table_at(t, p, i, j);

	if (v != brute && !(brute == NP_NO_FLOW && v == NP_DENY))
		show_difference(x, &f, v, &none, brute, &open);
	x->c.verdicts[brute]++;
	x->c.n_cells += brute != NP_NO_FLOW;
	count_readings(x, &open);
}

/* Ends and ports of a few drawn cells, all combined. */
static void check_table(struct cross *x)
{
	struct np_end src[12], dst[12];
	struct np_probe_port ports[3];
	struct np_flow f = { .family = 4 };
	struct np_table t;

	for (size_t i = 0; i < NP_ARRAY_SIZE(src); i++) {
		np_gen_flow(&x->rng, &x->w, &x->cuts, &f);
		src[i] = f.src;
		dst[i] = f.dst;
		if (i < NP_ARRAY_SIZE(ports))
			ports[i] = (struct np_probe_port){ f.proto, f.port };
	}
	np_oracle_table(x->o, src, NP_ARRAY_SIZE(src), dst, NP_ARRAY_SIZE(dst), ports,
			NP_ARRAY_SIZE(ports), f.family, &t);
	for (size_t p = 0; p < t.n_ports; p++)
		for (size_t i = 0; i < t.n_sources; i++)
			for (size_t j = 0; j < t.n_dests; j++)
				check_table_cell(x, &t, p, i, j);
	np_table_release(&t);
	x->c.n_tables++;
}

/* A few readings open, rare ones more often, the others fixed; @all: every one open. */
static void draw_readings(struct cross *x, bool all)
{
	static const enum np_reading rare[] = { NP_READ_DIVERGENT, NP_READ_DUP_NAME,
						NP_READ_SIDECAR_NAME, NP_READ_MAPPED };
	unsigned n_open = 4 + (unsigned)np_rng_below(&x->rng, 8);

	for (unsigned r = 0; r < NP_N_READINGS; r++)
		x->rd.set[r] = all			  ? NP_SET_OPEN
			       : np_rng_below(&x->rng, 2) ? NP_SET_YES
							  : NP_SET_NO;
	for (unsigned i = 0; i < n_open; i++)
		x->rd.set[np_rng_below(&x->rng, NP_N_READINGS)] = NP_SET_OPEN;
	for (size_t i = 0; i < NP_ARRAY_SIZE(rare); i++)
		if (np_rng_below(&x->rng, 2))
			x->rd.set[rare[i]] = NP_SET_OPEN;
}

static void check_world(struct cross *x, uint64_t seed)
{
	bool wide = seed % WIDE_EVERY == 7;
	unsigned n = wide ? CELLS_OF_WIDE_WORLD : CELLS_OF_WORLD;

	x->seed = seed;
	np_gen_world(seed, NULL, &x->w);
	np_rng_seed(&x->rng, ~seed);
	draw_readings(x, wide);
	np_cuts_of(&x->w, &x->cuts);
	x->o = np_oracle_new(&x->w, &x->rd);
	if (!wide && seed % 8 == 3)
		check_table(x);
	for (unsigned i = 0; i < n; i++) {
		struct np_flow f;

		np_gen_flow(&x->rng, &x->w, &x->cuts, &f);
		check_cell(x, &f);
	}
	np_oracle_free(x->o);
	np_cuts_release(&x->cuts);
	np_world_release(&x->w);
	x->c.n_worlds++;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static bool enough(const char *what, uint64_t n, uint64_t want)
{
	printf("  %-28s %12" PRIu64 "%s\n", what, n, n < want ? "  too few" : "");
	return n >= want;
}

static bool print_counts(const struct counts *c)
{
	uint64_t want = c->n_cells / (c->n_cells < 5000000 ? 2000 : 1000); /* few cells: chance */
	bool ok = true;
	char text[32];

	printf("%" PRIu64 " cells of %" PRIu64 " worlds, %" PRIu64 " tables, %" PRIu64
	       " differences\n",
	       c->n_cells, c->n_worlds, c->n_tables, c->n_differ);
	for (unsigned v = 0; v < NP_NO_FLOW; v++)
		printf("  %-28s %12" PRIu64 "  %.1f %%\n", np_verdict_name((enum np_verdict)v),
		       c->verdicts[v], share(c->verdicts[v], c->n_cells));
	printf("  %-28s %12" PRIu64 "  compared, not counted as cells\n", "no connection",
	       c->verdicts[NP_NO_FLOW]);
	printf("decisive forms, in %" PRIu64 " of the cells:\n", c->n_formed);
	for (unsigned i = 0; i < NP_N_FORMS; i++)
		ok &= enough(np_form_name((enum np_form)i), c->forms[i], want);
	printf("decisive readings:\n");
	for (unsigned r = 0; r < NP_N_READINGS; r++) {
		snprintf(text, sizeof(text), "S%u", np_reading_clause((enum np_reading)r));
		ok &= enough(text, c->readings[r], want);
	}
	if (share(c->verdicts[NP_DENY], c->n_cells) < 20 ||
	    share(c->verdicts[NP_UNDEF], c->n_cells) < 5)
		ok = false;
	printf("%s\n", ok ? "enough of everything" : "NOT enough of everything");
	return ok;
}

struct args {
	unsigned long long seed, cells, world, stop_at;
	const char *worlds;
	bool one_world;
};

static bool parse_args(int argc, char **argv, struct args *a)
{
	struct {
		const char *name;
		unsigned long long *dest;
	} options[] = { { "--seed", &a->seed },
			{ "--cells", &a->cells },
			{ "--world", &a->world },
			{ "--stop-at", &a->stop_at } };

	*a = (struct args){ .seed = 1, .cells = 1000000, .stop_at = UINT64_MAX };
	for (int i = 1; i < argc; i += 2) {
		bool known = false;

		if (strcmp(argv[i], "--worlds") == 0 && i + 1 < argc) {
			a->worlds = argv[i + 1];
			continue;
		}
		for (size_t k = 0; k < NP_ARRAY_SIZE(options) && i + 1 < argc; k++)
			if (strcmp(argv[i], options[k].name) == 0)
				known = np_str_u64(np_str_from(argv[i + 1]), UINT64_MAX,
						   options[k].dest);
		if (!known)
			return false;
		a->one_world |= strcmp(argv[i], "--world") == 0;
	}
	return true;
}

/* Lines that begin with no number are comments. */
static bool check_worlds(struct cross *x, const char *path)
{
	struct np_buf text = { 0 };
	struct np_err err;
	bool ok = np_file_read(path, 1 << 20, &text, &err) == 0;

	for (const char *p = ok ? np_buf_text(&text) : ""; *p;
	     p += strcspn(p, "\n") + (p[strcspn(p, "\n")] == '\n')) {
		unsigned long long seed;

		if (np_str_u64((struct np_str){ p, strspn(p, "0123456789") }, UINT64_MAX, &seed))
			check_world(x, seed);
	}
	np_buf_release(&text);
	if (!ok || !x->c.n_worlds)
		fprintf(stderr, "check_cross: no worlds in %s\n", path);
	return ok && x->c.n_worlds;
}

int main(int argc, char **argv)
{
	static struct cross x;
	struct args a;
	int64_t start_us = np_now_us();
	bool ok = true;

	if (!parse_args(argc, argv, &a)) {
		fprintf(stderr, "usage: check_cross [--seed S] [--cells N] [--world W] [--worlds "
				"FILE] [--stop-at N]\n");
		return 2;
	}
	x.explain = a.one_world;
	if (a.worlds && !check_worlds(&x, a.worlds))
		return 2;
	if (a.one_world)
		check_world(&x, a.world);
	for (uint64_t i = 0; !a.one_world && x.c.n_cells < a.cells && x.c.n_differ < a.stop_at; i++)
		check_world(&x, a.seed * 1000003 + i);
	printf("seed %llu, %.1f s\n", a.seed, (double)(np_now_us() - start_us) / 1e6);
	ok = print_counts(&x.c) || a.one_world;
	return ok && !x.c.n_differ ? 0 : 1;
}
