/* The rules of metadata (semantics 3.3). */
#include "admit.h"
#include "np/parse/names.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define ANNOTATIONS_MAX 262144

static struct np_str str_of(const json_t *v)
{
	return (struct np_str){ json_string_value(v), json_string_length(v) };
}

static const enum np_name_rule name_rules[NP_N_KINDS] = {
	[NP_KIND_NAMESPACE] = NP_NAME_DNS_LABEL,	 [NP_KIND_NODE] = NP_NAME_DNS_SUBDOMAIN,
	[NP_KIND_POD] = NP_NAME_DNS_SUBDOMAIN,		 [NP_KIND_SERVICE] = NP_NAME_DNS_1035,
	[NP_KIND_NETWORKPOLICY] = NP_NAME_DNS_SUBDOMAIN, [NP_KIND_EVENT] = NP_NAME_DNS_SUBDOMAIN,
};

static void check_name(enum np_kind_id kind, const json_t *meta, struct np_causes *causes)
{
	const json_t *name = json_object_get(meta, "name"),
		     *prefix = json_object_get(meta, "generateName");

	if (json_string_length(prefix)) {
		char *masked = np_xstrdup(json_string_value(prefix));
		size_t n = strlen(masked);

		if (n > 1 && masked[n - 1] == '-')
			masked[n - 2] = masked[n - 1] = 'a';
		np_admit_name(causes, NP_CAUSE_INVALID, name_rules[kind], np_str_from(masked),
			      "metadata.generateName");
		free(masked);
	}
	if (!json_string_length(name))
		np_causes_add(causes, NP_CAUSE_REQUIRED, "metadata.name", NULL,
			      "name or generateName is required");
	else
		np_admit_name(causes, NP_CAUSE_INVALID, name_rules[kind], str_of(name),
			      "metadata.name");
}

static void check_annotations(const json_t *annotations, struct np_causes *causes)
{
	size_t total = 0, len;
	const char *key;
	json_t *value;

	json_object_keylen_foreach((json_t *)annotations, key, len, value)
	{
		char *low = np_xstrndup(key, len);

		total += len + json_string_length(value);
		for (size_t i = 0; i < len; i++)
			low[i] = (char)(low[i] >= 'A' && low[i] <= 'Z' ? low[i] + 32 : low[i]);
		np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_QUALIFIED,
			      (struct np_str){ low, len }, "metadata.annotations");
		free(low);
	}
	if (total > ANNOTATIONS_MAX)
		np_causes_add(causes, NP_CAUSE_TOO_LONG, "metadata.annotations", NULL,
			      "may not be more than %d bytes", ANNOTATIONS_MAX);
}

/* The API server names no index here. */
static void check_owner(const json_t *ref, struct np_causes *causes)
{
	static const char *const needed[] = { "apiVersion", "kind", "name", "uid" };
	const char *version = np_json_str(ref, "apiVersion", ""), *slash = strchr(version, '/');
	char field[80];

	for (size_t k = 0; k < NP_ARRAY_SIZE(needed); k++) {
		const json_t *v = json_object_get(ref, needed[k]);

		snprintf(field, sizeof(field), "metadata.ownerReferences.%s", needed[k]);
		if (!json_string_length(v))
			np_causes_add(causes, NP_CAUSE_INVALID, field, v, "must not be empty");
	}
	if (slash && strchr(slash + 1, '/'))
		np_causes_add_text(causes, NP_CAUSE_INVALID, "metadata.ownerReferences.apiVersion",
				   np_str_from(version),
				   "version must be group/version or version");
	if (strcmp(np_json_str(ref, "kind", ""), "Event") == 0 && strcmp(version, "v1") == 0)
		np_causes_add(causes, NP_CAUSE_INVALID, "metadata.ownerReferences", NULL,
			      "/v1, Kind=Event is disallowed from being an owner");
}

static void check_owners(const json_t *refs, struct np_causes *causes)
{
	size_t i, n_controllers = 0;
	json_t *ref;

	json_array_foreach(refs, i, ref) {
		check_owner(ref, causes);
		n_controllers += np_json_bool(ref, "controller", 0) == 1;
	}
	if (n_controllers > 1)
		np_causes_add(causes, NP_CAUSE_INVALID, "metadata.ownerReferences", refs,
			      "Only one reference can have Controller set to true");
}

static bool has_text(const json_t *list, const char *text)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		if (strcmp(json_string_value(v), text) == 0)
			return true;
	}
	return false;
}

static void check_finalizers(const json_t *list, struct np_causes *causes)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		const char *s = json_string_value(v);

		np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_QUALIFIED, str_of(v),
			      "metadata.finalizers");
		if (!strchr(s, '/') && strcmp(s, "kubernetes") != 0 && strcmp(s, "orphan") != 0 &&
		    strcmp(s, "foregroundDeletion") != 0) {
			char field[64];

			snprintf(field, sizeof(field), "metadata.finalizers[%zu]", i);
			np_causes_add(causes, NP_CAUSE_INVALID, field, v,
				      "name is neither a standard finalizer name nor is it fully "
				      "qualified");
		}
	}
	if (has_text(list, "orphan") && has_text(list, "foregroundDeletion"))
		np_causes_add(causes, NP_CAUSE_INVALID, "metadata.finalizers", list,
			      "finalizer orphan and foregroundDeletion cannot be both set");
}

/* Finalizers may not be added while deleting. */
static void check_deleting(const json_t *meta, const json_t *old_meta, struct np_causes *causes)
{
	const json_t *now = json_object_get(meta, "finalizers"),
		     *before = json_object_get(old_meta, "finalizers");
	json_t *v;
	size_t i;

	if (!json_object_get(old_meta, "deletionTimestamp"))
		return;
	json_array_foreach(now, i, v) {
		if (!has_text(before, json_string_value(v))) {
			np_causes_add(causes, NP_CAUSE_FORBIDDEN, "metadata.finalizers", NULL,
				      "no new finalizers can be added if the object is being "
				      "deleted, found new finalizers []string{\"%s\"}",
				      json_string_value(v));
			return;
		}
	}
}

void np_admit_check_meta(enum np_kind_id kind, const json_t *object, const json_t *old,
			 struct np_causes *causes)
{
	const json_t *meta = json_object_get(object, "metadata");

	check_name(kind, meta, causes);
	np_admit_labels(causes, json_object_get(meta, "labels"), "metadata.labels", true);
	check_annotations(json_object_get(meta, "annotations"), causes);
	check_owners(json_object_get(meta, "ownerReferences"), causes);
	check_finalizers(json_object_get(meta, "finalizers"), causes);
	if (old)
		check_deleting(meta, json_object_get(old, "metadata"), causes);
}
