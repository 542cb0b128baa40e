/*
 * reaper.h - processes of the sandbox: the first process's main thread starts them all and reaps
 * them all, orphans too. Other threads ask it. Programs that are run and waited for inside one
 * thread (np_proc_run()) are not its business, for it waits for its own thread's children only;
 * what a process leaves behind becomes a child of the first process's main thread and ends here.
 */
#ifndef NP_SANDBOX_REAPER_H
#define NP_SANDBOX_REAPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "np/base/err.h"

struct np_reaper;

/*
 * In the thread that will call np_reaper_run(). Blocks SIGCHLD in it; threads made afterwards
 * inherit that. NULL with NP_EENV.
 */
struct np_reaper *np_reaper_new(struct np_err *err);
/*
 * Starts and reaps until np_reaper_stop() is called and every process has ended (they are killed).
 */
void np_reaper_run(struct np_reaper *r);
void np_reaper_stop(struct np_reaper *r);
/* No thread may be inside a call any more. NULL is accepted. */
void np_reaper_free(struct np_reaper *r);

struct np_spawn {
	const char *path;
	const char *const *argv;	/* NULL-ended */
	int netns_fd;			/* -1: the sandbox's own */
	int stdio[3];			/* -1: /dev/null */
	int extra_fd;			/* becomes descriptor 3; -1: none */
	uint64_t owner;			/* for np_reaper_kill_owner() */
	/* somebody will call np_reaper_wait(): the status is kept for him */
	bool waited;
	/*
	 * Called in the reaper's thread when it has ended (status as of np_reaper_wait()), but not
	 * after np_reaper_stop(). Must be quick, must not call the reaper. May be NULL.
	 */
	void (*on_exit)(void *ctx, uint64_t owner, pid_t pid, int status);
	void *ctx;
};

/*
 * Starts a process in a process group of its own, with an empty environment. Every descriptor is
 * borrowed. Its pid, or -1 with NP_EENV.
 */
pid_t np_reaper_spawn(struct np_reaper *r, const struct np_spawn *spawn, struct np_err *err);
/*
 * Exit status 0..255 or 128+signal; -1 on time-out (@timeout_ms -1: for ever) or when @pid is
 * nobody who is waited for.
 */
int np_reaper_wait(struct np_reaper *r, pid_t pid, int timeout_ms);
/* Sends @sig to the process group of @pid, if it still runs. */
void np_reaper_kill(struct np_reaper *r, pid_t pid, int sig);
/* To every process of @owner that still runs. */
void np_reaper_kill_owner(struct np_reaper *r, uint64_t owner, int sig);

/* From now on no on_exit is called with @ctx: its owner is about to go. */
void np_reaper_disown(struct np_reaper *r, const void *ctx);

/*
 * An entry for a process that never was: np_reaper_wait() gives @status at once. The pid is one
 * that no process can have.
 */
pid_t np_reaper_pretend(struct np_reaper *r, int status);

#endif
