/* err.h - layer base: an error is a value: a code, a place and one sentence. Library code neither prints nor exits. */
#ifndef NP_BASE_ERR_H
#define NP_BASE_ERR_H

#include <stddef.h>

/* What kind of thing went wrong; decides the exit status and whether a retry makes sense. */
enum np_errcode {
	NP_OK = 0,
	NP_EUSAGE,	/* the command line or a request is malformed */
	NP_EPARSE,	/* bytes are not the syntax they should be */
	NP_EVALID,	/* well-formed, but not an allowed value */
	NP_ELIMIT,	/* beyond a stated limit */
	NP_EIO,		/* file or socket failed */
	NP_EENV,	/* the environment lacks something (cluster unreachable, tool missing) */
	NP_ETIMEOUT,	/* a bounded wait ended */
	NP_ENOTFOUND,
	NP_ECONFLICT,
	NP_EDENIED,	/* not permitted (401, 403, EPERM) */
	NP_EINTR,	/* interrupted by the user */
	NP_EINTERNAL,	/* our own promise is broken */
};

#define NP_ERR_FILE_MAX 256
#define NP_ERR_PATH_MAX 256
#define NP_ERR_MSG_MAX 512

/*
 * A caller-owned error; no heap, copy freely. @line and @column start at 1, 0 means unknown. @file and @path may be
 * empty. @path is a field path such as spec.ingress[0].ports[1].endPort. @msg: lower case, what failed first, subject in
 * single quotes, no full stop.
 */
struct np_err {
	enum np_errcode code;
	unsigned line, column;
	char file[NP_ERR_FILE_MAX];
	char path[NP_ERR_PATH_MAX];
	char msg[NP_ERR_MSG_MAX];
};

/* Resets @err to "no error". NULL is accepted by every function here: the message is then lost. */
void np_err_clear(struct np_err *err);

/* Sets code and message and clears the place. Always returns -1, so that one can `return np_err_set(...)`. */
int np_err_set(struct np_err *err, enum np_errcode code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As np_err_set(), the message followed by ": " and strerror(@errnum). */
int np_err_errno(struct np_err *err, enum np_errcode code, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds a place to a set error; a NULL string or 0 leaves that part as it was. Returns -1. */
int np_err_at(struct np_err *err, const char *file, unsigned line, unsigned column);
int np_err_path(struct np_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the message. Returns -1. */
int np_err_prefix(struct np_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define NP_ERR_TEXT_MAX (NP_ERR_FILE_MAX + NP_ERR_PATH_MAX + NP_ERR_MSG_MAX + 64)

/*
 * Writes "file:line:column: path: message" (parts that are unknown left out) to @buf of @size bytes, always terminated,
 * control characters and bytes that are not UTF-8 escaped as \xNN, so that hostile names cannot repaint a terminal. Returns @buf.
 */
const char *np_err_text(const struct np_err *err, char *buf, size_t size);

#endif
