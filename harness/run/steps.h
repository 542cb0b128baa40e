/* steps.h - carrying out a case's operations on the cluster, and undoing them afterwards. */
#ifndef NP_RUN_STEPS_H
#define NP_RUN_STEPS_H

#include <jansson.h>

#include "session.h"

/* What was done since the last expectation. */
struct np_changes {
	json_t *operations; /* texts: "apply NetworkPolicy x/both" */
	json_t *manifests;  /* [{"op", "object" or "with"}], with the case file's names */
	json_t *touched;    /* "Kind ns/name" -> true: of the whole case */
	bool policies, pods, namespaces; /* kinds that changed since the last expectation */
};

void np_changes_init(struct np_changes *c);
/* Forgets operations and manifests, keeps what was touched. */
void np_changes_next(struct np_changes *c);
void np_changes_release(struct np_changes *c);

/* Carries out one step that is not an expectation; @world is the cluster as last read, for
 * ${ip:..}. Errors have the step's place. */
int np_step_apply(struct np_session *s, const struct np_step *step, const struct np_world *world,
		  struct np_changes *changes, struct np_err *err);
/* Brings everything touched back to how the world file made it. On error the session is dirty. */
int np_steps_undo(struct np_session *s, const struct np_changes *changes, struct np_err *err);

#endif
