/* reproduce.h - a failing cell as a plain shell script. */
#ifndef NP_REPORT_REPRODUCE_H
#define NP_REPORT_REPRODUCE_H

#include "report_private.h"

/*
 * Appends a POSIX shell script that needs kubectl only: namespaces with a prefix of its own, the two pods of the first wrong cell between pods, the case's changes in
 * order, one probe. It exits 0 when the bug shows, 1 when it does not, 2 for usage, 3 when the environment fails, and removes what it made. A cell with an end that
 * is no pod cannot be shown by kubectl: the script then says so and exits 3.
 */
void np_report_reproduce(const struct np_report *r, const char *id, struct np_buf *ret);

#endif
