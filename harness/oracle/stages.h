/* stages.h - the stages that every oracle has. */
#ifndef NP_ORACLE_STAGES_H
#define NP_ORACLE_STAGES_H

#include "compiled.h"

/* NetworkPolicy, then the default. */
void stages_init(struct np_oracle *o);

#endif
