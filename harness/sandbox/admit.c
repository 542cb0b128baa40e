/* Defaults and checks that every kind shares, and the way to the parts of each kind. */
#include "admit.h"

#include <stdarg.h>
#include <sys/random.h>

#include "np/parse/names.h"
#include "np/base/json.h"
#include "np/base/mem.h"

json_t *np_admit_object(json_t *parent, const char *key)
{
	json_t *o = json_object_get(parent, key);

	if (!o) {
		o = json_object();
		json_object_set_new(parent, key, o);
	}
	return o;
}

void np_admit_set_default(json_t *object, const char *key, json_t *value_take)
{
	if (json_object_get(object, key))
		json_decref(value_take);
	else
		json_object_set_new(object, key, value_take);
}

void np_admit_name(struct np_causes *causes, enum np_cause kind, int rule, struct np_str value,
		   const char *field_fmt, ...)
{
	const char *why[NP_NAME_MAX_ERRORS];
	size_t n = np_name_errors((enum np_name_rule)rule, value, why);
	va_list ap;
	char *field;

	if (n == 0)
		return;
	va_start(ap, field_fmt);
	field = np_xvasprintf(field_fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < n; i++)
		np_causes_add_text(causes, kind, field, value, "%s", why[i]);
	free(field);
}

void np_admit_labels(struct np_causes *causes, const json_t *labels, const char *field,
		     bool values_too)
{
	const char *key;
	json_t *value;
	size_t len;

	json_object_keylen_foreach((json_t *)labels, key, len, value) {
		np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_QUALIFIED,
			      (struct np_str){ key, len }, "%s", field);
		if (values_too)
			np_admit_name(causes, NP_CAUSE_INVALID, NP_NAME_LABEL_VALUE,
				      (struct np_str){ json_string_value(value),
						       json_string_length(value) },
				      "%s", field);
	}
}

bool np_admit_has_generation(enum np_kind_id kind)
{
	return kind == NP_KIND_NETWORKPOLICY || kind == NP_KIND_POD;
}

/* First 58 bytes of the prefix and five random characters. */
static void generate_name(json_t *meta)
{
	static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
	const char *prefix = np_json_str(meta, "generateName", "");
	unsigned char r[5];
	char name[80];

	if (*np_json_str(meta, "name", "") || !*prefix)
		return;
	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		memset(r, 0, sizeof(r));
	snprintf(name, sizeof(name), "%.58s", prefix);
	for (size_t i = 0; i < sizeof(r); i++) {
		size_t n = strlen(name);

		name[n] = alphabet[r[i] % (sizeof(alphabet) - 1)];
		name[n + 1] = '\0';
	}
	json_object_set_new(meta, "name", np_json_string(np_str_from(name)));
}

void np_admit_prepare_create(enum np_kind_id kind, json_t *object)
{
	static const char *const wiped[] = {
		"uid",	    "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
		"selfLink", "generation",	 "resourceVersion",   "managedFields"
	};
	json_t *meta = np_admit_object(object, "metadata");

	for (size_t i = 0; i < NP_ARRAY_SIZE(wiped); i++)
		json_object_del(meta, wiped[i]);
	generate_name(meta);
	if (np_admit_has_generation(kind))
		json_object_set_new(meta, "generation", json_integer(1));
	if (kind == NP_KIND_POD || kind == NP_KIND_SERVICE || kind == NP_KIND_NAMESPACE)
		json_object_del(object, "status");
}

void np_admit_prepare_update(enum np_kind_id kind, json_t *object, const json_t *old)
{
	static const char *const kept[] = { "uid",
					    "creationTimestamp",
					    "deletionTimestamp",
					    "deletionGracePeriodSeconds",
					    "generation",
					    "selfLink" };
	json_t *meta = np_admit_object(object, "metadata"),
	       *old_meta = json_object_get(old, "metadata");

	for (size_t i = 0; i < NP_ARRAY_SIZE(kept); i++) {
		json_t *v = json_object_get(old_meta, kept[i]);

		if (v)
			json_object_set(meta, kept[i], v);
		else
			json_object_del(meta, kept[i]);
	}
	if (kind != NP_KIND_NETWORKPOLICY && kind != NP_KIND_EVENT) {
		json_object_del(object, "status");
		if (json_object_get(old, "status"))
			json_object_set(object, "status", json_object_get(old, "status"));
	}
	if (np_admit_has_generation(kind) &&
	    !json_equal(json_object_get(object, "spec"), json_object_get(old, "spec")))
		json_object_set_new(meta, "generation",
				    json_integer(np_json_int(old, "metadata/generation", 0) + 1));
}

void np_admit_prepare_status(enum np_kind_id kind, json_t *object, const json_t *old)
{
	json_t *status = json_incref(json_object_get(object, "status"));
	json_t *meta = json_incref(json_object_get(object, "metadata")),
	       *copy = json_deep_copy(old), *copy_meta = json_object_get(copy, "metadata");

	json_object_clear(object);
	json_object_update(object, copy);
	json_decref(copy);
	if (status)
		json_object_set_new(object, "status", status);
	else
		json_object_del(object, "status");
	json_object_set(copy_meta, "resourceVersion", json_object_get(meta, "resourceVersion"));
	if (kind == NP_KIND_NODE || kind == NP_KIND_POD) {
		json_object_set(copy_meta, "labels", json_object_get(meta, "labels"));
		json_object_set(copy_meta, "annotations", json_object_get(meta, "annotations"));
	}
	json_decref(meta);
}

static void default_namespace(json_t *ns)
{
	json_t *meta = np_admit_object(ns, "metadata");
	const char *name = np_json_str(meta, "name", "");

	if (*name)
		json_object_set_new(np_admit_object(meta, "labels"), "kubernetes.io/metadata.name",
				    np_json_string(np_str_from(name)));
	np_admit_set_default(np_admit_object(ns, "spec"), "finalizers",
			     np_json_pack("[s]", "kubernetes"));
	np_admit_set_default(np_admit_object(ns, "status"), "phase", json_string("Active"));
}

static void default_node(json_t *node)
{
	np_admit_object(node, "spec");
	np_admit_object(node, "status");
}

static void default_event(json_t *event)
{
	np_admit_object(event, "source");
	np_admit_object(event, "involvedObject");
	np_admit_set_default(event, "reportingComponent", json_string(""));
	np_admit_set_default(event, "reportingInstance", json_string(""));
}

void np_admit_default(enum np_kind_id kind, json_t *object)
{
	static void (*const defaults[NP_N_KINDS])(json_t *) = {
		[NP_KIND_NAMESPACE] = default_namespace,
		[NP_KIND_NODE] = default_node,
		[NP_KIND_POD] = np_admit_default_pod,
		[NP_KIND_SERVICE] = np_admit_default_service,
		[NP_KIND_NETWORKPOLICY] = np_admit_default_policy,
		[NP_KIND_EVENT] = default_event,
	};

	np_admit_object(object, "metadata");
	defaults[kind](object);
}

void np_admit_allocate(enum np_kind_id kind, json_t *object, struct np_services *services,
		       struct np_causes *causes)
{
	struct np_err err = { 0 };

	if (kind != NP_KIND_SERVICE || !services || np_causes_count(causes) ||
	    strcmp(np_json_str(object, "spec/type", ""), "ExternalName") == 0)
		return;
	if (np_services_allocate(services, object, &err))
		np_causes_add(causes, NP_CAUSE_INVALID, *err.path ? err.path : "spec.clusterIPs",
			      json_object_get(json_object_get(object, "spec"), "clusterIPs"), "%s",
			      err.msg);
}

/* An event's object must be of the event's namespace ("default" for objects without one). */
static void check_event(const json_t *event, struct np_causes *causes)
{
	const char *ns = np_json_str(event, "metadata/namespace", ""),
		   *of = np_json_str(event, "involvedObject/namespace", "");

	if (*of ? strcmp(ns, of) != 0 : strcmp(ns, "default") != 0)
		np_causes_add_text(causes, NP_CAUSE_INVALID, "involvedObject.namespace",
				   np_str_from(of), "does not match event.namespace");
}

void np_admit_check(enum np_kind_id kind, const json_t *object, const json_t *old,
		    struct np_causes *causes, struct np_notes *warnings)
{
	if (kind != NP_KIND_NETWORKPOLICY)
		np_admit_check_meta(kind, object, old, causes);
	switch (kind) {
	case NP_KIND_POD:
		np_admit_check_pod(object, old, causes);
		break;
	case NP_KIND_SERVICE:
		np_admit_check_service(object, old, causes);
		break;
	case NP_KIND_NETWORKPOLICY:
		np_admit_check_policy(object, old, causes, warnings);
		break;
	case NP_KIND_EVENT:
		check_event(object, causes);
		break;
	default:
		break;
	}
}
