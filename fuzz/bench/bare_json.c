/* bare_json.c - jansson alone reading the same text. */
#include "../targets/fuzz.h"
#define NP_BENCH_JSON 1
#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *v = json_loadb(policy_json, sizeof(policy_json) - 1, 0, NULL);

	(void)data;
	(void)size;
	if (!v)
		abort();
	json_decref(v);
	return 0;
}
