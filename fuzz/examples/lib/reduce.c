/*
 * reduce.c - the smallest document of which a target still dies in the same way. Parts of the tree are
 * taken away as the mutator's trimming does it; what is left must end in a report with the same key
 * (a fuzzer's own minimising takes any crash, and ends at another bug).
 *
 *	reduce [--stdin] [--seconds N] FILE OUT COMMAND [ARG ...]
 *
 * COMMAND is given the file's name as its last argument, or with --stdin the document itself. Stops
 * after N seconds (60) with the smallest so far. Exit status: 0 OUT is written, 1 COMMAND does not die
 * of FILE, 2 usage, 3 something could not be read, written or started.
 *
 * Limits: a document of NP_MUTATE_MAX_BYTES; 30 s for one try.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/base/proc.h"
#include "np/campaign/crash.h"
#include "np/mutate/mutate.h"
#include "np/parse/encode.h"

#define TRY_MS 30000
#define ARGS_MAX 64

struct job {
	bool on_stdin;
	long long seconds;
	const char *file, *out;
	const char *argv[ARGS_MAX + 2]; /* with room for the file's name */
	size_t n_args;
	char key[NP_CRASH_KEY_LEN + 1];
};

static int usage(void)
{
	fprintf(stderr,
		"usage: reduce [--stdin] [--seconds N] FILE OUT COMMAND [ARG ...]\n");
	return 2;
}

static int take(struct job *j, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		unsigned long long n;

		if (strcmp(argv[i], "--stdin") == 0) {
			j->on_stdin = true;
		} else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc &&
			   np_str_u64(np_str_from(argv[i + 1]), 86400, &n)) {
			j->seconds = (long long)n;
			i++;
		} else {
			return -1;
		}
	}
	if (argc - i < 3 || argc - i - 2 > ARGS_MAX)
		return -1;
	j->file = argv[i++];
	j->out = argv[i++];
	for (; i < argc; i++)
		j->argv[j->n_args++] = argv[i];
	if (!j->on_stdin)
		j->argv[j->n_args] = j->out;
	return 0;
}

/* The key of what the target dies of; "" when it lives or is killed for its time. -1: not started. */
static int key_of(const struct job *j, struct np_str text, char *ret_key, struct np_err *err)
{
	struct np_buf input = { 0 }, output = { 0 };
	struct np_crashes crashes = { 0 };
	int rc;

	ret_key[0] = '\0';
	np_buf_add(&input, text.p, text.n);
	if (!j->on_stdin && np_file_write(j->out, text.p, text.n, 0600, err) < 0) {
		np_buf_release(&input);
		return -1;
	}
	rc = np_proc_run(j->argv, j->on_stdin ? &input : NULL, TRY_MS, &output, &output, err);
	if (rc > 0) {
		np_crash_scan((struct np_str){ np_buf_text(&output), output.len }, "target",
			      &crashes);
		if (crashes.n)
			np_crash_key(&crashes.items[0], ret_key);
	}
	np_crashes_release(&crashes);
	np_buf_release(&input);
	np_buf_release(&output);
	return rc < 0 && err->code != NP_ETIMEOUT ? -1 : 0;
}

/* Rounds, since what one took away may let another take more; ends when a round takes nothing. */
static int reduce(struct job *j, struct np_buf *text, struct np_err *err)
{
	const struct np_mutate_opts opts = { .yaml_to_json = np_yaml_to_json };
	long long until = np_now_ms() + j->seconds * 1000;
	char key[NP_CRASH_KEY_LEN + 1];
	size_t before = 0;
	int rc = 0;

	while (rc == 0 && text->len != before && np_now_ms() < until) {
		struct np_trim *t = np_trim_new(&opts,
						(struct np_str){ np_buf_text(text), text->len });
		struct np_str candidate;

		before = text->len;
		while (rc == 0 && np_now_ms() < until && np_trim_next(t, &candidate)) {
			rc = key_of(j, candidate, key, err);
			np_trim_judge(t, rc == 0 && strcmp(key, j->key) == 0);
		}
		candidate = np_trim_best(t);
		if (candidate.n < text->len) {
			struct np_buf smaller = { 0 };

			np_buf_add(&smaller, candidate.p, candidate.n);
			np_buf_release(text);
			*text = smaller;
		}
		np_trim_free(t);
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct job j = { .seconds = 60 };
	struct np_buf text = { 0 };
	struct np_err err = { 0 };
	char words[NP_ERR_MSG_MAX + 256];
	size_t had = 0;
	int rc = -1;

	if (take(&j, argc, argv) < 0)
		return usage();
	if (np_file_read(j.file, NP_MUTATE_MAX_BYTES, &text, &err) == 0) {
		had = text.len;
		rc = key_of(&j, (struct np_str){ np_buf_text(&text), text.len }, j.key, &err);
	}
	if (rc == 0 && !j.key[0]) {
		fprintf(stderr, "reduce: the command does not die of %s\n", j.file);
		rc = 1;
	} else if (rc == 0 && (rc = reduce(&j, &text, &err)) == 0) {
		rc = np_file_write(j.out, np_buf_text(&text), text.len, 0600, &err);
		if (rc == 0)
			printf("%zu of %zu bytes\n", text.len, had);
	}
	np_buf_release(&text);
	if (rc < 0)
		fprintf(stderr, "reduce: %s\n", np_err_text(&err, words, sizeof(words)));
	return rc < 0 ? 3 : rc;
}
