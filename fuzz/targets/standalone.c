/*
 * standalone.c - a target without an engine: runs the files named, and all in the folders named, in
 * the order of their names. Built with any compiler; for regressions, coverage and valgrind.
 *
 *	fuzz_NAME [-n ROUNDS] FILE|FOLDER ...
 *
 * -n runs everything so often and says how many inputs a processor second took, a JSON line. Exit
 * status: 0 all ran, 2 usage or a file that cannot be read, 3 there was no input. A crash is one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fuzz.h"
#include "np/base/file.h"

#define INPUT_MAX_BYTES ((size_t)64 << 20)
#define INPUTS_MAX 100000

struct input {
	const char *path;
	struct np_buf bytes;
};

struct inputs {
	struct input *items;
	size_t n, cap;
};

/* By hand: some targets take the place of np_file_read(). */
static int read_whole(const char *path, struct np_buf *b, struct np_err *err)
{
	FILE *f = fopen(path, "rb");
	char bytes[65536];
	size_t n;

	if (!f)
		return np_err_errno(err, NP_EIO, errno, "cannot open '%s'", path);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) && b->len <= INPUT_MAX_BYTES)
		np_buf_add(b, bytes, n);
	n = (size_t)ferror(f);
	fclose(f);
	return n ? np_err_set(err, NP_EIO, "cannot read '%s'", path) : 0;
}

static int add_file(struct inputs *in, const char *path, struct np_err *err)
{
	struct input one = { np_xstrdup(path), { NULL, 0, 0 } };

	if (read_whole(path, &one.bytes, err) < 0)
		return -1;
	in->items = np_grow(in->items, &in->cap, in->n, sizeof(one));
	in->items[in->n++] = one;
	return 0;
}

static int add(struct inputs *in, const char *path, struct np_err *err)
{
	char **files = NULL;
	size_t n;
	int rc = 0;

	if (!np_is_dir(path))
		return add_file(in, path, err);
	if (np_files_list(path, NULL, &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_file(in, files[i], err);
	np_files_free(files);
	return rc;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* @loud: the input that a crash is due to is the last one named. */
static void run(const struct inputs *in, unsigned long rounds, bool loud)
{
	for (unsigned long r = 0; r < rounds; r++)
		for (size_t i = 0; i < in->n; i++) {
			const struct np_buf *b = &in->items[i].bytes;

			if (loud)
				fprintf(stderr, "%s\n", in->items[i].path);
			LLVMFuzzerTestOneInput((const uint8_t *)np_buf_text(b), b->len);
		}
}

static void release(struct inputs *in)
{
	for (size_t i = 0; i < in->n; i++) {
		free((char *)in->items[i].path);
		np_buf_release(&in->items[i].bytes);
	}
	free(in->items);
}

int main(int argc, char **argv)
{
	struct inputs in = { NULL, 0, 0 };
	struct np_err err = { .code = NP_OK };
	char text[NP_ERR_TEXT_MAX];
	unsigned long long rounds = 0;
	int first = 1;
	double start;

	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		if (!np_str_u64(np_str_from(argv[2]), 1000000000, &rounds))
			return 2;
		first = 3;
	}
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = first; i < argc; i++)
		if (add(&in, argv[i], &err) < 0) {
			fprintf(stderr, "%s\n", np_err_text(&err, text, sizeof(text)));
			return 2;
		}
	if (!in.n) {
		fprintf(stderr, "no input\n");
		return 3;
	}
	start = seconds();
	run(&in, rounds ? rounds : 1, !rounds && getenv("NP_FUZZ_VERBOSE") != NULL);
	if (rounds)
		printf("{\"inputs\":%zu,\"per_cpu_s\":%.0f}\n", in.n,
		       (double)in.n * (double)rounds / (seconds() - start));
	else
		printf("%zu inputs\n", in.n);
	release(&in);
	return 0;
}
