/*
 * test_settle.c - looking until a table is right and stays right, in made time and against a made
 * cluster (settle_made.h).
 */
#include "settle_made.h"

/* ---- answers ---- */

static enum np_outcome right_from_look_5(unsigned k, size_t cell)
{
	return k < 5 && cell == 4 ? NP_OUT_REJECTED : all_right(k, cell);
}

/* Right, wrong, right, and so on. */
static enum np_outcome flapping(unsigned k, size_t cell)
{
	return k % 2 ? NP_OUT_REJECTED : all_right(k, cell);
}

static enum np_outcome flapping_once(unsigned k, size_t cell)
{
	return k == 2 && cell == 4 ? NP_OUT_REJECTED : all_right(k, cell);
}

static enum np_outcome not_made(unsigned k, size_t cell)
{
	(void)k;
	(void)cell;
	return NP_OUT_ERROR;
}

static bool control_never(unsigned k)
{
	(void)k;
	return false;
}

static bool control_from_look_4(unsigned k)
{
	return k >= 4;
}

/* Every third look only: five failures never come in a row. */
static bool control_sometimes(unsigned k)
{
	return k % 3 == 2;
}

/* ---- right ---- */

START_TEST(right_at_once)
{
	struct np_settle io;

	cluster.answer = all_right;
	io = settled(NULL);
	ck_assert(io.right && !io.network_failed);
	ck_assert_int_eq(io.converged_ms, 0);
	ck_assert_uint_eq(io.transient, 0);
	ck_assert_uint_eq(io.wrong + io.errors, 0);
	/* The changed cells, then all, then once more at the end of the window. */
	ck_assert_uint_eq(io.looks, 3);
	ck_assert(!cluster.asked[0].whole && cluster.asked[1].whole);
	ck_assert_uint_eq(io.probes, cluster.asked[0].n + cluster.asked[1].n + cluster.asked[2].n);
	ck_assert_int_ge(elapsed_ms(), 60);
	ck_assert_int_lt(elapsed_ms(), 70);
	json_decref(io.observations);
}
END_TEST

START_TEST(right_after_some_looks)
{
	struct np_settle io;
	long long at_ms;

	cluster.answer = right_from_look_5;
	io = settled(NULL);
	ck_assert(io.right);
	ck_assert_uint_eq(io.transient, 0);
	ck_assert_uint_eq(io.wrong, 0);
	/* The beginning of the first look that was right, as the record has it. */
	at_ms = np_json_int(json_array_get(io.observations, 5), "at_ms", -1);
	ck_assert_int_eq(io.converged_ms, at_ms);
	ck_assert_int_eq(at_ms, 5 * LOOK_US / 1000 + 2 + 4 + 8 + 16 + 32);
	ck_assert_int_eq(np_json_int(json_array_get(io.observations, 4), "wrong", -1), 1);
	ck_assert_int_eq(np_json_int(json_array_get(io.observations, 5), "wrong", -1), 0);
	ck_assert_int_ge(elapsed_ms(), at_ms + 60);
	json_decref(io.observations);
}
END_TEST

START_TEST(without_a_window_two_looks_do)
{
	struct np_session s = { .fixture = fixture_of(100) };
	struct np_settle io = { .change_us = CHANGE_US, .deadline_ms = 3000 };
	struct np_err err = { 0 };

	cluster.answer = all_right;
	ck_assert_int_eq(np_settle(&table, &s, &io, &err), 0);
	ck_assert(io.right && io.looks == 2);
	json_decref(io.observations);
}
END_TEST

/* The window may reach past the deadline: what became right in time has until its end. */
START_TEST(the_window_may_outlast_the_deadline)
{
	struct np_session s = { .fixture = fixture_of(100) };
	struct np_settle io = { .change_us = CHANGE_US, .deadline_ms = 50, .stability_ms = 400 };
	struct np_err err = { 0 };

	cluster.answer = all_right;
	ck_assert_int_eq(np_settle(&table, &s, &io, &err), 0);
	ck_assert(io.right);
	ck_assert_int_eq(io.converged_ms, 0);
	ck_assert_int_ge(elapsed_ms(), 400);
	json_decref(io.observations);
}
END_TEST

START_TEST(a_table_without_cells_is_right)
{
	struct np_settle io;

	np_rt_release(&table);
	table = table_of(N_ENDS, NP_NO_FLOW);
	cluster.answer = all_right;
	io = settled(NULL);
	ck_assert(io.right);
	for (size_t i = 0; i < N_CELLS; i++)
		ck_assert(!cluster.probed[i]);
	json_decref(io.observations);
}
END_TEST

/* ---- flapping ---- */

START_TEST(one_relapse_is_seen_and_counted)
{
	struct np_settle io;

	cluster.answer = flapping_once;
	io = settled(NULL);
	ck_assert(io.right);
	ck_assert_uint_eq(io.transient, 1);
	ck_assert_int_eq(io.converged_ms,
			 np_json_int(json_array_get(io.observations, 3), "at_ms", -1));
	ck_assert_uint_ge(whole_looks(), 2); /* the one before the relapse no longer counts */
	json_decref(io.observations);
}
END_TEST

START_TEST(flapping_for_ever_ends_wrong)
{
	struct np_settle io;

	cluster.answer = flapping;
	io = settled(NULL);
	ck_assert(!io.right);
	ck_assert_uint_gt(io.transient, 3);
	ck_assert_int_eq(io.converged_ms, -1);
	ck_assert_int_lt(elapsed_ms(), 3000 + 100 + 3 * LOOK_US / 1000);
	json_decref(io.observations);
}
END_TEST

/*
 * Right in the cells that changed, wrong in another: only the whole look shows it, and it is
 * watched from then on.
 */
static enum np_outcome wrong_elsewhere(unsigned k, size_t cell)
{
	return k < 6 && cell == 8 ? NP_OUT_REJECTED : all_right(k, cell);
}

START_TEST(what_should_not_have_changed_is_watched)
{
	struct np_rt before = table_of(N_ENDS, NP_ALLOW);
	struct np_settle io;

	before.expected[4] = NP_DENY;
	cluster.answer = wrong_elsewhere;
	io = settled(&before);
	ck_assert(io.right);
	ck_assert_uint_eq(io.transient, 1);
	ck_assert(cluster.asked[0].n == 1 && cluster.asked[0].first == 4);
	ck_assert(cluster.asked[1].whole);
	for (unsigned k = 2; k < 6; k++)
		ck_assert(cluster.asked[k].n == 1 && cluster.asked[k].first == 8);
	ck_assert(cluster.asked[7].whole);
	np_rt_release(&before);
	json_decref(io.observations);
}
END_TEST

/* ---- wrong ---- */

START_TEST(wrong_for_ever)
{
	struct np_settle io;

	cluster.answer = never_right;
	io = settled(NULL);
	ck_assert(!io.right && !io.network_failed);
	ck_assert_int_eq(io.converged_ms, -1);
	ck_assert_uint_eq(io.transient, 0);
	ck_assert_uint_eq(io.wrong, 2);
	ck_assert_uint_eq(io.errors, 0);
	ck_assert_uint_gt(io.looks, 10);
	ck_assert_msg(cluster.asked[cluster.k - 1].whole, "the verdict is given on all cells");
	ck_assert_int_gt(elapsed_ms(), 3000);
	ck_assert_int_lt(elapsed_ms(), 3000 + 100 + 3 * LOOK_US / 1000);
	json_decref(io.observations);
}
END_TEST

START_TEST(pauses_double_up_to_a_tenth_of_a_second)
{
	struct np_settle io;

	cluster.answer = never_right;
	io = settled(NULL);
	for (size_t i = 0, us = 2000; i < n_pauses; i++, us = us * 2 < 100000 ? us * 2 : 100000)
		ck_assert_int_eq(pauses_us[i], (int64_t)us);
	json_decref(io.observations);
}
END_TEST

static int64_t late_right_us;

static enum np_outcome right_when_late(unsigned k, size_t cell)
{
	return made_now_us < late_right_us && cell == 4 ? NP_OUT_REJECTED : all_right(k, cell);
}

/*
 * Wrong in a look that ended after the deadline is wrong, though the last look of all shows nothing
 * wrong any more.
 */
START_TEST(right_too_late)
{
	struct np_settle io;

	/* Slow looks: the last wrong one begins before the deadline and ends behind it. */
	cluster.took_us = 460000;
	late_right_us = CHANGE_US + 3000000;
	cluster.answer = right_when_late;
	io = settled(NULL);
	ck_assert(!io.right);
	ck_assert_int_eq(io.converged_ms, -1);
	ck_assert_uint_eq(io.wrong, 0);
	json_decref(io.observations);
}
END_TEST

/* The same where the deadline was shortened by what other changes took. */
START_TEST(late_by_a_shortened_deadline)
{
	struct np_settle io;

	made_patience_ms = 30000;
	cluster.took_us = 460000;
	late_right_us = CHANGE_US + 3000000;
	cluster.answer = right_when_late;
	io = settled(NULL);
	ck_assert(io.right);
	ck_assert_int_gt(io.converged_ms, 3000);
	json_decref(io.observations);
}
END_TEST

/* Wrong at the end of the shortened deadline: nothing is waited for. And it has an end itself. */
START_TEST(patience_is_for_what_is_right)
{
	struct np_settle io;

	made_patience_ms = 30000;
	cluster.answer = never_right;
	io = settled(NULL);
	ck_assert(!io.right);
	ck_assert_int_lt(elapsed_ms(), 3000 + 100 + 3 * LOOK_US / 1000);
	json_decref(io.observations);
	made_now_us = CHANGE_US;
	cluster.k = 0;
	cluster.answer = flapping;
	io = settled(NULL);
	ck_assert(!io.right);
	ck_assert_int_lt(elapsed_ms(), 30000 + 100 + 3 * LOOK_US / 1000);
	json_decref(io.observations);
}
END_TEST

START_TEST(a_deadline_of_nothing_still_looks_twice)
{
	struct np_session s = { .fixture = fixture_of(100) };
	struct np_settle io = { .change_us = CHANGE_US };
	struct np_err err = { 0 };

	cluster.answer = never_right;
	ck_assert_int_eq(np_settle(&table, &s, &io, &err), 0);
	ck_assert(!io.right);
	ck_assert_uint_eq(io.looks, 2);
	ck_assert(cluster.asked[1].whole);
	json_decref(io.observations);
}
END_TEST

static enum np_outcome right_after_ten_seconds(unsigned k, size_t cell)
{
	(void)k, (void)cell;
	return made_now_us > CHANGE_US + 10000000 ? NP_OUT_ALLOWED : NP_OUT_DROPPED;
}

static bool for_nine_seconds(void)
{
	static const int64_t every_us = 1500000;
	static int64_t last_us;

	if (made_now_us < last_us)
		last_us = 0;
	if (made_now_us > CHANGE_US + 9000000 || made_now_us - last_us < every_us)
		return false;
	last_us = made_now_us;
	return true;
}

/* The deadline of three seconds counts from the end of what kept the change from taking effect. */
START_TEST(a_disturbance_moves_the_deadline)
{
	struct np_settle io;

	cluster.answer = right_after_ten_seconds;
	made_disturbed = for_nine_seconds;
	io = settled(NULL);
	ck_assert(io.right);
	ck_assert_uint_ge(io.disturbed, 4);
	ck_assert_uint_le(io.disturbed, NP_SETTLE_DISTURBED_MAX);
	json_decref(io.observations);
}
END_TEST

static bool always(void)
{
	return true;
}

START_TEST(disturbed_without_an_end)
{
	struct np_settle io;

	cluster.answer = never_right;
	made_disturbed = always;
	io = settled(NULL);
	ck_assert(!io.right);
	ck_assert_uint_eq(io.disturbed, NP_SETTLE_DISTURBED_MAX + 1);
	json_decref(io.observations);
}
END_TEST

static bool after_three_looks(void)
{
	return cluster.k >= 3;
}

/* Nobody waits for the deadline once a pod is gone. */
START_TEST(an_agent_that_is_gone_ends_it)
{
	struct np_settle io;
	struct np_err err = { 0 };

	cluster.answer = not_made;
	made_gone = after_three_looks;
	ck_assert_int_eq(settle_with(NULL, 100, &io, &err), -1);
	ck_assert_int_eq(err.code, NP_ENOTFOUND);
	ck_assert_uint_eq(cluster.k, 3);
	json_decref(io.observations);
}
END_TEST

/* A probe that could not be made is wrong whatever was expected; never a denial. */
START_TEST(errors_are_never_denials)
{
	struct np_settle io;

	memset(table.expected, NP_DENY, N_CELLS / 2);
	cluster.answer = not_made;
	io = settled(NULL);
	ck_assert(!io.right);
	ck_assert_uint_eq(io.wrong, N_CELLS);
	ck_assert_uint_eq(io.errors, N_CELLS);
	for (unsigned k = 0; k < cluster.k; k++)
		ck_assert_uint_eq(cluster.asked[k].timeout_ms, 100);
	json_decref(io.observations);
}
END_TEST

static enum np_outcome misdelivered_in_4(unsigned k, size_t cell)
{
	return cell == 4 ? NP_OUT_MISDELIVERED : all_right(k, cell);
}

static enum np_outcome anything_in_4(unsigned k, size_t cell)
{
	return cell == 4 ? (k % 2 ? NP_OUT_ALLOWED : NP_OUT_REJECTED) : all_right(k, cell);
}

/* Where the specification leaves it open both answers are right; somebody else's is not. */
START_TEST(open_cells)
{
	struct np_settle io;

	table.expected[4] = NP_UNDEF;
	cluster.answer = anything_in_4;
	io = settled(NULL);
	ck_assert(io.right && io.transient == 0);
	json_decref(io.observations);
	cluster = (struct cluster){ .took_us = LOOK_US, .answer = misdelivered_in_4 };
	made_now_us = CHANGE_US;
	io = settled(NULL);
	ck_assert(!io.right);
	ck_assert_uint_eq(io.wrong, 1);
	json_decref(io.observations);
}
END_TEST

/* ---- the network itself ---- */

START_TEST(nothing_is_said_when_the_controls_fail)
{
	struct np_settle io;

	cluster.answer = never_right;
	cluster.control = control_never;
	io = settled(NULL);
	ck_assert(io.network_failed && !io.right);
	ck_assert_int_lt(elapsed_ms(), 3000); /* known long before the deadline */
	json_decref(io.observations);
}
END_TEST

/* Deny is what a dead network looks like: a right table is worth nothing then. */
START_TEST(right_cells_do_not_count_when_the_controls_fail)
{
	struct np_settle io;

	memset(table.expected, NP_DENY, N_CELLS);
	cluster.answer = all_right;
	cluster.control = control_never;
	io = settled(NULL);
	ck_assert(io.network_failed && !io.right);
	ck_assert_int_eq(io.converged_ms, -1);
	json_decref(io.observations);
}
END_TEST

START_TEST(a_network_that_comes_back)
{
	struct np_settle io;

	cluster.answer = all_right;
	cluster.control = control_from_look_4;
	io = settled(NULL);
	ck_assert(io.right && !io.network_failed);
	ck_assert_int_eq(io.converged_ms,
			 np_json_int(json_array_get(io.observations, 4), "at_ms", -1));
	ck_assert(!np_json_bool(json_array_get(io.observations, 3), "control", 1));
	ck_assert(np_json_bool(json_array_get(io.observations, 4), "control", 0));
	json_decref(io.observations);
}
END_TEST

START_TEST(a_network_that_comes_and_goes_is_bounded)
{
	struct np_settle io;

	cluster.answer = all_right;
	cluster.control = control_sometimes;
	io = settled(NULL);
	ck_assert(!io.right);
	ck_assert_int_lt(elapsed_ms(), 3000 + 100 + 3 * LOOK_US / 1000);
	json_decref(io.observations);
}
END_TEST

/* ---- the record, and the user ---- */

START_TEST(the_record_names_wrong_cells)
{
	struct np_settle io;
	json_t *first;

	table.expected[7] = NP_DENY;
	cluster.answer = right_from_look_5;
	io = settled(NULL);
	first = json_array_get(io.observations, 0);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "sample")), 1);
	first = json_array_get(json_object_get(first, "sample"), 0);
	ck_assert_str_eq(np_json_str(first, "cell", ""), "x/p1 -> x/p1 TCP:80");
	ck_assert_str_eq(np_json_str(first, "expected", ""), "allow");
	ck_assert_str_eq(np_json_str(first, "outcome", ""), "rejected");
	json_decref(io.observations);
}
END_TEST

START_TEST(the_record_does_not_grow_with_the_table)
{
	struct np_settle io;

	np_rt_release(&table);
	table = table_of(30, NP_ALLOW);
	cluster.answer = not_made;
	io = settled(NULL);
	ck_assert_uint_eq(io.wrong, 900);
	for (size_t i = 0; i < io.looks; i++)
		ck_assert_uint_eq(json_array_size(json_object_get(
					  json_array_get(io.observations, i), "sample")),
				  16);
	json_decref(io.observations);
}
END_TEST

START_TEST(an_interruption_ends_it)
{
	struct np_settle io;
	struct np_err err = { 0 };

	cluster.answer = never_right;
	cluster.cancel_at = 3;
	ck_assert_int_eq(settle_with(NULL, 100, &io, &err), -1);
	ck_assert_int_eq(err.code, NP_EINTR);
	ck_assert_uint_eq(io.looks, 3);
	ck_assert(!io.right);
	json_decref(io.observations);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settle");

	ADD(suite, "right", right_at_once, right_after_some_looks, without_a_window_two_looks_do,
	    the_window_may_outlast_the_deadline, a_table_without_cells_is_right);
	ADD(suite, "flapping", one_relapse_is_seen_and_counted, flapping_for_ever_ends_wrong,
	    what_should_not_have_changed_is_watched);
	ADD(suite, "wrong", wrong_for_ever, pauses_double_up_to_a_tenth_of_a_second, right_too_late,
	    late_by_a_shortened_deadline, patience_is_for_what_is_right,
	    a_deadline_of_nothing_still_looks_twice, errors_are_never_denials, open_cells,
	    a_disturbance_moves_the_deadline, disturbed_without_an_end,
	    an_agent_that_is_gone_ends_it);
	ADD(suite, "network", nothing_is_said_when_the_controls_fail,
	    right_cells_do_not_count_when_the_controls_fail, a_network_that_comes_back,
	    a_network_that_comes_and_goes_is_bounded);
	ADD(suite, "record", the_record_names_wrong_cells, the_record_does_not_grow_with_the_table,
	    an_interruption_ends_it);
	return run_suite(suite);
}
