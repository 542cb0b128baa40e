/*
 * resource.h - layer kube: objects of the kinds the project uses, as JSON: get, list, create,
 * replace, patch, delete, wait. Objects go and come as they are: nothing is added, dropped or
 * defaulted here. Errors as np_kube_request(). Thread-safe.
 */
#ifndef NP_KUBE_RESOURCE_H
#define NP_KUBE_RESOURCE_H

#include <jansson.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/kube/client.h"

/* A kind of resource. Callers may make their own (a CNI's CRDs). */
struct np_kube_type {
	const char *kind;	/* NetworkPolicy */
	const char *group;	/* "" for the core group */
	const char *version;
	const char *plural;	/* networkpolicies */
	bool namespaced;
};

enum np_kube_kind {
	NP_KUBE_NAMESPACE,
	NP_KUBE_NODE,
	NP_KUBE_POD,
	NP_KUBE_SERVICE,
	NP_KUBE_NETPOL,
	NP_KUBE_EVENT,
	NP_KUBE_SERVICEACCOUNT,
	NP_KUBE_CONFIGMAP,
	NP_KUBE_ENDPOINTSLICE,
	NP_KUBE_DAEMONSET,
	NP_KUBE_DEPLOYMENT,
	NP_KUBE_N_KINDS
};

extern const struct np_kube_type np_kube_types[NP_KUBE_N_KINDS];

/* By kind ("NetworkPolicy") or plural, NULL when the table has none. */
const struct np_kube_type *np_kube_type_find(const char *name);

/*
 * Appends the path of a collection (@name NULL), an object, or its @subresource (may be NULL) to
 * @b, escaped. @ns NULL or "" on a namespaced kind: all namespaces; ignored on a cluster-wide kind.
 */
void np_kube_path(struct np_buf *b, const struct np_kube_type *t, const char *ns, const char *name,
		  const char *subresource);

/* How to write. Zero-initialised, or NULL, is the default everywhere. */
struct np_kube_write {
	bool dry_run;			/* dryRun=All */
	const char *field_manager;	/* NULL: "netpolcheck" */
	const char *field_validation;	/* Strict, Warn, Ignore; NULL: the server's default */
	bool force;			/* apply: take over fields of other managers */
	bool missing_ok;		/* delete: 404 is success */
	bool now;			/* delete: gracePeriodSeconds 0 */
	int grace_s;			/* delete: gracePeriodSeconds; 0: the object's own */
	const char *propagation;	/* delete: Background, Foreground, Orphan; or NULL */
	const char *uid;		/* delete: only this incarnation, else NP_ECONFLICT */
	int timeout_ms;			/* 0: the client's default */
	unsigned flags;			/* enum np_kube_req_flags */
	struct np_kube_reply *reply;	/* filled as by np_kube_request() unless NULL */
};

enum np_kube_patch {
	NP_KUBE_PATCH_MERGE, /* RFC 7396; idempotent, so repeated after a lost connection */
	NP_KUBE_PATCH_JSON,  /* RFC 6902, an array; not repeated */
	NP_KUBE_PATCH_STRATEGIC,
	NP_KUBE_PATCH_APPLY, /* server-side apply of a whole object; creates it if need be */
};

/*
 * *@ret_obj may be NULL where the object is not wanted; else a new reference, set only on success.
 *
 * Answers that get lost: a create of a named object and a replace are repeated, and when the
 * repetition conflicts with an object that is what was sent, that is success; a repeated delete that
 * finds nothing is success. A JSON patch is repeated with NP_KUBE_REPEAT only.
 */
int np_kube_get(struct np_kube *k, const struct np_kube_type *t, const char *ns, const char *name,
		json_t **ret_obj, struct np_err *err);
int np_kube_create(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		   const json_t *obj, const struct np_kube_write *w, json_t **ret_obj,
		   struct np_err *err);
int np_kube_replace(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		    const char *name, const json_t *obj, const struct np_kube_write *w,
		    json_t **ret_obj, struct np_err *err);
int np_kube_patch(struct np_kube *k, const struct np_kube_type *t, const char *ns, const char *name,
		  enum np_kube_patch how, const json_t *patch, const struct np_kube_write *w,
		  json_t **ret_obj, struct np_err *err);
/* The object may linger: see np_kube_wait_gone(). */
int np_kube_delete(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		   const char *name, const struct np_kube_write *w, struct np_err *err);
/*
 * Deletes all that match, in one namespace. NP_EUSAGE for namespaces and services, of which the API
 * has no deletecollection (list and delete one by one), and for an empty @ns on a namespaced kind.
 */
int np_kube_delete_all(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		       const char *label_selector, const struct np_kube_write *w,
		       struct np_err *err);

struct np_kube_query {
	const char *label_selector;	/* unescaped, or NULL */
	const char *field_selector;
	unsigned limit;			/* page size; 0: 500 */
	int timeout_ms;			/* over all pages; 0: the client's default */
};

/*
 * All matching objects, page by page; a list that expires half-way (410) is taken again from its
 * start, at most three times. *@ret_items: a new array; its elements lack apiVersion and kind, as
 * the API sends them. @ret_rv (may be NULL, else a buffer of NP_KUBE_RV_MAX bytes): the
 * resourceVersion to watch from. At most 1,000 pages, else NP_ELIMIT.
 */
#define NP_KUBE_RV_MAX 64
int np_kube_list(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		 const struct np_kube_query *q, json_t **ret_items, char *ret_rv,
		 struct np_err *err);

/*
 * Polls with doubling pauses (50 ms to 1 s) until the object is gone or has another uid than @uid
 * (NULL: any counts). NP_ETIMEOUT names what keeps it: its finalizers, or for a namespace the
 * conditions the API server reports. The time of an outage (np_kube_outage_ms()) does not count.
 */
int np_kube_wait_gone(struct np_kube *k, const struct np_kube_type *t, const char *ns,
		      const char *name, const char *uid, int timeout_ms, struct np_err *err);

#endif
