/* test_scenario.c - generated cases: read back as they are, the same from the same seed, probed in
 * every region. */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/gen/scenario.h"
#include "np/parse/casefile.h"
#include "np/target/caseobjects.h"

enum { N_DRAWN = 300 };

static const struct np_scenario_suite *suite_of(uint64_t seed, size_t n)
{
	static struct np_scenario_suite s;

	np_scenario_suite_release(&s);
	ck_assert_int_eq(np_scenario_suite_init(0, seed, n, &s, NULL), 0);
	return &s;
}

static void check_str(struct np_str a, struct np_str b)
{
	ck_assert_msg(np_str_eq(a, b), "'" NP_STR_FMT "' and '" NP_STR_FMT "'", NP_STR_ARG(a),
		      NP_STR_ARG(b));
}

static void check_ports(const struct np_expect_port *a, size_t n_a, const struct np_expect_port *b,
			size_t n_b)
{
	ck_assert_uint_eq(n_a, n_b);
	for (size_t i = 0; i < n_a; i++) {
		ck_assert_int_eq(a[i].proto, b[i].proto);
		ck_assert_uint_eq(a[i].first, b[i].first);
	}
}

static void check_steps(const struct np_step *a, const struct np_step *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(a[i].kind, b[i].kind);
		check_str(a[i].object_kind, b[i].object_kind);
		check_str(a[i].ns, b[i].ns);
		check_str(a[i].name, b[i].name);
		check_str(a[i].body, b[i].body);
		ck_assert_uint_eq(a[i].expect.n_lines, b[i].expect.n_lines);
		if (a[i].kind == NP_STEP_EXPECT)
			ck_assert_int_eq(b[i].expect.lines[0].kind, NP_EXPECT_ORACLE);
	}
}

static void parse_case(const char *text, struct np_case *ret)
{
	struct np_err err = { 0 };
	char msg[NP_ERR_TEXT_MAX];

	ck_assert_msg(np_casefile_parse(np_str_from(text), "gen", false, ret, &err) == 0,
		      "%s in\n%s", np_err_text(&err, msg, sizeof(msg)), text);
}

static char *text_of(const struct np_case *c)
{
	struct np_buf b = { 0 };

	np_case_text(c, &b);
	return np_buf_steal(&b);
}

START_TEST(cases_read_back)
{
	const struct np_scenario_suite *s = suite_of(5, N_DRAWN);

	for (size_t k = 0; k < s->n_cases; k++) {
		struct np_case c, again;
		np_auto_free char *text = NULL, *text_again = NULL;

		np_scenario_suite_case(s, k, &c);
		text = text_of(&c);
		parse_case(text, &again);
		check_str(c.id, again.id);
		check_str(c.title, again.title);
		check_str(c.world, again.world);
		check_str(c.profile, again.profile);
		ck_assert_uint_eq(c.needs, again.needs);
		ck_assert_uint_eq(c.seed, again.seed);
		ck_assert_uint_eq(c.families, again.families);
		ck_assert_int_eq(memcmp(&c.covers, &again.covers, sizeof(c.covers)), 0);
		ck_assert_uint_eq(c.n_tags, again.n_tags);
		check_ports(c.ports, c.n_ports, again.ports, again.n_ports);
		ck_assert_uint_eq(c.n_steps, again.n_steps);
		check_steps(c.steps, again.steps, c.n_steps);
		text_again = text_of(&again);
		ck_assert_str_eq(text, text_again);
		np_case_release(&c);
		np_case_release(&again);
	}
}
END_TEST

START_TEST(worlds_read_back)
{
	for (unsigned n = 0; n < NP_SCENARIO_WORLDS; n++) {
		struct np_worldfile w, again;
		struct np_buf b = { 0 };
		struct np_err err = { 0 };
		char msg[NP_ERR_TEXT_MAX];

		np_scenario_world(n, 9, &w);
		np_worldfile_text(&w, &b);
		ck_assert_msg(np_worldfile_parse((struct np_str){ b.data, b.len }, "gen", false,
						 &again, &err) == 0,
			      "%s", np_err_text(&err, msg, sizeof(msg)));
		check_str(w.name, again.name);
		check_ports(w.ports, w.n_ports, again.ports, again.n_ports);
		ck_assert_uint_eq(w.n_objects, again.n_objects);
		check_steps(w.objects, again.objects, w.n_objects);
		np_buf_release(&b);
		np_worldfile_release(&w);
		np_worldfile_release(&again);
	}
}
END_TEST

START_TEST(same_seed_same_cases)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct np_scenario_suite a, b, other;
		size_t equal = 0;

		ck_assert_int_eq(np_scenario_suite_init(0, seed, 40, &a, NULL), 0);
		ck_assert_int_eq(np_scenario_suite_init(0, seed, 60, &b, NULL), 0);
		ck_assert_int_eq(np_scenario_suite_init(0, seed + 1, 40, &other, NULL), 0);
		for (size_t k = 0; k < a.n_cases; k++) {
			struct np_case x, y, z;
			np_auto_free char *tx = NULL, *ty = NULL, *tz = NULL;

			np_scenario_suite_case(&a, k, &x);
			np_scenario_suite_case(&b, k, &y);
			np_scenario_suite_case(&other, k, &z);
			tx = text_of(&x);
			ty = text_of(&y);
			tz = text_of(&z);
			ck_assert_str_eq(tx, ty);
			equal += strcmp(tx, tz) == 0;
			np_case_release(&x);
			np_case_release(&y);
			np_case_release(&z);
		}
		ck_assert_uint_eq(equal, 0);
		np_scenario_suite_release(&a);
		np_scenario_suite_release(&b);
		np_scenario_suite_release(&other);
	}
}
END_TEST

/* ---- where the probes are ---- */

struct played {
	const struct np_case *c;
	struct np_worldfile worlds[NP_SCENARIO_WORLDS];
	struct np_world w; /* as some expectation sees it */
	const struct np_worldfile *wf;
	size_t n_blocks, n_split;
};

static bool probes(const struct played *p, enum np_proto proto, unsigned port)
{
	for (size_t i = 0; i < p->c->n_ports; i++)
		if (p->c->ports[i].proto == proto && p->c->ports[i].first == port)
			return true;
	return false;
}

static bool listens(const struct played *p, enum np_proto proto, unsigned port)
{
	for (size_t i = 0; i < p->wf->n_ports; i++)
		if (p->wf->ports[i].proto == proto && p->wf->ports[i].first == port)
			return true;
	return false;
}

static void check_probed(const struct played *p, enum np_proto proto, unsigned port)
{
	ck_assert_msg(!listens(p, proto, port) || probes(p, proto, port),
		      NP_STR_FMT ": %s:%u is cut and not probed", NP_STR_ARG(p->c->id),
		      np_proto_name(proto), port);
}

static void check_name_probed(const struct played *p, struct np_str name)
{
	for (size_t i = 0; i < p->w.n_pods; i++)
		for (size_t k = 0; k < p->w.pods[i].n_ports; k++)
			if (np_str_eq(p->w.pods[i].ports[k].name, name))
				check_probed(p, p->w.pods[i].ports[k].proto,
					     p->w.pods[i].ports[k].port);
}

static void check_port_probed(const struct played *p, const struct np_port *q)
{
	unsigned last = q->kind == NP_PORT_RANGE ? q->end_port : q->port;

	if (q->kind == NP_PORT_NAME && !np_str_starts(q->name, "dns")) {
		check_name_probed(p, q->name);
	} else if (q->kind != NP_PORT_ANY) {
		check_probed(p, q->proto, q->port - 1U);
		check_probed(p, q->proto, q->port);
		check_probed(p, q->proto, last);
		check_probed(p, q->proto, last + 1);
	}
	/* Of every range and number at least one port inside can be probed, but for the fillers of
	 * long lists. */
	if (q->kind == NP_PORT_NUMBER && q->port < 9000)
		ck_assert(probes(p, q->proto, q->port));
	if (q->kind == NP_PORT_RANGE)
		ck_assert(probes(p, q->proto, q->port) || probes(p, q->proto, last));
}

static bool in_cidr(const struct np_cidr *c, const struct np_addr *a)
{
	struct np_addr net = np_addr_mask(a, c->prefix_bits);

	return a->width == c->addr.width && np_addr_eq(&net, &c->addr);
}

/* How many of the addresses that are ends are in the region: in the block, and in except @x
 * (SIZE_MAX: in none). */
static size_t count_in(const struct np_world *w, const struct np_ipblock *b, size_t x, bool inside)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_pods + w->n_externals; i++) {
		const struct np_addr *ips =
			i < w->n_pods ? w->pods[i].ips : w->externals[i - w->n_pods].ips;
		size_t n_ips = i < w->n_pods ? w->pods[i].n_ips : w->externals[i - w->n_pods].n_ips;

		for (size_t k = 0; k < n_ips; k++) {
			bool in = in_cidr(&b->cidr, &ips[k]), excepted = false;

			if (ips[k].width != b->cidr.addr.width)
				continue;
			for (size_t e = 0; e < b->n_excepts; e++)
				excepted |= in_cidr(&b->excepts[e], &ips[k]);
			if (!inside)
				n += !in;
			else if (x == SIZE_MAX)
				n += in && !excepted;
			else
				n += in_cidr(&b->excepts[x], &ips[k]);
		}
	}
	return n;
}

static void check_block_probed(const struct played *p, const struct np_ipblock *b)
{
	char text[NP_ADDR_TEXT_MAX];

	np_cidr_text(&b->cidr, text);
	ck_assert_msg(count_in(&p->w, b, SIZE_MAX, true) > 0, NP_STR_FMT ": nobody is in %s",
		      NP_STR_ARG(p->c->id), text);
	if (b->cidr.prefix_bits)
		ck_assert_msg(count_in(&p->w, b, 0, false) > 0,
			      NP_STR_FMT ": nobody is outside of %s", NP_STR_ARG(p->c->id), text);
	for (size_t x = 0; x < b->n_excepts; x++)
		ck_assert_msg(count_in(&p->w, b, x, true) > 0,
			      NP_STR_FMT ": nobody is in except %zu of %s", NP_STR_ARG(p->c->id), x,
			      text);
}

static void check_world_probed(const struct played *p)
{
	for (size_t i = 0; i < p->w.n_policies; i++)
		for (int d = 0; d < NP_N_DIRS; d++)
			for (size_t r = 0; r < p->w.policies[i].n_rules[d]; r++) {
				const struct np_rule *rule = &p->w.policies[i].rules[d][r];

				for (size_t k = 0; k < rule->n_ports; k++)
					check_port_probed(p, &rule->ports[k]);
				for (size_t k = 0; k < rule->n_peers; k++)
					if (rule->peers[k].ip_block)
						check_block_probed(p, rule->peers[k].ip_block);
			}
}

static void must(int rc, const struct played *p, const struct np_err *err)
{
	char msg[NP_ERR_TEXT_MAX];

	ck_assert_msg(rc == 0, NP_STR_FMT ": %s", NP_STR_ARG(p->c->id),
		      np_err_text(err, msg, sizeof(msg)));
}

/* Plays a case as a run does it; what it says must be possible, and every region probed at every
 * expectation. */
static void play(struct played *p)
{
	struct np_objects *o = np_objects_new(4);
	struct np_err err = { 0 };

	p->wf = NULL;
	for (unsigned n = 0; n < NP_SCENARIO_WORLDS; n++)
		if (np_str_eq(p->worlds[n].name, p->c->world))
			p->wf = &p->worlds[n];
	ck_assert_ptr_nonnull(p->wf);
	for (size_t i = 0; i < p->wf->n_objects; i++)
		must(np_objects_step(o, &p->wf->objects[i], &err), p, &err);
	for (size_t i = 0; i < p->c->n_steps; i++) {
		must(np_objects_step(o, &p->c->steps[i], &err), p, &err);
		if (p->c->steps[i].kind != NP_STEP_EXPECT)
			continue;
		must(np_objects_world(o, &p->w, &err), p, &err);
		check_world_probed(p);
		np_world_release(&p->w);
	}
	np_objects_free(o);
}

/* The same number is another case in each array, so a name, which waivers go by, tells which. */
START_TEST(names_tell_the_array)
{
	static const struct {
		unsigned strength;
		uint64_t seed;
		size_t n_drawn;
		const char *first, *last;
	} rows[] = {
		{ 0, 7, 12, "generated/s7-0001", "generated/s7-0012" },
		{ 1, 7, 0, "generated/t1s7-0001", NULL },
		{ 2, 7, 1, "generated/t2s7-0001", NULL },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		struct np_scenario_suite s;
		struct np_case c;

		ck_assert_int_eq(np_scenario_suite_init(rows[i].strength, rows[i].seed,
							rows[i].n_drawn, &s, NULL), 0);
		np_scenario_suite_case(&s, 0, &c);
		ck_assert_str_eq(c.id.p, rows[i].first);
		np_case_release(&c);
		np_scenario_suite_case(&s, s.n_cases - 1, &c);
		ck_assert(!rows[i].last || np_str_is(c.id, rows[i].last));
		np_case_release(&c);
		np_scenario_suite_release(&s);
	}
}
END_TEST

START_TEST(every_region_is_probed)
{
	struct np_scenario_suite s;
	static struct played p;

	ck_assert_int_eq(np_scenario_suite_init(2, 3, N_DRAWN, &s, NULL), 0);
	for (unsigned n = 0; n < NP_SCENARIO_WORLDS; n++)
		np_scenario_world(n, 3, &p.worlds[n]);
	for (size_t k = 0; k < s.n_cases; k++) {
		struct np_case c;

		np_scenario_suite_case(&s, k, &c);
		p.c = &c;
		play(&p);
		np_case_release(&c);
	}
	for (unsigned n = 0; n < NP_SCENARIO_WORLDS; n++)
		np_worldfile_release(&p.worlds[n]);
	np_scenario_suite_release(&s);
}
END_TEST

/* Two pods of one address, of which one has ended. */
static bool has_completed(const struct np_world *w)
{
	for (size_t i = 0; i < w->n_pods; i++)
		for (size_t k = 0; k < w->n_pods; k++)
			if (i != k && w->pods[i].n_ips && w->pods[k].n_ips &&
			    np_addr_eq(&w->pods[i].ips[0], &w->pods[k].ips[0]) &&
			    !w->pods[i].host_network && !np_pod_is_endpoint(&w->pods[i]) &&
			    np_pod_is_endpoint(&w->pods[k]))
				return true;
	return false;
}

static bool plays_completed(const struct np_case *c)
{
	struct np_objects *o = np_objects_new(4);
	struct np_worldfile wf;
	bool found = false;

	for (unsigned n = 0; n < NP_SCENARIO_WORLDS; n++) {
		np_scenario_world(n, c->seed, &wf);
		for (size_t i = 0; np_str_eq(wf.name, c->world) && i < wf.n_objects; i++)
			ck_assert_int_eq(np_objects_step(o, &wf.objects[i], NULL), 0);
		np_worldfile_release(&wf);
	}
	for (size_t i = 0; i < c->n_steps; i++) {
		struct np_world w;

		ck_assert_int_eq(np_objects_step(o, &c->steps[i], NULL), 0);
		ck_assert_int_eq(np_objects_world(o, &w, NULL), 0);
		found |= has_completed(&w);
		np_world_release(&w);
	}
	np_objects_free(o);
	return found;
}

START_TEST(completed_pods_lose_their_address)
{
	const struct np_scenario_suite *s = suite_of(5, N_DRAWN);
	size_t n = 0;

	for (size_t k = 0; k < s->n_cases; k++) {
		struct np_case c;

		np_scenario_suite_case(s, k, &c);
		if (np_str_is(c.tags[1], "s1")) {
			ck_assert_msg(plays_completed(&c), NP_STR_FMT, NP_STR_ARG(c.id));
			n++;
		}
		np_case_release(&c);
	}
	ck_assert_uint_gt(n, 5);
}
END_TEST

/* A run reads the world at expectations only: no value names a pod that the case itself makes. */
START_TEST(values_name_lasting_pods)
{
	struct np_scenario_suite s;

	ck_assert_int_eq(np_scenario_suite_init(2, 2, N_DRAWN, &s, NULL), 0);
	for (size_t k = 0; k < s.n_cases; k++) {
		static const char *const made[] = { "/guest/", "/first/", "/second/", "/again/",
						    ":late/" };
		struct np_case c;

		np_scenario_suite_case(&s, k, &c);
		for (size_t i = 0; i < c.n_steps; i++)
			for (size_t m = 0; c.steps[i].body.n && m < NP_ARRAY_SIZE(made); m++)
				ck_assert_msg(!strstr(c.steps[i].body.p, made[m]), "%s",
					      c.steps[i].body.p);
		np_case_release(&c);
	}
	np_scenario_suite_release(&s);
}
END_TEST

START_TEST(bad_suites)
{
	struct np_scenario_suite s;
	struct np_err err;

	ck_assert_int_eq(np_scenario_suite_init(2, 0, 1, &s, &err), -1);
	ck_assert_int_eq(err.code, NP_EUSAGE);
	ck_assert_int_eq(np_scenario_suite_init(9, 1, 1, &s, &err), -1);
	ck_assert_int_eq(np_scenario_suite_init(0, 1, NP_SCENARIO_MAX_CASES + 1, &s, &err), -1);
}
END_TEST

/* Any case can be written: those of the suites by hand have what generated ones have not. */
START_TEST(other_cases_can_be_written)
{
	static const char text[] = "case: a/b\ntitle: \"one: two\"\ncovers: [S01, S33b]\nneeds: "
				   "[dns]\ncatches: [\"a b\", c]\nworld: small\n"
				   "---\nlabel: Pod x/a\nlabels: {app: null, k: \"y\"}\n---\nwait: "
				   "20ms\n---\nrecreate: Pod x/a\n---\nterminate: Pod x/a\n---\n"
				   "expect: |\n  deny\n  open(S19,S43) from x/*,!x/b to any on "
				   "TCP:80-90,*:53 family 6  # why\n"
				   "  allow from own-node to x/a\n";
	struct np_case c, again;
	np_auto_free char *first = NULL, *second = NULL;

	parse_case(text, &c);
	first = text_of(&c);
	parse_case(first, &again);
	second = text_of(&again);
	ck_assert_str_eq(first, second);
	ck_assert_ptr_nonnull(strstr(
		first, "open(S19,S43) from x/*,!x/b to any on TCP:80-90,*:53 family 6  # why"));
	ck_assert_ptr_nonnull(strstr(first, "allow from own-node to x/a"));
	np_case_release(&c);
	np_case_release(&again);
}
END_TEST

START_TEST(oracle_needs_a_seed)
{
	static const char text[] =
		"case: a/b\ntitle: t\ncovers: [S01]\nworld: small\n---\nexpect: |\n  oracle\n";
	struct np_err err;
	struct np_case c;

	ck_assert_int_eq(np_casefile_parse(np_str_from(text), "f", false, &c, &err), -1);
	ck_assert_int_eq(err.code, NP_EVALID);
	ck_assert_uint_eq(err.line, 7);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scenario");
	TCase *tc = tcase_create("scenario");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, cases_read_back);
	tcase_add_test(tc, worlds_read_back);
	tcase_add_test(tc, same_seed_same_cases);
	tcase_add_test(tc, names_tell_the_array);
	tcase_add_test(tc, every_region_is_probed);
	tcase_add_test(tc, completed_pods_lose_their_address);
	tcase_add_test(tc, values_name_lasting_pods);
	tcase_add_test(tc, bad_suites);
	tcase_add_test(tc, other_cases_can_be_written);
	tcase_add_test(tc, oracle_needs_a_seed);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
