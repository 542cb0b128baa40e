/* parse_test.h - private to the tests of parse: one suite from a list of tests, small helpers. */
#ifndef NP_TESTS_PARSE_TEST_H
#define NP_TESTS_PARSE_TEST_H

#include <check.h>

#include "np/base/buf.h"
#include "np/base/mem.h"
#include "np/parse/encode.h"
#include "np/parse/read.h"

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

	tcase_set_timeout(tc, 300);	/* a bound, not a measure: sanitizers on a busy machine */
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, list[i]);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* "line:column: path: message" of @err, or "ok". */
static inline const char *outcome(int failed, const struct np_err *err)
{
	static char text[NP_ERR_TEXT_MAX];
	struct np_err copy;

	if (!failed)
		return "ok";
	copy = *err;
	copy.file[0] = '\0';
	np_err_text(&copy, text, sizeof(text));
	return copy.line ? text + strlen("line ") : text;
}

/* The documents of a text as compact JSON, one a line, or the outcome of a failed read. In a buffer of its own. */
static inline const char *as_json(bool json, struct np_str text, unsigned flags)
{
	static struct np_buf out;
	const struct np_read_opts opts = { .many = true };
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };

	if ((json ? np_read_json : np_read_yaml)(text, &opts, &docs, &err))
		return outcome(-1, &err);
	np_buf_clear(&out);
	for (size_t i = 0; i < docs.n; i++) {
		if (i)
			np_buf_addc(&out, '\n');
		if (np_encode_json(&docs.items[i].root, flags, &out, &err))
			np_buf_adds(&out, outcome(-1, &err));
	}
	np_docs_release(&docs);
	return np_buf_text(&out);
}

#endif
