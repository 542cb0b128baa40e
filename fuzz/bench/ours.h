/* ours.h - decoding and judging the same valid policy at every input, with our reader. */
#include "../targets/docs.h"
#include "policy.h"

#if NP_BENCH_JSON
#define TEXT NP_STR(policy_json)
#define READ np_read_json
#define MODE NP_DECODE_API_JSON
#else
#define TEXT NP_STR(policy_yaml)
#define READ np_read_yaml
#define MODE NP_DECODE_API_YAML
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct np_read_opts opts = { .file = "input", .max_depth = NP_YAML_POLICY_DEPTH };
	static const struct np_validate_opts how = { .file = "input", .mode = MODE };
	struct np_docs docs = { .n = 0 };
	struct np_validations v = { .n = 0 };
	struct np_err err;

	(void)data;
	(void)size;
	if (READ(TEXT, &opts, &docs, &err) < 0)
		abort();
	np_validate_object(&docs.items[0].root, &how, &v);
	if (v.items[0].stage != NP_STAGE_ACCEPT)
		abort();
	np_validations_release(&v);
	np_docs_release(&docs);
	return 0;
}
