/*
 * minimise.h - layer campaign: the smallest operations that still show the same bug, from the large
 * to the small: operations, then within each object lists and maps, then values. Pure but for the
 * judge, who runs a candidate and says whether it shows the bug (the same key, not just any crash).
 */
#ifndef NP_CAMPAIGN_MINIMISE_H
#define NP_CAMPAIGN_MINIMISE_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/err.h"

/* 1 it shows, 0 it does not, -1 with an error that ends everything (interrupted, the cluster is
 * gone). */
typedef int np_min_judge(void *ctx, const json_t *operations, struct np_err *err);
/* Would an API server take it? Those that it would not are not tried. NULL: all are tried. */
typedef bool np_min_valid(const json_t *operations);

struct np_minimise {
	/* in */
	np_min_judge *judge;
	np_min_valid *valid;
	void *ctx;
	unsigned max_tests;    /* 0: 200 */
	long long deadline_us; /* np_now_us() at which to stop; 0: never */
	/* out */
	unsigned n_tests, n_cached, n_invalid;
	json_t *neighbour; /* new reference or NULL: one deletion less, and it does not show */
	char neighbour_says[160]; /* what was taken out */
	bool complete;		  /* nothing more can be taken out */
};

/*
 * @operations, which show the bug, made smaller. *@ret: new reference; it shows the bug too. On -1
 * nothing is returned, but
 * @m->neighbour may be set and is the caller's.
 */
int np_minimise(struct np_minimise *m, const json_t *operations, json_t **ret, struct np_err *err);

#endif
