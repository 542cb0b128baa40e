/* session_read.c - what the API server was last seen to hold, and a worker's world made of it. */
#include "session_read.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"
#include "np/parse/manifests.h"

static char *stored_key(const char *kind, struct np_str ns)
{
	return np_xasprintf("%s " NP_STR_FMT, kind, NP_STR_ARG(ns));
}

const char *np_session_stored(const struct np_session *s, const char *kind, struct np_str ns)
{
	np_auto_free char *key = stored_key(kind, ns);

	return json_string_value(json_object_get(s->stored, key));
}

static void store_text(struct np_session *s, const char *kind, struct np_str ns, struct np_str text)
{
	np_auto_free char *key = stored_key(kind, ns);

	json_object_set_new(s->stored, key, json_stringn(text.p ? text.p : "", text.n));
}

void np_session_store(struct np_session *s, enum np_kube_kind kind, struct np_str ns,
		      json_t *items)
{
	const struct np_kube_type *type = &np_kube_types[kind];
	np_auto_free char *list_kind = np_xasprintf("%sList", type->kind);
	np_auto_free char *api =
		np_xasprintf("%s%s%s", type->group, *type->group ? "/" : "", type->version);
	json_t *list = np_json_pack("{s:s, s:s, s:O}", "apiVersion", api, "kind", list_kind, "items",
				    items);
	struct np_buf text = { 0 };

	np_json_dump(list, 0, &text);
	store_text(s, type->kind, ns, (struct np_str){ text.data, text.len });
	np_buf_release(&text);
	json_decref(list);
}

static void doubt(struct np_session *s, const char *kind, struct np_str ns)
{
	np_auto_free char *key = stored_key(kind, ns);

	json_object_del(s->stored, key);
}

/* With a namespace goes all that is in it. */
static void doubt_namespace(struct np_session *s, struct np_str ns)
{
	static const char *const kinds[] = { "Namespace", "Pod", "Service", "NetworkPolicy" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++)
		doubt(s, kinds[i], ns);
}

void np_session_doubt(struct np_session *s, const json_t *touched)
{
	const char *key;
	json_t *value;

	if (!touched) {
		json_object_clear(s->stored);
		return;
	}
	json_object_foreach((json_t *)touched, key, value) {
		const char *blank = strchr(key, ' '), *slash = blank ? strchr(blank, '/') : NULL;
		np_auto_free char *kind = NULL;

		if (!slash)
			continue;
		kind = np_xstrndup(key, (size_t)(blank - key));
		if (strcmp(kind, "Namespace") == 0)
			doubt_namespace(s, np_str_from(slash + 1));
		else
			doubt(s, kind, (struct np_str){ blank + 1, (size_t)(slash - blank - 1) });
	}
}

/* ---- the world for the oracle ---- */

static int add_text(struct np_world *w, const char *text, const char *name, struct np_err *err)
{
	/* No name: a place in a reply of the API server tells a reader nothing. */
	if (*text && np_manifests_add_json(w, np_str_from(text), NULL, err) < 0)
		return np_err_prefix(err, "%s", name);
	return 0;
}

static int read_kind(struct np_session *s, struct np_world *w, enum np_kube_kind kind,
		     const struct np_scope_ns *ns, struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[kind];
	json_t *items = NULL;

	if (!np_session_stored(s, type->kind, ns->name)) {
		if (np_kube_list(s->fixture->cluster->kube, type, ns->real.p, NULL, &items, NULL, err) < 0)
			return -1;
		np_session_store(s, kind, ns->name, items);
		json_decref(items);
	}
	return add_text(w, np_session_stored(s, type->kind, ns->name), type->kind, err);
}

/* One that is not there is an empty text. */
static int read_namespace(struct np_session *s, struct np_world *w, const struct np_scope_ns *ns,
			  struct np_err *err)
{
	const struct np_kube_type *type = &np_kube_types[NP_KUBE_NAMESPACE];
	json_t *items = json_array(), *object = NULL;
	struct np_err get = { 0 };
	int rc = 0;

	if (!np_session_stored(s, type->kind, ns->name)) {
		if (np_kube_get(s->fixture->cluster->kube, type, NULL, ns->real.p, &object, &get) == 0) {
			json_array_append_new(items, object);
			np_session_store(s, NP_KUBE_NAMESPACE, ns->name, items);
		} else if (get.code == NP_ENOTFOUND) {
			store_text(s, type->kind, ns->name, NP_STR(""));
		} else {
			*err = get;
			rc = -1;
		}
	}
	json_decref(items);
	return rc == 0 ? add_text(w, np_session_stored(s, type->kind, ns->name), type->kind, err) : -1;
}

static int read_static(struct np_session *s, struct np_world *w, struct np_err *err)
{
	json_t *list;
	size_t i;
	int rc = 0;

	json_array_foreach(s->fixture->static_objects, i, list) {
		struct np_buf text = { 0 };

		np_json_dump(list, 0, &text);
		if (rc == 0)
			rc = add_text(w, np_buf_text(&text), "cluster", err);
		np_buf_release(&text);
	}
	return rc;
}

int np_session_read(struct np_session *s, struct np_world *ret, struct np_err *err)
{
	static const enum np_kube_kind kinds[] = { NP_KUBE_POD, NP_KUBE_SERVICE, NP_KUBE_NETPOL };
	struct np_world w;
	int rc = 0;

	np_world_init(&w);
	for (size_t i = 0; i < s->scope.n && rc == 0; i++)
		rc = read_namespace(s, &w, &s->scope.items[i], err);
	if (rc == 0)
		rc = read_static(s, &w, err);
	for (size_t i = 0; i < s->scope.n; i++)
		for (size_t k = 0; k < NP_ARRAY_SIZE(kinds) && rc == 0; k++)
			rc = read_kind(s, &w, kinds[k], &s->scope.items[i], err);
	if (rc == 0)
		rc = np_world_link(&w, err);
	if (rc < 0) {
		np_world_release(&w);
		return np_err_prefix(err, "cannot read the cluster back");
	}
	*ret = w;
	return 0;
}
