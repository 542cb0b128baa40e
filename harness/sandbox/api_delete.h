/*
 * api_delete.h - delete, deletecollection, and what follows: grace, finalizers, the content of a
 * namespace.
 */
#ifndef NP_SANDBOX_API_DELETE_H
#define NP_SANDBOX_API_DELETE_H

#include "api_request.h"

int np_api_delete(const struct np_request *req, struct np_reply *rep);
int np_api_delete_collection(const struct np_request *req, struct np_reply *rep);
/* pods/eviction. */
int np_api_evict(const struct np_request *req, struct np_reply *rep);

struct np_delete_options {
	bool dry_run;
	long long grace_s;	/* -1: the object's own */
	const char *uid, *resource_version;	/* preconditions, or NULL */
};

/*
 * Begins or completes the deletion of one object. *@ret: its last or its present state; *@ret_gone:
 * whether it is out of the store. -1 with a Status in @rep.
 */
int np_delete_one(struct np_store *s, enum np_kind_id kind, const char *ns, const char *name,
		  const struct np_delete_options *o, json_t **ret, bool *ret_gone,
		  struct np_reply *rep);
/* Whether an object with a deletionTimestamp has nothing left that keeps it. */
bool np_delete_is_due(enum np_kind_id kind, const json_t *object);
/* One step of every terminating namespace: deletes content, removes what is empty. */
void np_delete_namespaces_step(const struct np_api_env *env);

#endif
