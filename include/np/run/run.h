/*
 * run.h - layer run: suites against a target: positive control, then for each case apply, read
 * back, settle, probe, compare, record. Everything a report needs is in the record
 * (results/README.md); this interface returns the totals only.
 */
#ifndef NP_RUN_RUN_H
#define NP_RUN_RUN_H

#include <stdatomic.h>

#include "np/base/err.h"
#include "np/model/case.h"
#include "np/oracle/oracle.h"
#include "np/run/tier.h"

#define NP_RUN_MAX_WORKERS 64
#define NP_RUN_API_WAIT_MS 120000 /* enough for a control plane's node to start again */

enum np_run_result {
	NP_RUN_PASS,
	NP_RUN_FAIL,
	NP_RUN_SKIP,
	NP_RUN_KNOWN,
	NP_RUN_ERROR,
	NP_N_RUN_RESULTS
};
const char *np_run_result_name(enum np_run_result r); /* "pass" "fail" "skip" "known" "error" */

/* What the caller may want to show while it runs; called from any worker, one at a time. */
struct np_run_progress {
	size_t n_done, n_cases;
	size_t by_result[NP_N_RUN_RESULTS];
	unsigned long long probes;
	long long elapsed_ms;
	const char *id; /* of the case that just ended, or NULL */
	enum np_run_result result;
	const char *stage; /* "starting", "control", "cases", "cleaning" */
};

typedef void np_run_progress_fn(void *ctx, const struct np_run_progress *p);

struct np_run_options {
	/* target, as np_cluster_options */
	const char *kubeconfig, *context, *image, *external, *fault;
	bool in_cluster, inject;
	/* what */
	const char *suites_dir; /* root of the built-in suites: worlds/ and the areas */
	const char *const
		*suites; /* areas of it, or paths of files and folders; none: the whole root */
	size_t n_suites;
	bool profiles[NP_N_PROFILES]; /* which cases are asserted */
	const char *const *case_globs; /* any of them; none: all */
	size_t n_case_globs;
	const char *tag;	      /* NULL: all */
	enum np_tier tier;	      /* its order and selection; its array is among @suites */
	uint64_t seed;		      /* 0: chosen; of a shard always the same */
	unsigned shard, n_shards;     /* shard.h; n_shards 0: the whole plan, or with resume_dir the
					 shard that is there */
	/* how */
	unsigned workers;      /* 0: chosen */
	long long deadline_ms; /* a step that is not right by then fails; 0: 3 s in the sandbox, 30
				  s in a cluster */
	long long api_wait_ms; /* how long an API server that is away or asks to wait is waited for;
				  0: NP_RUN_API_WAIT_MS */
	bool fail_fast;
	const char *out_dir;	/* NULL: results/run-<id> below the current folder */
	int copy_fd; /* what is added to the record goes there as well, line by line; 0: nowhere */
	const char *resume_dir; /* go on with the record in there */
	const char *waivers;	/* file, or NULL */
	bool strict_waivers;	/* waivers that are expired or without use make it non-conforming */
	/* what is tested, as the user calls it: for the record and the scope of waivers; or NULL */
	const char *agent, *agent_version, *agent_mode;
	const char *argv_text;	/* for the record */
	const atomic_int *cancel;
	np_run_progress_fn *progress;
	void *progress_ctx;
};

struct np_run_summary {
	size_t by_result[NP_N_RUN_RESULTS];
	size_t n_cases;
	bool not_enforced; /* the cluster does not enforce NetworkPolicy at all */
	bool interrupted;
	size_t idle_waivers;	     /* with strict_waivers: those expired or without use */
	char reason[NP_ERR_MSG_MAX]; /* why the run as a whole failed, one sentence; empty otherwise
				      */
	char dir[512];		     /* where the record is */
	unsigned long long probes;
	long long elapsed_ms;
};

/*
 * Runs and cleans up what it made in the cluster. Returns 0 when it got as far as judging cases or
 * recognised a cluster that does not enforce (see
 * @ret); -1 for unusable options, cases or worlds (NP_EUSAGE, NP_EPARSE, NP_EVALID), or an
 * environment that does not allow a run (NP_EENV, NP_ETIMEOUT): then @ret->dir may name a record
 * too.
 */
int np_run(const struct np_run_options *options, struct np_run_summary *ret, struct np_err *err);

/* The seed of the record in @dir, for whoever has to make the cases of a run anew that goes on there.
 * NP_EIO, NP_EPARSE, or NP_EUSAGE where there is no run. */
int np_run_seed(const char *dir, uint64_t *ret, struct np_err *err);

/* The exit status of the contract for a run that returned 0. */
int np_run_exit(const struct np_run_summary *s);

#endif
