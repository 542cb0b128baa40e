/* run_parts.h - one run as a whole, and what its record says of it. */
#ifndef NP_RUN_PARTS_H
#define NP_RUN_PARTS_H

#include "np/run/shard.h"
#include "np/target/cluster.h"
#include "watchdog.h"
#include "worker.h"

/* One run from option checks to the end line. */
struct run {
	const struct np_run_options *o;
	struct np_run_summary *sum;
	struct np_plan plan;
	struct np_cluster cluster;
	struct np_fixture fixture;
	struct np_record record;
	struct np_shared shared;
	struct np_meter meter;
	struct np_watchdog watchdog; /* of the sandbox */
	struct np_preflight preflight;
	struct np_shard shard;
	json_t *resumed; /* {id: result} of an earlier part, or NULL */
	char id[NP_RUN_ID_LEN + 1];
	uint64_t seed;
	unsigned n_workers;
	bool cluster_open, fixture_up;
};

/* A new id of NP_RUN_ID_LEN characters, and a NUL. Returns a seed, from the same draw. */
uint64_t run_make_id(char *ret);

/* --- run_record.c: lines of the record --- */

void run_record_begin(struct run *r);
void run_record_preflight(struct run *r, bool enforced);
void run_record_end(struct run *r);
/* With strict waivers those that did nothing fail the run. */
void run_judge_waivers(const struct np_run_options *o, const struct np_waivers *w,
		       struct np_run_summary *sum);
/* Of the run's line: what is tested, which shard it is, how waivers count. */
void run_record_about(json_t *line, const struct np_run_options *o, const struct np_shard *shard);
/* Of the end line: the lists of waivers that did nothing, by why. */
void run_record_waivers(json_t *line, const struct np_waivers *w);

#endif
