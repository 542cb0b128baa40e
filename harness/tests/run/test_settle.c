/*
 * test_settle.c - looking until a table is right and stays right, in made time and against a made
 * cluster (settle_made.h).
 */
#include "settle_made.h"

/* ---- answers ---- */

static enum np_outcome all_right(unsigned k, size_t cell)
{
	(void)k;
	return table.expected[cell] == NP_ALLOW ? NP_OUT_ALLOWED : NP_OUT_DROPPED;
}

static enum np_outcome right_from_look_5(unsigned k, size_t cell)
{
	return k < 5 && cell == 4 ? NP_OUT_REJECTED : all_right(k, cell);
}

static enum np_outcome never_right(unsigned k, size_t cell)
{
	return cell == 4 || cell == 7 ? NP_OUT_REJECTED : all_right(k, cell);
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

static enum np_outcome lost(unsigned k, size_t cell)
{
	(void)k;
	return cell == 4 ? NP_OUT_DROPPED : all_right(k, cell);
}

static enum np_outcome lost_and_leaking(unsigned k, size_t cell)
{
	return cell == 0 ? NP_OUT_ALLOWED : lost(k, cell); /* the test expects a denial there */
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

static void add_tests(Suite *suite, const char *name, const TTest *const *tests, size_t n)
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

int main(void)
{
	Suite *suite = suite_create("settle");
	TCase *timeouts = tcase_create("timeouts");

	ADD(suite, "right", right_at_once, right_after_some_looks, without_a_window_two_looks_do,
	    the_window_may_outlast_the_deadline, a_table_without_cells_is_right);
	ADD(suite, "flapping", one_relapse_is_seen_and_counted, flapping_for_ever_ends_wrong,
	    what_should_not_have_changed_is_watched);
	ADD(suite, "wrong", wrong_for_ever, pauses_double_up_to_a_tenth_of_a_second, right_too_late,
	    a_deadline_of_nothing_still_looks_twice, errors_are_never_denials, open_cells,
	    a_disturbance_moves_the_deadline, disturbed_without_an_end,
	    an_agent_that_is_gone_ends_it);
	ADD(suite, "closing", what_the_closing_look_lost_is_asked_again,
	    what_stays_wrong_is_written_down, what_could_not_be_asked_is_asked_again,
	    control_pairs_lost_once_at_the_end);
	ADD(suite, "network", nothing_is_said_when_the_controls_fail,
	    right_cells_do_not_count_when_the_controls_fail, a_network_that_comes_back,
	    a_network_that_comes_and_goes_is_bounded);
	ADD(suite, "busy", lost_cells_alone_are_asked_again, other_wrong_cells_make_the_whole_anew,
	    late_answers_are_waited_for_before_the_deadline_counts);
	ADD(suite, "cells", first_the_cells_that_changed, without_a_difference_all_cells,
	    a_big_table_is_sampled, open_pairs_are_thinned, a_failing_table_is_looked_at_whole,
	    a_sample_is_enough_on_the_way_back);
	ADD(suite, "record", the_record_names_wrong_cells, the_record_does_not_grow_with_the_table,
	    an_interruption_ends_it, other_wrong_cells_get_no_more_time);
	tcase_add_checked_fixture(timeouts, setup, teardown);
	tcase_add_loop_test(timeouts, lost_probes_are_given_more_time, 0,
			    NP_ARRAY_SIZE(calibrated_ms));
	suite_add_tcase(suite, timeouts);
	return run_suite(suite);
}
