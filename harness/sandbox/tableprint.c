/* Tables out of columns. */
#include "tableprint.h"

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "tableprint_cells.h"

json_t *np_partial_new(const json_t *object)
{
	return np_json_pack("{s:s, s:s, s:O}", "kind", "PartialObjectMetadata", "apiVersion",
			    "meta.k8s.io/v1", "metadata", json_object_get(object, "metadata"));
}

static json_t *column_definitions(enum np_kind_id kind)
{
	json_t *list = json_array();

	for (const struct np_column *c = np_columns[kind]; c->name; c++)
		json_array_append_new(list, np_json_pack("{s:s, s:s, s:s, s:s, s:i}", "name",
							 c->name, "type", c->type, "format",
							 strcmp(c->name, "Name") == 0 ? "name" : "",
							 "description", c->description, "priority",
							 c->priority));
	return list;
}

static json_t *row_new(enum np_kind_id kind, json_t *object, enum np_table_include include)
{
	json_t *cells = json_array(), *row;

	for (const struct np_column *c = np_columns[kind]; c->name; c++)
		json_array_append_new(cells, c->cell(object));
	row = np_json_pack("{s:o}", "cells", cells);
	if (include == NP_TABLE_METADATA)
		json_object_set_new(row, "object", np_partial_new(object));
	else if (include == NP_TABLE_OBJECT)
		json_object_set(row, "object", object);
	return row;
}

json_t *np_table_new(enum np_kind_id kind, const json_t *items, json_t *meta,
		     enum np_table_include include, bool columns)
{
	json_t *rows = json_array(), *object, *table;
	size_t i;

	json_array_foreach(items, i, object)
		json_array_append_new(rows, row_new(kind, object, include));
	table = np_json_pack("{s:s, s:s, s:o}", "kind", "Table", "apiVersion", "meta.k8s.io/v1",
			     "metadata", meta ? json_incref(meta) : json_object());
	json_object_set_new(table, "columnDefinitions",
			    columns ? column_definitions(kind) : json_null());
	json_object_set_new(table, "rows", rows);
	return table;
}

/* ---- ages, as k8s.io/apimachinery/pkg/util/duration prints them ---- */

static void two_units(char *buf, size_t size, long long big, char big_unit, long long small,
		      char small_unit)
{
	if (small)
		snprintf(buf, size, "%lld%c%lld%c", big, big_unit, small, small_unit);
	else
		snprintf(buf, size, "%lld%c", big, big_unit);
}

static void human_duration(long long s, char *buf, size_t size)
{
	long long m = s / 60, h = m / 60, d = h / 24;

	if (s < 0)
		snprintf(buf, size, s < -1 ? "<invalid>" : "0s");
	else if (s < 120)
		snprintf(buf, size, "%llds", s);
	else if (m < 10)
		two_units(buf, size, m, 'm', s % 60, 's');
	else if (m < 180)
		snprintf(buf, size, "%lldm", m);
	else if (h < 8)
		two_units(buf, size, h, 'h', m % 60, 'm');
	else if (h < 48)
		snprintf(buf, size, "%lldh", h);
	else if (h < 192)
		two_units(buf, size, d, 'd', h % 24, 'h');
	else if (d < 730)
		snprintf(buf, size, "%lldd", d);
	else
		two_units(buf, size, d / 365, 'y', d < 8 * 365 ? d % 365 : 0, 'd');
}

const char *np_table_age(const char *when, char *buf, size_t size)
{
	struct tm tm = { 0 };
	const char *rest = when ? strptime(when, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	if (!rest || (*rest != 'Z' && *rest != '.'))
		snprintf(buf, size, "<unknown>");
	else
		human_duration((long long)time(NULL) - (long long)timegm(&tm), buf, size);
	return buf;
}
