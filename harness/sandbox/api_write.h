/*
 * api_write.h - create, replace and patch, of objects and of their status. Each fills the reply and
 * returns 0, or -1 with a Status in it.
 */
#ifndef NP_SANDBOX_API_WRITE_H
#define NP_SANDBOX_API_WRITE_H

#include "api_request.h"

int np_api_create(struct np_request *req, struct np_reply *rep);
int np_api_replace(struct np_request *req, struct np_reply *rep);
int np_api_patch(struct np_request *req, struct np_reply *rep);

/*
 * How often a change that does not depend on what it changes is tried again when another comes
 * between.
 */
#define NP_API_WRITE_TRIES 16

#endif
