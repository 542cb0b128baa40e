/*
 * openapi.h - /openapi/v3 and v2 (JSON only) out of the schema tables: enough for kubectl explain,
 * apply and its check for server-side validation.
 */
#ifndef NP_SANDBOX_OPENAPI_H
#define NP_SANDBOX_OPENAPI_H

#include "api_request.h"

/* 1 when the path is not one of these. A protobuf document is answered with 406. */
int np_openapi(const struct np_request *req, struct np_reply *rep);

#endif
