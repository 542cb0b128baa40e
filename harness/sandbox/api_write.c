/* Create and replace, and what every change goes through. */
#include "api_write.h"

#include "admit.h"
#include "api_change.h"
#include "api_delete.h"
#include "api_read.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "status.h"

int np_write_begin(struct np_write *w, struct np_request *req, struct np_reply *rep,
		   const char *options)
{
	*w = (struct np_write){ .req = req,
				.rep = rep,
				.status = strcmp(req->subresource, "status") == 0 };
	if (np_api_check_accept(req, rep) || np_body_options(req, options, &w->o, rep))
		return -1;
	w->manager = (struct np_manager){ w->o.field_manager, np_kind_api_version(req->kind),
					  w->status };
	return 0;
}

static struct np_store *store_of(const struct np_write *w)
{
	return w->req->env.store;
}

static const char *name_of(const json_t *o)
{
	return np_json_str(o, "metadata/name", "");
}

/* ---- create ---- */

/* Call with the namespace lock held for reading. */
static int check_namespace(const struct np_write *w, const char *name)
{
	const char *ns_name = w->req->ns;
	json_t *ns;
	bool going;

	if (!np_kinds[w->req->kind].namespaced)
		return 0;
	ns = np_store_get(store_of(w), NP_KIND_NAMESPACE, "", ns_name);
	if (!ns)
		return np_fail_not_found(w->rep, NP_KIND_NAMESPACE, ns_name);
	going = json_object_get(json_object_get(ns, "metadata"), "deletionTimestamp");
	json_decref(ns);
	if (!going)
		return 0;
	return np_fail_forbidden(
		w->rep, w->req->kind, name,
		np_json_pack("[{s:s, s:o, s:s}]", "reason", "NamespaceTerminating", "message",
			     np_json_string(np_str_from("the namespace is being terminated")),
			     "field", "metadata.namespace"),
		"unable to create new content in namespace %s because it is being terminated",
		ns_name);
}

static int refuse_causes(const struct np_write *w, const json_t *object, struct np_causes *causes)
{
	int rc = 0;

	if (np_causes_count(causes))
		rc = np_fail_invalid(w->rep, w->req->kind, name_of(object), causes);
	np_causes_release(causes);
	return rc;
}

/* What a dry run answers in place of what the store would fill in. */
static void pretend_stored(json_t *object)
{
	json_t *meta = json_object_get(object, "metadata");
	time_t now = time(NULL);
	char when[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(meta, "uid", json_string("00000000-0000-4000-8000-000000000000"));
	json_object_set_new(meta, "creationTimestamp", json_string(when));
}

static int store_new(struct np_write *w, json_t *object, json_t **ret)
{
	struct np_err err = { 0 };
	json_t *there;

	if (w->o.dry_run) {
		there = np_store_get(store_of(w), w->req->kind, w->req->ns, name_of(object));
		json_decref(there);
		if (there)
			return np_fail_exists(w->rep, w->req->kind, name_of(object));
		pretend_stored(object);
		*ret = json_incref(object);
		return 0;
	}
	if (np_store_create(store_of(w), w->req->kind, object, ret, &err) == 0)
		return 0;
	if (err.code == NP_ECONFLICT)
		return np_fail_exists(w->rep, w->req->kind, name_of(object));
	return np_fail_internal(w->rep, "%s", err.msg);
}

/* From a decoded object to a stored one. @config: for an apply, what was sent. */
static int create_object(struct np_write *w, json_t *object, const json_t *config, json_t **ret)
{
	const struct np_type *type = np_schema_of(w->req->kind);
	const char *rv = np_json_str(object, "metadata/resourceVersion", "");
	struct np_causes causes = { 0 };

	/* The API server finds this when it stores, so a dry run passes. */
	if (*rv && strcmp(rv, "0") != 0 && !w->o.dry_run)
		return np_fail_internal(
			w->rep, "resourceVersion should not be set on objects to be created");
	np_admit_prepare_create(w->req->kind, object);
	if (check_namespace(w, name_of(object)))
		return -1;
	np_admit_default(w->req->kind, object);
	np_admit_check(w->req->kind, object, NULL, &causes,
		       w->o.strictness == NP_IGNORE ? NULL : &w->rep->warnings);
	np_admit_allocate(w->req->kind, object, w->req->env.services, &causes);
	if (refuse_causes(w, object, &causes))
		return -1;
	if (config)
		np_managed_apply(type, NULL, object, config, &w->manager);
	else
		np_managed_update(type, NULL, object, &w->manager);
	return store_new(w, object, ret);
}

int np_write_create(struct np_write *w, json_t *object, const json_t *config, json_t **ret)
{
	int rc;

	pthread_rwlock_rdlock(w->req->env.ns_lock);
	rc = create_object(w, object, config, ret);
	pthread_rwlock_unlock(w->req->env.ns_lock);
	return rc;
}

int np_api_create(struct np_request *req, struct np_reply *rep)
{
	json_t *object, *stored;
	struct np_write w;
	int rc;

	if (np_write_begin(&w, req, rep, "CreateOptions") ||
	    np_body_object(req, np_body_object_types, w.o.strictness, &object, rep))
		return -1;
	rc = np_write_create(&w, object, NULL, &stored);
	json_decref(object);
	if (rc)
		return -1;
	rc = np_api_show(req, rep, 201, stored);
	json_decref(stored);
	return rc;
}

/* ---- changes ---- */

static int check_identity(const struct np_write *w, const json_t *object, const json_t *old)
{
	const char *uid = np_json_str(object, "metadata/uid", ""),
		   *rv = np_json_str(object, "metadata/resourceVersion", "");
	const char *old_uid = np_json_str(old, "metadata/uid", "");

	if (strcmp(name_of(object), w->req->name) != 0)
		return np_fail_bad_request(
			w->rep,
			"the name of the object (%s) does not match the name on the URL (%s)",
			name_of(object), w->req->name);
	if (*uid && strcmp(uid, old_uid) != 0)
		return np_fail_conflict(
			w->rep, w->req->kind, w->req->name,
			"Precondition failed: UID in precondition: %s, UID in object meta: %s", uid,
			old_uid);
	if (*rv && strcmp(rv, "0") != 0 &&
	    strcmp(rv, np_json_str(old, "metadata/resourceVersion", "")) != 0)
		return np_fail_modified(w->rep, w->req->kind, w->req->name);
	return 0;
}

static int settle_ns(const struct np_write *w, json_t *object)
{
	const char *ns = np_json_str(object, "metadata/namespace", "");

	if (strcmp(ns, w->req->ns) == 0)
		return 0;
	if (*ns)
		return np_fail_bad_request(w->rep, "the namespace of the provided object does not "
						   "match the namespace sent on the request");
	json_object_set_new(np_admit_object(object, "metadata"), "namespace",
			    np_json_string(np_str_from(w->req->ns)));
	return 0;
}

int np_write_admit(struct np_write *w, json_t *object, const json_t *old, const json_t *config)
{
	const struct np_type *type = np_schema_of(w->req->kind);
	enum np_kind_id kind = w->req->kind;
	struct np_causes causes = { 0 };

	if ((np_kinds[kind].namespaced && settle_ns(w, object)) || check_identity(w, object, old))
		return -1;
	if (w->status) {
		np_admit_prepare_status(kind, object, old);
	} else {
		if (kind == NP_KIND_SERVICE)
			np_admit_keep_service(object, old);
		np_admit_default(kind, object);
		np_admit_prepare_update(kind, object, old);
		np_admit_check(kind, object, old, &causes,
			       w->o.strictness == NP_IGNORE ? NULL : &w->rep->warnings);
		if (refuse_causes(w, object, &causes))
			return -1;
	}
	if (config)
		np_managed_apply(type, old, object, config, &w->manager);
	else
		np_managed_update(type, old, object, &w->manager);
	return 0;
}

int np_write_store(struct np_write *w, json_t *object, const json_t *old, json_t **ret)
{
	struct np_err err = { 0 };

	json_object_set(json_object_get(object, "metadata"), "resourceVersion",
			np_json_at(old, "metadata/resourceVersion"));
	if (w->o.dry_run) {
		*ret = json_incref(object);
		return 0;
	}
	if (np_store_update(store_of(w), w->req->kind, object, ret, &err) == 0) {
		/* The last finalizer may just have gone. */
		if (np_delete_is_due(w->req->kind, *ret) &&
		    json_object_get(json_object_get(old, "metadata"), "finalizers"))
			np_store_delete(store_of(w), w->req->kind, w->req->ns, w->req->name, NULL,
					NULL);
		return 0;
	}
	if (err.code == NP_ECONFLICT)
		return 1;
	if (err.code == NP_ENOTFOUND)
		return np_fail_not_found(w->rep, w->req->kind, w->req->name);
	return np_fail_internal(w->rep, "%s", err.msg);
}

static int change_once(struct np_write *w, np_change_fn *change, void *ctx, const json_t *old,
		       json_t **ret)
{
	json_t *object = NULL;
	int rc = change(w, old, ctx, &object);

	if (rc == 0)
		rc = np_write_admit(w, object, old, NULL);
	if (rc == 0)
		rc = np_write_store(w, object, old, ret);
	json_decref(object);
	return rc;
}

int np_change(struct np_write *w, np_change_fn *change, void *ctx)
{
	json_t *stored = NULL;
	int rc = 1;

	for (int i = 0; i < NP_API_WRITE_TRIES && rc == 1; i++) {
		json_t *old = np_store_get(store_of(w), w->req->kind, w->req->ns, w->req->name);

		if (!old)
			return np_fail_not_found(w->rep, w->req->kind, w->req->name);
		np_notes_release(&w->rep->warnings);
		rc = change_once(w, change, ctx, old, &stored);
		json_decref(old);
	}
	if (rc == 1)
		return np_fail_modified(w->rep, w->req->kind, w->req->name);
	if (rc)
		return -1;
	rc = np_api_show(w->req, w->rep, 200, stored);
	json_decref(stored);
	return rc;
}

static int change_replace(struct np_write *w, const json_t *old, void *ctx, json_t **ret)
{
	(void)ctx;
	(void)old;
	return np_body_object(w->req, np_body_object_types, w->o.strictness, ret, w->rep);
}

int np_api_replace(struct np_request *req, struct np_reply *rep)
{
	struct np_write w;

	if (np_write_begin(&w, req, rep, "UpdateOptions"))
		return -1;
	return np_change(&w, change_replace, NULL);
}
