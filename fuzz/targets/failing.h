/*
 * failing.h - the n-th allocation of a library fails. Included by one file of a program: malloc(3),
 * calloc(3) and realloc(3) are defined here, before the C library's and before a sanitizer's, and
 * hand over to those. What our own code allocates (np/base/mem.h) does not count, and never fails:
 * the program is linked with FUZZ_FAILING of fuzz.mk. Under ASan strdup(3) does not fail either: it
 * is the sanitizer's.
 */
#ifndef NP_FUZZ_FAILING_H
#define NP_FUZZ_FAILING_H

#include <errno.h>

#include "fuzz.h"

static struct {
	bool armed;
	unsigned ours;	 /* calls of np/base/mem.h that we are in */
	unsigned left;	 /* allocations until one fails */
	unsigned failed; /* so many have */
	bool all;	 /* all the following, too */
} failing;

/* From now on the allocation after @n more fails, and with @all every one behind it. */
static inline void failing_start(unsigned n, bool all)
{
	failing.left = n;
	failing.failed = 0;
	failing.all = all;
	failing.armed = true;
}

/* How many have failed. */
static inline unsigned failing_stop(void)
{
	failing.armed = false;
	return failing.failed;
}

static inline bool failing_now(void)
{
	if (!failing.armed || failing.ours || (failing.failed && !failing.all))
		return false;
	if (failing.left) {
		failing.left--;
		return false;
	}
	failing.failed++;
	errno = ENOMEM;
	return true;
}

#define FAILING_REAL(type, name, args)                        \
	extern type __interceptor_##name args __attribute__((weak)); \
	extern type __libc_##name args
FAILING_REAL(void *, malloc, (size_t));
FAILING_REAL(void *, calloc, (size_t, size_t));
FAILING_REAL(void *, realloc, (void *, size_t));

void *malloc(size_t n)
{
	if (failing_now())
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(n) : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	if (failing_now())
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(n, size) : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	if (failing_now())
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(p, n) : __libc_realloc(p, n);
}

/* ---- ours ---- */

#define FAILING_OURS(name, params, args)      \
	void *__real_##name params;           \
	void *__wrap_##name params;           \
	void *__wrap_##name params            \
	{                                     \
		void *p_;                     \
                                              \
		failing.ours++;               \
		p_ = __real_##name args;      \
		failing.ours--;               \
		return p_;                    \
	}
FAILING_OURS(np_xmalloc, (size_t a), (a))
FAILING_OURS(np_xcalloc, (size_t a, size_t b), (a, b))
FAILING_OURS(np_xrealloc, (void *p, size_t a, size_t b), (p, a, b))
FAILING_OURS(np_xstrdup, (const char *p), (p))
FAILING_OURS(np_xstrndup, (const char *p, size_t a), (p, a))
FAILING_OURS(np_xvasprintf, (const char *p, va_list ap), (p, ap))
FAILING_OURS(np_grow, (void *p, size_t *cap, size_t a, size_t b), (p, cap, a, b))

char *__wrap_np_xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *__wrap_np_xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = __wrap_np_xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

#endif
