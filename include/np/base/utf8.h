/* utf8.h - layer base: one strict UTF-8 decoder for everything that prints or checks text. */
#ifndef NP_BASE_UTF8_H
#define NP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/str.h"

/*
 * Length 1..4 of the well-formed sequence at the start of @p (@n bytes), its code point in *@ret_cp. 0 when there is none:
 * cut short, overlong, a surrogate, above U+10FFFF, or n is 0.
 */
size_t np_utf8_decode(const char *p, size_t n, uint32_t *ret_cp);
bool np_utf8_valid(struct np_str s);
/* C0, DEL and C1: what can move a cursor or start an escape sequence. */
bool np_utf8_is_control(uint32_t cp);

#endif
