/* classes.c - pods of equal namespace, labels and named ports. */
#include "classes.h"

#include <stdlib.h>

#include "np/base/mem.h"

#include "bits.h"
#include "blocks.h"
#include "intern.h"

struct class_table {
	uint32_t *slots;	/* class + 1, 0 free */
	size_t n_slots;
	uint64_t *hashes;	/* [class] */
};

static int cmp_num(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int cmp_declared(const void *a, const void *b)
{
	const struct declared *x = a, *y = b;
	int c = cmp_num(x->name, y->name);

	c = c ? c : cmp_num(x->proto, y->proto);
	c = c ? c : cmp_num(x->init, y->init);
	return c ? c : cmp_num(x->position, y->position);
}

static int cmp_numbered(const void *a, const void *b)
{
	const struct declared *x = a, *y = b;
	int c = cmp_num(x->name, y->name);

	c = c ? c : cmp_num(x->proto, y->proto);
	c = c ? c : cmp_num(x->port, y->port);
	return c ? c : cmp_num(x->n_asks, y->n_asks);
}

/* The named ports of @pod in order of declaration, regular containers before init ones (S28, S30). */
static size_t collect_declared(struct np_oracle *o, const struct np_pod *pod, struct portrait *look)
{
	size_t n = 0;

	for (size_t i = 0; i < pod->n_ports; i++) {
		const struct np_container_port *p = &pod->ports[i];

		if (p->name.n == 0)
			continue;
		look->declared = np_grow(look->declared, &look->cap_declared, n, sizeof(*look->declared));
		look->declared[n++] = (struct declared){
			.name = strings_add(o->strings, p->name),
			.proto = p->proto,
			.init = p->ctr_kind != NP_CTR_REGULAR,
			.position = i,
			.port = p->port,
		};
	}
	if (n)
		qsort(look->declared, n, sizeof(*look->declared), cmp_declared);
	return n;
}

/* Only the first of a name is beyond doubt (S29), and only in a regular container (S30). */
static void read_names(struct np_oracle *o, const struct np_pod *pod, struct portrait *look)
{
	size_t n = collect_declared(o, pod, look);
	struct declared *d = look->declared;

	look->n_names = 0;
	for (size_t i = 0; i < n; i++) {
		bool first = i == 0 || d[i - 1].name != d[i].name || d[i - 1].proto != d[i].proto;

		d[i].np = (struct name_port){ d[i].name, d[i].proto, d[i].port, !first, d[i].init };
		d[i].n_asks = (unsigned)!first + (unsigned)d[i].init;
	}
	if (n)
		qsort(d, n, sizeof(*d), cmp_numbered);
	for (size_t i = 0; i < n; i++) {
		const struct name_port *last = look->n_names ? &look->names[look->n_names - 1] : NULL;

		if (last && last->name == d[i].name && last->proto == d[i].proto && last->port == d[i].port)
			continue;
		look->names = np_grow(look->names, &look->cap_names, look->n_names, sizeof(*look->names));
		look->names[look->n_names++] = d[i].np;
	}
}

static bool is_finished(const struct np_pod *pod)
{
	return pod->phase == NP_PHASE_SUCCEEDED || pod->phase == NP_PHASE_FAILED;
}

void portrait_read(struct np_oracle *o, const struct np_pod *pod, struct portrait *look)
{
	look->ns = (uint32_t)pod->ns_idx;
	look->host = pod->host_network;
	look->finished = is_finished(pod);
	look->n_labels = 0;
	for (size_t i = 0; i < pod->labels.n; i++) {
		look->labels = np_grow(look->labels, &look->cap_labels, i, sizeof(*look->labels));
		look->labels[i].key = strings_add(o->strings, pod->labels.items[i].key);
		look->labels[i].value = strings_add(o->strings, pod->labels.items[i].value);
		look->n_labels++;
	}
	read_names(o, pod, look);
}

static uint64_t portrait_hash(const struct portrait *look)
{
	uint32_t head[] = { look->ns, look->host, look->finished };
	uint64_t h = hash_bytes(HASH_START, head, sizeof(head));

	h = hash_bytes(h, look->labels, look->n_labels * sizeof(*look->labels));
	for (size_t i = 0; i < look->n_names; i++) {
		const struct name_port *np = &look->names[i];
		uint32_t key[] = { np->name, np->proto, np->port };

		h = hash_bytes(h, key, sizeof(key));
	}
	return h;
}

static bool same_names(const struct name_port *a, const struct name_port *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].name != b[i].name || a[i].proto != b[i].proto || a[i].port != b[i].port ||
		    a[i].asks_dup != b[i].asks_dup || a[i].asks_init != b[i].asks_init)
			return false;
	return true;
}

bool portrait_fits(const struct portrait *look, const struct class *c)
{
	return c->ns == look->ns && c->host == look->host && c->finished == look->finished &&
	       c->n_labels == look->n_labels && c->n_names == look->n_names &&
	       (!c->n_labels ||
		memcmp(c->labels, look->labels, c->n_labels * sizeof(*c->labels)) == 0) &&
	       same_names(c->names, look->names, c->n_names);
}

static void *arena_copy(struct np_arena *a, const void *items, size_t n, size_t bytes)
{
	void *copy = np_arena_array(a, n, bytes);

	if (n)
		memcpy(copy, items, n * bytes);
	return copy;
}

void class_fill(struct class *c, struct np_arena *arena, const struct portrait *look)
{
	*c = (struct class){ .ns = look->ns, .host = look->host, .finished = look->finished,
			     .n_labels = look->n_labels, .n_names = look->n_names };
	c->labels = arena_copy(arena, look->labels, look->n_labels, sizeof(*look->labels));
	c->names = arena_copy(arena, look->names, look->n_names, sizeof(*look->names));
}

void portrait_release(struct portrait *look)
{
	free(look->labels);
	free(look->declared);
	free(look->names);
}

static uint32_t find_class(struct np_oracle *o, struct class_table *t, const struct portrait *look)
{
	uint64_t hash = portrait_hash(look);
	size_t i = hash & (t->n_slots - 1);
	struct class *c;

	for (; t->slots[i]; i = (i + 1) & (t->n_slots - 1)) {
		uint32_t at = t->slots[i] - 1;

		if (t->hashes[at] == hash && portrait_fits(look, &o->classes[at]))
			return at;
	}
	c = &o->classes[o->n_classes];
	class_fill(c, &o->arena, look);
	t->hashes[o->n_classes] = hash;
	t->slots[i] = (uint32_t)++o->n_classes;
	return t->slots[i] - 1;
}

static int cmp_node_addrs(const void *a, const void *b)
{
	const struct node_addr *x = a, *y = b;
	int c = wire_cmp(&x->addr, &y->addr);

	return c ? c : cmp_num(x->node, y->node);
}

/* Numbers the nodes of the world from 0; nodes that only pods name come behind them. */
static void compile_nodes(struct np_oracle *o)
{
	const struct np_world *w = o->world;

	o->node_addrs = np_arena_array(&o->arena, w->n_nodes * NP_WORLD_MAX_IPS, sizeof(*o->node_addrs));
	for (size_t i = 0; i < w->n_nodes; i++)
		strings_add(o->node_names, w->nodes[i].name);
	for (size_t i = 0; i < w->n_nodes; i++)
		for (size_t j = 0; j < w->nodes[i].n_ips; j++)
			o->node_addrs[o->n_node_addrs++] =
				(struct node_addr){ wire_of(&w->nodes[i].ips[j]), (uint32_t)i };
	if (o->n_node_addrs)
		qsort(o->node_addrs, o->n_node_addrs, sizeof(*o->node_addrs), cmp_node_addrs);
}

uint32_t node_of_wire(const struct np_oracle *o, const struct np_wire *addr)
{
	size_t lo = 0, hi = o->n_node_addrs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (wire_cmp(&o->node_addrs[mid].addr, addr) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < o->n_node_addrs && wire_eq(&o->node_addrs[lo].addr, addr) ? o->node_addrs[lo].node : NONE;
}

/* The first address of each family. */
static void take_ips(const struct np_addr *ips, size_t n_ips, struct np_wire ret[N_FAMILIES])
{
	for (size_t i = 0; i < n_ips; i++) {
		struct np_wire w = wire_of(&ips[i]);

		if (ret[wire_family(&w)].width == 0)
			ret[wire_family(&w)] = w;
	}
}

void pod_compile(struct np_oracle *o, const struct np_pod *src, struct pod *pod)
{
	*pod = (struct pod){ .class = pod->class };
	pod->host = src->host_network;
	pod->runs = !is_finished(src) && src->phase != NP_PHASE_PENDING;
	pod->node = src->node.n ? strings_add(o->node_names, src->node) : NONE;
	take_ips(src->ips, src->n_ips, pod->ip);
	if (!pod->host)
		return;
	for (int f = 0; f < N_FAMILIES && pod->node == NONE; f++)
		if (pod->ip[f].width)
			pod->node = node_of_wire(o, &pod->ip[f]);
	if (pod->node < o->world->n_nodes)
		take_ips(o->world->nodes[pod->node].ips, o->world->nodes[pod->node].n_ips, pod->ip);
}

static void fill_ns_first(struct np_oracle *o)
{
	size_t ns = 0;

	for (size_t c = 0; c < o->n_classes; c++)
		while (ns <= o->classes[c].ns)
			o->ns_first[ns++] = (uint32_t)c;
	while (ns <= o->world->n_namespaces)
		o->ns_first[ns++] = (uint32_t)o->n_classes;
}

/* Numbers that no class has yet, so that the next one has the number @end. */
static void skip_classes(struct np_oracle *o, size_t end)
{
	while (o->n_classes < end) {
		struct class *c = &o->classes[o->n_classes++];

		*c = (struct class){ .ns = (uint32_t)o->world->pods[o->n_classes - 1].ns_idx };
	}
}

void classes_compile(struct np_oracle *o)
{
	const struct np_world *w = o->world;
	struct portrait look = { 0 };
	struct class_table table = { .n_slots = 64 };

	while (table.n_slots < 2 * w->n_pods)
		table.n_slots *= 2;
	table.slots = np_xcalloc(table.n_slots, sizeof(*table.slots));
	table.hashes = np_xcalloc(w->n_pods + 1, sizeof(*table.hashes));
	o->pods = np_arena_array(&o->arena, w->n_pods, sizeof(*o->pods));
	o->classes = np_arena_array(&o->arena, w->n_pods, sizeof(*o->classes));
	o->ns_first = np_arena_array(&o->arena, w->n_namespaces + 1, sizeof(*o->ns_first));
	compile_nodes(o);
	for (size_t i = 0; i < w->n_pods; i++) {
		if (o->spare && i && w->pods[i].ns_idx != w->pods[i - 1].ns_idx)
			skip_classes(o, i);
		portrait_read(o, &w->pods[i], &look);
		o->pods[i].class = find_class(o, &table, &look);
		o->classes[o->pods[i].class].n_pods++;
		pod_compile(o, &w->pods[i], &o->pods[i]);
	}
	if (o->spare)
		skip_classes(o, w->n_pods);
	fill_ns_first(o);
	free(table.slots);
	free(table.hashes);
	portrait_release(&look);
}

const struct name_port *class_name_port(const struct class *c, uint32_t name, enum np_proto proto,
					uint16_t port)
{
	struct declared key = { .name = name, .proto = proto, .port = port };
	size_t lo = 0, hi = c->n_names;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct name_port *np = &c->names[mid];
		struct declared at = { .name = np->name, .proto = np->proto, .port = np->port };
		int d = cmp_numbered(&key, &at);

		if (d == 0)
			return np;
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
