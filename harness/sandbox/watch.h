/*
 * watch.h - one watch: what changes from a revision on, as lines of JSON. One thread at a time.
 */
#ifndef NP_SANDBOX_WATCH_H
#define NP_SANDBOX_WATCH_H

#include <sys/types.h>

#include "api_accept.h"
#include "api_request.h"
#include "select.h"
#include "tableprint.h"

struct np_watch;

/*
 * Of the request's kind and namespace, with its query. On failure the reply is a Status and NULL is
 * returned.
 */
struct np_watch *np_watch_new(const struct np_request *req, struct np_reply *rep,
			      enum np_accept_as as);
/*
 * Copies what there is to send, at most @max bytes, waiting at most @wait_ms for something to
 * happen. 0: nothing yet; -1: the watch has ended.
 */
ssize_t np_watch_read(struct np_watch *w, char *buf, size_t max, int wait_ms);
void np_watch_free(struct np_watch *w);

#endif
