/*
 * fuzz_json.c - JSON as the API server takes it, into trees, and every object decoded and judged as
 * a NetworkPolicy. What a text is as one value and as a sequence of values agrees.
 */
#include "docs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	struct np_read_opts opts = { .file = "input" };
	struct np_docs docs = { .n = 0 };
	struct np_err err = { .code = NP_OK };
	int one = np_read_json(text, &opts, &docs, &err);

	if (one == 0) {
		FUZZ_CHECK(docs.n == 1, "%zu values", docs.n);
		fuzz_check_docs(&docs, text, NP_JSON_MAX_DEPTH);
		fuzz_judge(&docs.items[0].root, NP_DECODE_API_JSON);
		np_docs_release(&docs);
	} else {
		fuzz_check_refusal(&err, text, text.n <= NP_READ_MAX_BYTES);
		opts.many = true;
		if (np_read_json(text, &opts, &docs, &err) == 0) {
			FUZZ_CHECK(docs.n != 1, "one value among many, none alone");
			fuzz_check_docs(&docs, text, NP_JSON_MAX_DEPTH);
			np_docs_release(&docs);
		}
	}
	fuzz_loosen(&text);
	return 0;
}
