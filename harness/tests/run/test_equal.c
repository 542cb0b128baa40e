/*
 * test_equal.c - mechanical mutants that a score leaves out are no mistakes: in the small scope,
 * every policy through one life of its cluster, they answer every connection after every event as
 * the right model does, or differ only where the API leaves it open.
 *
 *	test_equal [I/N]	the I-th of N shares of the policies; default one of 64
 */
#include <stdio.h>

#include "np/oracle/oracle.h"
#include "np/run/equal.h"
#include "np/target/model.h"
#include "../suite.h"
#include "../small_scope.h"

static unsigned share = 0, n_shares = 64;

/* ---- the life of a cluster ---- */

#define LABELS(list) .labels = { list, NP_ARRAY_SIZE(list) }
#define PORTS(list) .ports = list, .n_ports = NP_ARRAY_SIZE(list)
/* IPv4 and IPv6. */
#define IPS(net, last)                                                                             \
	.ips = { { 4, { 10, net, 0, last } },                                                      \
		 { 16, { 0xfd, net, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last } } },              \
	.n_ips = 2
#define POD(ns_, name_, phase_) .ns = NP_STR(ns_), .name = NP_STR(name_), .phase = NP_PHASE_##phase_

static struct np_label v1[] = { { SCOPE_KEY, NP_STR("v1") } },
		       v2[] = { { SCOPE_KEY, NP_STR("v2") } },
		       v2_r[] = { { SCOPE_KEY, NP_STR("v2") }, { NP_STR("l"), NP_STR("r") } },
		       v1_s[] = { { SCOPE_KEY, NP_STR("v1") }, { NP_STR("l"), NP_STR("s") } },
		       v2_s[] = { { SCOPE_KEY, NP_STR("v2") }, { NP_STR("l"), NP_STR("s") } };

static struct np_container_port web80[] = { { NP_STR("other"), NP_TCP, 81, NP_CTR_REGULAR, 0 },
					    { NP_STR("web"), NP_UDP, 82, NP_CTR_REGULAR, 0 },
					    { NP_STR("web"), NP_TCP, 80, NP_CTR_REGULAR, 0 },
					    { NP_STR("last"), NP_TCP, 79, NP_CTR_REGULAR, 1 } },
				web81[] = { { NP_STR("web"), NP_TCP, 81, NP_CTR_REGULAR, 0 } },
				early[] = { { NP_STR("web"), NP_TCP, 81, NP_CTR_INIT, 0 } };

static struct np_namespace x = { .name = NP_STR("x"), LABELS(v1) },
			   y = { .name = NP_STR("y"), LABELS(v2) }, y_bare = { .name = NP_STR("y") },
			   y_again = { .name = NP_STR("y"), LABELS(v1) };
static struct np_node n1 = { .name = NP_STR("n1"), IPS(9, 1) }, n2 = { .name = NP_STR("n2"), IPS(9, 2) };
#define ON(node_) .node = NP_STR(node_)
static struct np_pod a = { POD("x", "a", RUNNING), LABELS(v1), IPS(0, 1), ON("n1"), PORTS(web80) },
		     a_done = { POD("x", "a", SUCCEEDED), LABELS(v1), IPS(0, 1), ON("n1"), PORTS(web80) },
		     b = { POD("x", "b", RUNNING), LABELS(v2_s), IPS(0, 2), ON("n2"), PORTS(early) },
		     b_bare = { POD("x", "b", RUNNING), IPS(0, 2), ON("n2"), PORTS(early) },
		     c = { POD("y", "c", RUNNING), LABELS(v1), IPS(0, 3), ON("n1"), PORTS(web81) },
		     c_again = { POD("y", "c", RUNNING), LABELS(v2), IPS(0, 4), ON("n2"), PORTS(web81) },
		     d = { POD("x", "d", RUNNING), LABELS(v2_r), IPS(0, 1), ON("n2"), PORTS(web80) },
		     d_bare = { POD("x", "d", RUNNING), IPS(0, 1), ON("n2"), PORTS(web80) },
		     e_y = { POD("y", "e", RUNNING), LABELS(v1_s), IPS(0, 5), ON("n2") },
		     /* with the address that c had */
		     f_x = { POD("x", "f", RUNNING), IPS(0, 3), ON("n1"), PORTS(web80) },
		     h = { POD("x", "h", RUNNING), LABELS(v1), IPS(9, 1), .host_network = true, ON("n1"),
			   PORTS(web80) };

/* The policy of the scope, one that comes in its place for a while, and one beside it in which
 * every list has two. */
static struct np_policy p, q = { .ns = NP_STR("x"), .name = NP_STR("p"), .types = { true, true } };

static struct np_requirement k_in[] = {
	{ .key = SCOPE_KEY, .op = NP_OP_IN, .values = (struct np_str *)scope_values, .n_values = 2 },
	{ .key = NP_STR("l"), .op = NP_OP_NOT_EXISTS }
};
static const struct np_selector is_s = { .match_labels = { v2_s, 2 } },
				is_in = { .exprs = k_in, .n_exprs = 2 }, any = { .n_exprs = 0 };
static struct np_cidr excepts[2];
static struct np_ipblock near = { .excepts = excepts, .n_excepts = 2 }, six;
static struct np_peer by_label[] = { { .pod_selector = &is_s }, { .pod_selector = &is_in } },
		      in_all[] = { { .pod_selector = &is_s, .ns_selector = &any },
				   { .pod_selector = &is_in, .ns_selector = &any } },
		      by_block[] = { { .ip_block = &near }, { .ip_block = &six } };
static struct np_port low[] = { { .proto = NP_TCP, .kind = NP_PORT_NUMBER, .port = 80 },
				{ .proto = NP_UDP, .kind = NP_PORT_NUMBER, .port = 80 } },
		      high[] = { { .proto = NP_TCP, .kind = NP_PORT_RANGE, .port = 81, .end_port = 82 },
				 { .proto = NP_UDP, .kind = NP_PORT_NUMBER, .port = 81 } };
static struct np_rule in[] = { { .peers = by_label, .n_peers = 2, .ports = low, .n_ports = 2 },
			       { .peers = by_block, .n_peers = 2, .ports = high, .n_ports = 2 } },
		      out[] = { { .peers = by_block, .n_peers = 2, .ports = low, .n_ports = 2 },
				{ .peers = in_all, .n_peers = 2, .ports = high, .n_ports = 2 } };
static struct np_policy r = { .ns = NP_STR("x"),
			      .name = NP_STR("r"),
			      .pod_selector = { .match_labels = { v2_r, 2 } },
			      .types = { true, true },
			      .rules = { in, out },
			      .n_rules = { 2, 2 } };

static const struct np_model_event life[] = {
	{ NP_MODEL_NAMESPACE, NP_MODEL_ADD, &x },
	{ NP_MODEL_NAMESPACE, NP_MODEL_ADD, &y },
	{ NP_MODEL_NODE, NP_MODEL_ADD, &n1 },
	{ NP_MODEL_POD, NP_MODEL_ADD, &a },
	{ NP_MODEL_POLICY, NP_MODEL_ADD, &r },
	{ NP_MODEL_POLICY, NP_MODEL_ADD, &p },
	{ NP_MODEL_POD, NP_MODEL_ADD, &c },
	{ NP_MODEL_POD, NP_MODEL_ADD, &e_y },
	{ NP_MODEL_POD, NP_MODEL_ADD, &h },
	{ NP_MODEL_NODE, NP_MODEL_ADD, &n2 },
	{ NP_MODEL_POD, NP_MODEL_ADD, &b },
	{ NP_MODEL_POD, NP_MODEL_UPDATE, &a_done },
	{ NP_MODEL_POD, NP_MODEL_ADD, &d },
	{ NP_MODEL_POD, NP_MODEL_DELETE, &a_done },
	{ NP_MODEL_NAMESPACE, NP_MODEL_UPDATE, &y_bare },
	{ NP_MODEL_POD, NP_MODEL_UPDATE, &b_bare },
	{ NP_MODEL_POD, NP_MODEL_UPDATE, &d_bare },
	{ NP_MODEL_POLICY, NP_MODEL_UPDATE, &q },
	{ NP_MODEL_POD, NP_MODEL_UPDATE, &d },
	{ NP_MODEL_POD, NP_MODEL_DELETE, &c },
	{ NP_MODEL_POD, NP_MODEL_ADD, &f_x },
	{ NP_MODEL_POLICY, NP_MODEL_UPDATE, &p },
	{ NP_MODEL_POD, NP_MODEL_DELETE, &h },
	{ NP_MODEL_POD, NP_MODEL_DELETE, &e_y },
	{ NP_MODEL_NAMESPACE, NP_MODEL_DELETE, &y_bare },
	{ NP_MODEL_NAMESPACE, NP_MODEL_ADD, &y_again },
	{ NP_MODEL_POD, NP_MODEL_ADD, &c_again },
	{ NP_MODEL_POLICY, NP_MODEL_DELETE, &r },
	{ NP_MODEL_POLICY, NP_MODEL_DELETE, &p },
	{ NP_MODEL_POLICY, NP_MODEL_ADD, &p },
	{ NP_MODEL_POD, NP_MODEL_DELETE, &b_bare },
	{ NP_MODEL_POD, NP_MODEL_ADD, &b },
};

static void parse_blocks(void)
{
	static const char *const texts[] = { "203.0.113.0/24", "203.0.113.9/32", "203.0.113.16/28",
					     "fd00::/8" };
	struct np_cidr *const into[] = { &near.cidr, &excepts[0], &excepts[1], &six.cidr };

	for (size_t i = 0; i < NP_ARRAY_SIZE(texts); i++)
		ck_assert(np_cidr_parse(np_str_from(texts[i]), into[i]));
}

enum { N_EVENTS = NP_ARRAY_SIZE(life), MAX_ENDS = 24, MAX_CELLS = 6 * MAX_ENDS * MAX_ENDS };
_Static_assert(N_EVENTS == NP_EQUAL_EVENTS, "what a score says of the scope is so");
_Static_assert(N_POLICIES == NP_EQUAL_POLICIES, "what a score says of the scope is so");

/* What is there after some events. */
struct cluster {
	const void *live[NP_MODEL_N_KINDS][8];
	size_t n[NP_MODEL_N_KINDS];
};

static bool same_name(enum np_model_kind kind, const void *one, const void *other)
{
	const struct np_pod *u = one, *v = other;

	switch (kind) {
	case NP_MODEL_NAMESPACE:
		return np_str_eq(((const struct np_namespace *)one)->name,
				 ((const struct np_namespace *)other)->name);
	case NP_MODEL_POD:
		return np_str_eq(u->ns, v->ns) && np_str_eq(u->name, v->name);
	case NP_MODEL_POLICY:
		return np_str_eq(((const struct np_policy *)one)->name,
				 ((const struct np_policy *)other)->name);
	default:
		return one == other;
	}
}

static void happen(struct cluster *k, const struct np_model_event *ev)
{
	const void **live = k->live[ev->kind];
	size_t at = 0, *n = &k->n[ev->kind];

	while (at < *n && !same_name(ev->kind, live[at], ev->object))
		at++;
	if (ev->verb == NP_MODEL_DELETE)
		live[at] = live[--*n];
	else
		live[at] = ev->object;
	*n += at == *n && ev->verb != NP_MODEL_DELETE;
}

/* ---- connections ---- */

struct end {
	struct np_model_end end;
	const struct np_pod *pod; /* NULL: an address */
};

static void add_addr(struct end *ret, size_t *n, const struct np_addr *addr)
{
	ret[(*n)++] = (struct end){ { .addr = *addr }, NULL };
}

/* Each once for each of its addresses. */
static size_t ends_of(const struct cluster *k, struct end *ret)
{
	static const struct np_addr outside[] = { { 4, { 203, 0, 113, 9 } },
						  { 4, { 203, 0, 113, 17 } },
						  { 4, { 203, 0, 113, 40 } },
						  { 16, { 0xfd, 7 } } };
	size_t n = 0;

	for (size_t i = 0; i < k->n[NP_MODEL_POD]; i++) {
		const struct np_pod *pod = k->live[NP_MODEL_POD][i];

		for (size_t f = 0; f < 2 && pod->phase == NP_PHASE_RUNNING; f++)
			ret[n++] = (struct end){ { pod->ns, pod->name, pod->ips[f], pod->host_network },
						 pod };
	}
	for (size_t i = 0; i < k->n[NP_MODEL_NODE]; i++)
		for (size_t f = 0; f < 2; f++)
			add_addr(ret, &n, &((const struct np_node *)k->live[NP_MODEL_NODE][i])->ips[f]);
	for (size_t i = 0; i < NP_ARRAY_SIZE(outside); i++)
		add_addr(ret, &n, &outside[i]);
	return n;
}

static const struct {
	enum np_proto proto;
	uint16_t port;
} probes[] = { { NP_TCP, 79 }, { NP_TCP, 80 }, { NP_TCP, 81 },
	       { NP_TCP, 82 }, { NP_UDP, 80 }, { NP_UDP, 81 } };

/* A pod to itself is never asked about, nor what is between two ends that are no pods. */
static bool is_cell(const struct end *src, const struct end *dst)
{
	return src->end.addr.width == dst->end.addr.width && src->pod != dst->pod;
}

/* Every connection between the ends, in order; how many there are. */
static size_t ask(struct np_model *m, const struct end *ends, size_t n, bool *ret)
{
	struct np_model_place at[MAX_ENDS];
	size_t cell = 0;

	for (size_t i = 0; i < n; i++)
		np_model_locate(m, &ends[i].end, &at[i]);
	for (size_t s = 0; s < n; s++)
		for (size_t t = 0; t < n; t++)
			for (size_t k = 0; k < NP_ARRAY_SIZE(probes); k++) {
				const struct np_model_conn conn = { .src = ends[s].end,
								    .dst = ends[t].end,
								    .proto = probes[k].proto,
								    .port = probes[k].port };

				if (is_cell(&ends[s], &ends[t]))
					ret[cell++] = np_model_passes_at(m, &conn, &at[s], &at[t]);
			}
	return cell;
}

/* ---- what the API says ---- */

static struct np_end flow_end(const struct np_world *w, const struct end *e)
{
	if (!e->pod)
		return (struct np_end){ .kind = NP_END_ADDR, .addr = e->end.addr };
	return (struct np_end){ .kind = NP_END_POD,
				.idx = np_world_find_pod(w, e->pod->ns, e->pod->name) };
}

static void world_of(const struct cluster *k, struct np_world *ret)
{
	struct np_err err;

	np_world_init(ret);
	for (size_t i = 0; i < k->n[NP_MODEL_NAMESPACE]; i++)
		*np_world_add_namespace(ret) = *(const struct np_namespace *)k->live[NP_MODEL_NAMESPACE][i];
	for (size_t i = 0; i < k->n[NP_MODEL_NODE]; i++)
		*np_world_add_node(ret) = *(const struct np_node *)k->live[NP_MODEL_NODE][i];
	for (size_t i = 0; i < k->n[NP_MODEL_POD]; i++)
		*np_world_add_pod(ret) = *(const struct np_pod *)k->live[NP_MODEL_POD][i];
	for (size_t i = 0; i < k->n[NP_MODEL_POLICY]; i++)
		*np_world_add_policy(ret) = *(const struct np_policy *)k->live[NP_MODEL_POLICY][i];
	ck_assert_msg(np_world_link(ret, &err) == 0, "%s", err.msg);
}

/* Some profile that a run asserts by default has a verdict on connection @cell. */
static bool asserted(const struct np_world *w, const struct end *ends, size_t n, size_t cell)
{
	static const enum np_profile profiles[] = { NP_PROFILE_CORE, NP_PROFILE_EXTENDED };
	size_t at = 0;
	bool found = false;

	for (size_t i = 0; i < n * n * NP_ARRAY_SIZE(probes) && !found; i++) {
		const struct end *src = &ends[i / NP_ARRAY_SIZE(probes) / n],
				 *dst = &ends[i / NP_ARRAY_SIZE(probes) % n];
		const struct np_flow f = { flow_end(w, src), flow_end(w, dst),
					   src->end.addr.width == 4 ? 4 : 6,
					   probes[i % NP_ARRAY_SIZE(probes)].proto,
					   probes[i % NP_ARRAY_SIZE(probes)].port };

		if (!is_cell(src, dst) || at++ != cell)
			continue;
		for (size_t k = 0; k < NP_ARRAY_SIZE(profiles); k++) {
			const struct np_readings rd = np_profile_readings(profiles[k]);
			struct np_oracle *o = np_oracle_new(w, &rd);
			enum np_verdict v = np_oracle_eval(o, &f, NULL);

			found = found || v == NP_ALLOW || v == NP_DENY;
			np_oracle_free(o);
		}
		return found;
	}
	return false;
}

/* ---- mutants ---- */

struct mechanical {
	struct np_model_wrong wrong;
	bool differs, noticed; /* somewhere; where a run asserts it */
};

static bool right[N_EVENTS][MAX_CELLS];

static void look(struct mechanical *mut, const struct cluster *k, const struct end *ends, size_t n,
		 const bool *should, const bool *is, size_t n_cells)
{
	struct np_world w;

	if (memcmp(should, is, n_cells) == 0)
		return;
	mut->differs = true;
	world_of(k, &w);
	for (size_t i = 0; i < n_cells && !mut->noticed; i++)
		mut->noticed = should[i] != is[i] && asserted(&w, ends, n, i);
	np_world_release(&w);
}

/* Plays the life; @mut NULL: the right model, which is remembered. */
static void play(struct np_model *m, struct mechanical *mut)
{
	struct cluster k = { .n = { 0 } };
	struct end ends[MAX_ENDS];
	bool is[MAX_CELLS];

	np_model_reset(m, mut ? &mut->wrong : NULL);
	for (size_t at = 0; at < N_EVENTS && !(mut && mut->noticed); at++) {
		size_t n, n_cells;

		np_model_tell(m, &life[at]);
		np_model_settle(m);
		happen(&k, &life[at]);
		n = ends_of(&k, ends);
		ck_assert_uint_le(n, MAX_ENDS);
		n_cells = ask(m, ends, n, mut ? is : right[at]);
		if (mut)
			look(mut, &k, ends, n, right[at], is, n_cells);
	}
}

static size_t all_mechanical(struct mechanical *ret)
{
	size_t n = 0;

	for (int site = NP_SITE_NONE + 1; site < NP_N_SITES; site++)
		for (int op = 0; op < NP_N_SITE_OPS; op++)
			if (np_site_takes((enum np_site)site, (enum np_site_op)op))
				ret[n++] = (struct mechanical){
					.wrong = { .site = (enum np_site)site,
						   .op = (enum np_site_op)op }
				};
	return n;
}

static size_t play_policies(struct mechanical *all, size_t n)
{
	/* Addresses are those of this file: 10.0.0.2 is a pod, 203.0.113.9 is outside. */
	static const char *const blocks[N_BLOCKS][2] = {
		{ "10.0.0.2/32", NULL },	{ "203.0.113.0/24", NULL },	   { "0.0.0.0/0", NULL },
		{ "0.0.0.0/0", "10.0.0.2/32" }, { "203.0.113.8/30", "203.0.113.9/32" },
	};
	struct small_scope s = { .rule = { .n_peers = 0 } };
	struct np_model *m = np_model_new();
	size_t played = 0;

	small_scope_init(&s, blocks);
	parse_blocks();
	for (unsigned i = share; i < N_POLICIES; i += n_shares, played++) {
		small_scope_policy(&s, i, &p);
		play(m, NULL);
		for (size_t k = 0; k < n; k++)
			if (!all[k].noticed)
				play(m, &all[k]);
	}
	small_scope_release(&s);
	np_model_free(m);
	return played;
}

/* Who is left out of scores is never noticed; who differs nowhere at all is said to. */
START_TEST(those_left_out_are_equal)
{
	static struct mechanical all[NP_N_SITES * NP_N_SITE_OPS];
	size_t n = all_mechanical(all), played = play_policies(all, n), told = 0;
	char name[NP_SITE_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		enum np_equal equal = np_site_equal(all[i].wrong.site, all[i].wrong.op);

		np_site_text(all[i].wrong.site, all[i].wrong.op, name);
		told += all[i].noticed;
		if (!all[i].noticed && n_shares == 1)
			printf("%s: %s\n", name, all[i].differs ? "differs where it is open" : "equal");
		ck_assert_msg(!equal || !all[i].noticed, "%s makes a difference", name);
		ck_assert_msg(equal != NP_EQUAL_YES || !all[i].differs, "%s differs", name);
		/* The whole scope has an example of it. */
		ck_assert_msg(equal != NP_EQUAL_ASSERTED || all[i].differs || n_shares > 1,
			      "%s does not differ", name);
	}
	printf("%zu policies, %d events each: %zu of %zu make a difference\n", played, N_EVENTS, told,
	       n);
	ck_assert_uint_gt(told, n / 2); /* the scope is not blind */
}
END_TEST

START_TEST(others_are_not_left_out)
{
	ck_assert_int_eq(np_site_equal(NP_SITE_IN_CIDR, NP_MX_NEGATE), NP_EQUAL_NO);
	ck_assert_ptr_null(np_site_open(NP_SITE_IN_CIDR, NP_MX_NEGATE));
	ck_assert_ptr_null(np_site_open(NP_SITE_NONE, NP_MX_NEGATE));
	ck_assert_ptr_nonnull(strstr(np_site_open(NP_SITE_SAME_POD, NP_MX_FALSE), "32824 policies"));
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("equal");
	TCase *t = tcase_create("equal");

	if (argc == 2 && sscanf(argv[1], "%u/%u", &share, &n_shares) == 2 && share &&
	    share <= n_shares) {
		share--;
	} else if (argc > 1) {
		fprintf(stderr, "usage: test_equal [I/N]\n");
		return 2;
	}
	tcase_set_timeout(t, 14400); /* of the whole on a busy machine */
	tcase_add_test(t, those_left_out_are_equal);
	tcase_add_test(t, others_are_not_left_out);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
