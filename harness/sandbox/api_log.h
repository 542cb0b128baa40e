/* api_log.h - pods/log: what a pod's agent said, whole or followed. */
#ifndef NP_SANDBOX_API_LOG_H
#define NP_SANDBOX_API_LOG_H

#include <sys/types.h>

#include "api_request.h"

#define NP_LOG_FOLLOW_MAX_MS (3600 * 1000)

struct np_log_follow;

int np_api_log(const struct np_request *req, struct np_reply *rep);
/* As np_watch_read(). Ends when the pod is gone or is another one, or after an hour. */
ssize_t np_log_read(struct np_log_follow *f, char *buf, size_t max, int wait_ms);
void np_log_free(struct np_log_follow *f);

#endif
