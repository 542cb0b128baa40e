/*
 * apply.h - private to parse: trees to C structs by tables of fields, as Go's reflection does it
 * for the API server (semantics 4.2, 4.4, 4.5). A value may be applied on top of an older one:
 * that is how a repeated field of a JSON body merges.
 *
 * Every struct that a table describes starts with struct cell, so that it knows whether it was
 * given and where.
 */
#ifndef NP_PARSE_APPLY_H
#define NP_PARSE_APPLY_H

#include "np/base/buf.h"
#include "np/base/mem.h"
#include "np/parse/decode.h"

/* Head of everything decoded. */
struct cell {
	uint32_t line, column;
	bool set;	/* given and not null */
};

struct api_str {
	struct cell at;
	struct np_str s;	/* "" when absent */
};

struct api_int {
	struct cell at;
	int64_t v;
};

struct api_bool {
	struct cell at;
	bool v;
};

/* IntOrString: a number or a name, told apart by the JSON type alone. */
struct api_intstr {
	struct cell at;
	bool is_str;
	int64_t v;
	struct np_str s;
};

/* Elements are api_str, or the structs of the field's type. */
struct api_list {
	struct cell at;
	void *items;
	size_t n;
	size_t cap;	/* elements above n may hold what a longer list left there, as in Go */
};

struct api_entry {
	struct cell key_at;
	struct np_str key;
	struct api_str value;
};

struct api_map {
	struct cell at;
	struct api_entry *items;	/* in order of appearance; of equal keys the last counts */
	size_t n, cap;
};

enum api_kind {
	API_STRING,
	API_BOOL,
	API_INT32,
	API_INT64,
	API_INTSTR,
	API_TIME,	/* struct api_str */
	API_STRMAP,
	API_LIST,
	API_OBJECT,	/* the struct itself */
	API_OBJECT_PTR,	/* a pointer to it, NULL when absent */
	API_ANY,	/* not looked into; struct cell only */
};

struct api_field {
	const char *name;
	enum api_kind kind;
	bool ptr;	/* of a scalar: null makes it absent again, else null changes nothing */
	size_t at;	/* offset in the struct */
	const struct api_type *sub;	/* of objects and lists; NULL: a list of strings */
	const char *go;	/* Go's name of a string type; NULL: string */
};

struct api_type {
	const struct api_field *fields;
	size_t n_fields;
	size_t bytes;
	const char *go;	/* Go's name of the type, with its package */
	bool open;	/* described in part: unknown fields are none of our business */
};

#define API_TYPE(fields_, type_, go_, open_) \
	{ fields_, NP_ARRAY_SIZE(fields_), sizeof(struct type_), go_, open_ }

struct apply {
	struct np_arena *scratch;	/* of the result's structs; its strings are the tree's */
	const struct np_decode_opts *opts;
	struct np_diags *diags;		/* may be NULL */
	struct np_buf path;
	struct np_err *err;
	bool refused;			/* a strict error was met; the first is in @strict */
	struct np_err strict;
	/*
	 * The sentence of Go's decoder goes here when it is not NULL. Maps from YAML are then taken
	 * in the order in which Go prints them.
	 */
	struct np_buf *go;
	const struct api_type *in;	/* the struct whose field is being read; NULL at the root */
	size_t map_path;		/* inside a map of strings: length of the path to it */
};

/*
 * Applies a whole object to the struct @cell of @type, collecting everything: unknown and repeated
 * fields are noted; @go gets the sentence of Go's decoder when the result is -1.
 */
int apply_for_server(struct np_arena *scratch, const struct np_decode_opts *opts,
		     const struct api_type *type, const struct np_value *v, void *cell,
		     struct np_diags *diags, struct np_buf *go, struct np_err *err);
/*
 * The same, but a wrong JSON type is NP_EPARSE at once, and under NP_FIELDS_STRICT the first unknown
 * or repeated field is the error when there is no other.
 */
int apply_root(struct np_arena *scratch, const struct np_decode_opts *opts,
	       const struct api_type *type, const struct np_value *v, void *cell,
	       struct np_diags *diags, struct np_err *err);

/* Adds to @diags (may be NULL) unless the same was said or the limit is reached. */
__attribute__((format(printf, 5, 6)))
void diag_add(struct np_diags *diags, enum np_diag_kind kind, struct np_place place,
	      struct np_str path, const char *fmt, ...);

#endif
