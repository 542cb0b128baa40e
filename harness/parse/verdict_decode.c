/* verdict_decode.c - types of fields, and strictness about the others. */
#include "convert.h"
#include "verdict.h"

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

bool verdict_decode(struct verdict *v, const struct np_value *root, bool has_duplicates,
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

		verdict_refuse(v, NP_STAGE_DECODE, NP_FINDING_TYPE, &at,
			       POLICY_KIND " in version \"" POLICY_VERSION
					   "\" cannot be handled as a " POLICY_KIND ": %s",
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
			verdict_end(v, NP_STAGE_STRICT);
	}
	np_diags_release(&diags);
	np_buf_release(&go);
	return ok;
}
