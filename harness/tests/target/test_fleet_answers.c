/*
 * test_fleet_answers.c - agents that misbehave beside one that does not, and a user who has had
 * enough. Whatever an agent answers, its probes read as errors, never as denials, and the fleet goes
 * on in bounded time.
 */
#include "fleet_fake.h"

/* Two probes of a fake agent (no. 0 and 2) and one of a real one between them. */
#define N_MIXED 3

struct mixed {
	struct proc server;
	struct np_fleet *fleet;
	size_t fake, real;
	struct np_fleet_probe probes[N_MIXED];
};

static struct mixed mixed_start(struct fake *f, const atomic_int *cancel)
{
	struct mixed m = { .server = start_agent("real", "8000"),
			   .fleet = np_fleet_new(NULL, cancel) };

	fake_start(f, "fake");
	m.fake = add_agent(m.fleet, "fake");
	m.real = add_agent(m.fleet, "real");
	m.probes[0] = probe_to(m.fake, V4_A, 8000, "x/real");
	m.probes[1] = probe_to(m.real, V4_A, 8000, "x/real");
	m.probes[2] = probe_to(m.fake, V4_A, 8000, "x/real");
	return m;
}

static void mixed_stop(struct mixed *m, struct fake *f)
{
	np_fleet_free(m->fleet);
	fake_stop(f);
	ck_assert_int_eq(rig_stop(&m->server, SIGTERM), 0);
}

enum { A = NP_OUT_ALLOWED, D = NP_OUT_DROPPED, E = NP_OUT_ERROR };
enum ending { GOES_ON, CLOSES, IS_GIVEN_UP };

/* What an agent answers to its probes no. 0 and 2, what they come to, and how the stream ends. */
static const struct answers {
	const char *what, *answer;
	int wanted[2];
	enum ending ending;
} answers[] = {
	{ "right", ALLOWED("0") DROPPED("2") "done #\n", { A, D }, GOES_ON },
	{ "another order", DROPPED("2") ALLOWED("0") "done #\n", { A, D }, GOES_ON },
	{ "done too early", DROPPED("0") "done #\n", { D, E }, GOES_ON },
	{ "done at once", "done #\n", { E, E }, GOES_ON },
	{ "a late result", ALLOWED("0") "done #\n" DROPPED("2"), { A, E }, GOES_ON },
	{ "another batch", FOREIGN("0") DROPPED("2") "done 77\ndone #\n", { E, D }, GOES_ON },
	{ "another's probe", DROPPED("1") DROPPED("3") "done #\n", { E, E }, GOES_ON },
	{ "nobody's probe", DROPPED("4000000000") "done #\n", { E, E }, GOES_ON },
	{ "a pong", "pong x\n" ALLOWED("0") ALLOWED("2") "done #\n", { A, A }, GOES_ON },
	{ "closed at once", NULL, { E, E }, CLOSES },
	{ "closed half-way", DROPPED("0"), { D, E }, CLOSES },
	{ "closed within a line", DROPPED("0") CUT_SHORT("2"), { D, E }, CLOSES },
	{ "a fault", "fault no such thing\n", { E, E }, IS_GIVEN_UP },
	{ "garbage", "\001\377\033[2J rm -rf\n", { E, E }, IS_GIVEN_UP },
	{ "an empty line", "\n", { E, E }, IS_GIVEN_UP },
	{ "no outcome", "r # 0 denied - 0 - - - 5 15 1 20000\n", { E, E }, IS_GIVEN_UP },
	{ "a big number", DROPPED("99999999999999999999"), { E, E }, IS_GIVEN_UP },
};

START_TEST(answers_of_every_kind)
{
	const struct answers *a = &answers[_i];
	struct fake f = { .hello = HELLO,
			  .answer = a->answer,
			  .then = a->ending == CLOSES ? THEN_CLOSE : THEN_WAIT };
	struct mixed m = mixed_start(&f, NULL);
	struct np_fleet_stats st;

	check_ready(m.fleet);
	for (unsigned round = 1; round <= 2; round++) {
		run_probes(m.fleet, m.probes, N_MIXED, 5000);
		ck_assert_msg((int)m.probes[0].res.outcome == a->wanted[0], "%s: first %s", a->what,
			      np_outcome_name(m.probes[0].res.outcome));
		ck_assert_msg((int)m.probes[2].res.outcome == a->wanted[1], "%s: second %s",
			      a->what, np_outcome_name(m.probes[2].res.outcome));
		check_outcome(&m.probes[1], NP_OUT_ALLOWED);
		ck_assert_str_eq(m.probes[1].res.who, "x/real");
	}
	np_fleet_get_stats(m.fleet, &st);
	ck_assert_msg(st.streams_lost == (a->ending != GOES_ON), "%s: %llu lost", a->what,
		      st.streams_lost);
	ck_assert_uint_eq(st.streams_opened, 2 + st.streams_lost);
	mixed_stop(&m, &f);
}
END_TEST

static const char *const bad_hellos[] = {
	"hello 2 x/fake 100 -\n",
	"hello 0 x/fake 100 -\n",
	"HTTP/1.1 400 Bad Request\r\n\r\n",
	"hello\n",
	"fault too many control connections\n",
};

START_TEST(a_stranger_or_another_version)
{
	struct fake f = { .hello = bad_hellos[_i], .answer = ALLOWED("0") "done #\n" };
	struct mixed m = mixed_start(&f, NULL);
	struct np_err err = { 0 };

	ck_assert_int_eq(np_fleet_ready(m.fleet, READY_MS, &err), -1);
	ck_assert_msg(strstr(err.msg, "cannot reach the agent of 'fake': "), "%s", err.msg);
	run_probes(m.fleet, m.probes, N_MIXED, 5000);
	check_outcome(&m.probes[0], NP_OUT_ERROR);
	check_outcome(&m.probes[1], NP_OUT_ALLOWED);
	check_outcome(&m.probes[2], NP_OUT_ERROR);
	mixed_stop(&m, &f);
}
END_TEST

START_TEST(never_says_hello)
{
	struct fake f = { .hello = NULL };
	struct mixed m = mixed_start(&f, NULL);
	struct np_err err = { 0 };

	ck_assert_int_eq(np_fleet_ready(m.fleet, 300, &err), -1);
	ck_assert_int_eq(err.code, NP_ETIMEOUT);
	ck_assert_str_eq(err.msg, "agent of 'fake' did not answer within 300 ms");
	run_probes(m.fleet, m.probes, N_MIXED, 300);
	check_outcome(&m.probes[0], NP_OUT_ERROR);
	check_outcome(&m.probes[1], NP_OUT_ALLOWED);
	mixed_stop(&m, &f);
}
END_TEST

/* Half of the answer, then silence: the batch ends without it, and the stream is opened again. */
START_TEST(never_finishes)
{
	struct fake f = { .hello = HELLO, .answer = DROPPED("0") };
	struct mixed m = mixed_start(&f, NULL);
	struct np_fleet_stats st;

	check_ready(m.fleet);
	run_probes(m.fleet, m.probes, N_MIXED, 300);
	check_outcome(&m.probes[0], NP_OUT_DROPPED);
	check_outcome(&m.probes[1], NP_OUT_ALLOWED);
	check_outcome(&m.probes[2], NP_OUT_ERROR);
	f.answer = ALLOWED("0") ALLOWED("2") "done #\n";
	run_probes(m.fleet, m.probes, N_MIXED, 300);
	check_outcome(&m.probes[0], NP_OUT_ALLOWED);
	check_outcome(&m.probes[2], NP_OUT_ALLOWED);
	np_fleet_get_stats(m.fleet, &st);
	ck_assert_uint_eq(st.streams_lost, 1);
	mixed_stop(&m, &f);
}
END_TEST

/* The most memory that this process has had, in KiB. */
static unsigned long peak_kib(void)
{
	struct rusage usage;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return (unsigned long)usage.ru_maxrss;
}

/* No line is ever that long: it is given up for what it is, before memory or patience end. */
START_TEST(floods_without_a_newline)
{
	struct fake f = { .hello = HELLO, .answer = ALLOWED("0"), .then = THEN_FLOOD };
	struct mixed m = mixed_start(&f, NULL);
	unsigned long before_kib;

	check_ready(m.fleet);
	before_kib = peak_kib();
	run_probes(m.fleet, m.probes, N_MIXED, 300);
	check_outcome(&m.probes[0], NP_OUT_ALLOWED);
	check_outcome(&m.probes[1], NP_OUT_ALLOWED);
	check_outcome(&m.probes[2], NP_OUT_ERROR);
	ck_assert_uint_lt(peak_kib() - before_kib, 32 * 1024);
	mixed_stop(&m, &f);
}
END_TEST

/* A long answer cannot write beyond its field. */
START_TEST(long_words_are_cut)
{
	char answer[1024], word[200];
	struct fake f = { .hello = HELLO, .answer = answer };
	struct mixed m;

	memset(word, 'w', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	snprintf(answer, sizeof(answer),
		 "r # 0 misdelivered %s 10 %s %s 20000 5 15 1 20000\n" DROPPED("2") "done #\n",
		 word, word, word);
	m = mixed_start(&f, NULL);
	check_ready(m.fleet);
	run_probes(m.fleet, m.probes, N_MIXED, 5000);
	ck_assert(m.probes[0].res.outcome == NP_OUT_MISDELIVERED ||
		  m.probes[0].res.outcome == NP_OUT_ERROR);
	ck_assert_uint_lt(strlen(m.probes[0].res.detail), sizeof(m.probes[0].res.detail));
	ck_assert_uint_lt(strlen(m.probes[0].res.who), sizeof(m.probes[0].res.who));
	ck_assert_uint_lt(strlen(m.probes[0].res.seen_addr), sizeof(m.probes[0].res.seen_addr));
	mixed_stop(&m, &f);
}
END_TEST

/* ---- the user ---- */

START_TEST(cancelled_while_waiting_for_hello)
{
	atomic_int cancel = 1;
	struct fake f = { .hello = NULL };
	struct mixed m = mixed_start(&f, &cancel);
	struct np_err err = { 0 };

	ck_assert_int_eq(np_fleet_ready(m.fleet, 3600 * 1000, &err), -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	mixed_stop(&m, &f);
}
END_TEST

/* The flag is raised when the batch is on its way: an hour's wait ends. */
START_TEST(cancelled_in_the_middle_of_a_batch)
{
	atomic_int cancel = 0;
	struct fake f = { .hello = HELLO, .raise = &cancel };
	struct mixed m = mixed_start(&f, &cancel);
	struct np_err err = { 0 };

	check_ready(m.fleet);
	ck_assert_int_eq(
		np_fleet_probe(m.fleet, m.probes, N_MIXED, NP_AGENT_TIMEOUT_MAX_MS, 1, &err), -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	check_outcome(&m.probes[0], NP_OUT_ERROR);
	mixed_stop(&m, &f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fleet/answers");
	int missing = rig_enter();

	if (missing)
		return missing;
	ADD(suite, "misbehaves", never_says_hello, never_finishes, floods_without_a_newline,
	    long_words_are_cut);
	ADD_LOOP(suite, answers_of_every_kind, answers);
	ADD_LOOP(suite, a_stranger_or_another_version, bad_hellos);
	ADD(suite, "cancelled", cancelled_while_waiting_for_hello,
	    cancelled_in_the_middle_of_a_batch);
	return rig_run(suite);
}
