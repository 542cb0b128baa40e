/* spec.h - parts of a policy, judged without a text around them. */
#ifndef NP_FUZZ_SPEC_H
#define NP_FUZZ_SPEC_H

#include "../../harness/parse/verdict.h"

/* How many things kube-apiserver of 1.@minor would find wrong with @spec. */
size_t fuzz_count_findings(const struct api_policy_spec *spec, unsigned minor);

#endif
