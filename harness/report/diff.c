/* diff.c - what changed between two runs. */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

static const char *result_in(const struct np_report *r, const char *id)
{
	return np_json_str(json_object_get(r->cases, id), "result", "absent");
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static const char *kind_of_change(const char *before, const char *after)
{
	if (is(before, "absent"))
		return "only in the new run";
	if (is(after, "absent"))
		return "only in the old run";
	if (is(after, "fail"))
		return "newly failing";
	if (is(after, "pass") && (is(before, "fail") || is(before, "known")))
		return "fixed";
	return "changed";
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *changes_of(const struct np_report *before, const struct np_report *after)
{
	json_t *all = json_object(), *list = json_array(), *v;
	const char **ids, *id;
	size_t n = 0;

	json_object_update(all, before->cases);
	json_object_update(all, after->cases);
	ids = np_xcalloc(json_object_size(all) + 1, sizeof(*ids));
	json_object_foreach(all, id, v)
		if (!is(result_in(before, id), result_in(after, id)))
			ids[n++] = id;
	qsort(ids, n, sizeof(*ids), by_text);
	for (size_t i = 0; i < n; i++) {
		const char *b = result_in(before, ids[i]), *a = result_in(after, ids[i]);

		json_array_append_new(list,
				      np_json_pack("{s:s, s:s, s:s, s:s}", "case", ids[i], "before",
						   b, "after", a, "what", kind_of_change(b, a)));
	}
	free(ids);
	json_decref(all);
	return list;
}

static void put_text(const json_t *list, struct np_buf *ret)
{
	json_t *c;
	size_t i;

	json_array_foreach(list, i, c) {
		np_buf_printf(ret, "%-19s  ", np_json_str(c, "what", ""));
		np_report_plain(ret, np_str_from(np_json_str(c, "case", "")));
		np_buf_printf(ret, " (%s, was %s)\n", np_json_str(c, "after", ""),
			      np_json_str(c, "before", ""));
	}
	np_buf_printf(ret, "%zu cases differ\n", json_array_size(list));
}

void np_report_diff(const struct np_report *before, const struct np_report *after,
		    enum np_report_format format, struct np_buf *ret, bool *ret_differs)
{
	json_t *list = changes_of(before, after);

	*ret_differs = json_array_size(list) != 0;
	if (format == NP_REPORT_JSON) {
		np_json_dump(list, 0, ret);
		np_buf_addc(ret, '\n');
	} else {
		put_text(list, ret);
	}
	json_decref(list);
}
