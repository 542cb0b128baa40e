/* run_test.h - what the tests of the run layer share: files with their folders. */
#ifndef NP_RUN_TEST_H
#define NP_RUN_TEST_H

#include "../suite.h"

static inline void write_file(const char *dir, const char *name, const char *text)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);
	np_auto_free char *folder = np_xstrdup(path);
	struct np_err err = { 0 };

	*strrchr(folder, '/') = '\0';
	ck_assert(np_dir_make(folder, 0777, &err) == 0);
	ck_assert_msg(np_file_write(path, text, strlen(text), 0666, &err) == 0, "%s", err.msg);
}

#endif
