/* Strategic merge patch: a merge patch that knows which lists have keys. */
#include "np/base/json.h"
#include "np/base/mem.h"
#include "patch.h"

#define DELETE_PRIMITIVES "$deleteFromPrimitiveList/"
#define ELEMENT_ORDER "$setElementOrder/"

static json_t *merge(const struct np_type *type, const json_t *object, const json_t *patch,
		     struct np_err *err);

static bool is_directive(const char *key)
{
	return *key == '$' && (strcmp(key, "$patch") == 0 || strcmp(key, "$retainKeys") == 0 ||
			       strncmp(key, DELETE_PRIMITIVES, strlen(DELETE_PRIMITIVES)) == 0 ||
			       strncmp(key, ELEMENT_ORDER, strlen(ELEMENT_ORDER)) == 0);
}

/* A patch's value where there is nothing to merge with: without its directives and nulls. */
static json_t *plain(const json_t *v)
{
	json_t *ret, *item;
	const char *key;
	size_t i;

	if (json_is_object(v)) {
		ret = json_object();
		json_object_foreach((json_t *)v, key, item) {
			if (!is_directive(key) && !json_is_null(item))
				json_object_set_new(ret, key, plain(item));
		}
		return ret;
	}
	if (!json_is_array(v))
		return json_incref((json_t *)v);
	ret = json_array();
	json_array_foreach(v, i, item) {
		if (!json_is_object(item) || strcmp(np_json_str(item, "$patch", ""), "delete") != 0)
			json_array_append_new(ret, plain(item));
	}
	return ret;
}

static bool has_value(const json_t *list, const json_t *v)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (json_equal(item, v))
			return true;
	}
	return false;
}

/* Index of the element with the same key, or the list's length. */
static size_t index_of(const json_t *list, const char *key, const json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (json_equal(json_object_get(item, key), value))
			return i;
	}
	return json_array_size(list);
}

static json_t *merge_scalars(const json_t *object, const json_t *patch)
{
	json_t *ret = object ? json_copy((json_t *)object) : json_array(), *v;
	size_t i;

	json_array_foreach(patch, i, v) {
		if (!has_value(ret, v))
			json_array_append(ret, v);
	}
	return ret;
}

static int merge_element(const struct np_field *f, json_t *ret, const json_t *element,
			 struct np_err *err)
{
	const json_t *value = json_object_get(element, f->merge);
	size_t i;
	json_t *merged;

	if (!json_is_object(element) || !value)
		return np_err_set(err, NP_EUSAGE, "map: %s does not contain declared merge key: %s",
				  f->name, f->merge);
	i = index_of(ret, f->merge, value);
	if (strcmp(np_json_str(element, "$patch", ""), "delete") == 0) {
		for (; i < json_array_size(ret); i = index_of(ret, f->merge, value))
			json_array_remove(ret, i);
		return 0;
	}
	if (i == json_array_size(ret)) {
		json_array_append_new(ret, plain(element));
		return 0;
	}
	merged = merge(f->type, json_array_get(ret, i), element, err);
	if (!merged)
		return -1;
	json_array_set_new(ret, i, merged);
	return 0;
}

static json_t *merge_structs(const struct np_field *f, const json_t *object, const json_t *patch,
			     struct np_err *err)
{
	json_t *ret = object ? json_copy((json_t *)object) : json_array(), *v;
	size_t i;

	json_array_foreach(patch, i, v) {
		const char *directive = np_json_str(v, "$patch", "");

		if (strcmp(directive, "replace") == 0) {
			/* The whole list becomes what else the patch lists. */
			json_decref(ret);
			ret = plain(patch);
			for (i = 0; i < json_array_size(ret);) {
				if (json_object_size(json_array_get(ret, i)) == 0)
					json_array_remove(ret, i);
				else
					i++;
			}
			return ret;
		}
		if (merge_element(f, ret, v, err)) {
			json_decref(ret);
			return NULL;
		}
	}
	return ret;
}

static json_t *merge_field(const struct np_field *f, const json_t *object, const json_t *patch,
			   struct np_err *err)
{
	if (json_is_array(patch) && (json_is_array(object) || !object) && f &&
	    f->shape == NP_LIST && f->merge)
		return *f->merge ? merge_structs(f, object, patch, err)
				 : merge_scalars(object, patch);
	if (!json_is_object(patch))
		return plain(patch);
	if (!json_is_object(object) && strcmp(np_json_str(patch, "$patch", ""), "") == 0)
		object = NULL;
	return merge(f && f->shape == NP_ONE ? f->type : &np_type_any, object, patch, err);
}

static int delete_primitives(json_t *ret, const char *name, const json_t *values,
			     struct np_err *err)
{
	json_t *list = json_object_get(ret, name), *copy;

	if (!json_is_array(values))
		return np_err_set(err, NP_EUSAGE, "%s%s is no list", DELETE_PRIMITIVES, name);
	copy = json_is_array(list) ? json_copy(list) : json_array();
	for (size_t i = 0; i < json_array_size(copy);) {
		if (has_value(values, json_array_get(copy, i)))
			json_array_remove(copy, i);
		else
			i++;
	}
	if (list)
		json_object_set(ret, name, copy);
	json_decref(copy);
	return 0;
}

static const json_t *order_key(const struct np_field *f, const json_t *v)
{
	return f->merge && *f->merge ? json_object_get(v, f->merge) : v;
}

/*
 * Elements named in the order come in that order; the others keep their places after the element
 * they followed.
 */
static void set_order(const struct np_field *f, json_t *ret, const json_t *order)
{
	json_t *list = json_object_get(ret, f->name), *sorted = json_array(), *want, *have;
	size_t i, k;

	json_array_foreach(order, i, want) {
		json_array_foreach(list, k, have) {
			const json_t *key = order_key(f, have);

			if (key && json_equal(order_key(f, want), key))
				json_array_append(sorted, have);
		}
	}
	json_array_foreach(list, k, have) {
		if (!has_value(sorted, have))
			json_array_insert(sorted,
					  k < json_array_size(sorted) ? k : json_array_size(sorted),
					  have);
	}
	if (json_is_array(list))
		json_object_set(ret, f->name, sorted);
	json_decref(sorted);
}

static void retain_keys(json_t *ret, const json_t *keys)
{
	const char *key;
	json_t *v;
	void *tmp;

	json_object_foreach_safe(ret, tmp, key, v)
	{
		json_t *name = json_string(key);

		if (!has_value(keys, name))
			json_object_del(ret, key);
		json_decref(name);
	}
}

/* Directives that act on fields of @ret after the fields were merged. */
static int directives(const struct np_type *type, json_t *ret, const json_t *patch,
		      struct np_err *err)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)patch, key, v) {
		if (strncmp(key, DELETE_PRIMITIVES, strlen(DELETE_PRIMITIVES)) == 0) {
			if (delete_primitives(ret, key + strlen(DELETE_PRIMITIVES), v, err))
				return -1;
		} else if (strncmp(key, ELEMENT_ORDER, strlen(ELEMENT_ORDER)) == 0) {
			const struct np_field *f =
				np_schema_field(type, key + strlen(ELEMENT_ORDER));

			if (f && f->merge && json_is_array(v))
				set_order(f, ret, v);
		} else if (strcmp(key, "$retainKeys") == 0) {
			retain_keys(ret, v);
		}
	}
	return 0;
}

static json_t *merge(const struct np_type *type, const json_t *object, const json_t *patch,
		     struct np_err *err)
{
	const char *key, *how = np_json_str(patch, "$patch", "");
	json_t *ret, *v;

	if (strcmp(how, "replace") == 0)
		return plain(patch);
	if (strcmp(how, "delete") == 0)
		return json_object();
	if (*how && strcmp(how, "merge") != 0) {
		np_err_set(err, NP_EUSAGE, "unknown patch type found: %.100s", how);
		return NULL;
	}
	ret = object ? json_copy((json_t *)object) : json_object();
	json_object_foreach((json_t *)patch, key, v) {
		json_t *one;

		if (is_directive(key))
			continue;
		if (json_is_null(v)) {
			json_object_del(ret, key);
			continue;
		}
		one = merge_field(np_schema_field(type, key), json_object_get(object, key), v, err);
		if (!one) {
			json_decref(ret);
			return NULL;
		}
		json_object_set_new(ret, key, one);
	}
	if (directives(type, ret, patch, err)) {
		json_decref(ret);
		return NULL;
	}
	return ret;
}

json_t *np_patch_strategic(const struct np_type *type, const json_t *object, const json_t *patch,
			   struct np_err *err)
{
	if (!json_is_object(patch)) {
		np_err_set(err, NP_EUSAGE, "a strategic merge patch is an object");
		return NULL;
	}
	return merge(type, object, patch, err);
}
