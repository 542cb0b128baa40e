/* clean.c - netpolcheck clean. */
#include <stdio.h>

#include "interrupt.h"
#include "np/cmd/options.h"
#include "np/run/clean.h"
#include "np/target/cluster.h"

#define CLEAN_TIMEOUT_MS 300000

static int clean(const struct np_cluster_options *target, const char *run_id, struct np_err *err)
{
	struct np_cluster cluster;
	size_t n = 0;
	int rc;

	if (!target->kubeconfig && !target->context && !target->in_cluster)
		return np_err_set(err, NP_EUSAGE,
				  "which cluster? --kubeconfig FILE, --context NAME or "
				  "--in-cluster (a sandbox leaves nothing behind)");
	if (np_cluster_open(target, &cluster, err) < 0)
		return -1;
	rc = np_clean(cluster.kube, run_id, CLEAN_TIMEOUT_MS, &n, err);
	if (rc == 0)
		printf("%zu namespaces removed\n", n);
	np_cluster_close(&cluster);
	return rc;
}

static int cmd_clean(int argc, char **argv)
{
	struct np_cluster_options target = { 0 };
	const char *run_id = NULL;
	const struct np_option options[] = {
		{ "kubeconfig", NP_OPT_STRING, &target.kubeconfig, "FILE", "the cluster", NULL },
		{ "context", NP_OPT_STRING, &target.context, "NAME", "context of the kubeconfig",
		  NULL },
		{ "in-cluster", NP_OPT_FLAG, &target.in_cluster, NULL,
		  "the cluster this pod runs in", NULL },
		{ "run", NP_OPT_STRING, &run_id, "ID",
		  "only what this run made; default: every run", NULL },
		{ NULL, NP_OPT_FLAG, NULL, NULL, NULL, NULL },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_clean, options, argc, argv, NULL);

	if (status >= 0)
		return status;
	target.cancel = np_interrupt_flag();
	return clean(&target, run_id, &err) < 0 ? np_command_fail(&np_cmd_clean, &err) : NP_EXIT_OK;
}

const struct np_command np_cmd_clean = {
	.name = "clean",
	.summary = "remove what a dead run left behind in a cluster",
	.usage = "--kubeconfig FILE [options]",
	.exits = "0 done, 2 usage, 3 cluster unreachable or something stays, 130 interrupted",
	.run = cmd_clean,
};
