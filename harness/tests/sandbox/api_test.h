/* api_test.h - one suite from a list of tests, for the tests of the sandbox's API half. */
#ifndef NP_TESTS_API_TEST_H
#define NP_TESTS_API_TEST_H

#include <check.h>
#include <jansson.h>

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define RUN_TESTS(name, ...)                                                             \
	int main(void)                                                                   \
	{                                                                                \
		const TTest *list[] = { __VA_ARGS__ };                                   \
                                                                                         \
		return run_tests(name, list, NP_ARRAY_SIZE(list));                       \
	}

static inline int run_tests(const char *name, const TTest *const *list, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *sr = srunner_create(suite);
	int n_failed;

	tcase_set_timeout(tc, 180);	/* a bound, not a measure: sanitizers on a busy machine */
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, list[i]);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* JSON with ' for ", for tables that can be read. New reference. */
static inline json_t *J(const char *text)
{
	char *copy = np_xstrdup(text);
	struct np_err err = { 0 };
	json_t *v;

	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	v = np_json_parse(copy, strlen(copy), &err);
	ck_assert_msg(v != NULL, "%s in %s", err.msg, text);
	free(copy);
	return v;
}

/* Sorted text with ' for "; heap. */
static inline char *T(const json_t *v)
{
	struct np_buf b = { 0 };

	if (!v)
		return np_xstrdup("(null)");
	np_json_dump(v, 1, &b);
	for (char *p = b.data; *p; p++) {
		if (*p == '"')
			*p = '\'';
	}
	return np_buf_steal(&b);
}

/* Equal but for the order of keys. */
static inline void assert_json(const json_t *have, const char *want, const char *where)
{
	json_t *w = J(want);
	char *a = T(have), *b = T(w);

	ck_assert_msg(strcmp(a, b) == 0, "%s:\nhave %s\nwant %s", where, a, b);
	free(a);
	free(b);
	json_decref(w);
}

#endif
