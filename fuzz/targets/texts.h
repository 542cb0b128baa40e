/* texts.h - texts that are made of what others wrote: what they may not hold, and their form. */
#ifndef NP_FUZZ_TEXTS_H
#define NP_FUZZ_TEXTS_H

#include "fuzz.h"

/* Nothing that moves a cursor, and only UTF-8. */
void fuzz_check_plain(const struct np_buf *b, const char *what);
/* Tags pair, attributes are quoted, texts hold neither '<' nor a lone '&', all is XML's characters. */
void fuzz_check_xml(const struct np_buf *b);
/* One value that jansson takes. */
void fuzz_check_json(const struct np_buf *b);

#endif
