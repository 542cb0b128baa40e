/*
 * convert.h - private to parse: API objects (api.h) to the model, with the checks that the model
 * needs.
 */
#ifndef NP_PARSE_CONVERT_H
#define NP_PARSE_CONVERT_H

#include "api.h"

/* What every step of a conversion carries. */
struct convert {
	struct np_arena *arena;	/* of the model */
	size_t string_bytes;	/* copied into it */
	const struct np_decode_opts *opts;
	struct np_diags *diags;	/* may be NULL */
	struct np_buf path;
	struct np_err *err;
};

/* Extends the path for as long as a child is converted; the result goes to convert_leave(). */
__attribute__((format(printf, 2, 3)))
size_t convert_enter(struct convert *c, const char *fmt, ...);
void convert_leave(struct convert *c, size_t old);
struct np_place convert_place(const struct convert *c, const struct cell *at);
/* NP_EVALID at @at, with the path so far and @field (may be "") behind it. Returns -1. */
__attribute__((format(printf, 4, 5)))
int convert_refuse(struct convert *c, const struct cell *at, const char *field, const char *fmt, ...);

/*
 * Copies a string. Aliases can make one long string stand in very many places, so the sum is
 * bounded: NP_ELIMIT.
 */
int convert_str(struct convert *c, struct np_str s, struct np_str *ret);
/* Sorted, unique. */
int convert_labels(struct convert *c, const struct api_map *map, struct np_labels *ret);
/*
 * Name and namespace of a namespaced object. One that is still to get its name goes by its
 * generateName.
 */
int convert_names(struct convert *c, const struct api_meta *meta, const struct cell *object,
		  struct np_str *ret_ns, struct np_str *ret_name);
int convert_proto(struct convert *c, const struct api_str *s, enum np_proto *ret);

int convert_policy(struct convert *c, const struct api_policy *in, struct np_policy *ret);
int convert_namespace(struct convert *c, const struct api_namespace *in, struct np_namespace *ret);
int convert_node(struct convert *c, const struct api_node *in, struct np_node *ret);
int convert_pod(struct convert *c, const struct api_pod *in, struct np_pod *ret);
int convert_service(struct convert *c, const struct api_service *in, struct np_service *ret);

#endif
