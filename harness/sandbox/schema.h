/*
 * schema.h - the types of the objects that the sandbox serves, as tables: decoding, strategic
 * merge, server-side apply and OpenAPI all read them. Complete for what a manifest of these kinds
 * may hold, but for exotic volume sources, which are taken as they come (np_type_any).
 */
#ifndef NP_SANDBOX_SCHEMA_H
#define NP_SANDBOX_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "store.h"

enum np_base {
	NP_T_STRUCT,
	NP_T_STRING,
	NP_T_INT32,
	NP_T_INT64,
	NP_T_BOOL,
	NP_T_INT_OR_STRING,
	NP_T_QUANTITY,
	NP_T_TIME,
	NP_T_ANY,
};

enum np_shape { NP_ONE, NP_LIST, NP_MAP /* keys are text */ };

enum np_field_flags {
	NP_F_REQUIRED = 1U << 0,	/* said so in OpenAPI; an empty value is kept */
	NP_F_PTR = 1U << 1,		/* present and empty differs from absent */
	NP_F_ATOMIC = 1U << 2,		/* server-side apply replaces the whole value */
	NP_F_SET = 1U << 3,		/* a list of scalars without doubles */
	NP_F_RETAIN = 1U << 4,		/* strategic merge: retainKeys */
};

struct np_type;

struct np_field {
	const char *name;
	const struct np_type *type;
	enum np_shape shape;
	unsigned flags;
	const char *keys; /* of a list of structs: "containerPort,protocol" identify an element in
			     server-side apply; NULL: atomic */
	const char *merge; /* strategic merge: key of an element, "" merges scalars; NULL: the list
			      is replaced */
	const char *doc;
};

struct np_type {
	const char *name;	/* OpenAPI name, io.k8s.api.core.v1.Pod; of scalars NULL */
	const char *go;		/* as Go prints it in messages: v1.PodSpec, int32 */
	enum np_base base;
	const struct np_field *fields;	/* of a struct */
	size_t n_fields;
	bool atomic;
	const char *doc;
};

extern const struct np_type np_type_string, np_type_int32, np_type_int64, np_type_bool,
	np_type_int_or_string, np_type_quantity, np_type_time, np_type_any, np_type_object_meta,
	np_type_label_selector, np_type_object_reference, np_type_pod, np_type_service,
	np_type_namespace, np_type_node, np_type_event, np_type_network_policy;

/* The type of a kind's objects. */
const struct np_type *np_schema_of(enum np_kind_id kind);
/* Borrowed, NULL when @type is not a struct or has none of that name. */
const struct np_field *np_schema_field(const struct np_type *type, const char *name);
/* Server-side apply treats the field's value as one. */
bool np_schema_atomic(const struct np_field *f);

/* For the tables. */
#define NP_STRUCT(var, api, short_name, fields_, text)                                             \
	const struct np_type var = { .name = api "." short_name,                                   \
				     .go = "v1." short_name,                                       \
				     .base = NP_T_STRUCT,                                          \
				     .fields = fields_,                                            \
				     .n_fields = sizeof(fields_) / sizeof((fields_)[0]),           \
				     .doc = text }
#define NP_ATOMIC_STRUCT(var, api, short_name, fields_, text)                                      \
	const struct np_type var = { .name = api "." short_name,                                   \
				     .go = "v1." short_name,                                       \
				     .base = NP_T_STRUCT,                                          \
				     .fields = fields_,                                            \
				     .n_fields = sizeof(fields_) / sizeof((fields_)[0]),           \
				     .atomic = true,                                               \
				     .doc = text }

#endif
