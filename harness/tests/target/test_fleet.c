/*
 * test_fleet.c - many agents at once: the built agent behind its control sockets in a namespace of
 * the test's own, and agents that misbehave. Whatever an agent does, its probes read as errors,
 * never as denials, and the fleet goes on in bounded time.
 */
#include <arpa/inet.h>

#include "fleet_fake.h"
#include "fleet_rig.h"

/* ---- what works ---- */

START_TEST(every_agent_reaches_every_other)
{
	struct bed b = bed_start();
	struct np_fleet_probe probes[N_AGENTS * N_AGENTS];
	struct np_fleet_stats st;

	for (unsigned i = 0; i < N_AGENTS * N_AGENTS; i++) {
		static const char *const names[N_AGENTS] = { "x/a0", "x/a1", "x/a2", "x/a3" };

		probes[i] = probe_to(b.agents[i / N_AGENTS], V4_A, 8000 + i % N_AGENTS,
				     names[i % N_AGENTS]);
	}
	run_probes(b.fleet, probes, NP_ARRAY_SIZE(probes), 5000);
	for (unsigned i = 0; i < NP_ARRAY_SIZE(probes); i++) {
		char who[16];

		check_outcome(&probes[i], NP_OUT_ALLOWED);
		snprintf(who, sizeof(who), "x/a%u", i % N_AGENTS);
		ck_assert_str_eq(probes[i].res.who, who);
		ck_assert_str_eq(probes[i].res.seen_addr, V4_A);
		ck_assert_uint_eq(probes[i].res.seen_port, probes[i].res.src_port);
		ck_assert_uint_ge(probes[i].res.attempts, 1);
		ck_assert_int_gt(probes[i].res.rtt_us, 0);
	}
	np_fleet_get_stats(b.fleet, &st);
	ck_assert_uint_eq(st.agents, N_AGENTS);
	ck_assert_uint_eq(st.streams_opened, N_AGENTS);
	ck_assert_uint_eq(st.streams_lost, 0);
	ck_assert_uint_eq(st.probes, NP_ARRAY_SIZE(probes));
	ck_assert_uint_eq(st.batches, 1);
	ck_assert_int_gt(st.probing_us, 0);
	bed_stop(&b);
}
END_TEST

START_TEST(all_outcomes_in_one_batch)
{
	struct bed b = bed_start();
	struct np_fleet_probe probes[] = {
		probe_to(b.agents[0], V4_A, 8001, "x/a1"),
		probe_to(b.agents[0], V4_A, 9901, "x/a1"), /* dropped by the rig */
		probe_to(b.agents[1], V4_A, 9902, "x/a1"), /* rejected by the rig */
		probe_to(b.agents[2], V4_A, 9903, "x/a1"), /* nobody listens */
		probe_to(b.agents[2], V4_A, 8003, "x/else"),
		probe_to(b.agents[3], V6_A, 8000, "-"),
	};
	const struct np_addr other = addr_of(V4_B), foreign = addr_of("192.0.2.7");
	struct np_fleet_probe from[] = { probe_to(b.agents[0], V4_A, 8001, "-"),
					 probe_to(b.agents[0], V4_A, 8001, "-") };

	run_probes(b.fleet, probes, NP_ARRAY_SIZE(probes), TIMEOUT_MS);
	check_outcome(&probes[0], NP_OUT_ALLOWED);
	check_outcome(&probes[1], NP_OUT_DROPPED);
	check_outcome(&probes[2], NP_OUT_REJECTED);
	check_outcome(&probes[3], NP_OUT_REJECTED);
	check_outcome(&probes[4], NP_OUT_MISDELIVERED);
	ck_assert_str_eq(probes[4].res.who, "x/a3");
	check_outcome(&probes[5], NP_OUT_ALLOWED);
	ck_assert_str_eq(probes[5].res.seen_addr, V6_A);
	from[0].req.src = &other;
	from[1].req.src = &foreign;
	run_probes(b.fleet, from, NP_ARRAY_SIZE(from), TIMEOUT_MS);
	check_outcome(&from[0], NP_OUT_ALLOWED);
	ck_assert_str_eq(from[0].res.seen_addr, V4_B);
	check_outcome(&from[1], NP_OUT_ERROR);
	bed_stop(&b);
}
END_TEST

/*
 * One stream for all of them: batch after batch, and sizes from nothing to more than an agent runs
 * at once.
 */
START_TEST(batches_share_the_streams)
{
	static const size_t sizes[] = { 0, 1, 7, 300, 1, 2000 };
	struct bed b = bed_start();
	struct np_fleet_stats st;
	size_t total = 0;

	for (size_t k = 0; k < NP_ARRAY_SIZE(sizes); k++) {
		struct np_fleet_probe *probes = np_xcalloc(sizes[k] + 1, sizeof(*probes));

		for (size_t i = 0; i < sizes[k]; i++)
			probes[i] = probe_to(b.agents[i % 2], V4_A, 8002, "x/a2");
		run_probes(b.fleet, probes, sizes[k], 20000);
		for (size_t i = 0; i < sizes[k]; i++)
			check_outcome(&probes[i], NP_OUT_ALLOWED);
		total += sizes[k];
		free(probes);
	}
	np_fleet_get_stats(b.fleet, &st);
	ck_assert_uint_eq(st.batches, NP_ARRAY_SIZE(sizes));
	ck_assert_uint_eq(st.probes, total);
	ck_assert_uint_eq(st.streams_opened, N_AGENTS);
	bed_stop(&b);
}
END_TEST

START_TEST(agents_come_and_go)
{
	struct bed b = bed_start();
	struct np_fleet_probe p;
	struct np_fleet_stats st;
	size_t again;

	ck_assert_uint_eq(np_fleet_size(b.fleet), N_AGENTS);
	ck_assert_msg(strstr(np_fleet_caps(b.fleet, b.agents[1]), "sctp"), "'%s'",
		      np_fleet_caps(b.fleet, b.agents[1]));
	np_fleet_remove(b.fleet, b.agents[1]);
	ck_assert_uint_eq(np_fleet_size(b.fleet), N_AGENTS - 1);
	ck_assert_str_eq(np_fleet_caps(b.fleet, b.agents[1]), "");
	again = add_agent(b.fleet, "a1");
	ck_assert_uint_eq(again, b.agents[1]);
	check_ready(b.fleet);
	p = probe_to(again, V4_A, 8000, "x/a0");
	run_probes(b.fleet, &p, 1, 5000);
	check_outcome(&p, NP_OUT_ALLOWED);
	np_fleet_get_stats(b.fleet, &st);
	ck_assert_uint_eq(st.agents, N_AGENTS + 1);
	ck_assert_uint_eq(st.streams_opened, N_AGENTS + 1);
	bed_stop(&b);
}
END_TEST

START_TEST(over_tcp)
{
	struct proc s = rig_server("serve", "--identity", "x/t", "--tcp", "8000", "--control",
				   "tcp:" V4_B ":7700", "--control", "tcp:[" V6_B "]:7700");
	static const char *const hosts[] = { V4_B ":7700", "[" V6_B "]:7700" };
	struct np_fleet *f = np_fleet_new(NULL, NULL);
	struct np_fleet_probe probes[2];

	for (size_t i = 0; i < 2; i++) {
		struct np_fleet_place place = { .name = hosts[i], .host = hosts[i] };
		struct np_err err = { 0 };
		size_t n;

		ck_assert_msg(np_fleet_add(f, &place, &n, &err) == 0, "%s", err.msg);
		probes[i] = probe_to(n, V4_A, 8000, "x/t");
	}
	check_ready(f);
	run_probes(f, probes, 2, 5000);
	check_outcome(&probes[0], NP_OUT_ALLOWED);
	check_outcome(&probes[1], NP_OUT_ALLOWED);
	np_fleet_free(f);
	ck_assert_int_eq(rig_stop(&s, SIGTERM), 0);
}
END_TEST

/* ---- agents that die ---- */

/*
 * A server that kills an agent as soon as a probe has reached it: always in the middle of the
 * batch, however slow the machine is.
 */
struct killer {
	int listener;
	pid_t victim;
	pthread_t thread;
};

static void *killer_main(void *arg)
{
	struct killer *k = arg;
	int fd;

	if (!rig_readable(k->listener, RIG_WAIT_MS))
		return NULL;
	fd = accept(k->listener, NULL, NULL);
	kill(k->victim, SIGKILL);
	np_sleep_ms(50); /* keeps the probe waiting while the agent dies */
	close(fd);
	return arg;
}

static struct sockaddr_in killer_addr(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(8999) };

	ck_assert_int_eq(inet_pton(AF_INET, V4_B, &a.sin_addr), 1);
	return a;
}

static void killer_start(struct killer *k, pid_t victim)
{
	struct sockaddr_in a = killer_addr();

	*k = (struct killer){ .victim = victim,
			      .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	ck_assert_int_eq(bind(k->listener, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(k->listener, 16), 0);
	ck_assert_int_eq(pthread_create(&k->thread, NULL, killer_main, k), 0);
}

static void killer_end(struct killer *k)
{
	void *met;

	ck_assert_int_eq(pthread_join(k->thread, &met), 0);
	ck_assert_msg(met != NULL, "no probe came");
	close(k->listener);
}

/*
 * Kills agent 1 in the middle of a batch of @probes[0..3]; agents 0 and 2 have an allowed and a
 * dropped probe in it.
 */
static void kill_in_the_middle(struct bed *b)
{
	struct np_fleet_probe probes[] = {
		probe_to(b->agents[0], V4_A, 8002, "x/a2"),
		probe_to(b->agents[1], V4_B, 8999, "x/killer"),
		probe_to(b->agents[1], V4_A, 9901, "x/a2"),
		probe_to(b->agents[2], V4_A, 9901, "x/a2"),
	};
	struct killer k;

	killer_start(&k, b->servers[1].pid);
	run_probes(b->fleet, probes, NP_ARRAY_SIZE(probes), 3000);
	killer_end(&k);
	ck_assert_int_eq(rig_wait(&b->servers[1]), 128 + SIGKILL);
	b->servers[1].pid = 0;
	check_outcome(&probes[0], NP_OUT_ALLOWED);
	check_outcome(&probes[1], NP_OUT_ERROR);
	check_outcome(&probes[2], NP_OUT_ERROR);
	check_outcome(&probes[3], NP_OUT_DROPPED);
	ck_assert_str_ne(probes[1].res.detail, "");
}

START_TEST(killed_in_the_middle_and_back)
{
	struct bed b = bed_start();
	struct np_fleet_probe p = probe_to(b.agents[1], V4_A, 8000, "x/a0");
	struct np_fleet_stats st;

	kill_in_the_middle(&b);
	b.servers[1] = start_agent("a1", "8001");
	run_probes(b.fleet, &p, 1, 5000);
	check_outcome(&p, NP_OUT_ALLOWED);
	np_fleet_get_stats(b.fleet, &st);
	ck_assert_uint_eq(st.agents, N_AGENTS);
	ck_assert_uint_eq(st.streams_lost, 1);
	ck_assert_uint_eq(st.streams_opened, N_AGENTS + 1);
	/* Nothing of the broken stream is left: the next batch opens none. */
	run_probes(b.fleet, &p, 1, 5000);
	np_fleet_get_stats(b.fleet, &st);
	ck_assert_uint_eq(st.streams_opened, N_AGENTS + 1);
	bed_stop(&b);
}
END_TEST

START_TEST(killed_for_good)
{
	struct bed b = bed_start();
	struct np_fleet_stats st;

	kill_in_the_middle(&b);
	for (unsigned round = 1; round <= 2; round++) {
		struct np_fleet_probe probes[] = { probe_to(b.agents[1], V4_A, 9901, "x/a2"),
						   probe_to(b.agents[0], V4_A, 8002, "x/a2") };

		run_probes(b.fleet, probes, 2, 5000);
		check_outcome(&probes[0], NP_OUT_ERROR);
		check_outcome(&probes[1], NP_OUT_ALLOWED);
		np_fleet_get_stats(b.fleet, &st);
		ck_assert_uint_eq(st.streams_lost, round);
	}
	np_fleet_remove(b.fleet, b.agents[1]);
	check_ready(b.fleet);
	bed_stop(&b);
}
END_TEST

/* Between two batches: seen before anything is sent, so that nothing is lost with it. */
START_TEST(killed_between_batches)
{
	struct bed b = bed_start();
	struct np_fleet_probe p = probe_to(b.agents[2], V4_A, 8000, "x/a0");

	run_probes(b.fleet, &p, 1, 5000);
	check_outcome(&p, NP_OUT_ALLOWED);
	ck_assert_int_eq(rig_stop(&b.servers[2], SIGKILL), 128 + SIGKILL);
	b.servers[2] = start_agent("a2", "8002");
	run_probes(b.fleet, &p, 1, 5000);
	check_outcome(&p, NP_OUT_ALLOWED);
	bed_stop(&b);
}
END_TEST

START_TEST(nobody_there)
{
	struct np_fleet *f = np_fleet_new(NULL, NULL);
	struct np_err err = { 0 };
	size_t n = add_agent(f, "nobody");
	struct np_fleet_probe p = probe_to(n, V4_A, 9901, "-");

	ck_assert_int_eq(np_fleet_ready(f, READY_MS, &err), -1);
	ck_assert_msg(strstr(err.msg, "cannot reach the agent of 'nobody'"), "%s", err.msg);
	run_probes(f, &p, 1, 200);
	check_outcome(&p, NP_OUT_ERROR);
	np_fleet_free(f);
}
END_TEST

/* ---- agents that misbehave ---- */

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

/* ---- limits and the user ---- */

START_TEST(no_more_than_the_limit)
{
	struct np_fleet *f = np_fleet_new(NULL, NULL);
	struct np_fleet_place place = { .name = "x", .socket = "/nonexistent/socket" };
	struct np_err err = { 0 };
	size_t n = SIZE_MAX;

	for (size_t i = 0; i < NP_FLEET_MAX_AGENTS; i++) {
		ck_assert_int_eq(np_fleet_add(f, &place, &n, &err), 0);
		ck_assert_uint_eq(n, i);
	}
	n = 4711;
	ck_assert_int_eq(np_fleet_add(f, &place, &n, &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_uint_eq(n, 4711);
	np_fleet_remove(f, 100);
	ck_assert_int_eq(np_fleet_add(f, &place, &n, &err), 0);
	ck_assert_uint_eq(n, 100);
	np_fleet_free(f);
	np_fleet_free(NULL);
}
END_TEST

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

static void add_tests(Suite *suite, const char *name, const TTest *const *tests, size_t n)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 120); /* a bound, not a measure */
	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
}

static void add_loop(Suite *suite, const char *name, const TTest *test, size_t n)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test, 0, (int)n);
	suite_add_tcase(suite, tc);
}

#define ADD(suite, name, ...)                                                                      \
	do {                                                                                       \
		const TTest *const tests_[] = { __VA_ARGS__ };                                     \
                                                                                                   \
		add_tests(suite, name, tests_, NP_ARRAY_SIZE(tests_));                             \
	} while (0)

int main(void)
{
	Suite *suite = suite_create("fleet");
	int missing = rig_enter();

	(void)rig_send; /* agents are spoken to by the fleet alone */
	if (missing)
		return missing;
	ADD(suite, "works", every_agent_reaches_every_other, all_outcomes_in_one_batch,
	    batches_share_the_streams, agents_come_and_go, over_tcp);
	ADD(suite, "dies", killed_in_the_middle_and_back, killed_for_good, killed_between_batches,
	    nobody_there);
	ADD(suite, "misbehaves", never_says_hello, never_finishes, floods_without_a_newline,
	    long_words_are_cut);
	add_loop(suite, "answers", answers_of_every_kind, NP_ARRAY_SIZE(answers));
	add_loop(suite, "hellos", a_stranger_or_another_version, NP_ARRAY_SIZE(bad_hellos));
	ADD(suite, "limits", no_more_than_the_limit, cancelled_while_waiting_for_hello,
	    cancelled_in_the_middle_of_a_batch);
	return rig_run(suite);
}
