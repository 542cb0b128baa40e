/* reproducer.h - layer report: the files of one failing case of a record, wherever they are wanted. */
#ifndef NP_REPORT_REPRODUCER_H
#define NP_REPORT_REPRODUCER_H

#include "np/report/report.h"

/*
 * Writes README.md, manifests.yaml and reproduce.sh (results/README.md) of case @id into @dir, which
 * is made. NP_ENOTFOUND when the record has no such case, or it did not fail.
 */
int np_report_reproducer(const struct np_report *r, const char *id, const char *dir,
			 struct np_err *err);

#endif
