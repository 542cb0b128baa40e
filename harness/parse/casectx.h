/*
 * casectx.h - private to parse: what case files and world files share: checked access to small
 * maps, ports, objects.
 */
#ifndef NP_PARSE_CASECTX_H
#define NP_PARSE_CASECTX_H

#include "np/model/case.h"
#include "np/parse/tree.h"

struct casectx {
	struct np_arena *arena;	/* of the case or world file */
	const char *file;	/* in that arena; NULL: none */
	struct np_str text;	/* the source */
	struct np_err *err;
};

/* NP_EPARSE at a value. Returns -1. */
__attribute__((format(printf, 3, 4)))
int case_refuse(struct casectx *c, const struct np_value *at, const char *fmt, ...);
struct np_place case_place(const struct casectx *c, const struct np_value *at);

/* Refuses keys that are not in the NULL-ended @allowed, and repeated ones. */
int case_check_keys(struct casectx *c, const struct np_value *map, const char *const *allowed,
		    const char *what);
/* The value of @key, which must be there. */
int case_need(struct casectx *c, const struct np_value *map, const char *key,
	      const struct np_value **ret);
/* A non-empty string on one line, copied. */
int case_str(struct casectx *c, const struct np_value *v, const char *what, struct np_str *ret);
/* A name of [a-z0-9-] and of the characters of @more. */
int case_name(struct casectx *c, const struct np_value *v, const char *what, const char *more,
	      struct np_str *ret);
/* A list, of any length. */
int case_list(struct casectx *c, const struct np_value *v, const char *what);
/* [TCP:80, ..], one port an entry. */
int case_ports(struct casectx *c, const struct np_value *v, struct np_expect_port **ret,
	       size_t *ret_n);

/* Kinds of objects that steps are about. */
struct case_kind {
	const char *kind, *api_version;
	bool namespaced;
};
/* NULL when there is none. */
const struct case_kind *case_kind_find(struct np_str kind);
#define CASE_KINDS "Namespace, Pod, Service, NetworkPolicy, Node"

/* Whether a document is a manifest: it has apiVersion or kind. */
bool case_is_manifest(const struct np_value *doc);
/* A manifest document as an apply step. */
int case_apply_step(struct casectx *c, const struct np_value *doc, struct np_step *ret);
/* JSON text of @v with every ${..} in it checked. */
int case_body(struct casectx *c, const struct np_value *v, struct np_str *ret);
/* Refuses repeated keys anywhere in a document. */
int case_check_repeats(struct casectx *c, const struct np_doc *doc);
/* Whether @path without .yaml or .yml is @name, or ends in '/' and @name. */
bool case_path_matches(const char *path, struct np_str name);

#endif
