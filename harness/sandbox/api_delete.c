/* Deletion of objects, collections and namespaces. */
#include "api_delete.h"

#include "admit.h"
#include "api_body.h"
#include "api_read.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/parse/read.h"
#include "select.h"
#include "status.h"

#define TRIES 16

bool np_delete_is_due(enum np_kind_id kind, const json_t *object)
{
	const json_t *meta = json_object_get(object, "metadata");

	if (!json_object_get(meta, "deletionTimestamp") ||
	    json_array_size(json_object_get(meta, "finalizers")))
		return false;
	/* Pods in their grace are the node agent's, namespaces the controller's. */
	return kind != NP_KIND_NAMESPACE &&
	       (kind != NP_KIND_POD || np_json_int(meta, "deletionGracePeriodSeconds", 0) == 0);
}

static int check_preconditions(enum np_kind_id kind, const char *name, const json_t *object,
			       const struct np_delete_options *o, struct np_reply *rep)
{
	const char *uid = np_json_str(object, "metadata/uid", ""),
		   *rv = np_json_str(object, "metadata/resourceVersion", "");

	if (o->uid && strcmp(o->uid, uid) != 0)
		return np_fail_conflict(
			rep, kind, name,
			"Precondition failed: UID in precondition: %s, UID in object meta: %s",
			o->uid, uid);
	if (o->resource_version && strcmp(o->resource_version, rv) != 0)
		return np_fail_conflict(rep, kind, name,
					"Precondition failed: ResourceVersion in precondition: %s, "
					"ResourceVersion in object meta: %s",
					o->resource_version, rv);
	return 0;
}

/* Pods that no node has, or that have ended, need no grace. */
static long long grace_of(enum np_kind_id kind, const json_t *object,
			  const struct np_delete_options *o)
{
	const char *phase = np_json_str(object, "status/phase", "");
	long long own = np_json_int(object, "spec/terminationGracePeriodSeconds", 30);

	if (kind != NP_KIND_POD || !*np_json_str(object, "spec/nodeName", "") ||
	    strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0)
		return 0;
	return o->grace_s >= 0 ? o->grace_s : own;
}

static bool lingers(enum np_kind_id kind, const json_t *object, long long grace_s)
{
	return kind == NP_KIND_NAMESPACE || grace_s > 0 ||
	       json_array_size(np_json_at(object, "metadata/finalizers"));
}

/* A copy of @object that is being deleted; NULL when it is already, and not sooner now. */
static json_t *marked(enum np_kind_id kind, const json_t *object, long long grace_s)
{
	bool already = np_json_at(object, "metadata/deletionTimestamp");
	time_t when = time(NULL) + (time_t)grace_s;
	char text[32];
	json_t *copy, *meta;
	struct tm tm;

	if (already && (kind == NP_KIND_NAMESPACE ||
			grace_s >= np_json_int(object, "metadata/deletionGracePeriodSeconds", 0)))
		return NULL;
	copy = json_deep_copy(object);
	meta = json_object_get(copy, "metadata");
	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(meta, "deletionTimestamp", json_string(text));
	if (kind == NP_KIND_NAMESPACE)
		json_object_set_new(np_admit_object(copy, "status"), "phase",
				    json_string("Terminating"));
	else
		json_object_set_new(meta, "deletionGracePeriodSeconds", json_integer(grace_s));
	if (np_admit_has_generation(kind) && !already)
		json_object_set_new(meta, "generation",
				    json_integer(np_json_int(meta, "generation", 0) + 1));
	return copy;
}

/* 0 done, 1 somebody was faster, -1 with a Status. */
static int delete_once(struct np_store *s, enum np_kind_id kind, const json_t *object,
		       const struct np_delete_options *o, json_t **ret, bool *ret_gone)
{
	const char *ns = np_json_str(object, "metadata/namespace", ""),
		   *name = np_json_str(object, "metadata/name", "");
	long long grace_s = grace_of(kind, object, o);
	struct np_err err = { 0 };
	json_t *copy;
	int rc;

	*ret_gone = !lingers(kind, object, grace_s);
	if (o->dry_run) {
		*ret = json_incref((json_t *)object);
		return 0;
	}
	if (*ret_gone)
		return np_store_delete(s, kind, ns, name, ret, &err) ? 1 : 0;
	copy = marked(kind, object, grace_s);
	if (!copy) {
		*ret = json_incref((json_t *)object);
		return 0;
	}
	rc = np_store_update(s, kind, copy, ret, &err) ? 1 : 0;
	json_decref(copy);
	return rc;
}

int np_delete_one(struct np_store *s, enum np_kind_id kind, const char *ns, const char *name,
		  const struct np_delete_options *o, json_t **ret, bool *ret_gone,
		  struct np_reply *rep)
{
	int rc = 1;

	for (int i = 0; i < TRIES && rc == 1; i++) {
		json_t *object = np_store_get(s, kind, ns, name);

		if (!object)
			return np_fail_not_found(rep, kind, name);
		rc = check_preconditions(kind, name, object, o, rep);
		if (rc == 0)
			rc = delete_once(s, kind, object, o, ret, ret_gone);
		json_decref(object);
	}
	return rc == 1 ? np_fail_modified(rep, kind, name) : rc;
}

/* ---- requests ---- */

static int read_grace(const struct np_request *req, const json_t *body, struct np_delete_options *o,
		      struct np_reply *rep)
{
	const json_t *grace = json_object_get(body, "gracePeriodSeconds");

	if (np_request_query_int(req, rep, "gracePeriodSeconds",
				 json_is_integer(grace) ? json_integer_value(grace) : -1,
				 &o->grace_s))
		return -1;
	if (o->grace_s < -1)
		o->grace_s = -1;
	return 0;
}

static int check_policy(const struct np_request *req, const json_t *body, struct np_reply *rep)
{
	const char *policy = np_request_query(req, "propagationPolicy");
	struct np_causes causes = { 0 };
	int rc = 0;

	if (!policy)
		policy = np_json_str(body, "propagationPolicy", NULL);
	if (policy && *policy && strcmp(policy, "Background") != 0 &&
	    strcmp(policy, "Foreground") != 0 && strcmp(policy, "Orphan") != 0) {
		np_causes_add_text(&causes, NP_CAUSE_NOT_SUPPORTED, "propagationPolicy",
				   np_str_from(policy),
				   "supported values: \"Background\", \"Foreground\", \"Orphan\"");
		rc = np_fail_invalid_options(rep, "DeleteOptions", &causes);
	}
	np_causes_release(&causes);
	return rc;
}

/* *@ret_body owns the strings in @o; it may become NULL. */
static int read_options(const struct np_request *req, struct np_delete_options *o,
			json_t **ret_body, struct np_reply *rep)
{
	struct np_write_options w;
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	json_t *body = NULL;
	int rc = 0;

	*o = (struct np_delete_options){ .grace_s = -1 };
	*ret_body = NULL;
	if (np_body_options(req, "DeleteOptions", &w, rep))
		return -1;
	if (req->body.n || req->body_too_large) {
		if (np_body_read(req, np_body_object_types, &docs, rep))
			return -1;
		if (docs.n && docs.items[0].root.kind == NP_VALUE_MAP)
			rc = np_conform_any(&docs.items[0].root, &body, &err)
				     ? np_fail_bad_request(rep, "%s", err.msg)
				     : 0;
		else if (docs.n && docs.items[0].root.kind != NP_VALUE_NULL)
			rc = np_fail_bad_request(rep, "the options of a deletion are no object");
		np_docs_release(&docs);
	}
	if (rc || read_grace(req, body, o, rep) || check_policy(req, body, rep)) {
		json_decref(body);
		return -1;
	}
	o->uid = np_json_str(body, "preconditions/uid", NULL);
	o->resource_version = np_json_str(body, "preconditions/resourceVersion", NULL);
	o->dry_run = w.dry_run || json_array_size(json_object_get(body, "dryRun"));
	*ret_body = body;
	return 0;
}

/* The kinds whose deletion answers with the object even when it is gone. */
static bool shows_object(enum np_kind_id kind)
{
	return kind == NP_KIND_POD || kind == NP_KIND_SERVICE;
}

static int show_deleted(const struct np_request *req, struct np_reply *rep, json_t *object,
			bool gone)
{
	json_t *details;

	if (!gone || shows_object(req->kind))
		return np_api_show(req, rep, 200, object);
	details = np_status_details(req->kind, req->name, false);
	json_object_set(details, "uid", np_json_at(object, "metadata/uid"));
	rep->json = np_status_new(true, 0, NULL, NULL, details);
	rep->code = 200;
	return 0;
}

int np_api_delete(const struct np_request *req, struct np_reply *rep)
{
	struct np_delete_options o;
	json_t *body, *object;
	bool gone;
	int rc;

	if (np_api_check_accept(req, rep) || read_options(req, &o, &body, rep))
		return -1;
	rc = np_delete_one(req->env.store, req->kind, req->ns, req->name, &o, &object, &gone, rep);
	json_decref(body);
	if (rc)
		return -1;
	rc = show_deleted(req, rep, object, gone);
	json_decref(object);
	return rc;
}

static int delete_matching(const struct np_request *req, const struct np_select *select,
			   const struct np_delete_options *o, json_t *items, struct np_reply *rep)
{
	json_t *all = np_store_list(req->env.store, req->kind, req->ns, NULL), *v, *object;
	int rc = 0;
	bool gone;
	size_t i;

	json_array_foreach(all, i, v) {
		struct np_reply one = { 0 };

		if (!np_select_match(select, v))
			continue;
		if (np_delete_one(
			    req->env.store, req->kind, np_json_str(v, "metadata/namespace", ""),
			    np_json_str(v, "metadata/name", ""), o, &object, &gone, &one) == 0) {
			json_array_append_new(items, object);
		} else if (one.code != 404 && rc == 0) {
			rc = -1;
			rep->code = one.code;
			rep->json = json_incref(one.json);
		}
		np_reply_release(&one);
	}
	json_decref(all);
	return rc;
}

int np_api_delete_collection(const struct np_request *req, struct np_reply *rep)
{
	struct np_select select = { 0 };
	struct np_delete_options o;
	struct np_err err = { 0 };
	json_t *body, *items;
	char kind[64];
	int rc;

	if (np_api_check_accept(req, rep) || read_options(req, &o, &body, rep))
		return -1;
	if (np_select_parse(req->kind, np_request_query(req, "labelSelector"),
			    np_request_query(req, "fieldSelector"), &select, &err)) {
		json_decref(body);
		return np_fail_bad_request(rep, "%s", err.msg);
	}
	items = json_array();
	rc = delete_matching(req, &select, &o, items, rep);
	if (rc == 0) {
		snprintf(kind, sizeof(kind), "%sList", np_kinds[req->kind].kind);
		rep->code = 200;
		rep->json =
			np_json_pack("{s:s, s:s, s:{}, s:O}", "kind", kind, "apiVersion",
				     np_kind_api_version(req->kind), "metadata", "items", items);
	}
	json_decref(items);
	json_decref(body);
	np_select_release(&select);
	return rc;
}

int np_api_evict(const struct np_request *req, struct np_reply *rep)
{
	struct np_delete_options o = { .grace_s = -1 };
	json_t *object;
	bool gone;

	if (np_delete_one(req->env.store, NP_KIND_POD, req->ns, req->name, &o, &object, &gone, rep))
		return -1;
	json_decref(object);
	rep->code = 201;
	rep->json = np_status_new(true, 201, NULL, NULL, NULL);
	return 0;
}

/* ---- namespaces ---- */

static const enum np_kind_id content_kinds[] = { NP_KIND_NETWORKPOLICY, NP_KIND_SERVICE,
						 NP_KIND_POD, NP_KIND_EVENT };

/*
 * Deletes what is in the namespace; fills what stays: "pods. has 2 resource instances", and whose
 * finalizers. Returns how many objects stay.
 */
static size_t delete_content(struct np_store *s, const char *ns, struct np_buf *remaining)
{
	static const struct np_delete_options o = { .grace_s = -1 };
	size_t n_all = 0, i;

	for (size_t k = 0; k < NP_ARRAY_SIZE(content_kinds); k++) {
		json_t *list = np_store_list(s, content_kinds[k], ns, NULL), *v, *object;
		size_t n = 0;
		bool gone;

		json_array_foreach(list, i, v) {
			struct np_reply rep = { 0 };

			if (np_delete_one(s, content_kinds[k], ns,
					  np_json_str(v, "metadata/name", ""), &o, &object, &gone,
					  &rep) == 0) {
				n += !gone;
				json_decref(object);
			}
			np_reply_release(&rep);
		}
		if (n)
			np_buf_printf(remaining, "%s%s%s has %zu resource instances",
				      remaining->len ? ", " : "",
				      np_kind_resource(content_kinds[k]),
				      content_kinds[k] == NP_KIND_NETWORKPOLICY ? "" : ".", n);
		n_all += n;
		json_decref(list);
	}
	return n_all;
}

static json_t *condition(const char *type, bool status, const char *reason, const char *message)
{
	time_t now = time(NULL);
	char when[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return np_json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", type, "status",
			    status ? "True" : "False", "lastTransitionTime", when, "reason", reason,
			    "message", message);
}

/* Says in the namespace's status what it is waiting for, when that is something new. */
static void tell_remaining(struct np_store *s, const json_t *ns, const char *remaining)
{
	char *message = np_xasprintf("Some resources are remaining: %s", remaining);
	json_t *copy, *c;
	size_t i;

	json_array_foreach(np_json_at(ns, "status/conditions"), i, c) {
		if (strcmp(np_json_str(c, "message", ""), message) == 0) {
			free(message);
			return;
		}
	}
	copy = json_deep_copy(ns);
	json_object_set_new(
		np_admit_object(copy, "status"), "conditions",
		np_json_pack(
			"[o, o, o, o]",
			condition("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
				  "All resources successfully discovered"),
			condition(
				"NamespaceDeletionContentFailure", false, "ContentDeleted",
				"All content successfully deleted, may be waiting on finalization"),
			condition("NamespaceContentRemaining", true, "SomeResourcesRemain",
				  message),
			condition("NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers",
				  "All content-preserving finalizers finished")));
	np_store_update(s, NP_KIND_NAMESPACE, copy, NULL, NULL);
	json_decref(copy);
	free(message);
}

static bool is_empty(struct np_store *s, const char *ns)
{
	for (size_t k = 0; k < NP_ARRAY_SIZE(content_kinds); k++) {
		json_t *list = np_store_list(s, content_kinds[k], ns, NULL);
		size_t n = json_array_size(list);

		json_decref(list);
		if (n)
			return false;
	}
	return true;
}

static void finish_namespace(const struct np_api_env *env, const json_t *ns)
{
	const char *name = np_json_str(ns, "metadata/name", "");
	struct np_buf remaining = { 0 };

	if (delete_content(env->store, name, &remaining)) {
		tell_remaining(env->store, ns, np_buf_text(&remaining));
	} else if (!json_array_size(np_json_at(ns, "metadata/finalizers"))) {
		/* Nobody can create between the look and the end. */
		pthread_rwlock_wrlock(env->ns_lock);
		if (is_empty(env->store, name))
			np_store_delete(env->store, NP_KIND_NAMESPACE, "", name, NULL, NULL);
		pthread_rwlock_unlock(env->ns_lock);
	}
	np_buf_release(&remaining);
}

void np_delete_namespaces_step(const struct np_api_env *env)
{
	json_t *list = np_store_list(env->store, NP_KIND_NAMESPACE, NULL, NULL), *ns;
	size_t i;

	json_array_foreach(list, i, ns) {
		if (np_json_at(ns, "metadata/deletionTimestamp"))
			finish_namespace(env, ns);
	}
	json_decref(list);
}
