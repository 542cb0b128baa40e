/* worldargs.h - what eval and table have in common: a world from manifests or a cluster, ends by name, a profile. */
#ifndef NP_CMD_WORLDARGS_H
#define NP_CMD_WORLDARGS_H

#include "np/cmd/options.h"
#include "np/oracle/oracle.h"

struct world_args {
	struct np_strings worlds;		/* --world */
	const char *kubeconfig, *context;	/* --kubeconfig, --context */
	int profile, format;			/* indices into the lists below */
	bool no_workloads;			/* pods of manifests only, no Deployments and the like (workloads.h) */
};

extern const char *const profile_names[];	/* enum np_profile */
extern const char *const format_names[];
enum { FORMAT_TEXT, FORMAT_JSON };

#define WORLD_OPTIONS(a)									\
	{ "world", NP_OPT_STRINGS, &(a).worlds, "FILE|DIR",					\
	  "manifests: YAML or JSON files, folders, - for standard input; may be repeated", NULL }, \
	{ "kubeconfig", NP_OPT_STRING, &(a).kubeconfig, "FILE", "take the world from this cluster instead", NULL }, \
	{ "context", NP_OPT_STRING, &(a).context, "NAME", "context of the kubeconfig", NULL },	\
	{ "profile", NP_OPT_CHOICE, &(a).profile, "NAME",					\
	  "which of the API's open questions count as settled (default core: none)", profile_names }, \
	{ "format", NP_OPT_CHOICE, &(a).format, "FORMAT", "text or json", format_names }

/* Notes on what was left out go to the log. Pods and Services of manifests without an address get one that only /0 holds. *@ret is released with np_world_release(). */
int world_args_load(const struct world_args *a, struct np_world *ret, struct np_err *err);

/*
 * NS/POD, svc:NS/NAME, or an address: that of a pod that carries traffic means the pod, a ClusterIP the Service. NP_EUSAGE when there is no
 * such thing. A name without '/' is of namespace "default".
 */
int world_args_end(const struct np_world *w, const char *text, struct np_end *ret, struct np_err *err);

/* The name under which world_args_end() finds it. */
void world_args_end_name(const struct np_world *w, const struct np_end *end, struct np_buf *ret);

#endif
