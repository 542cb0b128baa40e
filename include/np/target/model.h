/*
 * model.h - layer target: a model of a CNI. It hears of namespaces, nodes, pods, Services and
 * policies as an agent's watches would tell it, keeps what it derives from them step by step
 * (addresses of the pods behind each selector, policies of each pod), and answers whether a
 * connection passes. No packets. Shares nothing with the oracle but the data model; of the API's
 * open questions it follows one permitted reading each.
 *
 * It can be told to be wrong in one way: a mutant of mutants.h, or one operator at one site of
 * model_sites.h. It notes which of them would have had a chance to show, so that the others need
 * not be tried. One thread.
 */
#ifndef NP_TARGET_MODEL_H
#define NP_TARGET_MODEL_H

#include "np/model/flow.h"
#include "np/target/model_sites.h"
#include "np/target/mutants.h"

enum np_model_kind {
	NP_MODEL_NAMESPACE,
	NP_MODEL_NODE,
	NP_MODEL_POD,
	NP_MODEL_SERVICE,
	NP_MODEL_POLICY,
	NP_MODEL_N_KINDS
};
enum np_model_verb { NP_MODEL_ADD, NP_MODEL_UPDATE, NP_MODEL_DELETE, NP_MODEL_N_VERBS };

/* What a watch says. @object is a struct np_namespace, np_node, .. ; of a delete the last state. */
struct np_model_event {
	enum np_model_kind kind;
	enum np_model_verb verb;
	const void *object;
};

struct np_model_wrong {
	enum np_mutant mutant;
	enum np_site site; /* with @op; NP_SITE_NONE: none */
	enum np_site_op op;
};

struct np_model;

struct np_model *np_model_new(void);
void np_model_free(struct np_model *m);
/* Forgets everything, and is wrong in the way of @wrong (NULL: in none) from now on. */
void np_model_reset(struct np_model *m, const struct np_model_wrong *wrong);

/* Queues an event; the object must stay until the next reset. */
void np_model_tell(struct np_model *m, const struct np_model_event *event);
/* Works off what is queued: the agent has had time enough. To be called before connections. */
void np_model_settle(struct np_model *m);

/* An end of a connection as the network has it, whatever the agent knows of it. */
struct np_model_end {
	struct np_str ns, name; /* of a pod; name.n == 0: of none */
	struct np_addr addr;	/* as it stands in packets */
	bool host;		/* a pod on the host's network */
};

/*
 * A connection: where it arrives, after the translation of Services, and what was dialled.
 */
struct np_model_conn {
	struct np_model_end src, dst;
	enum np_proto proto;
	uint16_t port;
	const struct np_service *service; /* dialled; NULL: none */
	size_t service_port;		  /* which of its ports */
	bool node_port;
	struct np_addr dialled; /* the address of it */
};

/*
 * What the network makes of @flow before any policy: false when it carries no traffic. Of several
 * pods behind a Service the first by name. Strings are borrowed from @w.
 */
bool np_model_conn_of(const struct np_world *w, const struct np_flow *flow,
		      struct np_model_conn *ret);

/* Whether it passes. */
bool np_model_passes(struct np_model *m, const struct np_model_conn *conn);

/* An end as the model knows it; valid until the next np_model_settle(). */
struct np_model_place {
	uint32_t pod, addr; /* its numbers for them, UINT32_MAX: unknown */
	struct np_addr ip;
	struct np_str node; /* the node whose address it is */
	bool host;
};

void np_model_locate(struct np_model *m, const struct np_model_end *end,
		     struct np_model_place *ret);
/* The same for ends that are located already: @conn's own are not looked at. For whole tables. */
bool np_model_passes_at(struct np_model *m, const struct np_model_conn *conn,
			const struct np_model_place *src, const struct np_model_place *dst);

/* The agent has died; what it had programmed stays. */
bool np_model_crashed(const struct np_model *m);
/*
 * How often a connection must be asked about, one after the other, to see all its answers: more
 * than 1 when the agent does not come to rest.
 */
unsigned np_model_turns(const struct np_model *m);

/* Since the reset: whether the mutant, the operator at the site could have made a difference. */
bool np_model_met_mutant(const struct np_model *m, enum np_mutant mutant);
bool np_model_met_site(const struct np_model *m, enum np_site site, enum np_site_op op);

#endif
