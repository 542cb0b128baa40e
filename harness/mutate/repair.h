/* repair.h - layer mutate: parts of the repair that lie in files of their own. */
#ifndef NP_HARNESS_MUTATE_REPAIR_H
#define NP_HARNESS_MUTATE_REPAIR_H

#include "state.h"

/* Metadata whose fields are known and of the right kind. */
void mrepair_meta(struct mstate *s, struct mnode *meta);
/* Of equal keys one stays. */
void mrepair_repeated(struct mstate *s, struct mnode *map);

#endif
