/*
 * afl_bridge.c - shows AFL++ which lines of Go ran. An archive built with -d=libfuzzer counts in
 * arrays of bytes as libFuzzer wants them; AFL++ has a map of its own, and without this it sees a
 * handful of edges, all in C.
 *
 * Compiled by plain clang (AFL++'s would rename __afl_area_ptr). The arrays are told of while the Go
 * runtime starts, which has to be before AFL++ forks: LLVMFuzzerInitialize calls into Go once.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define N_ARRAYS 16

/* Of AFL++'s run time. */
extern uint8_t *__afl_area_ptr;
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);

/* What the Go archive calls, by libFuzzer's names. */
void __sanitizer_cov_8bit_counters_init(char *start, char *end);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *end);
void __sanitizer_weak_hook_strcmp(void *pc, const char *a, const char *b, int result);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* The target's own, renamed by the build (-DLLVMFuzzerTestOneInput=..). */
int np_target_one_input(const uint8_t *data, size_t size);

static struct {
	uint8_t *counters;
	uint32_t *guards; /* a place in the map for each */
	size_t n;
} arrays[N_ARRAYS];
static size_t n_arrays;

void __sanitizer_cov_8bit_counters_init(char *start, char *end)
{
	size_t n = (size_t)(end - start);
	uint32_t *guards = n ? calloc(n, sizeof(*guards)) : NULL;

	if (!guards || n_arrays == N_ARRAYS)
		return;
	__sanitizer_cov_trace_pc_guard_init(guards, guards + n);
	arrays[n_arrays].counters = (uint8_t *)start;
	arrays[n_arrays].guards = guards;
	arrays[n_arrays++].n = n;
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *end)
{
	(void)start;
	(void)end;
}

void __sanitizer_weak_hook_strcmp(void *pc, const char *a, const char *b, int result)
{
	(void)pc;
	(void)a;
	(void)b;
	(void)result;
}

/* Eight at a time, since nearly all of them are 0. */
static void copy(uint8_t *counters, const uint32_t *guards, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		size_t m = n - i < 8 ? n - i : 8;
		uint64_t word = 0;

		memcpy(&word, counters + i, m);
		if (!word)
			continue;
		for (size_t k = i; k < i + m; k++)
			__afl_area_ptr[guards[k]] |= counters[k];
		memset(counters + i, 0, m);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int rc;

	/* What the runtime did between two inputs is no part of this one. */
	for (size_t i = 0; i < n_arrays; i++)
		memset(arrays[i].counters, 0, arrays[i].n);
	rc = np_target_one_input(data, size);
	for (size_t i = 0; i < n_arrays; i++)
		copy(arrays[i].counters, arrays[i].guards, arrays[i].n);
	return rc;
}
