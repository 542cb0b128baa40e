/*
 * session.h - one worker's world in the cluster: namespaces, pods with a stream to each, services;
 * and the cluster as the API server stores it, read back for the oracle. One thread.
 */
#ifndef NP_RUN_SESSION_H
#define NP_RUN_SESSION_H

#include "control.h"
#include "fixture.h"
#include "np/model/case.h"
#include "np/oracle/oracle.h"
#include "scope.h"

/* A pod of the world that has an agent. */
struct np_session_pod {
	char *name; /* x/a */
	char *identity;
	char *uid;
	char *container; /* that runs the agent */
	size_t agent;
	bool host_network;
	bool ending; /* its deletion has begun, and it goes on */
};

struct np_session {
	const struct np_fixture *fixture;
	const struct np_worldfile *worldfile;
	struct np_scope scope;
	struct np_fleet *fleet;
	struct np_control_agents agents;
	struct np_session_pod *pods;
	size_t n_pods, cap_pods;
	struct np_fixture_pod sentinels[NP_FIXTURE_NODES];
	size_t n_sentinels;
	struct np_str sentinel_ns;
	bool sentinel_policy, sentinel_label; /* what is in force there now */
	struct np_arena arena;
	unsigned generation; /* of pod identities: a pod made anew answers with another name */
	json_t *originals; /* "Kind ns/name" -> object as first created, for bringing the world back
			    */
	json_t *stored; /* "Pod x" -> the list that the API server gave last, as text */
	unsigned timeout_ms; /* of a probe: the calibrated one, more while the machine is slow */
	unsigned n_in_time;  /* tables in a row that needed no longer one */
	bool dirty;	   /* something could not be brought back: deploy anew */
	bool pods_lost;	   /* somebody else took a pod of this world away */
	bool raw; /* the pods speak SCTP by raw sockets; their namespaces are privileged */
	long long deploy_ms;
};

/* Deploys @worldfile and waits until every agent answers; @raw: with raw sockets for SCTP. On error
 * nothing but namespaces with the run's label is left. */
int np_session_start(const struct np_fixture *fixture, unsigned worker, unsigned incarnation,
		     const struct np_worldfile *worldfile, bool raw, struct np_session *ret,
		     struct np_err *err);
/* Frees, and deletes the world's namespaces in the cluster when @remove. Accepts a zeroed one. */
void np_session_end(struct np_session *s, bool remove);

/*
 * Reads the cluster back: *@ret (initialised by this call, released by the caller) is linked. What
 * was read before and nothing has been done to since, np_session_doubt() being told of it, is not
 * asked for again.
 */
int np_session_read(struct np_session *s, struct np_world *ret, struct np_err *err);
/* What a step did something to is read anew. @touched: an object whose keys are "Kind ns/name", names
 * of the case file; NULL: everything. */
void np_session_doubt(struct np_session *s, const json_t *touched);

/* Creates or replaces @object (names already real). A pod gets the agent; its stream is opened by
 * np_session_sync(). */
int np_session_apply(struct np_session *s, json_t *object, struct np_err *err);
/* Waits for new pods and opens their streams; *@ret_new (may be NULL): how many there were. Looks at
 * the pods of namespaces that were doubted or have new ones. NP_ENOTFOUND names a pod that somebody
 * else took away; then pods_lost is set. */
int np_session_sync(struct np_session *s, size_t *ret_new, struct np_err *err);
/* A pod that is being deleted is waited for no more; @name NULL: every pod of namespace @ns. Names
 * are those of the case file. */
void np_session_forget(struct np_session *s, struct np_str ns, const struct np_str *name);
/* The deletion of this pod was begun, and its process outlives it: it keeps its stream and is not
 * missed. */
void np_session_ending(struct np_session *s, struct np_str ns, struct np_str name);
const struct np_session_pod *np_session_find(const struct np_session *s, struct np_str name);

#endif
