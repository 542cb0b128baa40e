/* score_print.h - layer cmd: a mutation score as text and JSON. */
#ifndef NP_CMD_SCORE_PRINT_H
#define NP_CMD_SCORE_PRINT_H

#include "np/base/buf.h"
#include "np/run/score.h"

/* No default run may fail on it; NULL: one may. */
const char *np_score_open(const struct np_score_row *row);
/* Rows that nothing noticed although something may. */
size_t np_score_survivors(const struct np_score *s);

/* The kill table, the survivors, the sum; with @cases also what each case notices. */
void np_score_text(const struct np_score *s, const struct np_plan *plan, bool cases,
		   struct np_buf *ret);
void np_score_json(const struct np_score *s, const struct np_plan *plan, struct np_buf *ret);
/* The same of a score with packets; returns how many faults survive that a default run can notice.
 */
size_t np_packets_text(const struct np_packets *s, struct np_buf *ret);
size_t np_packets_json(const struct np_packets *s, struct np_buf *ret);
/* Every mutant with its class and the bugs behind it, then the bugs that are left out. */
void np_score_list(bool json, struct np_buf *ret);

#endif
