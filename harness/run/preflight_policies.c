/* preflight_policies.c - policies of others that a verdict would have to take into account. */
#include <string.h>

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "preflight.h"
#include "scope.h"

#define NAMES_MAX 3 /* of policies in a finding */
#define DNS_SELECTOR "k8s-app=kube-dns"

/* The second name of Calico's API, served by its own API server, comes after the first: the same
 * objects are told once. */
const struct np_cluster_policy np_cluster_policies[] = {
	{ "policy.networking.k8s.io", "adminnetworkpolicies", "AdminNetworkPolicy",
	  "network-policy-api" },
	{ "policy.networking.k8s.io", "baselineadminnetworkpolicies", "BaselineAdminNetworkPolicy",
	  "network-policy-api" },
	{ "policy.networking.k8s.io", "clusternetworkpolicies", "ClusterNetworkPolicy",
	  "network-policy-api" },
	{ "crd.projectcalico.org", "globalnetworkpolicies", "GlobalNetworkPolicy", "Calico" },
	{ "projectcalico.org", "globalnetworkpolicies", "GlobalNetworkPolicy", "Calico" },
	{ "cilium.io", "ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy",
	  "Cilium" },
	{ "crd.antrea.io", "clusternetworkpolicies", "ClusterNetworkPolicy", "Antrea" },
};
const size_t np_n_cluster_policies = NP_ARRAY_SIZE(np_cluster_policies);

static int get_json(struct np_kube *k, const char *path, json_t **ret, struct np_err *err)
{
	const struct np_kube_req req = { .method = "GET", .path = path };
	struct np_kube_reply reply = { .http = 0 };
	int rc = np_kube_request(k, &req, &reply, err);

	if (rc == 0)
		*ret = json_incref(reply.body);
	np_kube_reply_release(&reply);
	return rc;
}

/* Nobody's permission, or not there: what is asked here is extra. */
static bool harmless(const struct np_err *err)
{
	return err->code != NP_EINTR && err->code != NP_EENV && err->code != NP_ETIMEOUT;
}

static const json_t *group_of(const json_t *groups, const char *name)
{
	json_t *g;
	size_t i;

	json_array_foreach(json_object_get(groups, "groups"), i, g)
		if (strcmp(np_json_str(g, "name", ""), name) == 0)
			return g;
	return NULL;
}

static bool has_resource(const json_t *list, const char *plural)
{
	json_t *r;
	size_t i;

	json_array_foreach(json_object_get(list, "resources"), i, r)
		if (strcmp(np_json_str(r, "name", ""), plural) == 0)
			return true;
	return false;
}

/* The version of @group that serves @plural, borrowed from @group; NULL when none does. */
static const char *version_of(struct np_kube *k, const json_t *group, const char *plural)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(group, "versions"), i, v) {
		np_auto_free char *path =
			np_xasprintf("/apis/%s", np_json_str(v, "groupVersion", ""));
		struct np_err err = { 0 };
		json_t *list = NULL;
		bool has = get_json(k, path, &list, &err) == 0 && has_resource(list, plural);

		json_decref(list);
		if (has)
			return np_json_str(v, "version", NULL);
	}
	return NULL;
}

static void say_policies(struct np_preflight *p, const struct np_cluster_policy *kind,
			 const json_t *items)
{
	struct np_buf names = { 0 };
	size_t n = json_array_size(items);

	for (size_t i = 0; i < n && i < NAMES_MAX; i++)
		np_buf_printf(&names, "%s%s", i ? ", " : "",
			      np_json_str(json_array_get(items, i), "metadata/name", "?"));
	np_preflight_find(p, NP_FINDING_WARN, "cluster-policies",
			  "they stand above NetworkPolicy and may forbid what it allows, or allow "
			  "what it forbids: failing cases may be theirs (S64)",
			  "see to it that none selects namespaces labelled " NP_MANAGED_SELECTOR
			  ", or use a cluster without them",
			  "there %s %zu %s of %s: %s%s", n == 1 ? "is" : "are", n, kind->kind,
			  kind->owner, np_buf_text(&names), n > NAMES_MAX ? ", .." : "");
	np_buf_release(&names);
}

/* *@ret: they could be looked at. */
static int look_at(struct np_preflight *p, const json_t *groups,
		   const struct np_cluster_policy *kind, bool *ret, struct np_err *err)
{
	const json_t *group = group_of(groups, kind->group);
	const char *version = group ? version_of(p->kube, group, kind->plural) : NULL;
	const struct np_kube_type type = { kind->kind, kind->group, version, kind->plural, false };
	struct np_err why = { 0 };
	json_t *items = NULL;

	*ret = false;
	if (!version)
		return 0;
	if (np_kube_list(p->kube, &type, NULL, NULL, &items, NULL, &why) < 0) {
		if (!harmless(&why)) {
			*err = why;
			return -1;
		}
		np_preflight_find(
			p, NP_FINDING_WARN, "cluster-policies",
			"they stand above NetworkPolicy: failing cases may be theirs (S64)",
			"apply deploy/rbac.yaml, which lets them be read",
			"the cluster has a kind %s of %s that cannot be read: %s", kind->kind,
			kind->owner, why.msg);
		return 0;
	}
	*ret = true;
	if (json_array_size(items))
		say_policies(p, kind, items);
	json_decref(items);
	return 0;
}

static int check_cluster_policies(struct np_preflight *p, struct np_err *err)
{
	const char *told = NULL; /* a kind that was looked at under its owner's first group */
	struct np_err why = { 0 };
	json_t *groups = NULL;
	int rc = 0;

	if (get_json(p->kube, "/apis", &groups, &why) < 0) {
		if (!harmless(&why)) {
			*err = why;
			return -1;
		}
		np_preflight_find(p, NP_FINDING_WARN, "cluster-policies",
				  "policies above NetworkPolicy would not be seen (S64)",
				  "let this user read /apis", "the API's groups cannot be read: %s",
				  why.msg);
		return 0;
	}
	for (size_t i = 0; i < np_n_cluster_policies && rc == 0; i++) {
		const struct np_cluster_policy *kind = &np_cluster_policies[i];
		bool looked = false;

		if (told && strcmp(told, kind->kind) == 0)
			continue;
		rc = look_at(p, groups, kind, &looked, err);
		told = looked ? kind->kind : NULL;
	}
	json_decref(groups);
	return rc;
}

/* ---- the DNS pods ---- */

static bool holds(const json_t *labels, const json_t *expr)
{
	const char *op = np_json_str(expr, "operator", ""),
		   *value =
			   json_string_value(json_object_get(labels, np_json_str(expr, "key", "")));
	bool among = false;
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(expr, "values"), i, v)
		among |= value && json_is_string(v) && strcmp(json_string_value(v), value) == 0;
	if (strcmp(op, "In") == 0)
		return among;
	if (strcmp(op, "NotIn") == 0)
		return !among;
	return strcmp(op, "Exists") == 0 ? value != NULL : value == NULL;
}

static bool selects(const json_t *selector, const json_t *labels)
{
	json_t *want, *expr;
	const char *key;
	size_t i;

	json_object_foreach(json_object_get(selector, "matchLabels"), key, want)
		if (!json_equal(json_object_get(labels, key), want))
			return false;
	json_array_foreach(json_object_get(selector, "matchExpressions"), i, expr)
		if (!holds(labels, expr))
			return false;
	return true;
}

static void judge_dns(struct np_preflight *p, const json_t *pod, const json_t *policies)
{
	const char *ns = np_json_str(pod, "metadata/namespace", "");
	json_t *policy;
	size_t i;

	json_array_foreach(policies, i, policy) {
		if (!selects(np_json_at(policy, "spec/podSelector"),
			     np_json_at(pod, "metadata/labels")))
			continue;
		p->dns_isolated = true;
		np_preflight_find(p, NP_FINDING_WARN, "dns-policies",
				  "what it lets through cannot be told from what the suites' "
				  "policies do, so the cases that ask the DNS pods are skipped",
				  "nothing, or remove it for the time of a run",
				  "NetworkPolicy '%s/%s' isolates the cluster's DNS pods", ns,
				  np_json_str(policy, "metadata/name", "?"));
		return;
	}
}

/* Policies of other namespaces cannot select pods of ours; but some cases ask pods of theirs. */
static int check_dns(struct np_preflight *p, struct np_err *err)
{
	const struct np_kube_query q = { .label_selector = DNS_SELECTOR };
	json_t *pods = NULL, *policies = NULL;
	const json_t *pod;
	int rc = 0;

	if (np_kube_list(p->kube, &np_kube_types[NP_KUBE_POD], NULL, &q, &pods, NULL, err) < 0)
		return -1;
	pod = json_array_get(pods, 0);
	if (pod) {
		rc = np_kube_list(p->kube, &np_kube_types[NP_KUBE_NETPOL],
				  np_json_str(pod, "metadata/namespace", "kube-system"), NULL,
				  &policies, NULL, err);
		if (rc == 0)
			judge_dns(p, pod, policies);
	}
	json_decref(policies);
	json_decref(pods);
	return rc;
}

int np_preflight_policies(struct np_preflight *p, struct np_err *err)
{
	if (check_cluster_policies(p, err) < 0)
		return -1;
	return p->dns ? check_dns(p, err) : 0;
}
