/* parse_test.h - private to the tests of parse: outcomes and documents as text. */
#ifndef NP_TESTS_PARSE_TEST_H
#define NP_TESTS_PARSE_TEST_H

#include "../suite.h"
#include "np/parse/encode.h"
#include "np/parse/read.h"

/* "line:column: path: message" of @err, or "ok". */
static inline const char *outcome(int failed, const struct np_err *err)
{
	static char text[NP_ERR_TEXT_MAX];
	struct np_err copy;

	if (!failed)
		return "ok";
	copy = *err;
	copy.file[0] = '\0';
	np_err_text(&copy, text, sizeof(text));
	return copy.line ? text + strlen("line ") : text;
}

/* The documents of a text as compact JSON, one a line, or the outcome of a failed read. In a buffer of its own. */
static inline const char *as_json(bool json, struct np_str text, unsigned flags)
{
	static struct np_buf out;
	const struct np_read_opts opts = { .many = true };
	struct np_docs docs = { 0 };
	struct np_err err = { 0 };

	if ((json ? np_read_json : np_read_yaml)(text, &opts, &docs, &err))
		return outcome(-1, &err);
	np_buf_clear(&out);
	for (size_t i = 0; i < docs.n; i++) {
		if (i)
			np_buf_addc(&out, '\n');
		if (np_encode_json(&docs.items[i].root, flags, &out, &err))
			np_buf_adds(&out, outcome(-1, &err));
	}
	np_docs_release(&docs);
	return np_buf_text(&out);
}

#endif
