/* spec.c - parts of a policy, judged without a text around them. */
#include "spec.h"

size_t fuzz_count_findings(const struct api_policy_spec *spec, unsigned minor)
{
	struct np_arena arena = { NULL, 0 };
	struct np_validate_opts opts = { .minor = minor };
	struct np_validation out = { .n_findings = 0 };
	struct cell outer = { 1, 1, true };
	struct verdict v = { .arena = &arena, .opts = &opts, .minor = minor, .v = &out, .outer = &outer };
	size_t n;

	verdict_spec(&v, spec);
	n = v.n_findings;
	free(v.findings);
	free(v.warnings);
	np_buf_release(&v.text);
	np_arena_release(&arena);
	return n;
}
