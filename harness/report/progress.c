/* progress.c - how far a run is. */
#include "np/report/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "np/base/clock.h"

#define TERMINAL_EVERY_US 100000
#define LINE_EVERY_US 5000000
#define LINE_MAX_BYTES 512

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

const char *np_progress_text(const struct np_run_progress *p, char *buf, size_t size)
{
	long long left = left_ms(p);
	char rest[64] = "";

	if (left >= 0)
		snprintf(rest, sizeof(rest), ", about %lld s left", (left + 999) / 1000);
	if (!p->id)
		snprintf(buf, size, "[%3zu/%zu] %s, %.1f s", p->n_done, p->n_cases, p->stage ? p->stage : "",
			 (double)p->elapsed_ms / 1000);
	else
		snprintf(buf, size, "[%3zu/%zu] %zu passed, %zu failed, %zu skipped, %.1f s%s: %s", p->n_done, p->n_cases,
			 p->by_result[NP_RUN_PASS], p->by_result[NP_RUN_FAIL], p->by_result[NP_RUN_SKIP],
			 (double)p->elapsed_ms / 1000, rest, p->id);
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
	np_progress_text(p, text, sizeof(text));
	if (v->terminal)
		fprintf(stderr, "\r\033[K%.*s", (int)v->width - 1, text);
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
