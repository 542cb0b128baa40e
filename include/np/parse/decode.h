/*
 * decode.h - layer parse: trees to the model: NetworkPolicy networking.k8s.io/v1 whole, and what
 * the model needs of Namespace, Node, Pod and Service.
 *
 * Types follow the API server's JSON rules without any coercion (semantics 4.2, 4.4, 4.5), then
 * defaulting (1.3), then the checks without which the model would not be well-formed: names,
 * operators, protocols, ports, CIDRs that can be parsed, shape of a peer. The API server's whole
 * validation is parse/validate.h's job. An error names file, line, column of the token and the
 * field path (spec.ingress[0].ports[1].endPort). Strings are copied into the arena given, at most
 * 32 MiB an object (NP_ELIMIT); places borrow the file name.
 */
#ifndef NP_PARSE_DECODE_H
#define NP_PARSE_DECODE_H

#include "np/model/world.h"
#include "np/parse/tree.h"

#define NP_DECODE_MAX_STRING_BYTES ((size_t)32 << 20)

/*
 * What to do with unknown and duplicate fields of a NetworkPolicy (semantics 3.9). Other kinds are
 * decoded in part, so unknown fields pass there.
 */
enum np_fields { NP_FIELDS_STRICT, NP_FIELDS_WARN, NP_FIELDS_IGNORE };

enum np_diag_kind {
	NP_DIAG_UNKNOWN,	/* unknown field, ignored */
	NP_DIAG_DUPLICATE,	/* field or key given twice */
	NP_DIAG_SKIPPED,	/* an object of a kind that the model does not have */
	/* .. and that kind is a policy that may forbid what NetworkPolicy allows (S64) */
	NP_DIAG_CLUSTER_POLICY,
	NP_DIAG_CIDR,		/* accepted, but not in strict form (S56, S57) */
};

struct np_diag {
	enum np_diag_kind kind;
	struct np_place place;
	struct np_str path;	/* field path, empty when the whole object is meant */
	struct np_str msg;	/* one sentence */
};

/*
 * At most NP_DIAGS_MAX are kept, the rest counted. Zero-initialised is empty and valid. File names
 * are copied into the arena.
 */
#define NP_DIAGS_MAX 100
struct np_diags {
	struct np_arena arena;
	struct np_diag *items;
	size_t n, cap, n_dropped;
};

void np_diags_release(struct np_diags *d);

/* On which way the document reaches the API server (semantics 4.1, 4.4, 4.7). */
enum np_decode_mode {
	/* repeated fields: the last wins and nobody minds; 80.0 is an integer, in JSON too */
	NP_DECODE_KUBECTL,
	NP_DECODE_API_JSON,	/* repeated fields merge, strictness sees them */
	NP_DECODE_API_YAML,	/* repeated fields: the last wins, strictness sees them */
};

struct np_decode_opts {
	const char *file;	/* borrowed by every place of the result; NULL: none */
	enum np_fields fields;
	enum np_decode_mode mode;
	const char *ns;		/* namespace of objects that name none; NULL: "default" */
};

/*
 * Each decodes one object whose apiVersion and kind the caller has looked at. *@ret and what it
 * points to live in @arena and are written only on success; @diags may be NULL. Errors: NP_EPARSE
 * for a wrong JSON type, an unknown or duplicate field under NP_FIELDS_STRICT; NP_EVALID for a
 * value.
 */
int np_decode_policy(const struct np_value *object, const struct np_decode_opts *opts,
		     struct np_arena *arena, struct np_policy *ret, struct np_diags *diags,
		     struct np_err *err);
int np_decode_namespace(const struct np_value *object, const struct np_decode_opts *opts,
			struct np_arena *arena, struct np_namespace *ret, struct np_err *err);
int np_decode_node(const struct np_value *object, const struct np_decode_opts *opts,
		   struct np_arena *arena, struct np_node *ret, struct np_err *err);
int np_decode_pod(const struct np_value *object, const struct np_decode_opts *opts,
		  struct np_arena *arena, struct np_pod *ret, struct np_err *err);
int np_decode_service(const struct np_value *object, const struct np_decode_opts *opts,
		      struct np_arena *arena, struct np_service *ret, struct np_err *err);

#endif
