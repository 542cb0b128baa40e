/*
 * encode.h - layer parse: tree to JSON text, for sending a manifest through an API and for tests.
 */
#ifndef NP_PARSE_ENCODE_H
#define NP_PARSE_ENCODE_H

#include "np/base/buf.h"
#include "np/parse/tree.h"

/*
 * Aliases are written out in full here, so the text of a small document can be large: beyond this
 * NP_ELIMIT.
 */
#define NP_ENCODE_MAX_BYTES ((size_t)64 << 20)

enum np_encode_flags {
	NP_ENCODE_SORT = 1U << 0,	/* keys in byte order, else as they stand */
	NP_ENCODE_INDENT = 1U << 1,	/* two blanks a level, else compact */
	/*
	 * numbers as Go prints them after a round trip through a generic value, as kubectl sends
	 * them: 80.0 and 8e1 are 80
	 */
	NP_ENCODE_GO_NUMBERS = 1U << 2,
};

/*
 * Appends the JSON text of @value; of duplicate keys the last wins. Iterative. On error nothing is
 * appended.
 */
int np_encode_json(const struct np_value *value, unsigned flags, struct np_buf *b,
		   struct np_err *err);

/*
 * Appends the JSON text of the first document of @yaml, of at most @max_depth levels. Besides the errors
 * of np_read_yaml() NP_EPARSE when there is no document; on error nothing is appended.
 */
int np_yaml_to_json(struct np_str yaml, unsigned max_depth, struct np_buf *json,
		    struct np_err *err);

/*
 * What becomes of a JSON number that Go reads into a generic value and prints again: an integer
 * within int64 in decimal, anything else as a float64 in shortest form, integral floats below 1e21
 * without fraction. false when it does not fit a float64.
 */
bool np_number_go_text(struct np_str text, char *buf, size_t size);

#endif
