/* base_test.h - private to the tests of base: functions in a child. */
#ifndef NP_TESTS_BASE_TEST_H
#define NP_TESTS_BASE_TEST_H

#include <sys/wait.h>
#include <unistd.h>

#include "../suite.h"

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

#endif
