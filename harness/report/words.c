/* words.c - text from records, made safe for the place where it is printed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/base/utf8.h"
#include "report_private.h"

#define FOLDER_MAX_BYTES 96 /* of the readable part of a folder's name */

const char *np_report_at(const json_t *list, size_t i)
{
	const char *s = json_string_value(json_array_get(list, i));

	return s ? s : "";
}

/* Marks that turn the direction of what follows, and what a terminal or browser does not show. */
static bool misleads(uint32_t c)
{
	return c == 0x61c || c == 0xfeff || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       (c >= 0xe0000 && c <= 0xe007f) || (c & 0xfffe) == 0xfffe;
}

void np_report_plain(struct np_buf *b, struct np_str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n;) {
		uint32_t c = 0;
		size_t n = np_utf8_decode(s.p + i, s.n - i, &c);

		if (n && misleads(c)) {
			np_buf_printable(b, (struct np_str){ s.p + from, i - from });
			np_buf_printf(b, "\\u%04" PRIx32, c);
			from = i + n;
		}
		i += n ? n : 1;
	}
	np_buf_printable(b, (struct np_str){ s.p + from, s.n - from });
}

void np_report_indented(struct np_buf *b, const char *indent, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		np_buf_adds(b, indent);
		np_report_plain(b, (struct np_str){ text, n });
		np_buf_addc(b, '\n');
		text += n + (text[n] == '\n');
	}
}

/* Characters, not bytes: good enough for columns. */
static size_t columns_of(const char *s, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++)
		columns += ((unsigned char)s[i] & 0xc0) != 0x80;
	return columns;
}

/*
 * One line of text; its own leading blanks stay, what does not fit goes on two columns further in.
 */
static void wrap_line(struct np_buf *b, const char *indent, const char *line, unsigned width)
{
	size_t lead = strspn(line, " "), column = columns_of(indent, strlen(indent)) + lead;
	bool first = true;

	np_buf_adds(b, indent);
	np_buf_add(b, line, lead);
	for (line += lead; *line && *line != '\n'; line += strspn(line, " ")) {
		size_t n = strcspn(line, " \n"), shown;
		struct np_buf word = { 0 };

		np_report_plain(&word, (struct np_str){ line, n });
		shown = columns_of(np_buf_text(&word), word.len);
		if (!first && column + 1 + shown > width) {
			np_buf_printf(b, "\n%s%*s", indent, (int)(lead % 64) + 2, "");
			column = columns_of(indent, strlen(indent)) + lead % 64 + 2;
		} else if (!first) {
			np_buf_addc(b, ' ');
			column++;
		}
		np_buf_add(b, np_buf_text(&word), word.len);
		np_buf_release(&word);
		column += shown;
		first = false;
		line += n;
	}
	np_buf_addc(b, '\n');
}

void np_report_wrapped(struct np_buf *b, const char *indent, const char *text, unsigned width)
{
	while (*text) {
		wrap_line(b, indent, text, width);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

void np_report_some(struct np_buf *b, const json_t *texts, size_t max)
{
	size_t n = json_array_size(texts);

	for (size_t i = 0; i < n && i < max; i++) {
		np_buf_adds(b, i ? ", " : "");
		np_report_plain(b, np_str_from(np_report_at(texts, i)));
	}
	if (n > max)
		np_buf_printf(b, " and %zu more", n - max);
}

void np_report_join(struct np_buf *b, const json_t *texts, const char *between)
{
	json_t *t;
	size_t i;

	json_array_foreach(texts, i, t) {
		np_buf_adds(b, i ? between : "");
		np_report_plain(b, np_str_from(json_is_string(t) ? json_string_value(t) : "?"));
	}
}

/* Where the character number @column begins. */
static size_t byte_of(const char *s, size_t n, size_t column)
{
	size_t i = 0;

	for (; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && column-- == 0)
			return i;
	return n;
}

size_t np_report_name(struct np_buf *b, const char *name, size_t max)
{
	struct np_buf plain = { 0 };
	size_t columns;

	np_report_plain(&plain, np_str_from(name));
	columns = columns_of(np_buf_text(&plain), plain.len);
	if (columns <= max) {
		np_buf_add(b, np_buf_text(&plain), plain.len);
	} else {
		size_t head = (max - 1) / 2, tail = max - 1 - head, at;

		np_buf_add(b, plain.data, byte_of(plain.data, plain.len, head));
		np_buf_addc(b, '~');
		at = byte_of(plain.data, plain.len, columns - tail);
		np_buf_add(b, plain.data + at, plain.len - at);
		columns = max;
	}
	np_buf_release(&plain);
	return columns;
}

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "area/name", one slash and no dash before it: then the first dash of the folder is the slash. */
static bool folder_is_plain(const char *id)
{
	const char *p = id;

	while (is_lower_or_digit(*p))
		p++;
	if (p == id || *p++ != '/' || !*p)
		return false;
	while (is_lower_or_digit(*p) || *p == '-')
		p++;
	return !*p && p - id <= FOLDER_MAX_BYTES;
}

void np_report_folder(struct np_buf *b, const char *id)
{
	size_t begin = b->len;
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (const char *p = id; *p; p++) {
		bool safe = is_lower_or_digit(*p) || (*p >= 'A' && *p <= 'Z') || *p == '_' ||
			    (*p == '.' && b->len > begin);

		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
		if (b->len - begin < FOLDER_MAX_BYTES)
			np_buf_addc(b, safe ? *p : b->len > begin ? '-' : '_');
	}
	if (!folder_is_plain(id))
		np_buf_printf(b, "%s%016" PRIx64, b->len > begin ? "-" : "", hash);
}

void np_report_md(struct np_buf *b, const char *text)
{
	struct np_buf plain = { 0 };

	np_report_plain(&plain, np_str_from(text));
	for (size_t i = 0; i < plain.len; i++) {
		if (strchr("|<>*_`[]\\&#~", plain.data[i]))
			np_buf_addc(b, '\\');
		np_buf_addc(b, plain.data[i]);
	}
	np_buf_release(&plain);
}

/* Length of "np-ID-N-" at the start of @p, 0 when something else stands there. */
static size_t prefix_length(const json_t *run_ids, const char *p)
{
	for (size_t i = 0; strncmp(p, "np-", 3) == 0 && i < json_array_size(run_ids); i++) {
		const char *id = np_report_at(run_ids, i);
		size_t n = strlen(id), digits;

		if (!n || strncmp(p + 3, id, n) != 0 || p[3 + n] != '-')
			continue;
		digits = strspn(p + 4 + n, "0123456789");
		if (digits && p[4 + n + digits] == '-')
			return 5 + n + digits;
	}
	return 0;
}

char *np_report_short_names(const json_t *run_ids, const char *text)
{
	struct np_buf b = { 0 };

	while (*text) {
		size_t skip = prefix_length(run_ids, text);

		if (!skip)
			np_buf_addc(&b, *text);
		text += skip ? skip : 1;
	}
	return np_buf_steal(&b);
}

unsigned np_report_place(const char *place, size_t *ret_file_n)
{
	const char *colon = strrchr(place, ':');
	unsigned long long line = 0;

	*ret_file_n = strlen(place);
	if (!colon || colon == place || !np_str_u64(np_str_from(colon + 1), 1U << 30, &line))
		return 0;
	*ret_file_n = (size_t)(colon - place);
	return (unsigned)line;
}

void np_report_headline(const json_t *c, struct np_buf *b)
{
	const char *reason = np_json_str(c, "reason", "");
	size_t begin = b->len;

	np_report_join(b, json_object_get(c, "clauses"), " ");
	np_buf_adds(b, b->len > begin && *reason ? ": " : "");
	np_report_plain(b, np_str_from(reason));
	if (b->len == begin)
		np_buf_adds(b, "no reason given");
}

void np_report_first_cell(const json_t *step, struct np_buf *b)
{
	const json_t *f = json_array_get(json_object_get(step, "failures"), 0);
	struct np_buf text = { 0 };

	if (!f)
		return;
	np_buf_printf(&text, "%s: expected %s, seen %s", np_json_str(f, "cell", "?"),
		      np_json_str(f, "expected", "?"), np_json_str(f, "outcome", "?"));
	np_report_plain(b, (struct np_str){ text.data, text.len });
	np_buf_release(&text);
}
