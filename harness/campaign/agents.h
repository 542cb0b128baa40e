/*
 * agents.h - private to campaign: the agents that enforce policies, watched from outside: processes
 * by pid file and log, pods by the API (status of containers, current and previous logs). One
 * thread; looked at again and again, nothing runs in between. What is found comes as reports of
 * np/campaign/bug.h.
 */
#ifndef NP_CAMPAIGN_AGENTS_H
#define NP_CAMPAIGN_AGENTS_H

#include <jansson.h>
#include <stdatomic.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/campaign/bug.h"
#include "np/kube/client.h"
#include "np/kube/watch.h"

#define AGENTS_MAX 64
#define AGENT_LOG_PIECE (1u << 20)  /* read of a log at a time; more is passed over */
#define AGENT_TAIL_MAX (128u << 10) /* of a log kept as evidence */
#define STUCK_REPEATS 5		    /* of the same complaint before it is a finding */

/* One process, or one container of a pod. */
struct agent {
	char name[320]; /* agent of node-a: for messages and files */
	char component[NP_CRASH_COMPONENT_MAX];
	char node[256];
	/* a process */
	const char *pid_file, *log;
	long long pid, start_time;
	unsigned long long offset, inode;
	/* a container */
	char ns[256], pod[256], container[128];
	char ended_id[256]; /* the incarnation whose end was told last */
	char log_since[64]; /* time stamp of the last line read */
	long long restarts;
	bool down;
	struct np_buf tail;
	long long usual_kib; /* the most memory that it took in the quiet time */
	bool grown;	     /* it was told that it takes many times that */
	struct np_buf held; /* read while more was being written: agents_read_on() */
};

struct stuck_count {
	char template[NP_TEMPLATE_MAX], component[NP_CRASH_COMPONENT_MAX];
	unsigned n;
	bool usual; /* was there in the quiet time */
	bool told;
};

struct agents {
	struct np_kube *kube;
	const atomic_int *cancel;
	const char *selector, *ns; /* of pods; selector NULL: none */
	struct np_kube_watch *watch; /* of those, from the first look on */
	struct agent *items;
	size_t n, cap;
	struct stuck_count *stuck;
	size_t n_stuck, cap_stuck;
	bool quiet;  /* learning what is usual */
	bool listed; /* the pods are known */
	bool grown;  /* some process took many times its memory since agents_forget_stuck() */
	long long restarts; /* seen in all */
};

/* Adds a process; @component NULL: its name as the kernel has it. Strings are borrowed. */
void agents_add_process(struct agents *a, const char *pid_file, const char *log,
			const char *component);
/*
 * Looks once: what has died, what the logs say now. Reports are appended to @ret_bugs. A log that
 * is still being written is read until it pauses, at most a second. Trouble with the API server is
 * no finding: -1.
 */
int agents_look(struct agents *a, json_t *ret_bugs, struct np_err *err);
/* How many are down now. */
size_t agents_down(const struct agents *a);
/* Complaints are counted anew, growth is told again: after everything was cleared. */
void agents_forget_stuck(struct agents *a);
/* Everybody's latest log, for evidence: files "evidence/<name>.log" in @ret, whose texts are
 * borrowed. Returns their number. */
size_t agents_evidence(const struct agents *a, struct np_bug_file *ret, char (*names)[384],
		       size_t max);
void agents_release(struct agents *a);

/* ---- agents_memory.c ---- */

/* Does a process take many times the memory that it took in the quiet time? Told once. */
void agents_look_at_memory(struct agents *a, struct agent *g, json_t *ret_bugs);

/* ---- agents_log.c ---- */

/* What a new piece of an agent's log tells; keeps its tail. */
void agents_read_piece(struct agents *a, struct agent *g, struct np_str piece, json_t *ret_bugs);
/*
 * The same of a piece that ends in the middle of what is being said: it is held, and told of when it
 * is known how it goes on, with the next piece. A report that is cut once is whole, therefore; what
 * of it stands in a third piece is left out.
 */
void agents_read_on(struct agents *a, struct agent *g, struct np_str piece, json_t *ret_bugs);

/* ---- agents_pods.c ---- */

/*
 * What a watch of the pods has told since the last look, change by change, then what the logs say
 * now. An API server that is away is waited for by the watch; only the first look needs it (-1).
 */
int agents_look_at_pods(struct agents *a, json_t *ret_bugs, struct np_err *err);
/* How often the watch was resumed or listed anew; why the last time goes to @ret ("": never). */
unsigned agents_watch_trouble(const struct agents *a, char *ret, size_t size);
/*
 * What the status of a container (of pod @pod) tells against what was known of it in @g, which is
 * brought up to date; a report of its end is appended unless that is benign. Returns whether it has
 * ended since; one end that shows in several changes (terminated, then restarted) counts once. Pure.
 */
bool agents_take_status(struct agent *g, const json_t *pod, const json_t *status, json_t *ret_bugs);

#endif
