/*
 * test_settle_cells.c - which cells a look asks for, how long it waits for them, and the closing look
 * at all of them; in made time and against a made cluster (settle_made.h).
 */
#include "settle_made.h"

/* ---- answers ---- */

static enum np_outcome lost(unsigned k, size_t cell)
{
	(void)k;
	return cell == 4 ? NP_OUT_DROPPED : all_right(k, cell);
}

static enum np_outcome lost_and_leaking(unsigned k, size_t cell)
{
	return cell == 0 ? NP_OUT_ALLOWED : lost(k, cell); /* the test expects a denial there */
}

/* ---- the closing look ---- */

/* Looks since the first whole one, which in a table that is never right is the closing one; -1
 * before it. */
static int since_closing(unsigned k)
{
	for (unsigned i = 0; i <= k; i++)
		if (cluster.asked[i].whole)
			return (int)(k - i);
	return -1;
}

/* Cell 0 is wrong; the closing look loses two more, one of them twice. */
static enum np_outcome lost_at_the_end(unsigned k, size_t cell)
{
	int n = since_closing(k);

	if (cell == 0 || (n == 0 && cell == 5) || (n >= 0 && n <= 1 && cell == 7))
		return NP_OUT_DROPPED;
	return NP_OUT_ALLOWED;
}

START_TEST(what_the_closing_look_lost_is_asked_again)
{
	struct np_settle io;
	unsigned k;

	cluster.answer = lost_at_the_end;
	io = settled(NULL);
	ck_assert(!io.right && !io.network_failed);
	ck_assert_uint_eq(io.wrong, 1);
	ck_assert(np_rt_wrong(&table, 0) && !np_rt_wrong(&table, 5) && !np_rt_wrong(&table, 7));
	/* Both, then the one that is still wrong; never the one that was wrong before. */
	k = cluster.k - 2;
	ck_assert(cluster.asked[k - 1].whole && !cluster.asked[k].whole);
	ck_assert_uint_eq(cluster.asked[k].n, 2);
	ck_assert_uint_eq(cluster.asked[k].first, 5);
	ck_assert_uint_eq(cluster.asked[k + 1].n, 1);
	ck_assert_uint_eq(cluster.asked[k + 1].first, 7);
	json_decref(io.observations);
}
END_TEST

/* In the closing look and ever after. */
static enum np_outcome wrong_from_the_closing_look(unsigned k, size_t cell)
{
	return cell == 0 || (since_closing(k) >= 0 && cell == 5) ? NP_OUT_DROPPED : NP_OUT_ALLOWED;
}

START_TEST(what_stays_wrong_is_written_down)
{
	struct np_settle io;
	unsigned closing = 0;

	cluster.answer = wrong_from_the_closing_look;
	io = settled(NULL);
	ck_assert_uint_eq(io.wrong, 2);
	ck_assert(np_rt_wrong(&table, 0) && np_rt_wrong(&table, 5));
	while (!cluster.asked[closing].whole)
		closing++;
	ck_assert_uint_eq(cluster.k - closing - 1, 3);
	json_decref(io.observations);
}
END_TEST

/* Probes that could not be made in the closing look, on top of one that is wrong. */
static enum np_outcome not_made_at_the_end(unsigned k, size_t cell)
{
	if (cell == 0)
		return NP_OUT_DROPPED;
	return since_closing(k) == 0 ? NP_OUT_ERROR : NP_OUT_ALLOWED;
}

START_TEST(what_could_not_be_asked_is_asked_again)
{
	struct np_settle io;

	cluster.answer = not_made_at_the_end;
	io = settled(NULL);
	ck_assert_uint_eq(io.wrong, 1);
	ck_assert_uint_eq(io.errors, 0);
	json_decref(io.observations);
}
END_TEST

/* The control pairs are lost in the closing look alone. */
static bool control_not_at_the_end(unsigned k)
{
	return since_closing(k) != 0;
}

START_TEST(control_pairs_lost_once_at_the_end)
{
	struct np_settle io;

	cluster.answer = never_right;
	cluster.control = control_not_at_the_end;
	io = settled(NULL);
	ck_assert(!io.right && !io.network_failed);
	ck_assert_uint_eq(io.wrong, 2);
	json_decref(io.observations);
}
END_TEST

/* ---- the time-out of a probe ---- */

static const unsigned calibrated_ms[] = { 80, 100, 250, 1000 };

/*
 * A slow machine loses probes: they get up to eight times the calibrated time-out, not at once, and
 * never more.
 */
START_TEST(lost_probes_are_given_more_time)
{
	unsigned base = calibrated_ms[_i], last = base;
	struct np_settle io;
	struct np_err err = { 0 };

	cluster.answer = lost;
	ck_assert_int_eq(settle_with(NULL, base, &io, &err), 0);
	ck_assert(!io.right);
	ck_assert_uint_eq(cluster.asked[0].timeout_ms, base);
	for (unsigned k = 1; k < cluster.k; k++) {
		unsigned now = cluster.asked[k].timeout_ms;

		ck_assert_msg(now == last || now == 2 * last, "look %u: %u after %u", k, now, last);
		last = now;
	}
	ck_assert_uint_eq(last, 8 * base);
	json_decref(io.observations);
}
END_TEST

/* Waiting longer cannot mend what was let through or refused. */
START_TEST(other_wrong_cells_get_no_more_time)
{
	struct np_settle io;

	table.expected[0] = NP_DENY;
	cluster.answer = lost_and_leaking;
	io = settled(NULL);
	for (unsigned k = 0; k < cluster.k; k++)
		ck_assert_uint_eq(cluster.asked[k].timeout_ms, 100);
	json_decref(io.observations);
	cluster = (struct cluster){ .took_us = LOOK_US, .answer = never_right };
	made_now_us = CHANGE_US;
	io = settled(NULL);
	for (unsigned k = 0; k < cluster.k; k++)
		ck_assert_uint_eq(cluster.asked[k].timeout_ms, 100);
	json_decref(io.observations);
}
END_TEST

/* ---- which cells ---- */

START_TEST(first_the_cells_that_changed)
{
	struct np_rt before = table_of(N_ENDS, NP_ALLOW);
	struct np_settle io;

	before.expected[2] = before.expected[5] = NP_DENY;
	before.expected[7] = NP_NO_FLOW;
	cluster.answer = all_right;
	io = settled(&before);
	ck_assert(cluster.asked[0].n == 3 && cluster.asked[0].first == 2 &&
		  cluster.asked[0].last == 7);
	ck_assert(cluster.asked[1].whole && cluster.asked[1].n == N_CELLS);
	np_rt_release(&before);
	json_decref(io.observations);
}
END_TEST

/* The same table again, or one of another shape: there is nothing to compare with. */
START_TEST(without_a_difference_all_cells)
{
	struct np_rt same = table_of(N_ENDS, NP_ALLOW), other = table_of(N_ENDS + 1, NP_DENY);
	const struct np_rt *befores[] = { NULL, &same, &other };

	table.expected[8] = NP_NO_FLOW;
	table.expected[7] = NP_UNDEF;
	same.expected[8] = NP_NO_FLOW;
	same.expected[7] = NP_UNDEF;
	for (size_t i = 0; i < NP_ARRAY_SIZE(befores); i++) {
		struct np_settle io;

		cluster = (struct cluster){ .took_us = LOOK_US, .answer = all_right };
		made_now_us = CHANGE_US;
		io = settled(befores[i]);
		ck_assert_uint_eq(cluster.asked[0].n, N_CELLS - 2);
		json_decref(io.observations);
	}
	np_rt_release(&same);
	np_rt_release(&other);
}
END_TEST

/* A look at the change alone is small in a big table, and spread over it. */
START_TEST(a_big_table_is_sampled)
{
	enum { N = 30 };
	struct np_settle io;

	np_rt_release(&table);
	table = table_of(N, NP_ALLOW);
	cluster.answer = all_right;
	io = settled(NULL);
	ck_assert(io.right);
	ck_assert_uint_eq(cluster.asked[0].n, 64);
	ck_assert_uint_lt(cluster.asked[0].first, N * N / 50);
	ck_assert_uint_gt(cluster.asked[0].last, N * N * 49 / 50);
	ck_assert(cluster.asked[1].whole && cluster.asked[1].n == (size_t)N * N);
	json_decref(io.observations);
}
END_TEST

/* ---- a busy machine ---- */

/* The whole look loses two cells, one of them twice. */
static enum np_outcome late_answers(unsigned k, size_t cell)
{
	if ((k == 1 && (cell == 3 || cell == 5)) || (k == 2 && cell == 5))
		return NP_OUT_DROPPED;
	return NP_OUT_ALLOWED;
}

START_TEST(lost_cells_alone_are_asked_again)
{
	struct np_session s = { .fixture = fixture_of(100) };
	struct np_settle io = { .change_us = CHANGE_US, .deadline_ms = 3000, .stability_ms = 60 };
	struct np_err err = { 0 };

	cluster.answer = late_answers;
	ck_assert_int_eq(np_settle(&table, &s, &io, &err), 0);
	ck_assert(io.right);
	ck_assert_uint_eq(whole_looks(), 1);
	ck_assert(cluster.asked[1].whole);
	ck_assert(cluster.asked[2].n == 2 && cluster.asked[2].timeout_ms == 200);
	ck_assert(cluster.asked[3].n == 2 && cluster.asked[3].timeout_ms == 400);
	/* The window is waited for, and they are looked at once more. */
	ck_assert_uint_eq(cluster.k, 5);
	ck_assert_int_eq(io.converged_ms,
			 np_json_int(json_array_get(io.observations, 3), "at_ms", -1));
	/* The next tables begin with what was needed, for a while. */
	ck_assert_uint_eq(s.timeout_ms, 400);
	json_decref(io.observations);
	cluster.answer = all_right;
	for (int i = 0; i < 8; i++) {
		ck_assert_uint_eq(s.timeout_ms, 400);
		cluster.k = 0;
		made_now_us = CHANGE_US;
		ck_assert_int_eq(np_settle(&table, &s, &io, &err), 0);
		json_decref(io.observations);
	}
	ck_assert_uint_eq(s.timeout_ms, 200);
}
END_TEST

/* Beside a lost one there is a cell that is open: nothing is taken for a late answer. */
static enum np_outcome late_and_leaking(unsigned k, size_t cell)
{
	return k == 1 && cell == 0 ? NP_OUT_ALLOWED : late_answers(k, cell);
}

static enum np_outcome denied_0(unsigned k, size_t cell)
{
	return cell == 0 && k != 1 ? NP_OUT_DROPPED : late_and_leaking(k, cell);
}

START_TEST(other_wrong_cells_make_the_whole_anew)
{
	struct np_settle io;

	table.expected[0] = NP_DENY;
	cluster.answer = denied_0;
	io = settled(NULL);
	ck_assert(io.right);
	ck_assert_uint_eq(whole_looks(), 2);
	json_decref(io.observations);
}
END_TEST

static enum np_outcome answers_take_700_ms(unsigned k, size_t cell)
{
	return cell == 4 && cluster.asked[k].timeout_ms < 700 ? NP_OUT_DROPPED : NP_OUT_ALLOWED;
}

START_TEST(late_answers_are_waited_for_before_the_deadline_counts)
{
	struct np_settle io;

	cluster.took_us = 2000000;
	cluster.answer = answers_take_700_ms;
	io = settled(NULL);
	ck_assert(io.right);
	ck_assert_uint_eq(cluster.asked[3].timeout_ms, 800);
	json_decref(io.observations);
}
END_TEST

/* ---- less than the whole ---- */

enum { N_PORTS = 6, N_PAIRS = N_ENDS * N_ENDS };

static void table_of_ports(void)
{
	np_rt_release(&table);
	table = table_of(N_ENDS, NP_ALLOW);
	table.n_ports = N_PORTS;
	table.n_cells = (size_t)N_PORTS * N_PAIRS;
	free(table.expected);
	free(table.looked);
	free(table.seen);
	table.expected = np_xcalloc(table.n_cells + 1, 1);
	table.looked = np_xcalloc(table.n_cells + 1, 1);
	table.seen = np_xcalloc(table.n_cells + 1, sizeof(*table.seen));
	memset(table.expected, NP_ALLOW, table.n_cells);
}

static struct np_settle settled_partly(enum np_whole whole, const struct np_rt *before,
				       unsigned turn)
{
	struct np_session s = { .fixture = fixture_of(100) };
	struct np_settle io = { .change_us = CHANGE_US, .deadline_ms = 3000, .whole = whole,
				.before = before, .turn = turn };
	struct np_err err = { 0 };

	ck_assert_int_eq(np_settle(&table, &s, &io, &err), 0);
	return io;
}

static enum np_outcome as_expected(unsigned k, size_t cell)
{
	(void)k;
	return table.expected[cell] == NP_ALLOW ? NP_OUT_ALLOWED : NP_OUT_DROPPED;
}

/* Pair (0, 1) is closed on one port and asked for on all; the others on every third. */
START_TEST(open_pairs_are_thinned)
{
	bool asked[3][N_PAIRS * N_PORTS] = { 0 };
	struct np_rt before = { 0 };

	table_of_ports();
	before = table;
	before.expected = np_xcalloc(table.n_cells, 1);
	memcpy(before.expected, table.expected, table.n_cells);
	before.expected[3 * N_PAIRS + 7] = NP_DENY; /* pair (2, 1), and no more */
	table.expected[2 * N_PAIRS + 1] = NP_DENY;
	for (unsigned turn = 0; turn < 3; turn++) {
		struct np_settle io;

		memset(cluster.probed, 0, sizeof(cluster.probed));
		cluster = (struct cluster){ .took_us = LOOK_US, .answer = as_expected };
		made_now_us = CHANGE_US;
		io = settled_partly(NP_WHOLE_THINNED, &before, turn);
		ck_assert(io.right);
		ck_assert_uint_eq(cluster.asked[1].n, 2 * N_PORTS + (N_PAIRS - 2) * N_PORTS / 3);
		memcpy(asked[turn], cluster.probed, sizeof(asked[turn]));
		json_decref(io.observations);
	}
	for (size_t i = 0; i < table.n_cells; i++) {
		size_t pair = i % N_PAIRS, n = asked[0][i] + asked[1][i] + asked[2][i];

		ck_assert_uint_eq(n, pair == 1 || pair == 7 ? 3 : 1);
	}
	free(before.expected);
}
END_TEST

START_TEST(a_failing_table_is_looked_at_whole)
{
	struct np_settle io;

	table_of_ports();
	cluster.answer = never_right;
	io = settled_partly(NP_WHOLE_THINNED, NULL, 0);
	ck_assert(!io.right);
	for (size_t i = 0; i < table.n_cells; i++)
		ck_assert(cluster.probed[i]);
	json_decref(io.observations);
}
END_TEST

START_TEST(a_sample_is_enough_on_the_way_back)
{
	enum { N = 30 };
	struct np_settle io;

	np_rt_release(&table);
	table = table_of(N, NP_ALLOW);
	cluster.answer = all_right;
	io = settled_partly(NP_WHOLE_SAMPLE, NULL, 0);
	ck_assert(io.right);
	ck_assert_uint_eq(cluster.asked[1].n, NP_WHOLE_SAMPLE_CELLS);
	json_decref(io.observations);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settle: cells");
	TCase *timeouts = tcase_create("timeouts");

	ADD(suite, "closing", what_the_closing_look_lost_is_asked_again,
	    what_stays_wrong_is_written_down, what_could_not_be_asked_is_asked_again,
	    control_pairs_lost_once_at_the_end);
	ADD(suite, "busy", lost_cells_alone_are_asked_again, other_wrong_cells_make_the_whole_anew,
	    late_answers_are_waited_for_before_the_deadline_counts,
	    other_wrong_cells_get_no_more_time);
	ADD(suite, "cells", first_the_cells_that_changed, without_a_difference_all_cells,
	    a_big_table_is_sampled, open_pairs_are_thinned, a_failing_table_is_looked_at_whole,
	    a_sample_is_enough_on_the_way_back);
	tcase_add_checked_fixture(timeouts, setup, teardown);
	tcase_add_loop_test(timeouts, lost_probes_are_given_more_time, 0,
			    NP_ARRAY_SIZE(calibrated_ms));
	suite_add_tcase(suite, timeouts);
	return run_suite(suite);
}
