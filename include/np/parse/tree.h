/*
 * tree.h - layer parse: one tree for YAML and JSON documents, before any type is applied. Values
 * are 32 bytes each and live in the arena of their documents; nothing is freed alone. An alias is
 * a copy of the anchored value that shares its children, so never edit children in place:
 * np_value_set() and friends copy what they change.
 */
#ifndef NP_PARSE_TREE_H
#define NP_PARSE_TREE_H

#include <stdint.h>

#include "np/base/arena.h"
#include "np/base/err.h"
#include "np/model/place.h"

enum np_value_kind {
	NP_VALUE_NULL,
	NP_VALUE_BOOL,
	NP_VALUE_INT,
	NP_VALUE_FLOAT,
	NP_VALUE_STRING,
	NP_VALUE_LIST,
	NP_VALUE_MAP
};

/* "null" "a boolean" "an integer" "a number" "a string" "a list" "a map", for messages. */
const char *np_value_kind_name(enum np_value_kind kind);

struct np_value {
	uint8_t kind;		/* enum np_value_kind */
	/* of a string: quoted, block style or tagged, so it could not have been another type */
	bool quoted;
	bool truth;		/* of a boolean */
	/*
	 * of a number: .inf or .nan, which JSON cannot hold; only in values that a repeated key
	 * replaced
	 */
	bool not_json;
	/* lists and maps: nested levels, itself included, aliases expanded; scalars 0 */
	uint16_t height;
	/* of the first character, from 1, columns in characters; 0 for made values */
	uint32_t line, column;
	uint32_t n;		/* elements or pairs */
	union {
		/*
		 * Strings: the value. Numbers: JSON number text, from JSON as it was written, from
		 * YAML as Go prints the value (80.0 is "80", 0x50 is "80", 1e21 is "1e+21";
		 * semantics 4.3). Booleans and null: empty.
		 */
		struct np_str text;
		struct np_value *items;	/* list */
		struct np_pair *pairs;	/* map: in order of appearance, duplicates kept */
	};
};

struct np_pair {
	struct np_str key;
	uint32_t line, column;	/* of the key */
	/*
	 * enum np_value_kind of a YAML key before it became text: {1: a, "1": b} are two keys to
	 * go-yaml
	 */
	uint8_t key_kind;
	bool duplicate;		/* an earlier pair of this map has the same key and key_kind */
	bool overridden;	/* a later pair of this map has the same key */
	bool merged;		/* came through a YAML merge key (<<) */
	/* the key is null or above int64; only where a repeated key replaced the map */
	bool not_json;
	struct np_value value;
};

#define NP_DOC_MAX_DUPLICATES 16

/* One document of a stream. An empty or comment-only document has a null root and @empty set. */
struct np_doc {
	struct np_value root;
	bool empty;
	/*
	 * Duplicate pairs anywhere in it, without their values; the first NP_DOC_MAX_DUPLICATES
	 * met, inner maps first.
	 */
	struct np_pair *duplicates;
	size_t n_duplicates;
	unsigned line;		/* where it starts */
};

/* The documents of one source. Zero-initialised is empty and valid. */
struct np_docs {
	struct np_arena arena;
	const char *file;	/* name for messages, in the arena; NULL when none was given */
	/* read from JSON: duplicates merge (semantics 4.4) and numbers are as written */
	bool json;
	struct np_doc *items;
	size_t n;
};

void np_docs_release(struct np_docs *docs);

/*
 * Value of the last pair with this key (last wins, merge keys included); NULL when @map is no map
 * or has none.
 */
const struct np_value *np_value_get(const struct np_value *map, const char *key);
const struct np_pair *np_value_pair(const struct np_value *map, struct np_str key);
/* The text of a string value, NP_STR_NONE (p == NULL) when @value is NULL or no string. */
struct np_str np_value_str(const struct np_value *value);
/*
 * Follows a path such as metadata.labels, spec.containers[0].name or
 * metadata.annotations["a.b/c"]; "" is @root. NULL when a step is missing or the path is
 * malformed.
 */
const struct np_value *np_value_at(const struct np_value *root, const char *path);

/* New values without a place; text is copied into @arena. */
struct np_value np_value_string(struct np_arena *arena, struct np_str text);
struct np_value np_value_integer(struct np_arena *arena, long long value);
struct np_value np_value_boolean(bool truth);
struct np_value np_value_map(void);
struct np_value np_value_list(void);

/*
 * Sets the value at @path below @root, adding missing keys (maps on the way are made; a list index
 * must exist or be the next one). Every map and list on the way is copied in @arena, so other
 * users of shared parts see no change. All pairs with the key are replaced by one. NP_EUSAGE when
 * the path is malformed or passes through something that is neither map nor list; NP_ELIMIT when
 * the value would end deeper than NP_VALUE_MAX_HEIGHT.
 */
#define NP_VALUE_MAX_HEIGHT 10000
int np_value_set(struct np_arena *arena, struct np_value *root, const char *path,
		 struct np_value value, struct np_err *err);
/* Removes the key or list element at @path; absent is success. */
int np_value_remove(struct np_arena *arena, struct np_value *root, const char *path,
		    struct np_err *err);

#endif
