/* scope.c - private namespaces. */
#include "scope.h"

#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"

#define METADATA_NAME "kubernetes.io/metadata.name"

void np_scope_init(struct np_scope *s, const char *run_id, unsigned worker)
{
	*s = (struct np_scope){ .worker = worker };
	memcpy(s->run_id, run_id, NP_RUN_ID_LEN);
}

void np_scope_release(struct np_scope *s)
{
	np_arena_release(&s->arena);
	s->n = 0;
}

static const struct np_scope_ns *find(const struct np_scope *s, struct np_str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (np_str_eq(s->items[i].name, name))
			return &s->items[i];
	return NULL;
}

const char *np_scope_add(struct np_scope *s, struct np_str name)
{
	const struct np_scope_ns *known = find(s, name);
	struct np_scope_ns *ns;

	if (known)
		return known->real.p;
	if (s->n == NP_SCOPE_MAX_NAMESPACES)
		return NULL;
	ns = &s->items[s->n++];
	ns->name = np_arena_str(&s->arena, name);
	ns->real = np_arena_printf(&s->arena, "np-%s-%u-" NP_STR_FMT, s->run_id, s->worker,
				   NP_STR_ARG(name));
	return ns->real.p;
}

struct np_str np_scope_real(const struct np_scope *s, struct np_str name)
{
	const struct np_scope_ns *ns = find(s, name);

	return ns ? ns->real : name;
}

struct np_str np_scope_short(const struct np_scope *s, struct np_str real)
{
	for (size_t i = 0; i < s->n; i++)
		if (np_str_eq(s->items[i].real, real))
			return s->items[i].name;
	return real;
}

bool np_scope_has(const struct np_scope *s, struct np_str real)
{
	for (size_t i = 0; i < s->n; i++)
		if (np_str_eq(s->items[i].real, real))
			return true;
	return false;
}

static void rename_key(const struct np_scope *s, json_t *object, const char *key)
{
	const char *old = json_string_value(json_object_get(object, key));

	if (old)
		json_object_set_new(object, key, json_string(np_scope_real(s, np_str_from(old)).p));
}

static void rename_selector(const struct np_scope *s, json_t *selector)
{
	json_t *expr;
	size_t i, j;

	rename_key(s, json_object_get(selector, "matchLabels"), METADATA_NAME);
	json_array_foreach(json_object_get(selector, "matchExpressions"), i, expr) {
		const char *key = np_json_str(expr, "key", "");
		json_t *values = json_object_get(expr, "values"), *value;

		if (strcmp(key, METADATA_NAME) != 0)
			continue;
		json_array_foreach(values, j, value)
			if (json_is_string(value))
				json_array_set_new(
					values, j,
					json_string(np_scope_real(s, np_str_from(json_string_value(
									     value)))
							    .p));
	}
}

static void rename_peers(const struct np_scope *s, json_t *rules, const char *peers)
{
	json_t *rule, *peer;
	size_t i, j;

	json_array_foreach(rules, i, rule)
		json_array_foreach(json_object_get(rule, peers), j, peer)
			rename_selector(s, json_object_get(peer, "namespaceSelector"));
}

void np_scope_rename(const struct np_scope *s, json_t *object)
{
	json_t *spec = json_object_get(object, "spec"),
	       *metadata = json_object_get(object, "metadata");

	rename_key(s, metadata, "namespace");
	if (strcmp(np_json_str(object, "kind", ""), "Namespace") == 0)
		rename_key(s, metadata, "name");
	rename_peers(s, json_object_get(spec, "ingress"), "from");
	rename_peers(s, json_object_get(spec, "egress"), "to");
}
