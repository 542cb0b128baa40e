/* diff_print.c - what changes, in words. */
#include "diff_parts.h"

#include <stdio.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "table_classes.h"
#include "worldargs.h"

static const char *const change_words[] = { "opens", "closes", "may open",
					    "may close" }; /* enum change */

/* The prefix when first..last is a whole block, else -1. */
static int prefix_of(const struct np_addr *first, const struct np_addr *last)
{
	unsigned bits = 8U * first->width, prefix = bits;

	for (unsigned i = bits; i-- > 0;) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		if (first->bytes[i / 8] & bit || !(last->bytes[i / 8] & bit))
			break;
		prefix = i;
	}
	for (unsigned i = 0; i < prefix; i++)
		if ((first->bytes[i / 8] ^ last->bytes[i / 8]) & (0x80 >> i % 8))
			return -1;
	return (int)prefix;
}

static void put_end(const struct diff *d, size_t first, size_t last, struct np_buf *ret)
{
	const struct pair *p = &d->ends[first], *q = &d->ends[last];
	char a[NP_ADDR_TEXT_MAX], b[NP_ADDR_TEXT_MAX];
	int prefix;

	if (!p->last.width) {
		world_args_end_name(d->before, &p->before, ret);
		return;
	}
	prefix = prefix_of(&p->before.addr, &q->last);
	if (prefix >= 0)
		np_buf_printf(ret, "%s/%d", np_addr_text(&p->before.addr, a), prefix);
	else
		np_buf_printf(ret, "%s-%s", np_addr_text(&p->before.addr, a),
			      np_addr_text(&q->last, b));
}

static void put_text_line(const struct diff *d, const struct line *l, struct np_buf *out)
{
	struct np_buf from = { 0 }, to = { 0 };

	put_end(d, l->src, l->src_last, &from);
	put_end(d, l->dst, l->dst_last, &to);
	np_buf_printf(out, "%-9s  ", change_words[l->change]);
	np_buf_printable(out, np_str_from(np_buf_text(&from)));
	np_buf_adds(out, " -> ");
	np_buf_printable(out, np_str_from(np_buf_text(&to)));
	np_buf_printf(out, "  %s\n", l->ports);
	np_buf_release(&from);
	np_buf_release(&to);
}

static json_t *line_json(const struct diff *d, const struct line *l)
{
	struct np_buf from = { 0 }, to = { 0 };
	json_t *json;

	put_end(d, l->src, l->src_last, &from);
	put_end(d, l->dst, l->dst_last, &to);
	json = np_json_pack("{s:s, s:o, s:o, s:s}", "change", change_words[l->change], "from",
			    np_json_string(np_str_from(np_buf_text(&from))), "to",
			    np_json_string(np_str_from(np_buf_text(&to))), "ports", l->ports);
	np_buf_release(&from);
	np_buf_release(&to);
	return json;
}

static void print_and_release(struct np_buf *out)
{
	fwrite(np_buf_text(out), 1, out->len, stdout);
	np_buf_release(out);
}

void diff_print_json(const struct diff *d)
{
	json_t *changes = json_array(), *all;
	struct np_buf out = { 0 };

	for (size_t i = 0; i < d->n_lines; i++)
		json_array_append_new(changes, line_json(d, &d->lines[i]));
	all = np_json_pack("{s:o, s:I, s:I}", "changes", changes, "pods_gone",
			   (json_int_t)d->n_gone, "pods_new", (json_int_t)d->n_new);
	np_json_dump(all, 0, &out);
	np_buf_addc(&out, '\n');
	json_decref(all);
	print_and_release(&out);
}

/* ---- a summary ---- */

#define MAX_MEMBERS 6 /* named; the rest is counted */

static void put_members(const struct diff *d, const struct end_classes *c, uint32_t at,
			struct np_buf *out)
{
	size_t n = 0;

	np_buf_printf(out, "%5u: %zu", at + 1, c->items[at].n);
	for (size_t i = c->items[at].first; i < d->n_ends && n < MAX_MEMBERS; i++) {
		struct np_buf name = { 0 };

		if (c->of[i] != at)
			continue;
		put_end(d, i, i, &name);
		np_buf_adds(out, n++ ? ", " : "  ");
		np_buf_printable(out, np_str_from(np_buf_text(&name)));
		np_buf_release(&name);
	}
	if (c->items[at].n > n)
		np_buf_printf(out, " and %zu more", c->items[at].n - n);
	np_buf_addc(out, '\n');
}

/* The line stands for the classes of its ends: it is between the first of each, or the first two of
 * one. */
static bool is_of_firsts(const struct end_classes *c, size_t src, size_t dst)
{
	const struct end_class *from = &c->items[c->of[src]], *to = &c->items[c->of[dst]];

	return src == from->first &&
	       dst == (from == to && to->second != SIZE_MAX ? to->second : to->first);
}

/* A stretch of addresses on a line is several ends: each counts. */
static void put_class_line(const struct line *l, const struct end_classes *c, struct np_buf *out,
			   bool *seen)
{
	for (size_t i = l->src; i <= l->src_last; i++)
		for (size_t j = l->dst; j <= l->dst_last; j++) {
			if (!is_of_firsts(c, i, j))
				continue;
			np_buf_printf(out, "%-9s  [%u] -> [%u]  %s\n", change_words[l->change],
				      c->of[i] + 1, c->of[j] + 1, l->ports);
			seen[c->of[i]] = seen[c->of[j]] = true;
		}
}

static void put_summary(const struct diff *d, struct np_buf *out)
{
	struct np_buf lines = { 0 };
	struct end_classes c;
	np_auto_free bool *seen = NULL;

	end_classes_find(&d->changes, &c);
	seen = np_xcalloc(c.n + 1, sizeof(*seen));
	for (size_t i = 0; i < d->n_lines; i++)
		put_class_line(&d->lines[i], &c, &lines, seen);
	np_buf_printf(out,
		      "%zu lines; in short, ends of a class change alike (--all lists every "
		      "connection):\n\n",
		      d->n_lines);
	for (uint32_t k = 0; k < c.n; k++)
		if (seen[k])
			put_members(d, &c, k, out);
	np_buf_printf(out, "\n%s", np_buf_text(&lines));
	np_buf_release(&lines);
	end_classes_release(&c);
}

void diff_print_text(const struct diff *d, bool summary)
{
	struct np_buf out = { 0 };

	if (summary)
		put_summary(d, &out);
	for (size_t i = 0; i < d->n_lines && !summary; i++)
		put_text_line(d, &d->lines[i], &out);
	if (d->n_gone + d->n_new)
		np_buf_printf(&out, "not compared: %zu pods that are gone, %zu new ones\n",
			      d->n_gone, d->n_new);
	if (!d->n_lines)
		np_buf_adds(&out, "no connection opens or closes\n");
	print_and_release(&out);
}
