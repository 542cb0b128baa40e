/* repro_objects.c - the world and the changes of a case as kubectl commands. */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "repro.h"
#include "yaml.h"

/* Resources by their full names: kubectl would otherwise choose among groups. */
static const struct {
	const char *kind, *resource;
} resources[] = {
	{ "Pod", "pods" },
	{ "Namespace", "namespaces" },
	{ "Service", "services" },
	{ "NetworkPolicy", "networkpolicies.networking.k8s.io" },
};

static void put_resource(struct np_buf *b, const char *kind)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(resources); i++)
		if (strcmp(resources[i].kind, kind) == 0) {
			np_buf_adds(b, resources[i].resource);
			return;
		}
	np_repro_quote(b, kind);
}

static bool is_kind(const char *key, const char *kind)
{
	size_t n = strlen(kind);

	return strncmp(key, kind, n) == 0 && key[n] == ' ';
}

/* "pods 'a' -n "$PREFIX"-'x'" */
static void put_target(struct np_repro *p, const char *key)
{
	np_auto_free char *kind = NULL, *ns = NULL, *name = NULL;

	if (!np_repro_split(key, &kind, &ns, &name))
		return;
	put_resource(&p->out, kind);
	np_buf_addc(&p->out, ' ');
	if (strcmp(kind, "Namespace") == 0)
		np_repro_namespace(p, &p->out, name);
	else
		np_repro_quote(&p->out, name);
	if (!*ns)
		return;
	np_buf_adds(&p->out, " -n ");
	np_repro_namespace(p, &p->out, ns);
}

static void own_namespace(struct np_repro *p, const char *name)
{
	json_object_set_new(p->namespaces, name, json_true());
	np_buf_adds(&p->out, "namespaces=\"$namespaces $PREFIX-\"");
	np_repro_quote(&p->out, name);
	np_buf_addc(&p->out, '\n');
}

static json_t *ensure_object(json_t *parent, const char *key)
{
	json_t *v = json_object_get(parent, key);

	if (!json_is_object(v)) {
		v = json_object();
		json_object_set_new(parent, key, v);
	}
	return v;
}

/* 'netpolcheck clean' finds what a script that was killed left; hostNetwork needs the level. */
static void label_namespace(json_t *ns)
{
	json_t *labels = ensure_object(ensure_object(ns, "metadata"), "labels");

	json_object_set_new(labels, "app.kubernetes.io/managed-by", json_string("netpolcheck"));
	json_object_set_new(labels, "pod-security.kubernetes.io/enforce",
			    json_string("privileged"));
}

static json_t *for_script(struct np_repro *p, const char *key, const json_t *body,
			  struct np_buf *fills)
{
	json_t *object =
		is_kind(key, "Pod") ? np_repro_pod(p, body) : np_repro_renamed(p, body, fills);

	if (is_kind(key, "Namespace"))
		label_namespace(object);
	return object;
}

static void put_line(struct np_repro *p, const json_t *object)
{
	np_json_dump(object, 0, &p->out);
	np_buf_addc(&p->out, '\n');
}

/* One object on standard input of kubectl; the text cannot end the here-document. Pods are dull. */
static void put_object(struct np_repro *p, const char *verb, const char *key, const json_t *body)
{
	struct np_buf fills = { 0 };
	json_t *object = for_script(p, key, body, &fills);

	np_buf_printf(&p->out, "put %s%s <<'END_OF_OBJECT'\n", verb, np_buf_text(&fills));
	if (is_kind(key, "Pod"))
		put_line(p, object);
	else
		np_report_yaml(object, &p->out);
	np_buf_adds(&p->out, "END_OF_OBJECT\n");
	np_buf_release(&fills);
	json_decref(object);
}

static void put_patch(struct np_repro *p, const char *key, const char *type, const json_t *patch)
{
	struct np_buf fills = { 0 }, text = { 0 };
	json_t *renamed = np_repro_renamed(p, patch, &fills);

	np_json_dump(renamed, 0, &text);
	np_buf_adds(&p->out, "patch=$(printf %s ");
	np_repro_quote(&p->out, np_buf_text(&text));
	np_buf_printf(&p->out, " | fill%s)\n$KUBECTL patch ", np_buf_text(&fills));
	put_target(p, key);
	np_buf_printf(&p->out, " --type %s -p \"$patch\" >/dev/null || fail 'cannot patch'\n",
		      type);
	np_buf_release(&fills);
	np_buf_release(&text);
	json_decref(renamed);
}

static void put_delete(struct np_repro *p, const char *key)
{
	np_buf_adds(&p->out, "$KUBECTL delete ");
	put_target(p, key);
	if (json_is_true(json_object_get(p->ending, key)))
		np_buf_adds(&p->out, " --force");
	np_buf_adds(&p->out, " --ignore-not-found --timeout=120s >/dev/null || "
			     "fail 'cannot delete an object'\n");
	json_object_del(p->objects, key);
}

/* Begins the deletion of a pod that goes on until its grace is over. */
static void put_terminate(struct np_repro *p, const char *key)
{
	np_buf_adds(&p->out, "$KUBECTL delete ");
	put_target(p, key);
	np_buf_adds(&p->out, " --grace-period=60 --wait=false >/dev/null || "
			     "fail 'cannot delete an object'\n");
	json_object_set_new(p->ending, key, json_true());
}

/* The labels of a pod that is there; nothing else of it can change. */
static void put_labels(struct np_repro *p, const char *key, const json_t *body)
{
	json_t *labels = np_json_at(body, "metadata/labels");
	json_t *patch = np_json_pack("[{s:s, s:s, s:o}]", "op", "add", "path", "/metadata/labels",
				     "value", labels ? json_incref(labels) : json_object());

	put_patch(p, key, "json", patch);
	json_decref(patch);
}

/* As the harness applies: created, or replaced when it is there. */
static void put_apply(struct np_repro *p, const char *key, const json_t *body)
{
	bool there = json_object_get(p->objects, key) != NULL;
	np_auto_free char *kind = NULL, *ns = NULL, *name = NULL;

	if (!np_repro_split(key, &kind, &ns, &name))
		return;
	if (!there && strcmp(kind, "Namespace") == 0)
		own_namespace(p, name);
	if (there && strcmp(kind, "Pod") == 0)
		put_labels(p, key, body);
	else if (there && strcmp(kind, "Service") == 0) /* keeps the address it was given */
		put_object(p, "apply", key, body);
	else
		put_object(p, there ? "replace" : "create", key, body);
	if (!there && strcmp(kind, "Pod") == 0)
		json_object_set_new(p->unready, ns, json_true());
	json_object_set(p->objects, key, (json_t *)body);
}

static const json_t *original_of(const struct np_repro *p, const char *key)
{
	const json_t *o = json_object_get(json_object_get(p->world, "objects"), key);

	return json_is_object(o) ? o : NULL;
}

/* A pod made anew without a manifest is recorded with the names it has in the cluster. */
static const json_t *body_of(const struct np_repro *p, const json_t *m, const char *key)
{
	const json_t *body = json_object_get(m, "body");
	np_auto_free char *kind = NULL, *ns = NULL, *name = NULL;

	if (np_repro_split(key, &kind, &ns, &name) && original_of(p, key) &&
	    strcmp(np_json_str(m, "op", ""), "recreate") == 0 &&
	    strcmp(np_json_str(body, "metadata/namespace", ns), ns) != 0)
		return original_of(p, key);
	return body;
}

static void put_merge(struct np_repro *p, const json_t *m, const char *key, const json_t *body)
{
	bool labels = strcmp(np_json_str(m, "op", ""), "label") == 0 &&
		      !json_object_get(body, "metadata");
	json_t *patch = labels ? np_json_pack("{s:{s:O}}", "metadata", "labels", body)
			       : json_incref((json_t *)body);

	put_patch(p, key, "merge", patch);
	json_decref(patch);
}

void np_repro_change(struct np_repro *p, const json_t *m)
{
	const char *op = np_json_str(m, "op", ""), *key = np_json_str(m, "of", "");
	const json_t *body = body_of(p, m, key);
	bool terminates = strcmp(op, "terminate") == 0;
	bool anew = terminates || strcmp(op, "recreate") == 0;

	if (terminates)
		put_terminate(p, key);
	else if (anew || strcmp(op, "delete") == 0)
		put_delete(p, key);
	if (json_is_object(body) && (strcmp(op, "label") == 0 || strcmp(op, "patch") == 0))
		put_merge(p, m, key, body);
	else if (json_is_object(body))
		put_apply(p, key, body);
	if (anew || !json_object_get(p->touched, key))
		json_object_set_new(p->touched, key, json_boolean(anew));
}

static void undo_one(struct np_repro *p, const char *key, bool anew)
{
	const json_t *original = original_of(p, key);

	if (!original || anew)
		put_delete(p, key);
	if (original)
		put_apply(p, key, original);
}

void np_repro_undo(struct np_repro *p)
{
	const char *key;
	json_t *anew;

	for (int pass = 0; pass < 2; pass++)
		json_object_foreach(p->touched, key, anew)
			if (is_kind(key, "NetworkPolicy") == (pass == 0))
				undo_one(p, key, json_is_true(anew));
}

void np_repro_ready(struct np_repro *p)
{
	const char *ns;
	json_t *unused;

	json_object_foreach(p->unready, ns, unused) {
		np_buf_adds(&p->out, "ready ");
		np_repro_namespace(p, &p->out, ns);
		np_buf_addc(&p->out, '\n');
	}
	json_object_clear(p->unready);
}

static void put_hosts(struct np_repro *p)
{
	const struct np_repro_end *ends[] = { &p->src, &p->dst };
	json_t *ns, *pod;
	bool any = false;

	for (size_t i = 0; i < 2; i++) {
		if (ends[i]->kind != NP_REPRO_NODE)
			continue;
		if (!any) {
			ns = np_json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind",
					  "Namespace", "metadata", "name", NP_REPRO_HOSTS);
			put_apply(p, "Namespace /" NP_REPRO_HOSTS, ns);
			json_decref(ns);
		}
		any = true;
		pod = np_repro_host_pod(p, ends[i]->text);
		np_buf_adds(&p->out, "put create <<'END_OF_OBJECT'\n");
		put_line(p, pod);
		np_buf_adds(&p->out, "END_OF_OBJECT\n");
		json_decref(pod);
		json_object_set_new(p->unready, NP_REPRO_HOSTS, json_true());
	}
}

/* Namespaces, then pods and Services in one stream, an object a line: they are many and dull. */
void np_repro_world(struct np_repro *p)
{
	json_t *objects = json_object_get(p->world, "objects"), *body;
	struct np_buf none = { 0 };
	const char *key;

	json_object_foreach(objects, key, body)
		if (is_kind(key, "Namespace") && json_is_object(body))
			put_apply(p, key, body);
	put_hosts(p);
	np_buf_adds(&p->out, "put create <<'END_OF_OBJECTS'\n");
	json_object_foreach(objects, key, body) {
		np_auto_free char *kind = NULL, *ns = NULL, *name = NULL;
		json_t *object;

		if (is_kind(key, "Namespace") || !json_is_object(body) ||
		    !np_repro_split(key, &kind, &ns, &name))
			continue;
		object = for_script(p, key, body, &none);
		put_line(p, object);
		json_object_set(p->objects, key, body);
		if (is_kind(key, "Pod"))
			json_object_set_new(p->unready, ns, json_true());
		json_decref(object);
	}
	np_buf_adds(&p->out, "END_OF_OBJECTS\n");
	np_buf_release(&none);
}

const char *np_repro_container(const struct np_repro *p, const struct np_repro_end *end)
{
	np_auto_free char *key = np_xasprintf("Pod %s", end->text);
	const json_t *pod = json_object_get(p->objects, key);
	const json_t *list = json_object_get(json_object_get(pod, "spec"), "containers");

	if (end->kind == NP_REPRO_NODE)
		return "agent";
	return pod ? np_json_str(json_array_get(list, 0), "name", "c0") : NULL;
}
