/*
 * fleet_rig.h - a fleet of the built agent behind its control sockets, for the fleet's tests.
 * Everything is in a folder and a namespace of the test's own.
 */
#ifndef TESTS_TARGET_FLEET_RIG_H
#define TESTS_TARGET_FLEET_RIG_H

#include "../agent/rig.h"
#include "np/target/fleet.h"

#define TIMEOUT_MS 400
#define READY_MS   15000

/* ---- sockets in a folder of the test's own ---- */

static char dir[64];

static inline void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/np-fleet-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static inline void teardown(void)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_dir_remove(dir, &err) == 0, "%s", err.msg);
}

struct path {
	char text[100]; /* fits sun_path */
};

static inline struct path socket_path(const char *name)
{
	struct path p;

	snprintf(p.text, sizeof(p.text), "%s/%s", dir, name);
	return p;
}

/* ---- real agents ---- */

/* Serves TCP and UDP 80 of all addresses; its control socket is @dir/@name. */
static inline struct proc start_agent(const char *name, const char *tcp)
{
	struct path p = socket_path(name);
	char identity[64], control[128];

	snprintf(identity, sizeof(identity), "x/%s", name);
	snprintf(control, sizeof(control), "unix:%s", p.text);
	return rig_server("serve", "--identity", identity, "--tcp", tcp, "--control", control);
}

static inline size_t add_agent(struct np_fleet *f, const char *name)
{
	struct path p = socket_path(name);
	struct np_fleet_place place = { .name = name, .socket = p.text };
	struct np_err err = { 0 };
	size_t n = SIZE_MAX;

	ck_assert_msg(np_fleet_add(f, &place, &n, &err) == 0, "%s", err.msg);
	return n;
}

static inline void check_ready(struct np_fleet *f)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_fleet_ready(f, READY_MS, &err) == 0, "%s", err.msg);
}

/* Agents a0, a1, .. of which the i-th serves TCP port 8000 + i. */
#define N_AGENTS 4

struct bed {
	struct proc servers[N_AGENTS];
	struct np_fleet *fleet;
	size_t agents[N_AGENTS];
};

static inline struct bed bed_start(void)
{
	struct bed b = { .fleet = np_fleet_new(NULL, NULL) };

	for (unsigned i = 0; i < N_AGENTS; i++) {
		char name[16], port[16];

		snprintf(name, sizeof(name), "a%u", i);
		snprintf(port, sizeof(port), "%u", 8000 + i);
		b.servers[i] = start_agent(name, port);
		b.agents[i] = add_agent(b.fleet, name);
	}
	check_ready(b.fleet);
	return b;
}

static inline void bed_stop(struct bed *b)
{
	np_fleet_free(b->fleet);
	for (unsigned i = 0; i < N_AGENTS; i++)
		if (b->servers[i].pid)
			ck_assert_int_eq(rig_stop(&b->servers[i], SIGTERM), 0);
}

static inline struct np_addr addr_of(const char *text)
{
	struct np_addr a;

	ck_assert(np_addr_parse(np_str_from(text), &a));
	return a;
}

static inline struct np_fleet_probe probe_to(size_t agent, const char *addr, unsigned port,
				      const char *expect)
{
	return (struct np_fleet_probe){ .agent = agent,
					.req = { .kind = NP_PROBE_TCP,
						 .addr = addr_of(addr),
						 .port = (uint16_t)port,
						 .expect = np_str_from(expect) } };
}

static inline void run_probes(struct np_fleet *f, struct np_fleet_probe *probes, size_t n,
		       unsigned timeout_ms)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_fleet_probe(f, probes, n, timeout_ms, 2, &err) == 0, "%s", err.msg);
}

static inline void check_outcome(const struct np_fleet_probe *p, enum np_outcome wanted)
{
	ck_assert_msg(p->res.outcome == wanted, "%s %s, wanted %s", np_outcome_name(p->res.outcome),
		      p->res.detail, np_outcome_name(wanted));
}

/* ---- suites ---- */

/* Every test has a folder of its own. */
static inline TCase *add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 120); /* a bound, not a measure */
	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(suite, tc);
	return tc;
}

#define ADD(suite, name, ...)                                               \
	do {                                                                \
		const TTest *const tests_[] = { __VA_ARGS__ };              \
		TCase *tc_ = add_case(suite, name);                         \
                                                                            \
		for (size_t i_ = 0; i_ < NP_ARRAY_SIZE(tests_); i_++)       \
			tcase_add_test(tc_, tests_[i_]);                    \
	} while (0)

/* A test for each item of @array. */
#define ADD_LOOP(suite, test, array) \
	tcase_add_loop_test(add_case(suite, #array), test, 0, (int)NP_ARRAY_SIZE(array))

#endif
