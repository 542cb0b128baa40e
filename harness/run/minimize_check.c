/* minimize_check.c - whether a candidate is a case, and what the oracle asserts in it. */
#include "minimize_doc.h"

#include "model_cells.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/parse/read.h"
#include "np/parse/validate.h"
#include "np/target/caseobjects.h"

static int refuse(const struct np_validation *v, const struct np_step *step, struct np_err *err)
{
	const struct np_finding *f = v->n_findings ? &v->findings[0] : NULL;

	return np_err_set(err, NP_EVALID,
			  "policy '" NP_STR_FMT "/" NP_STR_FMT "': " NP_STR_FMT " " NP_STR_FMT,
			  NP_STR_ARG(step->ns), NP_STR_ARG(step->name),
			  NP_STR_ARG(f ? f->field : NP_STR("")),
			  NP_STR_ARG(f ? f->msg : NP_STR("refused")));
}

/* What an API server says about a policy as it is sent. */
static int validate(const struct np_step *step, const struct np_values *values, struct np_err *err)
{
	const struct np_validate_opts opts = { .mode = NP_DECODE_API_JSON, .ns = step->ns.p };
	struct np_validations v = { .n = 0 };
	struct np_buf text = { 0 };
	int rc = np_substitute(step->body, values, &text, err);

	if (rc == 0) {
		np_validate_text((struct np_str){ text.data, text.len }, &opts, &v);
		if (!v.n || !np_stage_accepts(v.items[0].stage))
			rc = refuse(&v.items[0], step, err);
		np_validations_release(&v);
	}
	np_buf_release(&text);
	return rc;
}

static bool is_policy(const struct np_step *s)
{
	return s->body.n && np_str_is(s->object_kind, "NetworkPolicy") &&
	       (s->kind == NP_STEP_APPLY || s->kind == NP_STEP_RECREATE);
}

/* Every step can be carried out, and every policy is valid. */
static int walk(const struct np_min_candidate *cand, struct np_err *err)
{
	struct np_objects *o = np_objects_new(4);
	const struct np_values values = { np_objects_lookup, o, 4 };
	int rc = 0;

	for (size_t i = 0; i < cand->world->n_objects && rc == 0; i++)
		rc = np_objects_step(o, &cand->world->objects[i], err);
	for (size_t i = 0; i < cand->c->n_steps && rc == 0; i++) {
		const struct np_step *s = &cand->c->steps[i];

		if (is_policy(s))
			rc = validate(s, &values, err);
		if (rc == 0)
			rc = np_objects_step(o, s, err);
	}
	np_objects_free(o);
	return rc;
}

static struct np_play_cell play_cell(const struct np_min_cell *cell)
{
	return (struct np_play_cell){ .src = np_str_from(cell->src),
				      .dst = np_str_from(cell->dst),
				      .proto = cell->proto,
				      .port = cell->port,
				      .family = cell->family };
}

/* Somebody else's answer is wrong whatever is expected. */
static bool can_be_wrong(enum np_min_wrong wrong, bool allow)
{
	return wrong == NP_MIN_MISDELIVERED || (wrong == NP_MIN_DENIED) == allow;
}

/* A world that no cluster has, such as two running pods with one address, is told by what a right
 * implementation makes of it. */
static bool is_right(struct np_play *p, const struct np_play_cell *cell)
{
	struct np_model *m = np_model_new();
	size_t expect;
	bool right = np_play_look(p, m, NULL, cell, NULL, NULL, &expect) == NP_PLAY_PASSED;

	np_model_free(m);
	return right;
}

int np_min_check(const struct np_min_candidate *cand, const struct np_min_cell *cell,
		 struct np_err *err)
{
	struct np_play_cell want = play_cell(cell);
	struct np_play *p;
	bool allow = false;
	int rc = 0;

	if (!cand->c->families) /* the cluster's first, whichever that is */
		want.family = 4;
	if (walk(cand, err) < 0)
		return -1;
	p = np_play_new(cand->c, cand->world, cand->world->ports, cand->world->n_ports, err);
	if (!p)
		return -1;
	if (cell->wrong != NP_MIN_CRASHED &&
	    (!np_play_asserted(p, np_play_n_expects(p), &want, &allow) ||
	     !can_be_wrong(cell->wrong, allow)))
		rc = np_err_set(err, NP_EVALID, "the oracle does not say it of the connection");
	else if (!is_right(p, cell->wrong == NP_MIN_CRASHED ? NULL : &want))
		rc = np_err_set(err, NP_EVALID, "it makes no sense");
	np_play_free(p);
	return rc;
}
