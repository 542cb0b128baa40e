/*
 * alias.h - private to parse: anchors of one YAML document, and go-yaml's bound on what aliases
 * may expand to (semantics 4.3).
 *
 * go-yaml counts one step for every value that it decodes, an alias as one and then its target
 * again, and gives up when more than 100 aliased steps of more than 1,000 are too large a share.
 * Values are shared here instead of decoded again, so the steps are only added up. Within one
 * expansion the share only rises, therefore looking at its end is as good as looking at every
 * step.
 */
#ifndef NP_PARSE_ALIAS_H
#define NP_PARSE_ALIAS_H

#include <stdint.h>

#include "np/parse/tree.h"

struct anchor {
	struct np_str name;
	struct np_value value;
	uint64_t steps;		/* to decode the value once */
	bool open;		/* its list or map has not ended yet */
	/* Of a scalar, which may also become a key: */
	struct np_str key;	/* its text as a key */
	enum np_value_kind key_kind;
	bool no_key;		/* null, an integer above int64: cannot be one */
};

/* Zero-initialised is empty. */
struct aliases {
	void *tree;		/* of struct anchor, tsearch(3): no input can make it slow */
	uint64_t steps, aliased;
};

void aliases_release(struct aliases *a);
/*
 * Anchor @name, fresh and open; an older one of that name is forgotten. @name is copied into
 * @arena.
 */
struct anchor *aliases_define(struct aliases *a, struct np_arena *arena, struct np_str name);
/* NULL when there is none. */
const struct anchor *aliases_find(const struct aliases *a, struct np_str name);
/* Counts an alias of a closed anchor; false when the document expands to too much. */
bool aliases_count(struct aliases *a, const struct anchor *anchor);

#endif
