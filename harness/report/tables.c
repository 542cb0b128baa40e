/*
 * tables.c - expected and observed side by side:
 *
 *	TCP:80, TCP:81: expected | observed
 *	from \ to x/a x/b | x/a x/b
 *	y/a       A   .   | A   A*
 */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

#define NAME_MAX_COLUMNS 24
#define CELL_MIN_COLUMNS 3   /* the character, its mark, a blank */
#define MERGED_PORTS_MAX 256 /* ports beyond that each get a table of their own */
#define RED "\033[31;1m"
#define PLAIN "\033[0m"

const char np_report_legend[] =
	"A allowed, . denied, r denied by an answer, m answered by another pod, e probe failed, "
	"? left open, - none; * wrong";

static const char corner[] = "from \\ to";

bool np_report_cell_wrong(char expected, char observed)
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

struct row {
	const char *name, *expected, *observed;
	size_t n; /* cells that both texts and the list of destinations have */
	size_t n_wrong;
};

struct column {
	size_t dest, width;
};

/* One port of one table. */
struct view {
	const struct np_report_layout *layout;
	const json_t *dests;
	struct row *rows;	/* those with wrong cells */
	struct column *columns; /* those with wrong cells */
	size_t n_rows, n_columns, n_right_rows;
	size_t label; /* columns of the text before the cells */
	struct np_buf *out;
};

static size_t columns_of_name(const char *name)
{
	struct np_buf b = { 0 };
	size_t n = np_report_name(&b, name, NAME_MAX_COLUMNS);

	np_buf_release(&b);
	return n;
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t max(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Marks the destinations that are wrong in this row. */
static struct row read_row(const json_t *sources, const json_t *dests, const json_t *expected,
			   const json_t *observed, size_t i, bool *wrong)
{
	struct row row = { np_report_at(sources, i), np_report_at(expected, i),
			   np_report_at(observed, i), 0, 0 };

	row.n = min(min(strlen(row.expected), strlen(row.observed)), json_array_size(dests));
	for (size_t d = 0; d < row.n; d++)
		if (np_report_cell_wrong(row.expected[d], row.observed[d])) {
			row.n_wrong++;
			wrong[d] = true;
		}
	return row;
}

/* The work is that of the texts which are there, whatever the lists of names claim. */
static size_t longest(const json_t *rows, size_t n)
{
	size_t longest = 0;

	for (size_t i = 0; i < n; i++)
		longest = max(longest, strlen(np_report_at(rows, i)));
	return longest;
}

static void view_init(struct view *v, const json_t *table, size_t port)
{
	const json_t *sources = json_object_get(table, "sources"),
		     *dests = json_object_get(table, "dests"),
		     *expected = json_array_get(json_object_get(table, "expected"), port),
		     *observed = json_array_get(json_object_get(table, "observed"), port);
	size_t n_rows = min(min(json_array_size(expected), json_array_size(observed)),
			    json_array_size(sources));
	size_t n_dests = min(json_array_size(dests), longest(expected, n_rows));
	np_auto_free bool *wrong = np_xcalloc(n_dests + 1, sizeof(*wrong));

	v->dests = dests;
	v->rows = np_xcalloc(n_rows + 1, sizeof(*v->rows));
	v->columns = np_xcalloc(n_dests + 1, sizeof(*v->columns));
	v->label = strlen(corner);
	for (size_t s = 0; s < n_rows; s++) {
		struct row row = read_row(sources, dests, expected, observed, s, wrong);

		if (!row.n_wrong)
			continue;
		v->label = max(v->label, columns_of_name(row.name));
		v->rows[v->n_rows++] = row;
	}
	for (size_t d = 0; d < n_dests; d++)
		if (wrong[d])
			v->columns[v->n_columns++] =
				(struct column){ d, max(CELL_MIN_COLUMNS,
							columns_of_name(np_report_at(dests, d))) };
	v->n_right_rows = json_array_size(sources) - v->n_rows;
}

static void view_release(struct view *v)
{
	free(v->rows);
	free(v->columns);
}

static void pad(struct np_buf *b, size_t n)
{
	while (n--)
		np_buf_addc(b, ' ');
}

static void put_padded(struct np_buf *b, const char *text, size_t width)
{
	size_t n = np_report_name(b, text, NAME_MAX_COLUMNS);

	pad(b, width > n ? width - n : 0);
}

/* How many of the columns from @first on stand beside each other in the width. */
static size_t block_size(const struct view *v, size_t first)
{
	size_t used = strlen(v->layout->indent) + v->label + strlen(" |"), n = 0;

	while (first + n < v->n_columns) {
		used += 2 * (1 + v->columns[first + n].width);
		if (n && used > v->layout->width)
			break;
		n++;
	}
	return n;
}

static void put_heads(const struct view *v, size_t first, size_t n)
{
	for (size_t c = first; c < first + n; c++) {
		np_buf_addc(v->out, ' ');
		put_padded(v->out, np_report_at(v->dests, v->columns[c].dest), v->columns[c].width);
	}
}

static char shown(char c)
{
	return c && strchr("A.?-rme", c) ? c : '#';
}

static bool wrong_at(const struct row *row, size_t dest)
{
	return dest < row->n && np_report_cell_wrong(row->expected[dest], row->observed[dest]);
}

static void put_cells(const struct view *v, const struct row *row, bool observed, size_t first,
		      size_t n)
{
	const char *text = observed ? row->observed : row->expected;

	for (size_t c = first; c < first + n; c++) {
		size_t dest = v->columns[c].dest;
		bool wrong = observed && wrong_at(row, dest), color = wrong && v->layout->color;

		np_buf_printf(v->out, " %s%c%c%s", color ? RED : "",
			      dest < row->n ? shown(text[dest]) : ' ', wrong ? '*' : ' ',
			      color ? PLAIN : "");
		pad(v->out, v->columns[c].width - 2);
	}
}

static void trim_line(struct np_buf *b)
{
	while (b->len && b->data[b->len - 1] == ' ')
		b->data[--b->len] = '\0';
	np_buf_addc(b, '\n');
}

static void put_block_heads(const struct view *v, size_t first, size_t n)
{
	np_buf_adds(v->out, v->layout->indent);
	put_padded(v->out, corner, v->label);
	put_heads(v, first, n);
	np_buf_adds(v->out, " |");
	put_heads(v, first, n);
	trim_line(v->out);
}

/* Returns the number of rows that were left out. */
static size_t put_block(const struct view *v, size_t first, size_t n)
{
	size_t put = 0, left_out = 0;

	put_block_heads(v, first, n);
	for (size_t r = 0; r < v->n_rows; r++) {
		const struct row *row = &v->rows[r];
		bool any = false;

		for (size_t c = first; c < first + n && !any; c++)
			any = wrong_at(row, v->columns[c].dest);
		if (any && put++ >= v->layout->max_rows)
			left_out++;
		if (!any || put > v->layout->max_rows)
			continue;
		np_buf_adds(v->out, v->layout->indent);
		put_padded(v->out, row->name, v->label);
		put_cells(v, row, false, first, n);
		np_buf_adds(v->out, " |");
		put_cells(v, row, true, first, n);
		trim_line(v->out);
	}
	return left_out;
}

static void put_number(struct np_buf *b, const char *before, size_t n, const char *what)
{
	if (n)
		np_buf_printf(b, "%s%zu %s%s", before, n, what, n == 1 ? "" : "s");
}

static void put_left_out(const struct view *v, size_t rows, size_t columns)
{
	size_t right_columns = json_array_size(v->dests) - v->n_columns;
	struct np_buf wrong = { 0 }, right = { 0 }, line = { 0 };

	put_number(&wrong, "", rows, "row");
	put_number(&wrong, wrong.len ? ", " : "", columns, "column");
	put_number(&right, "", v->n_right_rows, "row");
	put_number(&right, right.len ? ", " : "", right_columns, "column");
	if (wrong.len || right.len)
		np_buf_printf(&line, "(left out: %s%s%s%s%s)", np_buf_text(&wrong),
			      wrong.len ? " with wrong cells" : "",
			      wrong.len && right.len ? "; " : "", np_buf_text(&right),
			      right.len ? " as expected" : "");
	np_report_wrapped(v->out, v->layout->indent, np_buf_text(&line), v->layout->width);
	np_buf_release(&line);
	np_buf_release(&wrong);
	np_buf_release(&right);
}

static void put_view(const struct view *v)
{
	size_t first = 0, rows_left = 0;

	for (size_t block = 0; block < v->layout->max_blocks && first < v->n_columns; block++) {
		size_t n = block_size(v, first);

		rows_left = max(rows_left, put_block(v, first, n));
		first += n;
	}
	put_left_out(v, rows_left, v->n_columns - first);
}

/* Are the rows of two ports the same? */
static bool same_port(const json_t *table, size_t p, size_t q)
{
	const json_t *expected = json_object_get(table, "expected"),
		     *observed = json_object_get(table, "observed");

	return json_equal(json_array_get(expected, p), json_array_get(expected, q)) &&
	       json_equal(json_array_get(observed, p), json_array_get(observed, q));
}

static bool is_repeat(const json_t *table, size_t p)
{
	for (size_t q = 0; q < p && p < MERGED_PORTS_MAX; q++)
		if (same_port(table, p, q))
			return true;
	return false;
}

/* The ports that share a view: a policy without ports is wrong on all of them alike. */
static void put_title(const struct view *v, const json_t *table, size_t p)
{
	const json_t *ports = json_object_get(table, "ports");
	struct np_buf title = { 0 };

	for (size_t q = p; q < json_array_size(ports); q++) {
		if (q > p && (q >= MERGED_PORTS_MAX || !same_port(table, p, q)))
			continue;
		np_buf_adds(&title, q > p ? ", " : "");
		np_report_name(&title, np_report_at(ports, q), NAME_MAX_COLUMNS);
	}
	if (np_json_int(table, "family", 4) == 6)
		np_buf_adds(&title, " over IPv6");
	np_buf_adds(&title, ": expected | observed");
	np_report_wrapped(v->out, v->layout->indent, np_buf_text(&title), v->layout->width);
	np_buf_release(&title);
}

void np_report_tables(const json_t *step, const struct np_report_layout *layout, struct np_buf *ret)
{
	json_t *table, *port;
	size_t t, p;

	json_array_foreach(json_object_get(step, "tables"), t, table)
		json_array_foreach(json_object_get(table, "ports"), p, port) {
			struct view v = { .layout = layout, .out = ret };

			if (is_repeat(table, p))
				continue;
			view_init(&v, table, p);
			if (v.n_columns) {
				put_title(&v, table, p);
				put_view(&v);
			}
			view_release(&v);
		}
}
