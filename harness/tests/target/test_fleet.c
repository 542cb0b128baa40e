/*
 * test_fleet.c - many agents at once: the built agent behind its control sockets in a namespace of
 * the test's own, agents that die, and how many a fleet takes.
 */
#include <arpa/inet.h>
#include <pthread.h>

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

/* ---- limits ---- */

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

int main(void)
{
	Suite *suite = suite_create("fleet");
	int missing = rig_enter();

	if (missing)
		return missing;
	ADD(suite, "works", every_agent_reaches_every_other, all_outcomes_in_one_batch,
	    batches_share_the_streams, agents_come_and_go, over_tcp);
	ADD(suite, "dies", killed_in_the_middle_and_back, killed_for_good, killed_between_batches,
	    nobody_there);
	ADD(suite, "limits", no_more_than_the_limit);
	return rig_run(suite);
}
