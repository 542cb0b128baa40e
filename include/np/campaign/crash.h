/*
 * crash.h - layer campaign: what a log says about a process that died, or went on as if it had not:
 * panics of Go (also those that somebody caught), C and C++ (assertions, glibc, sanitizers, Envoy),
 * Rust, Python, the kernel. Pure; text from a log is written by whoever can name a policy, so
 * nothing here trusts it.
 *
 * Limits: of a longer log the last NP_CRASH_LOG_MAX bytes are read; a line counts up to
 * NP_CRASH_LINE_MAX bytes, a report up to NP_CRASH_REPORT_LINES lines; NP_CRASH_MAX reports are
 * kept, the rest is counted.
 */
#ifndef NP_CAMPAIGN_CRASH_H
#define NP_CAMPAIGN_CRASH_H

#include <stdbool.h>
#include <stddef.h>

#include "np/base/buf.h"
#include "np/base/str.h"

#define NP_CRASH_LOG_MAX ((size_t)16 << 20)
#define NP_CRASH_LINE_MAX 4096
#define NP_CRASH_REPORT_LINES 400
#define NP_CRASH_MAX 256
#define NP_CRASH_FRAMES 12     /* kept of a stack, after filtering */
#define NP_CRASH_FRAME_MAX 160 /* bytes of a frame, NUL included */
#define NP_CRASH_TYPE_MAX 160
#define NP_CRASH_MESSAGE_MAX 400
#define NP_CRASH_COMPONENT_MAX 64
#define NP_CRASH_KEY_LEN 12

enum np_crash_kind {
	NP_CRASH_DIED,	   /* "crash": the process ended */
	NP_CRASH_SURVIVED, /* "panic-survived": caught, the process lives on */
	NP_CRASH_HANG,
	NP_CRASH_OOM,
	NP_CRASH_LEAK,
	NP_CRASH_STUCK, /* "stuck": it lives and says again and again that it cannot program */
	NP_CRASH_ENFORCEMENT, /* traffic goes where it must not, or the other way round */
	NP_CRASH_VALIDATION,  /* "validation-diff" */
	NP_N_CRASH_KINDS
};
const char *np_crash_kind_name(enum np_crash_kind k);
bool np_crash_kind_parse(struct np_str s, enum np_crash_kind *ret);

/*
 * One report. Texts are printable ASCII: other bytes have become '?'. @type and @frames hold
 * neither addresses nor line numbers, arguments, versions or goroutine numbers.
 */
struct np_crash {
	enum np_crash_kind kind;
	char component[NP_CRASH_COMPONENT_MAX];
	char type[NP_CRASH_TYPE_MAX];	    /* "nil-deref", "explicit-panic:..",
					       "asan:heap-use-after-free" */
	char message[NP_CRASH_MESSAGE_MAX]; /* the first line, without time stamp and level */
	char frames[NP_CRASH_FRAMES][NP_CRASH_FRAME_MAX]; /* innermost first */
	size_t n_frames;
	size_t start, end; /* bytes of the log given: the whole report */
	size_t line;	   /* where it starts, from 1 */
};

struct np_crashes {
	struct np_crash *items;
	size_t n, cap;
	size_t n_dropped; /* beyond NP_CRASH_MAX */
};

void np_crashes_release(struct np_crashes *c);

/*
 * Every report in @log, in its order, appended to @ret. @component is who wrote the log, unless the
 * report names another process (ovs-vswitchd's monitor). Cannot fail.
 */
void np_crash_scan(struct np_str log, const char *component, struct np_crashes *ret);

/*
 * The name under which the same bug is known again: the first NP_CRASH_KEY_LEN hex digits of the
 * SHA-1 of kind, component, type and the first three frames. @ret: NP_CRASH_KEY_LEN + 1 bytes.
 */
void np_crash_key(const struct np_crash *c, char *ret);
/*
 * "Maybe the same": keys over two frames only, and over the frames without the type. Two crashes
 * that share one of them are worth a look together.
 */
#define NP_CRASH_ALT_KEYS 2
void np_crash_alt_keys(const struct np_crash *c, char ret[NP_CRASH_ALT_KEYS][NP_CRASH_KEY_LEN + 1]);
/* The key of what has no stack: an oracle, what it is about, the direction. Any may be "". */
void np_crash_key_of(enum np_crash_kind kind, const char *component, const char *type,
		     const char *about, char *ret);
/* "agent panic: nil-deref in pkg.(*T).method": what a maintainer would look for. Appended to @ret.
 */
void np_crash_title(const struct np_crash *c, struct np_buf *ret);

/*
 * A line of a log with what varies taken out: time stamp, level, numbers, addresses, UUIDs, names
 * that a campaign gave (npf-..), quoted words behind the first. @buf of @size bytes, terminated.
 * Returns @buf.
 */
#define NP_TEMPLATE_MAX 200
const char *np_log_template(struct np_str line, char *buf, size_t size);

/* What a container's end means, from its exit code and reason. */
struct np_exit_meaning {
	enum np_crash_kind kind;
	bool benign;	  /* a restart that is no sign of a bug by itself */
	const char *type; /* "go-panic", "signal:SIGSEGV", "exit:1"; static */
	const char *what; /* in words; static */
};
/* @reason: of lastState.terminated ("OOMKilled"), may be NULL. @component: as above, may be NULL.
 */
struct np_exit_meaning np_exit_meaning(int exit_code, const char *reason, const char *component);

#endif
