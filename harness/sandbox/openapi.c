/* OpenAPI documents out of the schema tables. */
#include "openapi.h"

#include "np/base/json.h"
#include "np/base/mem.h"
#include "schema.h"
#include "status.h"

#define V3_REF "#/components/schemas/"
#define V2_REF "#/definitions/"

/* What one document is made of. */
struct doc {
	json_t *schemas;	/* by name */
	const char *ref;	/* V3_REF or V2_REF */
};

static void add_type(struct doc *d, const struct np_type *type);

static json_t *scalar(enum np_base base)
{
	switch (base) {
	case NP_T_INT32:
		return np_json_pack("{s:s, s:s}", "type", "integer", "format", "int32");
	case NP_T_INT64:
		return np_json_pack("{s:s, s:s}", "type", "integer", "format", "int64");
	case NP_T_BOOL:
		return np_json_pack("{s:s}", "type", "boolean");
	case NP_T_INT_OR_STRING:
		return np_json_pack("{s:s, s:s}", "type", "string", "format", "int-or-string");
	case NP_T_TIME:
		return np_json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
	case NP_T_ANY:
		return np_json_pack("{s:s, s:b}", "type", "object",
				    "x-kubernetes-preserve-unknown-fields", 1);
	default:
		return np_json_pack("{s:s}", "type", "string");
	}
}

/*
 * A type where it is used: structs by reference. In v3 a reference with a description needs allOf.
 */
static json_t *use(struct doc *d, const struct np_type *type, bool described)
{
	char *ref;
	json_t *v;

	if (type->base != NP_T_STRUCT)
		return scalar(type->base);
	add_type(d, type);
	ref = np_xasprintf("%s%s", d->ref, type->name);
	v = described && strcmp(d->ref, V3_REF) == 0
		    ? np_json_pack("{s:[{s:s}], s:{}}", "allOf", "$ref", ref, "default")
		    : np_json_pack("{s:s}", "$ref", ref);
	free(ref);
	return v;
}

static json_t *keys_of(const char *keys)
{
	json_t *list = json_array();

	while (*keys) {
		size_t n = strcspn(keys, ",");

		json_array_append_new(list, json_stringn(keys, n));
		keys += n + (keys[n] == ',');
	}
	return list;
}

static void add_list_marks(json_t *v, const struct np_field *f)
{
	json_object_set_new(v, "x-kubernetes-list-type",
			    json_string(f->keys		      ? "map"
					: f->flags & NP_F_SET ? "set"
							      : "atomic"));
	if (f->keys)
		json_object_set_new(v, "x-kubernetes-list-map-keys", keys_of(f->keys));
	if (!f->merge)
		return;
	json_object_set_new(v, "x-kubernetes-patch-strategy",
			    json_string(f->flags & NP_F_RETAIN ? "merge,retainKeys" : "merge"));
	if (*f->merge)
		json_object_set_new(v, "x-kubernetes-patch-merge-key", json_string(f->merge));
}

static json_t *property(struct doc *d, const struct np_field *f)
{
	json_t *v;

	if (f->shape == NP_LIST) {
		v = np_json_pack("{s:s, s:o}", "type", "array", "items", use(d, f->type, false));
		add_list_marks(v, f);
	} else if (f->shape == NP_MAP) {
		v = np_json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
				 use(d, f->type, false));
		if (f->flags & NP_F_ATOMIC)
			json_object_set_new(v, "x-kubernetes-map-type", json_string("atomic"));
	} else {
		v = use(d, f->type, true);
	}
	json_object_set_new(v, "description", json_string(f->doc ? f->doc : ""));
	return v;
}

static json_t *gvk_of(const struct np_type *type)
{
	for (size_t k = 0; k < NP_N_KINDS; k++) {
		if (np_schema_of((enum np_kind_id)k) == type)
			return np_json_pack("[{s:s, s:s, s:s}]", "group", np_kinds[k].group,
					    "version", np_kinds[k].version, "kind",
					    np_kinds[k].kind);
	}
	return NULL;
}

static void add_type(struct doc *d, const struct np_type *type)
{
	json_t *properties, *required, *schema, *gvk;

	if (json_object_get(d->schemas, type->name))
		return;
	properties = json_object();
	required = json_array();
	schema = np_json_pack("{s:s, s:s, s:o}", "description", type->doc, "type", "object",
			      "properties", properties);
	json_object_set_new(d->schemas, type->name, schema);
	for (size_t i = 0; i < type->n_fields; i++) {
		json_object_set_new(properties, type->fields[i].name,
				    property(d, &type->fields[i]));
		if (type->fields[i].flags & NP_F_REQUIRED)
			json_array_append_new(required, json_string(type->fields[i].name));
	}
	if (json_array_size(required))
		json_object_set(schema, "required", required);
	json_decref(required);
	if (type->atomic)
		json_object_set_new(schema, "x-kubernetes-map-type", json_string("atomic"));
	gvk = gvk_of(type);
	if (gvk)
		json_object_set_new(schema, "x-kubernetes-group-version-kind", gvk);
}

/* ---- paths: kubectl asks them whether a PATCH knows fieldValidation and dryRun ---- */

static json_t *parameter(const char *name, bool v3)
{
	json_t *p = np_json_pack("{s:s, s:s}", "name", name, "in", "query");

	if (v3)
		json_object_set_new(p, "schema",
				    np_json_pack("{s:s, s:b}", "type", "string", "uniqueItems", 1));
	else
		json_object_set_new(p, "type", json_string("string"));
	return p;
}

static json_t *operation(enum np_kind_id kind, const char *action, bool v3)
{
	const struct np_kind *k = &np_kinds[kind];
	json_t *params = json_array();

	json_array_append_new(params, parameter("dryRun", v3));
	json_array_append_new(params, parameter("fieldManager", v3));
	json_array_append_new(params, parameter("fieldValidation", v3));
	return np_json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:{s:{s:s}}}", "x-kubernetes-action",
			    action, "x-kubernetes-group-version-kind", "group", k->group, "version",
			    k->version, "kind", k->kind, "parameters", params, "responses", "200",
			    "description", "OK");
}

static void add_paths(json_t *paths, enum np_kind_id kind, bool v3)
{
	const struct np_kind *k = &np_kinds[kind];
	char *collection =
		np_xasprintf("%s%s/%s%s", *k->group ? "/apis/networking.k8s.io/" : "/api/",
			     k->version, k->namespaced ? "namespaces/{namespace}/" : "", k->plural);
	char *one = np_xasprintf("%s/{name}", collection);

	json_object_set_new(paths, collection,
			    np_json_pack("{s:o}", "post", operation(kind, "post", v3)));
	json_object_set_new(paths, one,
			    np_json_pack("{s:o, s:o}", "put", operation(kind, "put", v3), "patch",
					 operation(kind, "patch", v3)));
	free(collection);
	free(one);
}

/* Kinds of a group; NULL: all. */
static void fill(struct doc *d, json_t *paths, const char *group, bool v3)
{
	for (size_t k = 0; k < NP_N_KINDS; k++) {
		if (group && strcmp(np_kinds[k].group, group) != 0)
			continue;
		add_type(d, np_schema_of((enum np_kind_id)k));
		add_paths(paths, (enum np_kind_id)k, v3);
	}
}

static int document_v3(struct np_reply *rep, const char *group)
{
	struct doc d = { json_object(), V3_REF };
	json_t *paths = json_object();

	fill(&d, paths, group, true);
	rep->code = 200;
	rep->json = np_json_pack("{s:s, s:{s:s, s:s}, s:o, s:{s:o}}", "openapi", "3.0.0", "info",
				 "title", "netpolcheck sandbox", "version", "v1.36.0", "paths",
				 paths, "components", "schemas", d.schemas);
	return 0;
}

static int document_v2(struct np_reply *rep)
{
	struct doc d = { json_object(), V2_REF };
	json_t *paths = json_object();

	fill(&d, paths, NULL, false);
	rep->code = 200;
	rep->json = np_json_pack("{s:s, s:{s:s, s:s}, s:o, s:o}", "swagger", "2.0", "info", "title",
				 "netpolcheck sandbox", "version", "v1.36.0", "paths", paths,
				 "definitions", d.schemas);
	return 0;
}

static bool wants_json(const char *accept)
{
	return !*accept || strstr(accept, "json") || strstr(accept, "*/*");
}

int np_openapi(const struct np_request *req, struct np_reply *rep)
{
	bool known = strcmp(req->path, "/openapi/v2") == 0 ||
		     strcmp(req->path, "/openapi/v3") == 0 ||
		     strcmp(req->path, "/openapi/v3/api/v1") == 0 ||
		     strcmp(req->path, "/openapi/v3/apis/networking.k8s.io/v1") == 0;

	if (!known)
		return 1;
	if (!wants_json(req->accept))
		return np_fail(rep, 406, "NotAcceptable", json_object(),
			       "only the following media types are accepted: application/json");
	if (strcmp(req->path, "/openapi/v2") == 0)
		return document_v2(rep);
	if (strcmp(req->path, "/openapi/v3/api/v1") == 0)
		return document_v3(rep, "");
	if (strcmp(req->path, "/openapi/v3") != 0)
		return document_v3(rep, "networking.k8s.io");
	rep->code = 200;
	rep->json = np_json_pack("{s:{s:{s:s}, s:{s:s}}}", "paths", "api/v1", "serverRelativeURL",
				 "/openapi/v3/api/v1", "apis/networking.k8s.io/v1",
				 "serverRelativeURL", "/openapi/v3/apis/networking.k8s.io/v1");
	return 0;
}
