/*
 * discovery.h - what the API says about itself: versions, groups, resources, in the old form and
 * aggregated.
 */
#ifndef NP_SANDBOX_DISCOVERY_H
#define NP_SANDBOX_DISCOVERY_H

#include "api_request.h"

/*
 * Answers /, /version, /api, /apis, /api/v1, /apis/GROUP, /apis/GROUP/VERSION. 1 when the path is
 * none of these.
 */
int np_discovery(const struct np_request *req, struct np_reply *rep);

#endif
