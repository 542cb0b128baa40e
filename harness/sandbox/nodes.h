/* nodes.h - the nodes as API objects, and which of them a nodeSelector admits. */
#ifndef NP_SANDBOX_NODES_H
#define NP_SANDBOX_NODES_H

#include <jansson.h>
#include <stdbool.h>

#include "fabric.h"
#include "np/base/err.h"
#include "store.h"

#define NP_NODE_MAX_PODS 4000

/* The Node object of @host as the API shows it. New reference. */
json_t *np_node_object(const struct np_host *host);
/* Namespaces default, kube-system, kube-public, kube-node-lease, and the nodes. */
int np_nodes_create(struct np_store *store, const struct np_fabric *fabric, struct np_err *err);
/* Does the stored node @name have every label of @selector (NULL or empty: any)? */
bool np_node_admits(struct np_store *store, const char *name, const json_t *selector);

#endif
