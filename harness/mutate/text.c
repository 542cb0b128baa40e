/* text.c - the API's rules of text (semantics 3.2), read once more. ASCII only, no locale. */
#include "schema.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool lower_alnum(char c)
{
	return is_digit(c) || is_lower(c);
}

/* 1 to @max letters and digits with - _ . between. */
static bool word(struct np_str s, size_t max)
{
	if (!s.n || s.n > max || !is_alnum(s.p[0]) || !is_alnum(s.p[s.n - 1]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
			return false;
	return true;
}

bool mtext_label_value(struct np_str s)
{
	return !s.n || word(s, 63);
}

bool mtext_dns_label(struct np_str s)
{
	if (!s.n || s.n > 63 || !lower_alnum(s.p[0]) || !lower_alnum(s.p[s.n - 1]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!lower_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

/* Parts have no limit of their own. */
bool mtext_subdomain(struct np_str s)
{
	char before = '.';

	if (!s.n || s.n > 253)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool edge = before == '.' || i + 1 == s.n || s.p[i + 1] == '.';

		if (!lower_alnum(c) && (edge || c != '-') && (c != '.' || before == '.'))
			return false;
		before = c;
	}
	return before != '.' && before != '-';
}

bool mtext_label_key(struct np_str s)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	struct np_str prefix = { s.p, slash ? (size_t)(slash - s.p) : 0 };

	if (!slash)
		return word(s, 63);
	return mtext_subdomain(prefix) &&
	       word((struct np_str){ slash + 1, s.n - prefix.n - 1 }, 63);
}

bool mtext_port_name(struct np_str s)
{
	bool letter = false;

	if (!s.n || s.n > 15 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!lower_alnum(s.p[i]) && (s.p[i] != '-' || s.p[i - 1] == '-'))
			return false;
		letter |= is_lower(s.p[i]);
	}
	return letter;
}

bool mtext_int32(struct np_str s, int32_t *ret)
{
	bool minus = s.n && s.p[0] == '-';
	size_t i = minus;
	int64_t v = 0;

	if (i == s.n || (s.p[i] == '0' && i + 1 < s.n))
		return false;
	for (; i < s.n; i++) {
		if (!is_digit(s.p[i]) || v > INT32_MAX)
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	v = minus ? -v : v;
	if (v < INT32_MIN || v > INT32_MAX)
		return false;
	*ret = (int32_t)v;
	return true;
}
