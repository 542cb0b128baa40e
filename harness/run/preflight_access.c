/* preflight_access.c - may we do what a run does? Asked of the API server, one review for each. */
#include <string.h>

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "preflight.h"

#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
#define NETWORKING "networking.k8s.io"

const struct np_access np_accesses[] = {
	{ "create", "", "namespaces" },
	{ "delete", "", "namespaces" },
	{ "get", "", "namespaces" },
	{ "list", "", "namespaces" },
	{ "patch", "", "namespaces" },
	{ "update", "", "namespaces" },
	{ "get", "", "nodes" },
	{ "list", "", "nodes" },
	{ "create", "", "pods" },
	{ "delete", "", "pods" },
	{ "get", "", "pods" },
	{ "list", "", "pods" },
	{ "patch", "", "pods" },
	{ "create", "", "pods/exec" },
	{ "get", "", "pods/exec" },
	{ "create", "", "services" },
	{ "delete", "", "services" },
	{ "get", "", "services" },
	{ "list", "", "services" },
	{ "create", NETWORKING, "networkpolicies" },
	{ "delete", NETWORKING, "networkpolicies" },
	{ "get", NETWORKING, "networkpolicies" },
	{ "list", NETWORKING, "networkpolicies" },
	{ "patch", NETWORKING, "networkpolicies" },
	{ "update", NETWORKING, "networkpolicies" },
};
const size_t np_n_accesses = NP_ARRAY_SIZE(np_accesses);

/* The resource and what is below it: "pods/exec" in two. */
static json_t *attributes(const struct np_access *a)
{
	const char *slash = strchr(a->resource, '/');
	size_t n = slash ? (size_t)(slash - a->resource) : strlen(a->resource);
	json_t *at = np_json_pack("{s:s, s:s, s:s%}", "verb", a->verb, "group", a->group,
				  "resource", a->resource, n);

	if (slash)
		json_object_set_new(at, "subresource", json_string(slash + 1));
	return at;
}

static int may(struct np_kube *k, const struct np_access *a, bool *ret, struct np_err *err)
{
	json_t *review = np_json_pack("{s:s, s:s, s:{s:o}}", "kind", "SelfSubjectAccessReview",
				      "apiVersion", "authorization.k8s.io/v1", "spec",
				      "resourceAttributes", attributes(a));
	const struct np_kube_req req = { .method = "POST", .path = REVIEWS, .json = review };
	struct np_kube_reply reply = { .http = 0 };
	int rc = np_kube_request(k, &req, &reply, err);

	if (rc == 0)
		*ret = np_json_bool(reply.body, "status/allowed", 0);
	np_kube_reply_release(&reply);
	json_decref(review);
	return rc;
}

static void say_missing(struct np_preflight *p, const struct np_buf *missing)
{
	np_preflight_find(p, NP_FINDING_FATAL, "permissions", "a run does each of them",
			  "apply deploy/rbac.yaml and run as the service account in it, or as "
			  "somebody with the same rights",
			  "this user lacks permissions: %s)", np_buf_text(missing));
}

/* "namespaces (create, delete), nodes (list"; the table is sorted by resource. */
static void add_missing(struct np_buf *b, const struct np_access *a, const char **last)
{
	if (*last && strcmp(*last, a->resource) == 0)
		np_buf_printf(b, ", %s", a->verb);
	else
		np_buf_printf(b, "%s%s (%s", *last ? "), " : "", a->resource, a->verb);
	*last = a->resource;
}

int np_preflight_access(struct np_preflight *p, struct np_err *err)
{
	struct np_buf missing = { 0 };
	const char *last = NULL;
	int rc = 0;

	for (size_t i = 0; i < np_n_accesses; i++) {
		const struct np_access *a = &np_accesses[i];
		struct np_err why = { 0 };
		bool allowed = true;

		rc = may(p->kube, a, &allowed, &why);
		/* A server without the review, or a user without it: then the run will show. */
		if (rc < 0 && (why.code == NP_EDENIED || why.code == NP_ENOTFOUND)) {
			np_preflight_find(p, NP_FINDING_WARN, "permissions",
					  "one that is missing will end the run in the middle",
					  "apply deploy/rbac.yaml",
					  "permissions cannot be asked for: %s", why.msg);
			rc = 0;
			break;
		}
		if (rc < 0) {
			*err = why;
			break;
		}
		if (!allowed)
			add_missing(&missing, a, &last);
	}
	if (rc == 0 && missing.len)
		say_missing(p, &missing);
	np_buf_release(&missing);
	return rc;
}
