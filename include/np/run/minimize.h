/*
 * minimize.h - layer run: the smallest case that still fails as a given one does. Delta debugging
 * over the structure of the case: steps, objects of its world, and what is inside them, large pieces
 * first, until nothing can be left out any more. A candidate is decoded and validated, the oracle
 * says anew what must hold, and it counts only when the same connection is asserted with the same
 * verdict. Then the target says whether it is still wrong in the same way.
 *
 * What a case can lose: objects of the world (a namespace goes with what is in it), steps (with those
 * that make no sense without them), and every list element and field of a manifest that is not needed
 * to make it one. Kept are names, policyTypes as a field, the annotation that places a pod on a node,
 * and the two ends of the connection.
 */
#ifndef NP_RUN_MINIMIZE_H
#define NP_RUN_MINIMIZE_H

#include <jansson.h>

#include "np/model/case.h"
#include "np/run/run.h"
#include "np/target/model.h"

#define NP_MIN_MAX_LANES 8

/* In which way a connection is wrong. */
enum np_min_wrong {
	NP_MIN_DENIED,	     /* allow is expected */
	NP_MIN_ALLOWED,	     /* deny is expected */
	NP_MIN_MISDELIVERED, /* somebody else answered */
	NP_MIN_CRASHED,	     /* no connection: the agent is dead (model only) */
	NP_N_MIN_WRONGS
};
/* "denied", "allowed", "misdelivered", "crashed". */
const char *np_min_wrong_name(enum np_min_wrong w);

/* One connection as tables name it, and how it is wrong. */
struct np_min_cell {
	char src[160], dst[160]; /* x/a, ext/a, node/a, svc:x/web, dns */
	enum np_proto proto;
	uint16_t port; /* as dialled */
	int family;
	enum np_min_wrong wrong;
};
/* "x/b -> x/a TCP:80". @buf at least 400 bytes. */
const char *np_min_cell_text(const struct np_min_cell *c, char *buf, size_t size);

/* Borrowed by the target for the time of a call. */
struct np_min_candidate {
	const struct np_case *c;
	const struct np_worldfile *world;
};

struct np_min_look {
	/* in */
	bool patient;  /* every step has the whole deadline, not only what changes took so far */
	bool evidence; /* fill it when it fails */
	/* out */
	bool fails;
	bool unusable;	/* nothing can be said of this candidate; @why */
	size_t expect; /* the expectation, from 1, at which it failed */
	char why[200];
	/*
	 * New reference or NULL: {"steps": [{"operations", "manifests"}, ..] up to the failing
	 * expectation, "failure": as in a record, "addresses": {..}}.
	 */
	json_t *evidence_json;
};

struct np_min_found {
	struct np_min_cell *cells; /* free(3) */
	size_t n, cap;
	size_t expect; /* at which they are wrong */
};

/* Where candidates are tried. Calls with different lanes may be made at once. */
struct np_min_target {
	void *ctx;
	unsigned lanes; /* candidates at once, 1..NP_MIN_MAX_LANES */
	bool steady;	/* the same candidate always gives the same answer */
	/*
	 * Every wrong connection at the first expectation that has one. -1 with NP_EINTR, or when
	 * nothing can be tried any more (NP_EENV, NP_ETIMEOUT); others: the case cannot be run.
	 */
	int (*find)(void *ctx, const struct np_min_candidate *cand, struct np_min_found *ret,
		    struct np_err *err);
	/* Is @cell wrong in its way at some expectation? -1 only for NP_EINTR, NP_EENV and
	 * NP_ETIMEOUT. */
	int (*try)(void *ctx, unsigned lane, const struct np_min_candidate *cand,
		   const struct np_min_cell *cell, struct np_min_look *io, struct np_err *err);
};

/* How large a case is. */
struct np_min_size {
	size_t namespaces, pods, services, policies, rules, peers, ports, labels, steps, expects;
	size_t bytes; /* of its manifests and steps as JSON */
};

struct np_min_rate {
	unsigned failed, tried;
};

struct np_min_progress {
	const char *stage; /* "looking for the failure", "how often", "world", "policies", .. */
	struct np_min_size size;
	size_t candidates;
	long long elapsed_ms;
};

struct np_min_options {
	const char *cell; /* np_min_cell_text() of the connection to keep; NULL: chosen */
	const char *name; /* of the resulting case, [a-z0-9-]; NULL: from the case's id */
	unsigned tries;	  /* of the whole case before it counts as passing; 0: 5 */
	long long budget_ms; /* after that the smallest so far is it; 0: 10 minutes */
	const atomic_int *cancel;
	void (*progress)(void *ctx, const struct np_min_progress *p);
	void *progress_ctx;
};

enum np_min_end {
	NP_MIN_DONE,	 /* nothing can be left out */
	NP_MIN_PASSES,	 /* it does not fail any more: nothing else is filled but the counts */
	NP_MIN_NO_TIME,	 /* the budget is used up; smaller may be possible */
};

struct np_min_result {
	enum np_min_end end;
	/*
	 * The smallest, its pods in the world (as it was tried), and the same as one file: pods as
	 * steps, then an expectation without policies, @world of the file has ports only.
	 */
	struct np_case c, file_c;
	struct np_worldfile world, file_world;
	struct np_min_cell cell;
	struct np_min_size before, after;
	struct np_min_rate rate_before, rate_after;
	size_t candidates;  /* tried on the target */
	size_t refused;	    /* not tried: invalid, or nothing asserted */
	size_t tries;	    /* on the target */
	size_t taken;	    /* candidates that became the case */
	size_t backtracked; /* of them, taken back: they did not fail for long */
	long long elapsed_ms;
	json_t *evidence; /* of one try of the smallest */
};

/*
 * Shrinks @c in @world. 0 also when it does not fail (see @ret->end). -1 with the target's error,
 * NP_EINTR, NP_EUSAGE for a @options->cell that is not wrong, or NP_EVALID for a case that cannot be
 * read by the oracle. Release with np_min_release(), after success only.
 */
int np_minimize(const struct np_case *c, const struct np_worldfile *world,
		const struct np_min_options *options, const struct np_min_target *target,
		struct np_min_result *ret, struct np_err *err);
void np_min_release(struct np_min_result *r);

/*
 * Every way of leaving out one more thing of the result that is a valid candidate, for tests of
 * minimality: calls @fn for each until it returns true, and returns what it returned last.
 */
typedef bool np_min_each_fn(void *ctx, const struct np_min_candidate *cand);
bool np_min_each_smaller(const struct np_min_result *r, np_min_each_fn *fn, void *ctx);

/* --- targets --- */

/* The model CNI, wrong in the way of @wrong (np/target/model.h). Free with np_min_model_free(). */
void np_min_model_target(const struct np_model_wrong *wrong, struct np_min_target *ret);
void np_min_model_free(struct np_min_target *t);

/*
 * A sandbox or cluster, opened once, with what the fixture of a run has, and a world for each lane
 * that stays while candidates differ in their steps alone. Of @options the target, workers (lanes),
 * deadline_ms, api_wait_ms and cancel are used. @c and @world: what it must be able to hold.
 * NP_EENV, NP_EUSAGE as np_run(). np_min_live_close() removes everything.
 */
struct np_min_live;
int np_min_live_open(const struct np_run_options *options, const struct np_case *c,
		     const struct np_worldfile *world, struct np_min_live **ret,
		     struct np_min_target *ret_target, struct np_err *err);
int np_min_live_close(struct np_min_live *live, struct np_err *err);

/* --- output --- */

/* What is known of the target, for the record. */
struct np_min_about {
	const char *id; /* of its namespaces, np-<id>-..; as a run has it */
	const char *kind, *server, *image, *fault, *command; /* fault may be NULL */
	bool inject, raw; /* raw: pods speak SCTP by raw sockets */
	long long deadline_ms;
	const char *nodes[2];
	size_t n_nodes;
};
void np_min_live_about(const struct np_min_live *live, struct np_min_about *ret);

/*
 * Writes into folder @dir: run.jsonl, a record (results/README.md) of the smallest case's failure, the
 * case file minimized/<name>.yaml and its world worlds/<name>.yaml. NP_EUSAGE when there is a record
 * already.
 */
int np_min_write(const struct np_min_result *r, const struct np_min_about *about, const char *dir,
		 struct np_err *err);

#endif
