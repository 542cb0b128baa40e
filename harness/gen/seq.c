/*
 * seq.c - sequences of operations, a row of a table for each. S11 to S15 (restarts, first instants,
 * traffic during changes) are not cases of this format.
 */
#include "scene.h"

#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"

#define MAX_HOLDERS 3	/* of a label that is taken from all that have it */

/* ---- steps ---- */

static struct np_step *add_step(struct scene *s, enum np_step_kind kind, const char *object, struct np_str ns,
			 struct np_str name)
{
	struct np_step *step;

	if (s->n_steps == SCENE_MAX_STEPS)
		abort();	/* the sequences know how many they make */
	step = &s->steps[s->n_steps++];
	*step = (struct np_step){ .kind = kind, .object_kind = np_str_from(object),
				  .ns = ns.n ? np_arena_str(s->arena, ns) : NP_STR_NONE,
				  .name = name.n ? np_arena_str(s->arena, name) : NP_STR_NONE };
	return step;
}

static void expect(struct scene *s)
{
	struct np_step *step = add_step(s, NP_STEP_EXPECT, NULL, NP_STR_NONE, NP_STR_NONE);

	step->expect.lines = np_arena_array(s->arena, 1, sizeof(*step->expect.lines));
	step->expect.lines[0].kind = NP_EXPECT_ORACLE;
	step->expect.n_lines = 1;
}

static void apply_policy(struct scene *s, const struct scene_policy *p)
{
	add_step(s, NP_STEP_APPLY, "NetworkPolicy", p->p.ns, p->p.name)->body =
		scene_text(s->arena, scene_policy_json(p));
}

static void delete_policy(struct scene *s, const struct scene_policy *p)
{
	add_step(s, NP_STEP_DELETE, "NetworkPolicy", p->p.ns, p->p.name);
}

static void delete_object(struct scene *s, const char *kind, struct np_str ns, struct np_str name)
{
	add_step(s, NP_STEP_DELETE, kind, ns, name);
}

static void apply_pod(struct scene *s, const struct np_pod *pod, const char *pins)
{
	s->pinned |= pins != NULL;
	add_step(s, NP_STEP_APPLY, "Pod", pod->ns, pod->name)->body =
		scene_text(s->arena, scene_pod_json(pod, pins));
}

static void recreate_pod(struct scene *s, const struct np_pod *pod, const char *pins)
{
	s->pinned |= pins != NULL;
	add_step(s, NP_STEP_RECREATE, "Pod", pod->ns, pod->name)->body =
		scene_text(s->arena, scene_pod_json(pod, pins));
}

static void apply_namespace(struct scene *s, const struct np_namespace *ns)
{
	add_step(s, NP_STEP_APPLY, "Namespace", NP_STR_NONE, ns->name)->body =
		scene_text(s->arena, scene_namespace_json(ns));
}

/* @value without text: the label is removed. */
static void label(struct scene *s, const char *kind, struct np_str ns, struct np_str name,
		  struct np_str key, struct np_str value)
{
	json_t *labels = json_object();
	np_auto_free char *k = np_xstrndup(key.p, key.n);

	json_object_set_new(labels, k, value.p ? np_json_string(value) : json_null());
	add_step(s, NP_STEP_LABEL, kind, ns, name)->body =
		scene_text(s->arena, np_json_pack("{s:{s:o}}", "metadata", "labels", labels));
}

static void patch(struct scene *s, const char *kind, struct np_str ns, struct np_str name, json_t *with_take)
{
	add_step(s, NP_STEP_PATCH, kind, ns, name)->body = scene_text(s->arena, with_take);
}

/* All policies that there are from @first on, in an order that is drawn. */
static void apply_policies(struct scene *s, size_t first)
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
		apply_policy(s, &s->policies[order[i]]);
}

/* ---- objects that only this case has ---- */

static struct np_pod guest_pod(struct scene *s, struct np_str ns, const char *name, const struct np_pod *like)
{
	struct np_pod pod = { .ns = ns, .name = np_str_from(name), .phase = NP_PHASE_RUNNING,
			      .node = scene_below(s, 2) ? NP_STR("a") : NP_STR("b") };

	if (like)
		pod.labels = like->labels;
	pod.ports = np_arena_array(s->arena, 1, sizeof(*pod.ports));
	pod.ports[0] = (struct np_container_port){ .name = NP_STR("web"), .port = scene_below(s, 2) ? 81 : 8080 };
	pod.n_ports = 1;
	return pod;
}

static const struct np_pod *some_pod(struct scene *s)
{
	return &s->w.pods[scene_below(s, s->w.n_pods)];
}

static bool same_labels(const struct np_labels *a, const struct np_labels *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = np_str_eq(a->items[i].key, b->items[i].key) &&
		       np_str_eq(a->items[i].value, b->items[i].value);
	return same;
}

/* A pod of ns with other labels than @than. */
static const struct np_pod *different_pod(struct scene *s, const struct np_pod *than)
{
	size_t at = scene_below(s, s->w.n_pods);

	for (size_t i = 0; i < s->w.n_pods; i++) {
		const struct np_pod *pod = &s->w.pods[(at + i) % s->w.n_pods];

		if (!same_labels(&pod->labels, &than->labels))
			return pod;
	}
	return than;
}

/* One that a policy is about, as often as not. */
static const struct np_pod *telling_pod(struct scene *s)
{
	const struct np_policy *p = &s->policies[0].p;
	const struct np_pod *pod = scene_below(s, 2) ? scene_selected(s, &p->pod_selector, p->ns) : NULL;

	return pod ? pod : some_pod(s);
}

static const char *address(struct scene *s, unsigned n)
{
	unsigned k = 0;

	for (size_t i = s->c->id.n; i > 0 && s->c->id.p[i - 1] >= '0' && s->c->id.p[i - 1] <= '9'; i--)
		k = k * 10 + (unsigned)(s->c->id.p[i - 1] - '0');
	return np_arena_printf(s->arena, "10.250.%u.%u,fd00:10:250:%x::%x", k % 250, n, k % 250, n).p;
}

static void guest(struct scene *s)
{
	struct np_pod pod;

	if (s->row[F_GUEST] == GUEST_NONE)
		return;
	pod = guest_pod(s, scene_ns(s), "guest", s->row[F_GUEST] == GUEST_BARE ? NULL : some_pod(s));
	pod.host_network = s->row[F_GUEST] == GUEST_HOST;
	s->host_pods |= pod.host_network;
	if (s->row[F_GUEST] != GUEST_TWIN)
		pod.n_ports = 0;
	apply_pod(s, &pod, NULL);
	*np_world_add_pod(&s->w) = pod;
}

/* A namespace with a pod that policies may speak of; it comes with the sequence. */
static void add_late(struct scene *s)
{
	const struct np_namespace *like = &s->w.namespaces[scene_below(s, s->w.n_namespaces)];
	struct np_namespace ns = { .name = NP_STR("late"), .labels = like->labels };

	if (s->row[F_SEQ] != SEQ_ORDER && s->row[F_SEQ] != SEQ_NAMESPACE)
		return;
	*np_world_add_namespace(&s->w) = ns;
	*np_world_add_pod(&s->w) = guest_pod(s, ns.name, "p", some_pod(s));
}

static const struct np_namespace *late_ns(const struct scene *s)
{
	return &s->w.namespaces[s->w.n_namespaces - 1];
}

static const struct np_pod *late_pod(const struct scene *s)
{
	return &s->w.pods[s->w.n_pods - 1];
}

/* The main one's namesake in the late namespace, with its rules. */
static struct scene_policy *late_policy(struct scene *s)
{
	struct scene_policy *p = scene_add_policy(s, late_ns(s)->name, s->policies[0].p.name), *main = &s->policies[0];
	struct np_str ns = p->p.ns;

	*p = *main;
	p->p.ns = ns;
	p->p.pod_selector = (struct np_selector){ 0 };
	return p;
}

/* ---- the sequences ---- */

static void run_static(struct scene *s)
{
	apply_policies(s, 0);
	expect(s);
}

/* S1: the address of a pod that has ended is given to another, and then the old object goes. */
static void run_completed(struct scene *s)
{
	const struct np_pod *like = telling_pod(s);
	struct np_pod first = guest_pod(s, like->ns, "first", like), second;

	second = guest_pod(s, scene_below(s, 3) ? like->ns : scene_other_ns(s), "second", different_pod(s, like));
	second.node = first.node;
	apply_policies(s, 0);
	apply_pod(s, &first, address(s, 7));
	expect(s);
	patch(s, "Pod", first.ns, first.name,
	      np_json_pack("{s:{s:{s:s}}}", "metadata", "annotations", "netpolcheck/force-phase",
			   scene_below(s, 3) ? "Succeeded" : "Failed"));
	apply_pod(s, &second, address(s, 7));
	expect(s);
	delete_object(s, "Pod", first.ns, first.name);
	expect(s);
}

/* S2: an address goes from pod to pod, over nodes and namespaces. */
static void run_reused(struct scene *s)
{
	const struct np_pod *like = telling_pod(s);
	struct np_pod first = guest_pod(s, like->ns, "first", like), second;
	bool early = scene_below(s, 2);

	second = guest_pod(s, scene_below(s, 2) ? like->ns : scene_other_ns(s), "second", different_pod(s, like));
	if (early)
		apply_policies(s, 0);
	apply_pod(s, &first, address(s, 7));
	if (!early)
		apply_policies(s, 0);
	expect(s);
	delete_object(s, "Pod", first.ns, first.name);
	apply_pod(s, &second, address(s, 7));
	expect(s);
	delete_object(s, "Pod", second.ns, second.name);
	apply_pod(s, &first, address(s, 7));
	expect(s);
}

/* S3: a pod has another address than before, and somebody else has its old one. */
static void run_moved(struct scene *s)
{
	const struct np_pod *like = telling_pod(s);
	struct np_pod first = guest_pod(s, like->ns, "first", like), second;

	second = guest_pod(s, like->ns, "second", different_pod(s, like));
	apply_policies(s, 0);
	apply_pod(s, &first, address(s, 7));
	expect(s);
	recreate_pod(s, &first, address(s, 8));
	apply_pod(s, &second, address(s, 7));
	expect(s);
}

struct labels_found {
	struct np_label items[64];
	size_t n;
};

static void note_label(struct labels_found *f, struct np_str key, struct np_str value)
{
	if (f->n < NP_ARRAY_SIZE(f->items))
		f->items[f->n++] = (struct np_label){ key, value };
}

static void note_labels(struct labels_found *f, const struct np_selector *sel)
{
	for (size_t i = 0; sel && i < sel->match_labels.n; i++)
		note_label(f, sel->match_labels.items[i].key, sel->match_labels.items[i].value);
	for (size_t i = 0; sel && i < sel->n_exprs; i++)
		note_label(f, sel->exprs[i].key, sel->exprs[i].n_values ? sel->exprs[i].values[0] : NP_STR("any"));
}

static void note_labels_of(struct labels_found *f, const struct np_policy *p, bool of_ns)
{
	if (!of_ns)
		note_labels(f, &p->pod_selector);
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t r = 0; r < p->n_rules[d]; r++)
			for (size_t k = 0; k < p->rules[d][r].n_peers; k++)
				note_labels(f, of_ns ? p->rules[d][r].peers[k].ns_selector :
						       p->rules[d][r].peers[k].pod_selector);
}

/* A label that some selector of the policies asks about; the API server's own is not ours to set. */
static struct np_label telling_label(struct scene *s, bool of_ns)
{
	struct labels_found f = { .n = 0 };

	for (size_t i = 0; i < s->n_policies; i++)
		note_labels_of(&f, &s->policies[i].p, of_ns);
	for (unsigned i = 0; f.n && i < 16; i++) {
		struct np_label l = f.items[scene_below(s, f.n)];

		if (!np_str_starts(l.key, "kubernetes.io/"))
			return l;
	}
	return of_ns ? (struct np_label){ NP_STR("env"), NP_STR("prod") } :
		       (struct np_label){ NP_STR("app"), NP_STR("web") };
}

struct holder {
	const char *kind;
	struct np_str ns, name;
	const struct np_labels *labels;
};

static struct holder nth_holder(const struct scene *s, bool of_ns, size_t i)
{
	if (of_ns)
		return (struct holder){ "Namespace", NP_STR_NONE, s->w.namespaces[i].name,
					&s->w.namespaces[i].labels };
	return (struct holder){ "Pod", s->w.pods[i].ns, s->w.pods[i].name, &s->w.pods[i].labels };
}

static bool has(const struct holder *h, const struct np_label *l)
{
	const struct np_str *v = np_labels_get(h->labels, l->key);

	return v && np_str_eq(*v, l->value);
}

static void put_back(struct scene *s, const struct holder *h, struct np_str key)
{
	const struct np_str *old = np_labels_get(h->labels, key);

	label(s, h->kind, h->ns, h->name, key, old ? *old : NP_STR_NONE);
}

/* S4, S5: a label comes to one that has it not, goes from all that have it, and comes back. */
static void run_labels(struct scene *s, bool of_ns)
{
	size_t n = of_ns ? s->w.n_namespaces : s->w.n_pods, at = scene_below(s, n), n_taken = 0;
	struct np_label l = telling_label(s, of_ns);
	struct holder comes = nth_holder(s, of_ns, at), taken[MAX_HOLDERS];

	for (size_t i = 0; i < n && has(&comes, &l); i++)
		comes = nth_holder(s, of_ns, (at + i) % n);
	apply_policies(s, 0);
	expect(s);
	label(s, comes.kind, comes.ns, comes.name, l.key, l.value);
	expect(s);
	put_back(s, &comes, l.key);
	for (size_t i = 0; i < n && n_taken < MAX_HOLDERS; i++) {
		struct holder h = nth_holder(s, of_ns, (at + i) % n);

		if (!has(&h, &l))
			continue;
		taken[n_taken++] = h;
		label(s, h.kind, h.ns, h.name, l.key, scene_below(s, 3) ? NP_STR_NONE : NP_STR("changed"));
	}
	expect(s);
	if (!n_taken)
		return;
	put_back(s, &taken[0], l.key);
	expect(s);
}

static void run_pod_labels(struct scene *s)
{
	run_labels(s, false);
}

static void run_ns_labels(struct scene *s)
{
	run_labels(s, true);
}

/* S6: policies, a namespace, a pod and a policy in it, in every order that the API allows. */
static void run_order(struct scene *s)
{
	size_t n_early = s->n_policies, when = scene_below(s, 4);
	const struct scene_policy *late = late_policy(s);
	bool policy_first = scene_below(s, 2);

	s->n_policies = n_early;	/* the late one cannot come before its namespace */
	for (size_t i = 0; i < 4; i++) {
		if (i == when)
			apply_policies(s, 0);
		if (i == 0)
			apply_namespace(s, late_ns(s));
		else if (i == (policy_first ? 1 : 2))
			apply_policy(s, late);
		else if (i == (policy_first ? 2 : 1))
			apply_pod(s, late_pod(s), NULL);
	}
	s->n_policies++;
	expect(s);
	delete_object(s, "Namespace", NP_STR_NONE, late_ns(s)->name);
	expect(s);
}

/* S7: the same policy with other rules, types or subject, and back. */
static void run_update(struct scene *s)
{
	struct scene_policy *main = &s->policies[0], *other;
	json_t *spec = NULL;

	apply_policies(s, 0);
	expect(s);
	switch (scene_below(s, 4)) {
	case 0:
		spec = np_json_pack("{s:[s]}", "policyTypes", main->p.types[NP_EGRESS] ? "Ingress" : "Egress");
		break;
	case 1:
		spec = np_json_pack("{s:[], s:[]}", "ingress", "egress");
		break;
	case 2:
		spec = np_json_pack("{s:[{}]}", main->p.types[NP_INGRESS] ? "ingress" : "egress");
		break;
	default:
		break;
	}
	if (spec) {
		patch(s, "NetworkPolicy", main->p.ns, main->p.name, np_json_pack("{s:o}", "spec", spec));
	} else {
		other = scene_main_policy(s);
		apply_policy(s, other);
	}
	expect(s);
	apply_policy(s, main);
	expect(s);
}

/* S8: of several policies one goes, then another; one comes back. */
static void run_delete(struct scene *s)
{
	size_t first = scene_below(s, 2);

	apply_policies(s, 0);
	expect(s);
	delete_policy(s, &s->policies[first]);
	expect(s);
	delete_policy(s, &s->policies[1 - first]);
	expect(s);
	if (scene_below(s, 2))
		return;
	apply_policy(s, &s->policies[first]);
	expect(s);
}

/* S9: policy and pod go and come under the same names, as others. */
static void run_same_name(struct scene *s)
{
	const struct np_pod *like = telling_pod(s);
	struct np_pod again = guest_pod(s, like->ns, "again", like);
	struct scene_policy *other;

	apply_pod(s, &again, NULL);
	apply_policies(s, 0);
	expect(s);
	again.labels = different_pod(s, like)->labels;
	recreate_pod(s, &again, NULL);
	expect(s);
	delete_policy(s, &s->policies[0]);
	if (scene_below(s, 2))
		expect(s);
	other = scene_main_policy(s);
	apply_policy(s, other);
	expect(s);
}

/* S10: a namespace goes with its pods and policies, and comes again without policies. */
static void run_namespace(struct scene *s)
{
	size_t n = s->n_policies;

	apply_namespace(s, late_ns(s));
	apply_pod(s, late_pod(s), NULL);
	apply_policies(s, 0);
	late_policy(s);
	apply_policies(s, n);
	expect(s);
	delete_object(s, "Namespace", NP_STR_NONE, late_ns(s)->name);
	if (scene_below(s, 2))
		expect(s);
	apply_namespace(s, late_ns(s));
	apply_pod(s, late_pod(s), NULL);
	expect(s);
}

/* S16: the same again and again, each time in another order. */
static void run_repeat(struct scene *s)
{
	for (unsigned i = 0; i < 3; i++) {
		apply_policies(s, 0);
		if (i == 0)
			expect(s);
		for (size_t k = 0; k < s->n_policies; k++)
			delete_policy(s, &s->policies[k]);
	}
	apply_policies(s, 0);
	expect(s);
}

void scene_sequence(struct scene *s)
{
	static void (*const runs[N_SEQS])(struct scene *) = {
		[SEQ_STATIC] = run_static,	   [SEQ_COMPLETED] = run_completed,
		[SEQ_REUSED] = run_reused,	   [SEQ_MOVED] = run_moved,
		[SEQ_POD_LABEL] = run_pod_labels,  [SEQ_NS_LABEL] = run_ns_labels,
		[SEQ_ORDER] = run_order,	   [SEQ_UPDATE] = run_update,
		[SEQ_DELETE] = run_delete,	   [SEQ_SAME_NAME] = run_same_name,
		[SEQ_NAMESPACE] = run_namespace,   [SEQ_REPEAT] = run_repeat,
	};

	guest(s);
	add_late(s);
	scene_other_policies(s, scene_main_policy(s));
	runs[s->row[F_SEQ]](s);
}
