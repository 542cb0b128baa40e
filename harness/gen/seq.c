/*
 * seq.c - sequences of operations, a row of a table for each. S11 to S15 (restarts, first instants,
 * traffic during changes) are not cases of this format.
 */
#include "seq.h"

#include <stdio.h>

#include "np/base/json.h"
#include "np/base/mem.h"

/* ---- objects that only this case has ---- */

static struct np_pod guest_pod(struct scene *s, struct np_str ns, const char *name,
			       const struct np_pod *like)
{
	struct np_pod pod = { .ns = ns,
			      .name = np_str_from(name),
			      .phase = NP_PHASE_RUNNING,
			      .node = scene_below(s, 2) ? NP_STR("a") : NP_STR("b") };

	if (like)
		pod.labels = like->labels;
	pod.ports = np_arena_array(s->arena, 1, sizeof(*pod.ports));
	pod.ports[0] = (struct np_container_port){ .name = NP_STR("web"),
						   .port = scene_below(s, 2) ? 81 : 8080 };
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
	const struct np_pod *pod =
		scene_below(s, 2) ? scene_selected(s, &p->pod_selector, p->ns) : NULL;

	return pod ? pod : some_pod(s);
}

static const char *address(struct scene *s, unsigned n)
{
	unsigned k = 0;

	for (size_t i = s->c->id.n; i > 0 && s->c->id.p[i - 1] >= '0' && s->c->id.p[i - 1] <= '9';
	     i--)
		k = k * 10 + (unsigned)(s->c->id.p[i - 1] - '0');
	return np_arena_printf(s->arena, "10.250.%u.%u,fd00:10:250:%x::%x", k % 250, n, k % 250, n)
		.p;
}

static void guest(struct scene *s)
{
	struct np_pod pod;

	if (s->row[F_GUEST] == GUEST_NONE)
		return;
	pod = guest_pod(s, scene_ns(s), "guest",
			s->row[F_GUEST] == GUEST_BARE ? NULL : some_pod(s));
	pod.host_network = s->row[F_GUEST] == GUEST_HOST;
	s->host_pods |= pod.host_network;
	if (s->row[F_GUEST] != GUEST_TWIN)
		pod.n_ports = 0;
	seq_apply_pod(s, &pod, NULL);
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
	struct scene_policy *p = scene_add_policy(s, late_ns(s)->name, s->policies[0].p.name),
			    *main = &s->policies[0];
	struct np_str ns = p->p.ns;

	*p = *main;
	p->p.ns = ns;
	p->p.pod_selector = (struct np_selector){ 0 };
	return p;
}

/* ---- the sequences ---- */

static void run_static(struct scene *s)
{
	seq_apply_policies(s, 0);
	seq_expect(s);
}

/* S1: the address of a pod that has ended is given to another, and then the old object goes. */
static void run_completed(struct scene *s)
{
	const struct np_pod *like = telling_pod(s);
	struct np_pod first = guest_pod(s, like->ns, "first", like), second;

	second = guest_pod(s, scene_below(s, 3) ? like->ns : scene_other_ns(s), "second",
			   different_pod(s, like));
	second.node = first.node;
	seq_apply_policies(s, 0);
	seq_apply_pod(s, &first, address(s, 7));
	seq_expect(s);
	seq_patch(s, "Pod", first.ns, first.name,
		  np_json_pack("{s:{s:{s:s}}}", "metadata", "annotations",
			       "netpolcheck/force-phase",
			       scene_below(s, 3) ? "Succeeded" : "Failed"));
	seq_apply_pod(s, &second, address(s, 7));
	seq_expect(s);
	seq_delete_object(s, "Pod", first.ns, first.name);
	seq_expect(s);
}

/* S2: an address goes from pod to pod, over nodes and namespaces. */
static void run_reused(struct scene *s)
{
	const struct np_pod *like = telling_pod(s);
	struct np_pod first = guest_pod(s, like->ns, "first", like), second;
	bool early = scene_below(s, 2);

	second = guest_pod(s, scene_below(s, 2) ? like->ns : scene_other_ns(s), "second",
			   different_pod(s, like));
	if (early)
		seq_apply_policies(s, 0);
	seq_apply_pod(s, &first, address(s, 7));
	if (!early)
		seq_apply_policies(s, 0);
	seq_expect(s);
	seq_delete_object(s, "Pod", first.ns, first.name);
	seq_apply_pod(s, &second, address(s, 7));
	seq_expect(s);
	seq_delete_object(s, "Pod", second.ns, second.name);
	seq_apply_pod(s, &first, address(s, 7));
	seq_expect(s);
}

/* S3: a pod has another address than before, and somebody else has its old one. */
static void run_moved(struct scene *s)
{
	const struct np_pod *like = telling_pod(s);
	struct np_pod first = guest_pod(s, like->ns, "first", like), second;

	second = guest_pod(s, like->ns, "second", different_pod(s, like));
	seq_apply_policies(s, 0);
	seq_apply_pod(s, &first, address(s, 7));
	seq_expect(s);
	seq_recreate_pod(s, &first, address(s, 8));
	seq_apply_pod(s, &second, address(s, 7));
	seq_expect(s);
}

/* S6: policies, a namespace, a pod and a policy in it, in every order that the API allows. */
static void run_order(struct scene *s)
{
	size_t n_early = s->n_policies, when = scene_below(s, 4);
	const struct scene_policy *late = late_policy(s);
	bool policy_first = scene_below(s, 2);

	s->n_policies = n_early; /* the late one cannot come before its namespace */
	for (size_t i = 0; i < 4; i++) {
		if (i == when)
			seq_apply_policies(s, 0);
		if (i == 0)
			seq_apply_namespace(s, late_ns(s));
		else if (i == (policy_first ? 1 : 2))
			seq_apply_policy(s, late);
		else if (i == (policy_first ? 2 : 1))
			seq_apply_pod(s, late_pod(s), NULL);
	}
	s->n_policies++;
	seq_expect(s);
	seq_delete_object(s, "Namespace", NP_STR_NONE, late_ns(s)->name);
	seq_expect(s);
}

/* S7: the same policy with other rules, types or subject, and back. */
static void run_update(struct scene *s)
{
	struct scene_policy *main = &s->policies[0], *other;
	json_t *spec = NULL;

	seq_apply_policies(s, 0);
	seq_expect(s);
	switch (scene_below(s, 4)) {
	case 0:
		spec = np_json_pack("{s:[s]}", "policyTypes",
				    main->p.types[NP_EGRESS] ? "Ingress" : "Egress");
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
		seq_patch(s, "NetworkPolicy", main->p.ns, main->p.name,
			  np_json_pack("{s:o}", "spec", spec));
	} else {
		other = scene_main_policy(s);
		seq_apply_policy(s, other);
	}
	seq_expect(s);
	seq_apply_policy(s, main);
	seq_expect(s);
}

/* S8: of several policies one goes, then another; one comes back. */
static void run_delete(struct scene *s)
{
	size_t first = scene_below(s, 2);

	seq_apply_policies(s, 0);
	seq_expect(s);
	seq_delete_policy(s, &s->policies[first]);
	seq_expect(s);
	seq_delete_policy(s, &s->policies[1 - first]);
	seq_expect(s);
	if (scene_below(s, 2))
		return;
	seq_apply_policy(s, &s->policies[first]);
	seq_expect(s);
}

/* S9: policy and pod go and come under the same names, as others. */
static void run_same_name(struct scene *s)
{
	const struct np_pod *like = telling_pod(s);
	struct np_pod again = guest_pod(s, like->ns, "again", like);
	struct scene_policy *other;

	seq_apply_pod(s, &again, NULL);
	seq_apply_policies(s, 0);
	seq_expect(s);
	again.labels = different_pod(s, like)->labels;
	seq_recreate_pod(s, &again, NULL);
	seq_expect(s);
	seq_delete_policy(s, &s->policies[0]);
	if (scene_below(s, 2))
		seq_expect(s);
	other = scene_main_policy(s);
	seq_apply_policy(s, other);
	seq_expect(s);
}

/* S10: a namespace goes with its pods and policies, and comes again without policies. */
static void run_namespace(struct scene *s)
{
	size_t n = s->n_policies;

	seq_apply_namespace(s, late_ns(s));
	seq_apply_pod(s, late_pod(s), NULL);
	seq_apply_policies(s, 0);
	late_policy(s);
	seq_apply_policies(s, n);
	seq_expect(s);
	seq_delete_object(s, "Namespace", NP_STR_NONE, late_ns(s)->name);
	if (scene_below(s, 2))
		seq_expect(s);
	seq_apply_namespace(s, late_ns(s));
	seq_apply_pod(s, late_pod(s), NULL);
	seq_expect(s);
}

/* S16: the same again and again, each time in another order. */
static void run_repeat(struct scene *s)
{
	for (unsigned i = 0; i < 3; i++) {
		seq_apply_policies(s, 0);
		if (i == 0)
			seq_expect(s);
		for (size_t k = 0; k < s->n_policies; k++)
			seq_delete_policy(s, &s->policies[k]);
	}
	seq_apply_policies(s, 0);
	seq_expect(s);
}

void scene_sequence(struct scene *s)
{
	static void (*const runs[N_SEQS])(struct scene *) = {
		[SEQ_STATIC] = run_static,	  [SEQ_COMPLETED] = run_completed,
		[SEQ_REUSED] = run_reused,	  [SEQ_MOVED] = run_moved,
		[SEQ_POD_LABEL] = seq_pod_labels, [SEQ_NS_LABEL] = seq_ns_labels,
		[SEQ_ORDER] = run_order,	  [SEQ_UPDATE] = run_update,
		[SEQ_DELETE] = run_delete,	  [SEQ_SAME_NAME] = run_same_name,
		[SEQ_NAMESPACE] = run_namespace,  [SEQ_REPEAT] = run_repeat,
	};

	guest(s);
	add_late(s);
	scene_other_policies(s, scene_main_policy(s));
	runs[s->row[F_SEQ]](s);
}
