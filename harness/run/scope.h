/*
 * scope.h - private namespaces: a case file says x, the cluster has np-<run>-<worker>-x. Renames
 * objects on their way in and names on their way out.
 */
#ifndef NP_RUN_SCOPE_H
#define NP_RUN_SCOPE_H

#include <jansson.h>
#include <stdbool.h>

#include "np/base/arena.h"
#include "np/base/err.h"

#define NP_LABEL_MANAGED "app.kubernetes.io/managed-by"
#define NP_LABEL_RUN "netpolcheck.io/run"
#define NP_LABEL_POD_SECURITY "pod-security.kubernetes.io/enforce"
#define NP_MANAGER "netpolcheck"
#define NP_MANAGED_SELECTOR NP_LABEL_MANAGED "=" NP_MANAGER
#define NP_SCOPE_MAX_NAMESPACES 64
#define NP_RUN_ID_LEN 8
/* A worker that deploys its world anew takes names apart from the old ones, which may still be
 * going. */
#define NP_SCOPE_INCARNATION 100

struct np_scope {
	struct np_arena arena;
	char run_id[NP_RUN_ID_LEN + 1];
	unsigned worker;
	struct np_scope_ns {
		struct np_str name, real;
	} items[NP_SCOPE_MAX_NAMESPACES];
	size_t n;
};

void np_scope_init(struct np_scope *s, const char *run_id, unsigned worker);
void np_scope_release(struct np_scope *s);
/* Registers a namespace of the world or case; the same name again is harmless. Returns its real
 * name, NULL when there are too many. */
const char *np_scope_add(struct np_scope *s, struct np_str name);
/* The real name, or @name itself when it is none of ours (kube-system). NUL-terminated, of the
 * scope or of the caller. */
struct np_str np_scope_real(const struct np_scope *s, struct np_str name);
struct np_str np_scope_short(const struct np_scope *s, struct np_str real);
/* Is this the real name of a namespace of the scope? */
bool np_scope_has(const struct np_scope *s, struct np_str real);
/* Renames metadata.namespace (the name, of a Namespace) and kubernetes.io/metadata.name in
 * namespaceSelectors, in place. */
void np_scope_rename(const struct np_scope *s, json_t *object);

#endif
