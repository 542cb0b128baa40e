/* str.h - layer base: counted strings. Text from documents may hold NUL, so lengths are explicit. */
#ifndef NP_BASE_STR_H
#define NP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * A borrowed counted string. @p is followed by a NUL at p[n] when made by an arena or a literal (so "%s" works when there is no inner NUL);
 * @p == NULL means "absent" and implies n == 0.
 */
struct np_str {
	const char *p;
	size_t n;
};

#define NP_STR(lit) ((struct np_str){ (lit), sizeof(lit) - 1 })
#define NP_STR_NONE ((struct np_str){ NULL, 0 })
#define NP_STR_FMT "%.*s"
#define NP_STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct np_str np_str_from(const char *s)
{
	return (struct np_str){ s, s ? strlen(s) : 0 };
}

/* Behind the last byte; NULL for a text of NULL, to which C adds nothing, not even 0. */
static inline const char *np_str_end(struct np_str s)
{
	return s.n ? s.p + s.n : s.p;
}

static inline bool np_str_eq(struct np_str a, struct np_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool np_str_is(struct np_str a, const char *s)
{
	return np_str_eq(a, np_str_from(s));
}

/* Byte-wise order, shorter first on a tie. For qsort and bsearch wrappers. */
static inline int np_str_cmp(struct np_str a, struct np_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool np_str_starts(struct np_str s, const char *prefix);
bool np_str_ends(struct np_str s, const char *suffix);

/*
 * Decimal digits only, checked accumulation: on success writes *@ret and returns true. Refuses signs, blanks, empty
 * text and values above @max.
 */
bool np_str_u64(struct np_str s, unsigned long long max, unsigned long long *ret);

/* A duration with unit: 250ms, 10s, 5m, 2h (a bare number is refused). Result in milliseconds, at most a week. */
bool np_str_duration_ms(struct np_str s, long long *ret_ms);

#endif
