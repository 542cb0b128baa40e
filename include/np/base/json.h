/* json.h - layer base: small helpers over jansson for API objects, records and output (never for policy documents under test). */
#ifndef NP_BASE_JSON_H
#define NP_BASE_JSON_H

#include <jansson.h>

#include "np/base/buf.h"
#include "np/base/err.h"

/*
 * From now on what jansson cannot allocate ends the program, as what we cannot: its own functions lose values and
 * bytes without a word when memory is short. Called before the first value is made.
 */
void np_json_use_memory(void);

/*
 * Borrowed value at a path of object keys separated by '/', e.g. "metadata/labels"; NULL when any step is missing or not
 * an object. "" is @root itself. A '/' inside a key cannot be expressed here: use json_object_get().
 */
json_t *np_json_at(const json_t *root, const char *path);
/* Borrowed text at a path, or @fallback (may be NULL) when it is not a string. */
const char *np_json_str(const json_t *root, const char *path, const char *fallback);
/* The same for an integer, and for true and false as 1 and 0. */
long long np_json_int(const json_t *root, const char *path, long long fallback);
int np_json_bool(const json_t *root, const char *path, int fallback);

/*
 * Parses exactly one value. Depth limit 2048 (jansson's), duplicates keep the last. New reference or NULL with
 * NP_EPARSE and line, column.
 */
json_t *np_json_parse(const char *text, size_t n, struct np_err *err);
/* Compact text appended to @b; keys in insertion order unless @sort. @v: not NULL, no cycle. */
void np_json_dump(const json_t *v, int sort, struct np_buf *b);
/*
 * A JSON string from any bytes, for the "o" of json_pack(): what is not UTF-8, and NUL (which np_json_parse() refuses),
 * becomes U+FFFD. New reference, never NULL.
 */
json_t *np_json_string(struct np_str s);
/*
 * json_pack() that ends the program on a wrong format string, exhausted memory or an "s" that is not UTF-8: text from
 * outside goes through np_json_string(). New reference.
 */
json_t *np_json_pack(const char *fmt, ...);

#endif
