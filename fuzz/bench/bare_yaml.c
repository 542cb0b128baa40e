/* bare_yaml.c - libyaml alone reading the same text into events and throwing them away. */
#include <yaml.h>

#include "../targets/fuzz.h"
#define NP_BENCH_JSON 0
#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	yaml_parser_t parser;
	yaml_event_t e;
	bool more = true;

	(void)data;
	(void)size;
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)policy_yaml, sizeof(policy_yaml) - 1);
	while (more) {
		if (!yaml_parser_parse(&parser, &e))
			abort();
		more = e.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	return 0;
}
