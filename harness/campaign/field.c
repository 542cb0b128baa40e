/* field.c - the small world in a cluster. */
#include "field.h"

#include <string.h>

#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"

#define PODS_WAIT_MS 120000
#define STREAMS_WAIT_MS 30000
#define OP_TIMEOUT_MS 20000

const char *field_real(const struct field *f, const char *ns)
{
	for (size_t i = 0; i < NP_WORLD_NAMESPACES; i++)
		if (strcmp(ns, np_bug_namespaces[i]) == 0)
			return f->real[i];
	return ns;
}

static const struct np_kube_type *type_of(enum np_kube_kind kind)
{
	return &np_kube_types[kind];
}

/* ---- deploying ---- */

static int find_nodes(struct field *f, struct np_err *err)
{
	json_t *list = NULL, *node;
	size_t i;

	if (np_kube_list(f->kube, type_of(NP_KUBE_NODE), NULL, NULL, &list, NULL, err) < 0)
		return -1;
	json_array_foreach(list, i, node) {
		if (f->n_nodes < 2 && !np_json_bool(node, "spec/unschedulable", 0) &&
		    !json_array_size(np_json_at(node, "spec/taints")))
			snprintf(f->nodes[f->n_nodes++], sizeof(f->nodes[0]), "%s",
				 np_json_str(node, "metadata/name", ""));
	}
	json_decref(list);
	return f->n_nodes ? 0 : np_err_set(err, NP_EENV, "no node takes pods");
}

static json_t *pod_object(const struct field *f, const struct np_bug_pod *p)
{
	return np_bug_pod_object(p, field_real(f, p->ns), f->image,
				 f->nodes[p->second_node ? f->n_nodes - 1 : 0]);
}

static int make_pod(struct field *f, const struct np_bug_pod *p, struct np_err *err)
{
	json_t *o = pod_object(f, p);
	int rc = np_kube_create(f->kube, type_of(NP_KUBE_POD), field_real(f, p->ns), o, NULL, NULL,
				err);

	json_decref(o);
	return rc < 0 ? np_err_prefix(err, "cannot create pod '%s/%s'", p->ns, p->name) : 0;
}

static int make_objects(struct field *f, struct np_err *err)
{
	json_t *o;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < NP_WORLD_NAMESPACES; i++) {
		snprintf(f->real[i], sizeof(f->real[i]), "npf-%s-%s", f->id, np_bug_namespaces[i]);
		o = np_bug_namespace(np_bug_namespaces[i], f->real[i], f->id);
		rc = np_kube_create(f->kube, type_of(NP_KUBE_NAMESPACE), NULL, o, NULL, NULL, err);
		json_decref(o);
	}
	for (size_t i = 0; rc == 0 && i < np_bug_n_pods; i++)
		rc = make_pod(f, &np_bug_pods[i], err);
	if (rc == 0) {
		o = np_bug_guard_policy(field_real(f, NP_CANARY_NS));
		rc = np_kube_create(f->kube, type_of(NP_KUBE_NETPOL), field_real(f, NP_CANARY_NS),
				    o, NULL, NULL, err);
		json_decref(o);
	}
	return rc;
}

/* Its address, and a stream into it, once it is ready. */
static int connect_pod(struct field *f, struct field_pod *p, struct np_err *err)
{
	const char *real = field_real(f, p->pod->ns);
	const struct np_fleet_place place = {
		.name = p->pod->name, .ns = real, .pod = p->pod->name, .container = "agent"
	};
	struct np_backoff wait;
	json_t *pod = NULL;

	np_backoff_init(&wait, 20000, 500000, (int64_t)PODS_WAIT_MS * 1000);
	do {
		const char *ip, *ready = "";

		json_decref(pod);
		pod = NULL;
		if (np_kube_get(f->kube, type_of(NP_KUBE_POD), real, p->pod->name, &pod, err) < 0)
			return -1;
		ip = np_json_str(pod, "status/podIP", NULL);
		ready = np_json_str(pod, "status/phase", "");
		if (ip && strcmp(ready, "Running") == 0 && np_addr_parse(np_str_from(ip), &p->ip)) {
			p->has_ip = true;
			json_decref(pod);
			return np_fleet_add(f->fleet, &place, &p->agent, err);
		}
	} while (np_backoff_wait(&wait));
	json_decref(pod);
	return np_err_set(err, NP_ETIMEOUT, "pod '%s/%s' does not become ready", p->pod->ns,
			  p->pod->name);
}

int field_start(struct field *f, struct np_err *err)
{
	if (find_nodes(f, err) < 0 || make_objects(f, err) < 0)
		return -1;
	f->fleet = np_fleet_new(f->kube, f->cancel);
	for (size_t i = 0; i < np_bug_n_pods && i < FIELD_PODS_MAX; i++) {
		struct field_pod *p = &f->pods[f->n_pods];

		*p = (struct field_pod){ .pod = &np_bug_pods[i], .agent = SIZE_MAX };
		snprintf(p->identity, sizeof(p->identity), "%s/%s", field_real(f, p->pod->ns),
			 p->pod->name);
		if (connect_pod(f, p, err) < 0)
			return -1;
		f->n_pods++;
	}
	return np_fleet_ready(f->fleet, STREAMS_WAIT_MS, err) < 0 ? -1 : field_measure(f, err);
}

void field_stop(struct field *f)
{
	if (f->fleet)
		np_fleet_free(f->fleet);
	f->fleet = NULL;
}

/* ---- operations ---- */

/* A refusal is an answer; everything else is trouble. */
static bool is_answer(const struct np_err *err)
{
	return err->code == NP_EVALID || err->code == NP_ENOTFOUND || err->code == NP_ECONFLICT || err->code == NP_ELIMIT;
}

static int put_policy(struct field *f, const json_t *op, struct np_kube_reply *reply,
		      struct np_err *err)
{
	const struct np_kube_write w = { .timeout_ms = OP_TIMEOUT_MS, .reply = reply };
	const char *ns = field_real(f, np_json_str(op, "namespace", "a"));
	const char *name = np_json_str(op, "name", "");
	json_t *o = json_deep_copy(json_object_get(op, "object")),
	       *meta = json_object_get(o, "metadata");
	int rc;

	if (json_is_object(meta)) {
		json_object_set_new(meta, "namespace", json_string(ns));
		json_object_set_new(meta, "labels", np_json_pack("{s:s}", FIELD_LABEL, "op"));
	}
	rc = np_kube_create(f->kube, type_of(NP_KUBE_NETPOL), ns, o, &w, NULL, err);
	if (rc < 0 && err->code == NP_ECONFLICT)
		rc = np_kube_replace(f->kube, type_of(NP_KUBE_NETPOL), ns, name, o, &w, NULL, err);
	json_decref(o);
	return rc;
}

static int put_labels(struct field *f, const json_t *op, struct np_kube_reply *reply,
		      struct np_err *err)
{
	const struct np_kube_write w = { .timeout_ms = OP_TIMEOUT_MS, .reply = reply };
	bool of_ns = strcmp(np_json_str(op, "kind", ""), "Namespace") == 0;
	const char *ns = field_real(f, np_json_str(op, "namespace", "a"));
	json_t *patch =
		np_json_pack("{s:{s:O}}", "metadata", "labels", json_object_get(op, "labels"));
	int rc = of_ns ? np_kube_patch(f->kube, type_of(NP_KUBE_NAMESPACE), NULL, ns,
				       NP_KUBE_PATCH_MERGE, patch, &w, NULL, err)
		       : np_kube_patch(f->kube, type_of(NP_KUBE_POD), ns,
				       np_json_str(op, "name", ""), NP_KUBE_PATCH_MERGE, patch, &w,
				       NULL, err);

	json_decref(patch);
	return rc;
}

static int recreate_pod(struct field *f, const json_t *op, struct np_err *err)
{
	const struct np_kube_write w = { .missing_ok = true, .now = true };
	const char *ns = np_json_str(op, "namespace", "a"), *name = np_json_str(op, "name", "");
	struct field_pod *p = NULL;

	for (size_t i = 0; i < f->n_pods; i++)
		if (strcmp(f->pods[i].pod->ns, ns) == 0 && strcmp(f->pods[i].pod->name, name) == 0)
			p = &f->pods[i];
	if (!p)
		return 0;
	if (p->agent != SIZE_MAX)
		np_fleet_remove(f->fleet, p->agent);
	p->agent = SIZE_MAX;
	p->has_ip = false;
	if (np_kube_delete(f->kube, type_of(NP_KUBE_POD), field_real(f, ns), name, &w, err) < 0 ||
	    np_kube_wait_gone(f->kube, type_of(NP_KUBE_POD), field_real(f, ns), name, NULL,
			      PODS_WAIT_MS, err) < 0 ||
	    make_pod(f, p->pod, err) < 0 || connect_pod(f, p, err) < 0)
		return -1;
	return np_fleet_ready(f->fleet, STREAMS_WAIT_MS, err);
}

int field_op(struct field *f, const json_t *op, enum field_answer *ret, int *ret_http,
	     struct np_err *err)
{
	const char *what = np_json_str(op, "op", "");
	struct np_kube_reply reply = { .http = 0 };
	const struct np_kube_write del = { .missing_ok = true,
					   .timeout_ms = OP_TIMEOUT_MS,
					   .reply = &reply };
	int rc = 0;

	if (strcmp(what, "apply") == 0)
		rc = put_policy(f, op, &reply, err);
	else if (strcmp(what, "delete") == 0)
		rc = np_kube_delete(f->kube, type_of(NP_KUBE_NETPOL),
				    field_real(f, np_json_str(op, "namespace", "a")),
				    np_json_str(op, "name", ""), &del, err);
	else if (strcmp(what, "label") == 0)
		rc = put_labels(f, op, &reply, err);
	else if (strcmp(what, "recreate") == 0)
		rc = recreate_pod(f, op, err);
	*ret = rc < 0 ? FIELD_REJECTED : FIELD_ACCEPTED;
	if (rc < 0 && is_answer(err))
		rc = 0;
	if (rc == 0)
		np_err_clear(err);
	if (ret_http)
		*ret_http = reply.http;
	np_kube_reply_release(&reply);
	return rc;
}

/* The labels that a pod or namespace has now and did not have at first go, the others come back. */
static json_t *label_patch(const json_t *now, const json_t *first)
{
	json_t *patch = json_object(), *value;
	const char *key;

	json_object_foreach(np_json_at(now, "metadata/labels"), key, value)
		if (!json_object_get(np_json_at(first, "metadata/labels"), key) &&
		    strcmp(key, "kubernetes.io/metadata.name") != 0)
			json_object_set_new(patch, key, json_null());
	json_object_foreach(np_json_at(first, "metadata/labels"), key, value)
		if (!json_equal(value, json_object_get(np_json_at(now, "metadata/labels"), key)))
			json_object_set(patch, key, value);
	return patch;
}

static int relabel(struct field *f, enum np_kube_kind kind, const char *ns, const char *name,
		   json_t *first_take, struct np_err *err)
{
	json_t *now = NULL, *labels, *patch;
	int rc = np_kube_get(f->kube, type_of(kind), ns, name, &now, err);

	if (rc == 0) {
		labels = label_patch(now, first_take);
		patch = np_json_pack("{s:{s:O}}", "metadata", "labels", labels);
		if (json_object_size(labels))
			rc = np_kube_patch(f->kube, type_of(kind), ns, name, NP_KUBE_PATCH_MERGE,
					   patch, NULL, NULL, err);
		json_decref(labels);
		json_decref(patch);
	}
	json_decref(now);
	json_decref(first_take);
	return rc;
}

int field_clear(struct field *f, struct np_err *err)
{
	const struct np_kube_write w = { .missing_ok = true };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < NP_WORLD_NAMESPACES; i++) {
		rc = np_kube_delete_all(f->kube, type_of(NP_KUBE_NETPOL), f->real[i],
					FIELD_LABEL "=op", NULL, err);
		if (rc == 0)
			rc = relabel(f, NP_KUBE_NAMESPACE, NULL, f->real[i],
				     np_bug_namespace(np_bug_namespaces[i], f->real[i], f->id),
				     err);
	}
	if (rc == 0)
		rc = np_kube_delete(f->kube, type_of(NP_KUBE_NETPOL), field_real(f, NP_CANARY_NS),
				    "canary", &w, err);
	for (size_t i = 0; rc == 0 && i < f->n_pods; i++)
		rc = relabel(f, NP_KUBE_POD, field_real(f, f->pods[i].pod->ns),
			     f->pods[i].pod->name, pod_object(f, f->pods[i].pod), err);
	return rc;
}
