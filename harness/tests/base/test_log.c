/* test_log.c - tests of base/log. */
#include <pthread.h>

#include "base_test.h"
#include "np/base/log.h"

#define N_LINES 200

static void say_all(void *arg)
{
	np_log_level = *(enum np_loglevel *)arg;
	np_log_warn("w %d", 1);
	np_log_info("i %s", "2");
	np_log_debug("d\x1b[2J\nforged: %s", "\xff");
}

START_TEST(levels)
{
	static const char *const want[] = {
		[NP_LOG_QUIET] = "",
		[NP_LOG_WARN] = "netpolcheck: warning: w 1\n",
		[NP_LOG_INFO] = "netpolcheck: warning: w 1\nnetpolcheck: i 2\n",
		[NP_LOG_DEBUG] = ("netpolcheck: warning: w 1\nnetpolcheck: i 2\n"
				  "netpolcheck: debug: d\\x1b[2J\\x0aforged: \\xff\n"),
	};

	ck_assert_int_eq(np_log_level, NP_LOG_WARN);
	for (int level = NP_LOG_QUIET; level <= NP_LOG_DEBUG; level++) {
		enum np_loglevel l = (enum np_loglevel)level;
		struct np_buf text = { 0 };

		ck_assert_int_eq(in_child(say_all, &l, &text), 0);
		ck_assert_str_eq(np_buf_text(&text), want[level]);
		np_buf_release(&text);
	}
}
END_TEST

static void *say_often(void *arg)
{
	for (int i = 0; i < N_LINES; i++)
		np_log_warn("%s", (const char *)arg);
	return NULL;
}

static void from_threads(void *arg)
{
	static char a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static char b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	pthread_t t;

	(void)arg;
	pthread_create(&t, NULL, say_often, a);
	say_often(b);
	pthread_join(t, NULL);
}

START_TEST(lines_stay_whole)
{
	struct np_buf text = { 0 };
	int n = 0;

	ck_assert_int_eq(in_child(from_threads, NULL, &text), 0);
	for (char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1, n++) {
		struct np_str s = { line, (size_t)(end - line) };

		ck_assert(np_str_starts(s, "netpolcheck: warning: "));
		ck_assert_uint_eq(s.n, strlen("netpolcheck: warning: ") + 49);
		ck_assert_int_eq(s.p[s.n - 1], s.p[s.n - 49]);
	}
	ck_assert_int_eq(n, 2 * N_LINES);
	np_buf_release(&text);
}
END_TEST

RUN_TESTS("log", levels, lines_stay_whole)
