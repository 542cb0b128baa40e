/* codec.h - layer kube, private: base64, header safety and JSON depth. Pure. */
#ifndef NP_KUBE_CODEC_H
#define NP_KUBE_CODEC_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/buf.h"
#include "np/base/str.h"

/* Standard alphabet; line breaks are skipped, padding is required. False at anything else. */
bool np_kube_base64_decode(struct np_str s, struct np_buf *ret);
void np_kube_base64_encode(struct np_buf *b, const void *bytes, size_t n);

/* No control character, so that it can stand in a header line. */
bool np_kube_header_safe(struct np_str s);

/* At most @max levels of arrays and objects. */
bool np_kube_json_depth_ok(const json_t *v, unsigned max);

#endif
