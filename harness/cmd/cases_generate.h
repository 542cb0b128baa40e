/* cases_generate.h - generated cases as files. */
#ifndef NP_CMD_CASES_GENERATE_H
#define NP_CMD_CASES_GENERATE_H

#include "np/gen/scenario.h"

struct np_generate {
	unsigned long long strength;	/* of the covering array; 0: none */
	unsigned long long seed, count; /* drawn cases behind it */
	const char *dir;		/* made when it is not there */
	const char *profile;		/* of the cases; NULL: their own */
};

/*
 * Writes the suite to @g->dir: a file a case in generated/, the worlds in worlds/. Its size goes to
 * *@ret, released with np_scenario_suite_release(). Files of an earlier suite there are an error.
 */
int np_generate_files(const struct np_generate *g, struct np_scenario_suite *ret,
		      struct np_err *err);

/* Writes @dir/@name.yaml. */
int np_generate_write(const char *dir, struct np_str name, const struct np_buf *text,
		      struct np_err *err);
/* A suite in a scratch folder, which np_generate_drop() removes: @count drawn cases behind an array of @strength (0: none). */
int np_generate_scratch(unsigned strength, unsigned long long count, unsigned long long seed,
			char **ret_dir, struct np_err *err);
/* Removes what that made; NULL is nothing. */
void np_generate_drop(char *dir_take);

/* netpolcheck cases generate. */
int np_cases_generate(const struct np_generate *g, bool json, bool list_excluded,
		      struct np_err *err);

#endif
