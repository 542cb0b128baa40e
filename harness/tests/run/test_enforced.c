/* What the trial before the cases makes of ranges of ports; the probes and the clock are made. */
#include "np/base/clock.h"
#include "np/kube/resource.h"
#include "../suite.h"

/* Headers first: the names below must replace calls only. */
#include "../../run/control.h"
#include "../../run/podspec.h"

static int64_t made_us;
static unsigned n_looks;
static bool (*answers)(unsigned look, uint16_t port);
static const json_t *made_policy;

static int made_wait(struct np_backoff *b)
{
	if (made_us >= b->deadline_us)
		return 0;
	made_us += 200000;
	return 1;
}

static int made_probe(struct np_fleet_probe *probes, size_t n, const struct np_err *err)
{
	(void)err;
	for (size_t i = 0; i < n; i++)
		probes[i].res.outcome = answers(n_looks, probes[i].req.port) ? NP_OUT_ALLOWED
									    : NP_OUT_DROPPED;
	n_looks++;
	return 0;
}

static int made_create(json_t *policy)
{
	made_policy = json_incref(policy);
	return 0;
}

#define np_now_us() made_us
#define np_backoff_init(b, first, max, budget_us) ((b)->deadline_us = made_us + (budget_us))
#define np_backoff_wait(b) made_wait(b)
#define np_fleet_probe(fleet, probes, n, timeout, attempts, err) made_probe(probes, n, err)
#define np_kube_create(k, type, ns, object, write, ret, err) made_create(object)
#define np_kube_delete(k, type, ns, name, write, err) ((void)0)
#include "../../run/enforced.c"

static bool both(unsigned look, uint16_t port)
{
	return look >= 2 || port == 80;
}

static bool none(unsigned look, uint16_t port)
{
	return (look | port) > 65535;
}

static bool only_first(unsigned look, uint16_t port)
{
	return look >= 3 && port == 80;
}

static bool only_second(unsigned look, uint16_t port)
{
	(void)look;
	return port == 81;
}

/* The rest of the range comes late. */
static bool late(unsigned look, uint16_t port)
{
	return port == 80 || look >= 7;
}

static bool flapping(unsigned look, uint16_t port)
{
	return port == 80 && look % 4;
}

static const struct np_expect_port usual[] = { { .proto = NP_TCP, .first = 80, .last = 80 },
					       { .proto = NP_TCP, .first = 8080, .last = 8080 },
					       { .proto = NP_UDP, .first = 82, .last = 82 },
					       { .proto = NP_TCP, .first = 81, .last = 81 } },
				   one[] = { { .proto = NP_TCP, .first = 80, .last = 80 },
					     { .proto = NP_UDP, .first = 81, .last = 81 },
					     { .proto = NP_TCP, .first = 65535, .last = 65535 } };

/* A run's fixture of one node after try_range(); the caller releases its arena. */
static struct np_fixture tried(const struct np_expect_port *ports, size_t n_ports,
			       struct np_sandbox *sandbox, unsigned needs)
{
	static struct np_cluster cluster;
	static struct np_expect_port own[8];
	struct np_fixture f = { .cluster = &cluster,
				.n_control = 1,
				.ports = own,
				.n_ports = n_ports,
				.needs = needs,
				.caps = NP_NEED_ENDPORT | NP_NEED_IPV4 };
	struct question q = { .fleet = NULL };
	struct np_err err = { 0 };

	memcpy(own, ports, n_ports * sizeof(*ports));
	cluster.sandbox = sandbox;
	made_us = 1000000;
	n_looks = 0;
	ck_assert_int_eq(try_range(&f, &q, 10000, &err), 0);
	return f;
}

static const struct {
	bool (*answers)(unsigned look, uint16_t port);
	bool lacks;
} seen[] = { { both, false },	    { none, false }, { only_first, true },
	     { only_second, false }, { late, false }, { flapping, false } };

START_TEST(only_the_first_port_for_good_is_a_lack)
{
	const struct np_fixture f =
		(answers = seen[_i].answers,
		 tried(usual, NP_ARRAY_SIZE(usual), NULL, NP_NEED_ENDPORT | NP_NEED_SCTP));
	const char *why = np_fixture_lacks(&f, NP_NEED_ENDPORT);

	ck_assert_int_eq(!(f.caps & NP_NEED_ENDPORT), seen[_i].lacks);
	ck_assert(f.caps & NP_NEED_IPV4);
	ck_assert_str_eq(why, seen[_i].lacks
				      ? "the implementation ignores endPort: of a policy for ports "
					"80 to 82 it applies port 80 alone (S32)"
				      : "");
	ck_assert_uint_gt(n_looks, 0);
}
END_TEST

/* A range that opens to its last port but one is wrong, not ignored: what is asked for ends behind
 * the second port. */
START_TEST(the_range_ends_behind_the_second_port)
{
	const json_t *port;

	answers = both;
	tried(usual, NP_ARRAY_SIZE(usual), NULL, NP_NEED_ENDPORT);
	port = json_array_get(json_object_get(json_array_get(np_json_at(made_policy,
									"spec/ingress"), 0),
					      "ports"), 0);
	ck_assert_int_eq(np_json_int(port, "port", 0), 80);
	ck_assert_int_eq(np_json_int(port, "endPort", 0), 82);
}
END_TEST

START_TEST(nobody_asks_without_need)
{
	int sandbox;

	answers = only_first;
	ck_assert(tried(usual, NP_ARRAY_SIZE(usual), NULL, NP_NEED_SCTP).caps & NP_NEED_ENDPORT);
	/* The sandbox has ranges; one that ignores them is a seeded fault, for the cases to find. */
	ck_assert(tried(usual, NP_ARRAY_SIZE(usual), (struct np_sandbox *)&sandbox,
			NP_NEED_ENDPORT).caps & NP_NEED_ENDPORT);
	/* No two ports of TCP with room behind the second. */
	ck_assert(tried(one, NP_ARRAY_SIZE(one), NULL, NP_NEED_ENDPORT).caps & NP_NEED_ENDPORT);
	ck_assert_uint_eq(n_looks, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("enforced");
	TCase *tc = tcase_create("ranges");

	tcase_add_loop_test(tc, only_the_first_port_for_good_is_a_lack, 0, NP_ARRAY_SIZE(seen));
	tcase_add_test(tc, the_range_ends_behind_the_second_port);
	tcase_add_test(tc, nobody_asks_without_need);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
