/* suite.h - what the tests of every layer share: a suite from a list of tests, a scratch folder, files in it. */
#ifndef NP_TESTS_SUITE_H
#define NP_TESTS_SUITE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/base/file.h"
#include "np/base/mem.h"

#define SUITE_TIMEOUT_S 600 /* of a test; a bound, not a measure: sanitizers on a busy machine */
#define SUITE_FILE_MAX ((size_t)1 << 26)

/* For main(): its exit status. Takes @suite. */
static inline int run_suite(Suite *suite)
{
	SRunner *sr = srunner_create(suite);
	int n_failed;

	setvbuf(stdout, NULL, _IOLBF, 0); /* a test that fails ends at once */
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int run_tests(const char *name, const TTest *const *list, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, list[i]);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

/* The main() of a program that has nothing but these tests. */
#define RUN_TESTS(name, ...)                                       \
	int main(void)                                             \
	{                                                          \
		const TTest *list[] = { __VA_ARGS__ };             \
                                                                   \
		return run_tests(name, list, NP_ARRAY_SIZE(list)); \
	}

/* A new empty folder under TMPDIR, else /tmp; scratch_remove() it. */
static inline char *scratch_dir(void)
{
	struct np_err err = { 0 };
	char *dir = NULL;

	ck_assert_msg(np_dir_scratch("np-test", &dir, &err) == 0, "%s: %s", err.file, err.msg);
	return dir;
}

/* With all that is in it; frees the name. */
static inline void scratch_remove(char *dir)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_dir_remove(dir, &err) == 0, "%s: %s", dir, err.msg);
	free(dir);
}

static inline void write_file_mode(const char *dir, const char *name, const char *text, unsigned mode)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	np_auto_free char *folder = np_xstrdup(path);
	struct np_err err = { 0 };

	*strrchr(folder, '/') = '\0';
	ck_assert_msg(np_dir_make(folder, 0777, &err) == 0, "%s: %s", folder, err.msg);
	ck_assert_msg(np_file_write(path, text, strlen(text), mode, &err) == 0, "%s: %s", path, err.msg);
}

/* A file, with the folders in its name. */
static inline void write_file(const char *dir, const char *name, const char *text)
{
	write_file_mode(dir, name, text, 0666);
}

static inline void write_program(const char *dir, const char *name, const char *text)
{
	write_file_mode(dir, name, text, 0777);
}

/* The text of a file; free(3). */
static inline char *read_file(const char *dir, const char *name)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	struct np_buf b = { 0 };
	struct np_err err = { 0 };

	ck_assert_msg(np_file_read(path, SUITE_FILE_MAX, &b, &err) == 0, "%s: %s", path, err.msg);
	return np_buf_steal(&b);
}

#endif
