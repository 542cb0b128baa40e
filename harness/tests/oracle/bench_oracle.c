/*
 * bench_oracle.c - how fast the oracle compiles, answers, fills tables and follows changes, from
 * 100 to 10,000 pods and policies, and what the machine's limit is. One JSON object a line:
 * {"bench":..,"value":..,"unit":..,"min":..,"max":..,"rounds":..}: value is the median; with
 * "bound" and "met" where there is something to reach. table.limit is what the bits of the table
 * cost that are only written and counted, table.limit-times how often that goes into table. Times
 * are CPU time of one core, so that what else the machine does counts little. Each size is a
 * process of its own, for its peak of memory. Any argument: the quick ones only.
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "np/base/mem.h"

#include "np/oracle/live.h"

#include "bench_world.h"

enum { MAX_ROUNDS = 9 };

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int cmp_double(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What is to be reached, by the beginning of the name. */
static const struct {
	const char *name;
	double value;
	bool at_least;
} bounds[] = {
	{ "oracle.compile.10000x10000", 1000, false },
	{ "oracle.compile.peak.10000x10000", 512, false },
	{ "oracle.eval.1000x1000", 5, true },
	{ "oracle.eval.10000x10000", 2, true },
	{ "oracle.table.1000x1000", 30, false },
	{ "oracle.table.10000x10000", 3000, false },
	{ "oracle.update.policy.10000x10000", 5, false },
	{ "oracle.update.pod.10000x10000", 5, false },
};

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), cmp_double);
	return values[n / 2];
}

static void print_rounds(const char *bench, const char *tag, double *values, unsigned n,
			 const char *unit)
{
	double value = median(values, n);
	char name[128];

	snprintf(name, sizeof(name), "oracle.%s.%s", bench, tag);
	printf("{\"bench\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"min\":%.4g,\"max\":%.4g,"
	       "\"rounds\":%u",
	       name, value, unit, values[0], values[n - 1], n);
	for (size_t i = 0; i < NP_ARRAY_SIZE(bounds); i++)
		if (strncmp(name, bounds[i].name, strlen(bounds[i].name)) == 0)
			printf(",\"bound\":\"%s %g\",\"met\":%s",
			       bounds[i].at_least ? "over" : "under", bounds[i].value,
			       (value > bounds[i].value) == bounds[i].at_least ? "true" : "false");
	printf("}\n");
	fflush(stdout);
}

static void print_one(const char *bench, const char *tag, double value, const char *unit)
{
	print_rounds(bench, tag, &value, 1, unit);
}

static const struct np_probe_port ports[] = {
	{ NP_TCP, 80 },	  { NP_TCP, 443 },  { NP_UDP, 53 },   { NP_TCP, 8080 },
	{ NP_TCP, 8443 }, { NP_SCTP, 80 },  { NP_TCP, 5432 }, { NP_UDP, 80 },
	{ NP_TCP, 81 },	  { NP_TCP, 9090 }, { NP_TCP, 22 },   { NP_TCP, 8500 },
	{ NP_UDP, 123 },  { NP_TCP, 3306 }, { NP_TCP, 6379 }, { NP_SCTP, 7777 },
};

enum { N_PORTS = NP_ARRAY_SIZE(ports) };

static struct np_end *pod_ends(const struct bench *b)
{
	struct np_end *ends = np_xcalloc(b->n_pods, sizeof(*ends));

	for (unsigned i = 0; i < b->n_pods; i++)
		ends[i] = (struct np_end){ .kind = NP_END_POD, .idx = i };
	return ends;
}

/* Every cell counted. */
static size_t sum_table(const struct np_table *t)
{
	size_t n = 0;

	for (size_t p = 0; p < t->n_ports; p++)
		for (size_t i = 0; i < t->allow[p].n_rows * t->allow[p].words_per_row; i++) {
			n += (size_t)__builtin_popcountll(t->allow[p].words[i]);
			n += t->undef ? (size_t)__builtin_popcountll(t->undef[p].words[i]) << 32
				      : 0;
		}
	return n;
}

static void bench_single(const struct np_oracle *o, const struct bench *b, const char *tag)
{
	enum { N = 200000, ROUNDS = 7 };
	np_auto_free struct np_flow *flows = np_xcalloc(N, sizeof(*flows));
	double values[ROUNDS];
	struct np_rng rng;
	size_t allowed = 0;

	np_rng_seed(&rng, 3);
	for (unsigned i = 0; i < N; i++) {
		const struct np_probe_port *port = &ports[np_rng_below(&rng, N_PORTS)];

		flows[i] = (struct np_flow){
			.src = { .kind = NP_END_POD, .idx = np_rng_below(&rng, b->n_pods) },
			.dst = { .kind = NP_END_POD, .idx = np_rng_below(&rng, b->n_pods) },
			.family = 4,
			.proto = port->proto,
			.port = port->port
		};
	}
	for (unsigned r = 0; r < ROUNDS; r++) {
		double t = cpu_ms();

		for (unsigned i = 0; i < N; i++) {
			np_clauses open;

			allowed += np_oracle_eval(o, &flows[i], &open) == NP_ALLOW;
		}
		values[r] = N / (cpu_ms() - t) / 1e3;
	}
	print_rounds("eval", tag, values, ROUNDS, "million verdicts/s");
	if (allowed == (size_t)N * ROUNDS)
		abort(); /* nothing was denied: the world measures nothing */
}

static void bench_compile(const struct bench *b, const struct np_readings *rd, const char *tag,
			  unsigned rounds)
{
	double values[MAX_ROUNDS];

	for (unsigned r = 0; r < rounds; r++) {
		double t = cpu_ms();

		np_oracle_free(np_oracle_new(&b->w, rd));
		values[r] = cpu_ms() - t;
	}
	print_rounds("compile", tag, values, rounds, "ms");
}

static double bench_table(const struct np_oracle *o, const struct bench *b, const char *tag,
			  unsigned rounds)
{
	np_auto_free struct np_end *ends = pod_ends(b);
	double values[MAX_ROUNDS];
	size_t sum = 0;

	for (unsigned r = 0; r < rounds; r++) {
		double t = cpu_ms();
		struct np_table table;

		np_oracle_table(o, ends, b->n_pods, ends, b->n_pods, ports, N_PORTS, 4, &table);
		sum = sum_table(&table);
		values[r] = cpu_ms() - t;
		np_table_release(&table);
	}
	print_rounds("table", tag, values, rounds, "ms");
	print_one("table.allowed", tag, (double)(sum & UINT32_MAX), "cells");
	print_one("table.undef", tag, (double)(sum >> 32), "cells");
	return median(values, rounds);
}

/* What a table costs that only has to be written and counted: the limit of @table_ms. */
static void bench_limit(const struct bench *b, unsigned n_matrices, double table_ms,
			const char *tag, unsigned rounds)
{
	size_t n_words = ((size_t)b->n_pods + 63) / 64 * b->n_pods * N_PORTS * n_matrices;
	double values[MAX_ROUNDS];
	size_t n = 0;

	for (unsigned r = 0; r < rounds; r++) {
		double t = cpu_ms();
		np_auto_free uint64_t *words = np_xmalloc(n_words * sizeof(*words));

		memset(words, (int)r + 1, n_words * sizeof(*words));
		for (size_t i = 0; i < n_words; i++)
			n += (size_t)__builtin_popcountll(words[i]);
		values[r] = cpu_ms() - t;
	}
	print_rounds("table.limit", tag, values, rounds, "ms");
	print_one("table.limit-times", tag, table_ms / median(values, rounds), "x");
	if (n == 0)
		abort();
}

/* A policy gets the body of another one of any namespace; a pod another's labels, of the same
 * namespace or not. */
static void change_policy(struct bench *b, struct np_live *l)
{
	struct np_policy *p = &b->w.policies[bw_below(b, b->n_policies)];
	struct np_policy body = b->w.policies[bw_below(b, b->n_policies)];

	body.ns = p->ns;
	body.name = p->name;
	*p = body;
	np_live_policy_changed(l, (size_t)(p - b->w.policies));
}

static void change_pod(struct bench *b, struct np_live *l)
{
	struct np_pod *p = &b->w.pods[bw_below(b, b->n_pods)];

	p->labels = b->w.pods[bw_below(b, b->n_pods)].labels;
	np_live_pod_changed(l, (size_t)(p - b->w.pods));
}

/* The compiled form and all cells that a change touches; medians over many changes, and the worst.
 */
static void bench_updates(struct bench *b, const struct np_readings *rd, const char *tag)
{
	enum { N = 201 };
	np_auto_free struct np_end *ends = pod_ends(b);
	double t = cpu_ms(), policies[N], pods[N];
	struct np_live *l =
		np_live_new(&b->w, rd, ends, b->n_pods, ends, b->n_pods, ports, N_PORTS, 4);

	print_one("live.new", tag, cpu_ms() - t, "ms");
	for (unsigned i = 0; i < N; i++) {
		t = cpu_ms();
		change_policy(b, l);
		policies[i] = cpu_ms() - t;
		t = cpu_ms();
		change_pod(b, l);
		pods[i] = cpu_ms() - t;
	}
	print_rounds("update.policy", tag, policies, N, "ms");
	print_rounds("update.pod", tag, pods, N, "ms");
	np_live_free(l);
}

static unsigned count_label_sets(const struct bench *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < b->w.n_pods; i++)
		for (size_t k = 0; k < b->w.pods[i].labels.n; k++)
			n += np_str_is(b->w.pods[i].labels.items[k].key, "instance");
	return n; /* at least: each of these is the only one of its kind */
}

static void bench_size(unsigned n, enum np_profile profile, const char *name, unsigned rounds)
{
	struct bench b;
	struct np_readings rd = np_profile_readings(profile);
	struct rusage use;
	struct np_oracle *o;
	char tag[64];
	double table_ms;

	bw_make(&b, n, n);
	snprintf(tag, sizeof(tag), "%ux%ux%d.%s", n, n, N_PORTS, name);
	print_one("label-sets.at-least", tag, count_label_sets(&b), "sets");
	bench_compile(&b, &rd, tag, rounds);
	o = np_oracle_new(&b.w, &rd);
	getrusage(RUSAGE_SELF, &use);
	print_one("compile.peak", tag, (double)use.ru_maxrss / 1024, "MiB");
	bench_single(o, &b, tag);
	table_ms = bench_table(o, &b, tag, rounds);
	bench_limit(&b, profile == NP_PROFILE_UPSTREAM ? 1 : 2, table_ms, tag, rounds);
	np_oracle_free(o);
	bench_updates(&b, &rd, tag);
	np_world_release(&b.w);
}

static const struct {
	unsigned n;
	enum np_profile profile;
	const char *name;
	unsigned rounds;
	bool quick;
} sizes[] = {
	{ 100, NP_PROFILE_CORE, "core", 9, true },
	{ 300, NP_PROFILE_CORE, "core", 9, true },
	{ 1000, NP_PROFILE_CORE, "core", 9, true },
	{ 1000, NP_PROFILE_UPSTREAM, "upstream", 9, true },
	{ 3000, NP_PROFILE_CORE, "core", 5, false },
	{ 10000, NP_PROFILE_CORE, "core", 5, false },
	{ 10000, NP_PROFILE_UPSTREAM, "upstream", 5, false },
};

int main(int argc, char **argv)
{
	(void)argv;
	for (size_t i = 0; i < NP_ARRAY_SIZE(sizes); i++) {
		int status = 0;
		pid_t pid;

		if (argc > 1 && !sizes[i].quick)
			continue;
		pid = fork();
		if (pid == 0) {
			bench_size(sizes[i].n, sizes[i].profile, sizes[i].name, sizes[i].rounds);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
			return 1;
	}
	return 0;
}
