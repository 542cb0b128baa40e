/* str.c - counted strings. */
#include "np/base/str.h"

bool np_str_starts(struct np_str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool np_str_ends(struct np_str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

bool np_str_u64(struct np_str s, unsigned long long max, unsigned long long *ret)
{
	unsigned long long v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10ULL, &v) ||
		    __builtin_add_overflow(v, (unsigned long long)(s.p[i] - '0'), &v) || v > max)
			return false;
	}
	*ret = v;
	return true;
}

bool np_str_duration_ms(struct np_str s, long long *ret_ms)
{
	/* "ms" before "m" and "s": the first suffix that fits is taken. */
	static const struct {
		const char *suffix;
		unsigned long long ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 60 * 60 * 1000 } };
	const unsigned long long week_ms = 7ULL * 24 * 60 * 60 * 1000;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		unsigned long long v;

		if (!np_str_ends(s, units[i].suffix))
			continue;
		s.n -= strlen(units[i].suffix);
		if (!np_str_u64(s, week_ms / units[i].ms, &v))
			return false;
		*ret_ms = (long long)(v * units[i].ms);
		return true;
	}
	return false;
}
