/* yparse.c - one function for each thing that may come next. */
#include "yparse.h"

#include <search.h>

#include "np/base/mem.h"

struct tag_directive {
	struct np_str handle, prefix;
};

enum state {
	AT_STREAM_START,
	AT_IMPLICIT_DOCUMENT_START,
	AT_DOCUMENT_START,
	AT_DOCUMENT_CONTENT,
	AT_DOCUMENT_END,
	AT_BLOCK_NODE,
	AT_BLOCK_SEQUENCE_FIRST_ENTRY,
	AT_BLOCK_SEQUENCE_ENTRY,
	AT_INDENTLESS_SEQUENCE_ENTRY,
	AT_BLOCK_MAPPING_FIRST_KEY,
	AT_BLOCK_MAPPING_KEY,
	AT_BLOCK_MAPPING_VALUE,
	AT_FLOW_SEQUENCE_FIRST_ENTRY,
	AT_FLOW_SEQUENCE_ENTRY,
	AT_FLOW_SEQUENCE_ENTRY_MAPPING_KEY,
	AT_FLOW_SEQUENCE_ENTRY_MAPPING_VALUE,
	AT_FLOW_SEQUENCE_ENTRY_MAPPING_END,
	AT_FLOW_MAPPING_FIRST_KEY,
	AT_FLOW_MAPPING_KEY,
	AT_FLOW_MAPPING_VALUE,
	AT_FLOW_MAPPING_EMPTY_VALUE,
	AT_END,
};

void yparse_init(struct yparse *p, struct np_str source, struct np_arena *arena, const char *file,
		 struct np_err *err)
{
	*p = (struct yparse){ .state = AT_STREAM_START };
	yscan_init(&p->scan, source, arena, file, err);
}

/* Directives are in the arena: only the tree's own nodes are on the heap. */
static void keep(void *directive)
{
	(void)directive;
}

void yparse_release(struct yparse *p)
{
	yscan_release(&p->scan);
	free(p->states);
	tdestroy(p->tags, keep);
}

static struct ytoken *peek(struct yparse *p)
{
	return yscan_peek(&p->scan);
}

/* The token behind the present one. */
static struct ytoken *pass(struct yparse *p)
{
	yscan_pass(&p->scan);
	return yscan_peek(&p->scan);
}

static void push(struct yparse *p, enum state state)
{
	p->states = np_grow(p->states, &p->cap_states, p->n_states, sizeof(*p->states));
	p->states[p->n_states++] = (uint8_t)state;
}

static void pop(struct yparse *p)
{
	p->state = p->states[--p->n_states];
}

/* Bits of the token types given. */
#define SET(type) (1U << YTOKEN_##type)

static bool is_one_of(const struct ytoken *t, unsigned set)
{
	return set >> t->type & 1;
}

static bool fail(struct yparse *p, const struct ytoken *at, const char *problem)
{
	return yscan_fail(&p->scan, &at->start, problem);
}

static bool empty_scalar(const struct ymark *at, struct yevent *e)
{
	*e = (struct yevent){
		.type = YEVENT_SCALAR, .implicit = true, .start = *at, .value = NP_STR("")
	};
	return true;
}

/* ---- documents ---- */

static int cmp_handles(const void *a, const void *b)
{
	return np_str_cmp(((const struct tag_directive *)a)->handle,
			  ((const struct tag_directive *)b)->handle);
}

static const struct tag_directive *find_directive(const struct yparse *p, struct np_str handle)
{
	const struct tag_directive key = { .handle = handle };
	struct tag_directive *const *found = tfind(&key, &p->tags, cmp_handles);

	return found ? *found : NULL;
}

/* False when there is one with this handle. */
static bool add_directive(struct yparse *p, struct np_str handle, struct np_str prefix)
{
	struct tag_directive *d;

	if (find_directive(p, handle))
		return false;
	d = np_arena_alloc(p->scan.arena, sizeof(*d));
	*d = (struct tag_directive){ handle, prefix };
	if (!tsearch(d, &p->tags, cmp_handles))
		abort(); /* no memory; np_x*() would have ended the program */
	return true;
}

static void refuse_version(struct yparse *p, const struct ytoken *t, bool again)
{
	char text[64];

	snprintf(text, sizeof(text), "%%YAML %u.%u: only 1.1 is known", t->major, t->minor);
	fail(p, t, again ? "found duplicate %YAML directive" : text);
}

/* Takes the directives at the present place; the token behind them. */
static struct ytoken *read_directives(struct yparse *p)
{
	struct ytoken *t = peek(p);
	bool has_version = false;

	for (; t && is_one_of(t, SET(VERSION_DIRECTIVE) | SET(TAG_DIRECTIVE)); t = pass(p)) {
		if (t->type == YTOKEN_TAG_DIRECTIVE) {
			if (add_directive(p, t->value, t->suffix))
				continue;
			fail(p, t, "found duplicate %TAG directive");
			return NULL;
		}
		if (has_version || t->major != 1 || t->minor != 1) {
			refuse_version(p, t, has_version);
			return NULL;
		}
		has_version = true;
	}
	add_directive(p, NP_STR("!"), NP_STR("!"));
	add_directive(p, NP_STR("!!"), NP_STR("tag:yaml.org,2002:"));
	return t;
}

static bool document_start(struct yparse *p, bool implicit, struct yevent *e)
{
	struct ytoken *t = peek(p);

	while (t && !implicit && t->type == YTOKEN_DOCUMENT_END)
		t = pass(p);
	if (!t)
		return false;
	*e = (struct yevent){ .type = YEVENT_DOCUMENT_START, .start = t->start };
	if (t->type == YTOKEN_STREAM_END) {
		p->state = AT_END;
		e->type = YEVENT_STREAM_END;
		yscan_pass(&p->scan);
		return true;
	}
	implicit &= !is_one_of(t, SET(VERSION_DIRECTIVE) | SET(TAG_DIRECTIVE) |
					  SET(DOCUMENT_START));
	t = read_directives(p);
	if (!t)
		return false;
	if (!implicit && t->type != YTOKEN_DOCUMENT_START)
		return fail(p, t, "did not find expected <document start>");
	push(p, AT_DOCUMENT_END);
	p->state = implicit ? AT_BLOCK_NODE : AT_DOCUMENT_CONTENT;
	if (!implicit)
		yscan_pass(&p->scan);
	return true;
}

static bool document_end(struct yparse *p, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	*e = (struct yevent){ .type = YEVENT_DOCUMENT_END, .start = t->start };
	if (t->type == YTOKEN_DOCUMENT_END)
		yscan_pass(&p->scan);
	tdestroy(p->tags, keep);
	p->tags = NULL;
	p->state = AT_DOCUMENT_START;
	return true;
}

/* ---- nodes ---- */

/* The long form of a tag; *@ret is empty when there is none. */
static bool resolve_tag(struct yparse *p, const struct ytoken *tag, struct np_str *ret)
{
	const struct tag_directive *d;
	char *text;

	*ret = tag->suffix;
	if (!tag->value.n)
		return true;
	d = find_directive(p, tag->value);
	if (!d || !(d->prefix.n + tag->suffix.n))
		return fail(p, tag, "found undefined tag handle while parsing a node");
	ret->n = d->prefix.n + tag->suffix.n;
	ret->p = text = np_arena_alloc(p->scan.arena, ret->n + 1);
	memcpy(text, d->prefix.p, d->prefix.n);
	if (tag->suffix.n)
		memcpy(text + d->prefix.n, tag->suffix.p, tag->suffix.n);
	return true;
}

/* Takes an anchor and a tag, in either order; the token behind them. */
static struct ytoken *read_properties(struct yparse *p, struct ytoken *t, struct yevent *e)
{
	struct ytoken tag = { .type = YTOKEN_ANCHOR };

	for (int i = 0; t && i < 2; i++) {
		if (t->type == YTOKEN_ANCHOR && !e->anchor.p)
			e->anchor = t->value;
		else if (t->type == YTOKEN_TAG && tag.type != YTOKEN_TAG)
			tag = *t;
		else
			break;
		t = pass(p);
	}
	if (t && tag.type == YTOKEN_TAG && !resolve_tag(p, &tag, &e->tag))
		return NULL;
	return t;
}

/* What starts a collection, and what is then expected. */
static bool collection(struct yparse *p, const struct ytoken *t, bool block, bool indentless,
		       struct yevent *e)
{
	static const struct {
		bool block;
		uint8_t event, state;
	} starts[] = {
		[YTOKEN_FLOW_SEQUENCE_START] = { false, YEVENT_SEQUENCE_START,
						 AT_FLOW_SEQUENCE_FIRST_ENTRY },
		[YTOKEN_FLOW_MAPPING_START] = { false, YEVENT_MAPPING_START,
						AT_FLOW_MAPPING_FIRST_KEY },
		[YTOKEN_BLOCK_SEQUENCE_START] = { true, YEVENT_SEQUENCE_START,
						  AT_BLOCK_SEQUENCE_FIRST_ENTRY },
		[YTOKEN_BLOCK_MAPPING_START] = { true, YEVENT_MAPPING_START,
						 AT_BLOCK_MAPPING_FIRST_KEY },
	};

	if (indentless && t->type == YTOKEN_BLOCK_ENTRY) {
		e->type = YEVENT_SEQUENCE_START;
		p->state = AT_INDENTLESS_SEQUENCE_ENTRY;
		return true;
	}
	if (t->type >= NP_ARRAY_SIZE(starts) || !starts[t->type].event ||
	    (starts[t->type].block && !block))
		return false;
	e->type = starts[t->type].event;
	p->state = starts[t->type].state;
	return true;
}

static bool node(struct yparse *p, bool block, bool indentless, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	*e = (struct yevent){ .type = YEVENT_SCALAR, .start = t->start };
	if (t->type == YTOKEN_ALIAS) {
		e->type = YEVENT_ALIAS;
		e->anchor = t->value;
		yscan_pass(&p->scan);
		pop(p);
		return true;
	}
	t = read_properties(p, t, e);
	if (!t)
		return false;
	if (collection(p, t, block, indentless, e))
		return true;
	if (t->type == YTOKEN_SCALAR) {
		e->implicit = (!e->tag.n && t->plain) || np_str_is(e->tag, "!");
		e->value = t->value;
		yscan_pass(&p->scan);
	} else if (e->anchor.n || e->tag.n) {
		e->implicit = !e->tag.n;
		e->value = NP_STR("");
	} else {
		return fail(p, t,
			    block ? "did not find expected node content while parsing a block node"
				  : "did not find expected node content while parsing a flow node");
	}
	pop(p);
	return true;
}

static bool document_content(struct yparse *p, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	if (!is_one_of(t, SET(VERSION_DIRECTIVE) | SET(TAG_DIRECTIVE) | SET(DOCUMENT_START) |
				  SET(DOCUMENT_END) | SET(STREAM_END)))
		return node(p, true, false, e);
	pop(p);
	return empty_scalar(&t->start, e);
}

/* The end of a collection at @t, which is passed if it is the collection's own. */
static bool end(struct yparse *p, enum yevent_type type, const struct ytoken *t, bool own,
		struct yevent *e)
{
	*e = (struct yevent){ .type = (uint8_t)type, .start = t->start };
	pop(p);
	if (own)
		yscan_pass(&p->scan);
	return true;
}

/*
 * What stands behind an indicator: nothing, if a token of @none comes next, else a node; then
 * @next.
 */
static bool after_indicator(struct yparse *p, unsigned none, bool block, bool indentless,
			    enum state next, struct yevent *e)
{
	struct ymark mark = peek(p)->end;
	struct ytoken *t = pass(p);

	if (!t)
		return false;
	if (!is_one_of(t, none)) {
		push(p, next);
		return node(p, block, indentless, e);
	}
	p->state = (uint8_t)next;
	return empty_scalar(block ? &mark : &t->start, e);
}

static bool block_sequence_entry(struct yparse *p, bool first, struct yevent *e)
{
	struct ytoken *t = first ? pass(p) : peek(p);

	if (!t)
		return false;
	if (t->type == YTOKEN_BLOCK_ENTRY)
		return after_indicator(p, SET(BLOCK_ENTRY) | SET(BLOCK_END), true, false,
				       AT_BLOCK_SEQUENCE_ENTRY, e);
	if (t->type == YTOKEN_BLOCK_END)
		return end(p, YEVENT_SEQUENCE_END, t, true, e);
	return fail(p, t, "did not find expected '-' indicator while parsing a block collection");
}

static bool indentless_sequence_entry(struct yparse *p, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	if (t->type == YTOKEN_BLOCK_ENTRY)
		return after_indicator(p, SET(BLOCK_ENTRY) | SET(KEY) | SET(VALUE) | SET(BLOCK_END),
				       true, false, AT_INDENTLESS_SEQUENCE_ENTRY, e);
	return end(p, YEVENT_SEQUENCE_END, t, false, e);
}

#define NO_BLOCK_NODE (SET(KEY) | SET(VALUE) | SET(BLOCK_END))

static bool block_mapping_key(struct yparse *p, bool first, struct yevent *e)
{
	struct ytoken *t = first ? pass(p) : peek(p);

	if (!t)
		return false;
	if (t->type == YTOKEN_KEY)
		return after_indicator(p, NO_BLOCK_NODE, true, true, AT_BLOCK_MAPPING_VALUE, e);
	if (t->type == YTOKEN_BLOCK_END)
		return end(p, YEVENT_MAPPING_END, t, true, e);
	return fail(p, t, "did not find expected key while parsing a block mapping");
}

static bool block_mapping_value(struct yparse *p, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	if (t->type == YTOKEN_VALUE)
		return after_indicator(p, NO_BLOCK_NODE, true, true, AT_BLOCK_MAPPING_KEY, e);
	p->state = AT_BLOCK_MAPPING_KEY;
	return empty_scalar(&t->start, e);
}

/* ---- flow ---- */

static bool flow_sequence_entry(struct yparse *p, bool first, struct yevent *e)
{
	struct ytoken *t = first ? pass(p) : peek(p);

	if (t && !first && t->type != YTOKEN_FLOW_SEQUENCE_END) {
		if (t->type != YTOKEN_FLOW_ENTRY)
			return fail(p, t, "did not find expected ',' or ']' while parsing a flow sequence");
		t = pass(p);
	}
	if (!t)
		return false;
	if (t->type == YTOKEN_FLOW_SEQUENCE_END)
		return end(p, YEVENT_SEQUENCE_END, t, true, e);
	if (t->type != YTOKEN_KEY) {
		push(p, AT_FLOW_SEQUENCE_ENTRY);
		return node(p, false, false, e);
	}
	/* [a: b] is a list of a map. */
	*e = (struct yevent){ .type = YEVENT_MAPPING_START, .start = t->start };
	p->state = AT_FLOW_SEQUENCE_ENTRY_MAPPING_KEY;
	yscan_pass(&p->scan);
	return true;
}

/* The token that ends a key which is not there is passed, whatever it is: so does go-yaml. */
static bool flow_sequence_entry_mapping_key(struct yparse *p, struct yevent *e)
{
	struct ytoken *t = peek(p);
	struct ymark mark;

	if (!t)
		return false;
	if (!is_one_of(t, SET(VALUE) | SET(FLOW_ENTRY) | SET(FLOW_SEQUENCE_END))) {
		push(p, AT_FLOW_SEQUENCE_ENTRY_MAPPING_VALUE);
		return node(p, false, false, e);
	}
	mark = t->end;
	yscan_pass(&p->scan);
	p->state = AT_FLOW_SEQUENCE_ENTRY_MAPPING_VALUE;
	return empty_scalar(&mark, e);
}

static bool flow_value(struct yparse *p, unsigned none, enum state next, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	if (t->type == YTOKEN_VALUE)
		return after_indicator(p, none, false, false, next, e);
	p->state = (uint8_t)next;
	return empty_scalar(&t->start, e);
}

static bool flow_sequence_entry_mapping_end(struct yparse *p, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	p->state = AT_FLOW_SEQUENCE_ENTRY;
	*e = (struct yevent){ .type = YEVENT_MAPPING_END, .start = t->start };
	return true;
}

static bool flow_mapping_key(struct yparse *p, bool first, struct yevent *e)
{
	struct ytoken *t = first ? pass(p) : peek(p);

	if (t && !first && t->type != YTOKEN_FLOW_MAPPING_END) {
		if (t->type != YTOKEN_FLOW_ENTRY)
			return fail(p, t, "did not find expected ',' or '}' while parsing a flow mapping");
		t = pass(p);
	}
	if (!t)
		return false;
	if (t->type == YTOKEN_FLOW_MAPPING_END)
		return end(p, YEVENT_MAPPING_END, t, true, e);
	if (t->type == YTOKEN_KEY)
		return after_indicator(p, SET(VALUE) | SET(FLOW_ENTRY) | SET(FLOW_MAPPING_END),
				       false, false, AT_FLOW_MAPPING_VALUE, e);
	push(p, AT_FLOW_MAPPING_EMPTY_VALUE);
	return node(p, false, false, e);
}

static bool flow_mapping_empty_value(struct yparse *p, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	p->state = AT_FLOW_MAPPING_KEY;
	return empty_scalar(&t->start, e);
}

static bool stream_start(struct yparse *p, struct yevent *e)
{
	struct ytoken *t = peek(p);

	if (!t)
		return false;
	*e = (struct yevent){ .type = YEVENT_STREAM_START, .start = t->start };
	p->state = AT_IMPLICIT_DOCUMENT_START;
	yscan_pass(&p->scan);
	return true;
}

bool yparse_next(struct yparse *p, struct yevent *e)
{
	switch ((enum state)p->state) {
	case AT_STREAM_START:
		return stream_start(p, e);
	case AT_IMPLICIT_DOCUMENT_START:
	case AT_DOCUMENT_START:
		return document_start(p, p->state == AT_IMPLICIT_DOCUMENT_START, e);
	case AT_DOCUMENT_CONTENT:
		return document_content(p, e);
	case AT_DOCUMENT_END:
		return document_end(p, e);
	case AT_BLOCK_NODE:
		return node(p, true, false, e);
	case AT_BLOCK_SEQUENCE_FIRST_ENTRY:
	case AT_BLOCK_SEQUENCE_ENTRY:
		return block_sequence_entry(p, p->state == AT_BLOCK_SEQUENCE_FIRST_ENTRY, e);
	case AT_INDENTLESS_SEQUENCE_ENTRY:
		return indentless_sequence_entry(p, e);
	case AT_BLOCK_MAPPING_FIRST_KEY:
	case AT_BLOCK_MAPPING_KEY:
		return block_mapping_key(p, p->state == AT_BLOCK_MAPPING_FIRST_KEY, e);
	case AT_BLOCK_MAPPING_VALUE:
		return block_mapping_value(p, e);
	case AT_FLOW_SEQUENCE_FIRST_ENTRY:
	case AT_FLOW_SEQUENCE_ENTRY:
		return flow_sequence_entry(p, p->state == AT_FLOW_SEQUENCE_FIRST_ENTRY, e);
	case AT_FLOW_SEQUENCE_ENTRY_MAPPING_KEY:
		return flow_sequence_entry_mapping_key(p, e);
	case AT_FLOW_SEQUENCE_ENTRY_MAPPING_VALUE:
		return flow_value(p, SET(FLOW_ENTRY) | SET(FLOW_SEQUENCE_END),
				  AT_FLOW_SEQUENCE_ENTRY_MAPPING_END, e);
	case AT_FLOW_SEQUENCE_ENTRY_MAPPING_END:
		return flow_sequence_entry_mapping_end(p, e);
	case AT_FLOW_MAPPING_FIRST_KEY:
	case AT_FLOW_MAPPING_KEY:
		return flow_mapping_key(p, p->state == AT_FLOW_MAPPING_FIRST_KEY, e);
	case AT_FLOW_MAPPING_VALUE:
		return flow_value(p, SET(FLOW_ENTRY) | SET(FLOW_MAPPING_END), AT_FLOW_MAPPING_KEY,
				  e);
	case AT_FLOW_MAPPING_EMPTY_VALUE:
		return flow_mapping_empty_value(p, e);
	case AT_END:
		*e = (struct yevent){ .type = YEVENT_STREAM_END };
		return true;
	}
	return false;
}
