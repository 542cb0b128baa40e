/* reproduce.h - a failing cell as a plain shell script. */
#ifndef NP_REPORT_REPRODUCE_H
#define NP_REPORT_REPRODUCE_H

#include "report_private.h"

/*
 * Appends a POSIX shell script that needs kubectl only: the case's world in namespaces with a
 * prefix of its own, the case's changes in their order, one wrong cell probed until its answer
 * stays. It exits 0 when the bug shows, 1 when it does not, 2 for usage, 3 when the environment
 * fails, 130 when interrupted, and removes what it made. Where kubectl alone cannot show a wrong
 * cell (it begins outside the cluster, or the policy holds addresses of some pods) the script says
 * so and exits 3.
 */
void np_report_reproduce(const struct np_report *r, const char *id, struct np_buf *ret);

#endif
