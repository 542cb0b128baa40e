/* Paths and methods to handlers. */
#include "api_route.h"

#include "api_body.h"
#include "api_delete.h"
#include "api_log.h"
#include "api_read.h"
#include "api_verbs.h"
#include "api_write.h"
#include "discovery.h"
#include "execstream.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "openapi.h"
#include "status.h"

#define MAX_SEGMENTS 8

/* ---- the path of an object ---- */

struct segments {
	const char *s[MAX_SEGMENTS];
	size_t n;
};

/* false when there are too many, or an empty one. */
static bool split(struct np_request *req, const char *path, struct segments *ret)
{
	ret->n = 0;
	while (*path == '/') {
		size_t n = strcspn(++path, "/");

		if (n == 0 && !*path)
			return true;
		if (n == 0 || ret->n == MAX_SEGMENTS)
			return false;
		ret->s[ret->n++] = np_arena_str(&req->arena, (struct np_str){ path, n }).p;
		path += n;
	}
	return *path == '\0';
}

static bool find_kind(const char *group, const char *plural, enum np_kind_id *ret)
{
	for (size_t k = 0; k < NP_N_KINDS; k++) {
		if (strcmp(np_kinds[k].group, group) == 0 &&
		    strcmp(np_kinds[k].plural, plural) == 0) {
			*ret = (enum np_kind_id)k;
			return true;
		}
	}
	return false;
}

/* @s: what follows the version. [namespaces NS] PLURAL [NAME [SUBRESOURCE]] */
static bool read_target(struct np_request *req, const char *group, const char *const *s, size_t n)
{
	bool in_ns = n >= 3 && strcmp(s[0], "namespaces") == 0 &&
		     find_kind(group, s[2], &req->kind) && np_kinds[req->kind].namespaced;

	req->ns = req->name = req->subresource = "";
	if (in_ns) {
		req->ns = s[1];
		s += 2;
		n -= 2;
	} else if (n == 0 || !find_kind(group, s[0], &req->kind)) {
		return false;
	}
	if (n > 1)
		req->name = s[1];
	if (n > 2)
		req->subresource = s[2];
	req->has_kind = true;
	return n <= 3 && (in_ns || !np_kinds[req->kind].namespaced || n == 1);
}

static bool read_path(struct np_request *req)
{
	struct segments seg;

	if (!split(req, req->path, &seg) || seg.n < 3)
		return false;
	if (strcmp(seg.s[0], "api") == 0 && strcmp(seg.s[1], "v1") == 0)
		return read_target(req, "", seg.s + 2, seg.n - 2);
	if (strcmp(seg.s[0], "apis") != 0 || seg.n < 4 || strcmp(seg.s[2], "v1") != 0)
		return false;
	return read_target(req, seg.s[1], seg.s + 3, seg.n - 3);
}

/* ---- reviews that kubectl auth asks for ---- */

static int review(struct np_request *req, struct np_reply *rep, const char *group_version,
		  const char *kind, json_t *status_take)
{
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	json_t *spec = NULL, *body = NULL;

	if (np_body_read(req, np_body_object_types, &docs, rep) == 0 && docs.n &&
	    docs.items[0].root.kind == NP_VALUE_MAP &&
	    np_conform_any(&docs.items[0].root, &body, &err) == 0)
		spec = json_object_get(body, "spec");
	np_docs_release(&docs);
	if (!body) {
		json_decref(status_take);
		return rep->code ? -1 : np_fail_bad_request(rep, "a review is needed");
	}
	rep->code = 201;
	rep->json =
		np_json_pack("{s:s, s:s, s:{s:n}, s:o}", "kind", kind, "apiVersion", group_version,
			     "metadata", "creationTimestamp", "status", status_take);
	if (spec)
		json_object_set(rep->json, "spec", spec);
	json_decref(body);
	return 0;
}

static json_t *access_status(void)
{
	return np_json_pack("{s:b, s:s}", "allowed", 1, "reason",
			    "everything is allowed in the sandbox");
}

static json_t *rules_status(void)
{
	return np_json_pack("{s:[{s:[s], s:[s], s:[s]}], s:[{s:[s], s:[s]}], s:b}", "resourceRules",
			    "verbs", "*", "apiGroups", "*", "resources", "*", "nonResourceRules",
			    "verbs", "*", "nonResourceURLs", "*", "incomplete", 0);
}

static json_t *user_status(void)
{
	return np_json_pack("{s:{s:s, s:[s]}}", "userInfo", "username", "sandbox", "groups",
			    "system:masters");
}

/* 1 when the path is none of these. */
static int reviews(struct np_request *req, struct np_reply *rep)
{
	static const struct {
		const char *version, *plural, *kind;
		json_t *(*status)(void);
	} kinds[] = {
		{ "authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview",
		  access_status },
		{ "authorization.k8s.io/v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview",
		  rules_status },
		{ "authentication.k8s.io/v1", "selfsubjectreviews", "SelfSubjectReview",
		  user_status },
	};
	char path[96];

	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/apis/%s/%s", kinds[i].version, kinds[i].plural);
		if (strcmp(req->path, path) != 0)
			continue;
		if (strcmp(req->method, "POST") != 0)
			return np_fail_method(rep);
		return review(req, rep, kinds[i].version, kinds[i].kind, kinds[i].status());
	}
	return 1;
}

/* ---- handlers ---- */

static int get(struct np_request *req, struct np_reply *rep)
{
	return np_api_get(req, rep);
}

static int list(struct np_request *req, struct np_reply *rep)
{
	return np_api_list(req, rep);
}

static int delete_one(struct np_request *req, struct np_reply *rep)
{
	return np_api_delete(req, rep);
}

static int delete_collection(struct np_request *req, struct np_reply *rep)
{
	return np_api_delete_collection(req, rep);
}

static int pod_log(struct np_request *req, struct np_reply *rep)
{
	return np_api_log(req, rep);
}

static int pod_exec(struct np_request *req, struct np_reply *rep)
{
	return np_api_exec(req, rep);
}

static int evict(struct np_request *req, struct np_reply *rep)
{
	return np_api_evict(req, rep);
}

/*
 * What a path may be asked to do. @sub: "" the object itself; NULL: the collection. Collections of
 * all namespaces can only be listed.
 */
static const struct route {
	const char *sub, *method;
	int kind;	/* enum np_kind_id, or -1: of every kind */
	int (*handle)(struct np_request *, struct np_reply *);
} routes[] = {
	{ NULL, "GET", -1, list },
	{ NULL, "POST", -1, np_api_create },
	{ NULL, "DELETE", NP_KIND_NODE, delete_collection },
	{ NULL, "DELETE", NP_KIND_POD, delete_collection },
	{ NULL, "DELETE", NP_KIND_SERVICE, delete_collection },
	{ NULL, "DELETE", NP_KIND_NETWORKPOLICY, delete_collection },
	{ NULL, "DELETE", NP_KIND_EVENT, delete_collection },
	{ "", "GET", -1, get },
	{ "", "PUT", -1, np_api_replace },
	{ "", "PATCH", -1, np_api_patch },
	{ "", "DELETE", -1, delete_one },
	{ "finalize", "PUT", NP_KIND_NAMESPACE, np_api_replace },
	{ "log", "GET", NP_KIND_POD, pod_log },
	{ "exec", "GET", NP_KIND_POD, pod_exec },
	{ "exec", "POST", NP_KIND_POD, pod_exec },
	{ "eviction", "POST", NP_KIND_POD, evict },
};

static bool has_status(enum np_kind_id kind)
{
	return kind != NP_KIND_NETWORKPOLICY && kind != NP_KIND_EVENT;
}

static int route_object(struct np_request *req, struct np_reply *rep)
{
	bool collection = !*req->name, all_ns = np_kinds[req->kind].namespaced && !*req->ns,
	     path_known = false;
	/* A status is read and written as the object is; the handlers look at the subresource. */
	const char *sub = strcmp(req->subresource, "status") == 0 && has_status(req->kind) &&
					  strcmp(req->method, "DELETE") != 0
				  ? ""
				  : req->subresource;

	for (size_t i = 0; i < NP_ARRAY_SIZE(routes); i++) {
		const struct route *r = &routes[i];

		if ((r->kind >= 0 && r->kind != (int)req->kind) ||
		    (r->sub ? collection || strcmp(r->sub, sub) != 0 : !collection))
			continue;
		path_known = true;
		if (strcmp(r->method, req->method) == 0 &&
		    (!all_ns || strcmp(req->method, "GET") == 0))
			return r->handle(req, rep);
	}
	return path_known ? np_fail_method(rep) : np_fail_no_path(rep);
}

static int plain_ok(const struct np_request *req, struct np_reply *rep)
{
	static const char *const paths[] = { "/healthz", "/livez", "/readyz" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(paths); i++) {
		if (strcmp(req->path, paths[i]) != 0)
			continue;
		rep->code = 200;
		rep->text = np_xstrdup("ok");
		rep->n_text = 2;
		rep->content_type = "text/plain";
		return 0;
	}
	return 1;
}

static int answer(struct np_request *req, struct np_reply *rep)
{
	bool reads = strcmp(req->method, "GET") == 0;
	int rc;

	if (req->n_query > NP_API_QUERY_MAX)
		return np_fail_bad_request(rep, "more than %d query parameters", NP_API_QUERY_MAX);
	if (reads && (rc = plain_ok(req, rep)) != 1)
		return rc;
	if (reads && (rc = np_discovery(req, rep)) != 1)
		return rc;
	if (reads && (rc = np_openapi(req, rep)) != 1)
		return rc;
	rc = reviews(req, rep);
	if (rc != 1)
		return rc;
	if (!read_path(req))
		return np_fail_no_path(rep);
	return route_object(req, rep);
}

void np_api_answer(struct np_request *req, struct np_reply *rep)
{
	size_t n = strlen(req->path);

	req->ns = req->name = req->subresource = "";
	if (n > 1 && req->path[n - 1] == '/')
		req->path = np_arena_str(&req->arena, (struct np_str){ req->path, n - 1 }).p;
	np_api_note(req);
	if (answer(req, rep) && !rep->json)
		np_fail_internal(rep, "no answer was made");
}
