/* settle.c - looking until a table is right and stays right. */
#include "settle.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "trouble.h"

#define THINNED_PORTS 3 /* of so many is one asked for between ends that are open */
#define IN_TIME_TABLES 8 /* in a row need no longer time-out: then it shrinks again */
#define FIRST_MAX 64	/* cells of a look that only follows the change */
#define FOCUS_MAX 256	/* of one that follows what a whole look found wrong */
#define SAMPLE_MAX 16 /* wrong cells kept of each look */
#define PAUSE_MIN_US 2000
#define PAUSE_MAX_US 100000
#define CONTROL_TRIES 5 /* looks in a row whose control pairs fail before the network is given up  \
			 */
#define CLOSING_TRIES 3 /* of what the closing look finds and no look before it did */
#define TIMEOUT_GROWTH_MAX                                                                         \
	8 /* a table that is wrong by lost probes alone gets this many times the calibrated        \
	     time-out */

struct focus {
	size_t *cells;
	size_t n;
};

/* A small fixed stride spreads what is kept over the whole table. */
static void thin(struct focus *f, size_t max)
{
	size_t n = f->n;

	if (n <= max)
		return;
	for (size_t i = 0; i < max; i++)
		f->cells[i] = f->cells[i * n / max];
	f->n = max;
}

static void add_matching(struct focus *f, const struct np_rt *t, const struct np_rt *before,
			 bool changed_only)
{
	for (size_t i = 0; i < t->n_cells; i++) {
		uint8_t v = t->expected[i];

		if (v != NP_ALLOW && v != NP_DENY)
			continue;
		if (!changed_only || before->expected[i] != v)
			f->cells[f->n++] = i;
	}
}

/* Is anything closed between the ends of the cell, on any port? */
static bool pair_closed(const struct np_rt *t, struct np_rt_cell c)
{
	for (c.port = 0; c.port < t->n_ports; c.port++)
		if (t->expected[np_rt_index(t, c)] == NP_DENY)
			return true;
	return false;
}

static bool comparable(const struct np_rt *t, const struct np_rt *before)
{
	return before && before->n_cells == t->n_cells && before->n_ends == t->n_ends &&
	       before->n_ports == t->n_ports;
}

static void add_thinned(struct focus *f, const struct np_rt *t, const struct np_settle *io)
{
	const struct np_rt *before = comparable(t, io->before) ? io->before : NULL;

	for (size_t i = 0; i < t->n_cells; i++) {
		struct np_rt_cell c = np_rt_cell(t, i);

		if (t->expected[i] == NP_NO_FLOW)
			continue;
		if ((c.port + c.src + c.dst + io->turn) % THINNED_PORTS == 0 ||
		    (t->expected[i] != NP_UNDEF &&
		     (pair_closed(t, c) || (before && pair_closed(before, c)))))
			f->cells[f->n++] = i;
	}
}

/* The cells of a look at the whole table; none: every one. */
static struct focus whole_of(const struct np_rt *t, const struct np_settle *io)
{
	struct focus f = { 0 };

	if (io->whole == NP_WHOLE_TABLE)
		return f;
	f.cells = np_xcalloc(t->n_cells + 1, sizeof(*f.cells));
	if (io->whole == NP_WHOLE_THINNED) {
		add_thinned(&f, t, io);
	} else {
		add_matching(&f, t, NULL, false);
		thin(&f, NP_WHOLE_SAMPLE_CELLS);
	}
	return f;
}

/* What the change should show in; without a comparable table before it, a sample of everything. */
static struct focus first_focus(const struct np_rt *t, const struct np_rt *before)
{
	struct focus f = { .cells = np_xcalloc(t->n_cells + 1, sizeof(*f.cells)) };

	if (before && before->n_cells == t->n_cells)
		add_matching(&f, t, before, true);
	if (!f.n)
		add_matching(&f, t, before, false);
	thin(&f, FIRST_MAX);
	return f;
}

static size_t wrong_among(const struct np_rt *t, const size_t *cells, size_t n, size_t *ret_errors)
{
	size_t wrong = 0;

	*ret_errors = 0;
	for (size_t k = 0; k < n; k++) {
		size_t i = cells ? cells[k] : k;

		if (t->expected[i] == NP_NO_FLOW || !np_rt_wrong(t, i))
			continue;
		wrong++;
		*ret_errors += t->seen[i].outcome == NP_OUT_ERROR;
	}
	return wrong;
}

static json_t *sample_json(const struct np_rt *t, const size_t *cells, size_t n)
{
	json_t *sample = json_array();

	for (size_t k = 0; k < n && json_array_size(sample) < SAMPLE_MAX; k++) {
		size_t i = cells ? cells[k] : k;
		char text[640];

		if (t->expected[i] == NP_NO_FLOW || !np_rt_wrong(t, i))
			continue;
		np_rt_cell_text(t, i, text, sizeof(text));
		json_array_append_new(sample,
				      np_json_pack("{s:o, s:s, s:s}", "cell",
						   np_json_string(np_str_from(text)), "expected",
						   np_verdict_name((enum np_verdict)t->expected[i]),
						   "outcome", np_outcome_name(t->seen[i].outcome)));
	}
	return sample;
}

/* Probes that came back as lost although the oracle allows them: perhaps the machine is slow, so
 * the next look waits longer. */
static bool only_lost(const struct np_rt *t, const size_t *cells, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		size_t i = cells ? cells[k] : k;

		if (t->expected[i] != NP_NO_FLOW && np_rt_wrong(t, i) &&
		    !(t->expected[i] == NP_ALLOW && t->seen[i].outcome == NP_OUT_DROPPED))
			return false;
	}
	return true;
}

struct progress {
	struct focus focus, whole;
	unsigned timeout_ms, timeout_max_ms;
	int64_t right_since_us; /* beginning of the first look of the right streak, 0: none */
	bool full_was_right;	/* the streak holds a whole look */
	/* Of the last whole look only lost probes were wrong, and all of them are in the focus:
	 * once they are right, the whole is. */
	bool lost_only;
	bool waits_longer; /* the next look has a longer time-out, because probes were lost */
	bool lost_late;	   /* some were lost after the change had been seen */
	unsigned control_failures;
	int64_t since_us; /* the change, or the end of what disturbed its taking effect */
	struct np_trouble_mark mark;
};

/* One look and its line for the record. *@ret_usable is false when the control pairs failed. */
static int look_once(struct np_rt *t, struct np_session *s, struct np_settle *io,
		     struct progress *p, bool full, bool *ret_usable, struct np_err *err)
{
	const struct focus *asked = full ? &p->whole : &p->focus;
	const size_t *cells = asked->cells;
	size_t n = cells ? asked->n : t->n_cells;
	int64_t begin_us = np_now_us();

	if (np_rt_look(t, s, cells, n, p->timeout_ms, ret_usable, err) < 0)
		return -1;
	io->looks++;
	io->wrong = wrong_among(t, cells, n, &io->errors);
	io->probes += n;
	json_array_append_new(io->observations,
			      np_json_pack("{s:I, s:I, s:I, s:I, s:b, s:o}", "at_ms",
					   (json_int_t)((begin_us - io->change_us) / 1000),
					   "took_ms", (json_int_t)((np_now_us() - begin_us) / 1000),
					   "cells", (json_int_t)n, "wrong", (json_int_t)io->wrong,
					   "control", *ret_usable, "sample",
					   sample_json(t, cells, n)));
	return 0;
}

/* After a look that lost probes and was wrong in nothing else the next one waits longer. */
static bool wait_longer(struct progress *p, bool lost)
{
	bool longer = lost && p->timeout_ms * 2 <= p->timeout_max_ms;

	if (longer)
		p->timeout_ms *= 2;
	return longer;
}

static void take_wrong(struct np_rt *t, struct np_settle *io, struct progress *p, bool full)
{
	const struct focus *asked = full ? &p->whole : &p->focus;
	bool lost = io->wrong &&
		    only_lost(t, asked->cells, asked->cells ? asked->n : t->n_cells);

	if (p->right_since_us && io->wrong > io->errors)
		io->transient++;
	p->right_since_us = 0;
	p->full_was_right = false;
	p->waits_longer = wait_longer(p, lost);
	p->lost_only = lost && (full ? io->wrong <= FOCUS_MAX : p->lost_only);
	if (!full)
		return;
	p->lost_late |= lost;
	/* What a whole look found wrong is watched from now on. */
	p->focus.n = 0;
	for (size_t i = 0; i < t->n_cells; i++)
		if (t->expected[i] != NP_NO_FLOW && np_rt_wrong(t, i))
			p->focus.cells[p->focus.n++] = i;
	thin(&p->focus, FOCUS_MAX);
}

/* Right, and for how long: true when the whole has been right and the streak has lasted through the
 * stability window. */
static bool take_right(struct np_settle *io, struct progress *p, bool full, int64_t begin_us)
{
	if (!p->right_since_us)
		p->right_since_us = begin_us;
	if (full || p->lost_only)
		p->full_was_right = true;
	io->converged_ms = (p->right_since_us - io->change_us) / 1000;
	return p->full_was_right && np_now_us() - p->right_since_us >= io->stability_ms * 1000;
}

/* Not before what may be the machine's slowness was given more time. */
static bool past_deadline(const struct np_settle *io, const struct progress *p)
{
	return !p->waits_longer && np_now_us() - p->since_us > io->deadline_ms * 1000;
}

/*
 * An implementation hears of a change through the API server as we do: while that is away, or the
 * way to the agents is cut, its time does not run. -1: an agent is gone for good.
 */
static int look_around(struct np_session *s, struct np_settle *io, struct progress *p,
		       struct np_err *err)
{
	if (np_trouble_since(s, &p->mark, NULL, 0)) {
		np_trouble_mark(s, &p->mark);
		io->disturbed++;
		p->since_us = np_now_us();
		p->control_failures = 0;
	}
	return np_trouble_find(s, err);
}

/* Up to the end of the stability window in one go, else the next of the doubling pauses. */
static void pause_between(const struct np_settle *io, const struct progress *p,
			  struct np_backoff *b)
{
	int64_t left_us;

	if (!p->full_was_right) {
		if (!p->right_since_us)
			np_backoff_wait(b);
		return;
	}
	left_us = p->right_since_us + io->stability_ms * 1000 - np_now_us();
	if (left_us > 0)
		np_sleep_ms(left_us / 1000 + 1);
}

static int settle_loop(struct np_rt *t, struct np_session *s, struct np_settle *io,
		       struct progress *p, struct np_err *err)
{
	struct np_backoff pause;

	/* Disturbances may make it longer than the deadline; they are counted. */
	np_backoff_init(&pause, PAUSE_MIN_US, PAUSE_MAX_US, INT64_MAX / 2);
	for (;;) {
		bool full = p->right_since_us && !p->full_was_right, usable = false;
		int64_t begin_us = np_now_us();

		if (look_once(t, s, io, p, full, &usable, err) < 0)
			return -1;
		p->control_failures = usable ? 0 : p->control_failures + 1;
		if (look_around(s, io, p, err) < 0)
			return -1;
		if (io->disturbed > NP_SETTLE_DISTURBED_MAX)
			return 0;
		if (p->control_failures >= CONTROL_TRIES) {
			io->network_failed = true;
			return 0;
		}
		if (io->wrong || !usable) {
			io->converged_ms = -1;
			take_wrong(t, io, p, full);
			if (past_deadline(io, p))
				return 0;
		} else if (take_right(io, p, full, begin_us)) {
			io->right = true;
			return 0;
		}
		pause_between(io, p, &pause);
	}
}

/* Cells of the closing look to ask again: those that were not seen wrong before it, and those that
 * could not be asked. Into the focus. */
static void focus_on_new(struct focus *f, const struct np_rt *t, const bool *was_wrong)
{
	f->n = 0;
	for (size_t i = 0; i < t->n_cells; i++)
		if (t->expected[i] != NP_NO_FLOW && np_rt_wrong(t, i) &&
		    (!was_wrong[i] || t->seen[i].outcome == NP_OUT_ERROR))
			f->cells[f->n++] = i;
}

/*
 * The closing look asks for the whole table at once, and on a slow machine it loses probes. A cell
 * that was right until then is asked again before it is written down as wrong.
 */
static int ask_again(struct np_rt *t, struct np_session *s, struct np_settle *io,
		     struct progress *p, const bool *was_wrong, struct np_err *err)
{
	bool usable;

	for (int try = 0; try < CLOSING_TRIES; try++) {
		focus_on_new(&p->focus, t, was_wrong);
		if (!p->focus.n)
			break;
		wait_longer(p, only_lost(t, p->focus.cells, p->focus.n));
		if (look_once(t, s, io, p, false, &usable, err) < 0)
			return -1;
	}
	io->wrong = wrong_among(t, NULL, t->n_cells, &io->errors);
	return 0;
}

/*
 * The verdict on a failing table is given on one last look at every cell, so that the report shows
 * the whole picture. Control pairs that fail in it are not believed at once either.
 */
static int closing_look(struct np_rt *t, struct np_session *s, struct np_settle *io,
			struct progress *p, struct np_err *err)
{
	bool *was_wrong = np_xcalloc(t->n_cells + 1, sizeof(*was_wrong)), usable = false;
	int rc = 0;

	free(p->whole.cells);
	p->whole = (struct focus){ 0 }; /* every cell */
	for (size_t i = 0; i < t->n_cells; i++)
		was_wrong[i] = t->expected[i] != NP_NO_FLOW && np_rt_wrong(t, i);
	for (int try = 0; rc == 0 && !usable && try < CLOSING_TRIES; try++)
		rc = look_once(t, s, io, p, true, &usable, err);
	if (rc == 0 && usable)
		rc = ask_again(t, s, io, p, was_wrong, err);
	io->network_failed = rc == 0 && !usable;
	free(was_wrong);
	return rc;
}

/* How long answers take here is remembered, and slowly forgotten. */
static void keep_timeout(struct np_session *s, const struct progress *p, bool right)
{
	unsigned calibrated_ms = s->fixture->timeout_ms;

	if (right && p->lost_late) {
		s->timeout_ms = p->timeout_ms;
		s->n_in_time = 0;
	} else if (++s->n_in_time >= IN_TIME_TABLES) {
		s->timeout_ms = s->timeout_ms / 2 > calibrated_ms ? s->timeout_ms / 2
								  : calibrated_ms;
		s->n_in_time = 0;
	}
}

/* Looks until it is right, and where it does not become so once more at everything. */
static int settle_by(struct np_rt *t, struct np_session *s, struct np_settle *io,
		     struct progress *p, struct np_err *err)
{
	int rc = settle_loop(t, s, io, p, err);

	if (rc == 0 && !io->right && !io->network_failed)
		rc = closing_look(t, s, io, p, err);
	return rc;
}

/* Late by a deadline of our own making, and right now. */
static bool only_late(const struct np_settle *io, const struct progress *p)
{
	return !io->right && !io->network_failed && !io->wrong &&
	       io->disturbed <= NP_SETTLE_DISTURBED_MAX && io->patience_ms > io->deadline_ms &&
	       np_now_us() - p->since_us < io->patience_ms * 1000;
}

int np_settle(struct np_rt *t, struct np_session *s, struct np_settle *io, struct np_err *err)
{
	unsigned calibrated_ms = s->fixture->timeout_ms;
	struct progress p = { .focus = first_focus(t, io->before),
			      .whole = whole_of(t, io),
			      .timeout_ms = s->timeout_ms ? s->timeout_ms : calibrated_ms,
			      .timeout_max_ms = calibrated_ms * (io->growth_max ? io->growth_max
								      : TIMEOUT_GROWTH_MAX),
			      .since_us = io->change_us };
	int rc;

	np_trouble_mark(s, &p.mark);
	io->observations = json_array();
	io->converged_ms = -1;
	rc = settle_by(t, s, io, &p, err);
	if (rc == 0 && only_late(io, &p)) {
		io->deadline_ms = io->patience_ms;
		free(p.focus.cells);
		p.focus = first_focus(t, io->before); /* nothing is left of what was wrong */
		rc = settle_by(t, s, io, &p, err);
	}
	if (rc == 0)
		keep_timeout(s, &p, io->right);
	free(p.focus.cells);
	free(p.whole.cells);
	return rc;
}
