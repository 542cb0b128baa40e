/* test_waivers.c - known deviations: what a file may say, and which cells it covers. */
#include "../../run/waivers.h"
#include "np/base/json.h"
#include "../suite.h"

static int parse(const char *text, struct np_waivers *ret, struct np_err *err)
{
	return np_waivers_parse(np_str_from(text), "w.yaml", ret, err);
}

static const struct bad {
	const char *text, *msg;
	unsigned line, column;
} bad[] = {
	{ "case: a\n", "waivers are a list", 1, 1 },
	{ "- a\n", "a waiver is a map", 1, 3 },
	{ "- case: a/b\n  link: x\n", "needs a reason", 1, 3 },
	{ "- reason: because\n", "needs the case's id", 1, 3 },
	{ "- case: a/b\n  reason: r\n  cell: x\n", "unknown key 'cell'", 3, 3 },
	{ "- case: a/b\n  case: c\n  reason: r\n", "repeated key 'case'", 2, 3 },
	{ "- case: a/b\n  reason: r\n  cells: x\n", "'cells' is a list", 3, 10 },
	{ "- case: a/b\n  reason: r\n  cells: [x, {}]\n", "a cell is a text", 3, 14 },
	{ "- case: [\n", "", 2, 1 },
	{ "- case: a/b\n  reason: r\n  expires: soon\n", "is a day such as", 3, 12 },
	{ "- case: a/b\n  reason: r\n  expires: 2026-02-29\n", "is a day such as", 3, 12 },
	{ "- case: a/b\n  reason: r\n  expires: 2026-13-01\n", "is a day such as", 3, 12 },
	{ "- case: a/b\n  reason: r\n  agent: ''\n", "are texts", 3, 10 },
	{ "- case: a/b\n  reason: r\n  agent: a\n  version: 1\n", "are texts", 4, 12 },
	{ "- case: a/b\n  reason: r\n  mode: ebpf\n", "which is not named", 3, 9 },
};

START_TEST(bad_files_are_refused_with_their_place)
{
	const struct bad *b = &bad[_i];
	struct np_waivers w = { 0 };
	struct np_err err = { 0 };

	ck_assert(parse(b->text, &w, &err) < 0);
	ck_assert_msg(strstr(err.msg, b->msg) != NULL, "%s", err.msg);
	ck_assert_str_eq(err.file, "w.yaml");
	ck_assert_uint_eq(err.line, b->line);
	ck_assert_uint_eq(err.column, b->column);
}
END_TEST

/* Two pods, one port: cell 1 is a -> b, cell 2 is b -> a. */
struct small {
	struct np_rt table;
	struct np_rt_end ends[2];
	struct np_probe_port port;
	uint8_t expected[4], looked[4];
	struct np_fleet_result seen[4];
};

static void small_init(struct small *s)
{
	*s = (struct small){ .expected = { NP_NO_FLOW, NP_DENY, NP_ALLOW, NP_NO_FLOW },
			     .looked = { 0, 1, 1, 0 },
			     .port = { NP_TCP, 80 } };
	s->ends[0].name.name = NP_STR("x/a");
	s->ends[1].name.name = NP_STR("x/b");
	s->table = (struct np_rt){ .ends = s->ends,
				   .n_ends = 2,
				   .ports = &s->port,
				   .n_ports = 1,
				   .families = { 4 },
				   .n_families = 1,
				   .n_cells = 4,
				   .expected = s->expected,
				   .looked = s->looked,
				   .seen = s->seen };
	s->seen[1].outcome = NP_OUT_ALLOWED; /* wrong: a -> b */
	s->seen[2].outcome = NP_OUT_ALLOWED;
}

START_TEST(a_waiver_covers_its_cells_only)
{
	struct np_waivers w;
	struct np_err err = { 0 };
	struct small s;
	const json_t *why = NULL;

	small_init(&s);
	ck_assert(parse("- {case: p/q, cells: ['x/a -> x/b TCP:80'], reason: one}\n- {case: other, "
			"reason: two}\n",
			&w, &err) == 0);
	ck_assert(np_waivers_cover(&w, NP_STR("p/q"), &s.table, &why));
	ck_assert_str_eq(np_json_str(why, "reason", ""), "one");
	ck_assert(w.used[0] && !w.used[1]);
	s.seen[2].outcome = NP_OUT_DROPPED; /* now b -> a is wrong too, and nobody waived that */
	ck_assert(!np_waivers_cover(&w, NP_STR("p/q"), &s.table, &why));
	ck_assert(!np_waivers_cover(&w, NP_STR("p/r"), &s.table, &why));
	np_waivers_release(&w);
}
END_TEST

START_TEST(without_cells_every_cell_is_covered)
{
	struct np_waivers w;
	struct np_err err = { 0 };
	struct small s;
	const json_t *why = NULL;

	small_init(&s);
	s.seen[2].outcome = NP_OUT_DROPPED;
	ck_assert(parse("- {case: p/q, reason: all of it}\n", &w, &err) == 0);
	ck_assert(np_waivers_cover(&w, NP_STR("p/q"), &s.table, &why));
	np_waivers_release(&w);
}
END_TEST

static const struct told {
	const char *waivers, *cells; /* YAML; JSON */
	bool covered;
} told[] = {
	{ "- {case: p/q, cells: [a, b], reason: r}\n", "[\"a\", \"b\"]", true },
	{ "- {case: p/q, cells: [a], reason: r}\n- {case: p/q, cells: [b], reason: r}\n",
	  "[\"a\", \"b\"]", true },
	{ "- {case: p/q, cells: [a], reason: r}\n", "[\"a\", \"b\"]", false },
	{ "- {case: p/r, reason: r}\n", "[\"a\"]", false },
	{ "- {case: p/q, reason: r}\n", "[\"a\"]", true },
	/* it failed, and no cell says in what */
	{ "- {case: p/q, cells: [a], reason: r}\n", "[]", false },
	{ "- {case: p/q, reason: r}\n", "[]", true },
};

START_TEST(cells_as_texts)
{
	struct np_waivers w;
	struct np_err err = { 0 };
	const json_t *why = NULL;
	json_t *cells = json_loads(told[_i].cells, 0, NULL);

	ck_assert(parse(told[_i].waivers, &w, &err) == 0);
	ck_assert_int_eq(np_waivers_cover_cells(&w, NP_STR("p/q"), cells, &why), told[_i].covered);
	ck_assert_int_eq(why != NULL, told[_i].covered);
	json_decref(cells);
	np_waivers_release(&w);
}
END_TEST

/* A harness failure is neither allowed nor denied; a misdelivered answer is wrong even where the
 * API leaves the verdict open. */
START_TEST(wrong_cells)
{
	static const struct {
		enum np_verdict expected;
		enum np_outcome outcome;
		bool wrong;
	} rows[] = {
		{ NP_ALLOW, NP_OUT_ALLOWED, false },	 { NP_ALLOW, NP_OUT_DROPPED, true },
		{ NP_ALLOW, NP_OUT_REJECTED, true },	 { NP_ALLOW, NP_OUT_MISDELIVERED, true },
		{ NP_ALLOW, NP_OUT_ERROR, true },	 { NP_DENY, NP_OUT_ALLOWED, true },
		{ NP_DENY, NP_OUT_DROPPED, false },	 { NP_DENY, NP_OUT_REJECTED, false },
		{ NP_DENY, NP_OUT_MISDELIVERED, true },	 { NP_DENY, NP_OUT_ERROR, true },
		{ NP_UNDEF, NP_OUT_ALLOWED, false },	 { NP_UNDEF, NP_OUT_DROPPED, false },
		{ NP_UNDEF, NP_OUT_MISDELIVERED, true }, { NP_NO_FLOW, NP_OUT_ALLOWED, false },
	};
	struct small s;

	small_init(&s);
	for (size_t i = 0; i < NP_ARRAY_SIZE(rows); i++) {
		s.expected[1] = rows[i].expected;
		s.seen[1].outcome = rows[i].outcome;
		ck_assert_msg(np_rt_wrong(&s.table, 1) == rows[i].wrong, "row %zu", i);
	}
	s.looked[1] = 0;
	s.expected[1] = NP_ALLOW;
	s.seen[1].outcome = NP_OUT_DROPPED;
	ck_assert(!np_rt_wrong(&s.table, 1));
}
END_TEST

static const struct scoped {
	const char *keys; /* of the waiver */
	struct np_waiver_scope scope;
	enum np_waiver_state state;
} scoped[] = {
	{ "", { .today = "2026-05-01" }, NP_WAIVER_IN_FORCE },
	{ ", expires: 2026-05-01", { .today = "2026-05-01" }, NP_WAIVER_IN_FORCE },
	{ ", expires: 2026-05-01", { .today = "2026-05-02" }, NP_WAIVER_EXPIRED },
	{ ", expires: '2026-05-01'", { .today = "2027-01-01T00:00:00Z" }, NP_WAIVER_EXPIRED },
	{ ", expires: 2024-02-29", { .today = "2024-02-29T23:59:59Z" }, NP_WAIVER_IN_FORCE },
	{ ", agent: calico", { .today = "2026-05-01" }, NP_WAIVER_OTHER },
	{ ", agent: calico", { "weave", "1", NULL, "2026-05-01" }, NP_WAIVER_OTHER },
	{ ", agent: calico", { "calico", NULL, NULL, "2026-05-01" }, NP_WAIVER_IN_FORCE },
	{ ", agent: cal*", { "calico", NULL, NULL, "2026-05-01" }, NP_WAIVER_OTHER },
	{ ", agent: calico, version: v3.*",
	  { "calico", "v3.32.1", NULL, "2026-05-01" },
	  NP_WAIVER_IN_FORCE },
	{ ", agent: calico, version: v3.*",
	  { "calico", "v4.0.0", NULL, "2026-05-01" },
	  NP_WAIVER_OTHER },
	{ ", agent: calico, version: v3.*",
	  { "calico", NULL, NULL, "2026-05-01" },
	  NP_WAIVER_OTHER },
	{ ", agent: calico, mode: nft",
	  { "calico", "v3", "nft", "2026-05-01" },
	  NP_WAIVER_IN_FORCE },
	{ ", agent: calico, mode: nft", { "calico", "v3", "ebpf", "2026-05-01" }, NP_WAIVER_OTHER },
	/* Of another agent is said first: nobody has to look after its date. */
	{ ", agent: x, expires: 2020-01-01",
	  { "calico", "v3", "nft", "2026-05-01" },
	  NP_WAIVER_OTHER },
};

START_TEST(scope_and_expiry)
{
	const struct scoped *row = &scoped[_i];
	np_auto_free char *text = np_xasprintf("- {case: p/q, reason: r%s}\n", row->keys);
	struct np_waivers w;
	struct np_err err = { 0 };
	struct small s;
	const json_t *why = NULL;
	json_t *idle;
	bool in = row->state == NP_WAIVER_IN_FORCE;

	small_init(&s);
	ck_assert_msg(parse(text, &w, &err) == 0, "%s", err.msg);
	np_waivers_select(&w, &row->scope);
	ck_assert_int_eq(w.state[0], row->state);
	ck_assert_int_eq(np_waivers_cover(&w, NP_STR("p/q"), &s.table, &why), in);
	ck_assert_int_eq(np_waivers_for(&w, NP_STR("p/q")) != NULL, in);
	idle = np_waivers_idle(&w, row->state);
	ck_assert_uint_eq(json_array_size(idle), !in);
	json_decref(idle);
	np_waivers_release(&w);
}
END_TEST

/* Idle is only what could have been used: its case has a verdict, and it was not the waiver's. */
START_TEST(idle_waivers)
{
	struct np_waivers w;
	struct np_err err = { 0 };
	json_t *idle;

	ck_assert(parse("- {case: a/passed, reason: r}\n- {case: a/known, reason: r}\n"
			"- {case: a/elsewhere, reason: r}\n",
			&w, &err) == 0);
	np_waivers_judge(&w, NP_STR("a/passed"), false);
	np_waivers_judge(&w, NP_STR("a/known"), true);
	idle = np_waivers_idle(&w, NP_WAIVER_IN_FORCE);
	ck_assert_uint_eq(json_array_size(idle), 1);
	ck_assert_str_eq(json_string_value(json_array_get(idle, 0)), "a/passed");
	json_decref(idle);
	np_waivers_release(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("waivers");
	TCase *tc = tcase_create("waivers");

	tcase_add_loop_test(tc, bad_files_are_refused_with_their_place, 0, NP_ARRAY_SIZE(bad));
	tcase_add_test(tc, a_waiver_covers_its_cells_only);
	tcase_add_test(tc, without_cells_every_cell_is_covered);
	tcase_add_loop_test(tc, cells_as_texts, 0, NP_ARRAY_SIZE(told));
	tcase_add_test(tc, wrong_cells);
	tcase_add_loop_test(tc, scope_and_expiry, 0, NP_ARRAY_SIZE(scoped));
	tcase_add_test(tc, idle_waivers);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
