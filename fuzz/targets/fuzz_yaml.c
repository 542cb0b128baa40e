/*
 * fuzz_yaml.c - YAML as the API server takes it, into trees, and every map in them decoded and
 * judged as a NetworkPolicy. Trees are well-formed: depths, places, texts.
 */
#include "docs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_str text = fuzz_tight(data, size);
	const struct np_read_opts opts = { .file = "input", .max_depth = NP_YAML_POLICY_DEPTH };
	struct np_docs docs = { .n = 0 };
	struct np_err err = { .code = NP_OK };

	if (np_read_yaml(text, &opts, &docs, &err) < 0) {
		fuzz_check_refusal(&err, text, text.n <= NP_READ_MAX_BYTES);
	} else {
		fuzz_check_docs(&docs, text, NP_YAML_POLICY_DEPTH);
		for (size_t i = 0; i < docs.n; i++)
			fuzz_judge(&docs.items[i].root, NP_DECODE_API_YAML);
		np_docs_release(&docs);
	}
	fuzz_loosen(&text);
	return 0;
}
