/* bug_list.c - many findings as one document, for people and for CI. */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/base/utf8.h"
#include "np/campaign/bug.h"

#define EMBARGO "withheld until --disclose"

static const char *field(const json_t *bug, const char *path, bool disclose)
{
	return disclose ? np_json_str(bug, path, "") : EMBARGO;
}

/* ---- text ---- */

static void print_text(const json_t *bugs, const char *root, bool disclose, struct np_buf *b)
{
	json_t *bug;
	size_t i;

	json_array_foreach(bugs, i, bug) {
		np_buf_printf(b, "%s  %-15s ", np_json_str(bug, "key", "?"),
			      np_json_str(bug, "kind", "?"));
		np_buf_printable(b, np_str_from(np_json_str(bug, "component", "?")));
		np_buf_addc(b, '\n');
		if (!disclose)
			continue;
		np_buf_adds(b, "  ");
		np_buf_printable(b, np_str_from(np_json_str(bug, "title", "")));
		np_buf_printf(b,
			      "\n  severity %s, seen %lld times, reliable %lld of %lld\n  "
			      "%s/%s/report.md\n  tell: %s\n",
			      np_json_str(bug, "severity/level", "?"), np_json_int(bug, "count", 1),
			      np_json_int(bug, "reliability/ok", 0),
			      np_json_int(bug, "reliability/total", 0), root,
			      np_json_str(bug, "key", "?"), np_bug_contact(bug));
	}
	np_buf_printf(b, "%zu findings%s\n", json_array_size(bugs),
		      json_array_size(bugs) && !disclose
			      ? "; more with --disclose, and in their folders"
			      : "");
}

/* ---- json ---- */

static json_t *shown(const json_t *bug, bool disclose)
{
	if (disclose)
		return json_deep_copy(bug);
	return np_json_pack("{s:s, s:s, s:s, s:b}", "key", np_json_str(bug, "key", "?"), "kind",
			    np_json_str(bug, "kind", "?"), "component",
			    np_json_str(bug, "component", "?"), "embargoed", 1);
}

static void print_json(const json_t *bugs, bool disclose, struct np_buf *b)
{
	json_t *list = json_array(), *bug;
	char *dump;
	size_t i;

	json_array_foreach(bugs, i, bug)
		json_array_append_new(list, shown(bug, disclose));
	dump = json_dumps(list, JSON_INDENT(2));
	np_buf_adds(b, dump ? dump : "[]");
	np_buf_addc(b, '\n');
	free(dump);
	json_decref(list);
}

/* ---- markdown ---- */

static void print_markdown(const json_t *bugs, bool disclose, struct np_buf *b)
{
	json_t *bug;
	size_t i;

	if (disclose) {
		json_array_foreach(bugs, i, bug) {
			np_buf_adds(b, i ? "\n---\n\n" : "");
			np_bug_markdown(bug, b);
		}
		return;
	}
	np_buf_adds(b, "| key | kind | component |\n| --- | --- | --- |\n");
	json_array_foreach(bugs, i, bug) {
		np_buf_printf(b, "| `%s` | %s | ", np_json_str(bug, "key", "?"),
			      np_json_str(bug, "kind", "?"));
		np_buf_printable(b, np_str_from(np_json_str(bug, "component", "?")));
		np_buf_adds(b, " |\n");
	}
}

/* ---- junit ---- */

/* XML 1.0: five characters escaped, control characters left out. */
static void xml(struct np_buf *b, const char *s)
{
	for (size_t n = strlen(s); n;) {
		uint32_t cp = 0;
		size_t len = np_utf8_decode(s, n, &cp);

		if (!len) {
			np_buf_addc(b, '?');
			len = 1;
		} else if (cp == '<' || cp == '>' || cp == '&' || cp == '"' || cp == '\'') {
			np_buf_printf(b, "&#%u;", (unsigned)cp);
		} else if ((cp >= 0x20 || cp == '\n' || cp == '\t') && cp != 0xFFFE &&
			   cp != 0xFFFF) {
			np_buf_add(b, s, len);
		}
		s += len;
		n -= len;
	}
}

static void print_junit(const json_t *bugs, const char *root, bool disclose, struct np_buf *b)
{
	json_t *bug;
	size_t i;

	np_buf_printf(b,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite "
		      "name=\"netpolcheck fuzz\" tests=\"%zu\" failures=\"%zu\">\n",
		      json_array_size(bugs), json_array_size(bugs));
	json_array_foreach(bugs, i, bug) {
		np_buf_adds(b, "<testcase classname=\"");
		xml(b, np_json_str(bug, "component", "?"));
		np_buf_printf(b, "\" name=\"%s\"><failure type=\"%s\" message=\"",
			      np_json_str(bug, "key", "?"), np_json_str(bug, "kind", "?"));
		xml(b, field(bug, "title", disclose));
		np_buf_adds(b, "\"/>");
		if (disclose) {
			np_buf_adds(b, "<system-out>");
			xml(b, root);
			np_buf_printf(b, "/%s/report.md</system-out>",
				      np_json_str(bug, "key", "?"));
		}
		np_buf_adds(b, "</testcase>\n");
	}
	np_buf_adds(b, "</testsuite>\n</testsuites>\n");
}

/* ---- sarif ---- */

static const char *rule_of(const json_t *bug)
{
	static const char *const rules[][2] = {
		{ "crash", "NPF-CRASH" },
		{ "panic-survived", "NPF-PANIC-SURVIVED" },
		{ "hang", "NPF-HANG" },
		{ "oom", "NPF-OOM" },
		{ "leak", "NPF-LEAK" },
		{ "stuck", "NPF-STUCK" },
		{ "validation-diff", "NPF-VALIDATION" },
	};
	const char *kind = np_json_str(bug, "kind", "");

	for (size_t i = 0; i < NP_ARRAY_SIZE(rules); i++)
		if (strcmp(kind, rules[i][0]) == 0)
			return rules[i][1];
	return strcmp(np_json_str(bug, "type", ""), "over-allow") == 0 ? "NPF-OVERALLOW"
								       : "NPF-OVERDENY";
}

static json_t *sarif_result(const json_t *bug, const char *root, bool disclose)
{
	np_auto_free char *uri =
		np_xasprintf("%s/%s/repro/02-operation.yaml", root, np_json_str(bug, "key", "?"));
	json_t *result = np_json_pack(
		"{s:s, s:s, s:{s:o}, s:{s:s}, s:[{s:{s:{s:o}, s:{s:i}}}]}", "ruleId", rule_of(bug),
		"level",
		strcmp(np_json_str(bug, "severity/level", ""), "low") == 0 ? "warning" : "error",
		"message", "text", np_json_string(np_str_from(field(bug, "title", disclose))),
		"partialFingerprints", "npf/v1", np_json_str(bug, "key", "?"), "locations",
		"physicalLocation", "artifactLocation", "uri", np_json_string(np_str_from(uri)),
		"region", "startLine", 1);
	json_t *properties =
		np_json_pack("{s:s, s:o}", "kind", np_json_str(bug, "kind", "?"), "component",
			     np_json_string(np_str_from(np_json_str(bug, "component", "?"))));

	if (disclose && json_object_get(bug, "reliability"))
		json_object_set(properties, "reliability", json_object_get(bug, "reliability"));
	json_object_set_new(result, "properties", properties);
	return result;
}

static void print_sarif(const json_t *bugs, const char *root, bool disclose, struct np_buf *b)
{
	json_t *results = json_array(), *rules = json_object(), *list = json_array(), *bug, *doc,
	       *unused;
	const char *name;
	char *dump;
	size_t i;

	json_array_foreach(bugs, i, bug) {
		json_array_append_new(results, sarif_result(bug, root, disclose));
		json_object_set_new(rules, rule_of(bug), json_true());
	}
	json_object_foreach(rules, name, unused)
		json_array_append_new(list, np_json_pack("{s:s}", "id", name));
	doc = np_json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:o}]}", "$schema",
			   "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
			   "runs", "tool", "driver", "name", "netpolcheck", "version", NP_VERSION,
			   "rules", list, "results", results);
	dump = json_dumps(doc, JSON_INDENT(2));
	np_buf_adds(b, dump ? dump : "{}");
	np_buf_addc(b, '\n');
	free(dump);
	json_decref(doc);
	json_decref(rules);
}

void np_bugs_print(const json_t *bugs, const char *root, enum np_bug_format format, bool disclose,
		   struct np_buf *ret)
{
	switch (format) {
	case NP_BUG_TEXT:
		print_text(bugs, root, disclose, ret);
		break;
	case NP_BUG_JSON:
		print_json(bugs, disclose, ret);
		break;
	case NP_BUG_MARKDOWN:
		print_markdown(bugs, disclose, ret);
		break;
	case NP_BUG_JUNIT:
		print_junit(bugs, root, disclose, ret);
		break;
	case NP_BUG_SARIF:
		print_sarif(bugs, root, disclose, ret);
		break;
	}
}
