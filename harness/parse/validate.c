/* validate.c - the stages of a request, one after the other (semantics 3.1). */
#include "np/parse/read.h"
#include "np/parse/validate.h"

#include <stdint.h>

#include "convert.h"
#include "split.h"
#include "verdict.h"

#define GROUP "networking.k8s.io"
#define VERSION "v1"
#define EXTENSIONS "extensions/v1beta1"
#define KIND "NetworkPolicy"

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

static const int statuses[] = {
	[NP_STAGE_ACCEPT] = 201, [NP_STAGE_TRANSPORT] = 413,  [NP_STAGE_CLIENT] = 0,
	[NP_STAGE_DECODE] = 400, [NP_STAGE_STRICT] = 400,     [NP_STAGE_REQUEST] = 400,
	[NP_STAGE_VALIDATION] = 422, [NP_STAGE_CONFLICT] = 409, [NP_STAGE_STORAGE] = 404,
	[NP_STAGE_SKIPPED] = 0,
};

/* Moves what was found into the arena. */
static void end(struct verdict *v, enum np_stage stage)
{
	struct np_validation *out = v->v;

	out->stage = stage;
	out->http = stage == NP_STAGE_ACCEPT && v->opts->update ? 200 : statuses[stage];
	out->n_findings = v->n_findings;
	out->findings = np_arena_array(v->arena, v->n_findings, sizeof(*v->findings));
	if (v->n_findings)
		memcpy(out->findings, v->findings, v->n_findings * sizeof(*v->findings));
	out->n_warnings = v->n_warnings;
	out->warnings = np_arena_array(v->arena, v->n_warnings, sizeof(*v->warnings));
	if (v->n_warnings)
		memcpy(out->warnings, v->warnings, v->n_warnings * sizeof(*v->warnings));
	free(v->findings);
	free(v->warnings);
	np_buf_release(&v->text);
}

/* One finding, and that is all. */
__attribute__((format(printf, 5, 6)))
static void refuse(struct verdict *v, enum np_stage stage, enum np_finding_type type,
		   const struct cell *at, const char *fmt, ...)
{
	va_list ap;

	np_buf_clear(&v->text);
	va_start(ap, fmt);
	np_buf_vprintf(&v->text, fmt, ap);
	va_end(ap);
	verdict_add(v, type, at, NULL, NULL);
	end(v, stage);
}

/* ---- apiVersion and kind ---- */

/* Whether @key is @name (lower case) to a decoder that ignores case as Unicode folds it. */
static bool folds_to(struct np_str key, const char *name)
{
	size_t i = 0;

	for (; i < key.n && *name; name++) {
		char c = key.p[i];

		if (*name == 'k' && key.n - i >= 3 && memcmp(key.p + i, "\xE2\x84\xAA", 3) == 0)
			i += 3; /* Kelvin */
		else if (*name == 's' && key.n - i >= 2 && memcmp(key.p + i, "\xC5\xBF", 2) == 0)
			i += 2; /* long s */
		else if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) == *name)
			i++;
		else
			return false;
	}
	return i == key.n && !*name;
}

static int cmp_pairs(const void *a, const void *b)
{
	const struct np_pair *x = *(const struct np_pair *const *)a,
			     *y = *(const struct np_pair *const *)b;
	int c = np_str_cmp(x->key, y->key);

	return c ? c : (x > y) - (x < y);
}

/* The last spelling wins; what came through YAML is in the order of its keys. */
struct type_words {
	struct np_str api_version, kind;
	struct cell at;
	const struct np_pair *odd;	/* not a string */
};

static void take_word(struct type_words *w, const struct np_pair *pair)
{
	struct np_str *word = folds_to(pair->key, "apiversion") ? &w->api_version
			      : folds_to(pair->key, "kind")	? &w->kind
								: NULL;

	if (!word || pair->value.kind == NP_VALUE_NULL)
		return;
	if (pair->value.kind != NP_VALUE_STRING) {
		w->odd = w->odd ? w->odd : pair;
		return;
	}
	*word = pair->value.text;
	w->at = (struct cell){ pair->value.line, pair->value.column, true };
}

static struct type_words find_type_words(const struct np_value *root, bool json)
{
	struct type_words w = { .api_version = NP_STR(""), .kind = NP_STR("") };
	const struct np_pair *found[64];
	size_t n = 0;

	if (root->kind != NP_VALUE_MAP)
		return w;
	for (uint32_t i = 0; i < root->n; i++) {
		const struct np_pair *pair = &root->pairs[i];

		if (!folds_to(pair->key, "apiversion") && !folds_to(pair->key, "kind"))
			continue;
		if (json)
			take_word(&w, pair);
		else if (!pair->overridden && n < NP_ARRAY_SIZE(found))
			found[n++] = pair;
	}
	qsort(found, n, sizeof(const struct np_pair *), cmp_pairs);
	for (size_t i = 0; i < n; i++)
		take_word(&w, found[i]);
	return w;
}

static const char *json_kind(const struct np_value *v)
{
	static const char *const names[] = {
		[NP_VALUE_NULL] = "null",     [NP_VALUE_BOOL] = "bool",
		[NP_VALUE_INT] = "number",    [NP_VALUE_FLOAT] = "number",
		[NP_VALUE_STRING] = "string", [NP_VALUE_LIST] = "array",
		[NP_VALUE_MAP] = "object",
	};

	return names[v->kind];
}

/* "group/version" of at most one '/'; an empty group for what has none. */
static bool split_version(struct np_str s, struct np_str *ret_group, struct np_str *ret_version)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;

	*ret_group = NP_STR("");
	*ret_version = s;
	if (!slash)
		return true;
	*ret_group = (struct np_str){ s.p, (size_t)(slash - s.p) };
	*ret_version = (struct np_str){ slash + 1, s.n - ret_group->n - 1 };
	return !memchr(ret_version->p, '/', ret_version->n);
}

/* The endpoint's version and kind take the place of what is missing. */
static bool check_type_words(struct verdict *v, const struct np_value *root, bool json)
{
	static const char prefix[] = "couldn't get version/kind; json parse error: json: cannot "
				     "unmarshal";
	struct type_words w = find_type_words(root, json);
	struct np_str group, version, kind = w.kind.n ? w.kind : NP_STR(KIND);
	const struct cell at = { root->line, root->column, true };

	if (root->kind != NP_VALUE_MAP && root->kind != NP_VALUE_NULL) {
		refuse(v, NP_STAGE_DECODE, NP_FINDING_TYPE, &at,
		       "%s %s into Go value of type struct { APIVersion string "
		       "\"json:\\\"apiVersion,omitempty\\\"\"; Kind string "
		       "\"json:\\\"kind,omitempty\\\"\" }",
		       prefix, json_kind(root));
		return false;
	}
	if (w.odd) {
		w.at = (struct cell){ w.odd->value.line, w.odd->value.column, true };
		refuse(v, NP_STAGE_DECODE, NP_FINDING_TYPE, &w.at,
		       "%s %s into Go struct field .%s of type string", prefix,
		       json_kind(&w.odd->value),
		       folds_to(w.odd->key, "kind") ? "kind" : "apiVersion");
		return false;
	}
	if (!split_version(w.api_version, &group, &version)) {
		refuse(v, NP_STAGE_DECODE, NP_FINDING_REQUEST, &w.at,
		       "unexpected GroupVersion string: " NP_STR_FMT, NP_STR_ARG(w.api_version));
		return false;
	}
	if (!version.n && !group.n)
		group = NP_STR(GROUP);
	if (!version.n && np_str_is(group, GROUP))
		version = NP_STR(VERSION);
	if (np_str_is(group, GROUP) && np_str_is(version, VERSION) && np_str_is(kind, KIND))
		return true;
	/* No longer served, but still known: it is read before it is refused. */
	v->of_extensions = np_str_is(w.api_version, EXTENSIONS) && np_str_is(kind, KIND);
	if (v->of_extensions)
		return true;
	refuse(v, NP_STAGE_DECODE, NP_FINDING_REQUEST, &w.at,
	       NP_STR_FMT " in version \"" NP_STR_FMT "\" cannot be handled as a " KIND
			  ": the endpoint takes " KIND " of " GROUP "/" VERSION
			  " only, not of \"" NP_STR_FMT "\"",
	       NP_STR_ARG(kind), NP_STR_ARG(version), NP_STR_ARG(w.api_version));
	return false;
}

/* ---- types and strictness ---- */

static void strict_words(const struct np_diag *d, struct np_buf *b)
{
	np_buf_clear(b);
	np_buf_adds(b, d->kind == NP_DIAG_UNKNOWN ? "unknown field " : "duplicate field ");
	np_buf_go_quoted(b, d->path);
}

/* Adds what @diags holds behind what YAML said; each becomes a finding. */
static void take_diags(struct verdict *v, const struct np_diags *diags)
{
	for (size_t i = 0; i < diags->n; i++) {
		const struct np_diag *d = &diags->items[i];
		const struct cell at = { d->place.line, d->place.column, true };

		strict_words(d, &v->text);
		verdict_add(v,
			    d->kind == NP_DIAG_UNKNOWN ? NP_FINDING_UNKNOWN_FIELD
						       : NP_FINDING_DUPLICATE_FIELD,
			    &at, NULL, NULL);
		v->findings[v->n_findings - 1].field = np_arena_str(v->arena, d->path);
		if (d->kind == NP_DIAG_UNKNOWN)
			v->findings[v->n_findings - 1].advice = np_arena_str(v->arena, d->msg);
	}
}

/* Under Warn what was found is only said. */
static void findings_to_warnings(struct verdict *v)
{
	for (size_t i = 0; i < v->n_findings; i++) {
		const struct np_finding *f = &v->findings[i];
		const struct cell at = { f->place.line, f->place.column, true };

		np_buf_clear(&v->text);
		np_buf_addstr(&v->text, f->msg);
		verdict_warn(v, &at);
		v->warnings[v->n_warnings - 1].type = f->type;
		v->warnings[v->n_warnings - 1].field = f->field;
		v->warnings[v->n_warnings - 1].advice = f->advice;
	}
	v->n_findings = 0;
}

/* Decodes @root into @policy and heeds strictness; false when it has been refused. */
static bool decode(struct verdict *v, const struct np_value *root, bool has_duplicates,
		   struct api_policy *policy)
{
	const struct np_decode_opts opts = {
		.file = v->opts->file,
		.fields = v->opts->fields == NP_FIELDS_IGNORE ? NP_FIELDS_IGNORE : NP_FIELDS_WARN,
		.mode = v->opts->mode,
	};
	struct np_diags diags = { 0 };
	struct np_buf go = { 0 };
	struct np_err err = { 0 };
	bool ok = true;

	if (apply_for_server(v->arena, &opts, &api_policy_type, root, policy, &diags, &go, &err)) {
		const struct cell at = { err.line, err.column, true };

		refuse(v, NP_STAGE_DECODE, NP_FINDING_TYPE, &at,
		       KIND " in version \"" VERSION "\" cannot be handled as a " KIND ": %s",
		       np_buf_text(&go));
		v->v->findings[0].advice = np_arena_printf(v->arena, "%s %s", err.path, err.msg);
		ok = false;
	} else if (opts.fields != NP_FIELDS_IGNORE) {
		if (has_duplicates && opts.mode == NP_DECODE_API_YAML)
			verdict_yaml_duplicates(v, root);
		take_diags(v, &diags);
		if (v->opts->fields == NP_FIELDS_WARN)
			findings_to_warnings(v);
		ok = !v->n_findings;
		if (!ok)
			end(v, NP_STAGE_STRICT);
	}
	np_diags_release(&diags);
	np_buf_release(&go);
	return ok;
}

/* `status` was a field from 1.24 to 1.27. */
static void forgive_status(struct verdict *v, struct np_value *root)
{
	uint32_t n = 0;
	struct np_pair *pairs;

	if (v->minor >= 28 || root->kind != NP_VALUE_MAP || !np_value_get(root, "status"))
		return;
	pairs = np_arena_array(v->arena, root->n, sizeof(*pairs));
	for (uint32_t i = 0; i < root->n; i++)
		if (!np_str_is(root->pairs[i].key, "status"))
			pairs[n++] = root->pairs[i];
	root->pairs = pairs;
	root->n = n;
}

/* ---- the request and what is stored ---- */

/* The namespace and the name that the URL has. */
static bool check_request(struct verdict *v, struct api_policy *p, const struct api_policy *old)
{
	const struct np_validate_opts *o = v->opts;
	struct np_str ns = np_str_from(o->ns ? o->ns : "default"), *own = &p->meta.ns.s;
	struct np_str name = o->name ? np_str_from(o->name) : old ? old->meta.name.s : NP_STR_NONE;

	if (o->mode == NP_DECODE_KUBECTL && !o->ns && own->n)
		ns = *own;
	if (!own->n) {
		*own = ns;
	} else if (!np_str_eq(*own, ns)) {
		refuse(v, NP_STAGE_REQUEST, NP_FINDING_REQUEST, &p->meta.ns.at,
		       "the namespace of the provided object does not match the namespace sent on "
		       "the request");
		return false;
	}
	if (o->update && name.p && !np_str_eq(p->meta.name.s, name)) {
		refuse(v, NP_STAGE_REQUEST, NP_FINDING_REQUEST,
		       p->meta.name.at.line ? &p->meta.name.at : &p->meta.at,
		       "the name of the object (" NP_STR_FMT
		       ") does not match the name on the URL (" NP_STR_FMT ")",
		       NP_STR_ARG(p->meta.name.s), NP_STR_ARG(name));
		return false;
	}
	return true;
}

static bool refuse_conflict(struct verdict *v, const struct api_str *now, struct np_str before,
			    const char *words)
{
	refuse(v, NP_STAGE_CONFLICT, NP_FINDING_REQUEST, &now->at,
	       "%s: '" NP_STR_FMT "' in the stored object, '" NP_STR_FMT "' in this one", words,
	       NP_STR_ARG(before), NP_STR_ARG(now->s));
	return false;
}

/* resourceVersion: absent or 0 is unconditional, no number at all is an error of the server. */
static bool check_version(struct verdict *v, const struct api_str *now, struct np_str before)
{
	unsigned long long number, stored = 0;

	if (!now->s.n)
		return true;
	if (!np_str_u64(now->s, UINT64_MAX, &number)) {
		refuse(v, NP_STAGE_STORAGE, NP_FINDING_REQUEST, &now->at,
		       "strconv.ParseUint: parsing \"" NP_STR_FMT "\": invalid syntax",
		       NP_STR_ARG(now->s));
		v->v->http = 500;
		return false;
	}
	if (!number || (np_str_u64(before, UINT64_MAX, &stored) && number == stored))
		return true;
	return refuse_conflict(v, now, before,
			       "the object has been modified; please apply your changes to the "
			       "latest version and try again: resourceVersion");
}

/* What an update must agree with in the stored object. */
static bool check_stored(struct verdict *v, const struct api_policy *p, const struct api_policy *old)
{
	if (!old) {
		refuse(v, NP_STAGE_STORAGE, NP_FINDING_REQUEST, &p->meta.name.at,
		       "networkpolicies.networking.k8s.io \"" NP_STR_FMT "\" not found",
		       NP_STR_ARG(p->meta.name.s));
		return false;
	}
	if (p->meta.uid.s.n && !np_str_eq(p->meta.uid.s, old->meta.uid.s))
		return refuse_conflict(v, &p->meta.uid, old->meta.uid.s,
				       "Precondition failed: UID");
	return check_version(v, &p->meta.resource_version, old->meta.resource_version.s);
}

/* The stored object of an update as typed data; NULL when there is none. */
static const struct api_policy *decode_old(struct verdict *v)
{
	const struct np_decode_opts opts = { .fields = NP_FIELDS_IGNORE,
					     .mode = NP_DECODE_KUBECTL };
	struct api_policy *old;
	struct np_err err = { 0 };

	if (!v->opts->update || !v->opts->old)
		return NULL;
	old = np_arena_alloc(v->arena, sizeof(*old));
	if (apply_root(v->arena, &opts, &api_policy_type, v->opts->old, old, NULL, &err))
		return NULL;
	return old;
}

/* ---- one document ---- */

static void print_result(struct verdict *v, const struct api_policy *p)
{
	struct np_buf b = { 0 };

	verdict_print_spec(&p->spec, &b);
	v->v->spec = np_arena_str(v->arena, (struct np_str){ np_buf_text(&b), b.len });
	np_buf_clear(&b);
	verdict_print_types(&p->spec, &b);
	v->v->policy_types = np_arena_str(v->arena, (struct np_str){ np_buf_text(&b), b.len });
	np_buf_release(&b);
}

static void judge(struct verdict *v, const struct np_value *given, bool has_duplicates)
{
	bool json = v->opts->mode == NP_DECODE_API_JSON;
	const struct cell at = { given->line ? given->line : v->v->line,
				 given->column ? given->column : 1, true };
	struct np_value root = *given;
	struct np_value *kept = np_arena_alloc(v->arena, sizeof(*kept));
	struct api_policy *p = np_arena_alloc(v->arena, sizeof(*p));
	const struct api_policy *old = decode_old(v);

	*kept = *given;
	v->v->object = kept;
	v->outer = &at;
	forgive_status(v, &root);
	if (!check_type_words(v, &root, json) || !decode(v, &root, has_duplicates, p))
		return;
	if (v->of_extensions) {
		refuse(v, NP_STAGE_DECODE, NP_FINDING_REQUEST, &at,
		       "the API version in the data (" EXTENSIONS
		       ") does not match the expected API version (" GROUP "/" VERSION ")");
		return;
	}
	v->v->name = p->meta.name.s.n ? p->meta.name.s : p->meta.generate_name.s;
	verdict_default(&p->spec, v->arena);
	if (!v->opts->only_fields && !check_request(v, p, old))
		return;
	verdict_owners(v, &p->meta);
	if (v->opts->update && !v->opts->only_fields && !check_stored(v, p, old))
		return;
	if (old)
		verdict_excuses(v, &old->spec);
	verdict_meta(v, &p->meta, old ? &old->meta : NULL);
	verdict_spec(v, &p->spec);
	if (v->n_findings) {
		end(v, NP_STAGE_VALIDATION);
		return;
	}
	verdict_cidr_warnings(v, &p->spec);
	print_result(v, p);
	end(v, NP_STAGE_ACCEPT);
}

/* Sorts one document out by what is said in its error. */
static void refuse_text(struct job *j, const struct np_err *err, enum np_stage stage)
{
	struct verdict v = begin(j, new_item(j, err->line ? err->line : 1));
	const struct cell at = { err->line, err->column, true };
	bool yaml = j->opts->mode == NP_DECODE_API_YAML;

	refuse(&v, stage, NP_FINDING_SYNTAX, &at, "%s%s",
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
		refuse(v, NP_STAGE_CLIENT, NP_FINDING_TYPE, &at,
		       "json: cannot unmarshal %s into Go value of type map[string]interface {}",
		       json_kind(object));
		return false;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(needed); i++)
		if (!np_value_str(np_value_get(object, needed[i])).n) {
			refuse(v, NP_STAGE_CLIENT, NP_FINDING_REQUEST, &at,
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

		refuse(v, NP_STAGE_CLIENT, NP_FINDING_TYPE, &at, "%s", np_buf_text(&go));
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

	split_version(api, &group, &version);
	if (np_str_is(kind, KIND) && np_str_is(group, GROUP) && np_str_is(version, VERSION))
		return true;
	if (!api.n || np_str_is(group, GROUP) || np_str_is(group, "extensions")) {
		refuse(v, NP_STAGE_CLIENT, NP_FINDING_REQUEST, &at,
		       "no matches for kind \"" NP_STR_FMT "\" in version \"" NP_STR_FMT "\"",
		       NP_STR_ARG(kind), NP_STR_ARG(api));
		return false;
	}
	end(v, NP_STAGE_SKIPPED);
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
	refuse(v, NP_STAGE_CLIENT, NP_FINDING_REQUEST,
	       &(struct cell){ ns->line, ns->column, true },
	       "invalid namespace \"" NP_STR_FMT "\": may not be '.' or '..' or contain '/' or '%%'",
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
		refuse(&v, NP_STAGE_CLIENT, NP_FINDING_TYPE, &at,
		       "json: cannot unmarshal %s into Go value of type map[string]interface {}",
		       json_kind(object));
	else if (check_known(&v, object) && check_path(&v, object))
		judge(&v, object, false);
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
		end(&v, NP_STAGE_SKIPPED);
		j->out->n--; /* a list is not judged, its items are */
		judge_list(j, root, items);
	} else if (check_known(&v, root) && check_path(&v, root)) {
		judge(&v, root, false);
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
	end(&v, NP_STAGE_VALIDATION);
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
	judge(&v, docs.n ? &docs.items[0].root : &nothing, docs.n && docs.items[0].n_duplicates);
}

static void refuse_size(struct job *j)
{
	struct verdict v = begin(j, new_item(j, 1));

	refuse(&v, NP_STAGE_TRANSPORT, NP_FINDING_REQUEST, NULL,
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
	judge(&v, object, false);
	finish(&j);
}
