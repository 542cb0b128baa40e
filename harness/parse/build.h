/*
 * build.h - private to parse: values arriving in document order become a tree. Children wait on
 * one stack until their list or map ends, so that every list and map is one array in the arena and
 * no value is allocated alone.
 */
#ifndef NP_PARSE_BUILD_H
#define NP_PARSE_BUILD_H

#include "np/parse/read.h"
#include "np/parse/tree.h"

struct build_frame {
	size_t base;		/* first child on the stack */
	struct np_pair key;	/* of a map: the key whose value comes next */
	uint32_t line, column;
	uint16_t child_height;
	bool is_map;
	bool has_key;		/* of a map: a key has been read */
};

struct build {
	struct np_arena *arena;	/* of the result */
	struct np_pair *stack;
	size_t n, cap;
	struct build_frame *frames;
	size_t depth, cap_frames;
	size_t *order;		/* scratch for finding duplicates */
	size_t cap_order;
	struct np_value root;
	bool has_root;
	struct np_pair duplicates[NP_DOC_MAX_DUPLICATES];
	size_t n_duplicates;
};

/* What reading JSON and YAML starts with: the limit of the text's size (NP_ELIMIT), the file's name. */
int build_begin(struct np_docs *docs, struct np_str text, const struct np_read_opts *opts,
		struct np_err *err);

void build_init(struct build *b, struct np_arena *arena);
void build_release(struct build *b);
/* Forgets the document before; keeps the memory. */
void build_restart(struct build *b);

static inline struct build_frame *build_top(struct build *b)
{
	return b->depth ? &b->frames[b->depth - 1] : NULL;
}

/* Starts a list or map. The caller has checked the depth. */
void build_open(struct build *b, bool is_map, uint32_t line, uint32_t column);
/* Key of the open map for the next value; @key is kept, not copied. */
void build_key(struct build *b, struct np_str key, enum np_value_kind kind, uint32_t line,
	       uint32_t column);
/* A finished value: child of the open list or map, else the document's root. */
void build_value(struct build *b, struct np_value v);
/* A pair that did not come through build_key(): from a merge. */
void build_pair(struct build *b, const struct np_pair *pair);
/* Copies root and duplicates. */
void build_finish(struct build *b, struct np_doc *doc);
/* Ends the open list or map and returns it; it still has to be given to build_value(). */
struct np_value build_close(struct build *b);

#endif
