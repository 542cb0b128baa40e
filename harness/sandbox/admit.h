/*
 * admit.h - what the API server does to an object between decoding and storing: defaults, then
 * checks. Pure but for random names and service addresses. Objects are conformed (conform.h), so
 * every field that is there has its type.
 */
#ifndef NP_SANDBOX_ADMIT_H
#define NP_SANDBOX_ADMIT_H

#include "services.h"
#include "status.h"
#include "store.h"

/*
 * Wipes what the server owns, fills generateName in, generation 1. Namespace and name were settled
 * by the caller.
 */
void np_admit_prepare_create(enum np_kind_id kind, json_t *object);
/*
 * Takes over from @old what an update cannot change (uid, timestamps, status), raises the
 * generation if the spec differs. Call after np_admit_default().
 */
void np_admit_prepare_update(enum np_kind_id kind, json_t *object, const json_t *old);
/*
 * An update of a status subresource: @object becomes @old with @object's status and, as the API
 * server has it, its labels and annotations for nodes and pods.
 */
void np_admit_prepare_status(enum np_kind_id kind, json_t *object, const json_t *old);

/* Defaults that a user sees. Idempotent. */
void np_admit_default(enum np_kind_id kind, json_t *object);
/* Service addresses; @services may be NULL. Adds causes. */
void np_admit_allocate(enum np_kind_id kind, json_t *object, struct np_services *services,
		       struct np_causes *causes);
/* Checks. @old: NULL for a creation. @notes: warnings. */
void np_admit_check(enum np_kind_id kind, const json_t *object, const json_t *old,
		    struct np_causes *causes, struct np_notes *warnings);

/* Whether objects of the kind have a metadata.generation. */
bool np_admit_has_generation(enum np_kind_id kind);

/* Parts, one per kind. */
void np_admit_default_pod(json_t *pod);
void np_admit_check_pod(const json_t *pod, const json_t *old, struct np_causes *causes);
void np_admit_default_service(json_t *service);
void np_admit_keep_service(json_t *service, const json_t *old);
void np_admit_check_service(const json_t *service, const json_t *old, struct np_causes *causes);
void np_admit_default_policy(json_t *policy);
void np_admit_check_policy(const json_t *policy, const json_t *old, struct np_causes *causes,
			   struct np_notes *warnings);
void np_admit_check_meta(enum np_kind_id kind, const json_t *object, const json_t *old,
			 struct np_causes *causes);

/*
 * Helpers for the parts. Adds the errors of @rule at a field whose path is built from the format.
 */
void np_admit_name(struct np_causes *causes, enum np_cause kind, int rule, struct np_str value,
		   const char *field_fmt, ...) __attribute__((format(printf, 5, 6)));
void np_admit_labels(struct np_causes *causes, const json_t *labels, const char *field,
		     bool values_too);
/* Sets a key that is absent; the value is taken over. */
void np_admit_set_default(json_t *object, const char *key, json_t *value_take);
/* Borrowed; makes an empty object where there is none. */
json_t *np_admit_object(json_t *parent, const char *key);

#endif
