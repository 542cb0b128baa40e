/* crash_parts.h - private to campaign: what the readers of crash reports share. */
#ifndef NP_CAMPAIGN_CRASH_PARTS_H
#define NP_CAMPAIGN_CRASH_PARTS_H

#include "logline.h"
#include "np/campaign/crash.h"

/* A place in a log where a report may begin. */
struct crash_at {
	struct np_str log;
	size_t start, next;   /* of the line looked at, of the one behind it */
	struct log_line line; /* taken apart */
	size_t end;	      /* set by a reader: behind the report */
};

/*
 * Does a report begin at @at? Then it is read: kind, type, message and frames of @ret (zeroed but
 * for the component) and
 * @at->end are set.
 */
typedef bool crash_reader(struct crash_at *at, struct np_crash *ret);
crash_reader crash_read_go, crash_read_sanitizer, crash_read_native, crash_read_rust,
	crash_read_python, crash_read_kernel;

/* ---- crash_frames.c ---- */

enum frame_style { FRAME_GO, FRAME_NATIVE };
/* Adds the function @text, normalised, unless it says nothing of where the bug is or there are
 * enough. */
void crash_add_frame(struct np_crash *c, struct np_str text, enum frame_style style);
/* "#3 0x55d0 in name file:line", "#0: name [0x1]", "3: name": the name; empty when the line is
 * none. */
struct np_str crash_numbered_frame(struct np_str line);

/* ---- crash_go.c ---- */

/* What a Go message is about: "nil-deref", "explicit-panic:TEMPLATE". */
void crash_go_type(struct np_str message, const char *fallback, char *buf, size_t size);

#endif
