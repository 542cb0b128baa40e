/*
 * mutants.h - layer target: the wrong rules that the model CNI can follow, one at a time, each
 * modelled on a mistake that real implementations made. One list: the enum and the table come from
 * it. Classes are those of suites/README.md: E evaluator, C controller, D dataplane.
 */
#ifndef NP_TARGET_MUTANTS_H
#define NP_TARGET_MUTANTS_H

#include <stddef.h>

#include "np/target/mutant_list.h"

#define NP_MUTANT_ENUM(id, class_id, name, bugs, what) NP_MUTANT_##id,
enum np_mutant { NP_MUTANT_NONE, NP_MUTANTS(NP_MUTANT_ENUM) NP_N_MUTANTS };
#undef NP_MUTANT_ENUM

enum np_mutant_level { NP_LEVEL_EVALUATOR, NP_LEVEL_CONTROLLER, NP_LEVEL_DATAPLANE };
const char *np_mutant_level_name(enum np_mutant_level level);

struct np_mutant_row {
	const char *name;     /* "except-ignored" */
	const char *class_id; /* "E01" */
	const char *bugs;     /* ids of the real bugs behind it, separated by blanks; may be "" */
	const char *what;     /* one sentence */
};

/* NULL for NP_MUTANT_NONE. */
const struct np_mutant_row *np_mutant_row(enum np_mutant id);
enum np_mutant_level np_mutant_level(enum np_mutant id);
/* Why no default run may fail on it, with the clause; NULL: it may. */
const char *np_mutant_open(enum np_mutant id);
/* NP_MUTANT_NONE for a name that is not in the table. */
enum np_mutant np_mutant_find(const char *name);

/* Real bugs that no settled truth table shows, or that the model has no part for. */
struct np_mutant_omission {
	const char *class_id, *bugs, *why;
};
const struct np_mutant_omission *np_mutant_omissions(size_t *ret_n);

#endif
