/* fixed.c - a mutator that changes nothing: the inputs given are run again and again. For measuring. */
#include "../targets/fuzz.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	(void)data;
	(void)max_size;
	(void)seed;
	return size;
}
