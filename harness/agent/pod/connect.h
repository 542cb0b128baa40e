/* connect.h - in-pod agent: one probe for people and scripts. */
#ifndef POD_CONNECT_H
#define POD_CONNECT_H

#include "engine.h"

/*
 * Runs @req with three attempts in @timeout_ms, prints one sentence. Exit status: 0 allowed, 1
 * denied, 3 error.
 */
int connect_run(const struct request *req, unsigned timeout_ms);

#endif
