/*
 * lint.h - layer parse: what the API server accepts and a person would still want to know: fields
 * that a slip of the pen turns into "everything", rules without effect, names that will not resolve.
 *
 * Limits: NP_LINT_MAX_NOTES notes, NP_LINT_MAX_EXCEPTS excepts and NP_LINT_MAX_RULES rules of a
 * direction are looked at; beyond them nothing is said. Pairs of policies are compared by what they
 * say, not one by one.
 */
#ifndef NP_PARSE_LINT_H
#define NP_PARSE_LINT_H

#include "np/model/world.h"
#include "np/parse/validate.h"

#define NP_LINT_MAX_NOTES 10000
#define NP_LINT_MAX_EXCEPTS 512
#define NP_LINT_MAX_RULES 500

enum np_lint_rule {
	NP_LINT_MISSPELT,	/* an unknown field close to one whose loss widens the policy */
	NP_LINT_INEFFECTIVE,	/* rules of a direction that policyTypes leaves out */
	NP_LINT_DNS,		/* egress is isolated and nothing lets DNS through */
	NP_LINT_SELECTS_NOTHING,
	NP_LINT_EXCEPT_COVERS,	/* the excepts leave nothing of their block */
	NP_LINT_DUPLICATE,
	NP_LINT_SHADOWED,	/* another rule of the policy allows all of it */
};

/* "misspelt" "ineffective" "dns" "selects-nothing" "except-covers" "duplicate" "shadowed" */
const char *np_lint_rule_name(enum np_lint_rule rule);

struct np_lint_note {
	enum np_lint_rule rule;
	size_t document;	/* how many were added before the one that this is about */
	struct np_place place;
	struct np_str msg;	/* one sentence */
};

struct np_lint;

/* @world: borrowed, linked; NULL: selectors are not tried. */
struct np_lint *np_lint_new(const struct np_world *world);
/* Accepts NULL. */
void np_lint_free(struct np_lint *l);
/*
 * Adds a judged document; what is needed of it is copied, but for @file, which is borrowed. Rejected
 * ones are looked through for misspelt fields only.
 */
void np_lint_add(struct np_lint *l, const struct np_validation *v, enum np_decode_mode mode,
		 const char *file);
/* All notes, by document; once, after the last was added. Valid until the lint is freed. */
const struct np_lint_note *np_lint_notes(struct np_lint *l, size_t *ret_n);

#endif
