/* test_progress.c - the line that says how far a run is. */
#include "np/base/utf8.h"
#include "np/report/progress.h"
#include "report_test.h"

START_TEST(texts)
{
	static const struct {
		struct np_run_progress p;
		const char *text;
	} all[] = {
		{ { .n_cases = 120, .stage = "control", .elapsed_ms = 1250 },
		  "[  0/120] control, 1.2 s" },
		{ { .n_cases = 5 }, "[  0/5] starting, 0.0 s" },
		{ { .n_done = 2,
		    .n_cases = 9,
		    .id = "a/b",
		    .by_result = { 1, 1, 0 },
		    .elapsed_ms = 3000 },
		  "[  2/9] 1 passed, 1 failed, 0 skipped, 3.0 s: a/b" },
		{ { .n_done = 3,
		    .n_cases = 9,
		    .id = "a/b",
		    .by_result = { 1, 1, 1 },
		    .elapsed_ms = 3000 },
		  "[  3/9] 1 passed, 1 failed, 1 skipped, 3.0 s, about 6 s left: a/b" },
		{ { .n_done = 9, .n_cases = 9, .id = "a/b", .by_result = { 9 }, .elapsed_ms = 900 },
		  "[  9/9] 9 passed, 0 failed, 0 skipped, 0.9 s: a/b" },
		{ { .n_done = 4, .n_cases = 4, .id = "a\n\033[2Jb" },
		  "[  4/4] 0 passed, 0 failed, 0 skipped, 0.0 s: a\\x0a\\x1b[2Jb" },
	};
	char buf[200];

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++)
		ck_assert_str_eq(np_progress_text(&all[i].p, buf, sizeof(buf)), all[i].text);
}
END_TEST

START_TEST(any_width)
{
	const struct np_run_progress p = { .n_done = 1,
					   .n_cases = 2,
					   .id = "\303\244\303\244\360\237\230\200/\303\244" };
	char whole[200];

	np_progress_text(&p, whole, sizeof(whole));
	for (size_t size = 1; size < sizeof(whole); size++) {
		char buf[200];

		memset(buf, 'x', sizeof(buf));
		np_progress_text(&p, buf, size);
		ck_assert_uint_lt(strlen(buf), size);
		/* No more is cut off than the part of a character that does not fit. */
		ck_assert(strlen(buf) + 4 >= size || strcmp(buf, whole) == 0);
		ck_assert(strncmp(buf, whole, strlen(buf)) == 0);
		ck_assert(np_utf8_valid(np_str_from(buf)));
		ck_assert(buf[size] == 'x');
	}
}
END_TEST

RUN_TESTS("progress", texts, any_width)
