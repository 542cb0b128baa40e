/* manifests.c - files, folders and API lists, object by object, into a world. */
#include "np/parse/manifests.h"

#include "apply.h"
#include "np/base/file.h"
#include "np/parse/read.h"

/* One source on its way into a world. */
struct loader {
	struct np_world *world;
	struct np_diags *diags;
	struct np_err *err;
	struct np_decode_opts opts; /* its file name is in the world's arena */
};

/* What a failed load has to take back: lists only ever grow. */
struct counts {
	size_t namespaces, nodes, pods, services, policies;
};

static struct counts get_counts(const struct np_world *w)
{
	return (struct counts){ w->n_namespaces, w->n_nodes, w->n_pods, w->n_services,
				w->n_policies };
}

static int take_back(struct np_world *w, struct counts c)
{
	w->n_namespaces = c.namespaces;
	w->n_nodes = c.nodes;
	w->n_pods = c.pods;
	w->n_services = c.services;
	w->n_policies = c.policies;
	return -1;
}

__attribute__((format(printf, 4, 5)))
static int refuse(struct loader *l, enum np_errcode code, const struct np_value *at,
		  const char *fmt, ...)
{
	char msg[NP_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	np_err_set(l->err, code, "%s", msg);
	return np_err_at(l->err, l->opts.file, at->line, at->column);
}

static int check_room(struct loader *l, const struct np_value *at, size_t n, const char *kind)
{
	if (n < NP_WORLD_MAX_OBJECTS)
		return 0;
	return refuse(l, NP_ELIMIT, at, "more than %d objects of kind %s", NP_WORLD_MAX_OBJECTS,
		      kind);
}

#define DEFINE_ADD(noun, list, kind)                                                               \
	static int add_##noun(struct loader *l, const struct np_value *v)                          \
	{                                                                                          \
		struct np_##noun object;                                                           \
                                                                                                   \
		if (check_room(l, v, l->world->n_##list, kind) ||                                  \
		    np_decode_##noun(v, &l->opts, &l->world->arena, &object, l->err))              \
			return -1;                                                                 \
		*np_world_add_##noun(l->world) = object;                                           \
		return 0;                                                                          \
	}

DEFINE_ADD(namespace, namespaces, "Namespace")
DEFINE_ADD(node, nodes, "Node")
DEFINE_ADD(pod, pods, "Pod")
DEFINE_ADD(service, services, "Service")

static int add_policy(struct loader *l, const struct np_value *v)
{
	struct np_policy policy;

	if (check_room(l, v, l->world->n_policies, "NetworkPolicy") ||
	    np_decode_policy(v, &l->opts, &l->world->arena, &policy, l->diags, l->err))
		return -1;
	*np_world_add_policy(l->world) = policy;
	return 0;
}

static const struct {
	const char *api_version, *kind;
	int (*add)(struct loader *l, const struct np_value *v);
} kinds[] = {
	{ "v1", "Namespace", add_namespace },
	{ "v1", "Node", add_node },
	{ "v1", "Pod", add_pod },
	{ "v1", "Service", add_service },
	{ "networking.k8s.io/v1", "NetworkPolicy", add_policy },
};

/*
 * Objects that the model does not have: policies of other groups may forbid what NetworkPolicy
 * allows (S64).
 */
static int skip(struct loader *l, const struct np_value *v, struct np_str api_version,
		struct np_str kind)
{
	bool policy = kind.n && memmem(kind.p, kind.n, "NetworkPolicy", strlen("NetworkPolicy"));
	const struct np_place place = { l->opts.file, v->line, v->column };

	diag_add(l->diags, policy ? NP_DIAG_CLUSTER_POLICY : NP_DIAG_SKIPPED, place,
		 NP_STR(""),
		 "kind %.*s of %.*s is not looked at%s", (int)(kind.n < 100 ? kind.n : 100), kind.p,
		 (int)(api_version.n < 100 ? api_version.n : 100), api_version.p,
		 policy ? ", though it may change what is allowed" : "");
	return 0;
}

static int add_known(struct loader *l, const struct np_value *v, struct np_str api_version,
		     struct np_str kind)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++)
		if (np_str_is(kind, kinds[i].kind) && np_str_is(api_version, kinds[i].api_version))
			return kinds[i].add(l, v);
	return skip(l, v, api_version, kind);
}

/* An item of a list; one of a typed list (PodList) need not repeat what it is. */
static int add_item(struct loader *l, const struct np_value *v, struct np_str api_version,
		    struct np_str kind)
{
	struct np_str own_version = np_value_str(np_value_get(v, "apiVersion"));
	struct np_str own_kind = np_value_str(np_value_get(v, "kind"));

	if (v->kind != NP_VALUE_MAP)
		return refuse(l, NP_EPARSE, v, "an item of a list must be a map, not %s",
			      np_value_kind_name((enum np_value_kind)v->kind));
	own_version = own_version.n ? own_version : api_version;
	own_kind = own_kind.n ? own_kind : kind;
	if (!own_kind.n || !own_version.n)
		return refuse(l, NP_EVALID, v, "an item of a List needs apiVersion and kind");
	if (np_str_ends(own_kind, "List"))
		return refuse(l, NP_EVALID, v, "a list inside a list is not allowed");
	return add_known(l, v, own_version, own_kind);
}

static int add_list(struct loader *l, const struct np_value *v, struct np_str api_version,
		    struct np_str kind)
{
	const struct np_value *items = np_value_get(v, "items");
	struct np_str item_kind = { kind.p, kind.n - strlen("List") };

	if (!items || items->kind == NP_VALUE_NULL)
		return 0;
	if (items->kind != NP_VALUE_LIST)
		return refuse(l, NP_EPARSE, items, "items must be a list, not %s",
			      np_value_kind_name((enum np_value_kind)items->kind));
	for (uint32_t i = 0; i < items->n; i++)
		if (add_item(l, &items->items[i], item_kind.n ? api_version : NP_STR_NONE,
			     item_kind))
			return -1;
	return 0;
}

static int add_object(struct loader *l, const struct np_value *v)
{
	struct np_str api_version = np_value_str(np_value_get(v, "apiVersion"));
	struct np_str kind = np_value_str(np_value_get(v, "kind"));

	if (v->kind != NP_VALUE_MAP)
		return refuse(l, NP_EPARSE, v, "a manifest must be a map, not %s",
			      np_value_kind_name((enum np_value_kind)v->kind));
	if (!kind.n || !api_version.n)
		return refuse(l, NP_EVALID, v,
			      "a manifest needs apiVersion and kind, both strings");
	if (np_str_ends(kind, "List") && np_value_get(v, "items"))
		return add_list(l, v, api_version, kind);
	return add_known(l, v, api_version, kind);
}

static int add_documents(struct loader *l, const struct np_docs *docs)
{
	struct counts before = get_counts(l->world);

	for (size_t i = 0; i < docs->n; i++) {
		if (docs->items[i].root.kind == NP_VALUE_NULL)
			continue;
		if (add_object(l, &docs->items[i].root))
			return take_back(l->world, before);
	}
	return 0;
}

static bool looks_like_json(struct np_str text)
{
	size_t i = 0;

	while (i < text.n && strchr(" \t\r\n", text.p[i]) && text.p[i])
		i++;
	return i < text.n && text.p[i] == '{';
}

/*
 * As kubectl does: JSON when it starts like it, and YAML when that fails. Of two failures the JSON
 * one is told.
 */
static int read_text(struct np_str text, const char *name, struct np_docs *ret, struct np_err *err)
{
	struct np_read_opts opts = { .file = name,
				     .max_bytes = NP_MANIFEST_MAX_BYTES,
				     .many = true };
	struct np_err ignored;

	if (looks_like_json(text) && np_read_json(text, &opts, ret, err) == 0)
		return 0;
	opts.max_depth = NP_YAML_POLICY_DEPTH;
	return np_read_yaml(text, &opts, ret, looks_like_json(text) ? &ignored : err);
}

static struct loader loader_for(struct np_world *world, const char *name, struct np_diags *diags,
				struct np_err *err)
{
	struct loader l = { .world = world, .diags = diags, .err = err };

	l.opts.file = np_arena_str(&world->arena, np_str_from(name)).p;
	return l;
}

int np_manifests_add_text(struct np_world *world, struct np_str text, const char *name,
			  enum np_fields fields, struct np_diags *diags, struct np_err *err)
{
	struct loader l = loader_for(world, name, diags, err);
	struct np_docs docs;
	int ret;

	if (read_text(text, name, &docs, err))
		return -1;
	l.opts.fields = fields;
	l.opts.mode = NP_DECODE_KUBECTL;
	ret = add_documents(&l, &docs);
	np_docs_release(&docs);
	return ret;
}

int np_manifests_add_json(struct np_world *world, struct np_str text, const char *name,
			  struct np_err *err)
{
	const struct np_read_opts opts = { .file = name, .max_bytes = NP_MANIFEST_MAX_BYTES };
	struct loader l = loader_for(world, name, NULL, err);
	struct np_docs docs;
	int ret;

	if (np_read_json(text, &opts, &docs, err))
		return -1;
	l.opts.fields = NP_FIELDS_IGNORE;
	l.opts.mode = NP_DECODE_API_JSON;
	ret = add_documents(&l, &docs);
	np_docs_release(&docs);
	return ret;
}

static int load_file(const char *path, enum np_fields fields, struct np_world *world,
		     struct np_diags *diags, struct np_err *err)
{
	struct np_buf text = { 0 };
	int ret = np_file_read(path, NP_MANIFEST_MAX_BYTES, &text, err);

	if (!ret)
		ret = np_manifests_add_text(world, (struct np_str){ np_buf_text(&text), text.len },
					    path, fields, diags, err);
	np_buf_release(&text);
	return ret;
}

static int load_path(const char *path, enum np_fields fields, struct np_world *world,
		     struct np_diags *diags, struct np_err *err)
{
	static const char *const suffixes[] = { ".yaml", ".yml", ".json", NULL };
	char **files;
	size_t n;
	int ret = 0;

	if (!np_is_dir(path))
		return load_file(path, fields, world, diags, err);
	if (np_files_list(path, suffixes, &files, &n, err))
		return -1;
	if (!n) {
		np_err_set(err, NP_ENOTFOUND, "no .yaml, .yml or .json file in the folder");
		ret = np_err_at(err, path, 0, 0);
	}
	for (size_t i = 0; i < n && !ret; i++)
		ret = load_file(files[i], fields, world, diags, err);
	np_files_free(files);
	return ret;
}

int np_manifests_load_noted(const char *const *paths, size_t n, enum np_fields fields,
			    struct np_world *world, struct np_diags *diags, struct np_err *err)
{
	struct counts before = get_counts(world);

	for (size_t i = 0; i < n; i++)
		if (load_path(paths[i], fields, world, diags, err))
			return take_back(world, before);
	return np_world_link(world, err) ? take_back(world, before) : 0;
}

int np_manifests_load(const char *const *paths, size_t n, struct np_world *world,
		      struct np_err *err)
{
	return np_manifests_load_noted(paths, n, NP_FIELDS_STRICT, world, NULL, err);
}
