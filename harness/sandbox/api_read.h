/*
 * api_read.h - get, list and the start of a watch. Each fills the reply and returns 0, or -1 with a
 * Status in it.
 */
#ifndef NP_SANDBOX_API_READ_H
#define NP_SANDBOX_API_READ_H

#include "api_request.h"

int np_api_get(const struct np_request *req, struct np_reply *rep);
/* Also watches, when the query says so. */
int np_api_list(const struct np_request *req, struct np_reply *rep);
/* The object as the Accept header wants it, into the reply with @code. 406 when it cannot be. */
int np_api_show(const struct np_request *req, struct np_reply *rep, int code, json_t *object);
/* 0 when the Accept header can be served; call before anything is changed. */
int np_api_check_accept(const struct np_request *req, struct np_reply *rep);

#endif
