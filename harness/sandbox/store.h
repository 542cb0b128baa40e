/*
 * store.h - the sandbox's object store: every API object in memory, a revision counter, and an
 * event log that watches and controllers read. Thread-safe. Objects are immutable once stored: an
 * update stores a new object, so a json_t handed out may be read without the lock and must not be
 * changed.
 */
#ifndef NP_SANDBOX_STORE_H
#define NP_SANDBOX_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "np/base/err.h"

enum np_kind_id {
	NP_KIND_NAMESPACE,
	NP_KIND_NODE,
	NP_KIND_POD,
	NP_KIND_SERVICE,
	NP_KIND_NETWORKPOLICY,
	NP_KIND_EVENT,
	NP_N_KINDS
};

struct np_kind {
	const char *group;	/* "" for core */
	const char *version, *kind, *plural, *singular;
	const char *const *short_names;	/* NULL-ended */
	bool namespaced;
};
extern const struct np_kind np_kinds[NP_N_KINDS];

struct np_store;
/* Empty, at revision 1; every change of an object raises the revision by one. */
struct np_store *np_store_new(void);
/* No other thread may be inside a call any more. NULL is accepted. */
void np_store_free(struct np_store *s);
uint64_t np_store_revision(struct np_store *s);

/* How many events the log keeps. */
#define NP_STORE_LOG_MAX 4096

/* New reference or NULL. @ns is "" for cluster-scoped kinds. */
json_t *np_store_get(struct np_store *s, enum np_kind_id kind, const char *ns, const char *name);
/*
 * New array of all objects (ns "" or NULL: of every namespace), sorted by namespace and name;
 * *@ret_rev the revision it shows.
 */
json_t *np_store_list(struct np_store *s, enum np_kind_id kind, const char *ns, uint64_t *ret_rev);
/*
 * As np_store_list(), but as it was at revision @rev: for pages after the first. NULL when the log
 * does not reach back that far or @rev is still to come.
 */
json_t *np_store_list_at(struct np_store *s, enum np_kind_id kind, const char *ns, uint64_t rev);
/*
 * Store @object (a new reference is taken on a copy; metadata.name and namespace must be set).
 * Create fills uid, creationTimestamp, resourceVersion; an existing name is NP_ECONFLICT. Update
 * needs an existing object (NP_ENOTFOUND); a metadata.resourceVersion in @object that is not the
 * stored one is NP_ECONFLICT; uid and creationTimestamp are kept. An update that changes nothing
 * stores nothing and makes no event. *@ret (may be NULL): new reference to what was stored. An
 * object without a name, or with a namespace where the kind has none (or the other way round), is
 * NP_EVALID.
 */
int np_store_create(struct np_store *s, enum np_kind_id kind, const json_t *object, json_t **ret,
		    struct np_err *err);
int np_store_update(struct np_store *s, enum np_kind_id kind, const json_t *object, json_t **ret,
		    struct np_err *err);
/*
 * Removes at once (finalization is the API's business, np_store_update() with a deletionTimestamp).
 * *@ret (may be NULL): the last state.
 */
int np_store_delete(struct np_store *s, enum np_kind_id kind, const char *ns, const char *name,
		    json_t **ret, struct np_err *err);

enum np_event_type { NP_EVENT_ADDED, NP_EVENT_MODIFIED, NP_EVENT_DELETED };

struct np_event {
	enum np_event_type type;
	enum np_kind_id kind;
	uint64_t rev;
	json_t *object; /* new reference, freed by the reader; of a deletion: the last state with
			   the deletion's resourceVersion */
	json_t *old;		/* new reference or NULL for additions */
};

/*
 * Events after revision @after, blocking up to @timeout_ms for the first. Fills at most @max,
 * returns their number; -1 when @after is older than the log keeps (the reader lists again: 410).
 * np_store_wake() makes every waiting call return early.
 */
int np_store_events(struct np_store *s, uint64_t after, struct np_event *ret, int max,
		    int timeout_ms);
void np_store_wake(struct np_store *s);
void np_event_release(struct np_event *e);

#endif
