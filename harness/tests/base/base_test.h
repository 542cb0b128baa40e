/* base_test.h - private to the tests of base: one suite from a list of tests, children, temporary folders. */
#ifndef NP_TESTS_BASE_TEST_H
#define NP_TESTS_BASE_TEST_H

#include <check.h>
#include <sys/wait.h>
#include <unistd.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/base/file.h"
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

	tcase_set_timeout(tc, 120);	/* a bound, not a measure: sanitizers on a busy machine */
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, list[i]);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Runs @f in a child; its exit status, or -1 for a signal. What it says to stderr is added to @err_text. */
static inline int in_child(void (*f)(void *), void *arg, struct np_buf *err_text)
{
	char bytes[512];
	int fds[2], status = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		f(arg);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], bytes, sizeof(bytes))) > 0)
		np_buf_add(err_text, bytes, (size_t)n);
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Asserts that @f ends the program with status 3 and a line that contains @why. */
static inline void assert_dies(void (*f)(void *), void *arg, const char *why)
{
	struct np_buf text = { 0 };

	ck_assert_int_eq(in_child(f, arg, &text), 3);
	ck_assert_ptr_nonnull(strstr(np_buf_text(&text), why));
	np_buf_release(&text);
}

/* A new empty folder; free(3) the name. Under TMPDIR, else /tmp. */
static inline char *temp_dir(void)
{
	const char *base = getenv("TMPDIR");
	char *name = np_xasprintf("%s/np-base-XXXXXX", base && *base ? base : "/tmp");

	ck_assert_ptr_nonnull(mkdtemp(name));
	return name;
}

static inline void drop_temp_dir(char *name)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_dir_remove(name, &err) == 0, "%s: %s", name, err.msg);
	free(name);
}

#endif
