/*
 * report_test.h - what the tests of the report layer share: records as fixtures or text, and
 * their reports as text.
 */
#ifndef NP_REPORT_TEST_H
#define NP_REPORT_TEST_H

#include "../suite.h"
#include "np/base/proc.h"
#include "np/report/report.h"

#define DATA "harness/tests/report/data/"

/* A record of the data folder. */
static inline struct np_report *load(const char *name)
{
	np_auto_free char *path = np_xasprintf(DATA "%s.jsonl", name);
	struct np_report *r = NULL;
	struct np_err err = { 0 };

	ck_assert_msg(np_report_load(path, &r, &err) == 0, "%s: %s", path, err.msg);
	return r;
}

/* A record given as text. NULL and @ret_err when it is refused. */
static inline struct np_report *load_text(const char *text, struct np_err *ret_err)
{
	char *dir = scratch_dir();
	struct np_report *r = NULL;

	write_file(dir, "run.jsonl", text);
	if (np_report_load(dir, &r, ret_err) < 0)
		r = NULL;
	scratch_remove(dir);
	return r;
}

/* The report of a record of the data folder; free(3). */
static inline char *shown(const char *name, enum np_report_format format,
			  const struct np_report_style *style)
{
	struct np_report *r = load(name);
	struct np_buf b = { 0 };

	np_report_write(r, format, style, &b);
	np_report_free(r);
	return np_buf_steal(&b);
}

/* The last line, without its newline; the text must end in one. Borrowed, @text is cut. */
static inline const char *last_line(char *text)
{
	size_t n = strlen(text);
	char *nl;

	ck_assert(n && text[n - 1] == '\n');
	text[n - 1] = '\0';
	nl = strrchr(text, '\n');
	return nl ? nl + 1 : text;
}

static inline size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + strlen(what), what))
		n++;
	return n;
}

#define ck_has(text, what)                                                                         \
	ck_assert_msg(strstr(text, what) != NULL, "'%s' is not in:\n%.3000s", what, text)
#define ck_has_not(text, what)                                                                     \
	ck_assert_msg(strstr(text, what) == NULL, "'%s' is in:\n%.3000s", what, text)

/* Nothing in it can repaint a terminal. */
static inline void ck_no_control(const char *text)
{
	for (const char *p = text; *p; p++)
		ck_assert_msg(((unsigned char)*p >= 0x20 && *p != 0x7f) || *p == '\n',
			      "byte %02x at %zu", (unsigned char)*p, (size_t)(p - text));
}

#endif
