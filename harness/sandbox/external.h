/*
 * external.h - the external host: an agent that serves on all its addresses, and a unix socket each
 * connection to which is an agent in probe mode there.
 */
#ifndef NP_SANDBOX_EXTERNAL_H
#define NP_SANDBOX_EXTERNAL_H

#include "np/base/err.h"
#include "reaper.h"

#define NP_EXTERNAL_TCP "53,79,80,81,82,83,443,5978,8079,8080,8081,9090,65535"
#define NP_EXTERNAL_UDP NP_EXTERNAL_TCP
#define NP_EXTERNAL_SCTP "80,81,9090"

/*
 * Starts the agent in @netns_fd and returns when all its ports are open, within 10 s. It makes the
 * socket @control_path (mode 0600). NP_EENV with what the agent says otherwise.
 */
int np_external_start(struct np_reaper *reaper, int netns_fd, const char *agent_path,
		      const char *control_path, struct np_err *err);

#endif
