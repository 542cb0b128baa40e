/*
 * pods_private.h - inside of the node agent, shared by pods.c (what happens when), pods_start.c
 * (how) and pods_exec.c (commands).
 */
#ifndef NP_SANDBOX_PODS_PRIVATE_H
#define NP_SANDBOX_PODS_PRIVATE_H

#include <jansson.h>
#include <pthread.h>

#include "fabric.h"
#include "pod_plan.h"
#include "pod_status.h"
#include "pods.h"
#include "pool.h"
#include "reaper.h"
#include "store.h"

enum pod_stage { POD_WAITING, POD_WIRED, POD_RUNNING, POD_BACKOFF, POD_STOPPING, POD_FINISHED };

struct pod {
	uint64_t serial;		/* owner of its processes */
	json_t *object;			/* as last seen; the plan borrows from it */
	struct np_pod_plan plan;
	enum pod_stage stage;
	/* waiting, and something has changed since it was last tried */
	bool fresh;
	struct np_host *host;		/* NULL: not placed */
	struct np_attachment net;	/* of a hostNetwork pod only node and ip */
	pid_t pid;			/* of the agent, 0: none */
	int log_fd;			/* memory file that the agent writes to, -1: none */
	off_t log_start;		/* where this run of the agent begins */
	/* Stopping: when it is killed; Backoff: when it is started again */
	int64_t due_us;
	struct np_pod_facts facts;	/* as last published */
	char message[NP_ERR_MSG_MAX];
};

/* The end of an agent, on its way from the reaper's thread. */
struct pod_exit {
	uint64_t serial;
	pid_t pid;
	int status;
};

/*
 * The table and what exec needs of a pod (stage, net.netns_fd, log_fd) change in the node agent's
 * thread under @lock; that thread reads them without. The reaper's thread takes @exits_lock only.
 */
struct np_pods {
	struct np_pods_options opt;
	pthread_t thread;
	pthread_mutex_t lock, exits_lock;
	struct pod **pods;
	size_t n_pods, cap_pods;
	uint64_t next_serial, seen_revision;
	unsigned next_node;
	struct np_pool pools[NP_N_NODES];
	/* addresses without a pod whose connections the nodes still know */
	struct np_addr *gone;
	size_t n_gone, cap_gone;
	struct pod_exit *exits;
	size_t n_exits, cap_exits;
	bool stopping;
};

/* Under the lock. NULL when there is none. */
struct pod *np_pods_find(const struct np_pods *p, const char *ns, const char *name);
/* The network namespace of a pod that is wired, -1 otherwise. Borrowed. */
int np_pod_netns_fd(const struct pod *pod);
void np_pod_set_stage(struct np_pods *p, struct pod *pod, enum pod_stage stage);

/* Writes the pod's facts to the store. Returns the revision, 0 when the object is gone. */
uint64_t np_pod_publish(struct np_pods *p, struct pod *pod);
/* Starts all fresh waiting pods that can be started; those that cannot say why in their status. */
void np_pods_start_waiting(struct np_pods *p);
/* Starts the agent once more, in the network that is there. */
void np_pod_start_again(struct np_pods *p, struct pod *pod);
/*
 * Kills what runs and takes the network away; its addresses are free, and waiting pods are tried
 * again.
 */
void np_pod_take_down(struct np_pods *p, struct pod *pod);
/* Takes it down for good with the phase. */
void np_pod_finish(struct np_pods *p, struct pod *pod, enum np_pod_phase phase, const char *reason,
		   const char *message);

#endif
