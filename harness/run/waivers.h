/* waivers.h - known deviations of an implementation: never a silent skip (results/README.md).
 * Limits: 1 MiB, 10,000 entries, 1,000 cells each. */
#ifndef NP_RUN_WAIVERS_H
#define NP_RUN_WAIVERS_H

#include <jansson.h>

#include "np/base/err.h"
#include "table.h"

struct np_waivers {
	json_t *list; /* [{"case","cells":[..],"reason","link"}] */
	bool *used;   /* some run of its case failed in a cell it covers */
};

/* @path NULL gives an empty set. Unknown keys, a missing case or reason are errors with their
 * place. */
int np_waivers_load(const char *path, struct np_waivers *ret, struct np_err *err);
int np_waivers_parse(struct np_str text, const char *name, struct np_waivers *ret,
		     struct np_err *err);
void np_waivers_release(struct np_waivers *w);
/* Every waiver for case @id together covers all wrong cells of @t? Then *@ret (borrowed) is the
 * first of them, and they count as used. */
bool np_waivers_cover(struct np_waivers *w, struct np_str id, const struct np_rt *t,
		      const json_t **ret);
/* Is there any waiver for this case? Borrowed or NULL. */
const json_t *np_waivers_for(const struct np_waivers *w, struct np_str id);

#endif
