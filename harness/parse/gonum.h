/* gonum.h - private to parse: numbers as Go's strconv and encoding/json read and print them. */
#ifndef NP_PARSE_GONUM_H
#define NP_PARSE_GONUM_H

#include <stdint.h>

#include "np/base/str.h"

#define GONUM_MAX 40	/* bytes of any text printed here, NUL included */

/*
 * strconv.ParseInt(text, 0, 64), then ParseUint: sign, 0x 0o 0b and 0 prefixes; no underscores.
 * *@ret_negative tells the sign of *@ret.
 */
bool gonum_int(struct np_str text, uint64_t *ret, bool *ret_negative);
/* Decimal text of such an integer. */
void gonum_print_int(uint64_t magnitude, bool negative, char buf[GONUM_MAX]);
/* A float64 as encoding/json prints it. @v is finite. */
void gonum_print_json(double v, char buf[GONUM_MAX]);
/*
 * strconv.FormatFloat(v, 'g', -1, 32), with .inf, -.inf and .nan as sigs.k8s.io/yaml names map
 * keys.
 */
void gonum_print_key(double v, char buf[GONUM_MAX]);

#endif
