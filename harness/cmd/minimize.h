/* minimize.h - the parts of netpolcheck minimize. */
#ifndef NP_CMD_MINIMIZE_H
#define NP_CMD_MINIMIZE_H

#include "np/cmd/options.h"
#include "np/run/minimize.h"
#include "np/run/plan.h"

extern const struct np_command np_cmd_minimize;

/* What the command line names. */
struct np_min_ask {
	const char *id;	    /* --case: an id or a file; NULL: of @folder */
	const char *folder; /* failures/<case> of a run's folder */
	struct np_strings suites;
};

/* The case, and what a record says of where it failed. */
struct np_min_source {
	struct np_plan plan; /* of one case */
	char *id;
	char *scratch; /* folder of generated cases */
	char *kind;    /* of the record: "sandbox", "cluster", "model"; NULL: no record */
	char *fault;   /* of it, or NULL */
	char **suites; /* of it, NULL-ended */
};

/* NP_EUSAGE when there is not exactly one such case. Release always. */
int np_min_source_find(const struct np_min_ask *ask, struct np_min_source *ret, struct np_err *err);
void np_min_source_release(struct np_min_source *s);

/* What was done, as text for README.md and the terminal, or as JSON. */
struct np_min_told {
	const struct np_min_result *r;
	const char *id;	    /* of the original */
	const char *target; /* "sandbox with the fault and-as-or" */
	const char *dir;    /* of the reproducer; NULL: none */
};
void np_min_text(const struct np_min_told *t, struct np_buf *ret);
void np_min_json(const struct np_min_told *t, struct np_buf *ret);
/* README.md, manifests.yaml, reproduce.sh, the case and its record into @t->dir. */
int np_min_files(const struct np_min_told *t, const struct np_min_about *about, struct np_err *err);

#endif
