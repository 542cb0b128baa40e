/* timestamp.c - layer kube: RFC 3339 and back. */
#include <string.h>
#include <time.h>

#include "np/base/mem.h"
#include "timestamp.h"

enum part { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, N_PARTS };

/* Each part: so many digits, their range, and one of these characters behind them. */
static const struct {
	int width, min, max;
	const char *ends;
} parts[N_PARTS] = {
	[YEAR] = { 4, 0, 9999, "-" }, [MONTH] = { 2, 1, 12, "-" }, [DAY] = { 2, 1, 31, "Tt" },
	[HOUR] = { 2, 0, 23, ":" },   [MINUTE] = { 2, 0, 59, ":" }, [SECOND] = { 2, 0, 60, NULL },
};

static bool number(const char **s, int width, int min, int max, int *ret)
{
	*ret = 0;
	for (; width; width--, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		*ret = *ret * 10 + (**s - '0');
	}
	return *ret >= min && *ret <= max;
}

static bool one_of(const char **s, const char *set)
{
	return **s && strchr(set, **s) && ++*s;
}

/* Z, or +hh:mm in seconds. */
static bool zone(const char **s, int64_t *ret)
{
	int sign = **s == '-' ? -1 : 1, h, m;

	*ret = 0;
	if (one_of(s, "Zz"))
		return true;
	if (!one_of(s, "+-") || !number(s, 2, 0, 23, &h) || !one_of(s, ":") ||
	    !number(s, 2, 0, 59, &m))
		return false;
	*ret = sign * (h * 3600 + m * 60);
	return true;
}

bool np_kube_time_parse(const char *s, int64_t *ret)
{
	int v[N_PARTS];
	int64_t offset, seconds;
	struct tm tm;

	for (int i = 0; i < N_PARTS; i++)
		if (!number(&s, parts[i].width, parts[i].min, parts[i].max, &v[i]) ||
		    (parts[i].ends && !one_of(&s, parts[i].ends)))
			return false;
	if (one_of(&s, "."))
		s += strspn(s, "0123456789");
	if (!zone(&s, &offset) || *s)
		return false;
	tm = (struct tm){ .tm_year = v[YEAR] - 1900, .tm_mon = v[MONTH] - 1, .tm_mday = v[DAY],
			  .tm_hour = v[HOUR], .tm_min = v[MINUTE], .tm_sec = v[SECOND] };
	seconds = timegm(&tm);
	*ret = seconds - offset;
	return v[SECOND] == 60 || tm.tm_mday == v[DAY];	/* else a 30th of February */
}

const char *np_kube_time_text(int64_t seconds, char *buf)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, NP_KUBE_TIME_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm))
		buf[0] = 0;
	return buf;
}
