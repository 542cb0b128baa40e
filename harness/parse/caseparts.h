/* caseparts.h - private to parse: the parts of a case file. Both return -1 with NP_EPARSE at a
 * place. */
#ifndef NP_PARSE_CASEPARTS_H
#define NP_PARSE_CASEPARTS_H

#include "casectx.h"

/* The first document: id, title, covers, world and what else a case says of itself. */
int case_take_header(struct casectx *c, const struct np_value *doc, struct np_case *ret);
/* Each further one. */
int case_take_step(struct casectx *c, const struct np_value *doc, struct np_step *ret);

#endif
