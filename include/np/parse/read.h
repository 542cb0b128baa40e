/*
 * read.h - layer parse: bytes to trees (tree.h). JSON by our own reader (semantics 4.2), YAML by a
 * scanner and a parser that do what go-yaml v2 does (semantics 4.3). Both are iterative, keep
 * duplicates and places, and touch *ret only on success. Errors: NP_EPARSE or NP_ELIMIT with file,
 * line, column. The work is in proportion to the length of the text, whatever it is.
 *
 * Limits (beyond them NP_ELIMIT):
 *   bytes of a source     3 MiB, as the API server (NP_READ_MAX_BYTES), unless the options name another
 *   depth                 10,000 as the API server; YAML 64 for our own files. Aliases count with what they
 *                         stand for.
 *   documents             10,000 of a stream
 *   YAML aliases          go-yaml's: more than 100 aliased of more than 1,000 steps, and their share above
 *                         0.99 (up to 400,000 steps, falling to 0.10 at 4,000,000); counted, never
 *                         materialised
 */
#ifndef NP_PARSE_READ_H
#define NP_PARSE_READ_H

#include "np/parse/tree.h"

#define NP_READ_MAX_BYTES ((size_t)3 << 20)
#define NP_READ_MAX_DOCS 10000
#define NP_JSON_MAX_DEPTH 10000
#define NP_YAML_OWN_DEPTH 64
#define NP_YAML_POLICY_DEPTH 10000

/* Zero-initialised gives the defaults. */
struct np_read_opts {
	const char *file;	/* for messages and places; copied. NULL: none */
	size_t max_bytes;	/* 0: NP_READ_MAX_BYTES */
	unsigned max_depth;	/* 0: JSON NP_JSON_MAX_DEPTH, YAML NP_YAML_OWN_DEPTH */
	/*
	 * JSON: concatenated values as kubectl takes them; without it exactly one value. YAML
	 * streams may always have many
	 */
	bool many;
	/* YAML: read the first document and ignore the rest, as the API server does */
	bool first_only;
	unsigned first_line;	/* number of the text's first line in places; 0: 1 */
};

/*
 * *@ret is released with np_docs_release(). Empty JSON input is an error without @many; an empty
 * YAML stream has no document.
 */
int np_read_json(struct np_str text, const struct np_read_opts *opts, struct np_docs *ret,
		 struct np_err *err);
int np_read_yaml(struct np_str text, const struct np_read_opts *opts, struct np_docs *ret,
		 struct np_err *err);

#endif
