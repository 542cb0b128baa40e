/*
 * verdict.h - private to parse: what the parts of the judgement of one policy share (validate.h).
 */
#ifndef NP_PARSE_VERDICT_H
#define NP_PARSE_VERDICT_H

#include "api.h"
#include "np/parse/names.h"
#include "np/parse/validate.h"

#define POLICY_GROUP "networking.k8s.io"
#define POLICY_VERSION "v1"
#define POLICY_EXTENSIONS "extensions/v1beta1"
#define POLICY_KIND "NetworkPolicy"

/* A field path, written out only when something is wrong there. */
struct vpath {
	const struct vpath *up;	/* NULL: the root */
	const char *name;	/* NULL: only the index counts */
	long index;		/* behind the name; -1: none */
};

#define VPATH(up_, name_) (&(const struct vpath){ (up_), (name_), -1 })
#define VPATH_AT(up_, name_, index_) (&(const struct vpath){ (up_), (name_), (long)(index_) })

struct verdict {
	struct np_arena *arena;			/* of the result */
	const struct np_validate_opts *opts;
	unsigned minor;
	bool strict_cidrs;
	struct np_validation *v;
	struct np_finding *findings, *warnings;	/* growing */
	size_t n_findings, cap_findings, n_warnings, cap_warnings;
	struct np_buf text;			/* scratch for messages */
	struct verdict_cache *cache;		/* of long texts, which aliases repeat; NULL: none yet */
	const struct cell *outer;		/* place of errors about what is not there */
	bool of_extensions;			/* the type, in the group it had before networking.k8s.io */
	/* of an update: excused */
	struct np_str *known_cidrs;		/* sorted */
	size_t n_known_cidrs;
	bool label_values_excused;
};

void vpath_text(const struct vpath *path, struct np_buf *b);

/* What was found out about one long text: an alias can make it stand in very many places. */
#define VERDICT_LONG 256
#define VERDICT_SLOTS 64

struct verdict_cache {
	struct verdict_slot {
		const char *p;
		size_t n;
		unsigned kind;	/* which question was asked */
		const char *errors[NP_NAME_MAX_ERRORS];
		size_t n_errors;
		struct np_cidr cidr;
	} slots[VERDICT_SLOTS];
};

/* The slot of such a text; *@ret_known tells whether it holds the answer. */
struct verdict_slot *verdict_slot(struct verdict *v, struct np_str text, unsigned kind,
				  bool *ret_known);

/* A finding whose message is in v->text, which is cleared. @at may be without a place. */
void verdict_add(struct verdict *v, enum np_finding_type type, const struct cell *at,
		 const struct vpath *field, const char *advice);
/*
 * The API's words: "Required value", "Invalid value: \"x\": ..". @value: as printed by Go, quoted if
 * text; NULL: none.
 */
__attribute__((format(printf, 6, 7)))
void verdict_field(struct verdict *v, enum np_finding_type type, const struct cell *at,
		   const struct vpath *field, const char *value, const char *fmt, ...);
/* The same with a text value, quoted here. */
__attribute__((format(printf, 6, 7)))
void verdict_text(struct verdict *v, enum np_finding_type type, const struct cell *at,
		  const struct vpath *field, struct np_str value, const char *fmt, ...);
/* Every broken part of a name. */
void verdict_name(struct verdict *v, enum np_name_rule rule, const struct cell *at,
		  const struct vpath *field, struct np_str checked, struct np_str shown);
/* A warning, whose text is in v->text, which is cleared. */
void verdict_warn(struct verdict *v, const struct cell *at);

/* Moves what was found into the arena; the verdict is done with. */
void verdict_end(struct verdict *v, enum np_stage stage);
/* One finding, and that is all. */
__attribute__((format(printf, 5, 6)))
void verdict_refuse(struct verdict *v, enum np_stage stage, enum np_finding_type type,
		    const struct cell *at, const char *fmt, ...);

/* The whole judgement of a document, to its end. */
void verdict_judge(struct verdict *v, const struct np_value *given, bool has_duplicates);

/*
 * Stages; false when it has been refused. The endpoint's version and kind take the place of what is
 * missing; then @root becomes @policy, with heed of strictness.
 */
bool verdict_type_words(struct verdict *v, const struct np_value *root, bool json);
bool verdict_decode(struct verdict *v, const struct np_value *root, bool has_duplicates,
		    struct api_policy *policy);
/* "group/version" of at most one '/'; an empty group for what has none. */
bool verdict_split_version(struct np_str s, struct np_str *ret_group, struct np_str *ret_version);
/* "object", "number", .. */
const char *verdict_json_kind(const struct np_value *v);

/* Parts. */
void verdict_meta(struct verdict *v, const struct api_meta *meta, const struct api_meta *old);
void verdict_labels(struct verdict *v, const struct api_map *map, const struct vpath *field);
void verdict_owners(struct verdict *v, struct api_meta *meta);
void verdict_spec(struct verdict *v, const struct api_policy_spec *spec);
void verdict_excuses(struct verdict *v, const struct api_policy_spec *old);
void verdict_cidr_warnings(struct verdict *v, const struct api_policy_spec *spec);
/* 1: it can be read, *@ret. Excused ones are only read. */
bool verdict_cidr(struct verdict *v, const struct api_str *text, const struct vpath *field,
		  struct np_cidr *ret);
void verdict_cidr_warning(struct verdict *v, const struct api_str *text,
			  const struct vpath *field);
/* JSON of the spec after defaulting, of its policyTypes. */
void verdict_print_spec(const struct api_policy_spec *spec, struct np_buf *b);
void verdict_print_types(const struct api_policy_spec *spec, struct np_buf *b);
void verdict_default(struct api_policy_spec *spec, struct np_arena *scratch);

/* Duplicate keys of a YAML document in the order and the words of go-yaml. */
void verdict_yaml_duplicates(struct verdict *v, const struct np_value *root);

/* The last of the entries with each key, sorted by key: what is left of a Go map. */
struct api_entry **verdict_entries(struct np_arena *arena, const struct api_map *map, size_t *ret_n);

#endif
