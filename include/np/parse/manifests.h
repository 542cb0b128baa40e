/*
 * manifests.h - layer parse: manifest files and folders, and objects read back from an API server,
 * into a world.
 *
 * A text is YAML (many documents) or, when it starts with '{', JSON (concatenated values); like
 * kubectl what is not JSON after all is tried as YAML. Taken: Namespace, Node, Pod, Service (v1),
 * NetworkPolicy (networking.k8s.io/v1), and lists of them (List, PodList, NetworkPolicyList, ..).
 * Other kinds are skipped with a note. Namespaced objects without a namespace get "default".
 *
 * Limits (NP_ELIMIT): 64 MiB a file, 10,000 documents a file, nesting as read.h,
 * NP_WORLD_MAX_OBJECTS of each kind a world, lists inside lists refused.
 */
#ifndef NP_PARSE_MANIFESTS_H
#define NP_PARSE_MANIFESTS_H

#include "np/parse/decode.h"

#define NP_MANIFEST_MAX_BYTES ((size_t)64 << 20)
#define NP_WORLD_MAX_OBJECTS 10000

/*
 * Loads @paths (files, folders with .yaml .yml .json below, "-" for standard input) into @world,
 * which np_world_init() prepared and which may already hold objects, then links it. On error
 * @world is as it was. Unknown fields of policies are refused here, as kubectl does.
 */
int np_manifests_load(const char *const *paths, size_t n, struct np_world *world,
		      struct np_err *err);
/*
 * The same with a choice for unknown fields, and with notes and warnings collected (either may be
 * left out: NP_FIELDS_STRICT, NULL).
 */
int np_manifests_load_noted(const char *const *paths, size_t n, enum np_fields fields,
			    struct np_world *world, struct np_diags *diags, struct np_err *err);
/*
 * The same from memory; @name stands for the file in messages. Does not link. On error @world is as
 * it was.
 */
int np_manifests_add_text(struct np_world *world, struct np_str text, const char *name,
			  enum np_fields fields, struct np_diags *diags, struct np_err *err);
/*
 * Adds one API object or List as an API server wrote it in JSON: stored policyTypes are taken as
 * they stand, unknown fields pass. Items of a typed list (PodList) need no kind of their own. Does
 * not link: call np_world_link() after the last one. On error @world is as it was.
 */
int np_manifests_add_json(struct np_world *world, struct np_str text, const char *name,
			  struct np_err *err);

#endif
