/* lint.h - private to parse: what the parts of the lint share. */
#ifndef NP_PARSE_LINT_PRIVATE_H
#define NP_PARSE_LINT_PRIVATE_H

#include "np/parse/lint.h"

/* One policy that was added and accepted. */
struct lint_policy {
	struct np_policy policy;
	struct np_str spec;	/* canonical */
	size_t document;
};

struct np_lint {
	struct np_arena arena;
	const struct np_world *world;
	struct lint_policy *policies;
	size_t n, cap, n_documents;
	struct np_lint_note *notes;
	size_t n_notes, cap_notes;
};

__attribute__((format(printf, 5, 6)))
void lint_note(struct np_lint *l, enum np_lint_rule rule, size_t document,
	       const struct np_place *place, const char *fmt, ...);

/* Parts. */
void lint_fields(struct np_lint *l, const struct np_value *object, const char *file);
void lint_rules(struct np_lint *l, const struct lint_policy *p);
void lint_world(struct np_lint *l, const struct lint_policy *p);

#endif
