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
	for (size_t i = 0, n; i < w.n; i += n) {
		n = str_number(str_from(w, i));
		if (n) {
			put(o, '#');
			continue;
		}
		put(o, w.p[i] >= ' ' && w.p[i] <= '~' ? w.p[i] : '?');
		n = 1;
	}
}

/* The position of what closes the quote at @i; SIZE_MAX when nothing does. */
static size_t closing_quote(struct np_str s, size_t i)
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

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

/* Where the word at @i ends: @i when none begins there. Punctuation at its end is not its own. */
static size_t word_end(struct np_str s, size_t i)
{
	size_t end = i;

	while (end < s.n && is_word(s.p[end]))
		end++;
	while (end > i + 1 && (s.p[end - 1] == ':' || s.p[end - 1] == '.'))
		end--;
	return end;
}

static void put_other(struct out *o, char c)
{
	if (isspace((unsigned char)c))
		put(o, ' ');
	else
		put(o, c >= ' ' && c <= '~' ? c : '?');
}

static void put_quoted(struct out *o)
{
	put(o, '"');
	put(o, '*');
	put(o, '"');
}

/* One quoted text, word or other character at @i; returns where it ends. @quotes: a quote at @i opens
 * what varies. */
static size_t put_piece(struct out *o, struct np_str s, size_t i, bool quotes)
{
	size_t closing = quotes && is_quote(s.p[i]) ? closing_quote(s, i) : SIZE_MAX;
	size_t end = word_end(s, i);

	if (closing != SIZE_MAX) {
		put_quoted(o);
		return closing + 1;
	}
	if (end == i) {
		put_other(o, s.p[i]);
		return i + 1;
	}
	put_word(o, (struct np_str){ s.p + i, end - i });
	return end;
}

const char *np_log_template(struct np_str line, char *buf, size_t size)
{
	struct out o = { buf, 0, size };
	struct log_line l;
	struct np_str s;
	size_t closing; /* of a message that is quoted itself: it is what is asked for */

	log_line_parse(line, &l);
	s = str_trim(l.text);
	closing = s.n && s.p[0] == '"' ? closing_quote(s, 0) : SIZE_MAX;
	for (size_t i = 0; i < s.n && o.n + 1 < size;)
		i = put_piece(&o, s, i, i > 0 && i != closing);
	if (size)
		buf[o.n] = '\0';
	return buf;
}
