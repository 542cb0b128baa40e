/*
 * sarif.c - the report for code scanning: SARIF 2.1.0. A rule is a case, a result its failure at
 * the line of the case file where it shows; a waived one is a result that is suppressed. What could
 * not be judged is a notification, and so is what is wrong with the run as a whole.
 */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

static json_t *text_of(const struct np_buf *b)
{
	return np_json_pack("{s:o}", "text",
			    np_json_string((struct np_str){ np_buf_text(b), b->len }));
}

static json_t *message_of(const char *text)
{
	struct np_buf b = { 0 };
	json_t *m;

	np_report_plain(&b, np_str_from(text));
	m = text_of(&b);
	np_buf_release(&b);
	return m;
}

/* A file's name as a relative or absolute reference: everything that is not plain in it by percent.
 */
static json_t *uri_of(const char *file, size_t n)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._~/";
	struct np_buf b = { 0 };
	json_t *uri;

	np_buf_adds(&b, n && *file == '/' ? "file://" : "");
	for (size_t i = 0; i < n; i++) {
		if (strchr(plain, file[i]))
			np_buf_addc(&b, file[i]);
		else
			np_buf_printf(&b, "%%%02X", (unsigned)(unsigned char)file[i]);
	}
	uri = np_json_string((struct np_str){ np_buf_text(&b), b.len });
	np_buf_release(&b);
	return uri;
}

static json_t *location_of(const char *place)
{
	size_t n;
	unsigned line = np_report_place(place, &n);
	json_t *physical = np_json_pack("{s:{s:o}}", "artifactLocation", "uri", uri_of(place, n));

	if (line)
		json_object_set_new(physical, "region",
				    np_json_pack("{s:i}", "startLine", (int)line));
	return np_json_pack("[{s:o}]", "physicalLocation", physical);
}

static json_t *rule_of(const json_t *c, const char *id)
{
	const json_t *clauses = json_object_get(c, "clauses");
	json_t *tags = json_array(), *clause;
	size_t i;

	json_array_foreach(clauses, i, clause)
		if (json_is_string(clause))
			json_array_append(tags, clause);
	return np_json_pack("{s:o, s:o, s:{s:s}, s:{s:o}}", "id", np_json_string(np_str_from(id)),
			    "shortDescription", message_of(np_json_str(c, "title", id)),
			    "defaultConfiguration", "level", "error", "properties", "tags", tags);
}

/* What is wrong, the tables, and why, as far as the record says it. */
static json_t *words_of(const json_t *c, const json_t *step)
{
	static const struct np_report_layout layout = { "", false, 100, 16, 1 };
	const json_t *f = json_array_get(json_object_get(step, "failures"), 0);
	struct np_buf b = { 0 };
	json_t *m;

	np_report_headline(c, &b);
	if (f) {
		np_buf_addc(&b, '\n');
		np_report_first_cell(step, &b);
		np_buf_addc(&b, '\n');
		np_report_indented(&b, "", np_json_str(f, "explanation", ""));
	}
	np_report_tables(step, &layout, &b);
	m = text_of(&b);
	np_buf_release(&b);
	return m;
}

/* The same failure in the next run has the same one, wherever the file's lines have gone. */
static json_t *fingerprint_of(const char *id)
{
	struct np_buf b = { 0 };
	json_t *v;

	np_report_folder(&b, id);
	v = np_json_pack("{s:o}", "case/v1",
			 np_json_string((struct np_str){ np_buf_text(&b), b.len }));
	np_buf_release(&b);
	return v;
}

static json_t *result_of(const struct np_report *r, const char *id, size_t rule)
{
	const json_t *c = json_object_get(r->cases, id), *step = np_report_bad_step(r, id);
	const char *place = np_json_str(step, "place", "");
	json_t *v = np_json_pack("{s:o, s:I, s:s, s:s, s:o, s:o}", "ruleId",
				 np_json_string(np_str_from(id)), "ruleIndex", (json_int_t)rule,
				 "kind", "fail", "level", "error", "message", words_of(c, step),
				 "partialFingerprints", fingerprint_of(id));

	if (*place)
		json_object_set_new(v, "locations", location_of(place));
	if (np_report_is(r, id, "known")) {
		json_t *why = message_of(np_json_str(c, "waiver/reason", ""));

		json_object_set_new(v, "suppressions",
				    np_json_pack("[{s:s, s:s, s:O}]", "kind", "external", "status",
						 "accepted", "justification",
						 json_object_get(why, "text")));
		json_decref(why);
	}
	return v;
}

static json_t *notification(const char *level, const char *id, const char *text)
{
	json_t *v = np_json_pack("{s:s, s:o}", "level", level, "message", message_of(text));

	if (id)
		json_object_set_new(v, "associatedRule",
				    np_json_pack("{s:o}", "id", np_json_string(np_str_from(id))));
	return v;
}

static json_t *invocation_of(const struct np_report *r, const json_t *ids)
{
	struct np_buf problem = { 0 };
	json_t *list = json_array(), *id, *v;
	int status = np_report_exit(r);
	size_t i;

	if (np_report_problem(r, &problem))
		json_array_append_new(list, notification("error", NULL, np_buf_text(&problem)));
	for (i = 0; i < json_array_size(r->warnings); i++)
		json_array_append_new(list,
				      notification("warning", NULL, np_report_at(r->warnings, i)));
	json_array_foreach(ids, i, id) {
		const char *name = json_string_value(id);

		if (np_report_is(r, name, "error"))
			json_array_append_new(
				list, notification("error", name,
						   np_json_str(json_object_get(r->cases, name),
							       "reason", "could not be judged")));
	}
	v = np_json_pack("{s:b, s:i, s:o}", "executionSuccessful", status == 0 || status == 1,
			 "exitCode", status, "toolExecutionNotifications", list);
	np_buf_release(&problem);
	return v;
}

void np_report_sarif(const struct np_report *r, struct np_buf *ret)
{
	json_t *ids = np_report_ids(r), *id, *rules = json_array(), *results = json_array(), *out;
	size_t i;

	json_array_foreach(ids, i, id) {
		const char *name = json_string_value(id);
		bool known = np_report_is(r, name, "known"), error = np_report_is(r, name, "error");

		if (!known && !error && !np_report_is(r, name, "fail"))
			continue;
		if (!error)
			json_array_append_new(results, result_of(r, name, json_array_size(rules)));
		json_array_append_new(rules, rule_of(json_object_get(r->cases, name), name));
	}
	out = np_json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:o, s:o}}, s:[o], s:s, s:o}]}", "$schema",
			   "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
			   "runs", "tool", "driver", "name", "netpolcheck", "version",
			   np_json_string(np_str_from(np_json_str(r->run, "version", "?"))),
			   "rules", rules, "invocations", invocation_of(r, ids), "columnKind",
			   "utf16CodeUnits", "results", results);
	np_json_dump(out, 0, ret);
	np_buf_addc(ret, '\n');
	json_decref(out);
	json_decref(ids);
}
