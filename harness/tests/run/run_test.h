/* run_test.h - what the tests of the run layer share: a scratch folder, and the usual main(). */
#ifndef NP_RUN_TEST_H
#define NP_RUN_TEST_H

#include <check.h>
#include <stdlib.h>

#include "np/base/file.h"
#include "np/base/mem.h"

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

static inline void write_file(const char *dir, const char *name, const char *text)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	np_auto_free char *folder = np_xstrdup(path);
	struct np_err err = { 0 };

	*strrchr(folder, '/') = '\0';
	ck_assert(np_dir_make(folder, 0777, &err) == 0);
	ck_assert_msg(np_file_write(path, text, strlen(text), 0666, &err) == 0, "%s", err.msg);
}

static inline int run_suite(Suite *suite)
{
	SRunner *sr = srunner_create(suite);
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
