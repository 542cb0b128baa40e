/*
 * fuzz_report.c - run records, and every report that is made of one. The names, addresses and
 * sentences in a record come from a cluster and may be anything: reports stay well-formed, and a
 * script stays a script of its own commands.
 */
#include "../../harness/report/report_private.h"
#include "../../harness/report/reproduce.h"
#include "fuzz.h"
#include "np/base/file.h"

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

/* Nothing that moves a cursor, and only UTF-8. */
static void check_plain(const struct np_buf *b, const char *what)
{
	uint32_t cp;

	for (size_t i = 0, n; i < b->len; i += n) {
		n = np_utf8_decode(b->data + i, b->len - i, &cp);
		FUZZ_CHECK(n, "%s: no UTF-8 at %zu", what, i);
		FUZZ_CHECK(cp == '\n' || cp == '\t' || !np_utf8_is_control(cp),
			   "%s: control character %u at %zu", what, cp, i);
	}
}

/* Elements of HTML that have no end. */
static bool is_void(const char *tag)
{
	static const char *const names[] = { "meta", "br", "hr", "link", "img", "col" };
	size_t n = strspn(tag, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < NP_ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && memcmp(tag, names[i], n) == 0)
			return true;
	return false;
}

/* Tags pair, attributes are quoted, texts hold neither '<' nor a lone '&', all is XML's characters. */
static void check_xml(const struct np_buf *b)
{
	const char *p = np_buf_text(b), *end = p + b->len;
	unsigned depth = 0;

	check_plain(b, "XML");
	while (p < end) {
		const char *close;

		if (*p == '&')
			FUZZ_CHECK((close = memchr(p, ';', (size_t)(end - p))) && close - p <= 8, "'&' at %td",
				   p - b->data);
		if (*p++ != '<')
			continue;
		for (close = p; close < end && *close != '>'; close++)
			if (*close == '"') {
				close = memchr(close + 1, '"', (size_t)(end - close - 1));
				FUZZ_CHECK(close, "a quote that does not end");
			} else {
				FUZZ_CHECK(*close != '<', "'<' in a tag");
			}
		FUZZ_CHECK(close < end, "a tag that does not end");
		if (*p == '/') {
			FUZZ_CHECK(depth, "one end too many");
			depth--;
		} else if (*p != '?' && *p != '!' && close[-1] != '/' && !is_void(p)) {
			depth++;
		}
		p = close + 1;
	}
	FUZZ_CHECK(depth == 0, "%u elements do not end", depth);
}

static void check_json(const struct np_buf *b)
{
	json_t *v = json_loadb(np_buf_text(b), b->len, 0, NULL);

	FUZZ_CHECK(v, "no JSON");
	json_decref(v);
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
		check_xml(b);
	else if (strcmp(name, "json") == 0 || strcmp(name, "sarif") == 0)
		check_json(b);
	else
		check_plain(b, name);
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
	check_plain(&b, "diff");
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
