/*
 * table_classes.h - ends of a truth table that nothing tells apart: towards and from every third
 * end they have the same verdicts on every port, and the same towards each other both ways.
 */
#ifndef NP_CMD_TABLE_CLASSES_H
#define NP_CMD_TABLE_CLASSES_H

#include "np/oracle/oracle.h"

struct end_class {
	size_t first;		/* the end that stands for it */
	size_t second;		/* another one of it, SIZE_MAX when there is none */
	size_t n;
};

struct end_classes {
	struct end_class *items;	/* in the order of their first ends */
	size_t n, cap;
	uint32_t *of;		/* [n_dests]: class of each end */
};

/*
 * @t has the same ends as sources and destinations, but that destinations may be more (Services):
 * those are alike when their columns are. Cost: the cells, and ends x classes x ports.
 */
void end_classes_find(const struct np_table *t, struct end_classes *ret);
void end_classes_release(struct end_classes *c);
/* What the first class sees of the second, within one class of two different ends. */
enum np_verdict end_classes_at(const struct np_table *t, size_t port, const struct end_class *src,
			       const struct end_class *dst);

#endif
