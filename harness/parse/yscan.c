/* yscan.c - which token comes next: indentation, flow levels and simple keys. */
#include "yscan.h"

#include "np/base/mem.h"

#define MAX_KEY_CHARS 1024

static const char no_colon[] = "could not find expected ':' while scanning a simple key";

void yscan_init(struct yscan *s, struct np_str source, struct np_arena *arena, const char *file,
		struct np_err *err)
{
	*s = (struct yscan){ .arena = arena, .file = file, .err = err, .indent = -1 };
	ytext_init(&s->text, source, arena);
}

void yscan_release(struct yscan *s)
{
	np_buf_release(&s->scratch);
	np_buf_release(&s->breaks);
	free(s->tokens);
	free(s->indents);
	free(s->keys);
}

bool yscan_fail(struct yscan *s, const struct ymark *mark, const char *problem)
{
	np_err_set(s->err, NP_EPARSE, "%s", problem);
	np_err_at(s->err, s->file, mark->line + 1, mark->column + 1);
	return false;
}

/* The place of a bad character is where reading stands, not where scanning does. */
bool yscan_text_failed(struct yscan *s)
{
	struct ymark at = yscan_mark(s);

	for (const unsigned char *p = s->text.at; p < s->text.limit; p += ytext_width(*p)) {
		at.column++;
		if (*p == '\n') {
			at.line++;
			at.column = 0;
		}
	}
	return yscan_fail(s, &at, s->text.problem);
}

bool yscan_fail_here(struct yscan *s, const char *problem)
{
	struct ymark at = yscan_mark(s);

	return yscan_fail(s, &at, problem);
}

/* Puts a token behind the last waiting one, or at place @at of those when it is not negative. */
static void insert(struct yscan *s, ptrdiff_t at, const struct ytoken *token)
{
	struct ytoken *queue;

	if (s->tokens_head && s->tokens_end == s->cap_tokens) {
		memmove(s->tokens, s->tokens + s->tokens_head,
			(s->tokens_end - s->tokens_head) * sizeof(*s->tokens));
		s->tokens_end -= s->tokens_head;
		s->tokens_head = 0;
	}
	s->tokens = np_grow(s->tokens, &s->cap_tokens, s->tokens_end, sizeof(*s->tokens));
	s->tokens[s->tokens_end++] = *token;
	if (at < 0)
		return;
	queue = s->tokens + s->tokens_head;
	memmove(queue + at + 1, queue + at,
		(s->tokens_end - s->tokens_head - 1 - (size_t)at) * sizeof(*queue));
	queue[at] = *token;
}

static void insert_mark(struct yscan *s, ptrdiff_t at, enum ytoken_type type,
			const struct ymark *mark)
{
	const struct ytoken token = { .type = (uint8_t)type, .start = *mark, .end = *mark };

	insert(s, at, &token);
}

/* A token of @n characters from here on. */
static void insert_indicator(struct yscan *s, enum ytoken_type type, unsigned n)
{
	struct ytoken token = { .type = (uint8_t)type, .start = yscan_mark(s) };

	while (n--)
		ytext_skip(&s->text);
	token.end = yscan_mark(s);
	insert(s, -1, &token);
}

/* ---- simple keys ---- */

static struct ysimple_key *top_key(struct yscan *s)
{
	return &s->keys[s->flow_level];
}

static size_t next_token_number(const struct yscan *s)
{
	return s->tokens_parsed + (s->tokens_end - s->tokens_head);
}

/* 1, 0, -1 with the error set. */
static int key_is_valid(struct yscan *s, struct ysimple_key *k)
{
	if (!k->possible)
		return 0;
	if (k->mark.line < s->text.line || k->mark.index + MAX_KEY_CHARS < s->text.index) {
		if (k->required) {
			yscan_fail(s, &k->mark, no_colon);
			return -1;
		}
		k->possible = false;
		return 0;
	}
	return 1;
}

static bool remove_key(struct yscan *s)
{
	struct ysimple_key *k = top_key(s);

	if (!k->possible)
		return true;
	if (k->required)
		return yscan_fail(s, &k->mark, no_colon);
	k->possible = k->mapped = false;
	return true;
}

static bool save_key(struct yscan *s)
{
	bool required = !s->flow_level && s->indent == (int)s->text.column;

	if (!s->simple_key_allowed)
		return true;
	if (!remove_key(s))
		return false;
	*top_key(s) = (struct ysimple_key){
		.possible = true,
		.required = required,
		.mapped = true,
		.token_number = next_token_number(s),
		.mark = yscan_mark(s),
	};
	if (s->first_key > s->flow_level)
		s->first_key = s->flow_level;
	return true;
}

static bool increase_flow_level(struct yscan *s)
{
	if (++s->flow_level > YSCAN_MAX_DEPTH) {
		s->flow_level--;
		return yscan_fail_here(s, "exceeded max depth of 10000");
	}
	s->keys = np_grow(s->keys, &s->cap_keys, s->flow_level, sizeof(*s->keys));
	s->keys[s->flow_level] = (struct ysimple_key){ .token_number = next_token_number(s) };
	return true;
}

/*
 * go-yaml forgets by token number. An empty collection's level still has the number that the
 * collection itself has as a simple key, and that one is forgotten with it.
 */
static void decrease_flow_level(struct yscan *s)
{
	size_t number = top_key(s)->token_number;

	if (!s->flow_level)
		return;
	s->flow_level--;
	if (top_key(s)->token_number == number)
		top_key(s)->mapped = false;
	if (s->first_key > s->flow_level)
		s->first_key = s->flow_level;
}

/* The key that the first waiting token may turn out to be; NULL when it is none. */
static struct ysimple_key *head_key(struct yscan *s)
{
	for (; s->first_key <= s->flow_level; s->first_key++) {
		struct ysimple_key *k = &s->keys[s->first_key];

		if (k->mapped && k->token_number >= s->tokens_parsed)
			return k->token_number == s->tokens_parsed ? k : NULL;
	}
	return NULL;
}

/* ---- indentation ---- */

static bool roll_indent(struct yscan *s, int column, ptrdiff_t at, enum ytoken_type type,
			const struct ymark *mark)
{
	if (s->flow_level || s->indent >= column)
		return true;
	s->indents = np_grow(s->indents, &s->cap_indents, s->n_indents, sizeof(*s->indents));
	s->indents[s->n_indents++] = s->indent;
	s->indent = column;
	if (s->n_indents > YSCAN_MAX_DEPTH)
		return yscan_fail_here(s, "exceeded max depth of 10000");
	insert_mark(s, at, type, mark);
	return true;
}

static void unroll_indent(struct yscan *s, int column)
{
	const struct ymark here = yscan_mark(s);

	if (s->flow_level)
		return;
	while (s->indent > column) {
		insert_mark(s, -1, YTOKEN_BLOCK_END, &here);
		s->indent = s->indents[--s->n_indents];
	}
}

/* ---- tokens ---- */

static bool fetch_stream_start(struct yscan *s)
{
	const struct ymark here = yscan_mark(s);

	s->keys = np_grow(s->keys, &s->cap_keys, 0, sizeof(*s->keys));
	s->keys[0] = (struct ysimple_key){ 0 };
	s->simple_key_allowed = s->started = true;
	insert_mark(s, -1, YTOKEN_STREAM_START, &here);
	return true;
}

static bool fetch_stream_end(struct yscan *s)
{
	struct ymark here;

	if (s->text.column) {
		s->text.column = 0;
		s->text.line++;
	}
	unroll_indent(s, -1);
	if (!remove_key(s))
		return false;
	s->simple_key_allowed = false;
	here = yscan_mark(s);
	insert_mark(s, -1, YTOKEN_STREAM_END, &here);
	return true;
}

static bool fetch_directive(struct yscan *s)
{
	struct ytoken token;

	unroll_indent(s, -1);
	if (!remove_key(s))
		return false;
	s->simple_key_allowed = false;
	if (!yscan_directive(s, &token))
		return false;
	insert(s, -1, &token);
	return true;
}

static bool fetch_document_indicator(struct yscan *s, enum ytoken_type type)
{
	unroll_indent(s, -1);
	if (!remove_key(s))
		return false;
	s->simple_key_allowed = false;
	insert_indicator(s, type, 3);
	return true;
}

static bool fetch_flow_start(struct yscan *s, enum ytoken_type type)
{
	if (!save_key(s) || !increase_flow_level(s))
		return false;
	s->simple_key_allowed = true;
	insert_indicator(s, type, 1);
	return true;
}

static bool fetch_flow_end(struct yscan *s, enum ytoken_type type)
{
	if (!remove_key(s))
		return false;
	decrease_flow_level(s);
	s->simple_key_allowed = false;
	insert_indicator(s, type, 1);
	return true;
}

static bool fetch_flow_entry(struct yscan *s)
{
	if (!remove_key(s))
		return false;
	s->simple_key_allowed = true;
	insert_indicator(s, YTOKEN_FLOW_ENTRY, 1);
	return true;
}

/* In block context a new collection may start here, which starts at this column. */
static bool start_block(struct yscan *s, enum ytoken_type type, const char *problem)
{
	const struct ymark here = yscan_mark(s);

	if (s->flow_level)
		return true;
	if (!s->simple_key_allowed)
		return yscan_fail_here(s, problem);
	return roll_indent(s, (int)here.column, -1, type, &here);
}

static bool fetch_block_entry(struct yscan *s)
{
	if (!start_block(s, YTOKEN_BLOCK_SEQUENCE_START,
			 "block sequence entries are not allowed in this context") ||
	    !remove_key(s))
		return false;
	s->simple_key_allowed = true;
	insert_indicator(s, YTOKEN_BLOCK_ENTRY, 1);
	return true;
}

static bool fetch_key(struct yscan *s)
{
	if (!start_block(s, YTOKEN_BLOCK_MAPPING_START,
			 "mapping keys are not allowed in this context") ||
	    !remove_key(s))
		return false;
	s->simple_key_allowed = !s->flow_level;
	insert_indicator(s, YTOKEN_KEY, 1);
	return true;
}

/* A waiting token turns out to be a key: KEY goes before it, and maybe the map's start. */
static bool confirm_key(struct yscan *s, struct ysimple_key *k)
{
	const struct ytoken key = { .type = YTOKEN_KEY, .start = k->mark, .end = k->mark };
	ptrdiff_t at = (ptrdiff_t)(k->token_number - s->tokens_parsed);

	insert(s, at, &key);
	if (!roll_indent(s, (int)k->mark.column, at, YTOKEN_BLOCK_MAPPING_START, &k->mark))
		return false;
	k->possible = k->mapped = false;
	s->simple_key_allowed = false;
	return true;
}

static bool fetch_value(struct yscan *s)
{
	struct ysimple_key *k = top_key(s);
	int valid = key_is_valid(s, k);

	if (valid < 0 || (valid && !confirm_key(s, k)))
		return false;
	if (!valid) {
		if (!start_block(s, YTOKEN_BLOCK_MAPPING_START,
				 "mapping values are not allowed in this context"))
			return false;
		s->simple_key_allowed = !s->flow_level;
	}
	insert_indicator(s, YTOKEN_VALUE, 1);
	return true;
}

/* What may itself be a simple key: anchors, aliases, tags, flow and plain scalars. */
static bool fetch_part(struct yscan *s)
{
	struct ytoken token;
	bool ok;

	if (!save_key(s))
		return false;
	s->simple_key_allowed = false;
	switch (*s->text.at) {
	case '*':
		ok = yscan_anchor(s, YTOKEN_ALIAS, &token);
		break;
	case '&':
		ok = yscan_anchor(s, YTOKEN_ANCHOR, &token);
		break;
	case '!':
		ok = yscan_tag(s, &token);
		break;
	case '\'':
	case '"':
		ok = yscan_quoted(s, *s->text.at == '\'', &token);
		break;
	default:
		ok = yscan_plain(s, &token);
	}
	if (ok)
		insert(s, -1, &token);
	return ok;
}

static bool fetch_block_scalar(struct yscan *s)
{
	struct ytoken token;

	if (!remove_key(s))
		return false;
	s->simple_key_allowed = true;
	if (!yscan_block(s, *s->text.at == '|', &token))
		return false;
	insert(s, -1, &token);
	return true;
}

bool yscan_skip_blanks(struct yscan *s)
{
	while (y_is_blank(s->text.at)) {
		ytext_skip(&s->text);
		if (!yscan_have(s, 1))
			return false;
	}
	return true;
}

bool yscan_skip_comment(struct yscan *s)
{
	if (*s->text.at != '#')
		return true;
	while (!y_is_breakz(s->text.at)) {
		ytext_skip(&s->text);
		if (!yscan_have(s, 1))
			return false;
	}
	return true;
}

/* go-yaml looks for the mark at the start of its buffer, wherever it reads. */
static bool bom_stands_first(const struct yscan *s)
{
	return !s->text.column && memcmp(s->text.base, "\xEF\xBB\xBF", 3) == 0;
}

static bool scan_to_next_token(struct yscan *s)
{
	for (;;) {
		if (!yscan_have(s, 1))
			return false;
		if (bom_stands_first(s))
			ytext_skip(&s->text);
		if (!yscan_have(s, 1))
			return false;
		/* A tab must not indent what could be a key. */
		while (*s->text.at == ' ' ||
		       (*s->text.at == '\t' && (s->flow_level || !s->simple_key_allowed))) {
			ytext_skip(&s->text);
			if (!yscan_have(s, 1))
				return false;
		}
		if (!yscan_skip_comment(s))
			return false;
		if (!y_is_break(s->text.at))
			return true;
		if (!yscan_have(s, 2))
			return false;
		ytext_skip_line(&s->text);
		if (!s->flow_level)
			s->simple_key_allowed = true;
	}
}

static bool is_document_indicator(const struct yscan *s, char c)
{
	const unsigned char *p = s->text.at;

	return !s->text.column && p[0] == c && p[1] == c && p[2] == c && y_is_blankz(p + 3);
}

/* Whether a plain scalar can start at @p, which is none of the indicators that were tried. */
static bool starts_plain(const struct yscan *s, const unsigned char *p)
{
	if (*p == '-')
		return !y_is_blank(p + 1);
	if (*p == '?' || *p == ':')
		return !s->flow_level && !y_is_blankz(p + 1);
	return !y_is_blankz(p) && !strchr(",[]{}#&*!|>'\"%@`", *p);
}

static bool fetch_by_character(struct yscan *s)
{
	const unsigned char *p = s->text.at;
	bool spaced;

	switch (*p) {
	case '[':
		return fetch_flow_start(s, YTOKEN_FLOW_SEQUENCE_START);
	case '{':
		return fetch_flow_start(s, YTOKEN_FLOW_MAPPING_START);
	case ']':
		return fetch_flow_end(s, YTOKEN_FLOW_SEQUENCE_END);
	case '}':
		return fetch_flow_end(s, YTOKEN_FLOW_MAPPING_END);
	case ',':
		return fetch_flow_entry(s);
	case '*':
	case '&':
	case '!':
	case '\'':
	case '"':
		return fetch_part(s);
	case '|':
	case '>':
		if (!s->flow_level)
			return fetch_block_scalar(s);
		break;
	case '-':
	case '?':
	case ':':
		spaced = y_is_blankz(p + 1);
		if (*p == '-' && spaced)
			return fetch_block_entry(s);
		if (*p == '?' && (s->flow_level || spaced))
			return fetch_key(s);
		if (*p == ':' && (s->flow_level || spaced))
			return fetch_value(s);
		break;
	}
	if (starts_plain(s, p))
		return fetch_part(s);
	return yscan_fail_here(s, "found character that cannot start any token while scanning for "
			    "the next token");
}

static bool fetch_next_token(struct yscan *s)
{
	if (!yscan_have(s, 1))
		return false;
	if (!s->started)
		return fetch_stream_start(s);
	if (!scan_to_next_token(s))
		return false;
	unroll_indent(s, (int)s->text.column);
	if (!yscan_have(s, 4))
		return false;
	if (!*s->text.at)
		return fetch_stream_end(s);
	if (!s->text.column && *s->text.at == '%')
		return fetch_directive(s);
	if (is_document_indicator(s, '-'))
		return fetch_document_indicator(s, YTOKEN_DOCUMENT_START);
	if (is_document_indicator(s, '.'))
		return fetch_document_indicator(s, YTOKEN_DOCUMENT_END);
	return fetch_by_character(s);
}

/* Reads on until it is known whether the first waiting token is a key. */
static bool fetch_more_tokens(struct yscan *s)
{
	for (;;) {
		if (s->tokens_head != s->tokens_end) {
			struct ysimple_key *k = head_key(s);
			int valid = k ? key_is_valid(s, k) : 0;

			if (valid < 0)
				return false;
			if (!valid)
				return true;
		}
		if (!fetch_next_token(s))
			return false;
	}
}

struct ytoken *yscan_peek(struct yscan *s)
{
	if (!s->token_available && !fetch_more_tokens(s))
		return NULL;
	s->token_available = true;
	return &s->tokens[s->tokens_head];
}

void yscan_pass(struct yscan *s)
{
	s->token_available = false;
	s->tokens_parsed++;
	s->ended = s->tokens[s->tokens_head++].type == YTOKEN_STREAM_END;
}
