/* validation_cases.h - for tests: the bytes of a case of validation_cases.json (semantics 6). */
#ifndef NP_TESTS_PARSE_VALIDATION_CASES_H
#define NP_TESTS_PARSE_VALIDATION_CASES_H

#include <stdio.h>

#include "np/base/buf.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define VALIDATION_CASES "harness/tests/parse/validation_cases.json"

static inline json_t *load_validation_cases(void)
{
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	json_t *cases = NULL;

	if (np_file_read(VALIDATION_CASES, 1 << 20, &text, &err) == 0)
		cases = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL);
	np_buf_release(&text);
	return cases;
}

static inline void replace_all(struct np_buf *b, const char *token, const char *with, size_t times)
{
	struct np_buf out = { 0 };
	size_t n = strlen(token);

	np_buf_adds(&out, "");
	for (size_t i = 0; i < b->len;) {
		if (i + n <= b->len && memcmp(b->data + i, token, n) == 0) {
			for (size_t k = 0; k < times; k++)
				np_buf_adds(&out, with);
			i += n;
		} else {
			np_buf_addc(&out, b->data[i++]);
		}
	}
	np_buf_release(b);
	*b = out;
}

static inline void add_base64(struct np_buf *b, const char *s)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned acc = 0, bits = 0;

	for (; *s && *s != '='; s++) {
		acc = acc << 6 | (unsigned)(strchr(alphabet, *s) - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			np_buf_addc(b, (char)(acc >> bits & 0xFF));
		}
	}
}

/* The body of @c: @manifest is its "manifest" or its "old". True when it is JSON. */
static inline bool case_body_bytes(const json_t *c, const json_t *manifest, struct np_buf *b)
{
	const char *encoding = np_json_str(c, "encoding", "");
	const json_t *x;
	size_t i;

	np_buf_adds(b, "");
	if (strcmp(encoding, "object") == 0)
		np_json_dump(manifest, 0, b);
	else if (strstr(encoding, "-b64"))
		add_base64(b, json_string_value(manifest));
	else
		np_buf_add(b, json_string_value(manifest), json_string_length(manifest));
	json_array_foreach(json_object_get(c, "expand"), i, x)
		replace_all(b, np_json_str(x, "token", "?"), np_json_str(x, "repeat", ""),
			    (size_t)np_json_int(x, "count", 0));
	return strncmp(encoding, "yaml", 4) != 0;
}

#endif
