/*
 * repro.h - a failing cell as a shell script, while it is being written. The script makes the
 * case's world in namespaces of its own, makes the case's changes in their order, and probes one
 * cell with the agent in the pods.
 */
#ifndef NP_REPORT_REPRO_H
#define NP_REPORT_REPRO_H

#include "report_private.h"

/* Where a probe starts or goes. */
enum np_repro_kind {
	NP_REPRO_POD,
	NP_REPRO_NODE, /* a hostNetwork agent of the script's own */
	NP_REPRO_SERVICE,
	NP_REPRO_DNS, /* the cluster's DNS pod */
	NP_REPRO_DNS_SERVICE,
	NP_REPRO_ADDRESS, /* outside the cluster, as recorded */
	NP_REPRO_UNKNOWN
};

struct np_repro_end {
	enum np_repro_kind kind;
	const char *text;    /* as recorded: x/a, node/a, svc:x/web, ext/a */
	char *ns, *name;     /* of a pod or Service; NULL otherwise */
	const char *address; /* of an address */
};

struct np_repro {
	const struct np_report *r;
	const json_t *step, *world; /* the failing step, the world line of the case */
	const json_t *cell;	    /* one of the step's failures */
	struct np_repro_end src, dst;
	int family;
	json_t *namespaces; /* short name -> true: those that the script makes */
	json_t *objects;    /* "Kind ns/name" -> body: those that are there now */
	json_t *touched;    /* "Kind ns/name" -> made anew? by the case */
	json_t *ending;	    /* "Pod ns/name" -> true: it goes on, and its deletion has begun */
	json_t *unready;    /* short namespace -> true: pods were made since the last look */
	unsigned n_values;  /* POD_n variables so far */
	struct np_buf out;
	char why[160]; /* why there can be no script; empty when there can */
};

/* The namespaces and pods of the world, and the hostNetwork agents that an end needs. */
void np_repro_world(struct np_repro *p);
/* One change as recorded: {"op","of","body"}. */
void np_repro_change(struct np_repro *p, const json_t *m);
/* Everything that the case changed as it was before. */
void np_repro_undo(struct np_repro *p);
/* Waits for the pods that were made since the last call. */
void np_repro_ready(struct np_repro *p);
/* Name of the container that probes from there; NULL while the pod is not there. */
const char *np_repro_container(const struct np_repro *p, const struct np_repro_end *end);

/* --- repro_text.c --- */

/* @s between single quotes of a shell. */
static inline void np_repro_quote(struct np_buf *b, const char *s)
{
	np_buf_shell_quoted(b, np_str_from(s));
}
/* A comment line: nothing in @s can end it. */
void np_repro_comment(struct np_buf *b, const char *s);
/* "$PREFIX"-'ns' for a namespace of the script, else 'ns'. */
void np_repro_namespace(const struct np_repro *p, struct np_buf *b, const char *ns);
/* Splits "Kind ns/name" into new strings; false when it is none. */
bool np_repro_split(const char *key, char **ret_kind, char **ret_ns, char **ret_name);
/*
 * A copy of an object or patch for the script: its namespaces renamed as a run renames them, exact
 * pod addresses in ipBlocks as @POD_n@, for which sed expressions are appended to @fills (" -e ..")
 * and whose variables are set in the script. Sets @p->why when a block holds some pods' addresses
 * but not others'.
 */
json_t *np_repro_renamed(struct np_repro *p, const json_t *object, struct np_buf *fills);

/* --- repro_pods.c --- */

/* A Pod as the script creates it: with the agent in it, on @NODE_A@ or @NODE_B@. New reference. */
json_t *np_repro_pod(struct np_repro *p, const json_t *original);
/* A hostNetwork agent "node/a" or "node/b". New reference. */
json_t *np_repro_host_pod(const struct np_repro *p, const char *name);

#define NP_REPRO_HOSTS "host-agents" /* namespace of the hostNetwork agents */

#endif
