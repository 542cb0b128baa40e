/* json.c - the report for programs. */
#include "np/base/json.h"
#include "report_private.h"

static json_t *case_json(const struct np_report *r, const char *id)
{
	json_t *c = json_deep_copy(json_object_get(r->cases, id)), *failures;
	const json_t *step = np_report_bad_step(r, id);

	json_object_del(c, "type");
	json_object_del(c, "t_ms");
	failures = json_object_get(step, "failures");
	if (failures) {
		json_object_set(c, "place", json_object_get(step, "place"));
		json_object_set(c, "failures", failures);
	}
	return c;
}

static void set_or_null(json_t *out, const char *key, json_t *value)
{
	json_object_set_new(out, key, value ? json_incref(value) : json_null());
}

void np_report_json(const struct np_report *r, struct np_buf *ret)
{
	struct np_report_totals t = np_report_count(r);
	json_t *ids = np_report_ids(r), *id, *cases = json_array(), *out, *coverage;
	struct np_buf problem = { 0 };
	size_t i;

	json_array_foreach(ids, i, id)
		json_array_append_new(cases, case_json(r, json_string_value(id)));
	out = np_json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:i, s:b}", "schema", 1,
			   "passed", (json_int_t)t.passed,
			   "failed", (json_int_t)t.failed, "skipped", (json_int_t)t.skipped,
			   "known", (json_int_t)t.known, "errors", (json_int_t)t.errors, "exit",
			   np_report_exit(r), "ended", r->end != NULL);
	if (np_report_problem(r, &problem))
		json_object_set_new(out, "problem",
				    np_json_string((struct np_str){ problem.data, problem.len }));
	coverage = np_report_coverage(r);
	json_object_set(out, "warnings", r->warnings);
	json_object_set(out, "findings", r->findings);
	json_object_set_new(out, "not_covered", np_report_not_covered(r, coverage));
	json_object_set_new(out, "coverage", coverage);
	json_object_set_new(out, "idle_waivers", np_report_idle_waivers(r));
	set_or_null(out, "run", r->run);
	set_or_null(out, "preflight", r->preflight);
	set_or_null(out, "end", r->end);
	json_object_set_new(out, "cases", cases);
	np_json_dump(out, 0, ret);
	np_buf_addc(ret, '\n');
	np_buf_release(&problem);
	json_decref(out);
	json_decref(ids);
}
