/* mem.c - allocation that ends the program on exhaustion. */
#include "np/base/mem.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "die.h"

#define NP_EXIT_BROKEN 3

_Noreturn void np_die(const char *what)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "netpolcheck: %.120s\n", what);

	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		_exit(NP_EXIT_BROKEN);	/* nowhere left to complain */
	_exit(NP_EXIT_BROKEN);
}

/* Sizes no malloc can serve are refused here, so that a sanitizer's allocator never sees them. */
static size_t checked_size(size_t n, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(n, bytes, &total) || total > PTRDIFF_MAX)
		np_die("out of memory: impossible size");
	return total ? total : 1;
}

void np_no_memory(void)
{
	np_die("out of memory");
}

static void *checked(void *p)
{
	if (!p)
		np_no_memory();
	return p;
}

void *np_xmalloc(size_t bytes)
{
	return checked(malloc(checked_size(1, bytes)));
}

void *np_xcalloc(size_t n, size_t bytes)
{
	return checked(calloc(1, checked_size(n, bytes)));
}

void *np_xrealloc(void *p, size_t n, size_t bytes)
{
	return checked(realloc(p, checked_size(n, bytes)));
}

char *np_xstrdup(const char *s)
{
	return np_xstrndup(s, strlen(s));
}

char *np_xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = np_xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *np_xvasprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		np_die("out of memory");
	return s;
}

char *np_xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = np_xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void *np_grow(void *items, size_t *cap, size_t n, size_t bytes)
{
	size_t want;

	if (n < *cap)
		return items;
	if (n >= SIZE_MAX / 2)
		np_die("out of memory: impossible size");
	want = *cap < 8 ? 8 : *cap + *cap / 2;
	if (want <= n)
		want = n + 1;
	items = np_xrealloc(items, want, bytes);
	*cap = want;
	return items;
}

void np_cleanup_free(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

void np_cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}
