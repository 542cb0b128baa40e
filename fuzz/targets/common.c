/* common.c - what the fuzz targets share. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdlib.h>

#include "np/base/log.h"

/* Jansson's seed is random otherwise, and with it the order in which its code is run through. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	np_json_use_memory();
	json_object_seed(1);
	np_log_level = NP_LOG_QUIET;
	return 0;
}

void fuzz_fail(const char *file, int line, const char *what, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: not so: %s: ", file, line, what);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* Instead of base's (--wrap), which ends the program without an engine's noticing. */
_Noreturn void __wrap_np_die(const char *what);
void __wrap_np_die(const char *what)
{
	fuzz_fail(__FILE__, __LINE__, "no way out", "%s", what);
}

struct np_str fuzz_until(struct fuzz_in *in, char end)
{
	struct np_str s = fuzz_str(in);
	const char *at = s.n ? memchr(s.p, end, s.n) : NULL;

	if (at)
		s.n = (size_t)(at - s.p);
	in->p += s.n + (at != NULL);
	in->n -= s.n + (at != NULL);
	return s;
}

size_t fuzz_max_lines(struct np_str text)
{
	size_t n = 1;

	if (np_str_starts(text, "\xff\xfe") || np_str_starts(text, "\xfe\xff"))
		return 1 + text.n / 2;
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n' || text.p[i] == '\r' || (uint8_t)text.p[i] >= 0x80;
	return n;
}

void fuzz_check_refusal(const struct np_err *err, struct np_str text, bool placed)
{
	char line[NP_ERR_TEXT_MAX];
	size_t n_lines = fuzz_max_lines(text);

	FUZZ_CHECK(err->code == NP_EPARSE || err->code == NP_EVALID || err->code == NP_ELIMIT ||
			   err->code == NP_EUSAGE,
		   "code %d: %s", err->code, err->msg);
	FUZZ_CHECK(err->msg[0], "a refusal without a sentence");
	FUZZ_CHECK(!placed || err->line, "no line: %s", err->msg);
	FUZZ_CHECK(err->line <= n_lines + 1, "line %u of %zu: %s", err->line, n_lines, err->msg);
	np_err_text(err, line, sizeof(line));
	for (const char *p = line; *p; p++)
		FUZZ_CHECK((uint8_t)*p >= ' ' && *p != 0x7f, "a control character in: %s", line);
}

struct np_str fuzz_tight(const uint8_t *data, size_t size)
{
	char *copy = np_xmalloc(size ? size : 1);

	memcpy(copy, size ? (const char *)data : "", size);
	return (struct np_str){ copy, size };
}

void fuzz_loosen(struct np_str *tight)
{
	free((char *)tight->p);
	*tight = NP_STR_NONE;
}
