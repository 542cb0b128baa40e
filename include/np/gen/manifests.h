/*
 * manifests.h - layer gen: model objects as manifests, in JSON, as kubectl and every YAML reader
 * take them. What the model keeps is written; reading it back gives the same object. All texts are
 * appended.
 */
#ifndef NP_GEN_MANIFESTS_H
#define NP_GEN_MANIFESTS_H

#include "np/base/buf.h"
#include "np/model/world.h"

/* One object without a line's end. Policies: policyTypes and protocols written out. */
void np_gen_policy_json(const struct np_policy *p, struct np_buf *ret);
void np_gen_pod_json(const struct np_pod *p, struct np_buf *ret);
void np_gen_namespace_json(const struct np_namespace *ns, struct np_buf *ret);
void np_gen_node_json(const struct np_node *node, struct np_buf *ret);
void np_gen_service_json(const struct np_service *s, struct np_buf *ret);

/* Every object of @w, one document each, as a YAML stream; externals have no object. */
void np_gen_world_yaml(const struct np_world *w, struct np_buf *ret);

#endif
