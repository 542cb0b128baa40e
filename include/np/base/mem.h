/* mem.h - layer base: allocation that ends the program on exhaustion, and clean-up attributes. */
#ifndef NP_BASE_MEM_H
#define NP_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#define NP_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Every input is size-limited at the door, so exhaustion means a broken machine: print one line, exit 3. */
void *np_xmalloc(size_t bytes);
void *np_xcalloc(size_t n, size_t bytes);
void *np_xrealloc(void *p, size_t n, size_t bytes);
char *np_xstrdup(const char *s);
char *np_xstrndup(const char *s, size_t n);
char *np_xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *np_xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* What a library could not allocate, where nobody could be told: the same end. */
_Noreturn void np_no_memory(void);

/*
 * Grows the array @items (element size @bytes) so that index @n is valid; *@cap is its capacity in elements.
 * Use: v = np_grow(v, &cap, n, sizeof(*v)); v[n++] = x;
 */
void *np_grow(void *items, size_t *cap, size_t n, size_t bytes);

void np_cleanup_free(void *pp);	/* pp: address of a pointer */
void np_cleanup_fd(int *fd);	/* closes when >= 0 */

#define NP_CLEANUP(f) __attribute__((cleanup(f)))
#define np_auto_free NP_CLEANUP(np_cleanup_free)
#define np_auto_fd NP_CLEANUP(np_cleanup_fd)

/* Hands over what a clean-up attribute guards. */
#define np_steal(p) __extension__({ __typeof__(p) np_s_ = (p); (p) = NULL; np_s_; })
static inline int np_steal_fd(int *fd)
{
	int f = *fd;

	*fd = -1;
	return f;
}

#endif
