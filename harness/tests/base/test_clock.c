/* test_clock.c - tests of base/clock. */
#include <regex.h>
#include <signal.h>
#include <sys/time.h>

#include "base_test.h"
#include "np/base/clock.h"

START_TEST(monotonic)
{
	int64_t before = np_now_us(), now;

	for (int i = 0; i < 10000; i++) {
		now = np_now_us();
		ck_assert_int_ge(now, before);
		before = now;
	}
	ck_assert_int_ge(np_now_ms(), before / 1000);
}
END_TEST

static void ignore_alarm(int sig)
{
	(void)sig;
}

/* Only lower bounds: how late the machine wakes us is not ours to promise. */
START_TEST(sleep_is_not_cut_short_by_signals)
{
	struct sigaction sa = { .sa_handler = ignore_alarm }, old;
	struct itimerval every_ms = { .it_interval = { 0, 1000 }, .it_value = { 0, 1000 } };
	struct itimerval off = { 0 };
	int64_t start_us = np_now_us();

	sigaction(SIGALRM, &sa, &old);
	setitimer(ITIMER_REAL, &every_ms, NULL);
	np_sleep_ms(30);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &old, NULL);
	ck_assert_int_ge(np_now_us() - start_us, 30000);
	np_sleep_ms(0);
	np_sleep_ms(-5);
}
END_TEST

START_TEST(wall_text)
{
	char buf[32], tiny[8];
	regex_t re;

	ck_assert_int_eq(regcomp(&re, "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9][.][0-9]{3}Z$",
				 REG_EXTENDED | REG_NOSUB), 0);
	ck_assert_ptr_eq(np_wall_text(buf, sizeof(buf)), buf);
	ck_assert_msg(regexec(&re, buf, 0, NULL, 0) == 0, "%s", buf);
	regfree(&re);
	np_wall_text(tiny, sizeof(tiny));
	ck_assert_uint_lt(strlen(tiny), sizeof(tiny));
}
END_TEST

START_TEST(wall_text_is_utc)
{
	char buf[32], day[16];
	time_t before = time(NULL);
	struct tm tm;

	setenv("TZ", "Pacific/Kiritimati", 1);
	np_wall_text(buf, sizeof(buf));
	gmtime_r(&before, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H", &tm);
	/* The hour may turn between the two looks, once. */
	if (strncmp(buf, day, strlen(day)) != 0) {
		before = time(NULL);
		gmtime_r(&before, &tm);
		strftime(day, sizeof(day), "%Y-%m-%dT%H", &tm);
	}
	ck_assert_msg(strncmp(buf, day, strlen(day)) == 0, "%s, not %s", buf, day);
}
END_TEST

START_TEST(backoff_doubles_to_the_deadline)
{
	struct np_backoff b;
	int64_t start_us = np_now_us();
	int n = 0;

	np_backoff_init(&b, 1000, 4000, 20000);
	ck_assert_int_eq(b.pause_us, 1000);
	while (np_backoff_wait(&b)) {
		n++;
		ck_assert_int_eq(b.pause_us, n == 1 ? 2000 : 4000);
		ck_assert_int_le(n, 7);	/* 1 + 2 + 4 + 4 + 4 + 4 + rest */
	}
	ck_assert_int_ge(n, 1);
	ck_assert_int_ge(np_now_us() - start_us, 20000);
	ck_assert_int_eq(np_backoff_wait(&b), 0);
}
END_TEST

START_TEST(backoff_without_time)
{
	struct np_backoff b;

	np_backoff_init(&b, 1000, 4000, 0);
	ck_assert_int_eq(np_backoff_wait(&b), 0);
	np_backoff_init(&b, 1000, 4000, -1);
	ck_assert_int_eq(np_backoff_wait(&b), 0);
	np_backoff_init(&b, 0, -1, 5);	/* nonsense pauses still end */
	for (int i = 0; np_backoff_wait(&b); i++)
		ck_assert_int_lt(i, 10);
}
END_TEST

RUN_TESTS("clock", monotonic, sleep_is_not_cut_short_by_signals, wall_text, wall_text_is_utc,
	  backoff_doubles_to_the_deadline, backoff_without_time)
