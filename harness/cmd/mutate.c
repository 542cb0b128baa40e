/* mutate.c - netpolcheck mutate: structure-aware mutants of NetworkPolicy documents. */
#include "mutate.h"

#include <stdio.h>

#include "interrupt.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/base/rng.h"

static const char *const mode_names[] = { "valid", "single-fault", "hostile", NULL };
static const char *const mutate_formats[] = { "yaml", "json", NULL };
static const char *const mutate_cidrs[] = { "strict", "legacy", NULL };

#define COUNT_USUAL 10
#define COUNT_MAX 100000000ULL
#define OUT_MAX 1000000ULL /* files in a folder */

struct mutate_args {
	struct np_strings paths;
	unsigned long long seed, count, max_bytes;
	int mode, format, cidr;
	const char *out;
	bool describe;
};

static int check_args(const struct mutate_args *a, struct np_err *err)
{
	if (!a->count || a->count > (a->out ? OUT_MAX : COUNT_MAX))
		return np_err_set(err, NP_EUSAGE, "--count: 1 to %llu",
				  a->out ? OUT_MAX : COUNT_MAX);
	if (a->max_bytes > NP_MUTATE_MAX_INPUT)
		return np_err_set(err, NP_EUSAGE, "--max-bytes: at most %zu", NP_MUTATE_MAX_INPUT);
	if (a->max_bytes && a->max_bytes < NP_MUTATE_ROOM_BYTES)
		return np_err_set(err, NP_EUSAGE, "--max-bytes: no policy fits in fewer than %d",
				  NP_MUTATE_ROOM_BYTES);
	return a->out ? np_dir_make(a->out, 0755, err) : 0;
}

/* ---- one mutant ---- */

/* Between documents of a stream of YAML stands a line of dashes; JSON has one a line. */
static void print(const struct mutate_args *a, unsigned long long i, const struct np_mutation *m)
{
	bool marked = np_str_starts(m->text, "---\n");

	if (!a->format && i && !marked)
		fputs("---\n", stdout);
	fwrite(m->text.p, 1, m->text.n, stdout);
	if (!m->text.n || m->text.p[m->text.n - 1] != '\n')
		putchar('\n');
}

/* What was done, and where the fault is: to standard output when documents go to files. */
static void describe(const struct mutate_args *a, const char *name, const struct np_mutation *m)
{
	FILE *to = a->out ? stdout : stderr;

	fprintf(to, "%s\t" NP_STR_FMT, name, NP_STR_ARG(m->operators));
	if (m->stage)
		fprintf(to, "\t%s\t" NP_STR_FMT, np_fault_stage_name(m->stage),
			NP_STR_ARG(m->field));
	fputc('\n', to);
}

static int write_file(const struct mutate_args *a, const char *name, const struct np_mutation *m,
		      struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/%s", a->out, name);

	return np_file_write(path, m->text.p, m->text.n, 0644, err);
}

static int take(const struct mutate_args *a, unsigned long long i, const struct np_mutation *m,
		struct np_err *err)
{
	np_auto_free char *name =
		a->out ? np_xasprintf("mutant-%06llu.%s", i + 1, mutate_formats[a->format])
		       : np_xasprintf("%llu", i + 1);

	if (a->out && write_file(a, name, m, err) < 0)
		return -1;
	if (!a->out)
		print(a, i, m);
	if (a->describe)
		describe(a, name, m);
	return ferror(stdout) ? np_err_set(err, NP_EIO, "cannot write to standard output") : 0;
}

/* ---- all ---- */

static int mutate_all(const struct mutate_args *a, const struct mutate_inputs *in,
		      struct np_err *err)
{
	const struct np_mutate_opts opts = {
		.mode = (enum np_mutate_mode)a->mode,
		.format = a->format ? NP_MUTATE_JSON : NP_MUTATE_YAML,
		.max_bytes = (size_t)a->max_bytes,
		.legacy_cidrs = a->cidr,
	};
	const atomic_int *cancel = np_interrupt_flag();
	struct np_mutator *m = np_mutator_new(&opts);
	struct np_rng rng;
	int rc = 0;

	np_rng_seed(&rng, a->seed);
	for (unsigned long long i = 0; i < a->count && rc == 0; i++) {
		struct np_str input = in->items[np_rng_below(&rng, in->n)],
			      other = in->items[np_rng_below(&rng, in->n)];
		struct np_mutation mutant;

		if (atomic_load(cancel)) {
			rc = np_err_set(err, NP_EINTR, "interrupted");
			break;
		}
		np_mutate(m, input, other, np_rng_next(&rng), &mutant);
		rc = take(a, i, &mutant, err);
	}
	np_mutator_free(m);
	if (rc == 0 && fflush(stdout) != 0)
		rc = np_err_set(err, NP_EIO, "cannot write to standard output");
	return rc;
}

static int run(const struct mutate_args *a)
{
	struct mutate_inputs in = { 0 };
	struct np_err err = { 0 };
	int rc = check_args(a, &err);

	if (rc == 0 && a->paths.n)
		rc = mutate_inputs_load(&a->paths, a->mode == NP_MUTATE_HOSTILE, &in, &err);
	else if (rc == 0)
		mutate_inputs_builtin(&in);
	if (rc == 0)
		rc = mutate_all(a, &in, &err);
	mutate_inputs_release(&in);
	return rc < 0 ? np_command_fail(&np_cmd_mutate, &err) : NP_EXIT_OK;
}

static int run_mutate(int argc, char **argv)
{
	struct mutate_args a = { .seed = 1, .count = COUNT_USUAL };
	const struct np_option options[] = {
		{ "seed", NP_OPT_U64, &a.seed, "S",
		  "the same seed gives the same mutants; default 1", NULL },
		{ "count", NP_OPT_U64, &a.count, "N", "how many; default 10", NULL },
		{ "mode", NP_OPT_CHOICE, &a.mode, "MODE", "valid (default), single-fault, hostile",
		  mode_names },
		{ "format", NP_OPT_CHOICE, &a.format, "FORMAT",
		  "yaml (default), a stream of documents; json, one a line", mutate_formats },
		{ "cidr", NP_OPT_CHOICE, &a.cidr, "RULES",
		  "CIDRs: strict (default); legacy, as before Kubernetes 1.36", mutate_cidrs },
		{ "max-bytes", NP_OPT_U64, &a.max_bytes, "BYTES",
		  "of a mutant, at most; default 65536", NULL },
		{ "out", NP_OPT_STRING, &a.out, "DIR", "one file a mutant, in this folder", NULL },
		{ "describe", NP_OPT_FLAG, &a.describe, NULL,
		  "say what was done to each, and where a single fault is", NULL },
		{ 0 },
	};
	int status = np_command_begin(&np_cmd_mutate, options, argc, argv, &a.paths);

	if (status < 0)
		status = run(&a);
	np_strings_release(&a.paths);
	return status;
}

const struct np_command np_cmd_mutate = {
	.name = "mutate",
	.summary = "structure-aware mutants of NetworkPolicies, for any parser",
	.usage = "[options] [FILE|DIR ...]",
	.exits = "0 done, 2 usage or a file that cannot be read, 3 no room to write to",
	.run = run_mutate,
};
