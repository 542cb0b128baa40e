/* waive.c - waivers made from the failures of a run. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"
#include "yaml.h"

#define CELLS_MAX 1000 /* of a waiver that a run reads */

/* YYYY-MM-DD of a day that there is. */
static bool is_date(const char *text)
{
	struct tm day = { 0 }, same;
	char again[32];
	const char *end = strptime(text, "%Y-%m-%d", &day);
	time_t t;

	if (!end || *end)
		return false;
	t = timegm(&day);
	return gmtime_r(&t, &same) && strftime(again, sizeof(again), "%Y-%m-%d", &same) &&
	       strcmp(again, text) == 0;
}

static void add_row(json_t *cells, const json_t *table, size_t port, size_t source, bool v6)
{
	const json_t *rows_e = json_array_get(json_object_get(table, "expected"), port),
		     *rows_o = json_array_get(json_object_get(table, "observed"), port),
		     *dests = json_object_get(table, "dests");
	const char *e = np_report_at(rows_e, source), *o = np_report_at(rows_o, source);

	for (size_t d = 0; e[d] && o[d] && d < json_array_size(dests); d++) {
		np_auto_free char *cell = NULL;

		/* What a failed probe would have shown is nobody's deviation. */
		if (!np_report_cell_wrong(e[d], o[d]) || o[d] == 'e')
			continue;
		cell = np_xasprintf(
			"%s -> %s %s%s", np_report_at(json_object_get(table, "sources"), source),
			np_report_at(dests, d), np_report_at(json_object_get(table, "ports"), port),
			v6 ? " v6" : "");
		json_array_append_new(cells, np_json_string(np_str_from(cell)));
	}
}

json_t *np_report_wrong_cells(const json_t *step)
{
	const json_t *tables = json_object_get(step, "tables");
	json_t *cells = json_array();

	for (size_t t = 0; t < json_array_size(tables); t++) {
		const json_t *table = json_array_get(tables, t);
		bool v6 = json_array_size(tables) > 1 && np_json_int(table, "family", 4) == 6;
		size_t n_ports = json_array_size(json_object_get(table, "expected"));

		for (size_t p = 0; p < n_ports; p++) {
			size_t n = json_array_size(
				json_array_get(json_object_get(table, "expected"), p));

			for (size_t s = 0; s < n; s++)
				add_row(cells, table, p, s, v6);
		}
	}
	return cells;
}

/* What is wrong in a case, of a step with tables or, where there are no steps (the model), as its
 * own line says. New reference. */
static json_t *cells_of(const struct np_report *r, const char *id)
{
	const json_t *step = np_report_bad_step(r, id), *cell;
	const json_t *told = json_object_get(json_object_get(r->cases, id), "cells");
	json_t *cells;
	size_t i;

	if (step || !told)
		return np_report_wrong_cells(step);
	cells = json_array();
	json_array_foreach((json_t *)told, i, cell)
		if (json_is_string(cell))
			json_array_append(cells, (json_t *)cell);
	return cells;
}

static json_t *waiver_of(const struct np_report *r, const char *id, const struct np_report_waive *w)
{
	const struct {
		const char *key, *value;
	} texts[] = { { "reason", w->reason },	 { "link", w->link }, { "agent", w->agent },
		      { "version", w->version }, { "mode", w->mode }, { "expires", w->expires } };
	json_t *waiver = np_json_pack("{s:o}", "case", np_json_string(np_str_from(id)));
	json_t *cells = cells_of(r, id);
	size_t n = json_array_size(cells);

	if (n && n <= CELLS_MAX)
		json_object_set(waiver, "cells", cells);
	json_decref(cells);
	for (size_t i = 0; i < NP_ARRAY_SIZE(texts); i++)
		if (texts[i].value)
			json_object_set_new(waiver, texts[i].key,
					    np_json_string(np_str_from(texts[i].value)));
	return waiver;
}

static int check(const struct np_report_waive *w, struct np_err *err)
{
	if (!w->reason || !*w->reason)
		return np_err_set(err, NP_EUSAGE, "a waiver needs a reason: --reason TEXT");
	if ((w->version || w->mode) && !w->agent)
		return np_err_set(err, NP_EUSAGE, "a version or mode is one of an --agent NAME");
	if (w->expires && !is_date(w->expires))
		return np_err_set(err, NP_EUSAGE, "--expires: '%.40s' is no day such as 2027-01-31",
				  w->expires);
	return 0;
}

int np_report_waive(const struct np_report *r, const struct np_report_waive *w, struct np_buf *ret,
		    size_t *ret_n, struct np_err *err)
{
	json_t *ids, *id, *list;
	size_t i;

	if (check(w, err) < 0)
		return -1;
	ids = np_report_ids(r);
	list = json_array();
	json_array_foreach(ids, i, id) {
		const char *name = json_string_value(id);

		if (np_report_is(r, name, "fail") && (!w->glob || fnmatch(w->glob, name, 0) == 0))
			json_array_append_new(list, waiver_of(r, name, w));
	}
	*ret_n = json_array_size(list);
	if (*ret_n)
		np_report_yaml(list, ret);
	json_decref(list);
	json_decref(ids);
	return 0;
}
