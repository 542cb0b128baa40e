/* reproducer.c - one failing case's files on their own. */
#include "np/report/reproducer.h"

#include "report_private.h"

int np_report_reproducer(const struct np_report *r, const char *id, const char *dir,
			 struct np_err *err)
{
	if (!json_object_get(r->cases, id) || !np_report_is(r, id, "fail"))
		return np_err_set(err, NP_ENOTFOUND, "no failing case '%.200s' in the record", id);
	return np_report_failure(r, id, dir, err);
}
