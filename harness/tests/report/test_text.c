/* test_text.c - the report for a terminal: what it says, how wide, in which colours. */
#include "../../report/report_private.h"
#include "np/base/json.h"
#include "np/base/utf8.h"
#include "report_test.h"

static const struct np_report_style plain = { false, 100 };

START_TEST(nothing_wrong)
{
	np_auto_free char *text = shown("good", NP_REPORT_TEXT, &plain);

	ck_assert_str_eq(text, "skipped\n"
			       "  1 case: no IPv6 addresses\n"
			       "ingress changes took effect within 21 ms (median), 40 ms (99 of "
			       "100); 2 measured\n"
			       "1200 probes, 1333 a second while probing; 5.2 s in all; 9 streams "
			       "to 9 agents, 88 API requests\n"
			       "report: harness/tests/report/data/summary.md\n"
			       "2 passed, 0 failed, 1 skipped\n");
}
END_TEST

/* In this order. */
static const char *const failing_has[] = {
	"A allowed, . denied, r denied by an answer,",
	"FAIL peers/and-in-one-peer  S11\n"
	"  namespaceSelector and podSelector in one peer must both match\n"
	"  12 of 578 cells are wrong",
	"  at suites/peers/and-in-one-peer.yaml:20 after apply NetworkPolicy x/both\n"
	"    TCP:80, UDP:80: expected | observed\n"
	"    from \\ to x/a x/c | x/a x/c\n"
	"    x/b       .   .   | A*  A*\n"
	"    y/a       .   .   | A*  A*\n"
	"    y/c       .   .   | A*  A*\n"
	"    (left out: 14 rows, 15 columns as expected)\n"
	"  x/b -> x/a TCP:80: expected deny, seen allowed, because\n"
	"    deny: x/b 10.244.",
	"its namespace lacks team=blue, it\n              has team=red (S11)\n",
	"  reproduce: " DATA "failures/peers-and-in-one-peer/reproduce.sh\n",
	"FAIL updates/namespace-combined  S11 S51\n",
	" after apply NetworkPolicy x/with-blue-db, label\n    Namespace y, label Namespace x\n",
	"failing cases by clause\n"
	"  S11 in 2 cases: peers/and-in-one-peer, updates/namespace-combined\n"
	"  S51 in 1 case: updates/namespace-combined\n",
	"fixed: peers/or-of-two-peers: it passes, its waiver can go\n"
	"known: peers/two-combined-peers: selectors of a peer are ORed, "
	"https://example.org/issue/1\n"
	"waiver: peers/no-such-case: its waiver matched nothing\n",
	"could not be judged\n"
	"  1 case: 7 probes could not be made (updates/ports-changed)\n",
	"skipped\n"
	"  2 cases: the nodes' kernels have no SCTP\n",
	"warning: a stream to x/a was opened again\n",
	"ingress changes took effect within ",
	"4122 probes, ",
	"1 known deviation\n"
	"1 could not be judged\n"
	"1 passed, 2 failed, 2 skipped\n",
};

START_TEST(everything_wrong)
{
	np_auto_free char *text = shown("failing", NP_REPORT_TEXT, &plain);
	const char *p = text;

	for (size_t i = 0; i < NP_ARRAY_SIZE(failing_has); i++) {
		p = strstr(p, failing_has[i]);
		ck_assert_msg(p != NULL, "not there, or not there yet: '%s' in\n%s", failing_has[i],
			      text);
		p += strlen(failing_has[i]);
	}
	ck_assert_msg(!*p, "after the last line: %s", p);
	ck_has_not(text, "egress changes");
}
END_TEST

START_TEST(the_whole_run_failed)
{
	static const struct {
		const char *record, *says, *last;
	} runs[] = {
		{ "not-enforced",
		  "\nthe cluster does not enforce NetworkPolicy: a policy that denies everything "
		  "had no effect on any pod within 30 s (S62)\n",
		  "0 passed, 0 failed, 0 skipped" },
		{ "interrupted",
		  "\nthe run was interrupted; 1 of 3 cases have a result\n"
		  "go on with: netpolcheck run --kubeconfig kubeconfig --suite isolation --resume "
		  "harness/tests/report/data\n",
		  "1 passed, 0 failed, 0 skipped" },
		{ "truncated",
		  "\nthe run did not end: it was killed, or it still runs; 3 of 3 cases have a "
		  "result\ngo on with: netpolcheck run --kubeconfig kubeconfig --suite isolation --resume "
		  "harness/tests/report/data\n",
		  "2 passed, 0 failed, 1 skipped" },
		{ "empty", "report: ", "0 passed, 0 failed, 0 skipped" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(runs); i++) {
		np_auto_free char *text = shown(runs[i].record, NP_REPORT_TEXT, NULL);

		ck_has(text, runs[i].says);
		ck_assert_str_eq(last_line(text), runs[i].last);
	}
}
END_TEST

static char *without_codes(const char *text)
{
	struct np_buf b = { 0 };

	for (const char *p = text; *p; p++) {
		if (*p != '\033') {
			np_buf_addc(&b, *p);
			continue;
		}
		p = strchr(p, 'm');
		ck_assert_ptr_nonnull(p);
	}
	return np_buf_steal(&b);
}

START_TEST(colours_only_when_asked)
{
	const struct np_report_style coloured = { true, 100 };
	np_auto_free char *grey = shown("failing", NP_REPORT_TEXT, &plain),
			  *red = shown("failing", NP_REPORT_TEXT, &coloured),
			  *stripped = without_codes(red);

	ck_assert_ptr_null(strchr(grey, '\033'));
	ck_assert_str_eq(stripped, grey);
	ck_has(red, "    x/b       .   .   | \033[31;1mA*\033[0m  \033[31;1mA*\033[0m\n");
	ck_has(red, "\033[31;1mFAIL peers/and-in-one-peer\033[0m  S11\n");
	ck_assert_uint_eq(count(red, "\033["), 2 * count(red, "\033[0m"));
	/* The other formats know no colours. */
	for (int f = NP_REPORT_JSON; f < NP_N_REPORT_FORMATS; f++) {
		np_auto_free char *other = shown("failing", (enum np_report_format)f, &coloured);

		ck_assert_ptr_null(strchr(other, '\033'));
	}
}
END_TEST

/* A path or a link cannot be broken. */
static bool may_be_long(const char *line)
{
	static const char *const begins[] = { "  reproduce: ", "report: ", "go on " };

	for (size_t i = 0; i < NP_ARRAY_SIZE(begins); i++)
		if (strncmp(line, begins[i], strlen(begins[i])) == 0)
			return true;
	return !strchr(line + strspn(line, " "), ' ');
}

START_TEST(lines_fit_the_terminal)
{
	for (unsigned width = 40; width <= 200; width += 10) {
		const struct np_report_style style = { false, width };
		np_auto_free char *text = shown("failing", NP_REPORT_TEXT, &style);
		char *save = NULL;

		for (char *line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			ck_assert_msg(may_be_long(line) || strlen(line) <= width,
				      "%zu columns of %u: %s", strlen(line), width, line);
	}
}
END_TEST

START_TEST(hostile_names_paint_nothing)
{
	const struct np_report_style narrow = { false, 40 };
	np_auto_free char *text = shown("hostile", NP_REPORT_TEXT, &narrow);

	ck_no_control(text);
	ck_assert(np_utf8_valid(np_str_from(text)));
	ck_has(text, "\\x1b[2J\\x1b[31mred");
	/* No line of a title is a line of the report. */
	ck_has_not(text, "\nEND_OF_OBJECT");
	ck_has_not(text, "\ntouch");
	ck_assert_str_eq(last_line(text), "0 passed, 10 failed, 2 skipped");
}
END_TEST

START_TEST(wrong_types_read_as_empty)
{
	np_auto_free char *text = shown("odd", NP_REPORT_TEXT, NULL);

	ck_has(text, "FAIL odd/without-steps\n  reproduce: ");
	ck_has(text, "  no clause in 6 cases: odd/0, odd/10, odd/2, odd/4 and 2 more\n");
	ck_assert_str_eq(last_line(text), "0 passed, 7 failed, 0 skipped");
}
END_TEST

/* --- tables --- */

struct made_table {
	size_t n_dests;
	size_t wrong[4];    /* destinations; SIZE_MAX: none */
	const char *prefix; /* of their names */
};

static char *row(size_t n, char c, char wrong, const size_t *at)
{
	char *text = np_xcalloc(n + 1, 1);

	memset(text, c, n);
	for (size_t i = 0; wrong && i < 4; i++)
		if (at[i] < n)
			text[at[i]] = wrong;
	return text;
}

/* Three sources; the second one is wrong at some destinations. */
static json_t *made_step(const struct made_table *m)
{
	json_t *dests = json_array(), *sources = np_json_pack("[s, s, s]", "one", "two", "three");
	np_auto_free char *right = row(m->n_dests, '.', 0, NULL),
			  *bad = row(m->n_dests, '.', 'A', m->wrong);

	for (size_t d = 0; d < m->n_dests; d++) {
		np_auto_free char *name = np_xasprintf("%s%zu", m->prefix, d);

		json_array_append_new(dests, json_string(name));
	}
	return np_json_pack("{s:[{s:i, s:[s, s], s:o, s:o, s:[[s, s, s], [s, s, s]], "
			    "s:[[s, s, s], [s, s, s]]}]}",
			    "tables", "family", 6, "ports", "TCP:80", "UDP:53", "sources", sources,
			    "dests", dests, "expected", right, right, right, right, right, right,
			    "observed", right, bad, right, right, right, right);
}

static char *made_text(const struct made_table *m, unsigned width, size_t max_rows,
		       size_t max_blocks)
{
	const struct np_report_layout layout = { "> ", false, width, max_rows, max_blocks };
	json_t *step = made_step(m);
	struct np_buf b = { 0 };

	np_report_tables(step, &layout, &b);
	json_decref(step);
	return np_buf_steal(&b);
}

START_TEST(any_number_of_destinations)
{
	const struct made_table m = { 3000, { 700, 2999, SIZE_MAX, SIZE_MAX }, "pod" };
	np_auto_free char *text = made_text(&m, 80, 10, 1);

	ck_assert_str_eq(text, "> TCP:80 over IPv6: expected | observed\n"
			       "> from \\ to pod700 pod2999 | pod700 pod2999\n"
			       "> two       .      .       | A*     A*\n"
			       "> (left out: 2 rows, 2998 columns as expected)\n");
}
END_TEST

START_TEST(columns_that_do_not_fit)
{
	const struct made_table m = { 20, { 3, 4, 5, SIZE_MAX }, "a-name-that-is-long-" };
	np_auto_free char *one = made_text(&m, 80, 10, 1), *all = made_text(&m, 80, 10, 9),
			  *none = made_text(&m, 1, 10, 1);

	ck_has(one, "(left out: 2 columns with wrong cells; 2 rows, 17 columns as expected)");
	ck_assert_uint_eq(count(one, "a-name-that-is-long-"), 2);
	ck_assert_uint_eq(count(all, "a-name-that-is-long-"), 6);
	ck_has(all, "> (left out: 2 rows, 17 columns as expected)");
	/* At least one column, however narrow it is. */
	ck_has(none, "> two       .                     | A*\n");
}
END_TEST

START_TEST(long_names_keep_their_ends)
{
	static const struct {
		const char *name, *shown;
		size_t max;
	} names[] = {
		{ "short", "short", 24 },
		{ "aaaaaaaaaaaa-bbbbbbbbbbbb-1", "aaaaaaaaaaa~bbbbbbbbbb-1", 24 },
		{ "aaaaaaaaaaaa-bbbbbbbbbbbb-2", "aaaaaaaaaaa~bbbbbbbbbb-2", 24 },
		{ "\303\244\303\244\303\244\303\244\303\244", "\303\244~\303\244\303\244", 4 },
		{ "abc", "~c", 2 },
		{ "\n", "\\x0a", 24 },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++) {
		struct np_buf b = { 0 };
		size_t n = np_report_name(&b, names[i].name, names[i].max);

		ck_assert_str_eq(np_buf_text(&b), names[i].shown);
		ck_assert_uint_le(n, names[i].max);
		np_buf_release(&b);
	}
}
END_TEST

START_TEST(rows_are_counted_when_left_out)
{
	const char *text = "{\"tables\":[{\"ports\":[\"TCP:1\"],\"sources\":[\"a\",\"b\",\"c\"],"
			   "\"dests\":[\"d\"],\"expected\":[[\"A\",\"A\",\"?\"]],"
			   "\"observed\":[[\".\",\"r\",\"m\"]]}]}";
	const struct np_report_layout layout = { "", false, 80, 1, 1 };
	struct np_err err = { 0 };
	json_t *step = np_json_parse(text, strlen(text), &err);
	struct np_buf b = { 0 };

	np_report_tables(step, &layout, &b);
	ck_assert_str_eq(np_buf_text(&b), "TCP:1: expected | observed\n"
					  "from \\ to d   | d\n"
					  "a         A   | .*\n"
					  "(left out: 2 rows with wrong cells)\n");
	np_buf_release(&b);
	json_decref(step);
}
END_TEST

START_TEST(words_wrap)
{
	static const struct {
		const char *text, *wrapped;
	} lines[] = {
		{ "", "" },
		{ "one", "> one\n" },
		{ "one two three four", "> one two\n>   three\n>   four\n" },
		{ "  deep inside it", ">   deep\n>     inside\n>     it\n" },
		{ "averylongwordindeed no", "> averylongwordindeed\n>   no\n" },
		{ "a\n\nb\n", "> a\n> \n> b\n" },
		{ "tab\tesc\033", "> tab\\x09esc\\x1b\n" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(lines); i++) {
		struct np_buf b = { 0 };

		np_report_wrapped(&b, "> ", lines[i].text, 10);
		ck_assert_str_eq(np_buf_text(&b), lines[i].wrapped);
		np_buf_release(&b);
	}
}
END_TEST

RUN_TESTS("text", nothing_wrong, everything_wrong, the_whole_run_failed, colours_only_when_asked,
	  lines_fit_the_terminal, hostile_names_paint_nothing, wrong_types_read_as_empty,
	  any_number_of_destinations, columns_that_do_not_fit, long_names_keep_their_ends,
	  rows_are_counted_when_left_out, words_wrap)
