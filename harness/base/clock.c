/* clock.c - monotonic time and bounded waiting. */
#include "np/base/clock.h"

#include <errno.h>

int64_t np_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t np_now_ms(void)
{
	return np_now_us() / 1000;
}

static void sleep_until_us(int64_t until_us)
{
	struct timespec ts = { .tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

void np_sleep_ms(int64_t ms)
{
	if (ms > 0)
		sleep_until_us(np_now_us() + ms * 1000);
}

const char *np_wall_text(char *buf, size_t size)
{
	struct timespec ts;
	char day[24];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf, size, "%s.%03uZ", day, (unsigned)(ts.tv_nsec / 1000000) % 1000);
	return buf;
}

void np_backoff_init(struct np_backoff *b, int64_t first_pause_us, int64_t max_pause_us, int64_t timeout_us)
{
	b->deadline_us = np_now_us() + timeout_us;
	b->pause_us = first_pause_us > 0 ? first_pause_us : 1;
	b->max_pause_us = max_pause_us > b->pause_us ? max_pause_us : b->pause_us;
}

int np_backoff_wait(struct np_backoff *b)
{
	int64_t now_us = np_now_us();
	int64_t left_us = b->deadline_us - now_us;

	if (left_us <= 0)
		return 0;
	sleep_until_us(now_us + (b->pause_us < left_us ? b->pause_us : left_us));
	b->pause_us = b->pause_us < b->max_pause_us / 2 ? b->pause_us * 2 : b->max_pause_us;
	return 1;
}
