/* api_change.h - private to the writing handlers: what create, replace and the patches share. */
#ifndef NP_SANDBOX_API_CHANGE_H
#define NP_SANDBOX_API_CHANGE_H

#include "api_body.h"
#include "api_request.h"
#include "patch_apply.h"

/* A write under way. */
struct np_write {
	struct np_request *req;
	struct np_reply *rep;
	struct np_write_options o;
	struct np_manager manager;
	bool status;	/* of the status subresource */
};

/* Accept header and write options (@options: their name in a 422). 0, or -1 with a Status. */
int np_write_begin(struct np_write *w, struct np_request *req, struct np_reply *rep,
		   const char *options);

/*
 * Makes the object that should follow @old: new and conformed. -1 with a Status. @ctx is the
 * caller's.
 */
typedef int np_change_fn(struct np_write *w, const json_t *old, void *ctx, json_t **ret);
/*
 * Tries until nobody comes between, and shows the result; a change that names a revision is a
 * conflict then.
 */
int np_change(struct np_write *w, np_change_fn *change, void *ctx);

/* Steps of the above, for apply, which also creates. 0, or -1 with a Status. */
/* From a decoded object to a stored one. @config: for an apply, what was sent, else NULL. */
int np_write_create(struct np_write *w, json_t *object, const json_t *config, json_t **ret);
/* Everything between a changed object and storing it. In place. */
int np_write_admit(struct np_write *w, json_t *object, const json_t *old, const json_t *config);
/* 1: somebody was faster. */
int np_write_store(struct np_write *w, json_t *object, const json_t *old, json_t **ret);

#endif
