/* crash_native.c - reports of C, C++, Rust, Python and the kernel. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "crash_parts.h"
#include "np/base/mem.h"

static void set_type(struct np_crash *c, const char *prefix, struct np_str what)
{
	char text[NP_CRASH_TYPE_MAX];

	str_copy(text, sizeof(text), str_trim(what));
	snprintf(c->type, sizeof(c->type), "%.20s%.*s", prefix, NP_CRASH_TYPE_MAX - 24, text);
}

/* The file's own name, without its folders: they differ between builds. */
static struct np_str base_name(struct np_str path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? str_from(path, (size_t)(slash - path.p) + 1) : path;
}

static struct np_str line_behind(struct np_str log, size_t at, size_t *ret_next)
{
	struct log_line l;

	log_line_parse(log_line_at(log, at, ret_next), &l);
	return l.prefixed && !l.json ? l.text : l.whole;
}

/*
 * Numbered frames behind the first line: the first stack counts. Other lines are passed over until
 * the frames begin (at most @before of them); the first line behind the frames that is none ends
 * them.
 */
static void read_numbered(struct crash_at *at, struct np_crash *c, int before)
{
	size_t pos = at->next, next, n_lines = 0;
	bool any = false;

	at->end = at->next;
	for (; pos < at->log.n && n_lines < NP_CRASH_REPORT_LINES; pos = next, n_lines++) {
		struct np_str s = line_behind(at->log, pos, &next), name = crash_numbered_frame(s);

		if (name.n) {
			any = true;
			crash_add_frame(c, name, FRAME_NATIVE);
			at->end = next;
		} else if (any && np_str_starts(str_trim(s), "at ")) {
			at->end = next; /* Rust: the place of the frame above */
		} else if (any || before-- <= 0) {
			break;
		}
	}
}

/* ---- sanitizers ---- */

static const struct {
	const char *mark, *prefix;
	enum np_crash_kind kind;
} sanitizers[] = {
	{ "ERROR: AddressSanitizer: ", "asan:", NP_CRASH_DIED },
	{ "ERROR: HWAddressSanitizer: ", "hwasan:", NP_CRASH_DIED },
	{ "ERROR: LeakSanitizer: ", "lsan:", NP_CRASH_LEAK },
	{ "WARNING: MemorySanitizer: ", "msan:", NP_CRASH_DIED },
	{ "ERROR: MemorySanitizer: ", "msan:", NP_CRASH_DIED },
	{ "WARNING: ThreadSanitizer: ", "tsan:", NP_CRASH_SURVIVED },
	{ "WARNING: DATA RACE", "race:", NP_CRASH_SURVIVED },
	{ "ERROR: UndefinedBehaviorSanitizer: ", "ubsan:", NP_CRASH_DIED },
	{ "ERROR: libFuzzer: ", "libfuzzer:", NP_CRASH_DIED },
};

/* "heap-use-after-free on address 0x..": up to what varies. */
static struct np_str sanitizer_class(struct np_str s)
{
	static const char *const ends[] = { " on ", " (", ":", " in ", " after " };

	for (size_t i = 0; i < NP_ARRAY_SIZE(ends); i++) {
		size_t at = str_find(s, ends[i]);

		if (at != SIZE_MAX)
			s.n = at;
	}
	return s;
}

/* From the first stack to the line that says that this was all. */
static void skip_to_summary(struct crash_at *at)
{
	size_t pos = at->end, next;

	for (int i = 0; pos < at->log.n && i < NP_CRASH_REPORT_LINES; i++, pos = next) {
		struct np_str s = line_behind(at->log, pos, &next);

		if (np_str_starts(s, "SUMMARY: ") || str_has(s, "==ABORTING")) {
			at->end = next;
			if (str_has(s, "==ABORTING"))
				return;
		} else if (str_has(s, "ERROR: ") && str_has(s, "Sanitizer")) {
			return;
		}
	}
}

/* file.c:12:3: runtime error: signed integer overflow: .. */
static bool read_ubsan(struct crash_at *at, struct np_crash *ret)
{
	size_t mark = str_find(at->line.whole, ": runtime error: ");
	struct np_str place, what;
	char template[NP_TEMPLATE_MAX];

	if (mark == SIZE_MAX || mark > 400 ||
	    !isdigit((unsigned char)at->line.whole.p[mark - (mark > 0)]))
		return false;
	place = (struct np_str){ at->line.whole.p, mark };
	if (!str_has(place, ".c:") && !str_has(place, ".cc:") && !str_has(place, ".h:") &&
	    !str_has(place, ".cpp:"))
		return false;
	what = str_from(at->line.whole, mark + 17);
	what = str_until(what, ':');
	np_log_template(what, template, sizeof(template));
	set_type(ret, "ubsan:", np_str_from(template));
	str_copy(ret->message, sizeof(ret->message), at->line.whole);
	read_numbered(at, ret, 0);
	if (!ret->n_frames)
		crash_add_frame(ret, base_name(str_until(place, ':')), FRAME_NATIVE);
	return true;
}

bool crash_read_sanitizer(struct crash_at *at, struct np_crash *ret)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(sanitizers); i++) {
		size_t mark = str_find(at->line.whole, sanitizers[i].mark);
		struct np_str what;

		if (mark == SIZE_MAX || mark > 64)
			continue;
		what = str_from(at->line.whole, mark + strlen(sanitizers[i].mark));
		set_type(ret, sanitizers[i].prefix, sanitizer_class(what));
		ret->kind = str_has(what, "out-of-memory") ? NP_CRASH_OOM
			    : str_has(what, "timeout")	   ? NP_CRASH_HANG
							   : sanitizers[i].kind;
		str_copy(ret->message, sizeof(ret->message), str_from(at->line.whole, mark));
		read_numbered(at, ret, 8);
		skip_to_summary(at);
		return true;
	}
	return read_ubsan(at, ret);
}

/* ---- C and C++ ---- */

/* prog: file.c:12: func: Assertion `x' failed. */
static bool read_assert(struct crash_at *at, struct np_crash *ret)
{
	size_t mark = str_find(at->line.text, ": Assertion `");
	struct np_str head, func, place;
	const char *colon;

	if (mark == SIZE_MAX || !str_has(at->line.text, "' failed"))
		return false;
	head = (struct np_str){ at->line.text.p, mark };
	colon = memrchr(head.p, ':', head.n);
	func = colon ? str_trim(str_from(head, (size_t)(colon - head.p) + 1)) : head;
	place = colon ? (struct np_str){ head.p, (size_t)(colon - head.p) } : head;
	colon = place.n ? memrchr(place.p, ':', place.n) : NULL;
	if (colon)
		place.n = (size_t)(colon - place.p);
	colon = place.n ? memrchr(place.p, ' ', place.n) : NULL;
	if (colon)
		place = str_from(place, (size_t)(colon - place.p) + 1);
	set_type(ret, "assert:", base_name(place));
	crash_add_frame(ret, func, FRAME_NATIVE);
	at->end = at->next;
	return true;
}

/* Envoy: assert failure: x. Details: y  behind [source/common/a.cc:55] */
static bool read_envoy(struct crash_at *at, struct np_crash *ret)
{
	size_t open = str_find(at->line.whole, ".cc:"), from = open;

	if (!str_has(at->line.text, "assert failure: "))
		return false;
	while (open != SIZE_MAX && from > 0 && at->line.whole.p[from - 1] != '[' &&
	       at->line.whole.p[from - 1] != '/')
		from--;
	set_type(ret, "assert:",
		 open == SIZE_MAX ? NP_STR("envoy")
				  : (struct np_str){ at->line.whole.p + from, open + 3 - from });
	read_numbered(at, ret, 6);
	return true;
}

static const struct {
	const char *says, *type;
} dying_words[] = {
	{ "*** stack smashing detected ***", "stack-smashing" },
	{ "*** buffer overflow detected ***", "buffer-overflow" },
	{ "double free or corruption", "double-free" },
	{ "free(): invalid", "invalid-free" },
	{ "free(): double free", "double-free" },
	{ "munmap_chunk(): invalid pointer", "invalid-free" },
	{ "malloc(): ", "heap-corruption" },
	{ "malloc_consolidate(): ", "heap-corruption" },
	{ "realloc(): invalid", "heap-corruption" },
	{ "corrupted size vs. prev_size", "heap-corruption" },
	{ "terminate called after throwing", "uncaught-exception" },
	{ "terminate called without an active exception", "uncaught-exception" },
	{ "pure virtual method called", "pure-virtual" },
	{ "Caught Segmentation fault", "signal:SIGSEGV" },
	{ "Caught Aborted", "signal:SIGABRT" },
};

/* A name as of a program or a class: anything else stood in a line that was not what it looked like. */
static bool is_name(struct np_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && !memchr("_-./", s.p[i], 4))
			return false;
	return s.n > 0;
}

/* Open vSwitch's monitor: crashes: pid 12 died, killed (Segmentation fault), core dumped,
 * restarting */
static bool read_monitor(struct crash_at *at, struct np_crash *ret)
{
	size_t mark = str_find(at->line.text, "died, killed (");
	const char *bracket;

	if (mark == SIZE_MAX || !str_has(at->line.text, "pid "))
		return false;
	set_type(ret, "signal:", str_until(str_from(at->line.text, mark + 14), ')'));
	bracket = memmem(at->line.whole.p, at->line.whole.n, "(monitor)", 9);
	if (bracket) {
		struct np_str who = { at->line.whole.p, (size_t)(bracket - at->line.whole.p) };
		const char *bar = who.n ? memrchr(who.p, '|', who.n) : NULL;

		if (bar)
			who = str_from(who, (size_t)(bar - who.p) + 1);
		if (is_name(who))
			str_copy(ret->component, sizeof(ret->component), who);
	}
	at->end = at->next;
	return true;
}

bool crash_read_native(struct crash_at *at, struct np_crash *ret)
{
	struct np_str text = str_trim(at->line.text);

	ret->kind = NP_CRASH_DIED;
	str_copy(ret->message, sizeof(ret->message), text);
	if (read_assert(at, ret) || read_envoy(at, ret) || read_monitor(at, ret))
		return true;
	for (size_t i = 0; i < NP_ARRAY_SIZE(dying_words); i++)
		if (str_has(text, dying_words[i].says)) {
			set_type(ret, "", np_str_from(dying_words[i].type));
			read_numbered(at, ret, 6);
			return true;
		}
	if (np_str_starts(text, "Segmentation fault") || np_str_starts(text, "SIGSEGV: ")) {
		set_type(ret, "", NP_STR("signal:SIGSEGV"));
		read_numbered(at, ret, 4);
		return true;
	}
	return false;
}

/* ---- Rust ---- */

/* thread 'main' panicked at 'text', src/a.rs:1:2   or   thread 'main' panicked at
 * src/a.rs:1:2:\ntext */
bool crash_read_rust(struct crash_at *at, struct np_crash *ret)
{
	size_t mark = str_find(at->line.text, "' panicked at ");
	struct np_str rest, message;
	char template[NP_TEMPLATE_MAX];
	size_t next;

	if (mark == SIZE_MAX || !str_has(at->line.text, "thread '"))
		return false;
	rest = str_from(at->line.text, mark + 14);
	if (rest.n && rest.p[0] == '\'') {
		message = str_until(str_from(rest, 1), '\'');
	} else {
		message = line_behind(at->log, at->next, &next);
		at->next = next;
	}
	ret->kind = str_has(at->line.text, "thread 'main'") ? NP_CRASH_DIED : NP_CRASH_SURVIVED;
	str_copy(ret->message, sizeof(ret->message), message);
	np_log_template(message, template, sizeof(template));
	set_type(ret, "explicit-panic:", np_str_from(template));
	read_numbered(at, ret, 3);
	return true;
}

/* ---- Python ---- */

/* File "/x/y.py", line 12, in func: innermost comes last. */
static void python_frames(struct np_crash *c, const struct np_str *names, size_t n)
{
	while (n-- > 0)
		crash_add_frame(c, names[n], FRAME_NATIVE);
}

bool crash_read_python(struct crash_at *at, struct np_crash *ret)
{
	struct np_str names[NP_CRASH_FRAMES] = { 0 };
	size_t pos = at->next, next, n = 0;

	if (!np_str_starts(str_trim(at->line.whole), "Traceback (most recent call last):"))
		return false;
	for (int i = 0; pos < at->log.n && i < NP_CRASH_REPORT_LINES; i++, pos = next) {
		struct np_str s = line_behind(at->log, pos, &next), bare = str_trim(s), class;
		size_t in = str_find(bare, ", in ");

		if (np_str_starts(bare, "File \"") && in != SIZE_MAX) {
			if (n == NP_CRASH_FRAMES)
				memmove(names, names + 1, (--n) * sizeof(names[0]));
			names[n++] = str_from(bare, in + 5);
		} else if (s.n && s.p[0] != ' ' && s.p[0] != '\t') {
			at->end = next;
			ret->kind = NP_CRASH_DIED;
			str_copy(ret->message, sizeof(ret->message), bare);
			class = str_until(str_until(bare, ':'), ' ');
			set_type(ret, "python:", is_name(class) ? class : NP_STR("exception"));
			python_frames(ret, names, n);
			return true;
		}
	}
	return false;
}

/* ---- kernel ---- */

static const struct {
	const char *says, *type;
	enum np_crash_kind kind;
} kernel_words[] = {
	{ "BUG: kernel NULL pointer dereference", "kernel:null-deref", NP_CRASH_DIED },
	{ "BUG: unable to handle", "kernel:page-fault", NP_CRASH_DIED },
	{ "kernel BUG at ", "kernel:BUG", NP_CRASH_DIED },
	{ "BUG: soft lockup", "kernel:soft-lockup", NP_CRASH_HANG },
	{ "BUG: KASAN: ", "kernel:kasan", NP_CRASH_DIED },
	{ "general protection fault", "kernel:general-protection", NP_CRASH_DIED },
	{ "Kernel panic - not syncing", "kernel:panic", NP_CRASH_DIED },
	{ "blocked for more than ", "kernel:hung-task", NP_CRASH_HANG },
	{ "Out of memory: Killed process", "kernel:oom-kill", NP_CRASH_OOM },
	{ "Memory cgroup out of memory: Killed process", "kernel:oom-kill", NP_CRASH_OOM },
};

/* [  123.456789] RIP: 0010:func+0x12/0x34 [mod], then Call Trace: lines of func+0x1/0x2 */
static void read_call_trace(struct crash_at *at, struct np_crash *c)
{
	size_t pos = at->next, next;
	bool trace = false;

	at->end = at->next;
	for (int i = 0; pos < at->log.n && i < 80; i++, pos = next) {
		struct np_str s = log_line_at(at->log, pos, &next), bare = s;
		size_t plus, rip = str_find(s, "RIP: 0010:");

		if (np_str_starts(s, "["))
			bare = str_trim(str_from(s, str_until(s, ']').n + 1));
		plus = str_find(bare, "+0x");
		if (np_str_starts(bare, "---[ end trace"))
			break;
		if (rip != SIZE_MAX && plus != SIZE_MAX) {
			crash_add_frame(c, str_from(s, rip + 10), FRAME_NATIVE);
			at->end = next;
		} else if (np_str_starts(bare, "Call Trace:")) {
			trace = true;
		} else if (trace && plus != SIZE_MAX && !np_str_starts(bare, "? ")) {
			crash_add_frame(c, bare, FRAME_NATIVE);
			at->end = next;
		} else if (trace && bare.n && bare.p[0] != '<' && bare.p[0] != '?') {
			break;
		}
	}
}

bool crash_read_kernel(struct crash_at *at, struct np_crash *ret)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(kernel_words); i++) {
		size_t mark = str_find(at->line.whole, kernel_words[i].says);

		if (mark == SIZE_MAX || mark > 80)
			continue;
		ret->kind = kernel_words[i].kind;
		str_copy(ret->component, sizeof(ret->component), NP_STR("kernel"));
		str_copy(ret->message, sizeof(ret->message), str_from(at->line.whole, mark));
		set_type(ret, "", np_str_from(kernel_words[i].type));
		if (ret->kind == NP_CRASH_OOM)
			at->end = at->next;
		else
			read_call_trace(at, ret);
		return true;
	}
	return false;
}
