/* Server-side apply and managedFields. */
#include "patch_apply.h"

#include "fieldset.h"
#include "np/base/json.h"
#include "np/base/mem.h"

static bool is_entry(const json_t *e, const struct np_manager *m, const char *operation)
{
	return strcmp(np_json_str(e, "manager", ""), m->name) == 0 &&
	       strcmp(np_json_str(e, "operation", ""), operation) == 0 &&
	       strcmp(np_json_str(e, "apiVersion", ""), m->api_version) == 0 &&
	       strcmp(np_json_str(e, "subresource", ""), m->status ? "status" : "") == 0;
}

static json_t *entries_of(const json_t *object)
{
	return np_json_at(object, "metadata/managedFields");
}

static json_t *managed_set(const struct np_type *type, const json_t *object, bool status)
{
	json_t *set = np_fields_of(type, object);

	np_fields_strip(set, status);
	return set;
}

/* "conflict with "x" using v1" for each field of @set that entry @e has. */
static void add_conflicts(json_t *causes, const json_t *e, const json_t *set)
{
	json_t *paths = np_fields_paths(set), *path;
	char *message =
		np_xasprintf("conflict with \"%s\"%s%s using %s", np_json_str(e, "manager", ""),
			     np_json_str(e, "subresource", NULL) ? " with subresource " : "",
			     np_json_str(e, "subresource", ""), np_json_str(e, "apiVersion", ""));
	size_t i;

	json_array_foreach(paths, i, path)
		json_array_append_new(causes, np_json_pack("{s:s, s:o, s:O}", "reason",
							   "FieldManagerConflict", "message",
							   np_json_string(np_str_from(message)),
							   "field", path));
	free(message);
	json_decref(paths);
}

/* Fields of @mine that the merge would change under other managers. */
static json_t *find_conflicts(const struct np_type *type, const json_t *live, const json_t *merged,
			      const json_t *mine, const struct np_manager *m)
{
	json_t *causes = json_array(), *changed, *removed, *wanted, *e;
	size_t i;

	np_fields_compare(type, live, merged, &changed, &removed);
	wanted = np_fields_both(changed, mine);
	json_array_foreach(entries_of(live), i, e) {
		json_t *both;

		if (is_entry(e, m, "Apply"))
			continue;
		both = np_fields_both(json_object_get(e, "fieldsV1"), wanted);
		add_conflicts(causes, e, both);
		json_decref(both);
	}
	json_decref(changed);
	json_decref(removed);
	json_decref(wanted);
	return causes;
}

/* What this manager applied before, does not any more, and nobody else has. */
static json_t *abandoned(const json_t *live, const json_t *mine, const struct np_manager *m)
{
	json_t *others = json_object(), *before = json_object(), *e, *ret, *tmp;
	size_t i;

	json_array_foreach(entries_of(live), i, e) {
		json_t **into = is_entry(e, m, "Apply") ? &before : &others;

		tmp = np_fields_union(*into, json_object_get(e, "fieldsV1"));
		json_decref(*into);
		*into = tmp;
	}
	tmp = np_fields_union(others, mine);
	json_decref(others);
	others = np_fields_with_parents(tmp);
	ret = np_fields_minus(before, others);
	json_decref(tmp);
	json_decref(others);
	json_decref(before);
	return ret;
}

json_t *np_apply(const struct np_type *type, const json_t *live, const json_t *config,
		 const struct np_manager *m, bool force, json_t **ret_conflicts)
{
	json_t *mine, *merged, *copy, *gone, *conflicts;

	if (!live)
		return json_deep_copy(config);
	mine = managed_set(type, config, m->status);
	merged = np_fields_merge(type, live, config);
	conflicts = force ? json_array() : find_conflicts(type, live, merged, mine, m);
	if (json_array_size(conflicts)) {
		*ret_conflicts = conflicts;
		json_decref(mine);
		json_decref(merged);
		return NULL;
	}
	json_decref(conflicts);
	copy = json_deep_copy(merged);
	gone = abandoned(live, mine, m);
	np_fields_remove(type, copy, gone);
	json_decref(gone);
	json_decref(merged);
	json_decref(mine);
	return copy;
}

static json_t *entry_new(const struct np_manager *m, const char *operation, json_t *set_take)
{
	time_t now = time(NULL);
	char when[32];
	struct tm tm;
	json_t *e;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	e = np_json_pack("{s:o, s:s, s:s, s:s, s:s, s:o}", "manager",
			 np_json_string(np_str_from(m->name)), "operation", operation, "apiVersion",
			 m->api_version, "time", when, "fieldsType", "FieldsV1", "fieldsV1",
			 set_take);
	if (m->status)
		json_object_set_new(e, "subresource", json_string("status"));
	return e;
}

/* @e with another set; an unchanged one keeps its time. New, NULL when nothing is left. */
static json_t *entry_with(const json_t *e, json_t *set_take)
{
	json_t *copy;

	if (np_fields_empty(set_take)) {
		json_decref(set_take);
		return NULL;
	}
	copy = json_copy((json_t *)e);
	json_object_set_new(copy, "fieldsV1", set_take);
	return copy;
}

/*
 * The entries of @old without the fields of @lost; what entry @m/@operation has becomes *@ret_own
 * instead.
 */
static json_t *entries_without(const json_t *old, const json_t *lost, const struct np_manager *m,
			       const char *operation, json_t **ret_own)
{
	json_t *list = json_array(), *e, *rest;
	size_t i;

	*ret_own = NULL;
	json_array_foreach(entries_of(old), i, e) {
		if (is_entry(e, m, operation)) {
			*ret_own = e;
			continue;
		}
		rest = entry_with(e, np_fields_minus(json_object_get(e, "fieldsV1"), lost));
		if (rest)
			json_array_append_new(list, rest);
	}
	return list;
}

/* Adds the manager's entry; one that says what @own said is @own with its time. Takes @set. */
static void add_entry(json_t *list, json_t *own, const struct np_manager *m, const char *operation,
		      json_t *set_take)
{
	if (np_fields_empty(set_take)) {
		json_decref(set_take);
		return;
	}
	if (own && json_equal(json_object_get(own, "fieldsV1"), set_take)) {
		json_array_append(list, own);
		json_decref(set_take);
		return;
	}
	json_array_append_new(list, entry_new(m, operation, set_take));
}

static void set_entries(json_t *object, json_t *list_take)
{
	json_t *meta = json_object_get(object, "metadata");

	if (json_array_size(list_take))
		json_object_set_new(meta, "managedFields", list_take);
	else {
		json_object_del(meta, "managedFields");
		json_decref(list_take);
	}
}

/* Entries in another order are the same entries: keep the stored ones, so that nothing changes. */
static bool same_entries(const json_t *a, const json_t *b)
{
	size_t i, k, n = 0;
	json_t *x, *y;

	json_array_foreach(a, i, x) {
		json_array_foreach(b, k, y)
			n += json_equal(x, y);
	}
	return n == json_array_size(a) && n == json_array_size(b);
}

static void settle(const json_t *old, json_t *object, json_t *list_take)
{
	if (old && same_entries(list_take, entries_of(old))) {
		json_decref(list_take);
		list_take = entries_of(old) ? json_incref(entries_of(old)) : json_array();
	}
	set_entries(object, list_take);
}

void np_managed_apply(const struct np_type *type, const json_t *live, json_t *object,
		      const json_t *config, const struct np_manager *m)
{
	json_t *changed, *removed, *lost, *set = managed_set(type, config, m->status), *own, *list,
					  *all;

	np_fields_compare(type, live, object, &changed, &removed);
	/* A forced change takes the field from the others; a removed one is nobody's. */
	all = np_fields_both(changed, set);
	lost = np_fields_union(all, removed);
	list = entries_without(live, lost, m, "Apply", &own);
	add_entry(list, own, m, "Apply", set);
	settle(live, object, list);
	json_decref(changed);
	json_decref(removed);
	json_decref(lost);
	json_decref(all);
}

void np_managed_update(const struct np_type *type, const json_t *old, json_t *object,
		       const struct np_manager *m)
{
	json_t *changed, *removed, *lost, *own, *list, *set, *base = NULL, *tmp;

	/* A user may edit the record itself (kubectl does when it moves to server-side apply). */
	if (old && entries_of(object) && !json_equal(entries_of(object), entries_of(old))) {
		base = json_copy((json_t *)old);
		json_object_set_new(base, "metadata", json_copy(json_object_get(old, "metadata")));
		json_object_set(json_object_get(base, "metadata"), "managedFields",
				entries_of(object));
	}
	np_fields_compare(type, old, object, &changed, &removed);
	np_fields_strip(changed, m->status);
	lost = np_fields_union(changed, removed);
	list = entries_without(base ? base : old, lost, m, "Update", &own);
	tmp = np_fields_minus(json_object_get(own, "fieldsV1"), removed);
	set = np_fields_union(tmp, changed);
	add_entry(list, own, m, "Update", set);
	settle(base ? base : old, object, list);
	json_decref(tmp);
	json_decref(changed);
	json_decref(removed);
	json_decref(lost);
	json_decref(base);
}
