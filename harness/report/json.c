/* json.c - the report for programs. */
#include "np/base/json.h"
#include "report_private.h"

static json_t *case_json(const struct np_report *r, const char *id)
{
	json_t *c = json_deep_copy(json_object_get(r->cases, id)), *step = np_report_bad_step(r, id);

	json_object_del(c, "type");
	if (json_object_get(step, "failures"))
		json_object_set(c, "failures", json_object_get(step, "failures"));
	return c;
}

void np_report_json(const struct np_report *r, struct np_buf *ret)
{
	struct np_report_totals t = np_report_count(r);
	json_t *ids = np_report_ids(r), *id, *cases = json_array(), *out;
	size_t i;

	json_array_foreach(ids, i, id)
		json_array_append_new(cases, case_json(r, json_string_value(id)));
	out = np_json_pack("{s:I, s:I, s:I, s:I, s:I, s:i, s:O, s:O?, s:O?, s:o}", "passed", (json_int_t)t.passed, "failed",
			   (json_int_t)t.failed, "skipped", (json_int_t)t.skipped, "known", (json_int_t)t.known, "errors",
			   (json_int_t)t.errors, "exit", np_report_exit(r), "run", r->run, "preflight", r->preflight, "end", r->end,
			   "cases", cases);
	np_json_dump(out, 0, ret);
	np_buf_addc(ret, '\n');
	json_decref(out);
	json_decref(ids);
}
