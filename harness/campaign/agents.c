/* agents.c - agents as plain processes, and what is common to all. */
#include "agents.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logline.h"
#include "np/base/clock.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

#define PAUSE_MS 60 /* a log that was not written to for so long has paused */
#define TALK_MAX_MS 300

/* ---- processes ---- */

/* The pid that @path holds, 0 when there is none. */
static long long read_pid(const char *path)
{
	struct np_buf b = { 0 };
	unsigned long long pid = 0;

	if (np_file_read(path, 64, &b, NULL) == 0 && b.len)
		np_str_u64(str_trim((struct np_str){ b.data, b.len }), 1ull << 30, &pid);
	np_buf_release(&b);
	return (long long)pid;
}

/* Field 22 of /proc/PID/stat; 0 when it is gone or a zombie. Tells a process from a later one of
 * the same number. */
static long long start_time(long long pid)
{
	np_auto_free char *path = np_xasprintf("/proc/%lld/stat", pid);
	struct np_buf b = { 0 };
	unsigned long long time = 0;
	const char *p;

	if (pid <= 0 || np_file_read(path, 4096, &b, NULL) < 0)
		return 0;
	p = strrchr(np_buf_text(&b), ')');
	if (p && p[1] == ' ' && p[2] != 'Z' && p[2] != 'X') {
		for (int field = 2; p && field < 22; field++)
			p = strchr(p + 1, ' ');
		if (p)
			np_str_u64(str_until(np_str_from(p + 1), ' '), INT64_MAX, &time);
	}
	np_buf_release(&b);
	return (long long)time;
}

static void name_component(struct agent *g, const char *component)
{
	np_auto_free char *path = np_xasprintf("/proc/%lld/comm", g->pid);
	struct np_buf b = { 0 };

	if (component || np_file_read(path, 256, &b, NULL) < 0 || !b.len)
		str_copy(g->component, sizeof(g->component),
			 np_str_from(component ? component : "agent"));
	else
		str_copy(g->component, sizeof(g->component),
			 str_trim((struct np_str){ b.data, b.len }));
	np_buf_release(&b);
}

void agents_add_process(struct agents *a, const char *pid_file, const char *log,
			const char *component)
{
	struct agent *g;
	struct stat st;

	a->items = np_grow(a->items, &a->cap, a->n, sizeof(*a->items));
	g = &a->items[a->n++];
	*g = (struct agent){ .pid_file = pid_file, .log = log };
	g->pid = read_pid(pid_file);
	g->start_time = start_time(g->pid);
	g->down = !g->start_time;
	name_component(g, component);
	snprintf(g->name, sizeof(g->name), "%s-%zu", g->component, a->n);
	if (log && stat(log, &st) == 0) { /* what was said before we came is not our doing */
		g->offset = (unsigned long long)st.st_size;
		g->inode = st.st_ino;
	}
}

/* What was added to the log; false when there is nothing more now. */
static bool read_more(struct agent *g, struct np_buf *ret)
{
	np_auto_fd int fd = open(g->log, O_RDONLY | O_CLOEXEC);
	size_t before = ret->len;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	if (st.st_ino != g->inode || (unsigned long long)st.st_size < g->offset)
		g->offset = 0; /* rotated or written anew */
	g->inode = st.st_ino;
	if ((unsigned long long)st.st_size - g->offset > AGENT_LOG_PIECE)
		g->offset = (unsigned long long)st.st_size - AGENT_LOG_PIECE;
	while (ret->len < 2 * AGENT_LOG_PIECE &&
	       (n = pread(fd, np_buf_reserve(ret, 65536), 65536, (off_t)g->offset)) > 0) {
		ret->len += (size_t)n;
		g->offset += (unsigned long long)n;
	}
	return ret->len > before && ret->len < 2 * AGENT_LOG_PIECE;
}

/* Until it pauses (true); one that is never silent is left after a while, in the middle of whatever
 * it says. */
static bool read_log(struct agent *g, struct np_buf *ret)
{
	int64_t deadline = np_now_ms() + TALK_MAX_MS;

	while (read_more(g, ret)) {
		if (np_now_ms() >= deadline)
			return false;
		np_sleep_ms(PAUSE_MS);
	}
	return ret->len < 2 * AGENT_LOG_PIECE;
}

static void report_end(struct agents *a, struct agent *g, size_t n_before, json_t *ret_bugs)
{
	json_t *bug;
	size_t i;
	bool told = false;

	a->restarts++;
	/* The log has told why: then that report is the report. */
	for (i = n_before; i < json_array_size(ret_bugs); i++) {
		const char *kind = np_json_str(json_array_get(ret_bugs, i), "kind", "");

		told |= strcmp(kind, "crash") == 0 || strcmp(kind, "oom") == 0;
	}
	if (told)
		return;
	bug = np_bug_new_of(NP_CRASH_DIED, g->component, "ended", "",
			    "the process ended and its log does not say why");
	json_object_set_new(bug, "raw",
			    np_json_string(str_from((struct np_str){ g->tail.data, g->tail.len },
						    g->tail.len > 4096 ? g->tail.len - 4096 : 0)));
	json_array_append_new(ret_bugs, bug);
}

static void look_at_process(struct agents *a, struct agent *g, json_t *ret_bugs)
{
	long long pid = read_pid(g->pid_file), start = start_time(pid);
	bool ended = !g->down && (start == 0 || pid != g->pid || start != g->start_time);
	size_t n_before = json_array_size(ret_bugs);
	struct np_buf fresh = { 0 };
	bool paused = !g->log || read_log(g, &fresh);

	if (paused || ended)
		agents_read_piece(a, g, (struct np_str){ fresh.data, fresh.len }, ret_bugs);
	else
		agents_read_on(a, g, (struct np_str){ fresh.data, fresh.len }, ret_bugs);
	np_buf_release(&fresh);
	/* It may have ended while its log was read. */
	if (!ended && !g->down && !start_time(pid)) {
		start = 0;
		ended = true;
		agents_read_piece(a, g, NP_STR_NONE, ret_bugs);
	}
	if (ended)
		report_end(a, g, n_before, ret_bugs);
	g->down = start == 0;
	if (start) {
		g->pid = pid;
		g->start_time = start;
		agents_look_at_memory(a, g, ret_bugs);
	}
}

/* ---- all ---- */

int agents_look(struct agents *a, json_t *ret_bugs, struct np_err *err)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->items[i].pid_file)
			look_at_process(a, &a->items[i], ret_bugs);
	return a->selector ? agents_look_at_pods(a, ret_bugs, err) : 0;
}

size_t agents_down(const struct agents *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += a->items[i].down;
	return n;
}

void agents_forget_stuck(struct agents *a)
{
	for (size_t i = 0; i < a->n_stuck; i++) {
		a->stuck[i].n = 0;
		a->stuck[i].told = false;
	}
	for (size_t i = 0; i < a->n; i++)
		a->items[i].grown = false;
	a->grown = false;
}

size_t agents_evidence(const struct agents *a, struct np_bug_file *ret, char (*names)[384],
		       size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n && n < max; i++) {
		if (!a->items[i].tail.len)
			continue;
		snprintf(names[n], sizeof(names[n]), "evidence/%s.log", a->items[i].name);
		for (char *p = names[n] + 9; *p; p++)
			if (*p == '/')
				*p = '-';
		ret[n] = (struct np_bug_file){ names[n],
					       { a->items[i].tail.data, a->items[i].tail.len } };
		n++;
	}
	return n;
}

void agents_release(struct agents *a)
{
	for (size_t i = 0; i < a->n; i++) {
		np_buf_release(&a->items[i].tail);
		np_buf_release(&a->items[i].held);
	}
	np_kube_watch_free(a->watch);
	free(a->items);
	free(a->stuck);
	*a = (struct agents){ 0 };
}
