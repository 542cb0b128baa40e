/*
 * test_fleet_patience.c - streams that break or cannot be opened at once: opened again, what was lost
 * probed again, and given up for good in bounded time, never as denied.
 */
#include "fleet_fake.h"

#define PATIENCE_MS 20000

/* One fake agent, two probes of it. */
struct lone {
	struct np_fleet *fleet;
	size_t agent;
	struct np_fleet_probe probes[2];
};

static struct lone lone_start(int patience_ms)
{
	struct lone l = { .fleet = np_fleet_new(NULL, NULL) };

	np_fleet_set_patience(l.fleet, patience_ms);
	l.agent = add_agent(l.fleet, "fake");
	l.probes[0] = l.probes[1] = probe_to(l.agent, V4_A, 8000, "x/real");
	return l;
}

/* It answers the first probe of every batch and closes: the second is lost, asked again, answered. */
START_TEST(lost_probes_are_made_again)
{
	struct fake f = { .hello = HELLO, .answer = DROPPED("0"), .then = THEN_CLOSE };
	struct np_fleet_stats st;
	struct lone l;

	fake_start(&f, "fake");
	l = lone_start(PATIENCE_MS);
	check_ready(l.fleet);
	run_probes(l.fleet, l.probes, 2, 5000);
	check_outcome(&l.probes[0], NP_OUT_DROPPED);
	check_outcome(&l.probes[1], NP_OUT_DROPPED);
	np_fleet_get_stats(l.fleet, &st);
	ck_assert_uint_eq(st.probes_again, 1);
	ck_assert_uint_eq(st.streams_lost, 1);
	ck_assert_uint_eq(st.agents, 1);
	np_fleet_free(l.fleet);
	fake_stop(&f);
}
END_TEST

/* It closes without an answer, whenever asked: that ends, and is an error. */
START_TEST(lost_again_and_again)
{
	struct fake f = { .hello = HELLO, .answer = NULL, .then = THEN_CLOSE };
	struct np_fleet_stats st;
	struct lone l;

	fake_start(&f, "fake");
	l = lone_start(PATIENCE_MS);
	check_ready(l.fleet);
	run_probes(l.fleet, l.probes, 2, 5000);
	check_outcome(&l.probes[0], NP_OUT_ERROR);
	check_outcome(&l.probes[1], NP_OUT_ERROR);
	np_fleet_get_stats(l.fleet, &st);
	ck_assert_uint_eq(st.probes_again, 4);
	ck_assert_uint_eq(st.batches, 3);
	np_fleet_free(l.fleet);
	fake_stop(&f);
}
END_TEST

static void *start_late(void *arg)
{
	np_sleep_ms(700);
	fake_start(arg, "fake");
	return NULL;
}

/* Nobody listens yet. */
START_TEST(an_agent_that_comes_late)
{
	struct fake f = { .hello = HELLO, .answer = ALLOWED("0") ALLOWED("1") "done #\n" };
	struct lone l = lone_start(PATIENCE_MS);
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, start_late, &f), 0);
	check_ready(l.fleet);
	pthread_join(t, NULL);
	run_probes(l.fleet, l.probes, 2, 5000);
	check_outcome(&l.probes[0], NP_OUT_ALLOWED);
	check_outcome(&l.probes[1], NP_OUT_ALLOWED);
	np_fleet_free(l.fleet);
	fake_stop(&f);
}
END_TEST

START_TEST(an_agent_that_never_comes)
{
	struct lone l = lone_start(1500);
	struct np_err err = { 0 }, why = { 0 };
	size_t agent = 77;

	ck_assert_uint_eq(np_fleet_lost(l.fleet, &agent, &why), 0);
	ck_assert_int_eq(np_fleet_ready(l.fleet, 1000, &err), -1);
	ck_assert_msg(strstr(err.msg, "cannot reach the agent of 'fake'"), "%s", err.msg);
	ck_assert_uint_eq(np_fleet_lost(l.fleet, &agent, &why), 1);
	ck_assert_uint_eq(agent, l.agent);
	ck_assert_str_ne(why.msg, "");
	run_probes(l.fleet, l.probes, 2, 200);
	check_outcome(&l.probes[0], NP_OUT_ERROR);
	ck_assert_uint_eq(np_fleet_lost(l.fleet, &agent, &why), 1);
	np_fleet_free(l.fleet);
}
END_TEST

/* It comes back after it was given up: the next batch finds it. */
START_TEST(given_up_and_back)
{
	struct fake f = { .hello = HELLO, .answer = ALLOWED("0") ALLOWED("1") "done #\n" };
	struct lone l = lone_start(500);
	struct np_err err = { 0 };
	size_t agent;

	ck_assert_int_eq(np_fleet_ready(l.fleet, 200, &err), -1);
	fake_start(&f, "fake");
	run_probes(l.fleet, l.probes, 2, 5000);
	check_outcome(&l.probes[0], NP_OUT_ALLOWED);
	ck_assert_uint_eq(np_fleet_lost(l.fleet, &agent, &err), 0);
	np_fleet_free(l.fleet);
	fake_stop(&f);
}
END_TEST

static void *raise_later(void *arg)
{
	np_sleep_ms(300);
	atomic_store((atomic_int *)arg, 1);
	return NULL;
}

START_TEST(cancelled_while_waiting_to_try_again)
{
	atomic_int cancel = 0;
	struct np_fleet *f = np_fleet_new(NULL, &cancel);
	struct np_err err = { 0 };
	pthread_t t;

	np_fleet_set_patience(f, PATIENCE_MS);
	add_agent(f, "nobody");
	ck_assert_int_eq(pthread_create(&t, NULL, raise_later, &cancel), 0);
	ck_assert_int_eq(np_fleet_ready(f, PATIENCE_MS, &err), -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	pthread_join(t, NULL);
	np_fleet_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fleet patience");
	int missing = rig_enter();

	if (missing)
		return missing;
	ADD(suite, "patience", lost_probes_are_made_again, lost_again_and_again,
	    an_agent_that_comes_late, an_agent_that_never_comes, given_up_and_back,
	    cancelled_while_waiting_to_try_again);
	return rig_run(suite);
}
