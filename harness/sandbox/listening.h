/* listening.h - has a server in the calling thread's network namespace opened its ports? */
#ifndef NP_SANDBOX_LISTENING_H
#define NP_SANDBOX_LISTENING_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Waits until every port of an agent's `--tcp LIST` and `--udp LIST` in @argv is open, on whatever address; at most @timeout_ms, and not longer than process
 * @pid lives. False when it did not come to that.
 */
bool np_wait_listening(const char *const *argv, pid_t pid, int timeout_ms);

#endif
