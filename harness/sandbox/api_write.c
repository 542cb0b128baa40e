/* Create, replace, patch, apply. */
#include "api_write.h"

#include "admit.h"
#include "api_body.h"
#include "api_delete.h"
#include "api_read.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "patch.h"
#include "patch_apply.h"
#include "status.h"

/* A write under way. */
struct write {
	struct np_request *req;
	struct np_reply *rep;
	struct np_write_options o;
	struct np_manager manager;
	bool status;	/* of the status subresource */
};

static int begin(struct write *w, struct np_request *req, struct np_reply *rep, const char *options)
{
	*w = (struct write){ .req = req,
			     .rep = rep,
			     .status = strcmp(req->subresource, "status") == 0 };
	if (np_api_check_accept(req, rep) || np_body_options(req, options, &w->o, rep))
		return -1;
	w->manager = (struct np_manager){ w->o.field_manager, np_kind_api_version(req->kind),
					  w->status };
	return 0;
}

static struct np_store *store_of(const struct write *w)
{
	return w->req->env.store;
}

static const char *name_of(const json_t *o)
{
	return np_json_str(o, "metadata/name", "");
}

/* ---- create ---- */

/* Call with the namespace lock held for reading. */
static int check_namespace(const struct write *w, const char *name)
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

static int refuse_causes(const struct write *w, const json_t *object, struct np_causes *causes)
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

static int store_new(struct write *w, json_t *object, json_t **ret)
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
static int create_object(struct write *w, json_t *object, const json_t *config, json_t **ret)
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

static int create_locked(struct write *w, json_t *object, const json_t *config, json_t **ret)
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
	struct write w;
	int rc;

	if (begin(&w, req, rep, "CreateOptions") ||
	    np_body_object(req, np_body_object_types, w.o.strictness, &object, rep))
		return -1;
	rc = create_locked(&w, object, NULL, &stored);
	json_decref(object);
	if (rc)
		return -1;
	rc = np_api_show(req, rep, 201, stored);
	json_decref(stored);
	return rc;
}

/* ---- changes ---- */

/*
 * Makes the object that should follow @old: new and conformed. -1 with a Status. @ctx is the
 * caller's.
 */
typedef int change_fn(struct write *w, const json_t *old, void *ctx, json_t **ret);

static int check_identity(const struct write *w, const json_t *object, const json_t *old)
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

static int settle_ns(const struct write *w, json_t *object)
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

/* Everything between a changed object and storing it. In place. */
static int admit_change(struct write *w, json_t *object, const json_t *old, const json_t *config)
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

/* 0 stored, 1 somebody was faster, -1 with a Status. */
static int store_change(struct write *w, json_t *object, const json_t *old, json_t **ret)
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

static int change_once(struct write *w, change_fn *change, void *ctx, const json_t *old,
		       json_t **ret)
{
	json_t *object = NULL;
	int rc = change(w, old, ctx, &object);

	if (rc == 0)
		rc = admit_change(w, object, old, NULL);
	if (rc == 0)
		rc = store_change(w, object, old, ret);
	json_decref(object);
	return rc;
}

/*
 * Tries until nobody comes between; a change that names a revision is refused by check_identity()
 * then.
 */
static int change_object(struct write *w, change_fn *change, void *ctx)
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

static int change_replace(struct write *w, const json_t *old, void *ctx, json_t **ret)
{
	(void)ctx;
	(void)old;
	return np_body_object(w->req, np_body_object_types, w->o.strictness, ret, w->rep);
}

int np_api_replace(struct np_request *req, struct np_reply *rep)
{
	struct write w;

	if (begin(&w, req, rep, "UpdateOptions"))
		return -1;
	return change_object(&w, change_replace, NULL);
}

/* ---- patches ---- */

enum patch_kind { PATCH_JSON, PATCH_MERGE, PATCH_STRATEGIC, PATCH_APPLY, PATCH_UNKNOWN };

static const char *const patch_types[] = { "application/json-patch+json",
					   "application/merge-patch+json",
					   "application/strategic-merge-patch+json",
					   "application/apply-patch+yaml", NULL };

struct patch {
	enum patch_kind kind;
	json_t *body;
};

static int patch_failed(struct write *w, const struct np_err *err)
{
	if (err->code != NP_EVALID)
		return np_fail_bad_request(w->rep, "%s", err->msg);
	return np_fail(w->rep, 422, "Invalid", json_object(),
		       "the server rejected our request due to an error in our request: %s",
		       err->msg);
}

static int change_patch(struct write *w, const json_t *old, void *ctx, json_t **ret)
{
	const struct patch *p = ctx;
	struct np_err err = { 0 };
	json_t *patched;
	int rc;

	switch (p->kind) {
	case PATCH_JSON:
		patched = np_patch_json(old, p->body, &err);
		break;
	case PATCH_STRATEGIC:
		patched = np_patch_strategic(np_schema_of(w->req->kind), old, p->body, &err);
		break;
	default:
		patched = np_patch_merge(old, p->body);
		break;
	}
	if (!patched)
		return patch_failed(w, &err);
	rc = np_body_conform(w->req, patched, w->o.strictness, ret, w->rep);
	json_decref(patched);
	return rc;
}

static int read_patch(struct write *w, struct patch *p)
{
	const char *types[] = { patch_types[p->kind], NULL };
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	int rc;

	if (np_body_read(w->req, types, &docs, w->rep))
		return -1;
	rc = np_conform_any(&docs.items[0].root, &p->body, &err)
		     ? np_fail_bad_request(w->rep, "%s", err.msg)
		     : 0;
	np_docs_release(&docs);
	if (rc == 0 && p->kind != PATCH_JSON && !json_is_object(p->body)) {
		rc = np_fail_bad_request(w->rep,
					 "error decoding patch: json: cannot unmarshal %s into Go "
					 "value of type map[string]interface {}",
					 json_is_array(p->body) ? "array" : "a scalar");
		json_decref(p->body);
	}
	return rc;
}

static int conflict_causes(struct write *w, json_t *causes_take)
{
	size_t n = json_array_size(causes_take), i;
	struct np_buf text = { 0 };
	json_t *details, *c;

	np_buf_printf(&text, "Apply failed with %zu conflict%s: ", n, n == 1 ? "" : "s");
	json_array_foreach(causes_take, i, c) {
		if (n == 1)
			np_buf_printf(&text, "%s: %s", np_json_str(c, "message", ""),
				      np_json_str(c, "field", ""));
		else
			np_buf_printf(&text, "%s%s:\n- %s", i ? "\n" : "",
				      np_json_str(c, "message", ""), np_json_str(c, "field", ""));
	}
	details = np_json_pack("{s:o}", "causes", causes_take);
	np_fail(w->rep, 409, "Conflict", details, "%s", np_buf_text(&text));
	np_buf_release(&text);
	return -1;
}

/* 0, 1 somebody was faster, -1 with a Status. */
static int apply_once(struct write *w, const json_t *config, const json_t *old, json_t **ret)
{
	json_t *conflicts = NULL,
	       *merged = np_apply(np_schema_of(w->req->kind), old, config, &w->manager, w->o.force,
				  &conflicts),
	       *object = NULL;
	int rc;

	if (!merged)
		return conflict_causes(w, conflicts);
	rc = np_body_conform(w->req, merged, NP_IGNORE, &object, w->rep);
	if (rc == 0 && !old) {
		rc = create_locked(w, object, config, ret);
		/* A creation that came between is the next round's object. */
		if (rc && w->rep->code == 409)
			rc = 1;
	} else if (rc == 0) {
		rc = admit_change(w, object, old, config);
		if (rc == 0)
			rc = store_change(w, object, old, ret);
	}
	json_decref(merged);
	json_decref(object);
	return rc;
}

static int apply_config(struct write *w, json_t *config)
{
	json_t *stored = NULL;
	int rc = 1, code = 200;

	if (!*name_of(config))
		json_object_set_new(np_admit_object(config, "metadata"), "name",
				    np_json_string(np_str_from(w->req->name)));
	if (json_object_get(json_object_get(config, "metadata"), "managedFields"))
		return np_fail_bad_request(w->rep, "metadata.managedFields must be nil");
	for (int i = 0; i < NP_API_WRITE_TRIES && rc == 1; i++) {
		json_t *old = np_store_get(store_of(w), w->req->kind, w->req->ns, w->req->name);

		code = old ? 200 : 201;
		if (!old && w->status)
			return np_fail_not_found(w->rep, w->req->kind, w->req->name);
		if (!old && strcmp(name_of(config), w->req->name) != 0)
			return np_fail_bad_request(w->rep,
						   "the name of the object (%s) does not match the "
						   "name on the URL (%s)",
						   name_of(config), w->req->name);
		rc = apply_once(w, config, old, &stored);
		json_decref(old);
	}
	if (rc == 1)
		return np_fail_modified(w->rep, w->req->kind, w->req->name);
	if (rc)
		return -1;
	json_decref(w->rep->json);
	w->rep->json = NULL;
	rc = np_api_show(w->req, w->rep, code, stored);
	json_decref(stored);
	return rc;
}

static int patch_apply(struct write *w)
{
	json_t *config;
	int rc;

	if (!np_request_query(w->req, "fieldManager") ||
	    !*np_request_query(w->req, "fieldManager")) {
		struct np_causes causes = { 0 };

		np_causes_add(&causes, NP_CAUSE_REQUIRED, "fieldManager", NULL,
			      "is required for apply patch");
		rc = np_fail_invalid_options(w->rep, "PatchOptions", &causes);
		np_causes_release(&causes);
		return rc;
	}
	/* A field that is not declared is an error here, whatever fieldValidation says. */
	if (np_body_object(w->req, np_body_apply_types, NP_STRICT, &config, w->rep))
		return -1;
	rc = apply_config(w, config);
	json_decref(config);
	return rc;
}

int np_api_patch(struct np_request *req, struct np_reply *rep)
{
	struct patch p = { .kind = PATCH_JSON };
	struct write w;
	char type[96];
	int rc;

	np_body_type(req, type, sizeof(type));
	while (patch_types[p.kind] && strcmp(patch_types[p.kind], type) != 0)
		p.kind++;
	if (p.kind == PATCH_UNKNOWN)
		return np_fail(
			rep, 415, "UnsupportedMediaType", json_object(),
			"the body of the request was in an unknown format - accepted media types "
			"include: application/json-patch+json, "
			"application/merge-patch+json, application/strategic-merge-patch+json, "
			"application/apply-patch+yaml");
	if (begin(&w, req, rep, "PatchOptions"))
		return -1;
	if (p.kind == PATCH_APPLY)
		return patch_apply(&w);
	if (read_patch(&w, &p))
		return -1;
	rc = change_object(&w, change_patch, &p);
	json_decref(p.body);
	return rc;
}
