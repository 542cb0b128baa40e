/*
 * API objects to a world. What the faults remember of earlier states is kept in entries; without
 * such a fault there are none.
 */
#include "enforcer_view.h"

#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/parse/manifests.h"

#define NEW_POD_OPEN_MS 2000
#define SLOW_CHANGES_MS 5000

enum view_kind { VIEW_NAMESPACE, VIEW_NODE, VIEW_POD, VIEW_POLICY, N_VIEW_KINDS };

static const char *const kind_names[N_VIEW_KINDS] = { "Namespace", "Node", "Pod", "NetworkPolicy" };

/* One object through time. */
struct entry {
	enum view_kind kind;
	char *ns, *name;
	json_t *last;	      /* as stored last */
	json_t *first_labels; /* of this uid */
	json_t *all_labels;   /* every key it ever had, of this uid */
	json_t *first_spec;   /* of this uid */
	json_t *stale_spec;   /* of the uid before */
	unsigned long seq;    /* order of first sight, of this uid */
	int64_t first_ms;
	bool present;
	bool off;  /* a policy switched off until it changes */
	bool open; /* a pod that no policy covers */
};

struct np_view {
	enum np_fault_id fault;
	struct np_world world;
	struct entry *entries;
	size_t n, cap;
	unsigned long seq;
	int64_t now_ms, changes_at_ms;
	json_t *held;	       /* the policies in force, when changes are slow */
	int64_t held_since_ms; /* since when they differ from the stored ones; 0: they do not */
	/* resourceVersion -> text of an object, for those of the last update: most stay */
	json_t *texts, *next_texts;
	/* resourceVersions of objects that could not be read: each is logged once */
	char **bad;
	size_t n_bad, cap_bad;
};

struct np_view *np_view_new(enum np_fault_id fault)
{
	struct np_view *v = np_xcalloc(1, sizeof(*v));

	v->fault = fault;
	v->changes_at_ms = INT64_MAX;
	np_world_init(&v->world);
	return v;
}

static void entry_forget(struct entry *e)
{
	json_decref(e->last);
	json_decref(e->first_labels);
	json_decref(e->all_labels);
	json_decref(e->first_spec);
	json_decref(e->stale_spec);
	e->last = e->first_labels = e->all_labels = e->first_spec = e->stale_spec = NULL;
}

void np_view_free(struct np_view *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++) {
		entry_forget(&v->entries[i]);
		free(v->entries[i].ns);
		free(v->entries[i].name);
	}
	for (size_t i = 0; i < v->n_bad; i++)
		free(v->bad[i]);
	free(v->bad);
	free(v->entries);
	json_decref(v->held);
	json_decref(v->texts);
	np_world_release(&v->world);
	free(v);
}

static bool remembers(enum np_fault_id fault)
{
	switch (fault) {
	case NP_FAULT_DELETE_DROPS_OTHERS:
	case NP_FAULT_SIDECAR_PODS_OPEN:
	case NP_FAULT_DELETED_PODS_KEPT:
	case NP_FAULT_SLOW_NEW_PODS:
	case NP_FAULT_LABEL_UPDATE_IGNORED:
	case NP_FAULT_NS_LABEL_IGNORED:
	case NP_FAULT_LABEL_REMOVAL_IGNORED:
	case NP_FAULT_NS_LABEL_REMOVAL:
	case NP_FAULT_POLICY_UPDATE_IGNORED:
	case NP_FAULT_DELETE_IGNORED:
	case NP_FAULT_RECREATED_STALE:
	case NP_FAULT_NEW_POD_IGNORED:
	case NP_FAULT_TERMINATING_OPEN:
		return true;
	default:
		return false;
	}
}

static struct entry *find(const struct np_view *v, enum view_kind kind, struct np_str ns,
			  struct np_str name)
{
	for (size_t i = 0; i < v->n; i++) {
		struct entry *e = &v->entries[i];

		if (e->kind == kind && np_str_is(ns, e->ns) && np_str_is(name, e->name))
			return e;
	}
	return NULL;
}

static struct entry *find_or_add(struct np_view *v, enum view_kind kind, const json_t *object)
{
	const char *ns = np_json_str(object, "metadata/namespace", ""),
		   *name = np_json_str(object, "metadata/name", "");
	struct entry *e = find(v, kind, np_str_from(ns), np_str_from(name));

	if (e)
		return e;
	v->entries = np_grow(v->entries, &v->cap, v->n, sizeof(*v->entries));
	e = &v->entries[v->n++];
	*e = (struct entry){ .kind = kind, .ns = np_xstrdup(ns), .name = np_xstrdup(name) };
	return e;
}

static json_t *labels_of(const json_t *object)
{
	json_t *labels = np_json_at(object, "metadata/labels");

	return labels ? json_deep_copy(labels) : json_object();
}

static bool same_text(const json_t *a, const json_t *b, const char *path)
{
	return !strcmp(np_json_str(a, path, ""), np_json_str(b, path, ""));
}

/* The object as it is now, into the entry. */
static void remember(struct np_view *v, struct entry *e, json_t *object)
{
	json_t *spec = json_object_get(object, "spec"), *labels = labels_of(object);

	if (e->last && !same_text(e->last, object, "metadata/uid")) {
		json_t *stale = e->stale_spec ? e->stale_spec
					      : json_incref(json_object_get(e->last, "spec"));

		e->stale_spec = NULL;
		entry_forget(e);
		e->stale_spec = stale;
	}
	if (!e->last) {
		e->first_labels = json_incref(labels);
		e->all_labels = json_object();
		e->first_spec = json_incref(spec);
		e->seq = ++v->seq;
		e->first_ms = v->now_ms;
		e->off = false;
	} else if (!same_text(e->last, object, "metadata/resourceVersion")) {
		e->off = false;
	}
	json_object_update(e->all_labels, labels);
	json_decref(labels);
	json_decref(e->last);
	e->last = json_incref(object);
	e->present = true;
	e->open = (v->fault == NP_FAULT_TERMINATING_OPEN &&
		   np_json_at(object, "metadata/deletionTimestamp")) ||
		  (v->fault == NP_FAULT_SIDECAR_PODS_OPEN &&
		   json_array_size(np_json_at(object, "spec/initContainers")) > 0);
}

/* A copy of the entry's object with another value below @parent (NULL: at the top). */
static json_t *with(const struct entry *e, const char *parent, const char *key, json_t *value)
{
	json_t *copy = json_deep_copy(e->last);

	json_object_set(parent ? json_object_get(copy, parent) : copy, key, value);
	return copy;
}

/* What a fault makes of the object; new reference, NULL: nothing. */
static json_t *as_seen(const struct np_view *v, const struct entry *e)
{
	bool is_policy = e->kind == VIEW_POLICY, is_pod = e->kind == VIEW_POD,
	     is_ns = e->kind == VIEW_NAMESPACE;

	if (!e->present)
		return (v->fault == NP_FAULT_DELETE_IGNORED && is_policy) ||
				       (v->fault == NP_FAULT_DELETED_PODS_KEPT && is_pod)
			       ? json_incref(e->last)
			       : NULL;
	if (e->off)
		return NULL;
	if ((v->fault == NP_FAULT_LABEL_UPDATE_IGNORED && is_pod) ||
	    (v->fault == NP_FAULT_NS_LABEL_IGNORED && is_ns))
		return with(e, "metadata", "labels", e->first_labels);
	if ((v->fault == NP_FAULT_LABEL_REMOVAL_IGNORED && is_pod) ||
	    (v->fault == NP_FAULT_NS_LABEL_REMOVAL && is_ns))
		return with(e, "metadata", "labels", e->all_labels);
	if (v->fault == NP_FAULT_POLICY_UPDATE_IGNORED && is_policy && e->first_spec)
		return with(e, NULL, "spec", e->first_spec);
	if (v->fault == NP_FAULT_RECREATED_STALE && is_policy && e->stale_spec)
		return with(e, NULL, "spec", e->stale_spec);
	return json_incref(e->last);
}

/* Another policy of the namespace has gone: those that stay are off until they change. */
static void drop_others(struct np_view *v, const struct entry *gone)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->entries[i].kind == VIEW_POLICY && v->entries[i].present &&
		    !strcmp(v->entries[i].ns, gone->ns))
			v->entries[i].off = true;
}

static void log_bad(struct np_view *v, enum view_kind kind, const json_t *object,
		    const struct np_err *err)
{
	char *key = np_xasprintf("%d/%s/%s/%s", kind, np_json_str(object, "metadata/namespace", ""),
				 np_json_str(object, "metadata/name", ""),
				 np_json_str(object, "metadata/resourceVersion", ""));
	char text[NP_ERR_TEXT_MAX];

	for (size_t i = 0; i < v->n_bad; i++)
		if (!strcmp(v->bad[i], key)) {
			free(key);
			return;
		}
	np_log_warn("enforcer leaves out %s %s/%s: %s", kind_names[kind],
		    np_json_str(object, "metadata/namespace", ""),
		    np_json_str(object, "metadata/name", ""), np_err_text(err, text, sizeof(text)));
	v->bad = np_grow(v->bad, &v->cap_bad, v->n_bad, sizeof(*v->bad));
	v->bad[v->n_bad++] = key;
}

static void decode_text(struct np_view *v, enum view_kind kind, const json_t *object,
			struct np_str text)
{
	struct np_err err;

	if (np_manifests_add_json(&v->world, text, "api", &err) < 0)
		log_bad(v, kind, object, &err);
}

static void decode(struct np_view *v, enum view_kind kind, const json_t *object)
{
	struct np_buf text = { 0 };

	np_json_dump(object, 0, &text);
	decode_text(v, kind, object, (struct np_str){ text.data, text.len });
	np_buf_release(&text);
}

/* The members of @from that are named, the same values, as an object of their own. */
static json_t *members_of(const json_t *from, const char *const *names)
{
	json_t *some = json_object(), *value;

	for (; *names; names++)
		if ((value = json_object_get(from, *names)))
			json_object_set(some, *names, value);
	return some;
}

static json_t *ports_of(const json_t *containers)
{
	static const char *const names[] = { "name", "ports", "restartPolicy", NULL };
	json_t *list = json_array(), *c;
	size_t i;

	json_array_foreach(containers, i, c)
		json_array_append_new(list, members_of(c, names));
	return list;
}

/*
 * What the model has of a pod. The rest of it is several times as much, and every change of
 * anything reads all pods anew.
 */
static json_t *pod_in_short(const json_t *pod)
{
	static const char *const top[] = { "apiVersion", "kind", NULL },
				 *const meta[] = { "name", "namespace", "labels", NULL },
				 *const spec[] = { "nodeName", "hostNetwork", NULL },
				 *const status[] = { "phase",  "podIP",	  "podIPs",
						     "hostIP", "hostIPs", NULL },
				 *const lists[] = { "containers", "initContainers" };
	const json_t *full = json_object_get(pod, "spec"), *list;
	json_t *o = members_of(pod, top), *s = members_of(full, spec);

	for (size_t i = 0; i < NP_ARRAY_SIZE(lists); i++)
		if ((list = json_object_get(full, lists[i])))
			json_object_set_new(s, lists[i], ports_of(list));
	json_object_set_new(o, "metadata", members_of(json_object_get(pod, "metadata"), meta));
	json_object_set_new(o, "spec", s);
	json_object_set_new(o, "status", members_of(json_object_get(pod, "status"), status));
	return o;
}

static json_t *text_of(enum view_kind kind, const json_t *object)
{
	json_t *brief = kind == VIEW_POD ? pod_in_short(object) : NULL, *text;
	struct np_buf b = { 0 };

	np_json_dump(brief ? brief : object, 0, &b);
	text = json_stringn_nocheck(b.data, b.len);
	np_buf_release(&b);
	json_decref(brief);
	return text;
}

/* An object as it is stored: its resourceVersion is nobody else's. */
static void decode_stored(struct np_view *v, enum view_kind kind, const json_t *object)
{
	const char *rev = np_json_str(object, "metadata/resourceVersion", "");
	json_t *text = json_incref(json_object_get(v->texts, rev));

	if (!text)
		text = text_of(kind, object);
	decode_text(v, kind, object,
		    (struct np_str){ json_string_value(text), json_string_length(text) });
	if (*rev)
		json_object_set(v->next_texts, rev, text);
	json_decref(text);
}

static void decode_lists(struct np_view *v, const json_t *const lists[N_VIEW_KINDS])
{
	json_t *object;
	size_t i;

	v->next_texts = json_object();
	for (int kind = 0; kind < N_VIEW_KINDS; kind++)
		json_array_foreach(lists[kind], i, object)
			decode_stored(v, (enum view_kind)kind, object);
	json_decref(v->texts);
	v->texts = v->next_texts;
	v->next_texts = NULL;
}

static void update_memory(struct np_view *v, const json_t *const lists[N_VIEW_KINDS])
{
	bool *was_present = np_xcalloc(v->n + 1, sizeof(*was_present));
	size_t n_before = v->n;

	for (size_t i = 0; i < n_before; i++) {
		was_present[i] = v->entries[i].present;
		v->entries[i].present = false;
	}
	for (int kind = 0; kind < N_VIEW_KINDS; kind++) {
		json_t *object;
		size_t i;

		json_array_foreach(lists[kind], i, object)
			remember(v, find_or_add(v, (enum view_kind)kind, object), object);
	}
	for (size_t i = 0; i < n_before; i++)
		if (v->fault == NP_FAULT_DELETE_DROPS_OTHERS && v->entries[i].kind == VIEW_POLICY &&
		    was_present[i] && !v->entries[i].present)
			drop_others(v, &v->entries[i]);
	free(was_present);
}

static void decode_memory(struct np_view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		json_t *object = as_seen(v, &v->entries[i]);

		if (object)
			decode(v, v->entries[i].kind, object);
		json_decref(object);
	}
}

static bool is_new(const struct np_view *v, const struct entry *e)
{
	return v->fault == NP_FAULT_SLOW_NEW_PODS && e->kind == VIEW_POD && e->present &&
	       v->now_ms < e->first_ms + NEW_POD_OPEN_MS;
}

/* The policies in force: the stored ones, or those of a while ago. */
static const json_t *slow_policies(struct np_view *v, const json_t *policies)
{
	if (v->held && json_equal(v->held, policies)) {
		v->held_since_ms = 0;
		return v->held;
	}
	if (v->held && !v->held_since_ms)
		v->held_since_ms = v->now_ms;
	if (v->held && v->now_ms < v->held_since_ms + SLOW_CHANGES_MS) {
		v->changes_at_ms = v->held_since_ms + SLOW_CHANGES_MS;
		return v->held;
	}
	json_decref(v->held);
	v->held = json_copy((json_t *)policies);
	v->held_since_ms = 0;
	return v->held;
}

const struct np_world *np_view_update(struct np_view *v, const struct np_view_objects *objects,
				      int64_t now_ms)
{
	const json_t *lists[N_VIEW_KINDS] = {
		[VIEW_NAMESPACE] = objects->namespaces,
		[VIEW_NODE] = objects->nodes,
		[VIEW_POD] = objects->pods,
		[VIEW_POLICY] = objects->policies,
	};
	struct np_err err;
	char text[NP_ERR_TEXT_MAX];

	v->now_ms = now_ms;
	v->changes_at_ms = INT64_MAX;
	if (v->fault == NP_FAULT_SLOW_CHANGES)
		lists[VIEW_POLICY] = slow_policies(v, objects->policies);
	np_world_release(&v->world);
	np_world_init(&v->world);
	if (remembers(v->fault)) {
		update_memory(v, lists);
		decode_memory(v);
	} else {
		decode_lists(v, lists);
	}
	for (size_t i = 0; i < v->n; i++)
		if (is_new(v, &v->entries[i]) &&
		    v->entries[i].first_ms + NEW_POD_OPEN_MS < v->changes_at_ms)
			v->changes_at_ms = v->entries[i].first_ms + NEW_POD_OPEN_MS;
	if (np_world_link(&v->world, &err) < 0)
		np_log_warn("enforcer: %s", np_err_text(&err, text, sizeof(text)));
	return &v->world;
}

int64_t np_view_changes_at_ms(const struct np_view *v)
{
	return v->changes_at_ms;
}

bool np_view_covers(const struct np_view *v, const struct np_pod *pod,
		    const struct np_policy *policy)
{
	const struct entry *p, *q;

	if (!v || !v->n)
		return true;
	p = find(v, VIEW_POD, pod->ns, pod->name);
	q = find(v, VIEW_POLICY, policy->ns, policy->name);
	if (!p || !q)
		return true;
	if (p->open || is_new(v, p))
		return false;
	return v->fault != NP_FAULT_NEW_POD_IGNORED || p->seq < q->seq;
}
