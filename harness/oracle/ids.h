/*
 * ids.h - selectors with keys and values as numbers, for asking one class about many selectors. The
 * label index answers the other way round: all classes about one selector.
 */
#ifndef NP_ORACLE_IDS_H
#define NP_ORACLE_IDS_H

#include "compiled.h"

struct id_requirement {
	uint32_t key, n_values;
	enum np_op op;	/* matchLabels: In with one value */
	uint32_t value; /* the first */
	const uint32_t *values;
};

struct id_selector {
	const struct id_requirement *items;
	uint32_t n; /* 0: matches everything */
};

/* A peer that is no ipBlock. */
struct id_peer {
	struct id_selector ns, pod;
	bool has_ns;
};

struct id_rule {
	const struct id_peer *peers;
	uint32_t n_peers;
};

struct id_policy {
	uint32_t ns; /* NONE: a namespace that the world does not have */
	struct id_selector subject;
	const struct id_rule *rules[NP_N_DIRS];
};

/* Strings that are new get numbers. Lists live in @arena. */
void id_policy_compile(struct np_oracle *o, struct np_arena *arena, const struct np_policy *src,
		       struct id_policy *ret);

/* S13, S14. */
bool id_selector_matches(const struct id_selector *s, const struct label_id *labels,
			 size_t n_labels);

#endif
