/* validate.c - texts as kubectl and as an API server take them: documents, bodies. */
#include "np/parse/read.h"
#include "np/parse/validate.h"

#include "convert.h"
#include "split.h"
#include "verdict.h"

/* What the judgement of one text carries. */
struct job {
	const struct np_validate_opts *opts;
	struct np_validations *out;
	size_t cap_items, cap_docs;
	bool stopped;	/* kubectl reads no further */
};

static struct np_validation *new_item(struct job *j, unsigned line)
{
	struct np_validations *out = j->out;

	out->items = np_grow(out->items, &j->cap_items, out->n, sizeof(*out->items));
	out->items[out->n] = (struct np_validation){ .document = (unsigned)out->n + 1, .line = line };
	return &out->items[out->n++];
}

static struct verdict begin(struct job *j, struct np_validation *v)
{
	const struct np_validate_opts *opts = j->opts;
	unsigned minor = opts->minor ? opts->minor : NP_VALIDATE_NEWEST;

	return (struct verdict){
		.arena = &j->out->arena,
		.opts = opts,
		.minor = minor,
		.strict_cidrs = opts->cidr == NP_CIDR_STRICT ||
				(opts->cidr == NP_CIDR_BY_VERSION && minor >= 36),
		.v = v,
	};
}

/* Sorts one document out by what is said in its error. */
static void refuse_text(struct job *j, const struct np_err *err, enum np_stage stage)
{
	struct verdict v = begin(j, new_item(j, err->line ? err->line : 1));
	const struct cell at = { err->line, err->column, true };
	bool yaml = j->opts->mode == NP_DECODE_API_YAML;

	verdict_refuse(&v, stage, NP_FINDING_SYNTAX, &at, "%s%s",
		       stage != NP_STAGE_DECODE ? ""
		       : yaml			? "yaml: "
						: "couldn't get version/kind; json parse error: ",
		       err->msg);
}

static void keep_docs(struct job *j, struct np_docs *docs)
{
	j->out->docs = np_grow(j->out->docs, &j->cap_docs, j->out->n_docs, sizeof(*docs));
	j->out->docs[j->out->n_docs++] = *docs;
}

/* ---- kubectl ---- */

/* What kubectl asks of a document before it reads the next; false when it has been refused. */
static bool check_shape(struct job *j, struct verdict *v, const struct np_value *object)
{
	static const char *const needed[] = { "kind", "apiVersion" };
	const struct cell at = { object->line, object->column, true };

	j->stopped = true;
	if (object->kind != NP_VALUE_MAP) {
		verdict_refuse(v, NP_STAGE_CLIENT, NP_FINDING_TYPE, &at,
			       "json: cannot unmarshal %s into Go value of type "
			       "map[string]interface {}",
			       verdict_json_kind(object));
		return false;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(needed); i++)
		if (!np_value_str(np_value_get(object, needed[i])).n) {
			verdict_refuse(v, NP_STAGE_CLIENT, NP_FINDING_REQUEST, &at,
				       "error validating data: %s not set", needed[i]);
			return false;
		}
	j->stopped = false;
	return true;
}

/* Whether kubectl itself can read the metadata; false when it has been refused. */
static bool check_readable(struct verdict *v, const struct np_value *object, bool json)
{
	/* Numbers of JSON are still as they were written, and what is repeated is all looked at. */
	const struct np_decode_opts opts = {
		.fields = NP_FIELDS_IGNORE, .mode = json ? NP_DECODE_API_JSON : NP_DECODE_API_YAML
	};
	struct api_policy *p = np_arena_alloc(v->arena, sizeof(*p));
	struct np_buf go = { 0 };
	struct np_err err = { 0 };
	bool ok = !apply_for_server(v->arena, &opts, &api_envelope_type, object, p, NULL, &go, &err);

	if (!ok) {
		const struct cell at = { err.line, err.column, true };

		verdict_refuse(v, NP_STAGE_CLIENT, NP_FINDING_TYPE, &at, "%s", np_buf_text(&go));
	}
	np_buf_release(&go);
	return ok;
}

/* Whether it is a NetworkPolicy that a server knows; false when it has been dealt with. */
static bool check_known(struct verdict *v, const struct np_value *object)
{
	struct np_str kind = np_value_str(np_value_get(object, "kind")),
		      api = np_value_str(np_value_get(object, "apiVersion")), group, version;
	const struct cell at = { object->line, object->column, true };

	verdict_split_version(api, &group, &version);
	if (np_str_is(kind, POLICY_KIND) && np_str_is(group, POLICY_GROUP) &&
	    np_str_is(version, POLICY_VERSION))
		return true;
	if (!api.n || np_str_is(group, POLICY_GROUP) || np_str_is(group, "extensions")) {
		verdict_refuse(v, NP_STAGE_CLIENT, NP_FINDING_REQUEST, &at,
			       "no matches for kind \"" NP_STR_FMT "\" in version \"" NP_STR_FMT
			       "\"",
			       NP_STR_ARG(kind), NP_STR_ARG(api));
		return false;
	}
	verdict_end(v, NP_STAGE_SKIPPED);
	return false;
}

/* The namespace becomes a part of the path; false when it cannot and has been refused. */
static bool check_path(struct verdict *v, const struct np_value *object)
{
	const struct np_value *ns = np_value_at(object, "metadata.namespace");
	struct np_str s = np_value_str(ns);

	if (v->opts->ns || !s.n ||
	    !(np_str_is(s, ".") || np_str_is(s, "..") || memchr(s.p, '/', s.n) ||
	      memchr(s.p, '%', s.n)))
		return true;
	verdict_refuse(v, NP_STAGE_CLIENT, NP_FINDING_REQUEST,
		       &(struct cell){ ns->line, ns->column, true },
		       "invalid namespace \"" NP_STR_FMT
		       "\": may not be '.' or '..' or contain '/' or '%%'",
		       NP_STR_ARG(s));
	return false;
}

static struct verdict begin_manifest(struct job *j, const struct np_value *object)
{
	return begin(j, new_item(j, object->line ? object->line : 1));
}

static void judge_item(struct job *j, const struct np_value *object)
{
	struct verdict v = begin_manifest(j, object);
	const struct cell at = { object->line, object->column, true };

	v.outer = &at;
	if (object->kind != NP_VALUE_MAP)
		verdict_refuse(&v, NP_STAGE_CLIENT, NP_FINDING_TYPE, &at,
			       "json: cannot unmarshal %s into Go value of type "
			       "map[string]interface {}",
			       verdict_json_kind(object));
	else if (check_known(&v, object) && check_path(&v, object))
		verdict_judge(&v, object, false);
}

/* Items of a list without a version and a kind have those of the list. */
static void judge_list(struct job *j, const struct np_value *list, const struct np_value *items)
{
	struct np_str kind = np_value_str(np_value_get(list, "kind"));
	struct np_arena *arena = &j->out->arena;

	if (np_str_ends(kind, "List"))
		kind.n -= 4;
	for (uint32_t i = 0; i < items->n; i++) {
		struct np_value item = items->items[i];
		const struct np_value *api = np_value_get(list, "apiVersion");

		if (item.kind == NP_VALUE_MAP && !np_value_str(np_value_get(&item, "kind")).n &&
		    !np_value_str(np_value_get(&item, "apiVersion")).n && kind.n && api) {
			np_value_set(arena, &item, "kind", np_value_string(arena, kind), NULL);
			np_value_set(arena, &item, "apiVersion", *api, NULL);
		}
		judge_item(j, &item);
	}
}

static void on_document(void *ctx, struct np_docs *docs, const struct np_err *err)
{
	struct job *j = ctx;
	const struct np_value *root, *items;
	struct verdict v;
	struct cell at;
	bool json;

	if (j->stopped) {
		np_docs_release(docs);
		return;
	}
	if (!docs) {
		refuse_text(j, err, NP_STAGE_CLIENT);
		return;
	}
	json = docs->json;
	keep_docs(j, docs);
	root = &docs->items[0].root;
	items = np_value_get(root, "items");
	v = begin_manifest(j, root);
	at = (struct cell){ root->line, root->column, true };
	v.outer = &at;
	if (!check_shape(j, &v, root) || !check_readable(&v, root, json))
		return;
	if (items && items->kind == NP_VALUE_LIST) {
		verdict_end(&v, NP_STAGE_SKIPPED);
		j->out->n--; /* a list is not judged, its items are */
		judge_list(j, root, items);
	} else if (check_known(&v, root) && check_path(&v, root)) {
		verdict_judge(&v, root, false);
	}
}

/* ---- the API ---- */

/* The query comes before the body; true when it is fine, and then it decides @ret. */
static bool check_query(struct job *j, struct np_validate_opts *ret)
{
	static const struct {
		const char *text;
		enum np_fields fields;
	} values[] = {
		{ "", NP_FIELDS_WARN },
		{ "Ignore", NP_FIELDS_IGNORE },
		{ "Strict", NP_FIELDS_STRICT },
		{ "Warn", NP_FIELDS_WARN },
	};
	const char *text = j->opts->field_validation;
	struct verdict v;

	*ret = *j->opts;
	if (!text)
		return true;
	for (size_t i = 0; i < NP_ARRAY_SIZE(values); i++)
		if (strcmp(text, values[i].text) == 0) {
			ret->fields = values[i].fields;
			return true;
		}
	v = begin(j, new_item(j, 1));
	verdict_text(&v, NP_FINDING_NOT_SUPPORTED, NULL, VPATH(NULL, "fieldValidation"),
		     np_str_from(text),
		     "supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"");
	verdict_end(&v, NP_STAGE_VALIDATION);
	return false;
}

static void judge_body(struct job *j, struct np_str text)
{
	static const struct np_value nothing = { .kind = NP_VALUE_NULL };
	bool json = j->opts->mode == NP_DECODE_API_JSON;
	const struct np_read_opts read = {
		.file = j->opts->file,
		.max_depth = json ? NP_JSON_MAX_DEPTH : NP_YAML_POLICY_DEPTH,
		.first_only = true,
	};
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };
	struct verdict v;

	if ((json ? np_read_json : np_read_yaml)(text, &read, &docs, &err)) {
		refuse_text(j, &err, NP_STAGE_DECODE);
		return;
	}
	keep_docs(j, &docs);
	v = begin(j, new_item(j, docs.n ? docs.items[0].line : 1));
	verdict_judge(&v, docs.n ? &docs.items[0].root : &nothing,
		      docs.n && docs.items[0].n_duplicates);
}

static void refuse_size(struct job *j)
{
	struct verdict v = begin(j, new_item(j, 1));

	verdict_refuse(&v, NP_STAGE_TRANSPORT, NP_FINDING_REQUEST, NULL,
		       "Request entity too large: limit is %zu", NP_READ_MAX_BYTES);
}

/* Into the arena, so that one release is enough. */
static void finish(struct job *j)
{
	struct np_validations *out = j->out;
	struct np_validation *items = np_arena_array(&out->arena, out->n, sizeof(*items));

	if (out->n)
		memcpy(items, out->items, out->n * sizeof(*items));
	free(out->items);
	out->items = items;
}

void np_validate_text(struct np_str text, const struct np_validate_opts *opts,
		      struct np_validations *ret)
{
	struct job j = { .opts = opts, .out = ret };
	struct np_validate_opts asked;

	*ret = (struct np_validations){ 0 };
	if (opts->mode != NP_DECODE_KUBECTL && text.n > NP_READ_MAX_BYTES) {
		refuse_size(&j);
	} else if (check_query(&j, &asked)) {
		j.opts = &asked;
		if (opts->mode == NP_DECODE_KUBECTL)
			split_kubectl(text, opts->file, on_document, &j);
		else
			judge_body(&j, text);
	}
	finish(&j);
}

void np_validate_object(const struct np_value *object, const struct np_validate_opts *opts,
			struct np_validations *ret)
{
	struct job j = { .opts = opts, .out = ret };
	struct verdict v;

	*ret = (struct np_validations){ 0 };
	v = begin(&j, new_item(&j, object->line ? object->line : 1));
	verdict_judge(&v, object, false);
	finish(&j);
}
