/* minimize_moves.c - what can be taken out of a case. */
#include "minimize_doc.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"

/* ---- paths ---- */

static json_t *value_at(const json_t *doc, const json_t *path)
{
	json_t *v = (json_t *)doc, *step;
	size_t i;

	json_array_foreach((json_t *)path, i, step)
		v = json_is_string(step) ? json_object_get(v, json_string_value(step))
					 : json_array_get(v, (size_t)json_integer_value(step));
	return v;
}

/* Takes @step. */
static json_t *extended(const json_t *path, json_t *step)
{
	json_t *longer = json_copy((json_t *)path);

	json_array_append_new(longer, step);
	return longer;
}

static bool is_container(const json_t *v)
{
	return json_is_object(v) || json_is_array(v);
}

static void collect(const json_t *v, json_t *path, unsigned depth, json_t *ret)
{
	const char *key;
	json_t *item;
	size_t i;

	if (!depth) {
		if (is_container(v))
			json_array_append(ret, path);
		json_decref(path);
		return;
	}
	if (json_is_object(v))
		json_object_foreach((json_t *)v, key, item)
			collect(item, extended(path, json_string(key)), depth - 1, ret);
	else if (json_is_array(v))
		json_array_foreach((json_t *)v, i, item)
			collect(item, extended(path, json_integer((json_int_t)i)), depth - 1, ret);
	json_decref(path);
}

json_t *np_min_containers(const json_t *doc, unsigned depth)
{
	json_t *all = json_array();

	collect(doc, json_array(), depth + 1, all);
	return all;
}

/* ---- what may go ---- */

static const char *key_at(const json_t *path, size_t from_end)
{
	size_t n = json_array_size(path);
	const char *s = n >= from_end ? json_string_value(json_array_get(path, n - from_end)) : NULL;

	return s ? s : "";
}

static bool within(const json_t *path, const char *key)
{
	json_t *step;
	size_t i;

	json_array_foreach((json_t *)path, i, step)
		if (json_is_string(step) && strcmp(json_string_value(step), key) == 0)
			return true;
	return false;
}

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

/* Maps whose keys are the user's own words. */
static bool is_free_map(const json_t *path)
{
	static const char *const maps[] = { "labels", "matchLabels", "selector", NULL };

	return is_one_of(key_at(path, 1), maps);
}

/* The fields without which a manifest is none, or says less than it seems to. */
static bool key_may_go(const json_t *container, const json_t *path, const char *key)
{
	static const char *const never[] = { "apiVersion", "kind",     "metadata", "spec",
					     "namespace",  "cidr",     "operator", "key",
					     "containers", "containerPort", "policyTypes", NULL };

	if (is_free_map(path))
		return true;
	if (is_one_of(key, never) || strcmp(key, "netpolcheck/node") == 0)
		return false;
	if (strcmp(key, "name") == 0)
		return within(path, "ports");
	if (strcmp(key, "annotations") == 0)
		return !json_object_get(json_object_get(container, key), "netpolcheck/node");
	if (strcmp(key, "podSelector") == 0)
		return strcmp(key_at(path, 1), "spec") != 0;
	return !(strcmp(key, "labels") == 0 && strcmp(key_at(path, 2), "body") == 0 &&
		 json_object_size(container) == 1);
}

/* The tree's own wrapping of a step is not part of the case. */
static bool is_wrapping(const json_t *path)
{
	return strcmp(json_string_value(json_array_get(path, 0)), "steps") == 0 &&
	       json_array_size(path) == 2;
}

static void end_keys(const char *end, char *pod, char *ns, size_t size)
{
	const char *slash = strchr(end, '/');

	end += strncmp(end, "svc:", 4) == 0 ? 4 : 0;
	snprintf(pod, size, "Pod %s", end);
	snprintf(ns, size, "Namespace /%.*s", slash && slash > end ? (int)(slash - end) : 0, end);
}

/* Ends of the connection and their namespaces. */
static bool is_end(const json_t *item, const struct np_min_cell *cell)
{
	const char *ends[] = { cell->src, cell->dst };
	char key[400], pod[200], ns[200];

	np_min_doc_key(item, key, sizeof(key));
	for (size_t i = 0; i < 2; i++) {
		end_keys(ends[i], pod, ns, sizeof(pod));
		if (strcmp(key, pod) == 0 || strcmp(key, ns) == 0)
			return true;
	}
	return false;
}

static bool is_probed_port(const json_t *item, const struct np_min_cell *cell)
{
	char text[24];

	snprintf(text, sizeof(text), "%s:%u", np_proto_name(cell->proto), cell->port);
	return strcmp(json_string_value(item), text) == 0;
}

/* The control pods of a run talk TCP. */
static bool is_control_port(const json_t *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strncmp(json_string_value(json_array_get(list, k)), "TCP:", 4) == 0)
			return false;
	return strncmp(json_string_value(json_array_get(list, i)), "TCP:", 4) == 0;
}

static bool item_may_go(const json_t *list, const json_t *path, size_t i,
			const struct np_min_cell *cell)
{
	const json_t *item = json_array_get(list, i);
	bool top = json_array_size(path) == 1;

	if (top && strcmp(key_at(path, 1), "objects") == 0)
		return !is_end(item, cell);
	if (top && strcmp(key_at(path, 1), "listens") == 0)
		return !is_probed_port(item, cell) &&
		       (cell->proto == NP_TCP || !is_control_port(list, i));
	return !top || i + 1 < json_array_size(list); /* the last expectation */
}

json_t *np_min_children(const json_t *doc, const json_t *path, const struct np_min_cell *cell)
{
	const json_t *v = value_at(doc, path);
	json_t *all = json_array(), *item;
	const char *key;

	if (is_wrapping(path))
		return all;
	if (json_is_object(v))
		json_object_foreach((json_t *)v, key, item) {
			if (key_may_go(v, path, key))
				json_array_append_new(all, json_string(key));
		}
	else
		for (size_t i = 0; i < json_array_size(v); i++)
			if (item_may_go(v, path, i, cell))
				json_array_append_new(all, json_integer((json_int_t)i));
	return all;
}

/* Lists that mean something else when they are empty. */
static bool too_small(const json_t *v, const json_t *path)
{
	static const char *const lists[] = { "policyTypes", "containers", "values", "listens",
					      NULL };

	return json_is_array(v) && !json_array_size(v) && is_one_of(key_at(path, 1), lists);
}

json_t *np_min_without(const json_t *doc, const json_t *path, const json_t *children, size_t at,
		       size_t n, const json_t *known)
{
	json_t *smaller = json_deep_copy(doc), *v = value_at(smaller, path);

	/* From the end, so that indexes stay. */
	for (size_t i = at + n; i-- > at;) {
		const json_t *child = json_array_get(children, i);

		if (json_is_string(child))
			json_object_del(v, json_string_value(child));
		else
			json_array_remove(v, (size_t)json_integer_value(child));
	}
	if (too_small(v, path)) {
		json_decref(smaller);
		return NULL;
	}
	if (json_array_size(path) == 1)
		np_min_doc_sweep(smaller, known);
	return smaller;
}

/* ---- larger moves ---- */

/* Only the last expectation. */
static json_t *drop_expects(const json_t *doc)
{
	json_t *smaller = json_deep_copy(doc), *steps = json_object_get(smaller, "steps");
	bool any = false;

	for (size_t i = json_array_size(steps) - 1; i-- > 0;)
		if (strcmp(np_json_str(json_array_get(steps, i), "do", ""), "expect") == 0) {
			json_array_remove(steps, i);
			any = true;
		}
	if (any)
		return smaller;
	json_decref(smaller);
	return NULL;
}

static bool is_mentioned(const char *text, const char *key)
{
	np_auto_free char *quoted = np_xasprintf("\"%s\"", key);

	return strstr(text, quoted) != NULL;
}

/* Labels of pods and namespaces that no step mentions. */
static json_t *drop_idle_labels(const json_t *doc)
{
	json_t *smaller = json_deep_copy(doc), *object;
	struct np_buf text = { 0 };
	bool any = false;
	size_t i;

	np_json_dump(json_object_get(doc, "steps"), 0, &text);
	json_array_foreach(json_object_get(smaller, "objects"), i, object) {
		json_t *meta = json_object_get(object, "metadata"),
		       *labels = json_object_get(meta, "labels"), *value;
		const char *key;
		void *tmp;

		json_object_foreach_safe(labels, tmp, key, value)
			if (!is_mentioned(np_buf_text(&text), key)) {
				json_object_del(labels, key);
				any = true;
			}
		if (labels && !json_object_size(labels))
			json_object_del(meta, "labels");
	}
	np_buf_release(&text);
	if (any)
		return smaller;
	json_decref(smaller);
	return NULL;
}

/* Declared ports and further containers of pods. */
static json_t *drop_containers(const json_t *doc)
{
	json_t *smaller = json_deep_copy(doc), *object;
	bool any = false;
	size_t i;

	json_array_foreach(json_object_get(smaller, "objects"), i, object) {
		json_t *spec = json_object_get(object, "spec"),
		       *list = json_object_get(spec, "containers");

		if (strcmp(np_json_str(object, "kind", ""), "Pod") != 0)
			continue;
		any |= json_object_del(spec, "initContainers") == 0;
		while (json_array_size(list) > 1) {
			json_array_remove(list, 1);
			any = true;
		}
		any |= json_object_del(json_array_get(list, 0), "ports") == 0;
	}
	if (any)
		return smaller;
	json_decref(smaller);
	return NULL;
}

json_t *np_min_move(const json_t *doc, size_t i, bool *ret_more)
{
	static json_t *(*const moves[])(const json_t *) = { drop_expects, drop_idle_labels,
							    drop_containers };

	*ret_more = i < NP_ARRAY_SIZE(moves);
	return *ret_more ? moves[i](doc) : NULL;
}
