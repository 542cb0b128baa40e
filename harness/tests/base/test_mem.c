/* test_mem.c - tests of base/mem. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#include "base_test.h"

static void huge_malloc(void *arg)
{
	(void)arg;
	free(np_xmalloc(SIZE_MAX));
}

static void overflow_calloc(void *arg)
{
	(void)arg;
	free(np_xcalloc(SIZE_MAX / 2 + 1, 2));
}

static void overflow_realloc(void *arg)
{
	(void)arg;
	free(np_xrealloc(NULL, SIZE_MAX / 4, 8));
}

static void overflow_grow(void *arg)
{
	size_t cap = 0;

	(void)arg;
	free(np_grow(NULL, &cap, SIZE_MAX - 1, 1));
}

START_TEST(exhaustion_ends_the_program)
{
	void (*const cases[])(void *) = { huge_malloc, overflow_calloc, overflow_realloc, overflow_grow };

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++)
		assert_dies(cases[i], NULL, "netpolcheck: out of memory");
}
END_TEST

START_TEST(nothing_is_not_null)
{
	void *p[] = { np_xmalloc(0), np_xcalloc(0, 8), np_xcalloc(8, 0), np_xrealloc(NULL, 0, 8) };

	for (size_t i = 0; i < NP_ARRAY_SIZE(p); i++) {
		ck_assert_ptr_nonnull(p[i]);
		free(p[i]);
	}
}
END_TEST

START_TEST(strings)
{
	np_auto_free char *a = np_xstrdup("abc");
	np_auto_free char *b = np_xstrndup("abcdef", 3);
	np_auto_free char *c = np_xstrndup("ab", 99);
	np_auto_free char *d = np_xasprintf("%s-%d", "x", 42);

	ck_assert_str_eq(a, "abc");
	ck_assert_str_eq(b, "abc");
	ck_assert_str_eq(c, "ab");
	ck_assert_str_eq(d, "x-42");
}
END_TEST

START_TEST(calloc_is_zero)
{
	np_auto_free unsigned char *p = np_xcalloc(100, 10);

	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(p[i], 0);
}
END_TEST

START_TEST(growing)
{
	size_t cap = 0, n = 0;
	int *v = NULL;

	while (n < 10000) {
		v = np_grow(v, &cap, n, sizeof(*v));
		ck_assert_uint_gt(cap, n);
		v[n] = (int)n;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(v[i], (int)i);
	free(v);
}
END_TEST

START_TEST(growing_far)
{
	size_t cap = 0;
	char *v = np_grow(NULL, &cap, 5000, 1);

	ck_assert_uint_gt(cap, 5000);
	v[5000] = 1;
	free(v);
}
END_TEST

static int guarded_fd(void)
{
	np_auto_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	errno = EPROTO;
	return fd;
}

START_TEST(fd_is_closed_and_errno_kept)
{
	int fd = guarded_fd();

	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

START_TEST(stealing)
{
	np_auto_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	np_auto_free char *p = np_xstrdup("kept");
	char *q = np_steal(p);
	int f = np_steal_fd(&fd);

	ck_assert_ptr_null(p);
	ck_assert_str_eq(q, "kept");
	ck_assert_int_eq(fd, -1);
	ck_assert_int_ge(f, 0);
	ck_assert_int_eq(close(f), 0);
	free(q);
}
END_TEST

RUN_TESTS("mem", exhaustion_ends_the_program, nothing_is_not_null, strings, calloc_is_zero, growing, growing_far,
	  fd_is_closed_and_errno_kept, stealing)
