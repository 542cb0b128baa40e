/*
 * check_mutants.c - NetworkPolicies for comparing the validator with a real API server: valid ones
 * over the whole grammar, and mutants with one to three changes of the tree or of the bytes.
 * Everything comes from the seed.
 *
 *   check_mutants --seed S --count N --out DIR     N/2 files .json, N/2 files .yaml
 *   netpolcheck validate --mode api-yaml --against --kubeconfig F --quiet DIR
 */
#include <stdio.h>

#include "np/base/file.h"
#include "policy_printer.h"

/* ---- mutants of the bytes ---- */

static const char *const fragments[] = {
	"{", "}", "[", "]", ",", ":", ": ", "- ", "-", "? ", "#", " #", "&a ", "*a", "!", "!!str ", "|", ">", "'", "\"", "\\", "%", "@",
	"\n", "\r\n", "\t", " ", "  ", "---", "\n---\n", "\n...\n", "<<: ", "~", "null", "0x", "1_0", ".5", "1e3", "\xc2\x85",
	"\xe2\x80\xa8", "\xef\xbb\xbf", "\x7f", "\xff", "\xc3\xa4", "\\x4", "%41", "true", "0", "9", "e", ".", "\"a\":1,", "a: b\n",
	"\n  ", "\n    ",
};

static void splice(struct np_buf *b, size_t at, size_t n_old, const char *bytes, size_t n)
{
	struct np_buf out = { 0 };

	np_buf_add(&out, b->data, at);
	np_buf_add(&out, bytes, n);
	np_buf_add(&out, b->data + at + n_old, b->len - at - n_old);
	np_buf_adds(&out, "");
	np_buf_release(b);
	*b = out;
}

static void mutate_bytes(struct maker *m)
{
	struct np_buf *b = &m->out;
	size_t at = b->len ? below(m, b->len) : 0, n = 1 + below(m, 8);
	const char *fragment = PICK(m, fragments);
	char c = (char)below(m, 256);

	if (at + n > b->len)
		n = b->len - at;
	switch (below(m, 6)) {
	case 0:
		splice(b, at, n, "", 0);
		break;
	case 1:
		if (b->len)
			b->data[at] ^= (char)(1 << below(m, 8));
		break;
	case 2:
		splice(b, at, 0, &c, 1);
		break;
	case 3: {
		np_auto_free char *copy = np_xstrndup(b->len ? b->data + at : "", n);

		splice(b, below(m, b->len + 1), 0, copy, strlen(copy));
		break;
	}
	default:
		splice(b, at, 0, fragment, strlen(fragment));
	}
}

/* ---- files ---- */

/* Without the safety of np_file_write(), which costs a second for a hundred files. */
static int write_bytes(const char *path, const struct np_buf *b, struct np_err *err)
{
	FILE *f = fopen(path, "wb");
	size_t n = f ? fwrite(np_buf_text(b), 1, b->len, f) : 0;

	if (!f || fclose(f) || n != b->len)
		return np_err_set(err, NP_EIO, "cannot write '%s'", path);
	return 0;
}

static int write_one(struct maker *m, const char *dir, size_t i, struct np_err *err)
{
	np_auto_free char *path =
		np_xasprintf("%s/%06zu.%s", dir, i, m->yaml ? "yaml" : "json");
	json_t *policy = make_policy(m);
	size_t how = below(m, 10);
	int rc;

	/* Two in ten as they are, half with the tree changed, the rest with the bytes changed. */
	for (size_t n = how >= 2 && how <= 6 ? 1 + below(m, 3) : how == 9; n > 0; n--)
		mutate_tree(m, policy);
	print_policy(m, policy);
	for (size_t n = how >= 7 ? 1 + below(m, 2) : 0; n > 0; n--)
		mutate_bytes(m);
	rc = write_bytes(path, &m->out, err);
	json_decref(policy);
	return rc;
}

static unsigned long long number(const char *text)
{
	unsigned long long n = 0;

	return text && np_str_u64(np_str_from(text), ~0ULL, &n) ? n : 0;
}

int main(int argc, char **argv)
{
	const char *seed = "1", *count = "0", *dir = NULL;
	struct maker m = { .yaml = false };
	struct np_err err = { 0 };
	char text_of[NP_ERR_TEXT_MAX];
	int rc = 0;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--seed") == 0)
			seed = argv[i + 1];
		else if (strcmp(argv[i], "--count") == 0)
			count = argv[i + 1];
		else if (strcmp(argv[i], "--out") == 0)
			dir = argv[i + 1];
	}
	if (!dir || !number(count)) {
		fprintf(stderr, "usage: check_mutants --seed S --count N --out DIR\n");
		return 2;
	}
	np_rng_seed(&m.rng, number(seed));
	rc = np_dir_make(dir, 0755, &err);
	for (size_t i = 0; i < number(count) && rc == 0; i++) {
		m.yaml = i % 2;
		rc = write_one(&m, dir, i, &err);
	}
	np_buf_release(&m.out);
	if (rc)
		fprintf(stderr, "check_mutants: %s\n", np_err_text(&err, text_of, sizeof(text_of)));
	return rc ? 1 : 0;
}
