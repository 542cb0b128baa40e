/*
 * protobuf.h - request bodies in application/vnd.kubernetes.protobuf, as far as kubectl sends them:
 * `kubectl create namespace` and `create service`, reviews, evictions, options of deletions.
 * Answers are JSON always, which such clients accept.
 */
#ifndef NP_SANDBOX_PROTOBUF_H
#define NP_SANDBOX_PROTOBUF_H

#include <jansson.h>

#include "np/base/err.h"
#include "np/base/str.h"

#define NP_PROTOBUF_MAX_DEPTH 16

/*
 * New object with apiVersion and kind. NP_EPARSE for malformed bytes, NP_EUSAGE for a kind that is
 * not read in this form.
 */
int np_protobuf_read(struct np_str bytes, json_t **ret, struct np_err *err);

#endif
