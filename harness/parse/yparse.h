/*
 * yparse.h - private to parse: YAML tokens to events, by go-yaml v2's states (semantics 4.3).
 */
#ifndef NP_PARSE_YPARSE_H
#define NP_PARSE_YPARSE_H

#include "yscan.h"

enum yevent_type {
	YEVENT_STREAM_START,
	YEVENT_STREAM_END,
	YEVENT_DOCUMENT_START,
	YEVENT_DOCUMENT_END,
	YEVENT_ALIAS,
	YEVENT_SCALAR,
	YEVENT_SEQUENCE_START,
	YEVENT_SEQUENCE_END,
	YEVENT_MAPPING_START,
	YEVENT_MAPPING_END,
};

/* Strings stay valid as long as the parser's arena and are not terminated. */
struct yevent {
	uint8_t type;		/* enum yevent_type */
	bool implicit;		/* scalars: plain and without a tag, or with the tag "!" */
	struct ymark start;
	struct np_str value;	/* scalar */
	struct np_str anchor;	/* .p == NULL: none; of an alias: the name */
	struct np_str tag;	/* long form; .n == 0: none */
};


struct yparse {
	struct yscan scan;
	uint8_t state;
	uint8_t *states;
	size_t n_states, cap_states;
	void *tags;	/* directives of the document, tsearch(3): no input can make it slow */
};

void yparse_init(struct yparse *p, struct np_str source, struct np_arena *arena, const char *file,
		 struct np_err *err);
void yparse_release(struct yparse *p);
/* After the end of the stream there are only more such ends. False with the error set. */
bool yparse_next(struct yparse *p, struct yevent *ret);

#endif
