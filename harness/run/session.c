/* session.c - one worker's world. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "np/run/clean.h"
#include "podspec.h"
#include "podwait.h"
#include "session_read.h"
#include "trouble.h"

#define STREAM_WAIT_MS 30000
#define LABEL_SEEN_MS 5000
#define ANNOTATION_NODE "netpolcheck/node"

static struct np_kube *kube(const struct np_session *s)
{
	return s->fixture->cluster->kube;
}

const struct np_session_pod *np_session_find(const struct np_session *s, struct np_str name)
{
	for (size_t i = 0; i < s->n_pods; i++)
		if (np_str_is(name, s->pods[i].name))
			return &s->pods[i];
	return NULL;
}

/* A pod's place: what its annotation says, else the nodes in turn. */
static const char *choose_node(const struct np_session *s, const json_t *pod)
{
	const json_t *notes = np_json_at(pod, "metadata/annotations");
	const char *wish = json_string_value(json_object_get(notes, ANNOTATION_NODE));
	size_t i = s->n_pods % s->fixture->n_nodes;

	if (wish)
		i = strcmp(wish, "b") == 0 ? s->fixture->n_nodes - 1 : 0;
	return s->fixture->nodes[i].p;
}

static void forget_pod(struct np_session *s, size_t i)
{
	if (s->pods[i].agent != SIZE_MAX)
		np_fleet_remove(s->fleet, s->pods[i].agent);
	free(s->pods[i].name);
	free(s->pods[i].identity);
	free(s->pods[i].uid);
	free(s->pods[i].container);
	s->pods[i] = s->pods[--s->n_pods];
}

void np_session_forget(struct np_session *s, struct np_str ns, const struct np_str *name)
{
	for (size_t i = 0; i < s->n_pods; i++) {
		const char *slash = strchr(s->pods[i].name, '/');
		struct np_str pod_ns = { s->pods[i].name, (size_t)(slash - s->pods[i].name) };

		if (np_str_eq(pod_ns, ns) && (!name || np_str_is(*name, slash + 1)))
			forget_pod(s, i--);
	}
}

void np_session_ending(struct np_session *s, struct np_str ns, struct np_str name)
{
	for (size_t i = 0; i < s->n_pods; i++) {
		const char *slash = strchr(s->pods[i].name, '/');
		struct np_str pod_ns = { s->pods[i].name, (size_t)(slash - s->pods[i].name) };

		if (np_str_eq(pod_ns, ns) && np_str_is(name, slash + 1))
			s->pods[i].ending = true;
	}
}

/* The pod is registered before it is there: np_session_sync() opens its stream when it runs. */
static void register_pod(struct np_session *s, const char *name, const char *identity,
			 const char *container, bool host)
{
	for (size_t i = 0; i < s->n_pods; i++)
		if (strcmp(s->pods[i].name, name) == 0)
			forget_pod(s, i);
	s->pods = np_grow(s->pods, &s->cap_pods, s->n_pods, sizeof(*s->pods));
	s->pods[s->n_pods++] = (struct np_session_pod){ .name = np_xstrdup(name),
							.identity = np_xstrdup(identity),
							.container = np_xstrdup(container),
							.agent = SIZE_MAX,
							.host_network = host };
}

/* Pod Security looks at the namespace's label when a pod is made: `restricted` but for the pods
 * that cannot be. A namespace that is put back as its file says is restricted again. */
static int allow_privileged(struct np_session *s, const char *ns, struct np_err *err)
{
	json_t *patch = np_json_pack("{s:{s:{s:s}}}", "metadata", "labels", NP_LABEL_POD_SECURITY,
				     "privileged");
	int rc = np_kube_patch(kube(s), &np_kube_types[NP_KUBE_NAMESPACE], NULL, ns,
			       NP_KUBE_PATCH_MERGE, patch, NULL, NULL, err);

	json_decref(patch);
	return rc;
}

/*
 * @relabelled: its namespace was just now; an API server's own view of it may be older for a moment,
 * and longer where there are several servers.
 */
static int send_pod(struct np_session *s, const char *ns, json_t *pod, bool relabelled,
		    json_t **ret_stored, struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[NP_KUBE_POD];
	int64_t until = np_now_ms() + (relabelled ? LABEL_SEEN_MS : 0);

	while (np_kube_create(kube(s), type, ns, pod, NULL, ret_stored, err) < 0) {
		if (err->code != NP_EDENIED || !strstr(err->msg, "PodSecurity") ||
		    np_now_ms() >= until)
			return -1;
		np_sleep_ms(100);
	}
	return 0;
}

static int create_pod(struct np_session *s, json_t *pod, struct np_err *err)
{
	struct np_str real = np_str_from(np_json_str(pod, "metadata/namespace", "default"));
	const char *object_name = np_json_str(pod, "metadata/name", "");
	struct np_str ns = np_scope_short(&s->scope, real);
	np_auto_free char *name = np_xasprintf(NP_STR_FMT "/%s", NP_STR_ARG(ns), object_name);
	np_auto_free char *identity =
		np_xasprintf(NP_STR_FMT "/%s#%u", NP_STR_ARG(real), object_name, ++s->generation);
	struct np_podspec spec = { .image = s->fixture->cluster->image,
				   .inject = s->fixture->inject != NULL,
				   .raw = s->raw,
				   .identity = identity,
				   .node = choose_node(s, pod),
				   .ends_late = json_object_get(
					   np_json_at(pod, "metadata/annotations"),
					   NP_ANNOTATION_ENDS_LATE),
				   .ports = s->worldfile->ports,
				   .n_ports = s->worldfile->n_ports };
	json_t *stored = NULL;
	bool relabel;

	np_podspec_apply(pod, &spec);
	relabel = !s->raw && np_podspec_privileged(pod, &spec);
	if (relabel && allow_privileged(s, real.p, err) < 0)
		return -1;
	if (send_pod(s, real.p, pod, relabel, &stored, err) < 0)
		return -1;
	register_pod(s, name, identity,
		     np_json_str(json_array_get(np_json_at(pod, "spec/containers"), 0), "name", ""),
		     np_json_bool(pod, "spec/hostNetwork", 0));
	/* From now on somebody else's deletion is told from a pod that is late. */
	s->pods[s->n_pods - 1].uid = np_xstrdup(np_json_str(stored, "metadata/uid", ""));
	json_decref(stored);
	return 0;
}

/* Labels and annotations of a pod that is there; its spec cannot change. */
static int relabel_pod(struct np_session *s, const json_t *pod, const char *ns, const char *name,
		       struct np_err *err)
{
	const struct np_kube_write w = { .flags = NP_KUBE_REPEAT };
	json_t *labels = np_json_at(pod, "metadata/labels");
	json_t *patch = np_json_pack("[{s:s, s:s, s:o}]", "op", "add", "path", "/metadata/labels",
				     "value", labels ? json_incref(labels) : json_object());
	int rc = np_kube_patch(kube(s), &np_kube_types[NP_KUBE_POD], ns, name, NP_KUBE_PATCH_JSON,
			       patch, &w, NULL, err);

	json_decref(patch);
	return rc;
}

/* A replacement must carry what the server filled in: the addresses of a Service, the labels a run
 * gives its namespaces. */
static int replace_object(struct np_session *s, const struct np_kube_type *type, const char *ns,
			  const char *name, json_t *object, struct np_err *err)
{
	json_t *stored = NULL, *ip;
	int rc;

	if (np_kube_get(kube(s), type, ns, name, &stored, err) < 0)
		return -1;
	ip = np_json_at(stored, "spec/clusterIP");
	if (type == &np_kube_types[NP_KUBE_SERVICE] && ip)
		json_object_set(json_object_get(object, "spec"), "clusterIP", ip);
	rc = np_kube_replace(kube(s), type, ns, name, object, NULL, NULL, err);
	json_decref(stored);
	return rc;
}

static void add_run_labels(const struct np_session *s, json_t *ns)
{
	json_t *made = np_namespace_object("", s->scope.run_id,
					   s->raw ? "privileged" : "restricted");
	json_t *meta = json_object_get(ns, "metadata");

	if (!json_object_get(meta, "labels"))
		json_object_set_new(meta, "labels", json_object());
	json_object_update(json_object_get(meta, "labels"), np_json_at(made, "metadata/labels"));
	json_decref(made);
}

int np_session_apply(struct np_session *s, json_t *object, struct np_err *err)
{
	const struct np_kube_type *type = np_kube_type_find(np_json_str(object, "kind", ""));
	const char *name = np_json_str(object, "metadata/name", NULL),
		   *ns = np_json_str(object, "metadata/namespace", NULL);
	struct np_err try = { 0 };
	int rc;

	if (!type || !name)
		return np_err_set(err, NP_EVALID, "cannot apply an object of kind '%s'",
				  np_json_str(object, "kind", "?"));
	if (type == &np_kube_types[NP_KUBE_NAMESPACE])
		add_run_labels(s, object);
	rc = type == &np_kube_types[NP_KUBE_POD]
		     ? create_pod(s, object, &try)
		     : np_kube_create(kube(s), type, ns, object, NULL, NULL, &try);
	if (rc < 0 && try.code == NP_ECONFLICT)
		rc = type == &np_kube_types[NP_KUBE_POD]
			     ? relabel_pod(s, object, ns, name, &try)
			     : replace_object(s, type, ns, name, object, &try);
	if (rc < 0) {
		*err = try;
		np_preflight_explain(err);
		return np_err_prefix(err, "cannot apply %s '%s'", type->kind, name);
	}
	return 0;
}

static int split_name(const char *name, const char **ret_pod, char *ns, size_t size)
{
	const char *slash = strchr(name, '/');

	if (!slash || (size_t)(slash - name) >= size)
		return -1;
	memcpy(ns, name, (size_t)(slash - name));
	ns[slash - name] = '\0';
	*ret_pod = slash + 1;
	return 0;
}

/* Pods of one namespace: those that are gone or made anew lose their stream, those that run get
 * one. */
static void match_pods(struct np_session *s, const struct np_scope_ns *ns, const json_t *list)
{
	for (size_t i = 0; i < s->n_pods; i++) {
		struct np_session_pod *p = &s->pods[i];
		const char *pod_name;
		char short_ns[128];
		const json_t *pod, *found = NULL;
		size_t j;

		if (split_name(p->name, &pod_name, short_ns, sizeof(short_ns)) < 0 ||
		    !np_str_is(ns->name, short_ns))
			continue;
		json_array_foreach(list, j, pod)
			if (strcmp(np_json_str(pod, "metadata/name", ""), pod_name) == 0 &&
			    (p->ending ||
			     !np_json_str(pod, "metadata/deletionTimestamp", NULL)) &&
			    strcmp(np_json_str(pod, "status/phase", ""), "Running") == 0)
				found = pod;
		if (!found) {
			forget_pod(s, i--);
			continue;
		}
		if (p->agent == SIZE_MAX) {
			struct np_fleet_place place = { .name = p->name,
							.ns = ns->real.p,
							.pod = pod_name,
							.container = p->container,
							.agent = np_inject_agent(
								s->fixture->inject) };
			struct np_err err = { 0 };

			np_fleet_add(s->fleet, &place, &p->agent, &err);
		}
	}
}

/* *@ret_new: those without a stream yet. */
static size_t count_pods(const struct np_session *s, const struct np_scope_ns *ns, size_t *ret_new)
{
	size_t n = 0;

	*ret_new = 0;
	for (size_t i = 0; i < s->n_pods; i++) {
		const char *name = s->pods[i].name;

		if (strlen(name) <= ns->name.n || memcmp(name, ns->name.p, ns->name.n) != 0 ||
		    name[ns->name.n] != '/' || s->pods[i].ending)
			continue;
		n++;
		*ret_new += s->pods[i].agent == SIZE_MAX;
	}
	return n;
}

/* A namespace whose pods are waited for. */
struct awaited {
	struct np_session *s;
	const struct np_scope_ns *ns;
};

static const json_t *pod_named(const json_t *list, const char *name)
{
	const json_t *pod;
	size_t i;

	json_array_foreach(list, i, pod)
		if (strcmp(np_json_str(pod, "metadata/name", ""), name) == 0)
			return pod;
	return NULL;
}

/* Pods that were made must be there: what a case deletes itself it has forgotten. */
static int check_known(void *ctx, const json_t *list, struct np_err *err)
{
	const struct awaited *a = ctx;

	for (size_t i = 0; i < a->s->n_pods; i++) {
		const struct np_session_pod *p = &a->s->pods[i];
		const char *pod_name;
		char short_ns[128];

		if (!p->uid || p->ending || split_name(p->name, &pod_name, short_ns, sizeof(short_ns)) < 0 ||
		    !np_str_is(a->ns->name, short_ns))
			continue;
		if (np_trouble_pod(pod_named(list, pod_name), p->name, p->uid, err) < 0)
			return -1;
	}
	return 0;
}

int np_session_sync(struct np_session *s, size_t *ret_new, struct np_err *err)
{
	size_t all_new = 0;

	for (size_t i = 0; i < s->scope.n; i++) {
		const struct np_scope_ns *ns = &s->scope.items[i];
		size_t n_new, n = count_pods(s, ns, &n_new);
		json_t *list = NULL;

		all_new += n_new;
		if (!n || (!n_new && np_session_stored(s, "Pod", ns->name)))
			continue;
		if (np_pods_wait_looking(kube(s), s->fixture->inject, ns->real.p, n, NP_POD_WAIT_MS,
					 check_known, &(struct awaited){ s, ns }, &list, err) < 0) {
			s->pods_lost |= err->code == NP_ENOTFOUND;
			return -1;
		}
		match_pods(s, ns, list);
		np_session_store(s, NP_KUBE_POD, ns->name, list);
		json_decref(list);
	}
	if (np_fleet_ready(s->fleet, STREAM_WAIT_MS, err) < 0)
		return -1;
	if (ret_new)
		*ret_new = all_new;
	return 0;
}

static int deploy_objects(struct np_session *s, struct np_err *err)
{
	for (size_t i = 0; i < s->worldfile->n_objects; i++) {
		const struct np_step *o = &s->worldfile->objects[i];
		json_t *object;
		int rc;

		if (np_str_is(o->object_kind, "Namespace") && !np_scope_add(&s->scope, o->name))
			return np_err_set(err, NP_ELIMIT, "a world has at most %d namespaces",
					  NP_SCOPE_MAX_NAMESPACES);
		object = np_json_parse(o->body.p, o->body.n, err);
		if (!object)
			return -1;
		np_scope_rename(&s->scope, object);
		rc = np_session_apply(s, object, err);
		if (rc == 0) {
			np_auto_free char *key = np_xasprintf(
				NP_STR_FMT " " NP_STR_FMT "/" NP_STR_FMT,
				NP_STR_ARG(o->object_kind), NP_STR_ARG(o->ns), NP_STR_ARG(o->name));

			json_object_set(s->originals, key, object);
		}
		json_decref(object);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int deploy_sentinels(struct np_session *s, struct np_err *err)
{
	json_t *ns, *pods = NULL, *pod;
	size_t i;
	int rc;

	s->sentinel_ns = np_arena_printf(&s->arena, "np-%s-%u-sentinel-%u", s->scope.run_id,
					 s->scope.worker, s->generation);
	ns = np_namespace_object(s->sentinel_ns.p, s->scope.run_id, "restricted");
	rc = np_kube_create(kube(s), &np_kube_types[NP_KUBE_NAMESPACE], NULL, ns, NULL, NULL, err);
	json_decref(ns);
	for (i = 0; rc == 0 && i < s->fixture->n_nodes; i++) {
		struct np_fixture_pod *p = &s->sentinels[i];
		struct np_podspec spec = { .image = s->fixture->cluster->image,
					   .inject = s->fixture->inject != NULL,
					   .node = s->fixture->nodes[i].p,
					   .ports = s->worldfile->ports,
					   .n_ports = s->worldfile->n_ports };

		p->pod = np_arena_printf(&s->arena, "sentinel-%c", 'a' + (int)i);
		p->identity = np_arena_printf(&s->arena, "%s/%s", s->sentinel_ns.p, p->pod.p);
		spec.identity = p->identity.p;
		pod = np_podspec_new(s->sentinel_ns.p, p->pod.p, "sentinel", false, &spec);
		rc = np_kube_create(kube(s), &np_kube_types[NP_KUBE_POD], s->sentinel_ns.p, pod,
				    NULL, NULL, err);
		json_decref(pod);
	}
	if (rc < 0 || np_pods_wait(kube(s), s->fixture->inject, s->sentinel_ns.p,
				   s->fixture->n_nodes, NP_POD_WAIT_MS, &pods, err) < 0)
		return -1;
	json_array_foreach(pods, i, pod)
		for (size_t j = 0; j < s->fixture->n_nodes; j++)
			if (np_str_is(s->sentinels[j].pod, np_json_str(pod, "metadata/name", "")))
				s->sentinels[j].n_ips = np_pod_addresses(pod, s->sentinels[j].ips);
	s->n_sentinels = s->fixture->n_nodes;
	json_decref(pods);
	return 0;
}

int np_session_start(const struct np_fixture *fixture, unsigned worker, unsigned incarnation,
		     const struct np_worldfile *worldfile, bool raw, struct np_session *ret,
		     struct np_err *err)
{
	int64_t begin_us = np_now_us();

	*ret = (struct np_session){ .fixture = fixture,
				    .worldfile = worldfile,
				    .raw = raw,
				    .timeout_ms = fixture->timeout_ms,
				    .originals = json_object(),
				    .stored = json_object() };
	np_scope_init(&ret->scope, fixture->run_id, worker + incarnation * NP_SCOPE_INCARNATION);
	ret->fleet = np_fleet_new(kube(ret), fixture->cluster->cancel);
	if (deploy_objects(ret, err) < 0 || deploy_sentinels(ret, err) < 0 ||
	    np_control_open(fixture, ret->fleet, &ret->agents, err) < 0 ||
	    np_session_sync(ret, NULL, err) < 0) {
		np_session_end(ret, true);
		return -1;
	}
	ret->deploy_ms = (np_now_us() - begin_us) / 1000;
	return 0;
}

void np_session_end(struct np_session *s, bool remove)
{
	/* What this leaves behind goes at the end of the run. */
	const struct np_kube_write write = { .missing_ok = true,
					     .timeout_ms = 10000,
					     .flags = NP_KUBE_HURRY };
	struct np_err err = { 0 };

	if (!s->fixture)
		return;
	np_fleet_free(s->fleet);
	for (size_t i = 0; remove && i < s->scope.n; i++)
		np_kube_delete(kube(s), &np_kube_types[NP_KUBE_NAMESPACE], NULL,
			       s->scope.items[i].real.p, &write, &err);
	if (remove && s->sentinel_ns.p)
		np_kube_delete(kube(s), &np_kube_types[NP_KUBE_NAMESPACE], NULL, s->sentinel_ns.p,
			       &write, &err);
	s->fleet = NULL;
	while (s->n_pods) {
		s->pods[s->n_pods - 1].agent = SIZE_MAX;
		forget_pod(s, s->n_pods - 1);
	}
	free(s->pods);
	json_decref(s->originals);
	json_decref(s->stored);
	np_scope_release(&s->scope);
	np_arena_release(&s->arena);
	*s = (struct np_session){ 0 };
}
