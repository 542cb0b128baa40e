/* compile.h - a world into an oracle, for those who change it afterwards. */
#ifndef NP_ORACLE_COMPILE_H
#define NP_ORACLE_COMPILE_H

#include "compiled.h"

/* np_oracle_new(). @spare: np_oracle.spare; the rules of classes are then not side by side yet (lists.h). */
struct np_oracle *oracle_compile(const struct np_world *world, const struct np_readings *readings, bool spare);

#endif
