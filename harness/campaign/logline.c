/* logline.c - lines of a log: time stamps, levels and sources of klog, logrus, zap, Felix, OVS,
 * journald. */
#include "logline.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "np/base/mem.h"
#include "np/campaign/crash.h"

struct np_str str_from(struct np_str s, size_t at)
{
	if (at >= s.n)
		at = s.n;
	return (struct np_str){ at ? s.p + at : s.p, s.n - at };
}

struct np_str str_trim(struct np_str s)
{
	while (s.n && isspace((unsigned char)s.p[0]))
		s = str_from(s, 1);
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

size_t str_find(struct np_str s, const char *needle)
{
	const char *hit = s.n ? memmem(s.p, s.n, needle, strlen(needle)) : NULL;

	return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

bool str_has(struct np_str s, const char *needle)
{
	return str_find(s, needle) != SIZE_MAX;
}

struct np_str str_until(struct np_str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? (struct np_str){ s.p, (size_t)(hit - s.p) } : s;
}

static bool begins_address(struct np_str s)
{
	return s.n > 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x' && isxdigit((unsigned char)s.p[2]);
}

/* As far as there is no other in it. */
static size_t address(struct np_str s)
{
	size_t n = 2;

	if (!begins_address(s))
		return 0;
	while (n < s.n && isxdigit((unsigned char)s.p[n]) && !begins_address(str_from(s, n)))
		n++;
	return n > 2 ? n : 0;
}

size_t str_number(struct np_str s)
{
	size_t n = address(s);

	if (n)
		return n;
	while (n < s.n && isdigit((unsigned char)s.p[n]) && !address(str_from(s, n)))
		n++;
	return n;
}

void str_copy(char *buf, size_t size, struct np_str s)
{
	size_t n = s.n < size - 1 ? s.n : size - 1;

	for (size_t i = 0; i < n; i++)
		buf[i] = s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : s.p[i] == '\t' ? ' ' : '?';
	buf[n] = '\0';
}

struct np_str log_line_at(struct np_str log, size_t at, size_t *ret_next)
{
	struct np_str line = str_until(str_from(log, at), '\n');

	*ret_next = at + line.n < log.n ? at + line.n + 1 : log.n;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n > NP_CRASH_LINE_MAX)
		line.n = NP_CRASH_LINE_MAX;
	return line;
}

/*
 * Shapes: '0' a digit, everything else itself. How much of @s the shape takes, 0 when it does not
 * begin so.
 */
static size_t shape(struct np_str s, const char *want)
{
	size_t i = 0;

	for (; want[i]; i++)
		if (i >= s.n ||
		    (want[i] == '0' ? !isdigit((unsigned char)s.p[i]) : s.p[i] != want[i]))
			return 0;
	return i;
}

/* Behind a time of day: fractions and a zone. */
static size_t fraction(struct np_str s, size_t i)
{
	while (i < s.n && (isdigit((unsigned char)s.p[i]) || s.p[i] == '.' || s.p[i] == ',' ||
			   s.p[i] == 'Z' || s.p[i] == '+' ||
			   (s.p[i] == ':' && i + 1 < s.n && isdigit((unsigned char)s.p[i + 1]))))
		i++;
	return i;
}

/* A time stamp with the blanks behind it. */
static size_t stamp(struct np_str s)
{
	static const char *const shapes[] = { "0000-00-00T00:00:00", "0000-00-00 00:00:00",
					      "0000/00/00 00:00:00", "[0000-00-00 00:00:00" };

	for (size_t k = 0; k < NP_ARRAY_SIZE(shapes); k++) {
		size_t i = shape(s, shapes[k]);

		if (!i)
			continue;
		i = fraction(s, i);
		while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == ']'))
			i++;
		return i;
	}
	return 0;
}

static const struct {
	const char *name;
	enum log_level level;
} level_names[] = {
	{ "panic", LEVEL_PANIC },    { "dpanic", LEVEL_PANIC }, { "fatal", LEVEL_FATAL },
	{ "critical", LEVEL_FATAL }, { "error", LEVEL_ERROR },	{ "err", LEVEL_ERROR },
	{ "warning", LEVEL_LOW },    { "warn", LEVEL_LOW },	{ "info", LEVEL_LOW },
	{ "debug", LEVEL_LOW },	     { "trace", LEVEL_LOW },	{ "emer", LEVEL_FATAL },
	{ "notice", LEVEL_LOW },     { "dbg", LEVEL_LOW },
};

static enum log_level level_of(struct np_str word)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(level_names); i++)
		if (word.n == strlen(level_names[i].name) &&
		    strncasecmp(word.p, level_names[i].name, word.n) == 0)
			return level_names[i].level;
	return LEVEL_NONE;
}

/* E0102 03:04:05.678901       1 runtime.go:79] text */
static bool parse_klog(struct log_line *l)
{
	static const char letters[] = "IWEF";
	static const enum log_level levels[] = { LEVEL_LOW, LEVEL_LOW, LEVEL_ERROR, LEVEL_FATAL };
	struct np_str s = l->whole;
	const char *letter = s.n ? memchr(letters, s.p[0], 4) : NULL;
	size_t end;

	if (!letter || !shape(str_from(s, 1), "0000 00:00:00."))
		return false;
	end = str_find(s, "] ");
	if (end == SIZE_MAX || end > 200)
		return false;
	l->level = levels[letter - letters];
	l->text = str_from(s, end + 2);
	s.n = end;
	s = str_until(s, ']');
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == ' ') {
			l->source = str_until(str_from(s, i), ':');
			break;
		}
	return true;
}

/* The value of key=value or key="value" at @at, quotes taken off. */
static struct np_str value_at(struct np_str s, size_t at)
{
	s = str_from(s, at);
	if (!s.n || s.p[0] != '"')
		return str_until(s, ' ');
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return (struct np_str){ s.p + 1, i - 1 };
	}
	return str_from(s, 1);
}

/* time=".." level=panic msg="text" more=.. */
static bool parse_logrus(struct log_line *l)
{
	size_t level = str_find(l->whole, "level="), msg = str_find(l->whole, "msg=");

	if (level == SIZE_MAX || msg == SIZE_MAX || level > 120)
		return false;
	l->level = level_of(value_at(l->whole, level + 6));
	l->text = value_at(l->whole, msg + 4);
	return l->level != LEVEL_NONE;
}

/* {"level":"panic","msg":"text"}: only what is needed of it, not a JSON reader. */
static bool parse_json(struct log_line *l)
{
	static const char *const levels[] = { "\"level\":", "\"severity\":", "\"lvl\":" },
				 *const texts[] = { "\"msg\":", "\"message\":" };

	if (!l->whole.n || l->whole.p[0] != '{')
		return false;
	for (size_t i = 0; i < NP_ARRAY_SIZE(texts) && !l->json; i++) {
		size_t at = str_find(l->whole, texts[i]);

		if (at == SIZE_MAX)
			continue;
		l->json = true;
		l->text = value_at(str_trim(str_from(l->whole, at + strlen(texts[i]))), 0);
	}
	for (size_t i = 0; l->json && i < NP_ARRAY_SIZE(levels); i++) {
		size_t at = str_find(l->whole, levels[i]);

		if (at != SIZE_MAX && l->level == LEVEL_NONE)
			l->level = level_of(
				value_at(str_trim(str_from(l->whole, at + strlen(levels[i]))), 0));
	}
	return l->json;
}

/* [PANIC][123] felix/file.go 12: text, [critical][assert] [file.cc:55] text, |ERR|text, PANIC: ...
 */
static bool parse_bracket(struct log_line *l)
{
	struct np_str s = l->whole, word;
	enum log_level level = LEVEL_NONE;

	while (s.n && s.p[0] == '[') {
		word = str_until(str_from(s, 1), ']');
		if (word.n + 2 > s.n || word.n > 80)
			break;
		if (level == LEVEL_NONE)
			level = level_of(word);
		s = str_trim(str_from(s, word.n + 2));
	}
	if (level == LEVEL_NONE)
		return false;
	l->level = level;
	/* file.go 12: text */
	word = str_until(s, ':');
	if (word.n < 80 && str_has(word, ".go ") && word.n + 2 < s.n) {
		l->source = str_until(word, ' ');
		s = str_from(s, word.n + 2);
	}
	l->text = s;
	return true;
}

/* 00012|vconn|ERR|text, time stamp already taken off. */
static bool parse_ovs(struct log_line *l)
{
	struct np_str s = l->whole;

	if (s.n < 6 || s.p[0] != '|' || !isdigit((unsigned char)s.p[1]))
		return false;
	for (int bar = 0; bar < 3; bar++) {
		struct np_str field = str_until(str_from(s, 1), '|');

		if (bar == 2)
			l->level = level_of(field);
		s = str_from(s, 1 + field.n);
	}
	l->text = str_from(s, 1);
	return l->level != LEVEL_NONE;
}

static bool parse_zap_console(struct log_line *l, bool stamped)
{
	struct np_str word = str_until(str_until(l->whole, '\t'), ' ');

	if (!stamped || level_of(word) == LEVEL_NONE)
		return false;
	l->level = level_of(word);
	l->text = str_trim(str_from(l->whole, word.n));
	return true;
}

/* "2026-01-02T03:04:05Z stdout F text" of a container runtime's file, then the logger's own stamp.
 */
static struct np_str strip_stamps(struct np_str s, bool *ret_stamped)
{
	for (int i = 0; i < 2; i++) {
		size_t n = stamp(s);

		if (!n)
			break;
		*ret_stamped = true;
		s = str_from(s, n);
		if (np_str_starts(s, "stdout F ") || np_str_starts(s, "stderr F "))
			s = str_from(s, 9);
	}
	return s;
}

void log_line_parse(struct np_str line, struct log_line *ret)
{
	static bool (*const formats[])(struct log_line *) = { parse_klog, parse_json, parse_ovs,
							      parse_logrus, parse_bracket };
	bool stamped = false;

	*ret = (struct log_line){ .whole = strip_stamps(line, &stamped) };
	ret->text = ret->whole;
	ret->prefixed = true;
	for (size_t i = 0; i < NP_ARRAY_SIZE(formats); i++)
		if (formats[i](ret))
			return;
	ret->prefixed = parse_zap_console(ret, stamped);
}
