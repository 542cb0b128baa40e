/* test_watchdog.c - one flag for two reasons to stop: the user's, and a sandbox that is dead. */
#include <unistd.h>

#include "../../run/watchdog.h"
#include "np/base/clock.h"
#include "../suite.h"

static int ends[2];
static atomic_int user;
static struct np_watchdog dog;

static void setup(void)
{
	struct np_err err = { 0 };

	atomic_store(&user, 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_msg(np_watchdog_start(&dog, ends[0], &user, &err) == 0, "%s", err.msg);
}

static void teardown(void)
{
	np_watchdog_stop(&dog);
	close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
}

/* Bounded; what it waits for comes within a tenth of a second on an idle machine. */
static void wait_cancel(void)
{
	for (int i = 0; i < 1000 && !atomic_load(&dog.cancel); i++)
		np_sleep_ms(10);
}

START_TEST(nothing_happens)
{
	np_sleep_ms(250);
	ck_assert_int_eq(atomic_load(&dog.cancel), 0);
	np_watchdog_stop(&dog);
	ck_assert_int_eq(atomic_load(&dog.cancel) + atomic_load(&dog.dead), 0);
}
END_TEST

START_TEST(the_user_has_had_enough)
{
	atomic_store(&user, 2);
	wait_cancel();
	ck_assert_int_eq(atomic_load(&dog.cancel), 2);
	ck_assert_int_eq(atomic_load(&dog.dead), 0);
}
END_TEST

START_TEST(the_sandbox_is_dead)
{
	close(ends[1]);
	ends[1] = -1;
	wait_cancel();
	ck_assert_int_eq(atomic_load(&dog.cancel), 1);
	ck_assert_int_eq(atomic_load(&dog.dead), 1);
	ck_assert_int_eq(atomic_load(&user), 0);
}
END_TEST

START_TEST(never_started)
{
	struct np_watchdog none = { 0 };

	np_watchdog_stop(&none);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watchdog");
	TCase *t = tcase_create("watchdog");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_happens);
	tcase_add_test(t, the_user_has_had_enough);
	tcase_add_test(t, the_sandbox_is_dead);
	tcase_add_test(t, never_started);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
