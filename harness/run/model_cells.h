/* model_cells.h - layer run: single cells of a case that is played on the model CNI. */
#ifndef NP_RUN_MODEL_CELLS_H
#define NP_RUN_MODEL_CELLS_H

#include "np/run/score.h"

/* A connection as a table names it. */
struct np_play_cell {
	struct np_str src, dst; /* x/a, ext/a, svc:x/web; of a play borrowed */
	enum np_proto proto;
	uint16_t port; /* as dialled */
	int family;
	bool allow; /* what is expected */
};

size_t np_play_n_expects(const struct np_play *p);
/* Is @cell asserted at expectation @expect, from 1, and as what? Its @allow is not looked at. */
bool np_play_asserted(const struct np_play *p, size_t expect, const struct np_play_cell *cell,
		      bool *ret_allow);

typedef void np_play_cell_fn(void *ctx, const struct np_play_cell *cell);
/*
 * As np_play_run(), but tells @fn (may be NULL) every wrong cell of the first expectation that has
 * one; *@ret_expect is its number, else that of the last one. @only (may be NULL): no other cell
 * counts.
 */
enum np_play_result np_play_look(struct np_play *p, struct np_model *m,
				 const struct np_model_wrong *wrong,
				 const struct np_play_cell *only, np_play_cell_fn *fn, void *ctx,
				 size_t *ret_expect);

#endif
