/*
 * live.h - layer campaign: policies sent to a cluster of one's own until its agents crash, hang,
 * say that they are stuck, or enforce something else than what is written; then the smallest policy
 * that does it.
 *
 * What it touches: namespaces of its own (npf-<id>-a, -b, -k, with the labels that `netpolcheck
 * clean` looks for), nothing else. Every operation is on disk before it is sent. Whatever ends a
 * campaign, those namespaces are removed; findings are written as soon as they are known.
 */
#ifndef NP_CAMPAIGN_LIVE_H
#define NP_CAMPAIGN_LIVE_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "np/base/err.h"

#define NP_LIVE_MAX_POLICIES 200
#define NP_LIVE_MAX_AGENTS 16

struct np_live_options {
	const char *kubeconfig, *context;
	const char *owned; /* --i-own-this-cluster: must be the name of the context */
	const char *image; /* of the probe pods; NULL: the project's */
	const char *selector,
		*agent_ns; /* of the agents' pods; selector NULL: none; ns NULL: kube-system */
	const char *const *pid_files, *const *logs; /* of plain processes, as many of each */
	size_t n_pid_files, n_logs;
	const char *component; /* of plain processes; NULL: what the kernel calls them */
	const char *
		restart_cmd; /* run by sh when agents do not come back by themselves; may be NULL */
	const char *out_dir; /* journal; NULL: results/fuzz-<id> */
	const char *resume_dir;	    /* go on with that one */
	const char *bug_dir;	    /* NULL: results/crashes */
	long long for_ms, quiet_ms; /* the whole; learning what is usual before it (0: 5 s) */
	long long patience_ms; /* how long a change may take, and an agent to come back; 0: 30 s */
	long long settle_ms;   /* how long signs of an epoch are waited for; 0: thrice what a change
				  takes */
	unsigned rate;	       /* operations a second; 0: 20 */
	unsigned epoch_ops;    /* 0: 16 */
	unsigned max_live;     /* policies in force; 0: 40 */
	unsigned max_epochs;   /* 0: as many as fit */
	unsigned max_findings; /* ends after so many distinct ones; 0: goes on */
	unsigned max_tests;    /* of a minimisation; 0: 150 */
	uint64_t seed;	       /* 0: chosen */
	const atomic_int *cancel;
	/* Something that a person may want to read; may be NULL. */
	void (*say)(void *ctx, const char *text);
	void *say_ctx;
};

struct np_live_summary {
	char id[16], dir[512];
	uint64_t seed;
	unsigned epochs, operations, accepted, rejected, refused_differently;
	unsigned findings, known_again; /* distinct keys; the same again */
	unsigned watch_again;		/* the watch of the agents' pods resumed or listed anew */
	char watch_trouble[256];	/* why, the last time; "" when never */
	long long restarts, canary_p50_ms, canary_p99_ms, elapsed_ms;
	bool interrupted;
	json_t *keys; /* array of keys found; new reference */
};

/*
 * 0: it ran (see @ret->findings). -1: NP_EUSAGE; NP_EENV and the like when the cluster is not
 * usable, or ceased to be: @ret is filled as far as it got, and what was found is on disk.
 * @ret->keys is the caller's in both cases (may be NULL).
 */
int np_live(const struct np_live_options *options, struct np_live_summary *ret, struct np_err *err);

/*
 * Does the finding @bug still happen in that cluster, once in three tries? 1, 0 or -1. Only what says
 * where is looked at in @options (no seed, no journal); where it does not say which agents, @bug does.
 * @bug then says how often it did ("reliability", "replayed"), and one of an agent's code alone how it
 * looks in a cluster ("seen_as").
 */
int np_live_replay(const struct np_live_options *options, json_t *bug, struct np_err *err);

#endif
