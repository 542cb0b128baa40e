/*
 * test_model.c - the model CNI: on generated worlds, and while one becomes another, it says what
 * the oracle says wherever that is asserted; each mutant differs from it somewhere.
 */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/gen/flows.h"
#include "np/gen/world.h"
#include "np/oracle/oracle.h"
#include "np/target/model_events.h"

#define N_FLOWS 60
#define N_WORLDS 4 /* one after the other on one model */

/* Some other pod, node or Service has this address too, or it is a host pod's that is no node's. */
static unsigned owners_of(const struct np_world *w, const struct np_addr *a)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->n_pods; i++)
		for (size_t k = 0; k < w->pods[i].n_ips; k++) {
			struct np_addr ip = np_addr_wire(&w->pods[i].ips[k]);

			n += np_addr_eq(&ip, a);
		}
	return n;
}

static bool is_nodes(const struct np_world *w, const struct np_addr *a, struct np_str name)
{
	for (size_t i = 0; i < w->n_nodes; i++)
		for (size_t k = 0; k < w->nodes[i].n_ips; k++) {
			struct np_addr ip = np_addr_wire(&w->nodes[i].ips[k]);

			if (np_addr_eq(&ip, a))
				return !name.n || np_str_eq(w->nodes[i].name, name);
		}
	return false;
}

/*
 * The model knows peers by their addresses alone. Left out is what the oracle knows better: two
 * ends with one address, and a pod on the host's network whose address is not that of its node.
 */
static bool telling(const struct np_world *w, const struct np_end *end,
		    const struct np_model_end *at)
{
	if (end->kind == NP_END_ADDR)
		return owners_of(w, &at->addr) == 0 || is_nodes(w, &at->addr, NP_STR_NONE);
	if (at->host) {
		size_t pod = np_world_find_pod(w, at->ns, at->name);

		return is_nodes(w, &at->addr, w->pods[pod].node);
	}
	return owners_of(w, &at->addr) == 1 && !is_nodes(w, &at->addr, NP_STR_NONE);
}

struct flow {
	struct np_model_conn conn;
	struct np_flow flow;
	bool allow;
};

/* Flows whose verdict stands whatever the open readings are. */
static size_t draw_flows(struct np_rng *rng, const struct np_world *w, struct flow *ret)
{
	struct np_readings readings = np_profile_readings(NP_PROFILE_EXTENDED);
	struct np_oracle *o = np_oracle_new(w, &readings);
	struct np_cuts cuts = { 0 };
	size_t n = 0;

	np_cuts_of(w, &cuts);
	for (unsigned i = 0; i < N_FLOWS; i++) {
		struct flow *f = &ret[n];
		enum np_verdict v;

		np_gen_flow(rng, w, &cuts, &f->flow);
		v = np_oracle_eval(o, &f->flow, NULL);
		if (v != NP_ALLOW && v != NP_DENY)
			continue;
		ck_assert(np_model_conn_of(w, &f->flow, &f->conn));
		f->allow = v == NP_ALLOW;
		n += telling(w, &f->flow.src, &f->conn.src) &&
		     telling(w, &f->flow.dst, &f->conn.dst);
	}
	np_cuts_release(&cuts);
	np_oracle_free(o);
	return n;
}

/* Worlds that one model lives through, and what to ask in each. */
struct history {
	struct np_world worlds[N_WORLDS];
	struct np_model_events events[N_WORLDS];
	struct flow flows[N_WORLDS][N_FLOWS];
	size_t n_flows[N_WORLDS];
};

#define REMOVE(array, n, i)                                                                        \
	do {                                                                                       \
		memmove(&(array)[i], &(array)[(i) + 1], ((n) - (i)-1) * sizeof(*(array)));         \
		(n)--;                                                                             \
	} while (0)

static void vary_pods(struct np_rng *rng, struct np_world *w)
{
	for (size_t i = w->n_pods; i-- > 0;) {
		struct np_pod *pod = &w->pods[i], *other = &w->pods[np_rng_below(rng, w->n_pods)];

		switch (np_rng_below(rng, 12)) {
		case 0:
			REMOVE(w->pods, w->n_pods, i);
			break;
		case 1:
			pod->phase = NP_PHASE_FAILED;
			break;
		case 2:
			pod->labels = other->labels;
			break;
		case 3:
			pod->labels.n = 0;
			break;
		case 4:
			pod->labels.n -= pod->labels.n > 0;
			break;
		}
	}
}

/* Some objects changed, some gone; the namespaces' own name label stays. */
static void vary(struct np_rng *rng, struct np_world *w)
{
	struct np_err err;

	vary_pods(rng, w);
	for (size_t i = 0; i + 1 < w->n_namespaces; i++)
		if (np_rng_below(rng, 4) == 0) {
			w->namespaces[i].labels = w->namespaces[i + 1].labels;
			w->namespaces[i].labels.n -= w->namespaces[i].labels.n > 0;
		}
	for (size_t i = w->n_policies; i-- > 0;)
		if (np_rng_below(rng, 4) == 0)
			REMOVE(w->policies, w->n_policies, i);
		else if (w->policies[i].n_rules[0] && np_rng_below(rng, 4) == 0)
			w->policies[i].n_rules[0]--;
		else if (np_rng_below(rng, 6) == 0)
			w->policies[i].types[np_rng_below(rng, 2)] ^= true;
	ck_assert_int_eq(np_world_link(w, &err), 0);
}

/* Seeds that are odd: one world that varies; even: quite other worlds. */
static void make_history(struct history *h, uint64_t seed)
{
	struct np_rng rng;

	memset(h, 0, sizeof(*h));
	np_rng_seed(&rng, seed);
	for (unsigned i = 0; i < N_WORLDS; i++) {
		np_gen_world(seed % 2 ? seed : seed * N_WORLDS + i, NULL, &h->worlds[i]);
		if (i && seed % 2)
			vary(&rng, &h->worlds[i]);
		np_model_diff(i ? &h->worlds[i - 1] : NULL, &h->worlds[i], NULL, &h->events[i]);
		h->n_flows[i] = draw_flows(&rng, &h->worlds[i], h->flows[i]);
	}
}

static void end_history(struct history *h)
{
	for (unsigned i = 0; i < N_WORLDS; i++) {
		free(h->events[i].items);
		np_world_release(&h->worlds[i]);
	}
}

static void say(char *buf, size_t size, unsigned world, const struct flow *f)
{
	char src[NP_ADDR_TEXT_MAX], dst[NP_ADDR_TEXT_MAX];

	np_addr_text(&f->conn.src.addr, src);
	np_addr_text(&f->conn.dst.addr, dst);
	snprintf(buf, size, "world %u: %s -> %s %s:%u: %s expected", world, src, dst,
		 np_proto_name(f->conn.proto), f->conn.port, f->allow ? "allow" : "deny");
}

/* The first flow that @m gets wrong, in words; empty: none. A dead agent is one too. */
static void live_through(const struct history *h, struct np_model *m,
			 const struct np_model_wrong *wrong, char *buf, size_t size)
{
	np_model_reset(m, wrong);
	*buf = '\0';
	for (unsigned i = 0; i < N_WORLDS; i++) {
		for (size_t k = 0; k < h->events[i].n; k++)
			np_model_tell(m, &h->events[i].items[k]);
		np_model_settle(m);
		for (size_t k = 0; k < h->n_flows[i]; k++)
			if (np_model_passes(m, &h->flows[i][k].conn) != h->flows[i][k].allow) {
				say(buf, size, i, &h->flows[i][k]);
				return;
			}
	}
	if (np_model_crashed(m))
		snprintf(buf, size, "crashed");
}

static void agree(uint64_t seed, size_t *n_flows)
{
	static struct history h;
	struct np_model *m = np_model_new();
	char text[256];

	make_history(&h, seed);
	live_through(&h, m, NULL, text, sizeof(text));
	ck_assert_msg(!*text, "seed %llu: %s", (unsigned long long)seed, text);
	for (unsigned i = 0; i < N_WORLDS; i++)
		*n_flows += h.n_flows[i];
	end_history(&h);
	np_model_free(m);
}

START_TEST(generated_worlds_as_the_oracle_says)
{
	size_t n_flows = 0;

	for (uint64_t seed = 1; seed <= 500; seed++)
		agree(seed, &n_flows);
	ck_assert_uint_gt(n_flows, 30000);
}
END_TEST

/* Which wrong ways some history has shown. */
struct shown {
	bool mutants[NP_N_MUTANTS], sites[NP_N_SITES][NP_N_SITE_OPS];
};

static void show(const struct history *h, const struct np_model *right, struct np_model *m,
		 const struct np_model_wrong *wrong, bool *shown)
{
	bool met = wrong->mutant ? np_model_met_mutant(right, wrong->mutant)
				 : np_model_met_site(right, wrong->site, wrong->op);
	char text[256] = "";

	if (*shown)
		return;
	live_through(h, m, wrong, text, sizeof(text));
	*shown = *text != 0;
	ck_assert_msg(met || !*text, "%d/%d/%d was not met, and yet %s", wrong->mutant, wrong->site,
		      wrong->op, text);
}

static void show_all(uint64_t seed, struct np_model *right, struct np_model *m, struct shown *ret)
{
	static struct history h;
	char text[256];

	make_history(&h, seed);
	live_through(&h, right, NULL, text, sizeof(text));
	for (int i = NP_MUTANT_NONE + 1; i < NP_N_MUTANTS; i++)
		show(&h, right, m, &(struct np_model_wrong){ .mutant = (enum np_mutant)i },
		     &ret->mutants[i]);
	for (int s = NP_SITE_NONE + 1; s < NP_N_SITES; s++)
		for (int op = 0; op < NP_N_SITE_OPS; op++)
			if (np_site_takes((enum np_site)s, (enum np_site_op)op))
				show(&h, right, m,
				     &(struct np_model_wrong){ .site = (enum np_site)s,
							       .op = (enum np_site_op)op },
				     &ret->sites[s][op]);
	end_history(&h);
}

/*
 * Wrong ways show; and never where the right model has not met them, so that a score may leave
 * those out. What histories do not get to (odd names, finished pods whose address is given away)
 * has cases of its own in the test of the score.
 */
START_TEST(wrong_ways_show)
{
	static struct shown shown;
	struct np_model *m = np_model_new(), *right = np_model_new();
	unsigned mutants = 0, sites = 0, all_sites = 0;

	for (uint64_t seed = 1; seed <= 200; seed++)
		show_all(seed, right, m, &shown);
	for (int i = NP_MUTANT_NONE + 1; i < NP_N_MUTANTS; i++)
		mutants += shown.mutants[i];
	for (int s = NP_SITE_NONE + 1; s < NP_N_SITES; s++)
		for (int op = 0; op < NP_N_SITE_OPS; op++) {
			all_sites += np_site_takes((enum np_site)s, (enum np_site_op)op);
			sites += shown.sites[s][op];
		}
	ck_assert_msg(mutants * 10 > (NP_N_MUTANTS - 1) * 8, "%u of %d mutants", mutants,
		      NP_N_MUTANTS - 1);
	ck_assert_msg(sites * 10 > all_sites * 9, "%u of %u at sites", sites, all_sites);
	np_model_free(m);
	np_model_free(right);
}
END_TEST

/* Names are unique, classes and levels known, sentences there. */
START_TEST(tables_are_whole)
{
	for (int i = NP_MUTANT_NONE + 1; i < NP_N_MUTANTS; i++) {
		const struct np_mutant_row *row = np_mutant_row((enum np_mutant)i);

		ck_assert_int_eq(np_mutant_find(row->name), i);
		ck_assert(strlen(row->class_id) == 3 && strchr("ECD", row->class_id[0]));
		ck_assert(*row->what);
		ck_assert_int_eq(row->class_id[0] == 'D',
				 np_mutant_level((enum np_mutant)i) == NP_LEVEL_DATAPLANE);
	}
	ck_assert_int_eq(np_mutant_find("no-such"), NP_MUTANT_NONE);
	ck_assert_ptr_null(np_mutant_row(NP_MUTANT_NONE));
}
END_TEST

/* The classes of known mistakes; each has a mutant, or a reason why it has none. */
START_TEST(every_class_has_a_mutant)
{
	static const char *const classes[] = {
		"E01", "E02", "E03", "E05", "E06", "E08", "E10", "E11", "E12", "E13", "E14",
		"E16", "E17", "E19", "E20", "E21", "E22", "E23", "E24", "E25", "E26", "E27",
		"E28", "E30", "E31", "E32", "E33", "E34", "E36", "E37", "E39", "E40", "E41",
		"E42", "E43", "E45", "E46", "E47", "E48", "E49", "E50", "C01", "C02", "C04",
		"C05", "C06", "C07", "C08", "C10", "C11", "C12", "C13", "C14", "C15", "C16",
		"C17", "C18", "C20", "D01", "D02", "D03", "D04", "D05", "D06", "D08",
	};
	size_t n;
	const struct np_mutant_omission *omitted = np_mutant_omissions(&n);

	for (size_t c = 0; c < NP_ARRAY_SIZE(classes); c++) {
		bool found = false;

		for (int i = NP_MUTANT_NONE + 1; i < NP_N_MUTANTS; i++)
			found |=
				strcmp(np_mutant_row((enum np_mutant)i)->class_id, classes[c]) == 0;
		for (size_t i = 0; i < n; i++)
			found |= strcmp(omitted[i].class_id, classes[c]) == 0;
		ck_assert_msg(found, "%s", classes[c]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model");
	TCase *t = tcase_create("model");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, generated_worlds_as_the_oracle_says);
	tcase_add_test(t, wrong_ways_show);
	tcase_add_test(t, tables_are_whole);
	tcase_add_test(t, every_class_has_a_mutant);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
