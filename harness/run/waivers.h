/*
 * waivers.h - known deviations of an implementation: never a silent skip (results/README.md).
 * A waiver may be scoped to an agent, its version and mode, and may expire; what is out of scope or
 * expired covers nothing, and is told apart. Limits: 1 MiB, 10,000 entries, 1,000 cells each.
 */
#ifndef NP_RUN_WAIVERS_H
#define NP_RUN_WAIVERS_H

#include <jansson.h>

#include "np/base/err.h"
#include "np/run/plan.h"
#include "np/run/run.h"
#include "table.h"

/* In the order of the lists of a run's end line. */
enum np_waiver_state {
	NP_WAIVER_IN_FORCE,
	NP_WAIVER_EXPIRED, /* its last day, UTC, is over */
	NP_WAIVER_OTHER, /* of another agent, version or mode than the run's, or the run names none
			  */
};

struct np_waivers {
	json_t *list; /* [{"case","cells":[..],"reason","link","agent","version","mode","expires"}]
		       */
	enum np_waiver_state *state;
	bool *used;   /* some run of its case failed in a cell it covers */
	bool *judged; /* its case has a verdict in this run */
};

/* What a run is of; a NULL is not known. */
struct np_waiver_scope {
	const char *agent, *version, *mode;
	const char *today; /* YYYY-MM-DD, UTC */
};

/* @path NULL gives an empty set. Unknown keys, a missing case or reason, a date that is none are
 * errors with their place. All are in force. */
int np_waivers_load(const char *path, struct np_waivers *ret, struct np_err *err);
int np_waivers_parse(struct np_str text, const char *name, struct np_waivers *ret,
		     struct np_err *err);
void np_waivers_release(struct np_waivers *w);
/*
 * Which of them are in force in @scope: agent must be equal, version and mode match as globs, and
 * the day named by expires is the last.
 */
void np_waivers_select(struct np_waivers *w, const struct np_waiver_scope *scope);
/* Every waiver in force for case @id together covers all wrong cells of @t? Then *@ret (borrowed)
 * is the first of them, and they count as used. */
bool np_waivers_cover(struct np_waivers *w, struct np_str id, const struct np_rt *t,
		      const json_t **ret);
/* The same for cells as texts, an array; a case that failed in none of its cells (an agent that died)
 * is covered by a waiver without cells only. */
bool np_waivers_cover_cells(struct np_waivers *w, struct np_str id, const json_t *cells,
			    const json_t **ret);
/* Is there any waiver in force for this case? Borrowed or NULL. */
const json_t *np_waivers_for(const struct np_waivers *w, struct np_str id);
/* Case @id has a verdict; @known: by waivers, which count as used. */
void np_waivers_judge(struct np_waivers *w, struct np_str id, bool known);
/*
 * Case ids of those that are in force, did nothing, and whose case has a verdict; of those that are
 * expired; and of those that are of others. New reference.
 */
json_t *np_waivers_idle(const struct np_waivers *w, enum np_waiver_state state);
/*
 * Those of the run's file, in force for its agent and today; those of a case that no suite has
 * count as judged.
 */
int np_waivers_of_run(const struct np_run_options *o, const struct np_plan *plan,
		      struct np_waivers *ret, struct np_err *err);

#endif
