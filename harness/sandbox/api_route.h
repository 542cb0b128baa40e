/* api_route.h - from a request to its handler. */
#ifndef NP_SANDBOX_API_ROUTE_H
#define NP_SANDBOX_API_ROUTE_H

#include "api_request.h"

/* Answers any request: @rep always has something to send. Fills the router's part of @req. */
void np_api_answer(struct np_request *req, struct np_reply *rep);

#endif
