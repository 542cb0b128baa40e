/* agents_memory.c - what an agent that is a plain process takes of the machine's memory, with its children. */
#include <stdio.h>
#include <string.h>

#include "agents.h"
#include "logline.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define FAMILY_MAX 64
/* So many times what is usual, and at least so much more, is a finding. */
#define GROWTH_TIMES 4
#define GROWTH_KIB (256 * 1024)

/* Field VmRSS of /proc/PID/status in KiB, 0 when it is gone. */
static long long own_kib(long long pid)
{
	np_auto_free char *path = np_xasprintf("/proc/%lld/status", pid);
	struct np_buf b = { 0 };
	unsigned long long kib = 0;

	if (np_file_read(path, 65536, &b, NULL) == 0 && b.len) {
		struct np_str s = { b.data, b.len };
		size_t at = str_find(s, "VmRSS:");

		if (at != SIZE_MAX)
			np_str_u64(str_until(str_trim(str_from(s, at + 6)), ' '), INT64_MAX, &kib);
	}
	np_buf_release(&b);
	return (long long)kib;
}

/* Appends the children of @pid's first thread, which is the one that a shell starts them from. */
static size_t add_children(long long *family, size_t n, long long pid)
{
	np_auto_free char *path = np_xasprintf("/proc/%lld/task/%lld/children", pid, pid);
	struct np_buf b = { 0 };
	struct np_str rest;
	unsigned long long child;

	if (np_file_read(path, 65536, &b, NULL) < 0)
		b.len = 0;
	rest = (struct np_str){ np_buf_text(&b), b.len };
	while (rest.n && n < FAMILY_MAX) {
		struct np_str word = str_until(rest, ' ');

		if (np_str_u64(word, 1ull << 30, &child))
			family[n++] = (long long)child;
		rest = str_from(rest, word.n + 1);
	}
	np_buf_release(&b);
	return n;
}

static long long family_kib(long long pid)
{
	long long family[FAMILY_MAX] = { pid }, kib = 0;
	size_t n = 1;

	for (size_t i = 0; i < n; i++) {
		kib += own_kib(family[i]);
		n = add_children(family, n, family[i]);
	}
	return kib;
}

void agents_look_at_memory(struct agents *a, struct agent *g, json_t *ret_bugs)
{
	long long kib = family_kib(g->pid);
	np_auto_free char *message = NULL;

	if (a->quiet || !g->usual_kib)
		g->usual_kib = kib > g->usual_kib ? kib : g->usual_kib;
	if (kib < GROWTH_TIMES * g->usual_kib || kib < g->usual_kib + GROWTH_KIB)
		return;
	a->grown = true;
	if (g->grown)
		return;
	g->grown = true;
	message = np_xasprintf("it takes %lld MiB of memory, usually %lld MiB", kib / 1024,
			       g->usual_kib / 1024);
	json_array_append_new(ret_bugs, np_bug_new_of(NP_CRASH_OOM, g->component, "memory-growth",
						      "", message));
}
