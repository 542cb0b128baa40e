/*
 * test_options.c - command lines by the tables: every kind of value, what is refused and how, help,
 * exit statuses.
 */
#include <fcntl.h>
#include <unistd.h>

#include "../suite.h"
#include "np/cmd/options.h"

static const char *const colours[] = { "red", "green", "blue", NULL };

/* Where the table's values go; a fresh one for every line. */
struct values {
	bool quiet;
	const char *file;
	struct np_strings suites;
	unsigned long long workers;
	long long timeout_ms;
	int colour;
};

/* A parsed line: what came out, and what it was parsed into. */
struct parsed {
	struct values v;
	struct np_strings args;
	bool help;
	int rc;
	struct np_err err;
};

#define N_OPTIONS 7 /* the end's included */

static void fill_table(struct np_option *table, struct values *v)
{
	const struct np_option all[N_OPTIONS] = {
		{ "quiet", NP_OPT_FLAG, &v->quiet, NULL, "say nothing", NULL },
		{ "kubeconfig", NP_OPT_STRING, &v->file, "FILE", "a cluster", NULL },
		{ "suite", NP_OPT_STRINGS, &v->suites, "NAME", "may be repeated", NULL },
		{ "workers", NP_OPT_U64, &v->workers, "N", "how many", NULL },
		{ "timeout", NP_OPT_DURATION, &v->timeout_ms, "DUR", "how long", NULL },
		{ "colour", NP_OPT_CHOICE, &v->colour, "COLOUR", "of the text", colours },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};

	memcpy(table, all, sizeof(all));
}

static size_t count(const char *const *argv)
{
	size_t n = 0;

	while (argv[n])
		n++;
	return n;
}

static struct parsed parse(const char *const *argv, bool takes_args)
{
	struct parsed p = { .v = { .colour = -1 } };
	struct np_option table[N_OPTIONS];

	fill_table(table, &p.v);
	p.rc = np_options_parse(table, (int)count(argv), (char **)argv, takes_args ? &p.args : NULL,
				&p.help, &p.err);
	return p;
}

static void parsed_release(struct parsed *p)
{
	np_strings_release(&p->v.suites);
	np_strings_release(&p->args);
}

#define LINE(...) ((const char *const[]){ "cmd", __VA_ARGS__, NULL })

/* ---- what is accepted ---- */

static void check_all_kinds(const char *const *argv)
{
	struct parsed p = parse(argv, true);

	ck_assert_msg(p.rc == 0, "%s", p.err.msg);
	ck_assert(p.v.quiet);
	ck_assert_str_eq(p.v.file, "/a=b");
	ck_assert_uint_eq(p.v.suites.n, 2);
	ck_assert_str_eq(p.v.suites.items[0], "peers");
	ck_assert_str_eq(p.v.suites.items[1], "cidr");
	ck_assert_uint_eq(p.v.workers, 18446744073709551615ULL);
	ck_assert_int_eq(p.v.timeout_ms, 5 * 60 * 1000);
	ck_assert_int_eq(p.v.colour, 2);
	ck_assert_uint_eq(p.args.n, 2);
	ck_assert_str_eq(p.args.items[0], "one");
	ck_assert_str_eq(p.args.items[1], "two");
	ck_assert(!p.help);
	parsed_release(&p);
}

START_TEST(every_kind_in_both_spellings)
{
	check_all_kinds(LINE("--quiet", "one", "--kubeconfig", "/a=b", "--suite", "peers",
			     "--suite", "cidr", "two", "--workers", "18446744073709551615",
			     "--timeout", "5m", "--colour", "blue"));
	check_all_kinds(LINE("--kubeconfig=/a=b", "--suite=peers", "--suite=cidr",
			     "--workers=18446744073709551615", "one", "--timeout=5m",
			     "--colour=blue", "two", "--quiet"));
}
END_TEST

START_TEST(what_is_not_given_stays)
{
	struct parsed p = parse((const char *const[]){ "cmd", NULL }, false);

	ck_assert_int_eq(p.rc, 0);
	ck_assert(!p.v.quiet && !p.v.file && !p.v.suites.n && !p.v.workers && !p.v.timeout_ms &&
		  p.v.colour == -1 && !p.help);
	parsed_release(&p);
}
END_TEST

START_TEST(the_last_of_a_repeated_one_counts)
{
	struct parsed p = parse(
		LINE("--kubeconfig", "a", "--kubeconfig=b", "--workers=1", "--workers=2"), false);

	ck_assert_int_eq(p.rc, 0);
	ck_assert_str_eq(p.v.file, "b");
	ck_assert_uint_eq(p.v.workers, 2);
	parsed_release(&p);
}
END_TEST

START_TEST(an_empty_value_is_a_value)
{
	struct parsed p = parse(LINE("--kubeconfig=", "--suite", ""), false);

	ck_assert_int_eq(p.rc, 0);
	ck_assert_str_eq(p.v.file, "");
	ck_assert_uint_eq(p.v.suites.n, 1);
	ck_assert_str_eq(p.v.suites.items[0], "");
	parsed_release(&p);
}
END_TEST

/* A value is whatever follows; "-" is the usual name of standard input. */
START_TEST(dashes)
{
	struct parsed p =
		parse(LINE("-", "--kubeconfig", "--quiet", "--", "--workers", "-h", "--"), true);

	ck_assert_msg(p.rc == 0, "%s", p.err.msg);
	ck_assert_str_eq(p.v.file, "--quiet");
	ck_assert(!p.v.quiet && !p.help);
	ck_assert_uint_eq(p.args.n, 4);
	ck_assert_str_eq(p.args.items[0], "-");
	ck_assert_str_eq(p.args.items[1], "--workers");
	ck_assert_str_eq(p.args.items[2], "-h");
	ck_assert_str_eq(p.args.items[3], "--");
	parsed_release(&p);
}
END_TEST

START_TEST(many_values)
{
	enum { N = 1000 };
	const char *argv[2 + N] = { "cmd" };
	struct parsed p;

	for (size_t i = 0; i < N; i++)
		argv[1 + i] = i % 2 ? "argument" : "--suite=x";
	argv[1 + N] = NULL;
	p = parse(argv, true);
	ck_assert_int_eq(p.rc, 0);
	ck_assert_uint_eq(p.v.suites.n, N / 2);
	ck_assert_uint_eq(p.args.n, N / 2);
	parsed_release(&p);
}
END_TEST

START_TEST(durations_in_all_units)
{
	static const struct {
		const char *text;
		long long ms;
	} cases[] = { { "0ms", 0 }, { "250ms", 250 }, { "10s", 10000 }, { "2h", 7200000 } };

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		struct parsed p = parse(LINE("--timeout", cases[i].text), false);

		ck_assert_msg(p.rc == 0, "%s: %s", cases[i].text, p.err.msg);
		ck_assert_int_eq(p.v.timeout_ms, cases[i].ms);
		parsed_release(&p);
	}
}
END_TEST

START_TEST(help_in_both_spellings)
{
	struct parsed p = parse(LINE("--help"), false), q = parse(LINE("--quiet", "-h"), false);

	ck_assert(p.rc == 0 && p.help);
	ck_assert(q.rc == 0 && q.help && q.v.quiet);
	parsed_release(&p);
	parsed_release(&q);
}
END_TEST

/* ---- what is refused ---- */

static const struct bad_line {
	const char *argv[4];
	const char *wanted; /* the whole message */
} bad_lines[] = {
	{ { "cmd", "--kubconfig", "x" },
	  "unknown option '--kubconfig'; did you mean '--kubeconfig'?" },
	{ { "cmd", "--tiemout=1s" }, "unknown option '--tiemout'; did you mean '--timeout'?" },
	{ { "cmd", "--suites", "x" }, "unknown option '--suites'; did you mean '--suite'?" },
	{ { "cmd", "--suit", "x" }, "unknown option '--suit'; did you mean '--suite'?" },
	{ { "cmd", "--zebra" }, "unknown option '--zebra'; --help lists them" },
	{ { "cmd", "--=x" }, "unknown option '--'; --help lists them" },
	{ { "cmd", "-q" }, "unknown option '-q'; options begin with '--'" },
	{ { "cmd", "--kubeconfig" }, "--kubeconfig needs a value: FILE" },
	{ { "cmd", "--suite" }, "--suite needs a value: NAME" },
	{ { "cmd", "--quiet=yes" }, "--quiet takes no value" },
	{ { "cmd", "--workers", "-1" }, "--workers: '-1' is not a whole number" },
	{ { "cmd", "--workers=" }, "--workers: '' is not a whole number" },
	{ { "cmd", "--workers=0x10" }, "--workers: '0x10' is not a whole number" },
	{ { "cmd", "--workers=18446744073709551616" },
	  "--workers: '18446744073709551616' is not a whole number" },
	{ { "cmd", "--timeout", "10" },
	  "--timeout: '10' is not a duration such as 250ms, 10s or 5m" },
	{ { "cmd", "--timeout", "-1s" },
	  "--timeout: '-1s' is not a duration such as 250ms, 10s or 5m" },
	{ { "cmd", "--timeout=999999h" },
	  "--timeout: '999999h' is not a duration such as 250ms, 10s or 5m" },
	{ { "cmd", "--colour", "Red" }, "--colour: 'Red' is not one of red, green, blue" },
	{ { "cmd", "--colour=" }, "--colour: '' is not one of red, green, blue" },
	{ { "cmd", "here" }, "unexpected argument 'here'" },
	{ { "cmd", "--", "--quiet" }, "unexpected argument '--quiet'" },
};

START_TEST(refused_with_a_sentence)
{
	const struct bad_line *bad = &bad_lines[_i];
	struct parsed p = parse(bad->argv, false);

	ck_assert_int_eq(p.rc, -1);
	ck_assert_int_eq(p.err.code, NP_EUSAGE);
	ck_assert_str_eq(p.err.msg, bad->wanted);
	parsed_release(&p);
}
END_TEST

/* A bad value leaves what was there: nothing is half set. */
START_TEST(a_refused_value_is_not_stored)
{
	struct parsed p = parse(LINE("--workers=7", "--workers=x"), false),
		      q = parse(LINE("--timeout=1s", "--timeout=1"), false);

	ck_assert(p.rc < 0 && p.v.workers == 7);
	ck_assert(q.rc < 0 && q.v.timeout_ms == 1000);
	parsed_release(&p);
	parsed_release(&q);
}
END_TEST

START_TEST(a_very_long_option_fits_its_message)
{
	char option[4096], value[4096];
	struct parsed p;

	memset(option, 'k', sizeof(option) - 1);
	option[0] = option[1] = '-';
	option[sizeof(option) - 1] = '\0';
	p = parse(LINE(option), false);
	ck_assert(p.rc < 0 && p.err.code == NP_EUSAGE);
	ck_assert_uint_lt(strlen(p.err.msg), sizeof(p.err.msg));
	parsed_release(&p);
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	p = parse(LINE("--colour", value), false);
	ck_assert(p.rc < 0 && p.err.code == NP_EUSAGE);
	parsed_release(&p);
}
END_TEST

/* ---- a command's beginning, help and end ---- */

static int never_run(int argc, char **argv)
{
	(void)argc, (void)argv;
	ck_abort_msg("nobody runs it here");
	return 0;
}

static const struct np_command command = {
	.name = "paint",
	.summary = "paint a fence",
	.usage = "[options] [FENCE ...]",
	.exits = "0 dry, 2 usage",
	.run = never_run,
};

/* Runs np_command_begin() with @fd (1 or 2) going to a file; *@ret_text: what came, free(3). */
static int begin(const char *const *argv, struct np_strings *args, int fd, char **ret_text)
{
	struct values v = { 0 };
	struct np_option table[N_OPTIONS];
	FILE *file = tmpfile();
	int status, saved = dup(fd);
	long n;

	fill_table(table, &v);
	ck_assert(file && saved >= 0);
	fflush(stdout);
	ck_assert_int_eq(dup2(fileno(file), fd), fd);
	status = np_command_begin(&command, table, (int)count(argv), (char **)argv, args);
	fflush(stdout);
	ck_assert_int_eq(dup2(saved, fd), fd);
	close(saved);
	n = lseek(fileno(file), 0, SEEK_END);
	*ret_text = np_xcalloc((size_t)n + 1, 1);
	ck_assert_int_eq(pread(fileno(file), *ret_text, (size_t)n, 0), n);
	fclose(file);
	np_strings_release(&v.suites);
	return status;
}

START_TEST(begin_goes_on)
{
	struct np_strings args = { 0 };
	np_auto_free char *out = NULL;

	ck_assert_int_eq(begin(LINE("--quiet", "front"), &args, STDOUT_FILENO, &out), -1);
	ck_assert_str_eq(out, "");
	ck_assert_uint_eq(args.n, 1);
	np_strings_release(&args);
}
END_TEST

START_TEST(begin_prints_help)
{
	np_auto_free char *out = NULL;

	ck_assert_int_eq(begin(LINE("--help"), NULL, STDOUT_FILENO, &out), NP_EXIT_OK);
	ck_assert_str_eq(out, "usage: netpolcheck paint [options] [FENCE ...]\n\npaint a fence.\n\n"
			      "  --quiet                    say nothing\n"
			      "  --kubeconfig FILE          a cluster\n"
			      "  --suite NAME               may be repeated\n"
			      "  --workers N                how many\n"
			      "  --timeout DUR              how long\n"
			      "  --colour COLOUR            of the text\n"
			      "\nexit status: 0 dry, 2 usage\n");
}
END_TEST

START_TEST(begin_refuses)
{
	np_auto_free char *text = NULL;

	ck_assert_int_eq(begin(LINE("--kubeconfig"), NULL, STDERR_FILENO, &text), NP_EXIT_USAGE);
	ck_assert_str_eq(text, "netpolcheck paint: --kubeconfig needs a value: FILE\n");
}
END_TEST

/* A hostile argument cannot repaint the terminal. */
START_TEST(begin_escapes)
{
	np_auto_free char *text = NULL;

	ck_assert_int_eq(begin(LINE("--\033[2Jx"), NULL, STDERR_FILENO, &text), NP_EXIT_USAGE);
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_nonnull(strstr(text, "\\x1b[2Jx"));
}
END_TEST

static const struct {
	enum np_errcode code;
	int status;
} statuses[] = {
	{ NP_EUSAGE, NP_EXIT_USAGE },  { NP_EPARSE, NP_EXIT_USAGE },
	{ NP_EVALID, NP_EXIT_USAGE },  { NP_EIO, NP_EXIT_ENV },
	{ NP_EENV, NP_EXIT_ENV },      { NP_ETIMEOUT, NP_EXIT_ENV },
	{ NP_ENOTFOUND, NP_EXIT_ENV }, { NP_ECONFLICT, NP_EXIT_ENV },
	{ NP_EDENIED, NP_EXIT_ENV },   { NP_EINTR, NP_EXIT_INTERRUPTED },
	{ NP_EINTERNAL, NP_EXIT_ENV },
};

START_TEST(an_error_has_its_status)
{
	struct np_err err = { 0 };

	np_err_set(&err, statuses[_i].code, "this line is wanted by the test");
	ck_assert_int_eq(np_command_fail(&command, &err), statuses[_i].status);
}
END_TEST

/* The tables of the real commands: what help and errors are made of is there. */
START_TEST(every_command_is_whole)
{
	static const struct np_command *const all[] = { &np_cmd_run,	 &np_cmd_cases,
							&np_cmd_eval,	 &np_cmd_table,
							&np_cmd_sandbox, &np_cmd_clean,
							&np_cmd_report };

	for (size_t i = 0; i < NP_ARRAY_SIZE(all); i++) {
		ck_assert(all[i]->name && all[i]->summary && all[i]->usage && all[i]->exits &&
			  all[i]->run);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(all[i]->name, all[k]->name);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *values = tcase_create("values"), *refused = tcase_create("refused"),
	      *commands = tcase_create("commands");

	tcase_add_test(values, every_kind_in_both_spellings);
	tcase_add_test(values, what_is_not_given_stays);
	tcase_add_test(values, the_last_of_a_repeated_one_counts);
	tcase_add_test(values, an_empty_value_is_a_value);
	tcase_add_test(values, dashes);
	tcase_add_test(values, many_values);
	tcase_add_test(values, durations_in_all_units);
	tcase_add_test(values, help_in_both_spellings);
	tcase_add_loop_test(refused, refused_with_a_sentence, 0, NP_ARRAY_SIZE(bad_lines));
	tcase_add_test(refused, a_refused_value_is_not_stored);
	tcase_add_test(refused, a_very_long_option_fits_its_message);
	tcase_add_test(commands, begin_goes_on);
	tcase_add_test(commands, begin_prints_help);
	tcase_add_test(commands, begin_refuses);
	tcase_add_test(commands, begin_escapes);
	tcase_add_loop_test(commands, an_error_has_its_status, 0, NP_ARRAY_SIZE(statuses));
	tcase_add_test(commands, every_command_is_whole);
	suite_add_tcase(suite, values);
	suite_add_tcase(suite, refused);
	suite_add_tcase(suite, commands);
	return run_suite(suite);
}
