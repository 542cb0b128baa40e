/*
 * yscan.h - private to parse: YAML text to tokens and events as go-yaml v2 finds them (semantics
 * 4.3), its oddities included, because what the API server accepts depends on them. It began as a
 * port of libyaml, and so did this; the differences between the two are why it is here.
 *
 * Unlike both it needs no time in proportion to the flow depth: the simple keys that may still
 * belong to a token are found from the lowest level upwards, and the search goes on where the last
 * one ended.
 *
 * Limits, go-yaml's: 10,000 open flow collections, 10,000 block indentations, simple keys of 1,024
 * characters.
 */
#ifndef NP_PARSE_YSCAN_H
#define NP_PARSE_YSCAN_H

#include "np/base/buf.h"
#include "np/base/err.h"
#include "ytext.h"

#define YSCAN_MAX_DEPTH 10000

struct ymark {
	size_t index;
	uint32_t line, column;	/* from 0 */
};

enum ytoken_type {
	YTOKEN_STREAM_START,
	YTOKEN_STREAM_END,
	YTOKEN_VERSION_DIRECTIVE,
	YTOKEN_TAG_DIRECTIVE,
	YTOKEN_DOCUMENT_START,
	YTOKEN_DOCUMENT_END,
	YTOKEN_BLOCK_SEQUENCE_START,
	YTOKEN_BLOCK_MAPPING_START,
	YTOKEN_BLOCK_END,
	YTOKEN_FLOW_SEQUENCE_START,
	YTOKEN_FLOW_SEQUENCE_END,
	YTOKEN_FLOW_MAPPING_START,
	YTOKEN_FLOW_MAPPING_END,
	YTOKEN_BLOCK_ENTRY,
	YTOKEN_FLOW_ENTRY,
	YTOKEN_KEY,
	YTOKEN_VALUE,
	YTOKEN_ALIAS,
	YTOKEN_ANCHOR,
	YTOKEN_TAG,
	YTOKEN_SCALAR,
};

struct ytoken {
	uint8_t type;		/* enum ytoken_type */
	bool plain;		/* of a scalar */
	uint8_t major, minor;	/* of a version directive */
	struct ymark start, end;
	/* scalar, anchor, alias: the text; tag, tag directive: the handle */
	struct np_str value;
	struct np_str suffix;	/* tag: what follows the handle; tag directive: the prefix */
};

struct ysimple_key {
	bool possible, required;
	bool mapped;		/* a token waits for it */
	size_t token_number;
	struct ymark mark;
};

struct yscan {
	struct ytext text;
	struct np_arena *arena;	/* strings that are not in the text */
	struct np_buf scratch, breaks;
	const char *file;	/* for messages; may be NULL */
	struct np_err *err;

	struct ytoken *tokens;	/* [tokens_head, tokens_end) are waiting */
	size_t tokens_head, tokens_end, cap_tokens;
	size_t tokens_parsed;
	bool token_available, started, ended;

	int indent;
	int *indents;
	size_t n_indents, cap_indents;

	bool simple_key_allowed;
	unsigned flow_level;
	struct ysimple_key *keys;	/* [flow_level + 1] */
	size_t cap_keys;
	size_t first_key;	/* no mapped key of a waiting token is below this level */
};

void yscan_init(struct yscan *s, struct np_str source, struct np_arena *arena, const char *file,
		struct np_err *err);
void yscan_release(struct yscan *s);
/* The next token, which stays until yscan_pass(); NULL with the error set. */
struct ytoken *yscan_peek(struct yscan *s);
void yscan_pass(struct yscan *s);

static inline struct ymark yscan_mark(const struct yscan *s)
{
	return (struct ymark){ s->text.index, s->text.line, s->text.column };
}

/* The next @n characters; false with the error set when the text is bad. */
bool yscan_text_failed(struct yscan *s);
static inline bool yscan_have(struct yscan *s, unsigned n)
{
	return ytext_have(&s->text, n) || yscan_text_failed(s);
}

/* NP_EPARSE at @mark. Returns false. */
bool yscan_fail(struct yscan *s, const struct ymark *mark, const char *problem);
/* At the present place. */
bool yscan_fail_here(struct yscan *s, const char *problem);

/* Parts: each reads a token at the present place. */
bool yscan_plain(struct yscan *s, struct ytoken *ret);
bool yscan_quoted(struct yscan *s, bool single, struct ytoken *ret);
bool yscan_block(struct yscan *s, bool literal, struct ytoken *ret);
bool yscan_anchor(struct yscan *s, enum ytoken_type type, struct ytoken *ret);
bool yscan_tag(struct yscan *s, struct ytoken *ret);
bool yscan_directive(struct yscan *s, struct ytoken *ret);

/* Blanks, or up to the end of the line. */
bool yscan_skip_blanks(struct yscan *s);
bool yscan_skip_comment(struct yscan *s);

#endif
