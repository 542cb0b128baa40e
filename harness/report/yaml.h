/* yaml.h - JSON values as YAML block text, for people. */
#ifndef NP_REPORT_YAML_H
#define NP_REPORT_YAML_H

#include <jansson.h>

#include "np/base/buf.h"

/*
 * Appends @v as one YAML document that begins with "---". At most 64 levels deep; what is deeper is
 * left out.
 */
void np_report_yaml(const json_t *v, struct np_buf *ret);

#endif
