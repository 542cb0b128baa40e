/* Label and field selectors. */
#include "select.h"

#include "np/parse/names.h"
#include "np/base/json.h"
#include "np/base/mem.h"

/* ---- label selectors: a lexer and one function per production ---- */

struct lexer {
	struct np_arena *arena;
	const char *text, *p;
	struct np_err *err;
};

enum token { END, WORD, COMMA, OPEN, CLOSE, BANG, EQ, NEQ, ABOVE, BELOW };

static bool word_char(char c)
{
	return c && !strchr(" \t\r\n,()!=<>", c);
}

/* *@ret_word: the text of a WORD. */
static enum token lex(struct lexer *l, struct np_str *ret_word)
{
	static const struct {
		const char *text;
		enum token token;
	} marks[] = { { "==", EQ },  { "!=", NEQ },  { "=", EQ },    { "!", BANG }, { ",", COMMA },
		      { "(", OPEN }, { ")", CLOSE }, { ">", ABOVE }, { "<", BELOW } };
	size_t n = 0;

	l->p += strspn(l->p, " \t\r\n");
	for (size_t i = 0; i < NP_ARRAY_SIZE(marks); i++) {
		size_t len = strlen(marks[i].text);

		if (strncmp(l->p, marks[i].text, len) == 0) {
			l->p += len;
			return marks[i].token;
		}
	}
	while (word_char(l->p[n]))
		n++;
	*ret_word = (struct np_str){ l->p, n };
	l->p += n;
	return n ? WORD : END;
}

static enum token peek(const struct lexer *l, struct np_str *ret_word)
{
	struct lexer ahead = *l;

	return lex(&ahead, ret_word);
}

static int refuse(struct lexer *l, const char *what)
{
	return np_err_set(l->err, NP_EUSAGE, "unable to parse requirement: %s in '%.200s'", what,
			  l->text);
}

static int check_name(struct lexer *l, enum np_name_rule rule, const char *field, const char *value)
{
	const char *why[NP_NAME_MAX_ERRORS];

	if (np_name_errors(rule, np_str_from(value), why) == 0)
		return 0;
	return np_err_set(l->err, NP_EUSAGE,
			  "unable to parse requirement: %s: Invalid value: \"%.100s\": %s", field,
			  value, why[0]);
}

static int add_value(struct lexer *l, struct np_select_term *t, struct np_str word)
{
	if (t->n_values == NP_SELECT_MAX_VALUES)
		return refuse(l, "too many values");
	if (t->n_values == 0)
		t->values = np_arena_array(l->arena, NP_SELECT_MAX_VALUES, sizeof(char *));
	t->values[t->n_values] = np_arena_str(l->arena, word).p;
	return check_name(l, NP_NAME_LABEL_VALUE, "values", t->values[t->n_values++]);
}

/* "(a, b,)": an empty element is the empty value. */
static int parse_set(struct lexer *l, struct np_select_term *t)
{
	struct np_str word;
	enum token tok;

	if (lex(l, &word) != OPEN)
		return refuse(l, "found no '(' after an operator");
	for (;;) {
		struct np_str value = NP_STR("");

		if (peek(l, &word) == WORD)
			lex(l, &value);
		if (add_value(l, t, value))
			return -1;
		tok = lex(l, &word);
		if (tok == CLOSE)
			return 0;
		if (tok != COMMA)
			return refuse(l, "expected ',' or ')'");
	}
}

static int parse_value(struct lexer *l, struct np_select_term *t)
{
	struct np_str word = NP_STR(""), value = NP_STR("");

	if (peek(l, &word) == WORD)
		lex(l, &value);
	return add_value(l, t, value);
}

static int parse_operator(struct lexer *l, struct np_select_term *t)
{
	struct np_str word;

	switch (peek(l, &word)) {
	case END:
	case COMMA:
		t->op = NP_SEL_EXISTS;
		return 0;
	case EQ:
		lex(l, &word);
		t->op = NP_SEL_IN;
		return parse_value(l, t);
	case NEQ:
		lex(l, &word);
		t->op = NP_SEL_NOT_IN;
		return parse_value(l, t);
	case ABOVE:
	case BELOW:
		t->op = lex(l, &word) == ABOVE ? NP_SEL_ABOVE : NP_SEL_BELOW;
		if (parse_value(l, t))
			return -1;
		return np_str_u64(np_str_from(t->values[0]), INT64_MAX, &(unsigned long long){ 0 })
			       ? 0
			       : refuse(l, "not an integer");
	case WORD:
		lex(l, &word);
		if (!np_str_is(word, "in") && !np_str_is(word, "notin"))
			return refuse(l, "expected 'in', 'notin', '=', '==', '!=', 'gt', 'lt'");
		t->op = np_str_is(word, "in") ? NP_SEL_IN : NP_SEL_NOT_IN;
		return parse_set(l, t);
	default:
		return refuse(l, "expected an operator");
	}
}

static int parse_label_term(struct lexer *l, struct np_select_term *t)
{
	struct np_str word = { 0 };
	enum token tok = lex(l, &word);
	bool absent = tok == BANG;

	if (absent)
		tok = lex(l, &word);
	if (tok != WORD)
		return refuse(l, "expected an identifier");
	t->key = np_arena_str(l->arena, word).p;
	if (check_name(l, NP_NAME_QUALIFIED, "key", t->key))
		return -1;
	if (!absent)
		return parse_operator(l, t);
	t->op = NP_SEL_ABSENT;
	return 0;
}

static int parse_labels(const char *text, struct np_select *s, struct np_err *err)
{
	struct lexer l = { .arena = &s->arena, .text = text, .p = text, .err = err };
	struct np_str word;

	l.p += strspn(l.p, " \t\r\n");
	if (!*l.p)
		return 0;
	s->labels = np_arena_array(&s->arena, NP_SELECT_MAX, sizeof(*s->labels));
	for (;;) {
		enum token tok;

		if (s->n_labels == NP_SELECT_MAX)
			return refuse(&l, "too many requirements");
		if (parse_label_term(&l, &s->labels[s->n_labels++]))
			return -1;
		tok = lex(&l, &word);
		if (tok == END && !*l.p)
			return 0;
		if (tok != COMMA)
			return refuse(&l, "expected ',' or the end");
	}
}

/*
 * ---- field selectors: key=value, key==value, key!=value, with commas; no spaces are trimmed ----
 */

static const char *const common_fields[] = { "metadata.name", "metadata.namespace", NULL };
static const char *const pod_fields[] = { "spec.nodeName",
					  "spec.restartPolicy",
					  "spec.schedulerName",
					  "spec.serviceAccountName",
					  "spec.hostNetwork",
					  "status.phase",
					  "status.podIP",
					  "status.nominatedNodeName",
					  NULL };
static const char *const event_fields[] = { "involvedObject.kind",
					    "involvedObject.namespace",
					    "involvedObject.name",
					    "involvedObject.uid",
					    "involvedObject.apiVersion",
					    "involvedObject.resourceVersion",
					    "involvedObject.fieldPath",
					    "reason",
					    "reportingComponent",
					    "source",
					    "type",
					    NULL };
static const char *const namespace_fields[] = { "status.phase", NULL };
static const char *const node_fields[] = { "spec.unschedulable", NULL };
static const char *const service_fields[] = { "spec.clusterIP", "spec.type", NULL };

static const char *const *const kind_fields[NP_N_KINDS] = {
	[NP_KIND_POD] = pod_fields,
	[NP_KIND_EVENT] = event_fields,
	[NP_KIND_NAMESPACE] = namespace_fields,
	[NP_KIND_NODE] = node_fields,
	[NP_KIND_SERVICE] = service_fields,
};

static bool in_list(const char *const *list, const char *s)
{
	for (; list && *list; list++) {
		if (strcmp(*list, s) == 0)
			return true;
	}
	return false;
}

/* The text up to an unescaped comma, escapes (\, \= \\) taken away. */
static struct np_str field_value(struct np_arena *arena, const char **p)
{
	char *out = np_arena_alloc(arena, strlen(*p) + 1);
	size_t n = 0;

	for (; **p && **p != ','; (*p)++) {
		if (**p == '\\' && (*p)[1] && strchr(",=\\", (*p)[1]))
			(*p)++;
		out[n++] = **p;
	}
	return (struct np_str){ out, n };
}

static int parse_field_term(enum np_kind_id kind, struct np_select *s, const char **p,
			    struct np_err *err)
{
	struct np_select_term *t = &s->fields[s->n_fields];
	size_t n = strcspn(*p, "=!,");
	const char *op = *p + n;

	t->key = np_arena_str(&s->arena, (struct np_str){ *p, n }).p;
	t->op = *op == '!' ? NP_SEL_NOT_IN : NP_SEL_IN;
	if (n == 0 || (*op == '!' ? op[1] != '=' : *op != '='))
		return np_err_set(err, NP_EUSAGE,
				  "invalid selector: '%.200s'; can't understand '%.100s'", *p, *p);
	*p = op + (*op == '!' || op[1] == '=' ? 2 : 1);
	t->values = np_arena_array(&s->arena, 1, sizeof(char *));
	t->values[0] = field_value(&s->arena, p).p;
	t->n_values = 1;
	if (!in_list(common_fields, t->key) && !in_list(kind_fields[kind], t->key))
		return np_err_set(err, NP_EUSAGE,
				  "\"%.100s\" is not a known field selector: only "
				  "\"metadata.name\", \"metadata.namespace\"",
				  t->key);
	s->n_fields++;
	return 0;
}

static int parse_fields(enum np_kind_id kind, const char *text, struct np_select *s,
			struct np_err *err)
{
	const char *p = text;

	s->fields = np_arena_array(&s->arena, NP_SELECT_MAX, sizeof(*s->fields));
	while (*p) {
		if (*p == ',') {
			p++;
			continue;
		}
		if (s->n_fields == NP_SELECT_MAX)
			return np_err_set(err, NP_EUSAGE, "a field selector of more than %d terms",
					  NP_SELECT_MAX);
		if (parse_field_term(kind, s, &p, err))
			return -1;
	}
	return 0;
}

int np_select_parse(enum np_kind_id kind, const char *labels, const char *fields,
		    struct np_select *ret, struct np_err *err)
{
	struct np_select s = { 0 };

	if ((labels && *labels && parse_labels(labels, &s, err)) ||
	    (fields && *fields && parse_fields(kind, fields, &s, err))) {
		np_arena_release(&s.arena);
		return -1;
	}
	*ret = s;
	return 0;
}

void np_select_release(struct np_select *s)
{
	np_arena_release(&s->arena);
	*s = (struct np_select){ 0 };
}

/* ---- matching ---- */

static bool has_value(const struct np_select_term *t, const char *v)
{
	for (size_t i = 0; i < t->n_values; i++) {
		if (strcmp(t->values[i], v) == 0)
			return true;
	}
	return false;
}

static bool compares(const struct np_select_term *t, const char *v)
{
	unsigned long long have, want;

	if (!v || !np_str_u64(np_str_from(v), INT64_MAX, &have) ||
	    !np_str_u64(np_str_from(t->values[0]), INT64_MAX, &want))
		return false;
	return t->op == NP_SEL_ABOVE ? have > want : have < want;
}

/* @v: the value, or NULL when the label is absent. */
static bool term_matches(const struct np_select_term *t, const char *v)
{
	switch (t->op) {
	case NP_SEL_IN:
		return v && has_value(t, v);
	case NP_SEL_NOT_IN:
		return !v || !has_value(t, v);
	case NP_SEL_EXISTS:
		return v;
	case NP_SEL_ABSENT:
		return !v;
	default:
		return compares(t, v);
	}
}

/* A field as text; absent is "" as in the API server. */
static const char *field_text(const json_t *object, const char *key, char *buf, size_t size)
{
	json_t *v;

	if (strcmp(key, "source") == 0)
		key = "source.component";
	for (size_t i = 0; i + 1 < size && (buf[i] = key[i] == '.' ? '/' : key[i]); i++)
		buf[i + 1] = '\0';
	v = np_json_at(object, buf);
	if (json_is_boolean(v))
		return json_is_true(v) ? "true" : "false";
	if (!v && strstr(key, "unschedulable"))
		return "false";
	if (!v && strstr(key, "hostNetwork"))
		return "false";
	return json_is_string(v) ? json_string_value(v) : "";
}

bool np_select_match(const struct np_select *s, const json_t *object)
{
	const json_t *labels = np_json_at(object, "metadata/labels");
	char buf[64];

	for (size_t i = 0; i < s->n_labels; i++) {
		if (!term_matches(&s->labels[i],
				  json_string_value(json_object_get(labels, s->labels[i].key))))
			return false;
	}
	for (size_t i = 0; i < s->n_fields; i++) {
		if (!term_matches(&s->fields[i],
				  field_text(object, s->fields[i].key, buf, sizeof(buf))))
			return false;
	}
	return true;
}
