/*
 * tables.c - expected and observed side by side:
 *
 *	TCP:80         expected          observed
 *	to             x/a x/b y/a       x/a x/b y/a
 *	x/a             -   A   .         -   A   A*
 */
#include <string.h>

#include "np/base/json.h"
#include "report_private.h"

#define NAME_MAX_SHOWN 24
#define RED "\033[31;1m"
#define PLAIN "\033[0m"

static bool cell_wrong(char expected, char observed)
{
	switch (expected) {
	case 'A':
		return observed != 'A' && observed != '-';
	case '.':
		return observed != '.' && observed != 'r' && observed != '-';
	case '?':
		return observed == 'm';
	default:
		return false;
	}
}

/* One port of one table. */
struct view {
	const json_t *sources, *dests, *expected, *observed;	/* rows of this port */
	size_t name_width;
	bool wanted[512];	/* destinations with a wrong cell */
	const char *indent;
	bool color;
};

static const char *text_at(const json_t *list, size_t i)
{
	const char *s = json_string_value(json_array_get(list, i));

	return s ? s : "";
}

static bool row_wrong(const struct view *v, size_t row, size_t col)
{
	const char *e = text_at(v->expected, row), *o = text_at(v->observed, row);

	return col < strlen(e) && col < strlen(o) && cell_wrong(e[col], o[col]);
}

static bool any_wrong_in_row(const struct view *v, size_t row)
{
	for (size_t d = 0; d < json_array_size(v->dests); d++)
		if (row_wrong(v, row, d))
			return true;
	return false;
}

static void put_name(struct np_buf *b, const char *name, size_t width)
{
	size_t begin = b->len;

	np_buf_printable(b, (struct np_str){ name, strnlen(name, NAME_MAX_SHOWN) });
	while (b->len - begin < width)
		np_buf_addc(b, ' ');
}

static size_t shown_width(const char *name)
{
	struct np_buf b = { 0 };
	size_t n;

	put_name(&b, name, 0);
	n = b.len;
	np_buf_release(&b);
	return n;
}

/* Only columns in which something is wrong, at most as many as a terminal holds. */
static size_t choose_columns(struct view *v)
{
	size_t n = 0;

	memset(v->wanted, 0, sizeof(v->wanted));
	for (size_t d = 0; d < json_array_size(v->dests) && d < sizeof(v->wanted) && n < 12; d++)
		for (size_t s = 0; s < json_array_size(v->sources) && !v->wanted[d]; s++)
			if (row_wrong(v, s, d)) {
				v->wanted[d] = true;
				n++;
			}
	return n;
}

static void put_heads(const struct view *v, struct np_buf *b)
{
	for (size_t d = 0; d < json_array_size(v->dests) && d < sizeof(v->wanted); d++)
		if (v->wanted[d]) {
			np_buf_addc(b, ' ');
			put_name(b, text_at(v->dests, d), 3);
		}
}

static void put_cells(const struct view *v, size_t row, bool observed, struct np_buf *b)
{
	const char *cells = text_at(observed ? v->observed : v->expected, row);

	for (size_t d = 0; d < json_array_size(v->dests) && d < sizeof(v->wanted); d++) {
		size_t width = shown_width(text_at(v->dests, d));
		bool wrong = observed && row_wrong(v, row, d);

		if (!v->wanted[d] || d >= strlen(cells))
			continue;
		np_buf_printf(b, " %s%c%c%s", wrong && v->color ? RED : "", cells[d], wrong ? '*' : ' ', wrong && v->color ? PLAIN : "");
		for (size_t k = 2; k < (width < 3 ? 3 : width); k++)
			np_buf_addc(b, ' ');
	}
}

static void put_port(struct view *v, const char *port, int family, struct np_buf *b)
{
	size_t left_out = 0;

	np_buf_printf(b, "%s%s%s: rows from, columns to; expected | observed\n%s%*s", v->indent, port, family == 6 ? " over IPv6" : "", v->indent,
		      (int)v->name_width, "");
	put_heads(v, b);
	np_buf_adds(b, " |");
	put_heads(v, b);
	np_buf_addc(b, '\n');
	for (size_t s = 0; s < json_array_size(v->sources); s++) {
		if (!any_wrong_in_row(v, s)) {
			left_out++;
			continue;
		}
		np_buf_adds(b, v->indent);
		put_name(b, text_at(v->sources, s), v->name_width);
		put_cells(v, s, false, b);
		np_buf_adds(b, " |");
		put_cells(v, s, true, b);
		np_buf_addc(b, '\n');
	}
	if (left_out)
		np_buf_printf(b, "%s(%zu rows as expected)\n", v->indent, left_out);
}

void np_report_tables(const json_t *step, const char *indent, bool color, struct np_buf *ret)
{
	json_t *table, *port;
	size_t t, p;

	json_array_foreach(json_object_get(step, "tables"), t, table) {
		struct view v = { .sources = json_object_get(table, "sources"), .dests = json_object_get(table, "dests"), .indent = indent,
				  .color = color };

		for (size_t s = 0; s < json_array_size(v.sources); s++)
			if (shown_width(text_at(v.sources, s)) > v.name_width)
				v.name_width = shown_width(text_at(v.sources, s));
		json_array_foreach(json_object_get(table, "ports"), p, port) {
			v.expected = json_array_get(json_object_get(table, "expected"), p);
			v.observed = json_array_get(json_object_get(table, "observed"), p);
			if (choose_columns(&v))
				put_port(&v, json_is_string(port) ? json_string_value(port) : "?", (int)np_json_int(table, "family", 4), ret);
		}
	}
}
