/* logline.h - private to campaign: lines of a log, and what loggers put before the text. */
#ifndef NP_CAMPAIGN_LOGLINE_H
#define NP_CAMPAIGN_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "np/base/str.h"

enum log_level { LEVEL_NONE, LEVEL_LOW, LEVEL_ERROR, LEVEL_FATAL, LEVEL_PANIC };

/* One line taken apart. Strings point into the log, or into a line's own decoded copy. */
struct log_line {
	struct np_str whole;  /* without time stamps of the container runtime, without its end */
	struct np_str text;   /* what the logger was asked to say */
	struct np_str source; /* "file.go", of klog and the like; may be empty */
	enum log_level level;
	bool json, prefixed; /* some logger wrote it: not a bare line of a stack */
};

/* The line that starts at @at of @log; *@ret_next is where the next one starts (log.n at the end).
 */
struct np_str log_line_at(struct np_str log, size_t at, size_t *ret_next);
/* Takes @line apart. */
void log_line_parse(struct np_str line, struct log_line *ret);

/* Without blanks at both ends. */
struct np_str str_trim(struct np_str s);
/* Offset of @needle in @s, SIZE_MAX when it is not there. */
size_t str_find(struct np_str s, const char *needle);
bool str_has(struct np_str s, const char *needle);
struct np_str str_from(struct np_str s, size_t at);
/* @s up to the first @c, all of it when there is none. */
struct np_str str_until(struct np_str s, char c);
/* Bytes of the number that @s begins with: 0x and hexadecimal digits, or decimal ones as far as there
 * is no such address in them; 0 when there is none. */
size_t str_number(struct np_str s);
/* As printable ASCII, cut to fit. */
void str_copy(char *buf, size_t size, struct np_str s);

#endif
