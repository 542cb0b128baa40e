/*
 * preflight.h - looking before leaping: what of a cluster would spoil a run or its verdicts, found
 * before anything is made there. A finding says what there is, why it matters and what to do about
 * it; it is a line of the record at once (results/README.md). A fatal one ends the run.
 */
#ifndef NP_RUN_PREFLIGHT_H
#define NP_RUN_PREFLIGHT_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/err.h"
#include "np/kube/client.h"
#include "nodes.h"
#include "record.h"

/* Minor versions of Kubernetes 1.x: the oldest that a run makes sense with, the newest tried. */
#define NP_PREFLIGHT_OLDEST 21
#define NP_PREFLIGHT_NEWEST 36
/* Kubelets may be so many minor versions behind their API server, none ahead of it. */
#define NP_PREFLIGHT_SKEW 3

enum np_finding_level { NP_FINDING_INFO, NP_FINDING_WARN, NP_FINDING_FATAL };

/* Texts are sentences without a full stop; none is NULL. */
struct np_finding {
	enum np_finding_level level;
	const char *about; /* server nodes permissions cluster-policies dns-policies room pods */
	const char *what, *why, *todo;
};

/* Writes the finding's line. Thread-safe as the record is. */
void np_finding_put(struct np_record *record, const struct np_finding *f);

struct np_preflight {
	struct np_kube *kube;
	struct np_record *record;
	const char *server; /* version of the API server, v1.36.2 */
	bool dns;	    /* cases ask the cluster's DNS pods */
	struct np_nodes_ask room;
	/* out */
	struct np_nodes nodes; /* the caller releases them, also after an error */
	bool dns_isolated;     /* policies of others stand before the DNS pods */
	struct np_err fatal;   /* the first fatal finding */
};

/*
 * Runs every check, the remaining ones also after a fatal finding; -1 with NP_EENV and the first
 * fatal one as a sentence, or with what the API answered where nothing can be said at all.
 */
int np_preflight(struct np_preflight *p, struct np_err *err);

/* --- the checks, for their tests --- */

/* @fmt: what; @why and @todo may be used in later checks and are copied. */
void np_preflight_find(struct np_preflight *p, enum np_finding_level level, const char *about,
		       const char *why, const char *todo, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* The API server's version, and how far its nodes are from it. */
void np_preflight_versions(struct np_preflight *p);
/* May we do all that a run does? */
int np_preflight_access(struct np_preflight *p, struct np_err *err);
/* Policies that stand above NetworkPolicy (S64), and those in front of the DNS pods. */
int np_preflight_policies(struct np_preflight *p, struct np_err *err);

/* One thing that a run asks of the API; deploy/rbac.yaml allows these and no more. */
struct np_access {
	const char *verb, *group, *resource; /* pods/exec */
};
extern const struct np_access np_accesses[];
extern const size_t np_n_accesses;

/* Kinds of policies that stand above NetworkPolicy. The API server of most clusters knows none. */
struct np_cluster_policy {
	const char *group, *plural, *kind, *owner;
};
extern const struct np_cluster_policy np_cluster_policies[];
extern const size_t np_n_cluster_policies;

/* The minor version in "v1.36.2-gke.1", -1 for anything else. */
int np_preflight_minor(const char *version);

/*
 * What to do about a pod or namespace that admission refused, after the API's own words in @err: a
 * quota, a limit range, Pod Security, a webhook. Unchanged when the reason is another.
 */
void np_preflight_explain(struct np_err *err);
/* Containers of a stored pod that nobody asked for: a webhook put them there. Once for a run. */
void np_preflight_sidecars(struct np_record *record, const json_t *asked, const json_t *stored);

#endif
