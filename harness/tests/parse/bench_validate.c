/*
 * bench_validate.c - decoding and validating a valid policy of about 1 KiB of YAML, beside libyaml
 * reading the same text into events and throwing them away: a limit that does nothing with what it
 * reads. Medians of rounds, with the spread; one JSON line each.
 */
#include <stdio.h>
#include <yaml.h>

#define NP_BENCH_JSON 0
#include "../../../fuzz/bench/policy.h"
#include "np/base/clock.h"
#include "np/base/mem.h"
#include "np/parse/validate.h"

#define ROUNDS 21
#define DOCUMENTS_A_ROUND 300

static void read_events(void)
{
	yaml_parser_t parser;
	yaml_event_t e;
	bool more = true;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)policy_yaml,
				     sizeof(policy_yaml) - 1);
	while (more) {
		if (!yaml_parser_parse(&parser, &e))
			abort();
		more = e.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
}

static void validate(void)
{
	const struct np_validate_opts opts = { .mode = NP_DECODE_API_YAML };
	struct np_validations said;

	np_validate_text((struct np_str){ policy_yaml, sizeof(policy_yaml) - 1 }, &opts, &said);
	if (said.items[0].stage != NP_STAGE_ACCEPT)
		abort();
	np_validations_release(&said);
}

static double round_us(void (*work)(void))
{
	int64_t start = np_now_us();

	for (int i = 0; i < DOCUMENTS_A_ROUND; i++)
		work();
	return (double)(np_now_us() - start) / DOCUMENTS_A_ROUND;
}

static int cmp_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *name, double *us)
{
	qsort(us, ROUNDS, sizeof(*us), cmp_doubles);
	printf("{\"bench\":\"%s\",\"value\":%.2f,\"unit\":\"us\",\"low\":%.2f,\"high\":%.2f,"
	       "\"bytes\":%zu}\n",
	       name, us[ROUNDS / 2], us[ROUNDS / 10], us[ROUNDS - 1 - ROUNDS / 10],
	       sizeof(policy_yaml) - 1);
}

int main(void)
{
	double limit[ROUNDS], ours[ROUNDS];

	/* Turn about, so that what else the machine does meets both. */
	for (int i = 0; i < ROUNDS; i++) {
		limit[i] = round_us(read_events);
		ours[i] = round_us(validate);
	}
	print("validate_libyaml_events_only", limit);
	print("validate_decode_and_validate", ours);
	printf("{\"bench\":\"validate_share_of_libyaml\",\"value\":%.1f,\"unit\":\"%%\","
	       "\"wanted\":60}\n",
	       100 * limit[ROUNDS / 2] / ours[ROUNDS / 2]);
	return 0;
}
