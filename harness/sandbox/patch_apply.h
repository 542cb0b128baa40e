/*
 * patch_apply.h - server-side apply and the record of who manages what (metadata.managedFields), as
 * far as users see it: fields that a manager stops applying go unless another has them, fields of
 * others are conflicts unless forced. Pure but for the time.
 */
#ifndef NP_SANDBOX_PATCH_APPLY_H
#define NP_SANDBOX_PATCH_APPLY_H

#include <jansson.h>
#include <stdbool.h>

#include "schema.h"

struct np_manager {
	const char *name;
	const char *api_version;
	bool status;	/* through the status subresource */
};

/*
 * @live: the stored object or NULL; @config: what was sent, conformed, not defaulted. The new
 * object, before defaults, with the other managers' fields settled: call np_managed_apply() when it
 * is complete. On conflicts NULL and *@ret_conflicts: causes of a Status.
 */
json_t *np_apply(const struct np_type *type, const json_t *live, const json_t *config,
		 const struct np_manager *m, bool force, json_t **ret_conflicts);
/*
 * Sets metadata.managedFields of @object (complete, not stored) after an apply of @config. In
 * place.
 */
void np_managed_apply(const struct np_type *type, const json_t *live, json_t *object,
		      const json_t *config, const struct np_manager *m);
/*
 * The same after a create (@old NULL), replace or patch. managedFields in @object that differ from
 * @old's are the user's wish and are kept. In place.
 */
void np_managed_update(const struct np_type *type, const json_t *old, json_t *object,
		       const struct np_manager *m);

#endif
