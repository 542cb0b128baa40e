/*
 * validate.h - layer parse: what kube-apiserver says about a NetworkPolicy: verdict, stage, HTTP
 * status, fields, warnings, defaults (semantics 1.3, 3 and 4). The rules are general; those that a
 * release changed are chosen by its minor version.
 *
 * Not looked at, because only a server can know: whether the namespace exists, admission, whether
 * the name is taken, etcd's limits. metadata.managedFields is decoded and otherwise left alone, as
 * the server rewrites it.
 *
 * Limits: those of read.h; of findings and warnings NP_VALIDATE_MAX_FINDINGS are kept each and the
 * rest is counted.
 */
#ifndef NP_PARSE_VALIDATE_H
#define NP_PARSE_VALIDATE_H

#include "np/parse/decode.h"

#define NP_VALIDATE_MAX_FINDINGS 10000
#define NP_VALIDATE_NEWEST 38	/* minor version */

/* How far a request gets (the stages of semantics 6). */
enum np_stage {
	NP_STAGE_ACCEPT,
	NP_STAGE_TRANSPORT,	/* 413 */
	NP_STAGE_CLIENT,	/* kubectl sends nothing */
	NP_STAGE_DECODE,	/* 400 */
	NP_STAGE_STRICT,	/* 400 */
	NP_STAGE_REQUEST,	/* 400 */
	NP_STAGE_VALIDATION,	/* 422 */
	NP_STAGE_CONFLICT,	/* 409 */
	NP_STAGE_STORAGE,	/* 404, 500 */
	NP_STAGE_SKIPPED,	/* kubectl: an object of another kind, which is not judged */
};

const char *np_stage_name(enum np_stage stage);

enum np_finding_type {
	/* of fields (422): the names of the API's causes */
	NP_FINDING_REQUIRED,
	NP_FINDING_INVALID,
	NP_FINDING_NOT_SUPPORTED,
	NP_FINDING_FORBIDDEN,
	NP_FINDING_TOO_LONG,
	/* of what comes before */
	NP_FINDING_UNKNOWN_FIELD,
	NP_FINDING_DUPLICATE_FIELD,
	NP_FINDING_SYNTAX,
	NP_FINDING_TYPE,	/* a value of the wrong JSON type */
	NP_FINDING_REQUEST,	/* version, kind, namespace, name, size */
};

/* "FieldValueRequired", .., "UnknownField", .. */
const char *np_finding_type_name(enum np_finding_type type);

struct np_finding {
	enum np_finding_type type;
	struct np_place place;	/* line 0: nowhere in the text */
	struct np_str field;	/* as the server names it; empty where it names none */
	struct np_str msg;	/* the server's words, without the field */
	struct np_str advice;	/* what is allowed or what to do; may be empty */
};

enum np_cidr_mode {
	NP_CIDR_BY_VERSION,	/* strict from 1.36 on */
	NP_CIDR_STRICT,
	NP_CIDR_LEGACY,
};

/* Zero-initialised: kubectl create of strict documents at the newest server. */
struct np_validate_opts {
	const char *file;	/* for places; borrowed. NULL: none */
	enum np_decode_mode mode;
	enum np_fields fields;
	/*
	 * The query parameter fieldValidation as it was sent, instead of @fields. NULL: not looked
	 * at.
	 */
	const char *field_validation;
	enum np_cidr_mode cidr;
	unsigned minor;		/* of Kubernetes 1.x; 0: NP_VALIDATE_NEWEST; 25 and up */
	const char *ns;		/* of the request; NULL: "default", kubectl: the object's own */
	/* PUT instead of POST */
	bool update;
	const struct np_value *old;	/* the stored object; NULL with @update: there is none */
	const char *name;	/* in the URL of an update; NULL: that of @old */
	/*
	 * Only what makes a 422: namespace, name, uid and resourceVersion have been compared by the
	 * caller.
	 */
	bool only_fields;
};

/* What is said about one document. */
struct np_validation {
	enum np_stage stage;
	int http;		/* 0: nothing is sent */
	unsigned document;	/* from 1, of the text */
	unsigned line;		/* where it starts */
	struct np_str name;	/* metadata.name as far as known */
	struct np_finding *findings;
	size_t n_findings;
	struct np_finding *warnings;	/* field may be empty; msg is the whole warning */
	size_t n_warnings;
	/* accepted: spec after defaulting as JSON in the form of semantics 4.6; else empty */
	struct np_str spec;
	struct np_str policy_types;	/* the same of spec.policyTypes */
	/* what was judged, as it was read; NULL when it could not be read */
	const struct np_value *object;
};

/* Zero-initialised is empty and valid. */
struct np_validations {
	struct np_arena arena;
	struct np_docs *docs;	/* what places and policies come from; may be NULL */
	size_t n_docs;
	struct np_validation *items;
	size_t n;
};

void np_validations_release(struct np_validations *v);

/*
 * Judges every document of @text (api modes: the one body). Cannot fail: what is wrong is in the
 * result.
 */
void np_validate_text(struct np_str text, const struct np_validate_opts *opts,
		      struct np_validations *ret);
/* The same for an object that has been read: from decoding into types on. One item. */
void np_validate_object(const struct np_value *object, const struct np_validate_opts *opts,
			struct np_validations *ret);

/* Whether the stage lets the object in. */
static inline bool np_stage_accepts(enum np_stage stage)
{
	return stage == NP_STAGE_ACCEPT || stage == NP_STAGE_SKIPPED;
}

/*
 * The warnings as they reach a client: doubles dropped, and when they are longer than 4,096
 * characters together each cut to 256 until that many are sent. Copies into @arena.
 */
size_t np_validation_sent_warnings(const struct np_validation *v, struct np_arena *arena,
				   struct np_str **ret);

#endif
