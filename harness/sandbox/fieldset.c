/* Sets of fields: from objects, algebra, comparing, removing, merging. */
#include "fieldset.h"

#include "np/base/json.h"
#include "np/base/mem.h"

/* ---- nodes ---- */

static bool is_member(const json_t *node)
{
	return json_object_size(node) == 0 || json_object_get(node, ".");
}

/*
 * A node from what its children are and whether it is a member itself; NULL when it is nothing at
 * all. Takes @children.
 */
static json_t *node_new(json_t *children_take, bool member)
{
	json_object_del(children_take, ".");
	if (json_object_size(children_take) && member)
		json_object_set_new(children_take, ".", json_object());
	if (json_object_size(children_take) || member)
		return children_take;
	json_decref(children_take);
	return NULL;
}

static void put_child(json_t *children, const char *key, json_t *node_take)
{
	if (node_take)
		json_object_set_new(children, key, node_take);
}

static json_t *root_of(json_t *node)
{
	return node ? node : json_object();
}

enum op { OP_UNION, OP_MINUS, OP_BOTH };

/* NULL stands for a node that is not there. */
static json_t *combine(const json_t *a, const json_t *b, enum op op)
{
	bool in_a = a && is_member(a), in_b = b && is_member(b);
	json_t *children = json_object(), *v;
	const char *key;

	json_object_foreach((json_t *)a, key, v) {
		if (strcmp(key, ".") != 0)
			put_child(children, key, combine(v, json_object_get(b, key), op));
	}
	json_object_foreach((json_t *)b, key, v) {
		if (strcmp(key, ".") != 0 && !json_object_get(a, key))
			put_child(children, key, combine(NULL, v, op));
	}
	return node_new(children, op == OP_UNION   ? in_a || in_b
				  : op == OP_MINUS ? in_a && !in_b
						   : in_a && in_b);
}

/* At the root an empty object is the empty set, not a member. */
static json_t *combine_roots(const json_t *a, const json_t *b, enum op op)
{
	return root_of(combine(json_object_size(a) ? a : NULL, json_object_size(b) ? b : NULL, op));
}

json_t *np_fields_union(const json_t *a, const json_t *b)
{
	return combine_roots(a, b, OP_UNION);
}

json_t *np_fields_minus(const json_t *a, const json_t *b)
{
	return combine_roots(a, b, OP_MINUS);
}

json_t *np_fields_both(const json_t *a, const json_t *b)
{
	return combine_roots(a, b, OP_BOTH);
}

bool np_fields_empty(const json_t *set)
{
	return json_object_size(set) == 0;
}

json_t *np_fields_with_parents(const json_t *set)
{
	json_t *ret = json_object(), *v;
	const char *key;

	json_object_foreach((json_t *)set, key, v) {
		json_t *node = np_fields_with_parents(v);

		if (strcmp(key, ".") != 0 && json_object_size(node))
			json_object_set_new(node, ".", json_object());
		json_object_set_new(ret, key, node);
	}
	return ret;
}

void np_fields_strip(json_t *set, bool status)
{
	static const char *const unmanaged[] = { "f:name",
						 "f:namespace",
						 "f:creationTimestamp",
						 "f:selfLink",
						 "f:uid",
						 "f:generation",
						 "f:managedFields",
						 "f:resourceVersion",
						 "f:deletionTimestamp",
						 "f:deletionGracePeriodSeconds" };
	json_t *meta = json_object_get(set, "f:metadata");

	json_object_del(set, "f:apiVersion");
	json_object_del(set, "f:kind");
	json_object_del(set, status ? "f:spec" : "f:status");
	for (size_t i = 0; i < NP_ARRAY_SIZE(unmanaged); i++)
		json_object_del(meta, unmanaged[i]);
	if (meta && (json_object_size(meta) == 0 || status))
		json_object_del(set, "f:metadata");
}

/* ---- sets from objects ---- */

/* How the value of a field is walked. */
struct shape {
	const struct np_type *type;
	enum np_shape shape;
	const struct np_field *field; /* NULL at the root and below lists and maps */
};

static bool atomic(const struct shape *s)
{
	if (s->field)
		return np_schema_atomic(s->field);
	return s->type->base != NP_T_STRUCT || s->type->atomic;
}

/* The element's key as JSON text in FieldsV1: its fields in order of name. */
static char *element_key(const struct np_field *f, const json_t *element)
{
	struct np_buf b = { 0 };
	json_t *key = json_object();
	const char *p = f->keys;

	if (f->flags & NP_F_SET) {
		np_buf_adds(&b, "v:");
		np_json_dump(element, 1, &b);
		json_decref(key);
		return np_buf_steal(&b);
	}
	while (*p) {
		size_t n = strcspn(p, ",");
		json_t *v = json_object_getn(element, p, n);

		/* The one key that has a default. */
		json_object_setn_new(key, p, n,
				     v						? json_incref(v)
				     : n == 8 && strncmp(p, "protocol", n) == 0 ? json_string("TCP")
										: json_null());
		p += n + (p[n] == ',');
	}
	np_buf_adds(&b, "k:");
	np_json_dump(key, 1, &b);
	json_decref(key);
	return np_buf_steal(&b);
}

/* Borrowed; NULL when there is none. */
static json_t *find_element(const struct np_field *f, const json_t *list, const char *key)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		char *k = element_key(f, v);
		bool same = strcmp(k, key) == 0;

		free(k);
		if (same)
			return v;
	}
	return NULL;
}

/* What is below a key of a struct or map; false when the type has no such field. */
static bool below(const struct shape *s, const char *key, struct shape *ret)
{
	const struct np_field *f;

	if (s->shape == NP_MAP) {
		*ret = (struct shape){ s->type, NP_ONE, NULL };
		return true;
	}
	f = np_schema_field(s->type, key);
	if (f)
		*ret = (struct shape){ f->type, f->shape, f };
	return f;
}

static json_t *fields_of(const struct shape *s, const json_t *v);

static json_t *fields_of_list(const struct shape *s, const json_t *list)
{
	struct shape item = { s->type, NP_ONE, NULL };
	json_t *ret = json_object(), *v;
	size_t i;

	json_array_foreach(list, i, v) {
		char *key = element_key(s->field, v);
		json_t *node = s->field->flags & NP_F_SET ? json_object() : fields_of(&item, v);

		json_object_set_new(ret, key, node_new(node, true));
		free(key);
	}
	return ret;
}

static json_t *fields_of(const struct shape *s, const json_t *v)
{
	json_t *ret, *item;
	struct shape sub;
	const char *key;
	char *name;

	if (atomic(s))
		return json_object();
	if (s->shape == NP_LIST)
		return fields_of_list(s, v);
	ret = json_object();
	json_object_foreach((json_t *)v, key, item) {
		if (!below(s, key, &sub))
			continue;
		name = np_xasprintf("f:%s", key);
		json_object_set_new(ret, name, fields_of(&sub, item));
		free(name);
	}
	return ret;
}

json_t *np_fields_of(const struct np_type *type, const json_t *object)
{
	return fields_of(&(struct shape){ type, NP_ONE, NULL }, object);
}

/* ---- comparing ---- */

struct diff {
	json_t *changed, *removed; /* nodes, NULL: nothing */
};

static struct diff compare(const struct shape *s, const json_t *before, const json_t *now);

static void put_diff(struct diff *into, const char *key, struct diff d)
{
	put_child(into->changed, key, d.changed);
	put_child(into->removed, key, d.removed);
}

static struct diff finish(struct diff d)
{
	d.changed = node_new(d.changed, false);
	d.removed = node_new(d.removed, false);
	return d;
}

static struct diff compare_lists(const struct shape *s, const json_t *before, const json_t *now)
{
	struct shape item = { s->type, NP_ONE, NULL };
	struct diff ret = { json_object(), json_object() };
	json_t *v;
	size_t i;

	json_array_foreach(now, i, v) {
		char *key = element_key(s->field, v);
		const json_t *other = find_element(s->field, before, key);
		struct diff d = { 0 };

		if (!other)
			d.changed = node_new(s->field->flags & NP_F_SET ? json_object()
									: fields_of(&item, v),
					     true);
		else if (!(s->field->flags & NP_F_SET))
			d = compare(&item, other, v);
		put_diff(&ret, key, d);
		free(key);
	}
	json_array_foreach(before, i, v) {
		char *key = element_key(s->field, v);

		if (!find_element(s->field, now, key))
			put_child(ret.removed, key,
				  node_new(s->field->flags & NP_F_SET ? json_object()
								      : fields_of(&item, v),
					   true));
		free(key);
	}
	return finish(ret);
}

static struct diff compare_objects(const struct shape *s, const json_t *before, const json_t *now)
{
	struct diff ret = { json_object(), json_object() };
	struct shape sub;
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)now, key, v) {
		char *name = np_xasprintf("f:%s", key);

		if (below(s, key, &sub))
			put_diff(&ret, name, compare(&sub, json_object_get(before, key), v));
		free(name);
	}
	json_object_foreach((json_t *)before, key, v) {
		char *name = np_xasprintf("f:%s", key);

		if (!json_object_get(now, key) && below(s, key, &sub))
			put_diff(&ret, name, compare(&sub, v, NULL));
		free(name);
	}
	return finish(ret);
}

static struct diff compare(const struct shape *s, const json_t *before, const json_t *now)
{
	if (!before || !now)
		return (struct diff){ now ? fields_of(s, now) : NULL,
				      before ? fields_of(s, before) : NULL };
	if (json_equal(before, now))
		return (struct diff){ 0 };
	if (atomic(s) || json_typeof(before) != json_typeof(now))
		return (struct diff){ json_object(), NULL };
	return s->shape == NP_LIST ? compare_lists(s, before, now)
				   : compare_objects(s, before, now);
}

void np_fields_compare(const struct np_type *type, const json_t *before, const json_t *now,
		       json_t **ret_changed, json_t **ret_removed)
{
	json_t *nothing = json_object();
	struct diff d = compare(&(struct shape){ type, NP_ONE, NULL }, before ? before : nothing,
				now ? now : nothing);

	*ret_changed = root_of(d.changed);
	*ret_removed = root_of(d.removed);
	json_decref(nothing);
}

/* ---- removing and merging ---- */

static void remove_fields(const struct shape *s, json_t *v, const json_t *set);

static bool is_empty(const json_t *v)
{
	return (json_is_object(v) && json_object_size(v) == 0) ||
	       (json_is_array(v) && json_array_size(v) == 0);
}

static void remove_elements(const struct shape *s, json_t *list, const json_t *set)
{
	struct shape item = { s->type, NP_ONE, NULL };

	for (size_t i = 0; i < json_array_size(list);) {
		char *key = element_key(s->field, json_array_get(list, i));
		const json_t *node = json_object_get(set, key);

		free(key);
		if (node && is_member(node)) {
			json_array_remove(list, i);
			continue;
		}
		if (node)
			remove_fields(&item, json_array_get(list, i), node);
		i++;
	}
}

static void remove_fields(const struct shape *s, json_t *v, const json_t *set)
{
	struct shape sub;
	const char *key;
	json_t *node;

	if (s->shape == NP_LIST) {
		remove_elements(s, v, set);
		return;
	}
	json_object_foreach((json_t *)set, key, node) {
		json_t *child = strncmp(key, "f:", 2) == 0 ? json_object_get(v, key + 2) : NULL;

		if (!child || !below(s, key + 2, &sub))
			continue;
		if (json_object_size(node) == 0) {
			json_object_del(v, key + 2);
			continue;
		}
		if (atomic(&sub))
			continue;
		remove_fields(&sub, child, node);
		if (is_empty(child))
			json_object_del(v, key + 2);
	}
}

void np_fields_remove(const struct np_type *type, json_t *object, const json_t *set)
{
	remove_fields(&(struct shape){ type, NP_ONE, NULL }, object, set);
}

static json_t *merge(const struct shape *s, const json_t *object, const json_t *config);

static json_t *merge_lists(const struct shape *s, const json_t *object, const json_t *config)
{
	struct shape item = { s->type, NP_ONE, NULL };
	json_t *ret = json_copy((json_t *)object), *v;
	size_t i;

	json_array_foreach(config, i, v) {
		char *key = element_key(s->field, v);
		json_t *old = find_element(s->field, ret, key);
		size_t k = 0;

		for (; k < json_array_size(ret) && json_array_get(ret, k) != old; k++)
			;
		if (!old)
			json_array_append_new(ret, json_deep_copy(v));
		else if (!(s->field->flags & NP_F_SET))
			json_array_set_new(ret, k, merge(&item, old, v));
		free(key);
	}
	return ret;
}

static json_t *merge(const struct shape *s, const json_t *object, const json_t *config)
{
	json_t *ret, *v;
	struct shape sub;
	const char *key;

	if (!object || atomic(s) || json_typeof(object) != json_typeof(config))
		return json_deep_copy(config);
	if (s->shape == NP_LIST)
		return merge_lists(s, object, config);
	ret = json_copy((json_t *)object);
	json_object_foreach((json_t *)config, key, v) {
		if (below(s, key, &sub))
			json_object_set_new(ret, key, merge(&sub, json_object_get(object, key), v));
	}
	return ret;
}

json_t *np_fields_merge(const struct np_type *type, const json_t *object, const json_t *config)
{
	return merge(&(struct shape){ type, NP_ONE, NULL }, object, config);
}

/* ---- paths ---- */

static void add_part(struct np_buf *path, const char *key)
{
	json_t *fields, *v;
	const char *name;
	size_t n = 0;

	if (key[0] == 'f') {
		np_buf_printf(path, ".%s", key + 2);
		return;
	}
	if (key[0] == 'v') {
		np_buf_printf(path, "[=%s]", key + 2);
		return;
	}
	fields = np_json_parse(key + 2, strlen(key + 2), NULL);
	np_buf_adds(path, "[");
	json_object_foreach(fields, name, v) {
		np_buf_printf(path, "%s%s=", n++ ? "," : "", name);
		np_json_dump(v, 0, path);
	}
	np_buf_adds(path, "]");
	json_decref(fields);
}

static void add_paths(json_t *list, const json_t *node, struct np_buf *path)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)node, key, v) {
		size_t len = path->len;

		if (strcmp(key, ".") == 0)
			continue;
		add_part(path, key);
		if (is_member(v))
			json_array_append_new(list, np_json_string((struct np_str){
							    np_buf_text(path), path->len }));
		add_paths(list, v, path);
		path->len = len;
		path->data[len] = '\0';
	}
}

json_t *np_fields_paths(const json_t *set)
{
	struct np_buf path = { 0 };
	json_t *list = json_array();

	np_buf_adds(&path, "");
	add_paths(list, set, &path);
	np_buf_release(&path);
	return list;
}
