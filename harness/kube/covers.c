/* covers.c - layer kube: comparing what was sent with what is stored. */
#include "covers.h"

#include <stddef.h>
#include <string.h>

/* Objects come from a parser with a depth limit; this is a second one. */
#define DEPTH_MAX 64

static bool covers(const json_t *stored, const json_t *sent, int depth);

static bool empty(const json_t *v)
{
	return json_is_null(v) || (json_is_array(v) && !json_array_size(v)) ||
	       (json_is_object(v) && !json_object_size(v)) ||
	       (json_is_string(v) && !json_string_length(v));
}

static bool counts(const char *key, int depth)
{
	return strcmp(key, "resourceVersion") != 0 && (depth || strcmp(key, "status") != 0);
}

static bool covers_object(const json_t *stored, const json_t *sent, int depth)
{
	for (void *it = json_object_iter((json_t *)sent); it;
	     it = json_object_iter_next((json_t *)sent, it)) {
		const char *key = json_object_iter_key(it);

		if (counts(key, depth) &&
		    !covers(json_object_get(stored, key), json_object_iter_value(it), depth + 1))
			return false;
	}
	return true;
}

static bool covers_array(const json_t *stored, const json_t *sent, int depth)
{
	if (json_array_size(stored) != json_array_size(sent))
		return false;
	for (size_t i = 0; i < json_array_size(sent); i++)
		if (!covers(json_array_get(stored, i), json_array_get(sent, i), depth + 1))
			return false;
	return true;
}

static bool covers(const json_t *stored, const json_t *sent, int depth)
{
	if (!stored)
		return empty(sent);
	if (depth > DEPTH_MAX || json_typeof(stored) != json_typeof(sent))
		return false;
	if (json_is_object(sent))
		return covers_object(stored, sent, depth);
	return json_is_array(sent) ? covers_array(stored, sent, depth)
				   : json_equal((json_t *)stored, (json_t *)sent);
}

bool np_kube_covers(const json_t *stored, const json_t *sent)
{
	return covers(stored, sent, 0);
}
