/* world.c - growing lists of a world, and linking: sorted, complete, cross-referenced. */
#include "np/model/world.h"

#include <stdint.h>
#include <stdlib.h>

#include "np/base/mem.h"

void np_world_init(struct np_world *w)
{
	*w = (struct np_world){ 0 };
}

void np_world_release(struct np_world *w)
{
	if (!w)
		return;
	np_arena_release(&w->arena);
	np_world_init(w);
}

/* Room for element @n; the old array stays in the arena, at most as much again as the new one. */
static void *grow(struct np_world *w, void *items, size_t n, size_t *cap, size_t bytes)
{
	void *bigger;

	if (n < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 16;
	bigger = np_arena_array(&w->arena, *cap, bytes);
	if (n)
		memcpy(bigger, items, n * bytes);
	return bigger;
}

/* A slot may hold what a failed load left there. */
#define DEFINE_ADD(noun, list)                                                                     \
	struct np_##noun *np_world_add_##noun(struct np_world *w)                                  \
	{                                                                                          \
		w->list = grow(w, w->list, w->n_##list, &w->cap_##list, sizeof(*w->list));         \
		memset(&w->list[w->n_##list], 0, sizeof(*w->list));                                \
		return &w->list[w->n_##list++];                                                    \
	}

DEFINE_ADD(namespace, namespaces)
DEFINE_ADD(node, nodes)
DEFINE_ADD(service, services)
DEFINE_ADD(external, externals)
DEFINE_ADD(policy, policies)

struct np_pod *np_world_add_pod(struct np_world *w)
{
	w->pods = grow(w, w->pods, w->n_pods, &w->cap_pods, sizeof(*w->pods));
	w->pods[w->n_pods] = (struct np_pod){
		.phase = NP_PHASE_RUNNING,
		.ns_idx = SIZE_MAX,
		.node_idx = SIZE_MAX,
	};
	return &w->pods[w->n_pods++];
}

/* One list of the world as sorting and searching see it. */
struct list {
	const char *kind;
	void **items;
	size_t *n;
	size_t bytes;
	size_t ns_at, name_at, place_at; /* offsets; SIZE_MAX: has none */
};

enum { L_NAMESPACES, L_NODES, L_PODS, L_SERVICES, L_EXTERNALS, L_POLICIES, N_LISTS };

#define LIST(text, type, list, ns, place)                                                          \
	{                                                                                          \
		text, (void **)&w->list, &w->n_##list, sizeof(struct type), ns,                    \
			offsetof(struct type, name), place                                         \
	}

static void get_lists(struct np_world *w, struct list ret[N_LISTS])
{
	const struct list lists[N_LISTS] = {
		[L_NAMESPACES] = LIST("Namespace", np_namespace, namespaces, SIZE_MAX,
				      offsetof(struct np_namespace, place)),
		[L_NODES] = LIST("Node", np_node, nodes, SIZE_MAX, offsetof(struct np_node, place)),
		[L_PODS] = LIST("Pod", np_pod, pods, offsetof(struct np_pod, ns),
				offsetof(struct np_pod, place)),
		[L_SERVICES] =
			LIST("Service", np_service, services, offsetof(struct np_service, ns),
			     offsetof(struct np_service, place)),
		[L_EXTERNALS] =
			LIST("external address", np_external, externals, SIZE_MAX, SIZE_MAX),
		[L_POLICIES] =
			LIST("NetworkPolicy", np_policy, policies, offsetof(struct np_policy, ns),
			     offsetof(struct np_policy, place)),
	};

	memcpy(ret, lists, sizeof(lists));
}

/* What sorting moves: the key, and where the element was. */
struct slot {
	struct np_str ns, name;
	size_t was;
};

static struct np_str str_at(const void *item, size_t offset)
{
	struct np_str s = NP_STR_NONE;

	if (offset != SIZE_MAX)
		memcpy(&s, (const char *)item + offset, sizeof(s));
	return s;
}

static int cmp_slots(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	int c = np_str_cmp(x->ns, y->ns);

	c = c ? c : np_str_cmp(x->name, y->name);
	return c ? c : (x->was > y->was) - (x->was < y->was);
}

static int doubled(const struct list *l, const struct slot *second, struct np_err *err)
{
	struct np_place place = { 0 };

	if (l->place_at != SIZE_MAX)
		memcpy(&place, (const char *)*l->items + second->was * l->bytes + l->place_at,
		       sizeof(place));
	np_err_set(err, NP_EVALID, "%s '" NP_STR_FMT "%s" NP_STR_FMT "' is defined twice", l->kind,
		   NP_STR_ARG(second->ns), second->ns.n ? "/" : "", NP_STR_ARG(second->name));
	return np_err_at(err, place.file, place.line, place.column);
}

/* The order of @l as slots; NULL with @err when an object is doubled, nothing moved yet. */
static struct slot *sort_slots(const struct list *l, struct np_err *err)
{
	struct slot *slots = np_xcalloc(*l->n + 1, sizeof(*slots));

	for (size_t i = 0; i < *l->n; i++) {
		const char *item = (const char *)*l->items + i * l->bytes;

		slots[i] = (struct slot){ str_at(item, l->ns_at), str_at(item, l->name_at), i };
	}
	qsort(slots, *l->n, sizeof(*slots), cmp_slots);
	for (size_t i = 1; i < *l->n; i++)
		if (np_str_eq(slots[i - 1].ns, slots[i].ns) &&
		    np_str_eq(slots[i - 1].name, slots[i].name)) {
			doubled(l, &slots[i], err);
			free(slots);
			return NULL;
		}
	return slots;
}

static void move_to_slots(const struct list *l, const struct slot *slots)
{
	char *items = *l->items;
	np_auto_free char *old = np_xmalloc(*l->n * l->bytes + 1);

	if (*l->n)
		memcpy(old, items, *l->n * l->bytes);
	for (size_t i = 0; i < *l->n; i++)
		memcpy(items + i * l->bytes, old + slots[i].was * l->bytes, l->bytes);
}

/* All lists or none: a world that cannot be linked stays as it was. */
static int sort_lists(struct np_world *w, struct np_err *err)
{
	struct list lists[N_LISTS];
	struct slot *slots[N_LISTS] = { 0 };
	int ret = 0;

	get_lists(w, lists);
	for (int i = 0; i < N_LISTS && !ret; i++)
		if (!(slots[i] = sort_slots(&lists[i], err)))
			ret = -1;
	for (int i = 0; i < N_LISTS; i++) {
		if (!ret)
			move_to_slots(&lists[i], slots[i]);
		free(slots[i]);
	}
	return ret;
}

static size_t find(const struct np_world *w, int which, struct np_str ns, struct np_str name)
{
	struct list lists[N_LISTS];
	const struct slot key = { ns, name, 0 };
	size_t lo = 0, hi;

	get_lists((struct np_world *)w, lists); /* for reading only */
	const struct list *l = &lists[which];

	for (hi = *l->n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		const char *item = (const char *)*l->items + mid * l->bytes;
		struct slot at = { str_at(item, l->ns_at), str_at(item, l->name_at), 0 };
		int c = cmp_slots(&key, &at);

		if (c == 0)
			return mid;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return SIZE_MAX;
}

size_t np_world_find_namespace(const struct np_world *w, struct np_str name)
{
	return find(w, L_NAMESPACES, NP_STR_NONE, name);
}

size_t np_world_find_node(const struct np_world *w, struct np_str name)
{
	return find(w, L_NODES, NP_STR_NONE, name);
}

size_t np_world_find_pod(const struct np_world *w, struct np_str ns, struct np_str name)
{
	return find(w, L_PODS, ns, name);
}

size_t np_world_find_service(const struct np_world *w, struct np_str ns, struct np_str name)
{
	return find(w, L_SERVICES, ns, name);
}

size_t np_world_find_policy(const struct np_world *w, struct np_str ns, struct np_str name)
{
	return find(w, L_POLICIES, ns, name);
}

size_t np_world_find_external(const struct np_world *w, struct np_str name)
{
	return find(w, L_EXTERNALS, NP_STR_NONE, name);
}

static int cmp_strs(const void *a, const void *b)
{
	return np_str_cmp(*(const struct np_str *)a, *(const struct np_str *)b);
}

/* Every namespace that some object names, sorted, without repeats. */
static size_t named_namespaces(const struct np_world *w, struct np_str *names)
{
	size_t n = 0, n_unique = 0;

	for (size_t i = 0; i < w->n_pods; i++)
		names[n++] = w->pods[i].ns;
	for (size_t i = 0; i < w->n_services; i++)
		names[n++] = w->services[i].ns;
	for (size_t i = 0; i < w->n_policies; i++)
		names[n++] = w->policies[i].ns;
	qsort(names, n, sizeof(*names), cmp_strs);
	for (size_t i = 0; i < n; i++)
		if (n_unique == 0 || !np_str_eq(names[n_unique - 1], names[i]))
			names[n_unique++] = names[i];
	return n_unique;
}

/*
 * Adds the namespaces that only objects name; true when there were any, and the list must be sorted
 * again.
 */
static bool add_missing_namespaces(struct np_world *w)
{
	size_t n_missing = 0;
	np_auto_free struct np_str *names =
		np_xcalloc(w->n_pods + w->n_services + w->n_policies + 1, sizeof(*names));
	size_t n = named_namespaces(w, names);

	for (size_t i = 0; i < n; i++)
		if (np_world_find_namespace(w, names[i]) == SIZE_MAX)
			names[n_missing++] = names[i];
	for (size_t i = 0; i < n_missing; i++)
		np_world_add_namespace(w)->name = names[i];
	return n_missing > 0;
}

/* The label that the API server puts on every namespace, whatever the manifest says (S15). */
static void set_name_label(struct np_world *w, struct np_namespace *ns)
{
	const struct np_str key = NP_STR("kubernetes.io/metadata.name");
	const struct np_str *value = np_labels_get(&ns->labels, key);
	struct np_labels more = { .n = ns->labels.n + 1 };

	if (value && np_str_eq(*value, ns->name))
		return;
	more.items = np_arena_array(&w->arena, more.n, sizeof(*more.items));
	if (ns->labels.n)
		memcpy(more.items, ns->labels.items, ns->labels.n * sizeof(*more.items));
	more.items[ns->labels.n] = (struct np_label){ key, ns->name };
	np_labels_sort(&more);
	ns->labels = more;
}

int np_world_link(struct np_world *w, struct np_err *err)
{
	if (sort_lists(w, err))
		return -1;
	if (add_missing_namespaces(w) && sort_lists(w, err))
		return -1;
	for (size_t i = 0; i < w->n_namespaces; i++) {
		np_labels_sort(&w->namespaces[i].labels);
		set_name_label(w, &w->namespaces[i]);
	}
	for (size_t i = 0; i < w->n_pods; i++) {
		struct np_pod *pod = &w->pods[i];

		np_labels_sort(&pod->labels);
		pod->ns_idx = np_world_find_namespace(w, pod->ns);
		pod->node_idx = pod->node.n ? np_world_find_node(w, pod->node) : SIZE_MAX;
	}
	return 0;
}

static const struct np_addr *ip_of(const struct np_addr *ips, size_t n, int family)
{
	for (size_t i = 0; i < n; i++)
		if (ips[i].width == (family == 6 ? 16 : 4))
			return &ips[i];
	return NULL;
}

const struct np_addr *np_pod_ip(const struct np_pod *pod, int family)
{
	return ip_of(pod->ips, pod->n_ips, family);
}

const struct np_addr *np_node_ip(const struct np_node *node, int family)
{
	return ip_of(node->ips, node->n_ips, family);
}

const struct np_addr *np_external_ip(const struct np_external *ext, int family)
{
	return ip_of(ext->ips, ext->n_ips, family);
}

bool np_pod_is_endpoint(const struct np_pod *pod)
{
	return !pod->host_network && pod->phase != NP_PHASE_SUCCEEDED &&
	       pod->phase != NP_PHASE_FAILED && pod->n_ips > 0;
}
