/* test_demand.c - what the cases of a plan ask of a cluster, taken together. */
#include "../../run/demand.h"
#include "../suite.h"

static struct np_expect_port first[] = { { .proto = NP_TCP, .first = 80, .last = 80 },
					 { .proto = NP_UDP, .first = 80, .last = 80 } };
static struct np_expect_port second[] = { { .proto = NP_TCP, .first = 81, .last = 81 },
					  { .proto = NP_TCP, .first = 80, .last = 80 } };
static struct np_step objects[] = { { .object_kind = NP_STR("Namespace") },
				    { .object_kind = NP_STR("Pod") },
				    { .object_kind = NP_STR("Pod") },
				    { .object_kind = NP_STR("Service") },
				    { .object_kind = NP_STR("Pod") } };
static struct np_worldfile worlds[] = {
	{ .ports = first, .n_ports = 2, .objects = objects, .n_objects = 2 },
	{ .ports = second, .n_ports = 2, .objects = objects, .n_objects = 5 },
};
static struct np_case cases[] = { { .needs = NP_NEED_SCTP },
				  { .needs = NP_NEED_DNS | NP_NEED_SCTP },
				  { .needs = 0 } };
static const struct np_plan plan = {
	.cases = cases, .n_cases = 3, .worlds = worlds, .n_worlds = 2
};

START_TEST(ports_once_each)
{
	size_t n = 0;
	struct np_expect_port *ports = np_demand_ports(&plan, &n);

	ck_assert_uint_eq(n, 3);
	ck_assert(ports[0].proto == NP_TCP && ports[0].first == 80);
	ck_assert(ports[1].proto == NP_UDP && ports[1].first == 80);
	ck_assert(ports[2].proto == NP_TCP && ports[2].first == 81);
	free(ports);
}
END_TEST

START_TEST(needs_of_all)
{
	ck_assert_uint_eq(np_demand_needs(&plan), NP_NEED_DNS | NP_NEED_SCTP);
}
END_TEST

/* Three pods in the largest world, two sentinels, two to spare; four agents on each of two nodes.
 */
START_TEST(pods_of_the_largest_world)
{
	struct np_nodes_ask ask = np_demand_pods(&plan, 5);

	ck_assert_uint_eq(ask.fixed, 8);
	ck_assert_uint_eq(ask.per_worker, 7);
	ck_assert_uint_eq(ask.workers, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("demand");
	TCase *t = tcase_create("demand");

	tcase_add_test(t, ports_once_each);
	tcase_add_test(t, needs_of_all);
	tcase_add_test(t, pods_of_the_largest_world);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
