/*
 * target.c - cJSON under libFuzzer: reads a document, writes it again, reads that, and wants both texts
 * to be the same; a copy gives the same text as well. Without cJSON_Compare, whose time doubles with
 * every level of nesting: the mutator finds that in its first few hundred inputs, and then nothing else.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cJSON.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Numbers become doubles on the way in and may differ in their last digit on the way out. */
static int has_number(const cJSON *v)
{
	const cJSON *child;

	if (cJSON_IsNumber(v))
		return 1;
	cJSON_ArrayForEach(child, v)
		if (has_number(child))
			return 1;
	return 0;
}

static void copy_is_same(const cJSON *v, const char *text)
{
	cJSON *copy = cJSON_Duplicate(v, 1);
	char *second = copy ? cJSON_PrintUnformatted(copy) : NULL;

	if (!second || strcmp(text, second) != 0)
		abort();
	free(second);
	cJSON_Delete(copy);
}

static void written_is_read(const cJSON *v, const char *text)
{
	cJSON *again = cJSON_Parse(text);
	char *second = again ? cJSON_PrintUnformatted(again) : NULL;

	if (!has_number(v) && (!second || strcmp(text, second) != 0))
		abort();
	free(second);
	cJSON_Delete(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cJSON *v = cJSON_ParseWithLength((const char *)data, size);
	char *text = v ? cJSON_PrintUnformatted(v) : NULL;

	if (text) {
		copy_is_same(v, text);
		written_is_read(v, text);
	}
	free(text);
	cJSON_Delete(v);
	return 0;
}
