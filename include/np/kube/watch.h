/*
 * watch.h - layer kube: a collection kept in step: list, then watch, forever.
 *
 * The first event, and the first after every gap that could not be bridged (410, a broken list), is
 * RELISTED: forget what you knew, this is all there is. Between two of them ADDED, MODIFIED and
 * DELETED say what changed. A broken stream is resumed from the last resourceVersion seen without
 * anyone noticing, with jittered doubling pauses (100 ms to 10 s). One thread at a time per watch;
 * it holds a connection of its own. Bounds: one event line of 16 MiB, a list page of
 * NP_KUBE_REPLY_MAX.
 */
#ifndef NP_KUBE_WATCH_H
#define NP_KUBE_WATCH_H

#include <jansson.h>
#include <stdint.h>

#include "np/base/err.h"
#include "np/kube/client.h"
#include "np/kube/resource.h"

struct np_kube_watch;

enum np_kube_event_type {
	NP_KUBE_RELISTED,
	NP_KUBE_ADDED,
	NP_KUBE_MODIFIED,
	NP_KUBE_DELETED,
	NP_KUBE_BOOKMARK
};

struct np_kube_event {
	enum np_kube_event_type type;
	json_t *object;		/* owned by the caller; RELISTED: the array of all items */
	int64_t received_us;	/* np_now_us() when its bytes were read */
};

/*
 * Starts nothing yet. @ns NULL: all namespaces. Selectors unescaped or NULL. Everything is copied
 * but @k and @t, which must outlive it.
 */
struct np_kube_watch *np_kube_watch_new(struct np_kube *k, const struct np_kube_type *t,
					const char *ns, const char *label_selector,
					const char *field_selector);
/*
 * Waits at most @timeout_ms (0: only looks) for the next event. 1: *@ret_event is filled; 0: none
 * came in time, call again;
 * -1: it makes no sense to go on: NP_EINTR, NP_EDENIED, NP_ENOTFOUND (no such kind), NP_EVALID
 * (selector), NP_ELIMIT. An unreachable server is not an error here: the watch keeps trying; see
 * np_kube_watch_trouble().
 */
int np_kube_watch_next(struct np_kube_watch *w, int timeout_ms, struct np_kube_event *ret_event,
		       struct np_err *err);
/*
 * How many times the list was taken again or the stream resumed, and what went wrong last (may be
 * NULL).
 */
unsigned np_kube_watch_trouble(const struct np_kube_watch *w, struct np_err *ret_last);
/* Accepts NULL. */
void np_kube_watch_free(struct np_kube_watch *w);

#endif
