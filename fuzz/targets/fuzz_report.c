/*
 * fuzz_report.c - run records, and every report that is made of one. The names, addresses and
 * sentences in a record come from a cluster and may be anything: reports stay well-formed, and a
 * script stays a script of its own commands.
 */
#include "../../harness/report/report_private.h"
#include "../../harness/report/reproduce.h"
#include "fuzz.h"
#include "np/base/file.h"
#include "texts.h"

static struct np_str record_text;

/* Instead of that of base/file.c (--wrap): the record is the input. */
int __wrap_np_file_read(const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err);
int __wrap_np_file_read(const char *path, size_t max_bytes, struct np_buf *b, struct np_err *err)
{
	(void)path;
	(void)max_bytes;
	(void)err;
	np_buf_add(b, record_text.p, record_text.n);
	return 0;
}

/* In the text of an object DEL and C1 stay as they are: it is to be the same object. */
static void check_script(const struct np_buf *b)
{
	const char *p = np_buf_text(b);

	FUZZ_CHECK(np_utf8_valid((struct np_str){ p, b->len }), "script: no UTF-8");
	for (size_t i = 0; i < b->len; i++)
		FUZZ_CHECK((uint8_t)p[i] >= ' ' || p[i] == '\n' || p[i] == '\t',
			   "script: control character %u at %zu", (uint8_t)p[i], i);
	FUZZ_CHECK(!b->len || strncmp(p, "#!/bin/sh\n", 10) == 0, "no script");
}

static void check_format(enum np_report_format f, const struct np_buf *b)
{
	const char *name = np_report_format_name(f);

	if (strcmp(name, "junit") == 0 || strcmp(name, "html") == 0)
		fuzz_check_xml(b);
	else if (strcmp(name, "json") == 0 || strcmp(name, "sarif") == 0)
		fuzz_check_json(b);
	else
		fuzz_check_plain(b, name);
}

static void write_all(const struct np_report *r)
{
	struct np_buf b = { NULL, 0, 0 };
	const char *id;
	json_t *c;
	bool differs = true;

	for (int f = 0; f < NP_N_REPORT_FORMATS; f++) {
		np_buf_clear(&b);
		np_report_write(r, (enum np_report_format)f, NULL, &b);
		check_format((enum np_report_format)f, &b);
	}
	json_object_foreach(r->cases, id, c) {
		np_buf_clear(&b);
		np_report_reproduce(r, id, &b);
		check_script(&b);
	}
	np_buf_clear(&b);
	np_report_diff(&r, 1, r, NP_REPORT_TEXT, &b, &differs);
	FUZZ_CHECK(!differs, "a record differs from itself");
	fuzz_check_plain(&b, "diff");
	np_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct np_report *r = NULL;
	struct np_err err = { .code = NP_OK };

	record_text = fuzz_tight(data, size);
	if (np_report_load("/dev/null/input", &r, &err) == 0) {
		write_all(r);
		np_report_free(r);
	} else {
		fuzz_check_refusal(&err, record_text, true);
	}
	fuzz_loosen(&record_text);
	return 0;
}
