/* Looks at the kernel's socket tables in /proc. The contract is in listening.h. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listening.h"
#include "np/base/clock.h"
#include "np/base/mem.h"
#include "np/base/str.h"

#define N_PORTS 65536
#define TCP_LISTEN_STATE 0x0a
#define UDP_OPEN_STATE 0x07

struct protocol {
	const char *option;
	const char *tables[2];
	unsigned state;
};

static const struct protocol protocols[] = {
	{ "--tcp", { "/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6" }, TCP_LISTEN_STATE },
	{ "--udp", { "/proc/thread-self/net/udp", "/proc/thread-self/net/udp6" }, UDP_OPEN_STATE },
};

/* The value of --option LIST or --option=LIST, NULL when it is not there. */
static const char *value_of(const char *const *argv, const char *option)
{
	size_t n = strlen(option);

	for (; *argv; argv++) {
		if (strncmp(*argv, option, n) != 0)
			continue;
		if ((*argv)[n] == '=')
			return *argv + n + 1;
		if ((*argv)[n] == '\0')
			return argv[1];
	}
	return NULL;
}

/* Lines like "  0: 0100007F:0050 00000000:0000 0A ..."; the first line is a heading. */
static void note_open(const char *path, unsigned state, bool *open_ports)
{
	FILE *f = fopen(path, "re");
	unsigned port, st;
	char *line = NULL;
	size_t cap = 0;

	while (f && getline(&line, &cap, f) > 0) {
		if (sscanf(line, " %*[0-9]: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &port, &st) == 2 && st == state &&
		    port < N_PORTS)
			open_ports[port] = true;
	}
	free(line);
	if (f)
		fclose(f);
}

static bool all_open(const char *list, const bool *open_ports)
{
	while (*list) {
		size_t n = strcspn(list, ",");
		unsigned long long port;

		if (np_str_u64((struct np_str){ list, n }, N_PORTS - 1, &port) && !open_ports[port])
			return false;
		list += n + (list[n] == ',');
	}
	return true;
}

static bool is_open(const struct protocol *proto, const char *const *argv)
{
	const char *list = value_of(argv, proto->option);
	bool *open_ports;
	bool yes;

	if (!list)
		return true;
	open_ports = np_xcalloc(N_PORTS, sizeof(*open_ports));
	for (size_t i = 0; i < NP_ARRAY_SIZE(proto->tables); i++)
		note_open(proto->tables[i], proto->state, open_ports);
	yes = all_open(list, open_ports);
	free(open_ports);
	return yes;
}

bool np_wait_listening(const char *const *argv, pid_t pid, int timeout_ms)
{
	struct np_backoff wait;

	np_backoff_init(&wait, 200, 5000, (int64_t)timeout_ms * 1000);
	for (size_t i = 0; i < NP_ARRAY_SIZE(protocols); ) {
		if (is_open(&protocols[i], argv))
			i++;
		else if (kill(pid, 0) < 0 || !np_backoff_wait(&wait))
			return false;
	}
	return true;
}
