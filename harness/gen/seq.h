/* seq.h - the steps that sequences are made of; all of them go to the end of the case. */
#ifndef NP_GEN_SEQ_H
#define NP_GEN_SEQ_H

#include "scene.h"

/* An expectation that the oracle fills in. */
void seq_expect(struct scene *s);
void seq_apply_policy(struct scene *s, const struct scene_policy *p);
void seq_delete_policy(struct scene *s, const struct scene_policy *p);
/* All policies that there are from number @first on, in an order that is drawn. */
void seq_apply_policies(struct scene *s, size_t first);
/* @pins: the addresses that the pod is to have, "v4,v6"; NULL: any. */
void seq_apply_pod(struct scene *s, const struct np_pod *pod, const char *pins);
void seq_recreate_pod(struct scene *s, const struct np_pod *pod, const char *pins);
void seq_apply_namespace(struct scene *s, const struct np_namespace *ns);
void seq_delete_object(struct scene *s, const char *kind, struct np_str ns, struct np_str name);
/* @value without text: the label is removed. */
void seq_label(struct scene *s, const char *kind, struct np_str ns, struct np_str name,
	       struct np_str key, struct np_str value);
void seq_patch(struct scene *s, const char *kind, struct np_str ns, struct np_str name,
	       json_t *with_take);

/* S4 and S5. */
void seq_pod_labels(struct scene *s);
void seq_ns_labels(struct scene *s);

#endif
