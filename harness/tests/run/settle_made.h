/*
 * settle_made.h - np_settle() against a cluster that is a function of the number of the look, for
 * its tests. Time is made too: a look takes what the test says, a pause passes at once, so nothing
 * depends on how fast the machine is.
 */
#ifndef TESTS_RUN_SETTLE_MADE_H
#define TESTS_RUN_SETTLE_MADE_H

#include "../../run/settle.h"
#include "../../run/trouble.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "../suite.h"

/* ---- made time ---- */

#define PAUSES_MAX 1024

static int64_t made_now_us;
static int64_t pauses_us[PAUSES_MAX];
static size_t n_pauses;

static int64_t made_now(void)
{
	return made_now_us;
}

static void made_sleep_ms(int64_t ms)
{
	made_now_us += ms * 1000;
}

static int made_wait(struct np_backoff *b)
{
	ck_assert_uint_lt(n_pauses, PAUSES_MAX);
	pauses_us[n_pauses++] = b->pause_us;
	made_now_us += b->pause_us;
	b->pause_us = b->pause_us * 2 < b->max_pause_us ? b->pause_us * 2 : b->max_pause_us;
	return 1;
}

/* ---- made trouble ---- */

static bool (*made_disturbed)(void); /* since the last look; NULL: never */
static bool (*made_gone)(void);	     /* an agent, for good */

static bool made_since(void)
{
	return made_disturbed && made_disturbed();
}

static int made_find(struct np_err *err)
{
	return made_gone && made_gone() ? np_err_set(err, NP_ENOTFOUND, "pod 'x/p0' was evicted")
					: 0;
}

/*
 * Only calls: neither the struct nor a prototype of these names follows. The file itself, so that
 * its clock is ours.
 */
#define np_now_us() made_now()
#define np_sleep_ms(ms) made_sleep_ms(ms)
#define np_backoff_wait(b) made_wait(b)
#define np_trouble_mark(s, m) ((void)(s), (void)(m))
#define np_trouble_since(s, m, text, size) ((void)(s), made_since())
#define np_trouble_find(s, err) ((void)(s), made_find(err))
#include "../../run/settle.c"

/* ---- the cluster ---- */

#define LOOKS_MAX 1024

/* One look as settle asked for it. */
struct asked {
	size_t n;	    /* cells; of a whole look all */
	size_t first, last; /* of the list */
	bool whole;
	unsigned timeout_ms;
};

static struct cluster {
	/* What the cell answers in look @k (from 0). */
	enum np_outcome (*answer)(unsigned k, size_t cell);
	bool (*control)(unsigned k); /* NULL: works */
	int64_t took_us;	     /* of one look */
	unsigned cancel_at;	     /* this look is interrupted; 0: none */
	unsigned k;
	struct asked asked[LOOKS_MAX];
	bool probed[LOOKS_MAX]; /* by cell: in any look */
} cluster;

static struct np_rt table;

int np_rt_look(struct np_rt *t, struct np_session *s, const size_t *cells, size_t n,
	       unsigned timeout_ms, bool *ret_control_ok, struct np_err *err)
{
	unsigned k = cluster.k++;
	size_t all = cells ? n : t->n_cells;

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_lt(k, LOOKS_MAX);
	if (cluster.cancel_at && k == cluster.cancel_at)
		return np_err_set(err, NP_EINTR, "interrupted");
	cluster.asked[k] = (struct asked){ .n = all,
					   .whole = !cells,
					   .timeout_ms = timeout_ms,
					   .first = cells && n ? cells[0] : 0,
					   .last = cells && n ? cells[n - 1] : 0 };
	for (size_t i = 0; i < all; i++) {
		size_t cell = cells ? cells[i] : i;

		ck_assert_uint_lt(cell, t->n_cells);
		if (t->expected[cell] == NP_NO_FLOW) {
			ck_assert_msg(!cells, "cell %zu has no flow", cell);
			continue;
		}
		if (cell < LOOKS_MAX)
			cluster.probed[cell] = true;
		t->seen[cell] = (struct np_fleet_result){ .outcome = cluster.answer(k, cell) };
		t->looked[cell] = 1;
	}
	made_now_us += cluster.took_us;
	*ret_control_ok = !cluster.control || cluster.control(k);
	return 0;
}

/* A table of @n_ends ends and one port, every cell expected to be @v. */
static struct np_rt table_of(size_t n_ends, enum np_verdict v)
{
	struct np_rt t = { .n_ends = n_ends,
			   .n_ports = 1,
			   .n_families = 1,
			   .families = { 4, 0 },
			   .n_cells = n_ends * n_ends };

	t.ends = np_arena_array(&t.arena, n_ends, sizeof(*t.ends));
	t.ports = np_arena_array(&t.arena, 1, sizeof(*t.ports));
	t.ports[0] = (struct np_probe_port){ NP_TCP, 80 };
	for (size_t i = 0; i < n_ends; i++)
		t.ends[i].name.name = np_arena_printf(&t.arena, "x/p%zu", i);
	t.expected = np_xcalloc(t.n_cells + 1, 1);
	t.looked = np_xcalloc(t.n_cells + 1, 1);
	t.seen = np_xcalloc(t.n_cells + 1, sizeof(*t.seen));
	memset(t.expected, v, t.n_cells);
	return t;
}

#define CHANGE_US 1000000000LL
#define LOOK_US 1000
#define N_ENDS 3
#define N_CELLS (N_ENDS * N_ENDS)

static long long made_patience_ms; /* 0: the deadline is the last word */

static void setup(void)
{
	made_patience_ms = 0;
	cluster = (struct cluster){ .took_us = LOOK_US };
	made_disturbed = made_gone = NULL;
	made_now_us = CHANGE_US;
	n_pauses = 0;
	table = table_of(N_ENDS, NP_ALLOW);
}

static void teardown(void)
{
	np_rt_release(&table);
}

static const struct np_fixture *fixture_of(unsigned timeout_ms)
{
	static struct np_fixture f;

	f.timeout_ms = timeout_ms;
	return &f;
}

/* Settles the table with the usual deadline of 3 s and window of 60 ms; release @ret->observations.
 */
static int settle_with(const struct np_rt *before, unsigned timeout_ms, struct np_settle *ret,
		       struct np_err *err)
{
	struct np_session s = { .fixture = fixture_of(timeout_ms) };

	*ret = (struct np_settle){ .change_us = CHANGE_US,
				   .deadline_ms = 3000,
				   .patience_ms = made_patience_ms,
				   .stability_ms = 60,
				   .before = before };
	return np_settle(&table, &s, ret, err);
}

static inline struct np_settle settled(const struct np_rt *before)
{
	struct np_settle io;
	struct np_err err = { 0 };

	ck_assert_msg(settle_with(before, 100, &io, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(io.looks, cluster.k);
	ck_assert_uint_eq(json_array_size(io.observations), io.looks);
	return io;
}

static inline long long elapsed_ms(void)
{
	return (made_now_us - CHANGE_US) / 1000;
}

static inline unsigned whole_looks(void)
{
	unsigned n = 0;

	for (unsigned k = 0; k < cluster.k; k++)
		n += cluster.asked[k].whole;
	return n;
}

/* ---- answers ---- */

static inline enum np_outcome all_right(unsigned k, size_t cell)
{
	(void)k;
	return table.expected[cell] == NP_ALLOW ? NP_OUT_ALLOWED : NP_OUT_DROPPED;
}

static inline enum np_outcome never_right(unsigned k, size_t cell)
{
	return cell == 4 || cell == 7 ? NP_OUT_REJECTED : all_right(k, cell);
}

/* ---- suites ---- */

static inline void add_tests(Suite *suite, const char *name, const TTest *const *tests, size_t n)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
}

#define ADD(suite, name, ...)                                                                      \
	do {                                                                                       \
		const TTest *const tests_[] = { __VA_ARGS__ };                                     \
                                                                                                   \
		add_tests(suite, name, tests_, NP_ARRAY_SIZE(tests_));                             \
	} while (0)

#endif
