/* model_events.c - two worlds compared, object by object. */
#include "np/target/model_events.h"

#include "np/base/mem.h"
#include "np/gen/manifests.h"

/* One kind of object: how to find its names and its text. */
struct kind {
	enum np_model_kind kind;
	const char *name;
	size_t offset, n_offset, size; /* of the array and its length in a world; of one object */
	void (*names)(const void *object, struct np_str *ret_ns, struct np_str *ret_name);
	void (*json)(const void *object, struct np_buf *ret);
};

#define KIND_OF(type, json_fn)                                                                     \
	static void json_of_##type(const void *object, struct np_buf *ret)                         \
	{                                                                                          \
		json_fn((const struct np_##type *)object, ret);                                    \
	}
KIND_OF(namespace, np_gen_namespace_json)
KIND_OF(node, np_gen_node_json)
KIND_OF(pod, np_gen_pod_json)
KIND_OF(service, np_gen_service_json)
KIND_OF(policy, np_gen_policy_json)
#undef KIND_OF

static void names_of_namespace(const void *object, struct np_str *ret_ns, struct np_str *ret_name)
{
	*ret_ns = NP_STR("");
	*ret_name = ((const struct np_namespace *)object)->name;
}

static void names_of_node(const void *object, struct np_str *ret_ns, struct np_str *ret_name)
{
	*ret_ns = NP_STR("");
	*ret_name = ((const struct np_node *)object)->name;
}

#define NAMES_OF(type)                                                                             \
	static void names_of_##type(const void *object, struct np_str *ret_ns,                     \
				    struct np_str *ret_name)                                       \
	{                                                                                          \
		*ret_ns = ((const struct np_##type *)object)->ns;                                  \
		*ret_name = ((const struct np_##type *)object)->name;                              \
	}
NAMES_OF(pod)
NAMES_OF(service)
NAMES_OF(policy)
#undef NAMES_OF

#define ROW(id, text, type, array)                                                                 \
	{                                                                                          \
		NP_MODEL_##id, text, offsetof(struct np_world, array),                             \
			offsetof(struct np_world, n_##array), sizeof(struct np_##type),            \
			names_of_##type, json_of_##type                                            \
	}
/* In the order in which things can be created. */
static const struct kind kinds[] = {
	ROW(NAMESPACE, "Namespace", namespace, namespaces), ROW(NODE, "Node", node, nodes),
	ROW(SERVICE, "Service", service, services),	    ROW(POD, "Pod", pod, pods),
	ROW(POLICY, "NetworkPolicy", policy, policies),
};
#undef ROW

static size_t count(const struct kind *k, const struct np_world *w)
{
	return w ? *(const size_t *)((const char *)w + k->n_offset) : 0;
}

static const void *at(const struct kind *k, const struct np_world *w, size_t i)
{
	return *(const char *const *)((const char *)w + k->offset) + i * k->size;
}

static int compare(const struct kind *k, const void *a, const void *b)
{
	struct np_str ns_a, ns_b, name_a, name_b;
	int c;

	k->names(a, &ns_a, &name_a);
	k->names(b, &ns_b, &name_b);
	c = np_str_cmp(ns_a, ns_b);
	return c ? c : np_str_cmp(name_a, name_b);
}

static bool same(const struct kind *k, const void *a, const void *b)
{
	struct np_buf x = { 0 }, y = { 0 };
	bool equal;

	k->json(a, &x);
	k->json(b, &y);
	equal = x.len == y.len && memcmp(np_buf_text(&x), np_buf_text(&y), x.len) == 0;
	np_buf_release(&x);
	np_buf_release(&y);
	return equal;
}

/* Whether @step is about @object. */
static bool is_of(const struct kind *k, const void *object, const struct np_step *step)
{
	struct np_str ns, name;

	if (!np_str_is(step->object_kind, k->name))
		return false;
	k->names(object, &ns, &name);
	return np_str_eq(ns, step->ns) && np_str_eq(name, step->name);
}

static bool recreated(const struct kind *k, const void *object, const struct np_step *step)
{
	return step && step->kind == NP_STEP_RECREATE && is_of(k, object, step);
}

/* A step changes nothing but its own object; what comes and goes with it is seen anyway. */
static bool changed(const struct kind *k, const void *old, const void *now,
		    const struct np_step *step)
{
	return (!step || is_of(k, now, step)) && !same(k, old, now);
}

static void tell(struct np_model_events *e, enum np_model_kind kind, enum np_model_verb verb,
		 const void *object)
{
	e->items = np_grow(e->items, &e->cap, e->n, sizeof(*e->items));
	e->items[e->n++] = (struct np_model_event){ kind, verb, object };
}

/* Both lists are sorted. @gone: only what is deleted, else only what is there. */
static void diff_kind(const struct kind *k, const struct np_world *before,
		      const struct np_world *after, const struct np_step *step, bool gone,
		      struct np_model_events *ret)
{
	size_t i = 0, j = 0, n = count(k, before), o = count(k, after);

	while (i < n || j < o) {
		const void *old = i < n ? at(k, before, i) : NULL,
			   *now = j < o ? at(k, after, j) : NULL;
		int c = !old ? 1 : !now ? -1 : compare(k, old, now);
		bool again = c == 0 && recreated(k, now, step);

		i += c <= 0;
		j += c >= 0;
		if (gone && (c < 0 || again))
			tell(ret, k->kind, NP_MODEL_DELETE, old);
		if (!gone && (c > 0 || again))
			tell(ret, k->kind, NP_MODEL_ADD, now);
		if (!gone && c == 0 && !again && changed(k, old, now, step))
			tell(ret, k->kind, NP_MODEL_UPDATE, now);
	}
}

void np_model_diff(const struct np_world *before, const struct np_world *after,
		   const struct np_step *step, struct np_model_events *ret)
{
	for (size_t i = NP_ARRAY_SIZE(kinds); i-- > 0;)
		diff_kind(&kinds[i], before, after, step, true, ret);
	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++)
		diff_kind(&kinds[i], before, after, step, false, ret);
}
