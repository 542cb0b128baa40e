/*
 * choice.h - layer run: few cases out of many that notice much in little time: weighted set cover,
 * greedily, and the tiers that come of it. Integers only, ties go to the lower index: the same
 * input gives the same choice on every machine.
 */
#ifndef NP_RUN_CHOICE_H
#define NP_RUN_CHOICE_H

#include <stdint.h>

#include "np/run/plan.h"
#include "np/run/score.h"

/* A case to choose from. */
struct np_choice_item {
	unsigned cost_ms;
	size_t world; /* below n_worlds: the first item of a world costs its deployment, too */
	bool generated;
	const uint64_t *kills; /* bits of the mutants that it notices */
};

struct np_choice {
	const struct np_choice_item *items;
	size_t n_items, n_worlds, n_mutants;
	const unsigned *weights; /* of each mutant */
	unsigned world_ms;	 /* what a world costs that nobody is in */
	/* so far */
	bool *chosen, *deployed;
	unsigned *times; /* each mutant was noticed */
};

/* @s has everything before "so far"; the rest starts empty. Released with np_choice_release(). */
void np_choice_init(struct np_choice *s);
void np_choice_release(struct np_choice *s);

enum { NP_CHOICE_HAND = 1, NP_CHOICE_GENERATED = 2, NP_CHOICE_ANY = 3 };
#define NP_CHOICE_MAX_DEPTH 16

/*
 * The item of kind @which that is not chosen and brings most a millisecond; SIZE_MAX when none
 * brings anything. A mutant counts with its weight until it was noticed @depth times
 * (1..NP_CHOICE_MAX_DEPTH), each time with half of that before.
 */
size_t np_choice_next(const struct np_choice *s, unsigned depth, int which);
void np_choice_take(struct np_choice *s, size_t item);

/*
 * About how long a case takes one of four workers in the sandbox, @n_cells of all its expectations
 * together. Estimated from the case alone, so that no order depends on a machine's mood.
 */
unsigned np_choice_case_ms(const struct np_case *c, size_t n_cells);

struct np_tier_wish {
	unsigned smoke_ms; /* of the workers' time together */
	unsigned depth;	   /* how many cases should notice each mutant */
	size_t max_kept;   /* generated cases */
};

/*
 * Tiers out of @plan, scored with mutants and mechanical ones both, in which every case written by
 * hand has a line and of those with a seed the ones that are worth keeping. Smoke: the best of all
 * until its time is up. Generated ones are kept if they are in smoke, notice what none written by
 * hand does, or a second time (@wish->depth) what only one does. Open mutants count for nothing.
 * *@ret: borrowed ids, free(3).
 */
void np_tiers_choose(const struct np_plan *plan, const struct np_score *score,
		     const struct np_tier_wish *wish, struct np_tier_line **ret, size_t *ret_n);

#endif
