/*
 * bench_mutate.c - mutants a second of a policy of about 1 KiB, from text to text, beside jansson
 * reading and writing the same text and changing nothing: a limit for a mutator over a library. And
 * how many a second there are when each is decoded and validated too. Processor time, as the
 * engines share the machine; medians of rounds, with the spread; one JSON line each.
 */
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "np/base/mem.h"
#include "np/mutate/mutate.h"
#include "np/parse/encode.h"
#include "np/parse/validate.h"

#define ROUNDS 21
#define MUTANTS_A_ROUND 2000

static const char policy[] =
	"{\"apiVersion\":\"networking.k8s.io/"
	"v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":"
	"\"payments-api\",\"namespace\":\"default\",\"labels\":{\"app.kubernetes.io/"
	"name\":\"payments\","
	"\"team\":\"checkout\"}},\"spec\":{\"podSelector\":{\"matchLabels\":{\"app\":\"payments\","
	"\"tier\":"
	"\"backend\"}},\"policyTypes\":[\"Ingress\",\"Egress\"],\"ingress\":[{\"from\":[{"
	"\"namespaceSelector\":"
	"{\"matchLabels\":{\"kubernetes.io/"
	"metadata.name\":\"frontend\"}},\"podSelector\":{\"matchExpressions\":"
	"[{\"key\":\"role\",\"operator\":\"In\",\"values\":[\"web\",\"mobile\"]}]}},{\"ipBlock\":{"
	"\"cidr\":"
	"\"172.17.0.0/16\",\"except\":[\"172.17.1.0/"
	"24\"]}}],\"ports\":[{\"protocol\":\"TCP\",\"port\":8080},"
	"{\"protocol\":\"TCP\",\"port\":\"metrics\"}]}],\"egress\":[{\"to\":[{\"podSelector\":{"
	"\"matchLabels\":"
	"{\"app\":\"postgres\"}}}],\"ports\":[{\"port\":5432}]},{\"to\":[{\"namespaceSelector\":{},"
	"\"podSelector\":{\"matchLabels\":{\"k8s-app\":\"kube-dns\"}}}],\"ports\":[{\"protocol\":"
	"\"UDP\","
	"\"port\":53},{\"protocol\":\"TCP\",\"port\":53}]},{\"to\":[{\"ipBlock\":{\"cidr\":\"10.20."
	"0.0/16\"}}],"
	"\"ports\":[{\"port\":32000,\"endPort\":32768}]}]}}";

static const struct np_str input = { policy, sizeof(policy) - 1 };
static struct np_mutator *mutators[NP_N_MUTATE_MODES], *yaml_mutator;
static struct np_buf as_yaml;
static uint64_t seed;
static size_t n_accepted;

static void load_and_dump(void)
{
	json_t *v = json_loadb(input.p, input.n, 0, NULL);
	char *text = json_dumps(v, JSON_COMPACT);

	if (!text)
		abort();
	free(text);
	json_decref(v);
}

static void mutate(struct np_mutator *m, struct np_str in)
{
	struct np_mutation x;

	np_mutate(m, in, NP_STR_NONE, seed++, &x);
	if (!x.kept_promise)
		abort();
}

static void valid(void)
{
	mutate(mutators[NP_MUTATE_VALID], input);
}

static void single_fault(void)
{
	mutate(mutators[NP_MUTATE_SINGLE_FAULT], input);
}

static void hostile(void)
{
	mutate(mutators[NP_MUTATE_HOSTILE], input);
}

static void yaml(void)
{
	mutate(yaml_mutator, (struct np_str){ np_buf_text(&as_yaml), as_yaml.len });
}

static void judge(struct np_str text)
{
	const struct np_validate_opts opts = { .mode = NP_DECODE_API_JSON };
	struct np_validations said;

	np_validate_text(text, &opts, &said);
	n_accepted += said.items[0].stage == NP_STAGE_ACCEPT;
	np_validations_release(&said);
}

/* With what a target does with it: to read and to validate it. */
static void valid_judged(void)
{
	struct np_mutation x;

	np_mutate(mutators[NP_MUTATE_VALID], input, NP_STR_NONE, seed++, &x);
	judge(x.text);
}

static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double round_us(void (*work)(void))
{
	int64_t start = cpu_ns();

	for (int i = 0; i < MUTANTS_A_ROUND; i++)
		work();
	return (double)(cpu_ns() - start) / 1000 / MUTANTS_A_ROUND;
}

static int cmp_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static const struct {
	const char *name;
	void (*work)(void);
} rows[] = {
	{ "mutate_jansson_load_dump_only", load_and_dump },
	{ "mutate_valid", valid },
	{ "mutate_single_fault", single_fault },
	{ "mutate_hostile", hostile },
	{ "mutate_valid_yaml", yaml },
	{ "mutate_valid_and_validate", valid_judged },
};

#define N_ROWS NP_ARRAY_SIZE(rows)

static void print_ratio(const char *name, double value, const char *unit, int wanted)
{
	printf("{\"bench\":\"%s\",\"value\":%.2f,\"unit\":\"%s\"", name, value, unit);
	if (wanted)
		printf(",\"wanted\":%d", wanted);
	puts("}");
}

static void print(double us[N_ROWS][ROUNDS], size_t accepted)
{
	double medians[N_ROWS];

	for (size_t i = 0; i < N_ROWS; i++) {
		qsort(us[i], ROUNDS, sizeof(double), cmp_doubles);
		medians[i] = us[i][ROUNDS / 2];
		printf("{\"bench\":\"%s\",\"value\":%.2f,\"unit\":\"us\",\"low\":%.2f,\"high\":%."
		       "2f,"
		       "\"bytes\":%zu}\n",
		       rows[i].name, medians[i], us[i][ROUNDS / 10],
		       us[i][ROUNDS - 1 - ROUNDS / 10], input.n);
	}
	print_ratio("mutate_valid_a_second", 1e6 / medians[1], "mutants/s", 100000);
	print_ratio("mutate_speed_beside_jansson", medians[0] / medians[1], "times", 0);
	print_ratio("mutate_accepted", 100.0 * (double)accepted / (ROUNDS * MUTANTS_A_ROUND), "%",
		    99);
}

static void make_yaml(void)
{
	const struct np_mutate_opts opts = { .mode = NP_MUTATE_VALID, .format = NP_MUTATE_YAML };
	struct np_mutator *m = np_mutator_new(&opts);
	struct np_mutation x;

	np_mutate(m, input, NP_STR_NONE, 1, &x);
	np_buf_addstr(&as_yaml, x.text);
	np_mutator_free(m);
}

int main(void)
{
	static double us[N_ROWS][ROUNDS];
	struct np_mutate_opts opts = { 0 };

	for (int i = 0; i < NP_N_MUTATE_MODES; i++) {
		opts.mode = (enum np_mutate_mode)i;
		mutators[i] = np_mutator_new(&opts);
	}
	opts = (struct np_mutate_opts){ .yaml_to_json = np_yaml_to_json };
	yaml_mutator = np_mutator_new(&opts);
	make_yaml();
	/* Turn about, so that what else the machine does meets all of them. */
	for (int r = 0; r < ROUNDS; r++)
		for (size_t i = 0; i < N_ROWS; i++)
			us[i][r] = round_us(rows[i].work);
	print(us, n_accepted);
	for (int i = 0; i < NP_N_MUTATE_MODES; i++)
		np_mutator_free(mutators[i]);
	np_mutator_free(yaml_mutator);
	np_buf_release(&as_yaml);
	return 0;
}
