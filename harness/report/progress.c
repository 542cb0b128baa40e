/* progress.c - how far a run is. */
#include "np/report/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "np/base/buf.h"
#include "np/base/clock.h"
#include "report_private.h"

#define TERMINAL_EVERY_US 100000
#define LINE_EVERY_US	  5000000
#define LINE_MAX_BYTES	  512

void np_progress_init(struct np_progress_view *v)
{
	struct winsize w = { 0 };

	*v = (struct np_progress_view){ .terminal = isatty(STDERR_FILENO), .width = 100 };
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col)
		v->width = w.ws_col;
}

/* The first cases also pay for the deployment of their worlds, so a guess needs a few of them. */
static long long left_ms(const struct np_run_progress *p)
{
	if (p->n_done < 3 || p->n_done >= p->n_cases)
		return -1;
	return p->elapsed_ms * (long long)(p->n_cases - p->n_done) / (long long)p->n_done;
}

/* Cuts at the end of a character. */
static void copy_cut(char *buf, size_t size, const struct np_buf *text)
{
	size_t n = text->len < size ? text->len : size - 1;

	while (n && n < text->len && ((unsigned char)text->data[n] & 0xc0) == 0x80)
		n--;
	memcpy(buf, np_buf_text(text), n);
	buf[n] = '\0';
}

const char *np_progress_text(const struct np_run_progress *p, char *buf, size_t size)
{
	long long left = left_ms(p);
	struct np_buf b = { 0 };

	np_buf_printf(&b, "[%3zu/%zu] ", p->n_done, p->n_cases);
	if (!p->id) {
		np_buf_printf(&b, "%s, %.1f s", p->stage ? p->stage : "starting",
			      (double)p->elapsed_ms / 1000);
	} else {
		np_buf_printf(&b, "%zu passed, %zu failed, %zu skipped, %.1f s",
			      p->by_result[NP_RUN_PASS], p->by_result[NP_RUN_FAIL],
			      p->by_result[NP_RUN_SKIP], (double)p->elapsed_ms / 1000);
		if (left >= 0)
			np_buf_printf(&b, ", about %lld s left", (left + 999) / 1000);
		np_buf_adds(&b, ": ");
		np_report_plain(&b, np_str_from(p->id));
	}
	copy_cut(buf, size, &b);
	np_buf_release(&b);
	return buf;
}

static bool worth_a_line(const struct np_progress_view *v, const struct np_run_progress *p)
{
	int64_t every_us = v->terminal ? TERMINAL_EVERY_US : LINE_EVERY_US;

	return !p->id || p->n_done == p->n_cases || np_now_us() - v->last_us >= every_us;
}

void np_progress_show(void *ctx, const struct np_run_progress *p)
{
	struct np_progress_view *v = ctx;
	char text[LINE_MAX_BYTES];

	if (!worth_a_line(v, p))
		return;
	np_progress_text(p, text,
			 v->terminal && v->width && v->width < sizeof(text) ? v->width
									    : sizeof(text));
	if (v->terminal)
		fprintf(stderr, "\r\033[K%s", text);
	else
		fprintf(stderr, "%s\n", text);
	fflush(stderr);
	v->line_open = v->terminal;
	v->last_us = np_now_us();
}

void np_progress_end(struct np_progress_view *v)
{
	if (v->line_open)
		fputs("\r\033[K", stderr);
	v->line_open = false;
}
