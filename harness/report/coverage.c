/* coverage.c - which kinds of pairs were judged. */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "report_private.h"

/* @lacking: the need in the pre-flight's line whose reason explains a kind that is missing. */
static const struct kind {
	const char *name, *words, *lacking;
} kinds[] = {
	{ "same-node", "between pods of one node", NULL },
	{ "cross-node", "between pods of two nodes", "two-nodes" },
	{ "host-pod", "between a node and a pod", "host-pods" },
	{ "external-pod", "between a pod and an address outside", "external" },
	{ "service", "to a Service", "services" },
	{ "dns", "to a DNS pod", "dns" },
};

static const struct family {
	const char *name, *words, *lacking;
} families[] = { { "4", "IPv4", "ipv4" }, { "6", "IPv6", "ipv6" } };

json_t *np_report_coverage(const struct np_report *r)
{
	json_t *all = json_object(), *c;
	const char *id;

	for (size_t k = 0; k < NP_ARRAY_SIZE(kinds); k++) {
		long long n[2] = { 0, 0 };

		json_object_foreach(r->cases, id, c) {
			const json_t *pairs = np_json_at(c, "pairs"),
				     *of = json_object_get(pairs, kinds[k].name);

			for (size_t f = 0; f < 2; f++) {
				long long v = np_json_int(of, families[f].name, 0);

				/* Whatever stands in a record, no sum overflows. */
				if (v > 0 && v < 1LL << 40)
					n[f] += v;
			}
		}
		json_object_set_new(
			all, kinds[k].name,
			np_json_pack("{s:I, s:I}", "4", (json_int_t)n[0], "6", (json_int_t)n[1]));
	}
	return all;
}

static long long count(const json_t *coverage, const char *kind, const char *family)
{
	return np_json_int(json_object_get(coverage, kind), family, 0);
}

static bool has_family(const json_t *coverage, const char *family)
{
	for (size_t k = 0; k < NP_ARRAY_SIZE(kinds); k++)
		if (count(coverage, kinds[k].name, family))
			return true;
	return false;
}

void np_report_covered(const json_t *coverage, struct np_buf *b)
{
	const char *between = "";

	for (size_t k = 0; k < NP_ARRAY_SIZE(kinds); k++) {
		long long n =
			count(coverage, kinds[k].name, "4") + count(coverage, kinds[k].name, "6");

		if (!n)
			continue;
		np_buf_printf(b, "%s%lld%s %s", between, n,
			      *between ? "" : (n == 1 ? " connection" : " connections"),
			      kinds[k].words);
		between = ", ";
	}
	if (!*between)
		return;
	between = "; over ";
	for (size_t f = 0; f < 2; f++)
		if (has_family(coverage, families[f].name)) {
			np_buf_printf(b, "%s%s", between, families[f].words);
			between = " and ";
		}
}

static json_t *missing(const struct np_report *r, const char *what, const char *lacking)
{
	const json_t *all = json_object_get(r->preflight, "lacking");
	const char *why = lacking ? json_string_value(json_object_get(all, lacking)) : NULL;

	return np_json_pack("{s:s, s:o}", "what", what, "reason",
			    np_json_string(np_str_from(why ? why : "no case of this run has any")));
}

json_t *np_report_not_covered(const struct np_report *r, const json_t *coverage)
{
	json_t *list = json_array();

	for (size_t k = 0; k < NP_ARRAY_SIZE(kinds); k++) {
		np_auto_free char *what = np_xasprintf("connections %s", kinds[k].words);

		if (!count(coverage, kinds[k].name, "4") && !count(coverage, kinds[k].name, "6"))
			json_array_append_new(list, missing(r, what, kinds[k].lacking));
	}
	for (size_t f = 0; f < 2; f++)
		if (!has_family(coverage, families[f].name))
			json_array_append_new(list,
					      missing(r, families[f].words, families[f].lacking));
	return list;
}
