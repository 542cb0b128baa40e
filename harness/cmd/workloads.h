/*
 * workloads.h - Deployments and the like of manifests as pods: manifests that are kept under version
 * control have no others.
 */
#ifndef NP_CMD_WORKLOADS_H
#define NP_CMD_WORKLOADS_H

#include "np/base/err.h"
#include "np/model/world.h"

/*
 * Adds one pod, named like the workload, for each Deployment, StatefulSet, DaemonSet, ReplicaSet,
 * ReplicationController, Job and CronJob in @paths (as np_manifests_load(); "-" is left out), from
 * its template; none where the world has a pod of that namespace with all labels of the template,
 * nor where the template has no labels. The world must be linked, and is again. Of two of one name
 * the later is called NAME.KIND.
 */
int workloads_add(struct np_world *w, const char *const *paths, size_t n, struct np_err *err);

/* "Deployment", ... */
bool workloads_have_kind(struct np_str kind);

#endif
