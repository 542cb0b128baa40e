/*
 * score.h - layer run: cases played on the model CNI (np/target/model.h), and the mutation score of
 * a plan: which wrong models its cases notice. No sandbox, no API server, no packets.
 */
#ifndef NP_RUN_SCORE_H
#define NP_RUN_SCORE_H

#include <stdatomic.h>
#include <stdio.h>

#include "np/run/plan.h"
#include "np/run/run.h"
#include "np/target/model.h"

/*
 * A case made ready: the events of its steps, and of each expectation the cells that a run would
 * assert, with what the oracle says of them. Cells that are open, or without a flow, are left out;
 * so are the ends and ports that a run in the sandbox leaves out.
 */
struct np_play;

/*
 * @shared: the ports that hosts and addresses outside listen on. @world's and @c's strings are
 * borrowed. NULL with NP_EVALID, NP_EPARSE or NP_ENOTFOUND and the step's place.
 */
struct np_play *np_play_new(const struct np_case *c, const struct np_worldfile *world,
			    const struct np_expect_port *shared, size_t n_shared,
			    struct np_err *err);
void np_play_free(struct np_play *p);
size_t np_play_n_cells(const struct np_play *p);
/* Leaves out every cell with an end that is no pod of the world: what others' suites never probe. */
void np_play_pods_only(struct np_play *p);

enum np_play_result {
	NP_PLAY_PASSED,
	NP_PLAY_WRONG,	  /* an asserted cell is wrong after the agent settled */
	NP_PLAY_RESTLESS, /* one is wrong now and then: no convergence by any deadline */
	NP_PLAY_CRASHED,  /* every cell is right, but the agent is dead */
};

/* "passed", "wrong", "no-convergence", "crashed". */
const char *np_play_result_name(enum np_play_result r);

/* Plays on @m, which is reset to be wrong in the way of @wrong (NULL: none). */
enum np_play_result np_play_run(struct np_play *p, struct np_model *m,
				const struct np_model_wrong *wrong);
/* What the last np_play_run() on @p found first: "x/a -> y/b TCP:80: allow expected". */
const char *np_play_failure(const struct np_play *p, char *buf, size_t size);

/*
 * np_run() on the model CNI: the same cases, shards, waivers, exit status and record
 * (results/README.md), but for lines of steps. @options->fault is a mutant. NP_EUSAGE, naming it,
 * for an option that needs something deployed; how long things may take is not looked at.
 */
int np_run_on_model(const struct np_run_options *options, struct np_run_summary *ret,
		    struct np_err *err);

/* One way to be wrong, and what noticed it. */
struct np_score_row {
	struct np_model_wrong wrong;
	size_t *killed_by;	  /* indexes of the plan's cases, rising */
	enum np_play_result *how; /* of each */
	size_t n_killed_by, cap_killed_by, cap_how;
	size_t n_met; /* cases in which it could have shown */
};

struct np_score {
	struct np_score_row *rows;
	size_t n_rows, n_cases;
	size_t *cells_of; /* of each case */
	/* cases in which the model as it should be is not what the oracle says; 0 or all is in vain
	 */
	size_t n_disagreements;
	char disagreement[512];				 /* the first */
	unsigned long long n_played, n_skipped, n_cells; /* cases on models; not met; asked */
	long long prepare_us, play_us;			 /* of processor time */
	bool interrupted;
};

struct np_score_options {
	const enum np_mutant *mutants; /* NULL: all */
	size_t n_mutants;
	bool mechanical;	  /* operators at sites instead */
	bool both;		  /* the mutants, and behind them the operators at sites */
	bool pods_only;		  /* np_play_pods_only() */
	const atomic_int *cancel; /* may be NULL */
};

/* Plays every case of @plan on every wrong model. -1 for a case that cannot be made ready. */
int np_score_run(const struct np_plan *plan, const struct np_score_options *options,
		 struct np_score *ret, struct np_err *err);
void np_score_release(struct np_score *s);
/* The name of a row: a mutant's, or "in-cidr:negated". @buf at least NP_SITE_TEXT_MAX. */
const char *np_score_row_name(const struct np_score_row *row, char *buf);

/* One faulty enforcer of the sandbox, and the cases that failed on it. */
struct np_packets_row {
	const char *fault; /* borrowed from np_sandbox_faults() */
	unsigned clause;
	char **killed_by;
	size_t n_killed_by, cap, n_cases;
};

struct np_packets {
	struct np_packets_row *rows;
	size_t n_rows;
	bool interrupted;
};

/*
 * A run in the sandbox for each fault (@n_faults 0: all), with packets; @options as for np_run(),
 * its fault and folder are set here. With fail_fast only the first failing cases are known. -1 with
 * NP_EUSAGE for an unknown fault, or the error of a run that came to nothing.
 */
int np_score_packets(const struct np_run_options *options, const char *const *faults,
		     size_t n_faults, struct np_packets *ret, struct np_err *err);
void np_packets_release(struct np_packets *s);
/* No default run asserts this clause. */
bool np_clause_is_open(unsigned clause);

#endif
