/* crash_go.c - reports of Go programs: panics, fatal errors, and panics that somebody caught. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "crash_parts.h"
#include "np/base/mem.h"

static const struct {
	const char *says, *type;
} go_types[] = {
	{ "nil pointer dereference", "nil-deref" },
	{ "index out of range", "index-out-of-range" },
	{ "slice bounds out of range", "slice-bounds" },
	{ "assignment to entry in nil map", "nil-map-write" },
	{ "concurrent map", "concurrent-map" },
	{ "interface conversion", "type-assertion" },
	{ "integer divide by zero", "divide-by-zero" },
	{ "makeslice", "makeslice" },
	{ "close of closed channel", "closed-channel" },
	{ "send on closed channel", "closed-channel" },
	{ "close of nil channel", "nil-channel" },
	{ "all goroutines are asleep", "deadlock" },
	{ "stack overflow", "stack-overflow" },
	{ "goroutine stack exceeds", "stack-overflow" },
	{ "out of memory", "out-of-memory" },
	{ "hash of unhashable type", "unhashable" },
	{ "unexpected signal during runtime execution", "signal" },
	{ "negative shift amount", "negative-shift" },
};

void crash_go_type(struct np_str message, const char *fallback, char *buf, size_t size)
{
	char template[NP_TEMPLATE_MAX];

	for (size_t i = 0; i < NP_ARRAY_SIZE(go_types); i++)
		if (str_has(message, go_types[i].says)) {
			snprintf(buf, size, "%s", go_types[i].type);
			return;
		}
	np_log_template(message, template, sizeof(template));
	snprintf(buf, size, "%s:%s", fallback, template);
}

/* ---- stacks ---- */

/* "/go/src/x/y.go:12 +0x1d": where, not who. */
static bool is_file_line(struct np_str s)
{
	static const char *const tails[] = { ".go:", ".s:", "_testmain.go:", ".c:" };

	s = str_trim(s);
	for (size_t i = 0; i < NP_ARRAY_SIZE(tails); i++) {
		size_t at = str_find(s, tails[i]);

		if (at != SIZE_MAX && at + strlen(tails[i]) < s.n &&
		    isdigit((unsigned char)s.p[at + strlen(tails[i])]) &&
		    (str_has(s, "/") || s.n == str_until(s, ' ').n))
			return true;
	}
	return false;
}

/* Frames above these belong to whoever carries the news; the deepest of them is where it began. */
static bool is_origin(struct np_str s)
{
	static const char *const names[] = { "panic(",	       "runtime.gopanic(",
					     "runtime.panic",  "runtime.sigpanic(",
					     "runtime.throw(", "runtime.fatal",
					     "runtime.goPanic" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++)
		if (np_str_starts(s, names[i]))
			return true;
	return false;
}

static struct np_str bare_line(struct np_str text, size_t at, size_t *ret_next)
{
	struct log_line l;

	log_line_parse(log_line_at(text, at, ret_next), &l);
	return str_trim(l.prefixed && !l.json ? l.text : l.whole);
}

static bool is_header(struct np_str s)
{
	return np_str_starts(s, "goroutine ") && s.n > 2 && s.p[s.n - 1] == ':';
}

/* Things that stand between the message and the first goroutine, or between goroutines. */
static bool is_filling(struct np_str s)
{
	static const char *const starts[] = {
		"[signal ",	"panic: ",     "goroutine ", "created by ", "runtime stack:",
		"exit status ", "stacktrace=", ">",	     "[recovered]", "runtime: "
	};

	if (!s.n)
		return true;
	for (size_t i = 0; i < NP_ARRAY_SIZE(starts); i++)
		if (np_str_starts(s, starts[i]))
			return true;
	return false;
}

/* Stacks being read, line by line. */
struct stacks {
	struct np_crash *c;
	bool any;  /* a frame was there */
	bool over; /* the first goroutine with any has ended: further frames are not kept */
};

/* Is @s, whose next line is at @next, a function with its place behind it? *@ret_after: where that
 * ends. */
static bool is_frame(struct np_str text, struct np_str s, size_t next, size_t *ret_after)
{
	return next < text.n && !is_file_line(s) && is_file_line(bare_line(text, next, ret_after));
}

static void take_frame(struct stacks *k, struct np_str s)
{
	k->any = true;
	k->over |= np_str_starts(s, "created by ");
	if (k->over)
		return;
	if (is_origin(s))
		k->c->n_frames = 0;
	else
		crash_add_frame(k->c, s, FRAME_GO);
}

/*
 * "k8s.io/x@v1/y.go:12" and nothing else, as old versions of HandleCrash print a stack: the file is
 * all that is known of the function.
 */
static void take_place(struct stacks *k, struct np_str s)
{
	size_t at = str_find(s, ".go:");

	if (at == SIZE_MAX || k->any || !isalpha((unsigned char)s.p[0]) || !str_has(s, "/"))
		return;
	for (size_t i = at + 4; i < s.n; i++)
		if (!isdigit((unsigned char)s.p[i]))
			return;
	s.n = at + 3;
	if (np_str_is(s, "runtime/panic.go"))
		k->c->n_frames = 0;
	else
		crash_add_frame(k->c, s, FRAME_GO);
}

/* A line that is no frame; false when the stacks end before it. */
static bool take_other(struct stacks *k, struct np_str s)
{
	k->over |= k->any && (is_header(s) || np_str_starts(s, "created by "));
	if (k->any && np_str_starts(s, "panic: "))
		return false;
	if (!is_file_line(s))
		return is_filling(s);
	take_place(k, s);
	return true;
}

/* Frames of the first goroutine with any behind @at of @text. Returns where the stacks end. */
static size_t read_stack(struct np_str text, size_t at, struct np_crash *c)
{
	struct stacks k = { .c = c };
	size_t next, after;

	for (size_t n = 0; at < text.n && n < NP_CRASH_REPORT_LINES; at = next, n++) {
		struct np_str s = bare_line(text, at, &next);

		if (is_frame(text, s, next, &after)) {
			take_frame(&k, s);
			next = after;
		} else if (!take_other(&k, s)) {
			break;
		}
	}
	return at;
}

/* Escaped text of one line ("..\ngoroutine 1 [running]:\n..") as lines. */
static void unescape(struct np_str s, struct np_buf *ret)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\\' && i + 1 < s.n) {
			c = s.p[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		np_buf_addc(ret, c);
	}
}

/* A stack in the very line that tells of the panic. */
static bool read_inline_stack(struct np_str whole, struct np_crash *c)
{
	static const char *const marks[] = { "stacktrace\":\"", "stacktrace\": \"", "stacktrace=\"",
					     "\"stack\":\"", "\\ngoroutine " };
	size_t at = SIZE_MAX;
	struct np_buf b = { 0 };

	for (size_t i = 0; i < NP_ARRAY_SIZE(marks) && at == SIZE_MAX; i++) {
		at = str_find(whole, marks[i]);
		if (at != SIZE_MAX)
			at += i + 1 < NP_ARRAY_SIZE(marks) ? strlen(marks[i]) : 2;
	}
	if (at == SIZE_MAX)
		return false;
	unescape(str_from(whole, at), &b);
	if (b.len)
		read_stack((struct np_str){ b.data, b.len }, 0, c);
	np_buf_release(&b);
	return c->n_frames > 0;
}

/* ---- triggers ---- */

static void set_message(struct np_crash *c, struct np_str message, const char *fallback)
{
	str_copy(c->message, sizeof(c->message), message);
	crash_go_type(message, fallback, c->type, sizeof(c->type));
	if (strcmp(c->type, "out-of-memory") == 0)
		c->kind = NP_CRASH_OOM;
}

/* A panic that was caught and thrown again kills: "panic: .. [recovered]" soon after. */
static bool thrown_again(struct crash_at *at, size_t from)
{
	size_t next;

	for (int i = 0; i < 8 && from < at->log.n; i++, from = next) {
		struct np_str s = bare_line(at->log, from, &next);

		if (np_str_starts(s, "panic: "))
			return true;
		if (s.n)
			return false;
	}
	return false;
}

/* What stands behind "Observed a panic": the value, wherever the logger put it. */
static struct np_str panic_value(const struct log_line *l)
{
	static const char *const keys[] = { "panic=\"",	       "\"panic\":\"", "\"panic\":",
					    "panicGoValue=\"", "err=\"",       "error=\"" };

	for (size_t i = 0; i < NP_ARRAY_SIZE(keys); i++) {
		size_t at = str_find(l->whole, keys[i]);

		if (at != SIZE_MAX) {
			struct np_str s = str_from(l->whole, at + strlen(keys[i]));

			return str_until(s, '"');
		}
	}
	return l->text;
}

static bool is_observed(const struct log_line *l)
{
	return str_has(l->text, "Observed a panic") || str_has(l->text, "http: panic serving") ||
	       str_has(l->text, "panic recovered") || str_has(l->text, "recovered from panic") ||
	       str_has(l->text, "Recovered from panic") || str_has(l->text, "Caught panic") ||
	       (l->prefixed && l->level >= LEVEL_ERROR && str_has(l->text, "runtime error: ") &&
		(str_has(l->text, "panic") || str_has(l->text, "recover")));
}

static bool read_observed(struct crash_at *at, struct np_crash *ret)
{
	ret->kind = NP_CRASH_SURVIVED;
	set_message(ret, panic_value(&at->line), "explicit-panic");
	at->end = at->next;
	if (!read_inline_stack(at->line.whole, ret))
		at->end = read_stack(at->log, at->next, ret);
	/* The report of the end follows and says it all once more. */
	if (thrown_again(at, at->end)) {
		ret->kind = NP_CRASH_DIED;
		at->end = read_stack(at->log, at->end, ret);
	}
	return true;
}

/* "panic: text [recovered]" and, one line on, "\tpanic: text": the last is what killed. */
static bool read_panic(struct crash_at *at, struct np_crash *ret, size_t skip)
{
	struct np_str message = str_from(str_trim(at->line.text), skip);

	ret->kind = NP_CRASH_DIED;
	set_message(ret, message, "explicit-panic");
	at->end = read_stack(at->log, at->next, ret);
	return true;
}

/* A logger's own panic or fatal: the Go panic behind it only repeats it as an address. */
static bool read_logged(struct crash_at *at, struct np_crash *ret)
{
	bool panic = at->line.level == LEVEL_PANIC;

	ret->kind = NP_CRASH_DIED;
	set_message(ret, at->line.text, panic ? "explicit-panic" : "fatal");
	at->end = at->next;
	if (read_inline_stack(at->line.whole, ret))
		return true;
	at->end = read_stack(at->log, at->next, ret);
	if (!ret->n_frames && at->line.source.n)
		crash_add_frame(ret, at->line.source, FRAME_NATIVE);
	return true;
}

bool crash_read_go(struct crash_at *at, struct np_crash *ret)
{
	struct np_str text = str_trim(at->line.text);

	if (at->line.level == LEVEL_LOW)
		return false;
	if (is_observed(&at->line))
		return read_observed(at, ret);
	if (np_str_starts(text, "panic: "))
		return read_panic(at, ret, 7);
	if (np_str_starts(text, "fatal error: "))
		return read_panic(at, ret, 13);
	if (at->line.prefixed && at->line.level >= LEVEL_FATAL && !str_has(text, "assert failure"))
		return read_logged(at, ret);
	return false;
}
