/*
 * scalar.h - private to parse: what a YAML scalar is to go-yaml v2 (semantics 4.3), and how it then
 * stands in JSON.
 */
#ifndef NP_PARSE_SCALAR_H
#define NP_PARSE_SCALAR_H

#include "gonum.h"
#include "np/base/buf.h"
#include "np/parse/tree.h"

/* A scalar as the tokenizer saw it. */
struct scalar_in {
	struct np_str text;
	struct np_str tag;	/* long form (tag:yaml.org,2002:int), empty when there is none */
	bool implicit;		/* plain and without a tag, or with the tag "!" */
};

struct scalar {
	enum np_value_kind kind;
	bool truth;
	/* .inf, .nan: a value that JSON cannot hold; its key text is fine */
	bool not_json;
	bool big_key;		/* above int64: cannot be a map key */
	/* of kind FLOAT, or of an integral float that stands as an integer in JSON */
	double number;
	bool is_float;		/* go-yaml's type, whatever the JSON text looks like */
	char json[GONUM_MAX];	/* numbers: JSON text */
	/* strings: borrowed from the input or, for !!binary, from the scratch buffer */
	struct np_str text;
};

/*
 * 0, or -1 when the text does not fit the tag; *@ret_want then says what was wanted. @scratch backs
 * decoded !!binary text.
 */
int scalar_resolve(const struct scalar_in *in, struct np_buf *scratch, struct scalar *ret,
		   const char **ret_want);
/*
 * The JSON key that a scalar becomes; *@ret_kind tells go-yaml's type, so that 1 and "1" differ.
 * @buf backs numbers. false for null and integers above int64, which cannot be keys; the text is
 * then for messages.
 */
bool scalar_key(const struct scalar *s, char buf[GONUM_MAX], struct np_str *ret,
		enum np_value_kind *ret_kind);
/* The merge key "<<". */
bool scalar_is_merge(const struct scalar_in *in);

#endif
