/*
 * libfuzzer.c - the mutator as libFuzzer's: LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver.
 * Linked into a fuzz target, or as libnpmutate.so (clang .. -Wl,--no-as-needed libnpmutate.so).
 * Deterministic for a seed, as libFuzzer asks for.
 */
#include "face.h"

/* libFuzzer's own, for bytes; absent in other engines. */
extern size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size,
				 unsigned int seed);

/* The engine's interface has no place for it. Freed by nobody: it lives as long as the process. */
static struct face *shared(void)
{
	static struct face face;

	if (!face.mutator)
		face_init(&face, 0, LLVMFuzzerMutate);
	return &face;
}

NP_FACE size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
				       unsigned int seed)
{
	struct np_str input = { (const char *)data, size };
	struct np_mutation m;

	if (!max_size)
		return 0;
	face_mutate(shared(), input, NP_STR_NONE, false, seed, max_size, &m);
	memcpy(data, m.text.p, m.text.n);
	return m.text.n;
}

NP_FACE size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
					 size_t size2, uint8_t *out, size_t max_out_size,
					 unsigned int seed)
{
	struct np_str a = { (const char *)data1, size1 }, b = { (const char *)data2, size2 };
	struct np_mutation m;

	if (!max_out_size)
		return 0;
	face_mutate(shared(), a, b, true, seed, max_out_size, &m);
	memcpy(out, m.text.p, m.text.n);
	return m.text.n;
}
