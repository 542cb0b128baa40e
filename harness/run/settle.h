/*
 * settle.h - looking at a cluster until a table is right and stays right, or the deadline passes.
 * Nothing sleeps a fixed time: looks follow each other with doubling pauses, first at the cells
 * that should have changed, then at all of them, then once more after the stability window.
 */
#ifndef NP_RUN_SETTLE_H
#define NP_RUN_SETTLE_H

#include <jansson.h>

#include "table.h"

/* What a look at the whole table asks for. A table that fails is looked at in every cell. */
enum np_whole {
	NP_WHOLE_TABLE, /* every cell */
	/*
	 * Pairs of ends between which the table closes anything, or did before the change: every
	 * port. Pairs that are open on all ports, of which generated worlds have most: every third
	 * port, each pair beginning with another one, and each turn; so each port of each end is
	 * asked for by many others.
	 */
	NP_WHOLE_THINNED,
	NP_WHOLE_SAMPLE, /* at most NP_WHOLE_SAMPLE_CELLS, spread evenly */
};
#define NP_WHOLE_SAMPLE_CELLS 256

struct np_settle {
	/* in */
	int64_t change_us; /* since when the change stands: nothing is left to do for anybody but the
			      implementation; np_now_us() */
	long long deadline_ms, stability_ms; /* since the change */
	/*
	 * A deadline that was shortened, by what other changes took, is not the last word: a table
	 * in which nothing is wrong at its end is looked at further, until this. 0: it is.
	 */
	long long patience_ms;
	unsigned growth_max; /* of the time-out for lost probes, in calibrated ones; 0: 8. Less gives
				a wrong table up sooner, and on a slow machine a right one */
	enum np_whole whole;
	unsigned turn; /* of NP_WHOLE_THINNED: number of the expectation */
	const struct np_rt
		*before; /* the table before the change, or NULL: everything may have changed */
	/* out */
	bool right;		/* right, and stayed so */
	bool network_failed;	/* the control pairs did not work at the end: nothing can be said */
	long long converged_ms; /* since the change; of the first look from which all stayed right;
				   -1 never */
	unsigned transient, looks;
	size_t wrong;  /* cells: in the last look; of a failing table all, what only its closing look
			  found being asked again */
	size_t errors; /* of them, probes that the harness could not make */
	unsigned disturbed; /* times that the way to the agents or the API server was gone: the
			       deadline then began anew */
	unsigned long long probes;
	json_t *observations; /* new reference: every look, for the record */
};

/* So often; then nothing can be said. */
#define NP_SETTLE_DISTURBED_MAX 8

/*
 * Fills the out fields and the last look of @t. -1 for NP_EINTR, or when an agent is gone for good: as
 * np_trouble_find().
 *
 * A probe that is lost where one should get through is asked again with twice the time-out, up to
 * eight times the calibrated one, before the deadline counts: on a busy machine it says that an
 * answer was late. What was needed is kept for the next tables of the session.
 */
int np_settle(struct np_rt *t, struct np_session *s, struct np_settle *io, struct np_err *err);

/* The stability window for a target whose changes were seen to converge within some ten
 * milliseconds, or seconds. */
#define NP_STABILITY_SANDBOX_MS 60
#define NP_STABILITY_CLUSTER_MS 250

#endif
