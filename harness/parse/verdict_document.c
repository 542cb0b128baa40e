/* verdict_document.c - one document, through stage after stage of a request (semantics 3.1). */
#include <stdint.h>

#include "convert.h"
#include "verdict.h"

/* ---- the end ---- */

static const int statuses[] = {
	[NP_STAGE_ACCEPT] = 201, [NP_STAGE_TRANSPORT] = 413,  [NP_STAGE_CLIENT] = 0,
	[NP_STAGE_DECODE] = 400, [NP_STAGE_STRICT] = 400,     [NP_STAGE_REQUEST] = 400,
	[NP_STAGE_VALIDATION] = 422, [NP_STAGE_CONFLICT] = 409, [NP_STAGE_STORAGE] = 404,
	[NP_STAGE_SKIPPED] = 0,
};

void verdict_end(struct verdict *v, enum np_stage stage)
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

void verdict_refuse(struct verdict *v, enum np_stage stage, enum np_finding_type type,
		    const struct cell *at, const char *fmt, ...)
{
	va_list ap;

	np_buf_clear(&v->text);
	va_start(ap, fmt);
	np_buf_vprintf(&v->text, fmt, ap);
	va_end(ap);
	verdict_add(v, type, at, NULL, NULL);
	verdict_end(v, stage);
}

/* ---- the request and what is stored ---- */

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
		verdict_refuse(v, NP_STAGE_REQUEST, NP_FINDING_REQUEST, &p->meta.ns.at,
			       "the namespace of the provided object does not match the namespace "
			       "sent on the request");
		return false;
	}
	if (o->update && name.p && !np_str_eq(p->meta.name.s, name)) {
		verdict_refuse(v, NP_STAGE_REQUEST, NP_FINDING_REQUEST,
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
	verdict_refuse(v, NP_STAGE_CONFLICT, NP_FINDING_REQUEST, &now->at,
		       "%s: '" NP_STR_FMT "' in the stored object, '" NP_STR_FMT "' in this one",
		       words,
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
		verdict_refuse(v, NP_STAGE_STORAGE, NP_FINDING_REQUEST, &now->at,
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
		verdict_refuse(v, NP_STAGE_STORAGE, NP_FINDING_REQUEST, &p->meta.name.at,
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

void verdict_judge(struct verdict *v, const struct np_value *given, bool has_duplicates)
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
	if (!verdict_type_words(v, &root, json) || !verdict_decode(v, &root, has_duplicates, p))
		return;
	if (v->of_extensions) {
		verdict_refuse(v, NP_STAGE_DECODE, NP_FINDING_REQUEST, &at,
			       "the API version in the data (" POLICY_EXTENSIONS
			       ") does not match the expected API version (" POLICY_GROUP
			       "/" POLICY_VERSION ")");
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
		verdict_end(v, NP_STAGE_VALIDATION);
		return;
	}
	verdict_cidr_warnings(v, &p->spec);
	print_result(v, p);
	verdict_end(v, NP_STAGE_ACCEPT);
}
