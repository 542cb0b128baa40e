/*
 * mutate.h - layer mutate: structure-aware mutants of NetworkPolicy documents. A document is read
 * into a typed tree over the schema of networking.k8s.io/v1 NetworkPolicy, operators change the
 * tree, and it is written again. Pure but for the memory that a mutator keeps between calls; one
 * mutator a thread.
 *
 * Everything random comes from the seed: the same options, input, other input and seed give the
 * same mutant, whatever was asked before (with a byte mutator of the caller's: as far as that one
 * is deterministic).
 *
 * Modes
 *   valid         what kube-apiserver accepts (a create; strict fields; strict CIDRs unless asked
 *                 otherwise). Constraints across fields are repaired after the operators; what
 *                 was good before is not touched, but for fields that a server sets.
 *   single-fault  the same with one mistake: every error of the API server is at one field, which
 *                 the mutant names as the server does
 *   hostile       anything: wrong types, repeated and unknown fields, deep nesting, odd numbers and
 *                 strings, broken bytes
 *
 * An input that is no document: hostile changes its bytes; the other two start from a built-in
 * document, since bytes can hold no promise.
 *
 * Limits: an input of more than 3 MiB, 128 levels or 60,000 values is taken as bytes. A mutant has
 * at most max_bytes; where not even the smallest document of a mode fits, it is cut off there.
 */
#ifndef NP_MUTATE_MUTATE_H
#define NP_MUTATE_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/base/str.h"

#define NP_MUTATE_MAX_INPUT ((size_t)3 << 20)
#define NP_MUTATE_MAX_BYTES ((size_t)64 << 10)	/* of a mutant, when the options name none */
#define NP_MUTATE_MAX_DEPTH 128
#define NP_MUTATE_MAX_NODES 60000
/* With this much room for it a mutant keeps the promise of its mode. */
#define NP_MUTATE_ROOM_BYTES 128

enum np_mutate_mode { NP_MUTATE_VALID, NP_MUTATE_SINGLE_FAULT, NP_MUTATE_HOSTILE };
#define NP_N_MUTATE_MODES 3
/* "valid" "single-fault" "hostile" */
const char *np_mutate_mode_name(enum np_mutate_mode mode);

enum np_mutate_format {
	NP_MUTATE_SAME,	/* JSON for what starts with '{' or '[', else YAML */
	NP_MUTATE_JSON,
	NP_MUTATE_YAML,
};

/* Zero-initialised: valid JSON from JSON. */
struct np_mutate_opts {
	enum np_mutate_mode mode;
	enum np_mutate_format format;
	size_t max_bytes;	/* 0: NP_MUTATE_MAX_BYTES */
	/*
	 * Valid is what servers before 1.36 take: host bits and leading zeros in CIDRs, which are
	 * then made too.
	 */
	bool legacy_cidrs;
	/*
	 * np_yaml_to_json() of a higher layer: appends the JSON text of the first document of @yaml;
	 * -1 when it cannot be read, and then what was appended is ignored. NULL: JSON is the only
	 * syntax that is read.
	 */
	int (*yaml_to_json)(struct np_str yaml, unsigned max_depth, struct np_buf *json,
			    struct np_err *err);
	/*
	 * Changes the first @n of @max bytes and returns the new length, at most @max; for bytes
	 * and for strings of hostile mutants (libFuzzer's LLVMFuzzerMutate). NULL: our own.
	 */
	size_t (*mutate_bytes)(uint8_t *bytes, size_t n, size_t max);
};

/* What refuses the mutant of a single fault: the API server's stages, in their order. */
enum np_fault_stage {
	NP_FAULT_NONE,
	NP_FAULT_DECODE,	/* 400: a value of the wrong JSON type */
	NP_FAULT_STRICT,	/* 400: an unknown field */
	NP_FAULT_VALIDATION,	/* 422 */
};
/* "none" "decode" "strict" "validation" */
const char *np_fault_stage_name(enum np_fault_stage stage);

/* All text is the mutator's own, until its next call. */
struct np_mutation {
	struct np_str text;
	/* what was done, such as add-port,cidr-halves: letters, digits, '-' and ',' */
	struct np_str operators;
	enum np_fault_stage stage;	/* of a single fault */
	struct np_str field;		/* where: spec.ingress[0].ports[1].endPort */
	bool structured;		/* made from a tree, not from bytes */
	/* the promise of the mode holds: false only when max_bytes left no room */
	bool kept_promise;
};

struct np_mutator;

/* @opts is copied. */
struct np_mutator *np_mutator_new(const struct np_mutate_opts *opts);
void np_mutator_free(struct np_mutator *m);
/* From the next mutant on. @max_bytes 0: NP_MUTATE_MAX_BYTES. */
void np_mutator_set_mode(struct np_mutator *m, enum np_mutate_mode mode);
void np_mutator_set_max_bytes(struct np_mutator *m, size_t max_bytes);

/* Whether @input is a document, so that its mutants are made from a tree. */
bool np_mutate_reads(struct np_mutator *m, struct np_str input);

/*
 * One mutant of @input; subtrees are also taken from @other, which may be empty or @input. Cannot
 * fail.
 */
void np_mutate(struct np_mutator *m, struct np_str input, struct np_str other, uint64_t seed,
	       struct np_mutation *ret);
/* A child of both: parts of @a with parts of @b of the same type, and no other change. */
void np_mutate_cross(struct np_mutator *m, struct np_str a, struct np_str b, uint64_t seed,
		     struct np_mutation *ret);

/*
 * The built-in documents, as JSON: the shapes of policies that have brought agents down, and plain
 * ones.
 */
const struct np_str *np_mutate_seeds(size_t *ret_n);

/* ---- trimming ---- */

/*
 * Takes an input apart as long as the caller says that nothing of interest is lost: parts of the
 * tree, the largest first, then values to shorter ones; bytes in halving pieces when it is no
 * document. Ends after at most np_trim_steps() tries. A candidate is always shorter than what was
 * last kept.
 *
 *	struct np_trim *t = np_trim_new(&opts, input);
 *	while (np_trim_next(t, &candidate))
 *		np_trim_judge(t, still_interesting(candidate));
 *	... np_trim_best(t) ...
 *	np_trim_free(t);
 */
struct np_trim;

/* @opts: format, max_bytes (of the input) and yaml_to_json are used, and copied. */
struct np_trim *np_trim_new(const struct np_mutate_opts *opts, struct np_str input);
void np_trim_free(struct np_trim *t);
/* How many tries there are at most, and how many are behind. */
size_t np_trim_steps(const struct np_trim *t);
size_t np_trim_step(const struct np_trim *t);
/*
 * The next candidate, valid until the next call; false at the end. To be judged before the next one
 * is asked for; one that is not judged counts as refused.
 */
bool np_trim_next(struct np_trim *t, struct np_str *ret);
void np_trim_judge(struct np_trim *t, bool keep);
/* The smallest that was kept; the input at first. Valid until the next call. */
struct np_str np_trim_best(const struct np_trim *t);

#endif
