/*
 * fuzz.h - what the fuzz targets share. A target is one fuzz_NAME.c that defines
 * LLVMFuzzerTestOneInput(); nothing in it belongs to an engine. Targets keep nothing from one input
 * to the next, and ask neither clock nor chance, so that an input alone reproduces what it found.
 */
#ifndef NP_FUZZ_H
#define NP_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/base/utf8.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what is wrong and aborts, which every engine takes for a crash. */
_Noreturn void fuzz_fail(const char *file, int line, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The condition, then a message as for printf(3). */
#define FUZZ_CHECK(cond, ...) \
	((cond) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #cond, __VA_ARGS__))

/* An input that is taken apart from its start. Past its end there are zeros. */
struct fuzz_in {
	const uint8_t *p;
	size_t n;
};

static inline unsigned fuzz_byte(struct fuzz_in *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

static inline unsigned fuzz_below(struct fuzz_in *in, unsigned n)
{
	return fuzz_byte(in) % n;
}

static inline unsigned fuzz_u16(struct fuzz_in *in)
{
	unsigned hi = fuzz_byte(in);

	return hi << 8 | fuzz_byte(in);
}

static inline struct np_str fuzz_str(const struct fuzz_in *in)
{
	return (struct np_str){ in->n ? (const char *)in->p : "", in->n };
}

/* Up to the next @end, which is passed, or to the end of the input. */
struct np_str fuzz_until(struct fuzz_in *in, char end);

/* How many lines @text has at most: LF, CR, U+0085, U+2028 and U+2029 end one, in UTF-8 or UTF-16. */
size_t fuzz_max_lines(struct np_str text);

/*
 * A refusal of a text: a code that a reader of texts gives, a sentence, and a place inside the text
 * (@placed: there is one).
 */
void fuzz_check_refusal(const struct np_err *err, struct np_str text, bool placed);

/* A copy of @text at the end of an allocation of its own, so that ASan sees a read behind it. */
struct np_str fuzz_tight(const uint8_t *data, size_t size);
/* Its release. */
void fuzz_loosen(struct np_str *tight);

#endif
