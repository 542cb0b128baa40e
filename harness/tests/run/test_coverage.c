/* test_coverage.c - kinds of pairs, and what is counted. */
#include "../../run/coverage.h"
#include "np/base/json.h"
#include "../suite.h"

#define POD(n)                                                                                     \
	{                                                                                          \
		.name = {.is_pod = true, .node = NP_STR(n) }                                       \
	}
#define HOST(n)                                                                                    \
	{                                                                                          \
		.name = {.is_host = true, .node = NP_STR(n) }                                      \
	}

/* Two pods of node a, one of b, the agents of both, an address, a Service, a DNS pod. */
static struct np_rt_end ends[] = {
	POD("a"),
	POD("a"),
	POD("b"),
	HOST("a"),
	HOST("b"),
	{ .name = { .is_ext = true } },
	{ .name = { .is_service = true }, .dns = true },
	{ .name = { .node = NP_STR("a") }, .dns = true },
};

static const struct {
	size_t src, dst;
	enum np_pair pair;
} pairs[] = {
	{ 0, 1, NP_PAIR_SAME_NODE },	{ 0, 2, NP_PAIR_CROSS_NODE },
	{ 2, 1, NP_PAIR_CROSS_NODE },	{ 3, 0, NP_PAIR_HOST_POD },
	{ 4, 0, NP_PAIR_HOST_POD },	{ 0, 3, NP_PAIR_HOST_POD },
	{ 5, 0, NP_PAIR_EXTERNAL_POD }, { 0, 5, NP_PAIR_EXTERNAL_POD },
	{ 0, 6, NP_PAIR_SERVICE },	{ 0, 7, NP_PAIR_DNS },
};

START_TEST(kinds)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(pairs); i++)
		ck_assert_msg(np_pair_of(&ends[pairs[i].src], &ends[pairs[i].dst]) == pairs[i].pair,
			      "pair %zu is %s", i,
			      np_pair_name(np_pair_of(&ends[pairs[i].src], &ends[pairs[i].dst])));
}
END_TEST

/* Three pods, one port, both families: what was judged counts, whatever came of it. */
START_TEST(only_what_was_judged)
{
	uint8_t expected[18], looked[18] = { 0 };
	struct np_rt t = { .ends = ends,
			   .n_ends = 3,
			   .n_ports = 1,
			   .families = { 4, 6 },
			   .n_families = 2,
			   .n_cells = 18,
			   .expected = expected,
			   .looked = looked };
	struct np_coverage c = { 0 };
	json_t *got, *wanted;

	for (size_t i = 0; i < 18; i++)
		expected[i] = NP_NO_FLOW;
	for (size_t f = 0; f < 2; f++)
		for (size_t s = 0; s < 3; s++)
			for (size_t d = 0; d < 3; d++) {
				size_t i = np_rt_index(&t, (struct np_rt_cell){ f, 0, s, d });

				if (s == d)
					continue;
				expected[i] = (s + d) % 2 ? NP_ALLOW : NP_DENY;
				looked[i] = f == 0;
			}
	/* One is left open, one of IPv6 was looked at. */
	expected[np_rt_index(&t, (struct np_rt_cell){ 0, 0, 0, 2 })] = NP_UNDEF;
	looked[np_rt_index(&t, (struct np_rt_cell){ 1, 0, 1, 0 })] = 1;
	np_coverage_add(&c, &t);
	got = np_coverage_json(&c);
	wanted = np_json_pack("{s:{s:i, s:i}, s:{s:i, s:i}}", "same-node", "4", 2, "6", 1,
			      "cross-node", "4", 3, "6", 0);
	ck_assert(json_equal(got, wanted));
	json_decref(got);
	json_decref(wanted);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("coverage");
	TCase *t = tcase_create("coverage");

	tcase_add_test(t, kinds);
	tcase_add_test(t, only_what_was_judged);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
