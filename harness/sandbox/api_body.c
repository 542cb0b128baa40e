/* Write options and bodies. */
#include "api_body.h"

#include <ctype.h>
#include <strings.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/parse/read.h"
#include "protobuf.h"
#include "status.h"

#define PROTOBUF "application/vnd.kubernetes.protobuf"

const char *const np_body_object_types[] = { "application/json", "application/yaml", PROTOBUF,
					     NULL };
const char *const np_body_apply_types[] = { "application/apply-patch+yaml", NULL };

const char *np_kind_api_version(enum np_kind_id kind)
{
	return *np_kinds[kind].group ? "networking.k8s.io/v1" : "v1";
}

/* ---- options ---- */

static bool printable(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	}
	return true;
}

static void read_dry_run(const struct np_request *req, struct np_write_options *o,
			 struct np_causes *causes)
{
	for (size_t i = 0; i < req->n_query; i++) {
		if (!np_str_is(req->query[i].key, "dryRun") || !req->query[i].value.n)
			continue;
		o->dry_run = true;
		if (!np_str_is(req->query[i].value, "All"))
			np_causes_add_text(causes, NP_CAUSE_NOT_SUPPORTED, "dryRun",
					   req->query[i].value, "supported values: \"All\"");
	}
}

static void read_strictness(const struct np_request *req, struct np_write_options *o,
			    struct np_causes *causes)
{
	const char *v = np_request_query(req, "fieldValidation");

	o->strictness = NP_WARN;
	if (!v || !*v || strcmp(v, "Warn") == 0)
		return;
	if (strcmp(v, "Strict") == 0)
		o->strictness = NP_STRICT;
	else if (strcmp(v, "Ignore") == 0)
		o->strictness = NP_IGNORE;
	else
		np_causes_add_text(causes, NP_CAUSE_NOT_SUPPORTED, "fieldValidation",
				   np_str_from(v),
				   "supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"");
}

/* The first part of the user agent stands in for a manager that was not named. */
static const char *agent_name(const struct np_request *req)
{
	const char *ua = req->user_agent;
	size_t n = strcspn(ua, "/");

	if (!n)
		return "unknown";
	return np_arena_str((struct np_arena *)&req->arena,
			    (struct np_str){ ua, n < 128 ? n : 128 })
		.p;
}

static void read_manager(const struct np_request *req, struct np_write_options *o,
			 struct np_causes *causes)
{
	const char *v = np_request_query(req, "fieldManager");

	o->field_manager = v && *v ? v : agent_name(req);
	if (!v)
		return;
	if (strlen(v) > 128)
		np_causes_add_text(causes, NP_CAUSE_TOO_LONG, "fieldManager", np_str_from(v),
				   "may not be more than 128 bytes");
	else if (!printable(v))
		np_causes_add_text(causes, NP_CAUSE_INVALID, "fieldManager", np_str_from(v),
				   "should only contain printable characters");
}

int np_body_options(const struct np_request *req, const char *name, struct np_write_options *ret,
		    struct np_reply *rep)
{
	struct np_write_options o = { .force = np_request_query_bool(req, "force") };
	struct np_causes causes = { 0 };
	int rc = 0;

	read_dry_run(req, &o, &causes);
	read_strictness(req, &o, &causes);
	read_manager(req, &o, &causes);
	if (np_causes_count(&causes))
		rc = np_fail_invalid_options(rep, name, &causes);
	np_causes_release(&causes);
	if (rc == 0)
		*ret = o;
	return rc;
}

/* ---- syntax ---- */

const char *np_body_type(const struct np_request *req, char *buf, size_t size)
{
	const char *s = req->content_type + strspn(req->content_type, " \t");
	size_t n = strcspn(s, "; \t");

	snprintf(buf, size, "%.*s", (int)(n < size ? n : size - 1), s);
	for (char *p = buf; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return buf;
}

static int wrong_type(const char *const *types, struct np_reply *rep)
{
	struct np_buf list = { 0 };

	for (size_t i = 0; types[i]; i++)
		np_buf_printf(&list, "%s%s", i ? ", " : "", types[i]);
	np_fail(rep, 415, "UnsupportedMediaType", json_object(),
		"the body of the request was in an unknown format - accepted media types include: "
		"%s",
		np_buf_text(&list));
	np_buf_release(&list);
	return -1;
}

static int read_protobuf(const struct np_request *req, struct np_docs *ret, struct np_reply *rep)
{
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	json_t *object;
	int rc;

	if (np_protobuf_read(req->body, &object, &err))
		return err.code == NP_EUSAGE ? np_fail(rep, 415, "UnsupportedMediaType",
						       json_object(), "%s", err.msg)
					     : np_fail_bad_request(rep, "%s", err.msg);
	np_json_dump(object, 0, &text);
	json_decref(object);
	rc = np_read_json((struct np_str){ np_buf_text(&text), text.len },
			  &(struct np_read_opts){ .max_bytes = (size_t)64 << 20 }, ret, &err);
	np_buf_release(&text);
	return rc ? np_fail_bad_request(rep, "%s", err.msg) : 0;
}

/* Apply bodies are called YAML; what begins like JSON is read as such. */
static bool is_json(const char *type, struct np_str body)
{
	size_t at = 0;

	if (!strstr(type, "yaml"))
		return true;
	while (at < body.n && isspace((unsigned char)body.p[at]))
		at++;
	return strcmp(type, "application/apply-patch+yaml") == 0 && at < body.n &&
	       body.p[at] == '{';
}

/* Messages with the place first, as the API server's decoders have it. */
static int read_text(const struct np_request *req, const char *type, struct np_docs *ret,
		     struct np_reply *rep)
{
	struct np_read_opts yaml = { .max_bytes = NP_API_BODY_MAX,
				     .max_depth = NP_YAML_POLICY_DEPTH,
				     .first_only = true };
	struct np_read_opts json = { .max_bytes = NP_API_BODY_MAX };
	struct np_err err = { 0 };

	if (is_json(type, req->body)) {
		if (np_read_json(req->body, &json, ret, &err) == 0)
			return 0;
		return np_fail_bad_request(
			rep, "couldn't get version/kind; json parse error: line %u, column %u: %s",
			err.line, err.column, err.msg);
	}
	if (np_read_yaml(req->body, &yaml, ret, &err) == 0)
		return 0;
	return np_fail_bad_request(rep, "error converting YAML to JSON: yaml: line %u: %s",
				   err.line, err.msg);
}

int np_body_read(const struct np_request *req, const char *const *types, struct np_docs *ret,
		 struct np_reply *rep)
{
	char type[96];
	size_t i = 0;

	np_body_type(req, type, sizeof(type));
	while (*type && types[i] && strcmp(types[i], type) != 0)
		i++;
	if (!types[i])
		return wrong_type(types, rep);
	if (req->body_too_large)
		return np_fail(rep, 413, "RequestEntityTooLarge", json_object(),
			       "Request entity too large: limit is %zu", NP_API_BODY_MAX);
	return strcmp(type, PROTOBUF) == 0 ? read_protobuf(req, ret, rep)
					   : read_text(req, type, ret, rep);
}

/* ---- objects ---- */

/* "networking.k8s.io/": a group whose version is left to the endpoint. */
static bool leaves_version_open(struct np_str have, const char *want)
{
	const char *slash = strchr(want, '/');

	return slash && have.n == (size_t)(slash - want) + 1 && memcmp(have.p, want, have.n) == 0;
}

/* apiVersion and kind are looked for without regard to case, and the last one counts. */
static int check_type_word(const struct np_request *req, const struct np_value *root,
			   const char *key, const char *want, struct np_reply *rep)
{
	struct np_str have = NP_STR_NONE;

	for (uint32_t i = 0; i < root->n; i++) {
		const struct np_pair *p = &root->pairs[i];

		if (p->key.n != strlen(key) || strncasecmp(p->key.p, key, p->key.n) != 0 ||
		    p->value.kind == NP_VALUE_NULL)
			continue;
		if (p->value.kind != NP_VALUE_STRING)
			return np_fail_bad_request(
				rep,
				"couldn't get version/kind; json parse error: json: cannot "
				"unmarshal %s into Go struct "
				"field .%s of type string",
				np_value_kind_name((enum np_value_kind)p->value.kind), key);
		have = p->value.text;
	}
	if (!have.n || np_str_is(have, want) || leaves_version_open(have, want))
		return 0;
	if (strcmp(key, "apiVersion") == 0)
		return np_fail_bad_request(rep,
					   "the API version in the data (%.*s) does not match the "
					   "expected API version (%s)",
					   NP_STR_ARG(have), want);
	return np_fail_bad_request(rep,
				   "%s in version \"%s\" cannot be handled as a %s: no kind "
				   "\"%.*s\" is registered for it here",
				   want, np_kinds[req->kind].version, want, NP_STR_ARG(have));
}

static int decode_failed(const struct np_request *req, struct np_reply *rep, const char *why)
{
	const struct np_kind *k = &np_kinds[req->kind];

	return np_fail_bad_request(rep, "%s in version \"%s\" cannot be handled as a %s: %s",
				   k->kind, k->version, k->kind, why);
}

/* Unknown and repeated fields: an error, warnings, or nothing. */
static int heed_notes(const struct np_request *req, const struct np_notes *notes,
		      enum np_strictness strictness, struct np_reply *rep)
{
	struct np_buf all = { 0 };

	if (!notes->n || strictness == NP_IGNORE)
		return 0;
	for (size_t i = 0; i < notes->n; i++) {
		if (strictness == NP_WARN)
			np_notes_add(&rep->warnings, "%s", notes->items[i]);
		np_buf_printf(&all, "%s%s", i ? ", " : "strict decoding error: ", notes->items[i]);
	}
	if (strictness == NP_STRICT)
		decode_failed(req, rep, np_buf_text(&all));
	np_buf_release(&all);
	return strictness == NP_STRICT ? -1 : 0;
}

static int settle_namespace(const struct np_request *req, json_t *object, struct np_reply *rep)
{
	json_t *meta = json_object_get(object, "metadata");
	const char *ns;

	if (!meta) {
		meta = json_object();
		json_object_set_new(object, "metadata", meta);
	}
	ns = np_json_str(meta, "namespace", "");
	if (!np_kinds[req->kind].namespaced) {
		json_object_del(meta, "namespace");
		return 0;
	}
	if (*ns && strcmp(ns, req->ns) != 0)
		return np_fail_bad_request(rep, "the namespace of the provided object does not "
						"match the namespace sent on the request");
	json_object_set_new(meta, "namespace", np_json_string(np_str_from(req->ns)));
	return 0;
}

/* @object_take with what it is said first. */
static json_t *with_type_words(const struct np_request *req, json_t *object_take)
{
	json_t *o = np_json_pack("{s:s, s:s}", "apiVersion", np_kind_api_version(req->kind), "kind",
				 np_kinds[req->kind].kind);

	json_object_update_missing(o, object_take);
	json_decref(object_take);
	return o;
}

static int conform_document(const struct np_request *req, const struct np_value *root, bool json,
			    enum np_strictness strictness, json_t **ret, struct np_reply *rep)
{
	struct np_notes notes = { 0 };
	struct np_err err = { 0 };
	json_t *object = NULL;
	int rc;

	rc = np_conform(np_schema_of(req->kind), root, json, &notes, &object, &err);
	rc = rc ? decode_failed(req, rep, err.msg) : heed_notes(req, &notes, strictness, rep);
	np_notes_release(&notes);
	if (rc == 0)
		rc = settle_namespace(req, object, rep);
	if (rc) {
		json_decref(object);
		return -1;
	}
	*ret = with_type_words(req, object);
	return 0;
}

int np_body_object(const struct np_request *req, const char *const *types,
		   enum np_strictness strictness, json_t **ret, struct np_reply *rep)
{
	static const struct np_value nothing = { .kind = NP_VALUE_NULL };
	struct np_docs docs = { 0 };
	const struct np_value *root;
	int rc;

	if (np_body_read(req, types, &docs, rep))
		return -1;
	root = docs.n ? &docs.items[0].root : &nothing;
	if (root->kind == NP_VALUE_MAP)
		rc = check_type_word(req, root, "apiVersion", np_kind_api_version(req->kind),
				     rep) ||
		     check_type_word(req, root, "kind", np_kinds[req->kind].kind, rep);
	else
		rc = root->kind == NP_VALUE_NULL
			     ? 0
			     : np_fail_bad_request(
				       rep,
				       "couldn't get version/kind; json parse error: json: cannot "
				       "unmarshal "
				       "%s into Go value of type struct",
				       root->kind == NP_VALUE_LIST
					       ? "array"
					       : np_value_kind_name(
							 (enum np_value_kind)root->kind));
	if (rc == 0)
		rc = conform_document(req, root, docs.json, strictness, ret, rep);
	np_docs_release(&docs);
	return rc ? -1 : 0;
}

int np_body_conform(const struct np_request *req, const json_t *patched,
		    enum np_strictness strictness, json_t **ret, struct np_reply *rep)
{
	struct np_notes notes = { 0 };
	struct np_err err = { 0 };
	json_t *object = NULL;
	int rc;

	if (!json_is_object(patched))
		return np_fail_bad_request(rep, "the patched object is not an object");
	rc = np_conform_json(np_schema_of(req->kind), patched, &notes, &object, &err);
	rc = rc ? decode_failed(req, rep, err.msg) : heed_notes(req, &notes, strictness, rep);
	np_notes_release(&notes);
	if (rc) {
		json_decref(object);
		return -1;
	}
	*ret = with_type_words(req, object);
	return 0;
}
