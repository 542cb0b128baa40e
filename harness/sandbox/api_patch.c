/* JSON patch, merge patch, strategic merge patch, server-side apply. */
#include "admit.h"
#include "api_change.h"
#include "api_read.h"
#include "api_write.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "patch.h"
#include "status.h"

static const char *name_of(const json_t *o)
{
	return np_json_str(o, "metadata/name", "");
}

enum patch_kind { PATCH_JSON, PATCH_MERGE, PATCH_STRATEGIC, PATCH_APPLY, PATCH_UNKNOWN };

static const char *const patch_types[] = { "application/json-patch+json",
					   "application/merge-patch+json",
					   "application/strategic-merge-patch+json",
					   "application/apply-patch+yaml", NULL };

struct patch {
	enum patch_kind kind;
	json_t *body;
};

static int patch_failed(struct np_write *w, const struct np_err *err)
{
	if (err->code != NP_EVALID)
		return np_fail_bad_request(w->rep, "%s", err->msg);
	return np_fail(w->rep, 422, "Invalid", json_object(),
		       "the server rejected our request due to an error in our request: %s",
		       err->msg);
}

static int change_patch(struct np_write *w, const json_t *old, void *ctx, json_t **ret)
{
	const struct patch *p = ctx;
	struct np_err err = { 0 };
	json_t *patched;
	int rc;

	switch (p->kind) {
	case PATCH_JSON:
		patched = np_patch_json(old, p->body, &err);
		break;
	case PATCH_STRATEGIC:
		patched = np_patch_strategic(np_schema_of(w->req->kind), old, p->body, &err);
		break;
	default:
		patched = np_patch_merge(old, p->body);
		break;
	}
	if (!patched)
		return patch_failed(w, &err);
	rc = np_body_conform(w->req, patched, w->o.strictness, ret, w->rep);
	json_decref(patched);
	return rc;
}

static int read_patch(struct np_write *w, struct patch *p)
{
	const char *types[] = { patch_types[p->kind], NULL };
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	int rc;

	if (np_body_read(w->req, types, &docs, w->rep))
		return -1;
	rc = np_conform_any(&docs.items[0].root, &p->body, &err)
		     ? np_fail_bad_request(w->rep, "%s", err.msg)
		     : 0;
	np_docs_release(&docs);
	if (rc == 0 && p->kind != PATCH_JSON && !json_is_object(p->body)) {
		rc = np_fail_bad_request(w->rep,
					 "error decoding patch: json: cannot unmarshal %s into Go "
					 "value of type map[string]interface {}",
					 json_is_array(p->body) ? "array" : "a scalar");
		json_decref(p->body);
	}
	return rc;
}

static int conflict_causes(struct np_write *w, json_t *causes_take)
{
	size_t n = json_array_size(causes_take), i;
	struct np_buf text = { 0 };
	json_t *details, *c;

	np_buf_printf(&text, "Apply failed with %zu conflict%s: ", n, n == 1 ? "" : "s");
	json_array_foreach(causes_take, i, c) {
		if (n == 1)
			np_buf_printf(&text, "%s: %s", np_json_str(c, "message", ""),
				      np_json_str(c, "field", ""));
		else
			np_buf_printf(&text, "%s%s:\n- %s", i ? "\n" : "",
				      np_json_str(c, "message", ""), np_json_str(c, "field", ""));
	}
	details = np_json_pack("{s:o}", "causes", causes_take);
	np_fail(w->rep, 409, "Conflict", details, "%s", np_buf_text(&text));
	np_buf_release(&text);
	return -1;
}

/* 0, 1 somebody was faster, -1 with a Status. */
static int apply_once(struct np_write *w, const json_t *config, const json_t *old, json_t **ret)
{
	json_t *conflicts = NULL,
	       *merged = np_apply(np_schema_of(w->req->kind), old, config, &w->manager, w->o.force,
				  &conflicts),
	       *object = NULL;
	int rc;

	if (!merged)
		return conflict_causes(w, conflicts);
	rc = np_body_conform(w->req, merged, NP_IGNORE, &object, w->rep);
	if (rc == 0 && !old) {
		rc = np_write_create(w, object, config, ret);
		/* A creation that came between is the next round's object. */
		if (rc && w->rep->code == 409)
			rc = 1;
	} else if (rc == 0) {
		rc = np_write_admit(w, object, old, config);
		if (rc == 0)
			rc = np_write_store(w, object, old, ret);
	}
	json_decref(merged);
	json_decref(object);
	return rc;
}

static int apply_config(struct np_write *w, json_t *config)
{
	json_t *stored = NULL;
	int rc = 1, code = 200;

	if (!*name_of(config))
		json_object_set_new(np_admit_object(config, "metadata"), "name",
				    np_json_string(np_str_from(w->req->name)));
	if (json_object_get(json_object_get(config, "metadata"), "managedFields"))
		return np_fail_bad_request(w->rep, "metadata.managedFields must be nil");
	for (int i = 0; i < NP_API_WRITE_TRIES && rc == 1; i++) {
		json_t *old =
			np_store_get(w->req->env.store, w->req->kind, w->req->ns, w->req->name);

		code = old ? 200 : 201;
		if (!old && w->status)
			return np_fail_not_found(w->rep, w->req->kind, w->req->name);
		if (!old && strcmp(name_of(config), w->req->name) != 0)
			return np_fail_bad_request(w->rep,
						   "the name of the object (%s) does not match the "
						   "name on the URL (%s)",
						   name_of(config), w->req->name);
		rc = apply_once(w, config, old, &stored);
		json_decref(old);
	}
	if (rc == 1)
		return np_fail_modified(w->rep, w->req->kind, w->req->name);
	if (rc)
		return -1;
	json_decref(w->rep->json);
	w->rep->json = NULL;
	rc = np_api_show(w->req, w->rep, code, stored);
	json_decref(stored);
	return rc;
}

static int patch_apply(struct np_write *w)
{
	json_t *config;
	int rc;

	if (!np_request_query(w->req, "fieldManager") ||
	    !*np_request_query(w->req, "fieldManager")) {
		struct np_causes causes = { 0 };

		np_causes_add(&causes, NP_CAUSE_REQUIRED, "fieldManager", NULL,
			      "is required for apply patch");
		rc = np_fail_invalid_options(w->rep, "PatchOptions", &causes);
		np_causes_release(&causes);
		return rc;
	}
	/* A field that is not declared is an error here, whatever fieldValidation says. */
	if (np_body_object(w->req, np_body_apply_types, NP_STRICT, &config, w->rep))
		return -1;
	rc = apply_config(w, config);
	json_decref(config);
	return rc;
}

int np_api_patch(struct np_request *req, struct np_reply *rep)
{
	struct patch p = { .kind = PATCH_JSON };
	struct np_write w;
	char type[96];
	int rc;

	np_body_type(req, type, sizeof(type));
	while (patch_types[p.kind] && strcmp(patch_types[p.kind], type) != 0)
		p.kind++;
	if (p.kind == PATCH_UNKNOWN)
		return np_fail(
			rep, 415, "UnsupportedMediaType", json_object(),
			"the body of the request was in an unknown format - accepted media types "
			"include: application/json-patch+json, "
			"application/merge-patch+json, application/strategic-merge-patch+json, "
			"application/apply-patch+yaml");
	if (np_write_begin(&w, req, rep, "PatchOptions"))
		return -1;
	if (p.kind == PATCH_APPLY)
		return patch_apply(&w);
	if (read_patch(&w, &p))
		return -1;
	rc = np_change(&w, change_patch, &p);
	json_decref(p.body);
	return rc;
}
