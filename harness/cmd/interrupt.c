/* interrupt.c - Ctrl-C. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* A handler has no other way to reach the flag than a global of its file. */
static atomic_int flag;

static void on_signal(int sig)
{
	(void)sig;
	if (atomic_fetch_add(&flag, 1))
		_exit(130);
}

const atomic_int *np_interrupt_flag(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	return &flag;
}
