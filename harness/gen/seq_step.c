/* seq_step.c - the steps that sequences are made of. */
#include "seq.h"

#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"

static struct np_step *seq_add_step(struct scene *s, enum np_step_kind kind, const char *object,
				    struct np_str ns, struct np_str name)
{
	struct np_step *step;

	if (s->n_steps == SCENE_MAX_STEPS)
		abort(); /* the sequences know how many they make */
	step = &s->steps[s->n_steps++];
	*step = (struct np_step){ .kind = kind,
				  .object_kind = np_str_from(object),
				  .ns = ns.n ? np_arena_str(s->arena, ns) : NP_STR_NONE,
				  .name = name.n ? np_arena_str(s->arena, name) : NP_STR_NONE };
	return step;
}

void seq_expect(struct scene *s)
{
	struct np_step *step = seq_add_step(s, NP_STEP_EXPECT, NULL, NP_STR_NONE, NP_STR_NONE);

	step->expect.lines = np_arena_array(s->arena, 1, sizeof(*step->expect.lines));
	step->expect.lines[0].kind = NP_EXPECT_ORACLE;
	step->expect.n_lines = 1;
}

void seq_apply_policy(struct scene *s, const struct scene_policy *p)
{
	seq_add_step(s, NP_STEP_APPLY, "NetworkPolicy", p->p.ns, p->p.name)->body =
		scene_text(s->arena, scene_policy_json(p));
}

void seq_delete_policy(struct scene *s, const struct scene_policy *p)
{
	seq_add_step(s, NP_STEP_DELETE, "NetworkPolicy", p->p.ns, p->p.name);
}

void seq_delete_object(struct scene *s, const char *kind, struct np_str ns, struct np_str name)
{
	seq_add_step(s, NP_STEP_DELETE, kind, ns, name);
}

static void make_pod(struct scene *s, enum np_step_kind kind, const struct np_pod *pod,
		     const char *pins)
{
	s->pinned |= pins != NULL;
	seq_add_step(s, kind, "Pod", pod->ns, pod->name)->body =
		scene_text(s->arena, scene_pod_json(pod, pins));
	for (size_t i = 0; i < pod->n_ports && s->n_made < NP_ARRAY_SIZE(s->made); i++)
		s->made[s->n_made++] = pod->ports[i];
}

void seq_apply_pod(struct scene *s, const struct np_pod *pod, const char *pins)
{
	make_pod(s, NP_STEP_APPLY, pod, pins);
}

void seq_recreate_pod(struct scene *s, const struct np_pod *pod, const char *pins)
{
	make_pod(s, NP_STEP_RECREATE, pod, pins);
}
void seq_apply_namespace(struct scene *s, const struct np_namespace *ns)
{
	seq_add_step(s, NP_STEP_APPLY, "Namespace", NP_STR_NONE, ns->name)->body =
		scene_text(s->arena, scene_namespace_json(ns));
}

/* @value without text: the label is removed. */
void seq_label(struct scene *s, const char *kind, struct np_str ns, struct np_str name,
	       struct np_str key, struct np_str value)
{
	json_t *labels = json_object();
	np_auto_free char *k = np_xstrndup(key.p, key.n);

	json_object_set_new(labels, k, value.p ? np_json_string(value) : json_null());
	seq_add_step(s, NP_STEP_LABEL, kind, ns, name)->body =
		scene_text(s->arena, np_json_pack("{s:{s:o}}", "metadata", "labels", labels));
}

void seq_patch(struct scene *s, const char *kind, struct np_str ns, struct np_str name,
	       json_t *with_take)
{
	seq_add_step(s, NP_STEP_PATCH, kind, ns, name)->body = scene_text(s->arena, with_take);
}

/* All policies that there are from @first on, in an order that is drawn. */
void seq_apply_policies(struct scene *s, size_t first)
{
	size_t order[SCENE_MAX_POLICIES], n = s->n_policies - first;

	for (size_t i = 0; i < n; i++)
		order[i] = first + i;
	for (size_t i = n; i > 1; i--) {
		size_t k = scene_below(s, i), swap = order[i - 1];

		order[i - 1] = order[k];
		order[k] = swap;
	}
	for (size_t i = 0; i < n; i++)
		seq_apply_policy(s, &s->policies[order[i]]);
}
