/* gotime.c - shapes of dates and times, with the leniency of Go's time.Parse. */
#include "gotime.h"

#include <stdint.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One or two digits, min..max. */
static bool take_field(const char **p, unsigned min, unsigned max, unsigned *ret)
{
	unsigned v = 0;
	int n = 0;

	for (; n < 2 && is_digit(**p); n++, (*p)++)
		v = v * 10 + (unsigned)(**p - '0');
	*ret = v;
	return n && v >= min && v <= max;
}

static bool take_date(const char **p)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned year = 0, month, day;

	for (int i = 0; i < 4; i++, (*p)++) {
		if (!is_digit(**p))
			return false;
		year = year * 10 + (unsigned)(**p - '0');
	}
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (*(*p)++ != '-' || !take_field(p, 1, 12, &month) || *(*p)++ != '-' ||
	    !take_field(p, 1, 31, &day))
		return false;
	return day <= days[month - 1] + (unsigned)(leap && month == 2);
}

/* Minutes and seconds of at least @digits digits. */
static bool take_time(const char **p, int digits)
{
	unsigned v;

	if (!take_field(p, 0, 23, &v))
		return false;
	for (int i = 0; i < 2; i++) {
		const char *start = *p + 1;

		if (*(*p)++ != ':' || !take_field(p, 0, 59, &v) || *p - start < digits)
			return false;
	}
	if ((**p == '.' || **p == ',') && is_digit((*p)[1]))
		for (++*p; is_digit(**p); ++*p)
			;
	return true;
}

/* Z or +hh:mm */
static bool take_zone(const char **p)
{
	const char *s = *p;

	if (*s == 'Z') {
		++*p;
		return true;
	}
	if ((*s != '+' && *s != '-') || !is_digit(s[1]) || !is_digit(s[2]) || s[3] != ':' ||
	    !is_digit(s[4]) || !is_digit(s[5]))
		return false;
	*p += 6;
	return (s[1] - '0') * 10 + s[2] - '0' <= 24 && s[4] <= '5';
}

bool gotime_is_yaml(struct np_str text)
{
	const char *p = text.p;
	bool space;

	if (strlen(p) != text.n || !take_date(&p))
		return false;
	if (*p == '\0')
		return true;
	space = *p == ' ';
	if (*p != 'T' && *p != 't' && !space)
		return false;
	p++;
	return take_time(&p, 1) && (space || take_zone(&p)) && *p == '\0';
}

/* Month and day need two digits here; the hour does not. */
bool gotime_is_rfc3339(struct np_str text)
{
	const char *p = text.p;

	if (!p || strlen(p) != text.n || text.n < 11 || p[7] != '-' || p[10] != 'T' ||
	    !take_date(&p) || *p++ != 'T')
		return false;
	return take_time(&p, 2) && take_zone(&p) && *p == '\0';
}
