/*
 * go_fuzz.c - a fuzz target whose code is Go, built as an archive: what libFuzzer (and AFL++'s driver
 * of the same interface) calls. Links with an archive that exports NPFuzzOne.
 *
 * NPFuzzOne says how far an input came, and the end of a run tells how many came where: a fuzzer
 * whose inputs all die in the first lines looks as busy as one that does its work.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N_STAGES 6

/* The Go side. The bytes are only read. Returns a stage below N_STAGES. */
extern int NPFuzzOne(char *data, int size);
/* The name of a stage, NULL for what it has not. Static. */
extern char *NPFuzzStage(int stage);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long count[N_STAGES];
static char *name[N_STAGES];

static void tell(void)
{
	unsigned long all = 0;

	for (int i = 0; i < N_STAGES; i++)
		all += count[i];
	fprintf(stderr, "np: %lu inputs:", all);
	for (int i = 0; i < N_STAGES && name[i]; i++)
		fprintf(stderr, " %lu (%.1f %%) %s%s", count[i],
			all ? 100.0 * (double)count[i] / (double)all : 0.0, name[i],
			i + 1 < N_STAGES && name[i + 1] ? "," : "\n");
}

/*
 * The names are asked for here, before the first input, which also starts the Go runtime: AFL++ forks
 * behind this call, and the runtime must have told about its counters by then.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (int i = 0; i < N_STAGES; i++)
		name[i] = NPFuzzStage(i);
	(void)NPFuzzOne((char[]){ "{}" }, 2);
	if (getenv("NP_EXAMPLE_TELL"))
		atexit(tell);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int stage = NPFuzzOne((char *)(uintptr_t)data, (int)size);

	if (stage >= 0 && stage < N_STAGES)
		count[stage]++;
	return 0;
}
