/*
 * tableprint.h - objects as meta.k8s.io/v1 Table, with the columns that kubectl shows. Pure but for
 * the age, which is of now.
 */
#ifndef NP_SANDBOX_TABLEPRINT_H
#define NP_SANDBOX_TABLEPRINT_H

#include <jansson.h>
#include <stdbool.h>

#include "store.h"

enum np_table_include { NP_TABLE_METADATA, NP_TABLE_OBJECT, NP_TABLE_NONE };

/*
 * A new Table of @items (array). @meta: the list's metadata, a new reference is added; NULL: empty.
 * @columns: with column definitions.
 */
json_t *np_table_new(enum np_kind_id kind, const json_t *items, json_t *meta,
		     enum np_table_include include, bool columns);
/* The object as PartialObjectMetadata; new. */
json_t *np_partial_new(const json_t *object);
/*
 * Seconds between an RFC 3339 time and now as kubectl prints ages: 5s, 3m10s, 2d; "<unknown>". @buf
 * at least 32 bytes.
 */
const char *np_table_age(const char *when, char *buf, size_t size);

#endif
