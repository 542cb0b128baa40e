/* log.c - progress and diagnostics. */
#include "np/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "np/base/buf.h"
#include "np/base/file.h"

enum np_loglevel np_log_level = NP_LOG_WARN;

/* One write(2) per line keeps lines of different threads apart; without newlines inside, thanks to the escaping. */
static void __attribute__((format(printf, 3, 0))) log_line(enum np_loglevel level, const char *prefix,
							    const char *fmt, va_list ap)
{
	struct np_buf text = { 0 }, line = { 0 };
	int saved = errno;

	if (np_log_level < level)
		return;
	np_buf_vprintf(&text, fmt, ap);
	np_buf_adds(&line, prefix);
	np_buf_printable(&line, (struct np_str){ text.data, text.len });
	np_buf_addc(&line, '\n');
	(void)np_write_all(STDERR_FILENO, line.data, line.len);
	np_buf_release(&text);
	np_buf_release(&line);
	errno = saved;
}

void np_log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(NP_LOG_WARN, "netpolcheck: warning: ", fmt, ap);
	va_end(ap);
}

void np_log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(NP_LOG_INFO, "netpolcheck: ", fmt, ap);
	va_end(ap);
}

void np_log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(NP_LOG_DEBUG, "netpolcheck: debug: ", fmt, ap);
	va_end(ap);
}
