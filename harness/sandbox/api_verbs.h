/*
 * api_verbs.h - what a request asks permission for, in the words of RBAC. The sandbox allows
 * everything, but says it in its log (level info), so that a run's needs can be held against
 * deploy/rbac.yaml. Private to the API.
 */
#ifndef NP_SANDBOX_API_VERBS_H
#define NP_SANDBOX_API_VERBS_H

#include "api_request.h"
#include "np/base/buf.h"

/*
 * "list pods", "create networking.k8s.io/networkpolicies", "get pods/exec", or for a path that is
 * no resource's "get /version". Appended to @b; the path and method of @req are enough, with its
 * query for watches.
 */
void np_api_verb(const struct np_request *req, struct np_buf *b);
/* Logs it; an exec by WebSocket needs create as well (since 1.35). */
void np_api_note(const struct np_request *req);

#endif
