/* tableprint_cells.h - private to tableprint: the columns of each kind. */
#ifndef NP_SANDBOX_TABLEPRINT_CELLS_H
#define NP_SANDBOX_TABLEPRINT_CELLS_H

#include <jansson.h>

#include "store.h"

struct np_column {
	const char *name, *type, *description;
	int priority;	/* 1: with -o wide only */
	json_t *(*cell)(const json_t *object);	/* new reference */
};

/* Ended by a NULL name. */
extern const struct np_column *const np_columns[NP_N_KINDS];

#endif
