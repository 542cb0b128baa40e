/* validate.h - private to cmd: what the files of the command validate share. */
#ifndef NP_CMD_VALIDATE_H
#define NP_CMD_VALIDATE_H

#include "np/base/json.h"
#include "np/parse/validate.h"

/* One file, and what is said about it. */
struct validate_file {
	const char *path;
	struct np_str text;
	struct np_validate_opts opts;
	struct np_validations said;
};

/* What the server said about one document, and where that differs. */
struct validate_server {
	bool asked;		/* sent, and the answer can be compared */
	int http;
	struct np_buf differences;	/* one a line; empty: none */
};

/* Text for people, on standard output. */
void validate_print(const struct validate_file *f, const struct np_validation *v);
void validate_print_server(const struct validate_file *f, const struct np_validation *v,
			   const struct validate_server *s);
struct np_lint_note;
void validate_print_note(const struct validate_file *f, const struct np_lint_note *note);
/* The contract of `validate --format json`. New reference. */
json_t *validate_json(const struct validate_file *f, const struct np_validation *v,
		      const struct validate_server *s);

struct np_kube;
/*
 * Sends a document as it would be sent, by dry run. NP_EENV and the like when the server cannot be
 * reached.
 */
int validate_ask(struct np_kube *k, const struct validate_file *f, const struct np_validation *v,
		 struct validate_server *ret, struct np_err *err);

#endif
