/* score_curve.h - layer cmd: mutants killed against cases run, beside a uniform suite. */
#ifndef NP_CMD_SCORE_CURVE_H
#define NP_CMD_SCORE_CURVE_H

#include "np/base/buf.h"
#include "np/run/score.h"

/* What the first @n cases of a plan kill together, of what can be asserted at all. */
struct np_kills {
	size_t named, mechanical;
};

/* Of one plan: [i] after i cases; the last after all. */
struct np_curve {
	struct np_kills *after;
	size_t n_cases;
};

/* @score of @n_cases in the order of their plan, with mutants and mechanical ones both. */
void np_curve_init(struct np_curve *c, const struct np_score *score);
void np_curve_release(struct np_curve *c);
/* Mutants that can be asserted; without those that are equal to the right model (np/run/equal.h). */
struct np_kills np_curve_all(const struct np_score *score);

struct np_curve_view {
	const struct np_plan *plan;
	struct np_curve own, uniform;
	struct np_kills all;
};

/* How many cases of the plan are in the tier smoke, in default; they come first. */
size_t np_curve_tier_end(const struct np_plan *plan, enum np_band last);
void np_curve_text(const struct np_curve_view *v, struct np_buf *ret);
void np_curve_json(const struct np_curve_view *v, struct np_buf *ret);
/* A picture of it. */
void np_curve_svg(const struct np_curve_view *v, struct np_buf *ret);

#endif
