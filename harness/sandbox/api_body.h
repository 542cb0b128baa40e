/*
 * api_body.h - from the bytes of a request to an object of the endpoint's kind: content type,
 * syntax, apiVersion and kind, types, strictness.
 */
#ifndef NP_SANDBOX_API_BODY_H
#define NP_SANDBOX_API_BODY_H

#include "api_request.h"
#include "np/parse/tree.h"

enum np_strictness { NP_STRICT, NP_WARN, NP_IGNORE };

/* Options that every write has. Strings are borrowed from the request. */
struct np_write_options {
	bool dry_run, force;
	const char *field_manager;	/* never empty */
	enum np_strictness strictness;
};

/* @name: "CreateOptions" "UpdateOptions" "PatchOptions", for the 422. */
int np_body_options(const struct np_request *req, const char *name, struct np_write_options *ret,
		    struct np_reply *rep);

/*
 * Reads the body's syntax: 413, 415, 400. @yaml_ok: types besides JSON, NULL-ended. *@ret is
 * released with np_docs_release(); an empty one has no document.
 */
int np_body_read(const struct np_request *req, const char *const *types, struct np_docs *ret,
		 struct np_reply *rep);
/* The media type without parameters, lower case, into @buf. "" when absent. */
const char *np_body_type(const struct np_request *req, char *buf, size_t size);

/*
 * A whole object (create, replace, apply): new object in *@ret, with apiVersion, kind and namespace
 * settled. Unknown fields are an error or warnings, as the options say; an apply refuses them
 * always.
 */
int np_body_object(const struct np_request *req, const char *const *types,
		   enum np_strictness strictness, json_t **ret, struct np_reply *rep);
/* A patched object made one of the kind again. */
int np_body_conform(const struct np_request *req, const json_t *patched,
		    enum np_strictness strictness, json_t **ret, struct np_reply *rep);

extern const char *const np_body_object_types[], *const np_body_apply_types[];

/* "networking.k8s.io/v1", "v1". Static. */
const char *np_kind_api_version(enum np_kind_id kind);

#endif
