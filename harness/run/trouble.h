/*
 * trouble.h - what happens to a run besides what is judged: an API server that is away, streams that
 * break, pods that somebody removes, nodes that die. All of it is counted, named, and never taken
 * for an answer.
 */
#ifndef NP_RUN_TROUBLE_H
#define NP_RUN_TROUBLE_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/err.h"
#include "np/kube/client.h"
#include "session.h"

/* The state of a session's surroundings at one moment. */
struct np_trouble_mark {
	unsigned long long streams_lost;
	long long outage_ms;
	bool pods_lost;
};

void np_trouble_mark(const struct np_session *s, struct np_trouble_mark *ret);
/* Anything since then? @text (may be NULL): "2 exec streams were cut, the API server was away for
 * 4 s". */
bool np_trouble_since(const struct np_session *s, const struct np_trouble_mark *m, char *text,
		      size_t size);

/*
 * Why an agent has no stream any more and gets none. 0: every agent has one, or will. -1 with
 * NP_ENOTFOUND: a pod of this world was evicted, deleted or ended: a new world helps; with NP_EENV: a
 * node or one of the run's own pods is gone.
 */
int np_trouble_find(struct np_session *s, struct np_err *err);

/* True when node @name is not ready: *@ret says so in one sentence. */
bool np_trouble_node(struct np_kube *k, const char *name, struct np_err *ret);
/*
 * Why @pod (as the API gave it; NULL: it is not there) is no longer what was made with @uid (NULL:
 * any), called @name. 0, or -1 with NP_ENOTFOUND: "pod 'x/a' was evicted: The node was low on
 * memory".
 */
int np_trouble_pod(const json_t *pod, const char *name, const char *uid, struct np_err *err);

/* Totals of a run. */
struct np_trouble_totals {
	unsigned long long streams_lost, probes_again, cases_again;
};

/* For the record: {"streams_reopened", "probes_again", "cases_again", "outage_ms", "requests_again":
 * {"429": 12}}. */
json_t *np_trouble_json(struct np_kube *k, const struct np_trouble_totals *t);
/* "2 exec streams reopened, 14 requests repeated (429: 12, refused: 2)"; "" when nothing happened. */
const char *np_trouble_text(struct np_kube *k, const struct np_trouble_totals *t, char *buf,
			    size_t size);

#endif
