/*
 * shard.h - layer run: one of several parts of a plan, for runs that are spread over machines. The
 * parts are the same wherever and whenever the plan is (deterministic), every case is in one of
 * them, and by the durations that were recorded they take about equally long.
 *
 * Durations stand in durations.tsv of the suites' root, which harness/tools/durations.sh makes of a
 * record: a case's id and milliseconds with a tab between, '#' begins a comment line. A case
 * without a line is taken for a middling one. Limits: 4 MiB, 100,000 lines.
 */
#ifndef NP_RUN_SHARD_H
#define NP_RUN_SHARD_H

#include "np/run/plan.h"

#define NP_SHARDS_MAX 1000

struct np_shard {
	unsigned number, of;	   /* from 1; of 0: the whole plan */
	unsigned long long digest; /* of all cases and worlds of the plan: ids and files */
	size_t n_planned;	   /* cases of all shards */
};

/* "2/4", or "index=1/4", the same counted from 0 as Kubernetes counts the pods of an Indexed Job.
 * false for anything else. */
bool np_shard_parse(struct np_str text, unsigned *ret_number, unsigned *ret_of);

/*
 * Leaves in @plan what shard @shard->number of @shard->of has, in its order, and fills the rest of
 * @shard. NP_EUSAGE when that is nothing, NP_EPARSE with its place for a durations.tsv that is not
 * as above.
 */
int np_shard_take(struct np_plan *plan, const char *suites_dir, struct np_shard *shard,
		  struct np_err *err);

/* The seed of a run that names none: the same for all shards. */
uint64_t np_shard_seed(const struct np_shard *shard);

/* What tells this program from another build of it: a digest of its file, 0 when that is not known.
 */
unsigned long long np_build_digest(void);

#endif
