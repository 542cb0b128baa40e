/*
 * node.h - layer mutate: the tree that operators work on. Nodes live in an arena; what is taken out
 * of a tree stays in it until the arena is released.
 */
#ifndef NP_HARNESS_MUTATE_NODE_H
#define NP_HARNESS_MUTATE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "np/base/arena.h"
#include "np/base/buf.h"

enum mkind {
	MK_NULL,
	MK_BOOL,
	MK_NUMBER,
	MK_STRING,
	MK_LIST,
	MK_MAP,
	MK_RAW,	/* printed as it stands, in both syntaxes */
};

struct mnode {
	struct mnode *parent, *prev, *next, *first, *last;
	struct np_str key;	/* in a map */
	struct np_str text;	/* of a string its bytes; of other scalars what is printed */
	uint32_t n;		/* children */
	uint32_t weight;	/* bytes of its text, about; only while a tree is made smaller */
	uint8_t kind;		/* enum mkind */
	uint8_t type;		/* enum mtype of schema.h */
	bool key_raw;		/* the key is printed as it stands */
	bool gone;		/* for trimming */
};

struct mnode *mnode_new(struct np_arena *a, enum mkind kind, unsigned type);
/* @text is borrowed. */
struct mnode *mnode_string(struct np_arena *a, struct np_str text, unsigned type);
struct mnode *mnode_number(struct np_arena *a, long long value, unsigned type);
/* A copy without parent, with the key. */
struct mnode *mnode_copy(struct np_arena *a, const struct mnode *node);

/* Puts @node, which has no parent, before @at; NULL: at the end. */
void mnode_insert(struct mnode *parent, struct mnode *at, struct mnode *node);
static inline void mnode_append(struct mnode *parent, struct mnode *node)
{
	mnode_insert(parent, NULL, node);
}
void mnode_set(struct mnode *map, const char *key, struct mnode *node);	/* appends with the key */
void mnode_remove(struct mnode *node);
/* @with takes the place and the key of @node. A root is written over. */
void mnode_replace(struct mnode *node, struct mnode *with);
/* Exchanges what two nodes hold, not their places and keys. Neither lies within the other. */
void mnode_swap(struct mnode *a, struct mnode *b);
/* Drops what it holds. */
void mnode_become(struct mnode *node, enum mkind kind, struct np_str text);

/* The last child with this key, NULL when there is none. */
struct mnode *mnode_get(const struct mnode *map, const char *key);
struct mnode *mnode_at(const struct mnode *list, size_t index);
/* Whether the child is there and not null. */
struct mnode *mnode_present(const struct mnode *map, const char *key);
bool mnode_within(const struct mnode *node, const struct mnode *top);
/* The one after @node in document order below @top, NULL at the end. */
struct mnode *mnode_next(const struct mnode *node, const struct mnode *top);

static inline bool mnode_is(const struct mnode *n, const char *text)
{
	return n && n->kind == MK_STRING && np_str_is(n->text, text);
}
/* The place of @node below @top as the API server names it. */
void mnode_path(const struct mnode *node, const struct mnode *top, struct np_buf *b);

#endif
