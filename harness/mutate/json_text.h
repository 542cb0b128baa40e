/* json_text.h - layer mutate: a JSON string, for both writers. */
#ifndef NP_HARNESS_MUTATE_JSON_TEXT_H
#define NP_HARNESS_MUTATE_JSON_TEXT_H

#include "np/base/buf.h"

void mjson_string(struct np_buf *b, struct np_str s);

#endif
