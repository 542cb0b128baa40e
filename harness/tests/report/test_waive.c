/* test_waive.c - waivers from failures: which cells they name, what they look like. */
#include "../../report/report_private.h"
#include "np/base/json.h"
#include "report_test.h"

static char *waived(const char *record, const struct np_report_waive *w, size_t *ret_n)
{
	struct np_report *r = load(record);
	struct np_buf b = { 0 };
	struct np_err err = { 0 };

	ck_assert_msg(np_report_waive(r, w, &b, ret_n, &err) == 0, "%s", err.msg);
	np_report_free(r);
	return np_buf_steal(&b);
}

START_TEST(one_for_each_failing_case)
{
	const struct np_report_waive w = { .reason = "ORed: see\n#1",
					   .link = "https://e.org/1",
					   .agent = "calico",
					   .version = "v3.*",
					   .mode = "nft",
					   .expires = "2028-02-29" };
	size_t n = 0;
	np_auto_free char *text = waived("failing", &w, &n);

	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(count(text, "case: "), 2);
	ck_has(text, "---\n- case: peers/and-in-one-peer\n  cells:\n  - \"x/b -> x/a TCP:80\"\n");
	ck_has(text, "  reason: \"ORed: see\\n#1\"\n  link: \"https://e.org/1\"\n  agent: calico\n"
		     "  version: \"v3.*\"\n  mode: nft\n  expires: \"2028-02-29\"\n");
	ck_assert_uint_eq(count(text, "TCP:80\"\n"), 6 + 2);
	ck_assert_uint_eq(count(text, "UDP:80\"\n"), 6 + 2);
}
END_TEST

/* The cells that the record shows with their explanation are among them, by the same names. */
START_TEST(cells_are_those_of_the_record)
{
	struct np_report *r = load("failing");
	const char *id;
	json_t *c, *f;
	size_t i, n = 0;

	json_object_foreach(r->cases, id, c) {
		const json_t *step = np_report_bad_step(r, id);
		json_t *cells = np_report_wrong_cells(step);

		/* Of a known deviation there are no tables. */
		json_array_foreach(json_object_get(step, "failures"), i, f) {
			bool found = !json_object_get(step, "tables");

			for (size_t k = 0; k < json_array_size(cells); k++)
				found |= strcmp(np_report_at(cells, k),
						np_json_str(f, "cell", "?")) == 0;
			ck_assert_msg(found, "%s", np_json_str(f, "cell", "?"));
			n++;
		}
		json_decref(cells);
	}
	ck_assert_uint_gt(n, 8);
	np_report_free(r);
}
END_TEST

#define TABLE(family, expected, observed)                                                          \
	"{\"family\":" #family ",\"ports\":[\"TCP:80\"],\"sources\":[\"x/a\"],\"dests\":[\"x/b\"," \
	"\"x/c\",\"x/d\"],\"expected\":[[\"" expected "\"]],\"observed\":[[\"" observed "\"]]}"

START_TEST(families_and_failed_probes)
{
	static const char text[] =
		"{\"tables\":[" TABLE(4, "A..", "eA.") "," TABLE(6, ".?A", "Am.") "]}";
	struct np_err err = { 0 };
	json_t *step = np_json_parse(text, strlen(text), &err),
	       *cells = np_report_wrong_cells(step);

	ck_assert_uint_eq(json_array_size(cells), 4);
	ck_assert_str_eq(np_report_at(cells, 0), "x/a -> x/c TCP:80");
	ck_assert_str_eq(np_report_at(cells, 1), "x/a -> x/b TCP:80 v6");
	ck_assert_str_eq(np_report_at(cells, 2), "x/a -> x/c TCP:80 v6");
	ck_assert_str_eq(np_report_at(cells, 3), "x/a -> x/d TCP:80 v6");
	json_decref(cells);
	json_decref(step);
}
END_TEST

START_TEST(some_cases_and_none)
{
	size_t n = 0;
	np_auto_free char *one = waived("failing",
					&(struct np_report_waive){ .reason = "r", .glob = "upd*" },
					&n),
			  *none = NULL, *evil = NULL;

	ck_assert_uint_eq(n, 1);
	ck_has(one, "case: updates/namespace-combined\n");
	none = waived("good", &(struct np_report_waive){ .reason = "r" }, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_str_eq(none, "");
	evil = waived("hostile", &(struct np_report_waive){ .reason = "r" }, &n);
	ck_assert_uint_eq(n, 10);
	ck_no_control(evil);
}
END_TEST

START_TEST(what_is_no_waiver_is_refused)
{
	static const struct {
		struct np_report_waive w;
		const char *msg;
	} all[] = {
		{ { .link = "l" }, "needs a reason" },
		{ { .reason = "" }, "needs a reason" },
		{ { .reason = "r", .version = "1" }, "of an --agent" },
		{ { .reason = "r", .mode = "m" }, "of an --agent" },
		{ { .reason = "r", .expires = "2027-02-29" }, "is no day" },
		{ { .reason = "r", .expires = "2027-1-2" }, "is no day" },
		{ { .reason = "r", .expires = "2027-01-02T" }, "is no day" },
		{ { .reason = "r", .expires = "never" }, "is no day" },
	};
	struct np_report *r = load("failing");

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		struct np_err err = { 0 };
		struct np_buf b = { 0 };
		size_t n = 77;

		ck_assert(np_report_waive(r, &all[i].w, &b, &n, &err) < 0);
		ck_assert_int_eq(err.code, NP_EUSAGE);
		ck_has(err.msg, all[i].msg);
		ck_assert_uint_eq(n, 77);
		ck_assert_uint_eq(b.len, 0);
	}
	np_report_free(r);
}
END_TEST

RUN_TESTS("waive", one_for_each_failing_case, cells_are_those_of_the_record,
	  families_and_failed_probes, some_cases_and_none, what_is_no_waiver_is_refused)
