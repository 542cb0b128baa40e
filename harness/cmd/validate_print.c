/* validate_print.c - findings under the line they are about, and as JSON. */
#include "validate.h"

#include <stdio.h>

#include "np/base/mem.h"
#include "np/base/utf8.h"
#include "np/parse/lint.h"

#define SHOWN_CHARS 96	/* of a line */

/* Line @n of @text, from 1; empty when there is none. */
static struct np_str line_of(struct np_str text, unsigned n)
{
	const char *p = text.p, *end = np_str_end(text), *stop;

	for (; n > 1 && p && p < end; n--) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : end;
	}
	if (!p || p >= end)
		return NP_STR("");
	stop = memchr(p, '\n', (size_t)(end - p));
	return (struct np_str){ p, (size_t)((stop ? stop : end) - p) };
}

static size_t char_length(struct np_str s)
{
	uint32_t c;
	size_t n = np_utf8_decode(s.p, s.n, &c);

	return n ? n : 1;
}

/* Prints a part of the line around @column and a caret below that column. */
static void show_line(struct np_str line, unsigned number, unsigned column)
{
	struct np_buf text = { 0 }, caret = { 0 };
	unsigned first = column > SHOWN_CHARS / 2 ? column - SHOWN_CHARS / 2 : 1, at = 1;

	np_buf_adds(&text, first > 1 ? ".." : "");
	np_buf_adds(&caret, first > 1 ? "  " : "");
	for (size_t n; line.n && at < first + SHOWN_CHARS;
	     line = (struct np_str){ line.p + n, line.n - n }, at++) {
		struct np_buf one = { 0 };

		n = char_length(line);
		if (at < first)
			continue;
		if (*line.p == '\t')
			np_buf_addc(&one, ' ');
		else if (*line.p != '\r')
			np_buf_printable(&one, (struct np_str){ line.p, n });
		np_buf_add(&text, np_buf_text(&one), one.len);
		for (size_t i = 0; at < column && i < (n > 1 ? 1 : one.len); i++)
			np_buf_addc(&caret, ' ');
		np_buf_release(&one);
	}
	printf("  %5u | %s%s\n        | %s^\n", number, np_buf_text(&text), line.n ? ".." : "",
	       np_buf_text(&caret));
	np_buf_release(&text);
	np_buf_release(&caret);
}

static void print_printable(struct np_str s)
{
	struct np_buf b = { 0 };

	np_buf_printable(&b, s);
	fputs(np_buf_text(&b), stdout);
	np_buf_release(&b);
}

static void print_place(const struct validate_file *f, const struct np_place *place)
{
	printf("%s:", f->path);
	if (place->line)
		printf("%u:%u:", place->line, place->column);
}

static void print_finding(const struct validate_file *f, const struct np_finding *x,
			  const char *what)
{
	print_place(f, &x->place);
	printf(" %s: ", what);
	/* What is strict about a field names it itself. */
	if (x->field.n && x->type != NP_FINDING_UNKNOWN_FIELD &&
	    x->type != NP_FINDING_DUPLICATE_FIELD) {
		print_printable(x->field);
		fputs(": ", stdout);
	}
	print_printable(x->msg);
	putchar('\n');
	if (x->place.line)
		show_line(line_of(f->text, x->place.line), x->place.line, x->place.column);
	if (x->advice.n) {
		fputs("          ", stdout);
		print_printable(x->advice);
		putchar('\n');
	}
}

void validate_print(const struct validate_file *f, const struct np_validation *v)
{
	struct np_buf name = { 0 };

	for (size_t i = 0; i < v->n_findings; i++)
		print_finding(f, &v->findings[i], "error");
	for (size_t i = 0; i < v->n_warnings; i++)
		print_finding(f, &v->warnings[i], "warning");
	np_buf_printable(&name, v->name.n ? v->name : NP_STR("(no name)"));
	if (v->stage == NP_STAGE_SKIPPED)
		printf("%s:%u: skipped: not a NetworkPolicy\n", f->path, v->line);
	else if (v->stage == NP_STAGE_ACCEPT)
		printf("%s:%u: %s: accepted, policyTypes " NP_STR_FMT "\n", f->path, v->line,
		       np_buf_text(&name), NP_STR_ARG(v->policy_types));
	else if (v->http)
		printf("%s:%u: %s: rejected, stage %s, HTTP %d\n", f->path, v->line,
		       np_buf_text(&name), np_stage_name(v->stage), v->http);
	else
		printf("%s:%u: rejected by kubectl, nothing is sent\n", f->path, v->line);
	np_buf_release(&name);
}

void validate_print_note(const struct validate_file *f, const struct np_lint_note *note)
{
	print_place(f, &note->place);
	printf(" lint: ");
	print_printable(note->msg);
	printf(" [%s]\n", np_lint_rule_name(note->rule));
	if (note->place.line)
		show_line(line_of(f->text, note->place.line), note->place.line,
			  note->place.column);
}

void validate_print_server(const struct validate_file *f, const struct np_validation *v,
			   const struct validate_server *s)
{
	if (s->differences.len)
		printf("%s:%u: the server differs:\n%s", f->path, v->line,
		       np_buf_text(&s->differences));
}

/* ---- JSON ---- */

static json_t *errors_json(const struct np_validation *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n_findings; i++) {
		const struct np_finding *x = &v->findings[i];

		json_array_append_new(
			list, np_json_pack("{s:s, s:o, s:o}", "type", np_finding_type_name(x->type),
					   "field", x->field.n ? np_json_string(x->field) : json_null(),
					   "message", np_json_string(x->msg)));
	}
	return list;
}

static json_t *warnings_json(const struct np_validation *v)
{
	struct np_arena arena = { 0 };
	json_t *list = json_array();
	struct np_str *sent;
	size_t n = np_validation_sent_warnings(v, &arena, &sent);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, np_json_string(sent[i]));
	np_arena_release(&arena);
	return list;
}

static json_t *parsed(struct np_str text)
{
	json_t *v = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	return v ? v : json_null();
}

static json_t *defaulted_json(const struct np_validation *v)
{
	if (v->stage != NP_STAGE_ACCEPT)
		return json_null();
	return np_json_pack("{s:o, s:o}", "policyTypes", parsed(v->policy_types), "spec",
			    parsed(v->spec));
}

json_t *validate_json(const struct validate_file *f, const struct np_validation *v,
		      const struct validate_server *s)
{
	const char *verdict = v->stage == NP_STAGE_ACCEPT    ? "accept"
			      : v->stage == NP_STAGE_SKIPPED ? "skipped"
							     : "reject";
	json_t *o = np_json_pack("{s:o, s:i, s:s, s:s, s:i, s:o, s:o, s:o}", "file",
				 np_json_string(np_str_from(f->path)), "document", (int)v->document,
				 "verdict", verdict, "stage", np_stage_name(v->stage), "http", v->http,
				 "errors", errors_json(v), "warnings", warnings_json(v), "defaulted",
				 defaulted_json(v));

	if (s && s->asked)
		json_object_set_new(o, "differences",
				    np_json_string((struct np_str){ np_buf_text(&s->differences),
								    s->differences.len }));
	return o;
}
