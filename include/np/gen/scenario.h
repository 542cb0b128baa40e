/*
 * scenario.h - layer gen: cases out of rows of feature.h: a world, policies and a sequence of
 * operations that have the row's values, and probes in every region that the policies cut. What is
 * made depends on row, seed and number alone, on every machine. Case and world are what
 * np_casefile_parse() and np_worldfile_parse() give for their text.
 */
#ifndef NP_GEN_SCENARIO_H
#define NP_GEN_SCENARIO_H

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/gen/cover.h"
#include "np/gen/feature.h"
#include "np/model/case.h"

/* A generated suite: its rows first those of a covering array, then drawn ones. */
struct np_scenario_suite {
	uint64_t seed;
	struct np_cover cover;	/* strength 0: none */
	uint8_t *drawn;
	size_t n_drawn, n_cases;
};

/*
 * @strength 0: no array; @count drawn rows behind it. NP_EUSAGE for a strength that cover.h refuses,
 * seed 0, or more than NP_SCENARIO_MAX_CASES. Released with np_scenario_suite_release().
 */
#define NP_SCENARIO_MAX_CASES 100000
int np_scenario_suite_init(unsigned strength, uint64_t seed, size_t count,
			   struct np_scenario_suite *ret, struct np_err *err);
void np_scenario_suite_release(struct np_scenario_suite *s);
/* Case @k, from 0; released with np_case_release(). */
void np_scenario_suite_case(const struct np_scenario_suite *s, size_t k, struct np_case *ret);

/*
 * The case of @row, a complete row of np_feature_model(); its id is generated/s<seed>-<k + 1>, in a
 * suite that begins with an array generated/t<strength>s<seed>-<k + 1>: the same number is another
 * case in each. @strength 0: no array. @seed at least 1. Released with np_case_release().
 */
void np_scenario_case(const uint8_t *row, unsigned strength, uint64_t seed, size_t k,
		      struct np_case *ret);

/* The worlds that cases of a seed name: all of them, for n in 0..NP_SCENARIO_WORLDS-1. */
#define NP_SCENARIO_WORLDS 5
/* Released with np_worldfile_release(). */
void np_scenario_world(unsigned n, uint64_t seed, struct np_worldfile *ret);

/* Append the text of a case or world file, whoever made it. */
void np_case_text(const struct np_case *c, struct np_buf *ret);
void np_worldfile_text(const struct np_worldfile *w, struct np_buf *ret);

#endif
