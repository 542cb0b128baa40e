/*
 * cases_uniform.h - the kind of suite that is usual elsewhere, to compare with: three namespaces of
 * three pods each, one label a pod, the same ports on all of them, and policies that differ from a
 * plain one in one feature each.
 */
#ifndef NP_CMD_CASES_UNIFORM_H
#define NP_CMD_CASES_UNIFORM_H

#include <stddef.h>

#include "np/base/err.h"

/* How many there are: every feature with every direction, and three times over with other names. */
size_t np_uniform_count(void);
/* Writes the first @count cases to @dir/uniform/, and their world to @dir/worlds/. */
int np_uniform_write(const char *dir, size_t count, struct np_err *err);

#endif
