/* mutate_test.h - private to the tests of the mutator: inputs, and what the validator says. */
#ifndef NP_TESTS_MUTATE_TEST_H
#define NP_TESTS_MUTATE_TEST_H

#include "../suite.h"
#include "np/mutate/mutate.h"
#include "np/parse/encode.h"
#include "np/parse/read.h"
#include "np/parse/validate.h"

/* Sanitizers are slow: the same tests on fewer mutants. */
#if defined(__SANITIZE_ADDRESS__)
#define MANY 10000
#else
#define MANY 100000
#endif

/* How a text gets to the server. */
struct way {
	const char *name;
	enum np_decode_mode mode;
	enum np_mutate_format format;
	bool legacy;	/* CIDRs as before 1.36 */
};

static const struct way ways[] = {
	{ "kubectl json", NP_DECODE_KUBECTL, NP_MUTATE_JSON, false },
	{ "kubectl yaml", NP_DECODE_KUBECTL, NP_MUTATE_YAML, false },
	{ "api json", NP_DECODE_API_JSON, NP_MUTATE_JSON, false },
	{ "api yaml", NP_DECODE_API_YAML, NP_MUTATE_YAML, false },
	{ "legacy json", NP_DECODE_API_JSON, NP_MUTATE_JSON, true },
};

static inline void judge(const struct way *w, struct np_str text, struct np_validations *ret)
{
	const struct np_validate_opts opts = { .mode = w->mode,
					       .cidr = w->legacy ? NP_CIDR_LEGACY : NP_CIDR_STRICT };

	np_validate_text(text, &opts, ret);
}

/* All documents are accepted, and there is one. */
static inline bool is_accepted(const struct np_validations *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->items[i].stage != NP_STAGE_ACCEPT)
			return false;
	return v->n;
}

#endif
