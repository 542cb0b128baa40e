/* score_curve.c - the curve of a score as text, JSON and a picture. */
#include "score_curve.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "score_print.h"

#define BAR 24 /* characters of a whole bar */

static size_t *count_of(struct np_kills *k, const struct np_score_row *row)
{
	return row->wrong.mutant ? &k->named : &k->mechanical;
}

void np_curve_init(struct np_curve *c, const struct np_score *score)
{
	*c = (struct np_curve){ .n_cases = score->n_cases };
	c->after = np_xcalloc(score->n_cases + 1, sizeof(*c->after));
	for (size_t m = 0; m < score->n_rows; m++) {
		const struct np_score_row *row = &score->rows[m];

		if (row->n_killed_by && !np_score_open(row))
			++*count_of(&c->after[row->killed_by[0] + 1], row);
	}
	for (size_t i = 1; i <= c->n_cases; i++) {
		c->after[i].named += c->after[i - 1].named;
		c->after[i].mechanical += c->after[i - 1].mechanical;
	}
}

void np_curve_release(struct np_curve *c)
{
	free(c->after);
	*c = (struct np_curve){ .n_cases = 0 };
}

struct np_kills np_curve_all(const struct np_score *score)
{
	struct np_kills all = { 0 };

	for (size_t m = 0; m < score->n_rows; m++)
		if (!np_score_open(&score->rows[m]))
			++*count_of(&all, &score->rows[m]);
	return all;
}

size_t np_curve_tier_end(const struct np_plan *plan, enum np_band last)
{
	size_t n = 0;

	while (n < plan->n_cases && plan->bands[n] <= last)
		n++;
	return n;
}

static struct np_kills at(const struct np_curve *c, size_t n)
{
	return c->after[n < c->n_cases ? n : c->n_cases];
}

static double percent(size_t n, size_t of)
{
	return of ? 100.0 * (double)n / (double)of : 0.0;
}

/* Numbers of cases worth a line: 1, 2, 3, 5, 7, 10, 15, .., the ends of tiers, and all. Rising. */
static size_t points(const struct np_curve_view *v, size_t *ret, size_t max)
{
	static const size_t steps[] = { 10, 15, 20, 30, 50, 70 };
	const size_t n_cases = v->own.n_cases,
		     smoke = np_curve_tier_end(v->plan, NP_BAND_SMOKE),
		     whole = np_curve_tier_end(v->plan, NP_BAND_NEW);
	size_t n = 0, last = 0;

	for (size_t tens = 1, s = 0; last < n_cases && n < max; s++) {
		size_t next;

		if (s == NP_ARRAY_SIZE(steps)) {
			s = 0;
			tens *= 10;
		}
		next = steps[s] * tens / 10;
		if (last < smoke && smoke < next) {
			next = smoke;
			s--;
		} else if (last < whole && whole < next) {
			next = whole;
			s--;
		}
		next = next < n_cases ? next : n_cases;
		if (next > last)
			ret[n++] = last = next;
	}
	return n;
}

static const char *bar(size_t n, size_t of, char mark, char *buf)
{
	size_t full = of ? (n * BAR + of / 2) / of : 0;

	memset(buf, ' ', BAR);
	memset(buf, mark, full < BAR ? full : BAR);
	buf[BAR] = '\0';
	return buf;
}

static const char *tier_at(const struct np_curve_view *v, size_t n)
{
	if (n == np_curve_tier_end(v->plan, NP_BAND_SMOKE))
		return "  end of smoke";
	if (n == np_curve_tier_end(v->plan, NP_BAND_NEW))
		return "  end of default";
	return n == v->own.n_cases ? "  end of full" : "";
}

static void text_line(const struct np_curve_view *v, size_t n, struct np_buf *ret)
{
	struct np_kills own = at(&v->own, n), other = at(&v->uniform, n);
	char bars[2][BAR + 1];

	np_buf_printf(ret, "%5zu |%s| %4zu %4zu |%s| %4zu %4zu%s\n", n,
		      bar(own.named, v->all.named, '#', bars[0]), own.named, own.mechanical,
		      bar(other.named, v->all.named, '-', bars[1]), other.named, other.mechanical,
		      n > v->uniform.n_cases ? "  (there are no more)" : tier_at(v, n));
}

void np_curve_text(const struct np_curve_view *v, struct np_buf *ret)
{
	size_t shown[64], n = points(v, shown, NP_ARRAY_SIZE(shown));
	struct np_kills own = at(&v->own, v->own.n_cases),
			other = at(&v->uniform, v->own.n_cases);

	np_buf_printf(ret, "Mutants killed by the first N cases: of %zu named, of %zu mechanical.\n",
		      v->all.named, v->all.mechanical);
	np_buf_printf(ret, "%5s |%-*s| %4s %4s |%-*s| %4s %4s\n", "N", BAR, "named, by these cases",
		      "nam.", "mec.", BAR, "named, by uniform ones", "nam.", "mec.");
	for (size_t i = 0; i < n; i++)
		text_line(v, shown[i], ret);
	np_buf_printf(ret,
		      "%zu cases kill %.1f %% of the named and %.1f %% of the mechanical; as many "
		      "uniform ones (%zu) %.1f %% and %.1f %%\n",
		      v->own.n_cases, percent(own.named, v->all.named),
		      percent(own.mechanical, v->all.mechanical),
		      v->own.n_cases < v->uniform.n_cases ? v->own.n_cases : v->uniform.n_cases,
		      percent(other.named, v->all.named),
		      percent(other.mechanical, v->all.mechanical));
}

static json_t *point_json(const struct np_curve_view *v, size_t n)
{
	struct np_kills own = at(&v->own, n), other = at(&v->uniform, n);

	return np_json_pack("{s:I, s:I, s:I, s:I, s:I}", "cases", (json_int_t)n, "named",
			    (json_int_t)own.named, "mechanical", (json_int_t)own.mechanical,
			    "uniform_named", (json_int_t)other.named, "uniform_mechanical",
			    (json_int_t)other.mechanical);
}

void np_curve_json(const struct np_curve_view *v, struct np_buf *ret)
{
	static const struct {
		const char *name;
		enum np_band last;
	} tiers[] = { { "smoke", NP_BAND_SMOKE },
		      { "default", NP_BAND_NEW },
		      { "full", NP_BAND_GENERATED } };
	json_t *list = json_array(), *ends = json_object(), *top;
	size_t before = 0;

	for (size_t i = 0; i <= v->own.n_cases; i++)
		json_array_append_new(list, point_json(v, i));
	for (size_t t = 0; t < NP_ARRAY_SIZE(tiers); t++) {
		size_t end = np_curve_tier_end(v->plan, tiers[t].last);

		if (end > before)
			json_object_set_new(ends, tiers[t].name, json_integer((json_int_t)end));
		before = end;
	}
	top = np_json_pack("{s:{s:I, s:I}, s:I, s:o, s:o}", "mutants", "named",
			   (json_int_t)v->all.named, "mechanical", (json_int_t)v->all.mechanical,
			   "uniform_cases", (json_int_t)v->uniform.n_cases, "tiers", ends, "points",
			   list);
	np_json_dump(top, 0, ret);
	np_buf_addc(ret, '\n');
	json_decref(top);
}

/* ---- picture ---- */

#define WIDTH 720
#define HEIGHT 360
#define LEFT 50
#define TOP 20

static double x_of(const struct np_curve_view *v, size_t n)
{
	return LEFT + (double)n * WIDTH / (double)(v->own.n_cases ? v->own.n_cases : 1);
}

static double y_of(double p)
{
	return TOP + HEIGHT * (1 - p / 100);
}

static void svg_line(const struct np_curve_view *v, const struct np_curve *c, bool named,
		     const char *style, struct np_buf *ret)
{
	np_buf_adds(ret, "<polyline fill=\"none\" stroke-width=\"2\" points=\"");
	for (size_t n = 0; n <= v->own.n_cases && n <= c->n_cases; n++)
		np_buf_printf(ret, "%.1f,%.1f ", x_of(v, n),
			      y_of(named ? percent(c->after[n].named, v->all.named)
					 : percent(c->after[n].mechanical, v->all.mechanical)));
	np_buf_printf(ret, "\" %s/>\n", style);
}

static void svg_axes(const struct np_curve_view *v, struct np_buf *ret)
{
	for (int p = 0; p <= 100; p += 20)
		np_buf_printf(ret,
			      "<path d=\"M%d %.1fh%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" "
			      "text-anchor=\"end\">%d %%</text>\n",
			      LEFT, y_of(p), WIDTH, LEFT - 4, y_of(p) + 4, p);
	for (int band = NP_BAND_SMOKE; band <= NP_BAND_NEW; band += NP_BAND_NEW) {
		size_t end = np_curve_tier_end(v->plan, (enum np_band)band);

		np_buf_printf(ret,
			      "<path d=\"M%.1f %dv%d\" stroke=\"#999\" stroke-dasharray=\"4\"/><text "
			      "x=\"%.1f\" y=\"%d\" text-anchor=\"end\">%s, %zu cases</text>\n",
			      x_of(v, end), TOP, HEIGHT, x_of(v, end), TOP + HEIGHT + 16,
			      band == NP_BAND_SMOKE ? "smoke" : "default", end);
	}
}

void np_curve_svg(const struct np_curve_view *v, struct np_buf *ret)
{
	static const struct {
		const char *color, *what;
	} keys[] = { { "#06c", "named mutants" },
		     { "#6af", "mechanical" },
		     { "#c30", "named, uniform cases" },
		     { "#fa8", "mechanical, uniform cases" } };
	char style[32];

	np_buf_printf(ret,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
		      "font-family=\"sans-serif\" font-size=\"12\">\n"
		      "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		      LEFT + WIDTH + 30, TOP + HEIGHT + 30);
	svg_axes(v, ret);
	for (size_t i = 0; i < NP_ARRAY_SIZE(keys); i++) {
		snprintf(style, sizeof(style), "stroke=\"%s\"", keys[i].color);
		svg_line(v, i < 2 ? &v->own : &v->uniform, i % 2 == 0, style, ret);
		np_buf_printf(ret, "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n",
			      LEFT + WIDTH - 180, TOP + HEIGHT - 80 + 18 * (int)i, keys[i].color,
			      keys[i].what);
	}
	np_buf_adds(ret, "</svg>\n");
}
