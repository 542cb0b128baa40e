/*
 * gotime.h - private to parse: which texts Go's time.Parse takes for the layouts that matter here.
 */
#ifndef NP_PARSE_GOTIME_H
#define NP_PARSE_GOTIME_H

#include "np/base/str.h"

/* time.RFC3339, as metadata.creationTimestamp and its like are read. @text is NUL-terminated. */
bool gotime_is_rfc3339(struct np_str text);
/* The layouts of a !!timestamp in go-yaml v2. @text is NUL-terminated. */
bool gotime_is_yaml(struct np_str text);

#endif
