/*
 * patch.h - the four ways to patch an object. Pure: each makes a new object and leaves its inputs
 * alone. Limits: 10,000 operations of a JSON patch; depth as conform.h.
 */
#ifndef NP_SANDBOX_PATCH_H
#define NP_SANDBOX_PATCH_H

#include <jansson.h>

#include "np/base/err.h"
#include "schema.h"

#define NP_PATCH_MAX_OPS 10000
#define NP_PATCH_MAX_BYTES                                                                         \
	(64u << 20) /* of the result's text, so that copies cannot multiply without bound */

/* RFC 7396. */
json_t *np_patch_merge(const json_t *object, const json_t *patch);
/*
 * RFC 6902. NULL with NP_EUSAGE (400: malformed) or NP_EVALID (422: a path is missing, a test
 * failed) and the path.
 */
json_t *np_patch_json(const json_t *object, const json_t *ops, struct np_err *err);
/*
 * Strategic merge by the tables' merge keys; $patch, $deleteFromPrimitiveList, $setElementOrder,
 * $retainKeys. NULL with NP_EUSAGE where the patch makes no sense.
 */
json_t *np_patch_strategic(const struct np_type *type, const json_t *object, const json_t *patch,
			   struct np_err *err);

#endif
