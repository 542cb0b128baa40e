/* diff.c - what changed between two runs. */
#include <string.h>

#include "np/base/json.h"
#include "report_private.h"

static const char *result_in(const struct np_report *r, const char *id)
{
	return np_json_str(json_object_get(r->cases, id), "result", "absent");
}

static const char *kind_of_change(const char *before, const char *after)
{
	if (strcmp(before, "absent") == 0)
		return "only in the new run";
	if (strcmp(after, "absent") == 0)
		return "only in the old run";
	if (strcmp(after, "fail") == 0)
		return "newly failing";
	if (strcmp(after, "pass") == 0 && strcmp(before, "fail") == 0)
		return "fixed";
	return "changed";
}

static json_t *changes_of(const struct np_report *before, const struct np_report *after)
{
	json_t *all = json_object(), *list = json_array(), *v;
	const char *id;

	json_object_update(all, before->cases);
	json_object_update(all, after->cases);
	json_object_foreach(all, id, v) {
		const char *b = result_in(before, id), *a = result_in(after, id);

		if (strcmp(a, b) != 0)
			json_array_append_new(list, np_json_pack("{s:s, s:s, s:s, s:s}", "case", id, "before", b, "after", a, "what",
								 kind_of_change(b, a)));
	}
	json_decref(all);
	return list;
}

void np_report_diff(const struct np_report *before, const struct np_report *after, enum np_report_format format, struct np_buf *ret,
		    bool *ret_differs)
{
	json_t *list = changes_of(before, after), *c;
	size_t i;

	*ret_differs = json_array_size(list) != 0;
	if (format == NP_REPORT_JSON) {
		np_json_dump(list, 0, ret);
		np_buf_addc(ret, '\n');
	} else {
		json_array_foreach(list, i, c) {
			np_buf_printf(ret, "%-20s ", np_json_str(c, "what", ""));
			np_buf_printable(ret, np_str_from(np_json_str(c, "case", "")));
			np_buf_printf(ret, " (%s, was %s)\n", np_json_str(c, "after", ""), np_json_str(c, "before", ""));
		}
		np_buf_printf(ret, "%zu cases differ\n", json_array_size(list));
	}
	json_decref(list);
}
