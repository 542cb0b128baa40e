/* model_test.h - private to the tests of model: one suite from a list of tests. */
#ifndef NP_TESTS_MODEL_TEST_H
#define NP_TESTS_MODEL_TEST_H

#include <check.h>

#include "np/base/mem.h"
#include "np/base/str.h"

#define RUN_TESTS(name, ...)                                       \
	int main(void)                                             \
	{                                                          \
		const TTest *list[] = { __VA_ARGS__ };             \
                                                                   \
		return run_tests(name, list, NP_ARRAY_SIZE(list)); \
	}

static inline int run_tests(const char *name, const TTest *const *list, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *sr = srunner_create(suite);
	int n_failed;

	tcase_set_timeout(tc, 120);	/* a bound, not a measure: sanitizers on a busy machine */
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, list[i]);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}


#endif
