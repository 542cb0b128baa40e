/* What is said of a new world that is not open; the looks are made. */
#include "../../run/opening.h"
#include "../../run/settle.h"
#include "../suite.h"

static bool (*answers)(struct np_rt_cell c);
static struct np_settle came; /* what looking came to, but for what the table says */

static void make_table(struct np_rt *t)
{
	static const char *const names[] = { "x/a", "x/b", "y/a", "node/a" };

	*t = (struct np_rt){ .n_ends = 4, .n_ports = 1, .n_families = 1, .families = { 4, 0 },
			     .n_cells = 16 };
	t->ends = np_arena_array(&t->arena, 4, sizeof(*t->ends));
	t->ports = np_arena_array(&t->arena, 1, sizeof(*t->ports));
	t->ports[0] = (struct np_probe_port){ NP_TCP, 80 };
	t->expected = np_xcalloc(t->n_cells, 1);
	t->looked = np_xcalloc(t->n_cells, 1);
	t->seen = np_xcalloc(t->n_cells, sizeof(*t->seen));
	for (size_t i = 0; i < 4; i++)
		t->ends[i].name = (struct np_end_name){ .name = np_str_from(names[i]),
							.is_pod = i < 3, .is_host = i == 3 };
	for (size_t i = 0; i < t->n_cells; i++) {
		struct np_rt_cell c = np_rt_cell(t, i);

		t->expected[i] = c.src == c.dst ? NP_NO_FLOW : NP_ALLOW;
	}
}

/* Only calls are replaced. */
static int made_settle(struct np_rt *t, struct np_settle *io)
{
	came.change_us = io->change_us;
	*io = came;
	for (size_t i = 0; i < t->n_cells; i++) {
		t->looked[i] = t->expected[i] != NP_NO_FLOW;
		t->seen[i].outcome = answers(np_rt_cell(t, i)) ? NP_OUT_ALLOWED : NP_OUT_DROPPED;
		io->wrong += t->looked[i] && np_rt_wrong(t, i);
	}
	io->right = !io->wrong && !io->network_failed && !io->transient;
	return 0;
}

static bool all(struct np_rt_cell c)
{
	return c.src != c.dst;
}

static bool from_hosts(struct np_rt_cell c)
{
	return c.src == 3;
}

static bool not_to_b(struct np_rt_cell c)
{
	return c.dst != 1 || c.src == 3;
}

static bool not_from_a_to_b(struct np_rt_cell c)
{
	return c.src != 0 || c.dst != 1;
}

#define np_session_read(s, ret, err) ((void)(s), (void)(err), np_world_init(ret), 0)
#define np_rt_init(t, s, w, o, c) ((void)(c), make_table(t))
#define np_settle(t, s, io, err) made_settle(t, io)
#include "../../run/opening.c"

static const struct {
	bool (*answers)(struct np_rt_cell c);
	struct np_settle came;
	const char *why; /* "": open */
} looks[] = {
	{ all, { .looks = 2 }, "" },
	{ all, { .right = false, .transient = 3 }, "" }, /* at the very last */
	{ from_hosts, { .looks = 9 },
	  "new pods (x/a, x/b, y/a) cannot be reached by anybody before any policy is in place: "
	  "the agent does not follow new pods (S01)" },
	{ not_to_b, { .looks = 9 },
	  "new pods (x/b) cannot be reached by anybody before any policy is in place: the agent "
	  "does not follow new pods (S01)" },
	{ not_from_a_to_b, { .looks = 9 },
	  "1 of 12 connections of new pods do not work before any policy is in place (the first: "
	  "x/a -> x/b TCP:80: dropped): the agent does not follow new pods, or the pod network "
	  "does not work (S01)" },
	{ from_hosts, { .network_failed = true },
	  "the control pods, which no policy touches, do not reach each other" },
	{ from_hosts, { .disturbed = NP_SETTLE_DISTURBED_MAX + 1 },
	  "the way to the agents or the API server was gone 9 times" },
	{ not_from_a_to_b, { .errors = 1 }, "probes of a new world could not be made (1)" },
};

START_TEST(a_new_world_is_open_or_the_cause_is_said)
{
	struct np_session s = { .fixture = NULL };
	struct np_err err = { 0 };
	char why[300] = "";
	bool open = looks[_i].why[0] != '\0';

	answers = looks[_i].answers;
	came = looks[_i].came;
	ck_assert_int_eq(np_opening_look(&s, 1000, &open, why, sizeof(why), &err), 0);
	ck_assert_str_eq(why, looks[_i].why);
	ck_assert_int_eq(open, !looks[_i].why[0]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opening");
	TCase *tc = tcase_create("opening");

	tcase_add_loop_test(tc, a_new_world_is_open_or_the_cause_is_said, 0,
			    NP_ARRAY_SIZE(looks));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
