/* The resources served, as discovery documents. */
#include "discovery.h"

#include <sys/utsname.h>

#include "api_accept.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "status.h"

struct subresource {
	const char *name, *group, *version,
		*kind; /* group and version: NULL where they are the parent's */
	const char *verbs;
};

struct resource {
	const char *plural, *singular, *kind;
	bool namespaced, in_all;
	const char *const *short_names;
	const char *verbs;
	const struct subresource *subs;	/* ended by a NULL name, or NULL */
};

struct group {
	const char *name, *version;
	const struct resource *resources;	/* ended by a NULL plural */
};

#define ALL_VERBS "create delete deletecollection get list patch update watch"
#define STATUS(kind) { "status", NULL, NULL, kind, "get patch update" }
#define SHORT(...) (const char *const[]){ __VA_ARGS__, NULL }

static const struct subresource namespace_subs[] = {
	{ "finalize", NULL, NULL, "Namespace", "update" }, STATUS("Namespace"), { 0 }
};
static const struct subresource node_subs[] = { STATUS("Node"), { 0 } };
static const struct subresource pod_subs[] = {
	{ "eviction", "policy", "v1", "Eviction", "create" },
	{ "exec", NULL, NULL, "PodExecOptions", "create get" },
	{ "log", NULL, NULL, "Pod", "get" },
	STATUS("Pod"),
	{ 0 },
};
static const struct subresource service_subs[] = { STATUS("Service"), { 0 } };

static const struct resource core[] = {
	{ "events", "event", "Event", true, false, SHORT("ev"), ALL_VERBS, NULL },
	{ "namespaces", "namespace", "Namespace", false, false, SHORT("ns"),
	  "create delete get list patch update watch", namespace_subs },
	{ "nodes", "node", "Node", false, false, SHORT("no"), ALL_VERBS, node_subs },
	{ "pods", "pod", "Pod", true, true, SHORT("po"), ALL_VERBS, pod_subs },
	{ "services", "service", "Service", true, true, SHORT("svc"), ALL_VERBS, service_subs },
	{ 0 },
};
static const struct resource networking[] = {
	{ "networkpolicies", "networkpolicy", "NetworkPolicy", true, false, SHORT("netpol"),
	  ALL_VERBS, NULL },
	{ 0 },
};
static const struct resource authorization[] = {
	{ "selfsubjectaccessreviews", "selfsubjectaccessreview", "SelfSubjectAccessReview", false,
	  false, NULL, "create", NULL },
	{ "selfsubjectrulesreviews", "selfsubjectrulesreview", "SelfSubjectRulesReview", false,
	  false, NULL, "create", NULL },
	{ 0 },
};
static const struct resource authentication[] = {
	{ "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview", false, false, NULL,
	  "create", NULL },
	{ 0 },
};
static const struct group core_group = { "", "v1", core };
static const struct group groups[] = {
	{ "networking.k8s.io", "v1", networking },
	{ "authorization.k8s.io", "v1", authorization },
	{ "authentication.k8s.io", "v1", authentication },
};

static json_t *words(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		size_t n = strcspn(text, " ");

		json_array_append_new(list, json_stringn(text, n));
		text += n + (text[n] == ' ');
	}
	return list;
}

static json_t *strings(const char *const *list)
{
	json_t *ret = json_array();

	for (; list && *list; list++)
		json_array_append_new(ret, json_string(*list));
	return ret;
}

/* ---- the old form ---- */

static json_t *resource_entry(const struct resource *r)
{
	json_t *e = np_json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", r->plural, "singularName",
				 r->singular, "namespaced", r->namespaced, "kind", r->kind, "verbs",
				 words(r->verbs));

	if (r->short_names)
		json_object_set_new(e, "shortNames", strings(r->short_names));
	if (r->in_all)
		json_object_set_new(e, "categories", np_json_pack("[s]", "all"));
	return e;
}

static json_t *sub_entry(const struct resource *r, const struct subresource *s)
{
	char *name = np_xasprintf("%s/%s", r->plural, s->name);
	json_t *e = np_json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", name, "singularName", "",
				 "namespaced", r->namespaced, "kind", s->kind, "verbs",
				 words(s->verbs));

	if (s->group) {
		json_object_set_new(e, "group", json_string(s->group));
		json_object_set_new(e, "version", json_string(s->version));
	}
	free(name);
	return e;
}

static json_t *resource_list(const struct group *g)
{
	json_t *list = json_array();
	char *gv = np_xasprintf("%s%s%s", g->name, *g->name ? "/" : "", g->version);
	json_t *ret;

	for (const struct resource *r = g->resources; r->plural; r++) {
		json_array_append_new(list, resource_entry(r));
		for (const struct subresource *s = r->subs; s && s->name; s++)
			json_array_append_new(list, sub_entry(r, s));
	}
	ret = np_json_pack("{s:s, s:s, s:s, s:o}", "kind", "APIResourceList", "apiVersion", "v1",
			   "groupVersion", gv, "resources", list);
	free(gv);
	return ret;
}

static json_t *group_object(const struct group *g)
{
	char *gv = np_xasprintf("%s/%s", g->name, g->version);
	json_t *ret = np_json_pack("{s:s, s:[{s:s, s:s}], s:{s:s, s:s}}", "name", g->name,
				   "versions", "groupVersion", gv, "version", g->version,
				   "preferredVersion", "groupVersion", gv, "version", g->version);

	free(gv);
	return ret;
}

static json_t *group_list(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < NP_ARRAY_SIZE(groups); i++)
		json_array_append_new(list, group_object(&groups[i]));
	return np_json_pack("{s:s, s:s, s:o}", "kind", "APIGroupList", "apiVersion", "v1", "groups",
			    list);
}

/* ---- aggregated ---- */

static json_t *agg_sub(const struct group *g, const struct subresource *s)
{
	return np_json_pack("{s:s, s:{s:s, s:s, s:s}, s:o}", "subresource", s->name, "responseKind",
			    "group", s->group ? s->group : g->name, "version",
			    s->version ? s->version : g->version, "kind", s->kind, "verbs",
			    words(s->verbs));
}

static json_t *agg_resource(const struct group *g, const struct resource *r)
{
	json_t *subs = json_array();
	json_t *e = np_json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:o}", "resource", r->plural,
				 "responseKind", "group", g->name, "version", g->version, "kind",
				 r->kind, "scope", r->namespaced ? "Namespaced" : "Cluster",
				 "singularResource", r->singular, "verbs", words(r->verbs));

	if (r->short_names)
		json_object_set_new(e, "shortNames", strings(r->short_names));
	if (r->in_all)
		json_object_set_new(e, "categories", np_json_pack("[s]", "all"));
	for (const struct subresource *s = r->subs; s && s->name; s++)
		json_array_append_new(subs, agg_sub(g, s));
	if (json_array_size(subs))
		json_object_set(e, "subresources", subs);
	json_decref(subs);
	return e;
}

static json_t *agg_group(const struct group *g)
{
	json_t *list = json_array(), *meta = json_object();

	for (const struct resource *r = g->resources; r->plural; r++)
		json_array_append_new(list, agg_resource(g, r));
	if (*g->name)
		json_object_set_new(meta, "name", json_string(g->name));
	json_object_set_new(meta, "creationTimestamp", json_null());
	return np_json_pack("{s:o, s:[{s:s, s:o, s:s}]}", "metadata", meta, "versions", "version",
			    g->version, "resources", list, "freshness", "Current");
}

static int aggregated(struct np_reply *rep, const struct group *list, size_t n, bool v2)
{
	json_t *items = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, agg_group(&list[i]));
	rep->json =
		np_json_pack("{s:s, s:s, s:{}, s:o}", "kind", "APIGroupDiscoveryList", "apiVersion",
			     v2 ? "apidiscovery.k8s.io/v2" : "apidiscovery.k8s.io/v2beta1",
			     "metadata", "items", items);
	rep->content_type =
		v2 ? "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
		   : "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
	rep->code = 200;
	return 0;
}

/* ---- requests ---- */

static json_t *version_object(void)
{
	struct utsname u;

	uname(&u);
	return np_json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "major", "1", "minor",
			    "36", "gitVersion", "v1.36.0+netpolcheck", "gitCommit", "",
			    "gitTreeState", "clean", "buildDate", "2026-01-01T00:00:00Z",
			    "goVersion", "none", "compiler", "cc", "platform",
			    strcmp(u.machine, "aarch64") == 0 ? "linux/arm64" : "linux/amd64");
}

static json_t *api_versions(void)
{
	return np_json_pack("{s:s, s:[s], s:[]}", "kind", "APIVersions", "versions", "v1",
			    "serverAddressByClientCIDRs");
}

static json_t *path_list(void)
{
	json_t *list = np_json_pack("[s, s, s]", "/api", "/api/v1", "/apis");

	for (size_t i = 0; i < NP_ARRAY_SIZE(groups); i++) {
		char *group = np_xasprintf("/apis/%s", groups[i].name),
		     *version = np_xasprintf("%s/%s", group, groups[i].version);

		json_array_append_new(list, json_string(group));
		json_array_append_new(list, json_string(version));
		free(group);
		free(version);
	}
	for (const char *rest = "/healthz /livez /openapi/v2 /openapi/v3 /readyz /version";
	     *rest;) {
		size_t n = strcspn(rest, " ");

		json_array_append_new(list, json_stringn(rest, n));
		rest += n + (rest[n] == ' ');
	}
	return np_json_pack("{s:o}", "paths", list);
}

static int answer(struct np_reply *rep, json_t *json_take)
{
	rep->code = 200;
	rep->json = json_take;
	return 0;
}

static int group_paths(const char *path, struct np_reply *rep)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(groups); i++) {
		const struct group *g = &groups[i];
		size_t n = strlen(g->name);

		if (strncmp(path, g->name, n) != 0)
			continue;
		if (!path[n]) {
			json_t *o = group_object(g);

			json_object_set_new(o, "kind", json_string("APIGroup"));
			json_object_set_new(o, "apiVersion", json_string("v1"));
			return answer(rep, o);
		}
		if (path[n] == '/' && strcmp(path + n + 1, g->version) == 0)
			return answer(rep, resource_list(g));
	}
	return 1;
}

int np_discovery(const struct np_request *req, struct np_reply *rep)
{
	enum np_accept_as as = np_accept(req->accept, true);
	bool agg = as == NP_AS_DISCOVERY_V2 || as == NP_AS_DISCOVERY_V2BETA1;
	const char *path = req->path;

	if (strcmp(path, "/api") == 0)
		return agg ? aggregated(rep, &core_group, 1, as == NP_AS_DISCOVERY_V2)
			   : answer(rep, api_versions());
	if (strcmp(path, "/apis") == 0)
		return agg ? aggregated(rep, groups, NP_ARRAY_SIZE(groups),
					as == NP_AS_DISCOVERY_V2)
			   : answer(rep, group_list());
	if (strcmp(path, "/") == 0)
		return answer(rep, path_list());
	if (strcmp(path, "/version") == 0)
		return answer(rep, version_object());
	if (strcmp(path, "/api/v1") == 0)
		return answer(rep, resource_list(&core_group));
	return strncmp(path, "/apis/", 6) == 0 ? group_paths(path + 6, rep) : 1;
}
