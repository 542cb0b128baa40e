/* score_packets.c - which faulty enforcers of the sandbox a run notices. */
#include <stdlib.h>

#include "np/base/buf.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/run/score.h"
#include "np/sandbox/sandbox.h"

#define RECORD_MAX_BYTES ((size_t)256 << 20)

/* Clauses that no default run asserts (profiles upstream, lifecycle and behaviour). */
static const unsigned open_clauses[] = { 19, 20, 29, 30, 31, 35, 37, 38, 39, 41, 42,
					 43, 45, 46, 48, 49, 53, 54, 56, 57, 59, 66 };

bool np_clause_is_open(unsigned clause)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(open_clauses); i++)
		if (open_clauses[i] == clause)
			return true;
	return false;
}

static void note_case(struct np_packets_row *row, const char *id)
{
	row->killed_by =
		np_grow(row->killed_by, &row->cap, row->n_killed_by, sizeof(*row->killed_by));
	row->killed_by[row->n_killed_by++] = np_xstrdup(id);
}

/* The failing cases of a record. */
static int read_kills(const char *dir, struct np_packets_row *row, struct np_err *err)
{
	np_auto_free char *path = np_xasprintf("%s/run.jsonl", dir);
	struct np_buf text = { 0 };
	int rc = np_file_read(path, RECORD_MAX_BYTES, &text, err);
	const char *at = np_buf_text(&text), *end;

	for (; rc == 0 && (end = strchr(at, '\n')); at = end + 1) {
		json_t *line = np_json_parse(at, (size_t)(end - at), err);

		if (!line) {
			rc = -1;
			break;
		}
		if (strcmp(np_json_str(line, "type", ""), "case") == 0 &&
		    strcmp(np_json_str(line, "result", ""), "fail") == 0)
			note_case(row, np_json_str(line, "case", "?"));
		json_decref(line);
	}
	np_buf_release(&text);
	return rc;
}

static int score_fault(const struct np_run_options *options, const char *scratch,
		       const struct np_sandbox_fault *fault, struct np_packets_row *ret,
		       bool *ret_interrupted, struct np_err *err)
{
	np_auto_free char *dir = np_xasprintf("%s/%s", scratch, fault->name);
	struct np_run_options o = *options;
	struct np_run_summary sum;

	*ret = (struct np_packets_row){ .fault = fault->name, .clause = fault->clause };
	o.fault = fault->name;
	o.out_dir = dir;
	if (np_run(&o, &sum, err) < 0)
		return np_err_prefix(err, "fault %s", fault->name);
	*ret_interrupted = sum.interrupted;
	ret->n_cases = sum.n_cases;
	if (sum.not_enforced)
		note_case(ret, "the first look: no enforcement");
	return read_kills(dir, ret, err);
}

static bool chosen(const struct np_sandbox_fault *f, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], f->name) == 0)
			return true;
	return n == 0;
}

static int refuse_unknown(const char *const *names, size_t n, struct np_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct np_sandbox_fault *f = np_sandbox_faults();

		while (f->name && strcmp(f->name, names[i]) != 0)
			f++;
		if (!f->name)
			return np_err_set(
				err, NP_EUSAGE,
				"no fault '%s'; 'netpolcheck sandbox --list-faults' shows them",
				names[i]);
	}
	return 0;
}

int np_score_packets(const struct np_run_options *options, const char *const *faults,
		     size_t n_faults, struct np_packets *ret, struct np_err *err)
{
	np_auto_free char *scratch = NULL;
	struct np_packets s = { .n_rows = 0 };
	struct np_err ignored = { 0 };
	size_t cap = 0;
	int rc = 0;

	if (refuse_unknown(faults, n_faults, err) < 0)
		return -1;
	if (np_dir_scratch("netpolcheck-score", &scratch, err) < 0)
		return -1;
	for (const struct np_sandbox_fault *f = np_sandbox_faults();
	     f->name && rc == 0 && !s.interrupted; f++) {
		if (!chosen(f, faults, n_faults))
			continue;
		s.rows = np_grow(s.rows, &cap, s.n_rows, sizeof(*s.rows));
		rc = score_fault(options, scratch, f, &s.rows[s.n_rows++], &s.interrupted, err);
	}
	np_dir_remove(scratch, &ignored);
	if (rc == 0)
		*ret = s;
	else
		np_packets_release(&s);
	return rc;
}

void np_packets_release(struct np_packets *s)
{
	for (size_t i = 0; i < s->n_rows; i++) {
		for (size_t k = 0; k < s->rows[i].n_killed_by; k++)
			free(s->rows[i].killed_by[k]);
		free(s->rows[i].killed_by);
	}
	free(s->rows);
	*s = (struct np_packets){ .n_rows = 0 };
}
