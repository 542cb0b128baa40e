/* clock.h - layer base: monotonic time and bounded waiting. */
#ifndef NP_BASE_CLOCK_H
#define NP_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t np_now_us(void);	/* CLOCK_MONOTONIC */
int64_t np_now_ms(void);
void np_sleep_ms(int64_t ms);
/* RFC 3339 UTC with milliseconds, for records: 2026-01-02T03:04:05.678Z. @buf at least 32 bytes. Returns @buf. */
const char *np_wall_text(char *buf, size_t size);

/* Doubling pauses up to a deadline: while (!done() && np_backoff_wait(&b)) ; */
struct np_backoff {
	int64_t deadline_us;
	int64_t pause_us, max_pause_us;
};

void np_backoff_init(struct np_backoff *b, int64_t first_pause_us, int64_t max_pause_us, int64_t timeout_us);
/* Sleeps the next pause (never past the deadline); 0 when the deadline has passed, else 1. */
int np_backoff_wait(struct np_backoff *b);

#endif
