/* targetargs.h - the options of run and minimize that say what is tested, and what its probe pods are. */
#ifndef NP_CMD_TARGETARGS_H
#define NP_CMD_TARGETARGS_H

#include "np/cmd/options.h"
#include "np/run/run.h"

/* clang-format off */

/* @run: a struct np_run_options; @model: a bool. */
#define TARGET_OPTIONS(run, model)                                                                  \
	{ "kubeconfig", NP_OPT_STRING, &(run).kubeconfig, "FILE",                                   \
	  "a real cluster; without it the embedded sandbox", NULL },                                \
	{ "context", NP_OPT_STRING, &(run).context, "NAME", "context of the kubeconfig", NULL },    \
	{ "in-cluster", NP_OPT_FLAG, &(run).in_cluster, NULL, "the cluster this pod runs in", NULL }, \
	{ "model", NP_OPT_FLAG, &(model), NULL,                                                     \
	  "no packets: a model of a CNI answers, in a moment", NULL },                              \
	{ "fault", NP_OPT_STRING, &(run).fault, "NAME",                                             \
	  "make the sandbox's enforcer wrong on purpose; with --model a mutant of score", NULL },   \
	{ "api-wait", NP_OPT_DURATION, &(run).api_wait_ms, "DUR",                                   \
	  "how long to wait for an API server that is away; default 2m", NULL }

#define PROBE_POD_OPTIONS(run)                                                                      \
	{ "image", NP_OPT_STRING, &(run).image, "REF", "image of the probe pods", NULL },           \
	{ "inject", NP_OPT_FLAG, &(run).inject, NULL,                                               \
	  "copy the agent into pods of a stock image (busybox, or --image)", NULL },                \
	{ "external", NP_OPT_STRING, &(run).external, "HOST[:PORT][=ADDRS]",                        \
	  "an agent outside the cluster (deploy/README.md)", NULL }

/* clang-format on */

#endif
