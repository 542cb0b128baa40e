/* live_parts.h - private to campaign: what the files of a live campaign share. */
#ifndef NP_CAMPAIGN_LIVE_PARTS_H
#define NP_CAMPAIGN_LIVE_PARTS_H

#include "agents.h"
#include "feed.h"
#include "field.h"
#include "journal.h"
#include "np/campaign/bug.h"
#include "np/campaign/live.h"
#include "np/target/cluster.h"

struct live {
	const struct np_live_options *o;
	struct np_live_summary *sum;
	struct np_cluster cluster;
	struct field f;
	struct agents a;
	struct journal j;
	struct journal_state resumed;
	json_t *live;	  /* operations that put the policies in force */
	json_t *patterns; /* specs of bugs that are known */
	json_t *counts;	  /* key -> times seen */
	json_t *nodes;	  /* of the cluster, for reports */
	char dir[512];
	const char *bug_dir;
	unsigned epoch;
	long long patience_ms, settle_ms, canary_ms;
	int64_t begin_ms, end_ms;
	bool cluster_open;
};

void live_say(struct live *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool live_interrupted(const struct live *l);

/* ---- live_open.c ---- */

/* Checks that it is the right cluster and may be used, deploys, learns what is usual. */
int live_open(struct live *l, struct np_err *err);
/* Removes everything from the cluster. */
int live_close(struct live *l, struct np_err *err);

/* ---- live_look.c ---- */

/* Looks at the agents until something is found or @wait_ms is over. */
int live_signals(struct live *l, long long wait_ms, json_t *ret_bugs, struct np_err *err);
/* After an epoch: signals, then the canary, then the table. Stops at the first that tells
 * something. */
int live_check(struct live *l, json_t *ret_bugs, struct np_err *err);
/* Features of what is written in @operations, in a canonical order: "ingress.ports.endPort". */
void live_features(const json_t *operations, struct np_buf *ret);

/* ---- live_recover.c ---- */

/*
 * Brings agents and enforcement back: first waits, then deletes the campaign's policies, then runs
 * the restart command. *@ret says how and how long, for the report; 0 when it is well, 1 when it is
 * not coming back. Everything is cleared at the end.
 */
int live_recover(struct live *l, bool patient, json_t **ret, struct np_err *err);

/* ---- live_find.c ---- */

/* A new bug: who did it, the smallest input, the folder. The cluster is well and clear at the end,
 * else 1. */
int live_find(struct live *l, json_t *bug, const json_t *epoch_ops, struct np_err *err);
/* Policies that hold what @bug's minimised one holds are left alone from now on, so that other bugs
 * get their turn. */
void live_remember(struct live *l, const json_t *bug);
/* Does a run of @operations from a clear field show the bug that @key and @kind name? 1, 0, -1. */
int live_shows(struct live *l, const json_t *operations, const json_t *bug, struct np_err *err);
/* From a clear field; what shows is appended to @bugs, until @bug is among it. */
int live_try(struct live *l, const json_t *operations, const json_t *bug, json_t *bugs,
	     struct np_err *err);
/* Is @bug among them, by its sign or key? */
bool live_among(const json_t *bugs, const json_t *bug);

#endif
