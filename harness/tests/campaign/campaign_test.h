/* campaign_test.h - what the tests of the campaign layer share. */
#ifndef NP_CAMPAIGN_TEST_H
#define NP_CAMPAIGN_TEST_H

#include <check.h>
#include <stdlib.h>

#include "np/base/buf.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define RUN_TESTS(name, ...)                                                                       \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *list[] = { __VA_ARGS__ };                                             \
                                                                                                   \
		return run_tests(name, list, NP_ARRAY_SIZE(list));                                 \
	}

static inline int run_tests(const char *name, const TTest *const *list, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *sr = srunner_create(suite);
	int n_failed;

	tcase_set_timeout(tc, 120); /* a bound, not a measure */
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, list[i]);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline char *scratch_dir(void)
{
	char *dir = np_xstrdup("/tmp/np-test-XXXXXX");

	ck_assert_ptr_nonnull(mkdtemp(dir));
	return dir;
}

static inline void scratch_remove(char *dir)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_dir_remove(dir, &err) == 0, "%s", err.msg);
	free(dir);
}

static inline char *slurp(const char *dir, const char *name)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	struct np_buf b = { 0 };
	struct np_err err = { 0 };

	ck_assert_msg(np_file_read(path, 1 << 20, &b, &err) == 0, "%s: %s", path, err.msg);
	return np_buf_steal(&b);
}

#endif
