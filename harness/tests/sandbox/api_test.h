/* api_test.h - what the tests of the sandbox's API half share: JSON in tables. */
#ifndef NP_TESTS_API_TEST_H
#define NP_TESTS_API_TEST_H

#include <jansson.h>

#include "../suite.h"
#include "np/base/json.h"

/* JSON with ' for ", for tables that can be read. New reference. */
static inline json_t *J(const char *text)
{
	char *copy = np_xstrdup(text);
	struct np_err err = { 0 };
	json_t *v;

	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	v = np_json_parse(copy, strlen(copy), &err);
	ck_assert_msg(v != NULL, "%s in %s", err.msg, text);
	free(copy);
	return v;
}

/* Sorted text with ' for "; heap. */
static inline char *T(const json_t *v)
{
	struct np_buf b = { 0 };

	if (!v)
		return np_xstrdup("(null)");
	np_json_dump(v, 1, &b);
	for (char *p = b.data; *p; p++) {
		if (*p == '"')
			*p = '\'';
	}
	return np_buf_steal(&b);
}

/* Equal but for the order of keys. */
static inline void assert_json(const json_t *have, const char *want, const char *where)
{
	json_t *w = J(want);
	char *a = T(have), *b = T(w);

	ck_assert_msg(strcmp(a, b) == 0, "%s:\nhave %s\nwant %s", where, a, b);
	free(a);
	free(b);
	json_decref(w);
}

#endif
