/* template.c - lines of a log without what varies. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "logline.h"
#include "np/campaign/crash.h"

struct out {
	char *p;
	size_t n, size;
};

static void put(struct out *o, char c)
{
	if (o->n + 1 < o->size)
		o->p[o->n++] = c;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-./:%@*+\\", c)) ||
	       (unsigned char)c >= 0x80;
}

/* Hexadecimal, with at least one digit, and long: an id, an address, a hash. */
static bool is_id(struct np_str w)
{
	size_t hex = 0, digits = 0;

	for (size_t i = 0; i < w.n; i++) {
		hex += isxdigit((unsigned char)w.p[i]) || w.p[i] == '-' || w.p[i] == ':' ||
		       w.p[i] == '.' || w.p[i] == '/';
		digits += isdigit((unsigned char)w.p[i]) != 0;
	}
	return digits && hex == w.n;
}

/* What a campaign has named: its operations, its namespaces. */
static bool is_ours(struct np_str w)
{
	return str_has(w, "npf-");
}

static void put_word(struct out *o, struct np_str w)
{
	if (is_ours(w)) {
		put(o, '*');
		return;
	}
	if (is_id(w) || np_str_starts(w, "0x")) {
		put(o, '#');
		return;
	}
	for (size_t i = 0; i < w.n; i++) {
		if (!isdigit((unsigned char)w.p[i])) {
			put(o, w.p[i] >= ' ' && w.p[i] <= '~' ? w.p[i] : '?');
			continue;
		}
		put(o, '#');
		while (i + 1 < w.n && isdigit((unsigned char)w.p[i + 1]))
			i++;
	}
}

/* The end of what is quoted at @i, and whether it is closed at all. */
static size_t quoted_end(struct np_str s, size_t i)
{
	char quote = s.p[i];

	for (size_t k = i + 1; k < s.n; k++) {
		if (s.p[k] == '\\')
			k++;
		else if (s.p[k] == quote)
			return k;
	}
	return SIZE_MAX;
}

const char *np_log_template(struct np_str line, char *buf, size_t size)
{
	struct out o = { buf, 0, size };
	struct log_line l;
	struct np_str s;
	size_t closing = SIZE_MAX; /* of a message that is quoted itself */

	log_line_parse(line, &l);
	s = str_trim(l.text);
	if (s.n && s.p[0] == '"')
		closing = quoted_end(s, 0);
	for (size_t i = 0; i < s.n && o.n + 1 < size; i++) {
		size_t end = SIZE_MAX, k = i;

		if ((s.p[i] == '"' || s.p[i] == '\'' || s.p[i] == '`') && i > 0 && i != closing)
			end = quoted_end(s, i);
		if (end != SIZE_MAX) {
			put(&o, '"');
			put(&o, '*');
			put(&o, '"');
			i = end;
			continue;
		}
		while (k < s.n && is_word(s.p[k]))
			k++;
		while (k > i + 1 && (s.p[k - 1] == ':' || s.p[k - 1] == '.'))
			k--;
		if (k == i) {
			put(&o, isspace((unsigned char)s.p[i])	 ? ' '
				: s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i]
								 : '?');
			continue;
		}
		put_word(&o, (struct np_str){ s.p + i, k - i });
		i = k - 1;
	}
	if (size)
		buf[o.n] = '\0';
	return buf;
}
