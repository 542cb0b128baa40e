/*
 * nodes.h - which nodes of a cluster a run uses: one or two that are Ready, take pods from anybody
 * and have room. Always the same two of the same cluster: candidates are looked at in the order of
 * their names, at most 64 of them. The first is node/a of the case files, the second node/b.
 */
#ifndef NP_RUN_NODES_H
#define NP_RUN_NODES_H

#include <jansson.h>

#include "np/base/err.h"
#include "np/kube/client.h"

#define NP_NODES_MAX 2
#define NP_NODES_NAME_MAX 254

/* What one probe pod asks of its node (podspec.c). */
#define NP_POD_CPU_MILLI 5
#define NP_POD_MEMORY_MIB 8

/* Pods that a run makes, on all nodes together. */
struct np_nodes_ask {
	size_t fixed; /* whatever the number of workers */
	size_t per_worker;
	unsigned workers; /* at least 1 */
};

struct np_nodes {
	char names[NP_NODES_MAX][NP_NODES_NAME_MAX];
	size_t n;
	unsigned workers;   /* for which there is room; not more than asked for */
	json_t *list;	    /* all nodes of the cluster, as the API gave them; owned */
	char left_out[256]; /* why only one is used; empty when two are */
};

/*
 * Chooses. NP_EENV when not even one node can take the pods of one worker; the sentence says which
 * came nearest and what it lacks. Release with np_nodes_release().
 */
int np_nodes_choose(struct np_kube *k, const struct np_nodes_ask *ask, struct np_nodes *ret,
		    struct np_err *err);
/* Accepts a zeroed one. */
void np_nodes_release(struct np_nodes *n);

/* Why a node is no candidate ("is not Ready"), or NULL. */
const char *np_node_unusable(const json_t *node);
/* How many probe pods @node can still take beside @pods, those that are bound to it. */
size_t np_node_room(const json_t *node, const json_t *pods);
/*
 * A Kubernetes quantity ("100m", "1.5", "2Gi", "1e3"); -1 when it is none or not a finite number of
 * at least 0.
 */
double np_quantity(const char *text);

#endif
