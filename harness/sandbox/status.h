/*
 * status.h - Status objects as kube-apiserver writes them. Each np_fail_...() makes the reply one
 * and returns -1, so that one can return it.
 */
#ifndef NP_SANDBOX_STATUS_H
#define NP_SANDBOX_STATUS_H

#include "api_request.h"

/* Errors of fields (422). Zero-initialised is empty. */
struct np_causes {
	json_t *list;	/* of {reason, message, field}; NULL while empty */
};

enum np_cause {
	NP_CAUSE_REQUIRED,
	NP_CAUSE_INVALID,
	NP_CAUSE_NOT_SUPPORTED,
	NP_CAUSE_FORBIDDEN,
	NP_CAUSE_TOO_LONG,
	NP_CAUSE_DUPLICATE
};

/*
 * Adds an error at @field; the message becomes 'Required value: ..', 'Invalid value: VALUE: ..'.
 * @value: the bad value (borrowed, NULL where the kind of error names none).
 */
void np_causes_add(struct np_causes *c, enum np_cause kind, const char *field, const json_t *value,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The same, for a text value. */
void np_causes_add_text(struct np_causes *c, enum np_cause kind, const char *field,
			struct np_str value, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
size_t np_causes_count(const struct np_causes *c);
void np_causes_release(struct np_causes *c);

/* Whatever: @details may be NULL, taken over. */
int np_fail(struct np_reply *rep, int code, const char *reason, json_t *details_take,
	    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
int np_fail_bad_request(struct np_reply *rep, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int np_fail_not_found(struct np_reply *rep, enum np_kind_id kind, const char *name);
int np_fail_exists(struct np_reply *rep, enum np_kind_id kind, const char *name);
int np_fail_conflict(struct np_reply *rep, enum np_kind_id kind, const char *name, const char *fmt,
		     ...) __attribute__((format(printf, 4, 5)));
/* A conflict with somebody else's change. */
int np_fail_modified(struct np_reply *rep, enum np_kind_id kind, const char *name);
int np_fail_forbidden(struct np_reply *rep, enum np_kind_id kind, const char *name,
		      json_t *causes_take, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
int np_fail_invalid(struct np_reply *rep, enum np_kind_id kind, const char *name,
		    const struct np_causes *causes);
/*
 * Of query options: "CreateOptions" "UpdateOptions" "PatchOptions" "DeleteOptions" "ListOptions".
 */
int np_fail_invalid_options(struct np_reply *rep, const char *options,
			    const struct np_causes *causes);
int np_fail_no_path(struct np_reply *rep);
int np_fail_method(struct np_reply *rep);
int np_fail_expired(struct np_reply *rep, const char *message);
int np_fail_internal(struct np_reply *rep, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A new Status object, also for streams. @details may be NULL, taken over. */
json_t *np_status_new(bool success, int code, const char *reason, const char *message,
		      json_t *details_take);
/* "pods", "networkpolicies.networking.k8s.io". Borrowed, static. */
const char *np_kind_resource(enum np_kind_id kind);
/* {name, group?, kind} */
json_t *np_status_details(enum np_kind_id kind, const char *name, bool kind_name);

#endif
