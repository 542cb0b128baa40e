/* model_map.c - what the model CNI knows by name and by address. */
#include "model_parts.h"

#include <stdlib.h>

/* FNV-1a. */
static uint32_t mix(uint32_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619U;
	return h;
}

static uint32_t hash_names(struct np_str ns, struct np_str name)
{
	return mix(mix(mix(2166136261U, ns.p, ns.n), "/", 1), name.p, name.n);
}

static uint32_t hash_addr(const struct np_addr *a)
{
	return mix(2166136261U ^ a->width, a->bytes, a->width);
}

static void grow(struct np_model *m, struct m_map *map,
		 uint32_t (*hash_of)(const struct np_model *, uint32_t))
{
	struct m_map bigger = { .cap = map->cap ? map->cap * 2 : 32, .n = map->n };

	bigger.slots = np_arena_array(&m->arena, bigger.cap, sizeof(*bigger.slots));
	for (uint32_t i = 0; i < map->cap; i++) {
		uint32_t at;

		if (!map->slots[i])
			continue;
		at = hash_of(m, map->slots[i] - 1) & (bigger.cap - 1);
		while (bigger.slots[at])
			at = (at + 1) & (bigger.cap - 1);
		bigger.slots[at] = map->slots[i];
	}
	*map = bigger;
}

static void put(struct np_model *m, struct m_map *map, uint32_t slot,
		uint32_t (*hash_of)(const struct np_model *, uint32_t))
{
	uint32_t at;

	if (map->n * 2 >= map->cap)
		grow(m, map, hash_of);
	at = hash_of(m, slot) & (map->cap - 1);
	while (map->slots[at])
		at = (at + 1) & (map->cap - 1);
	map->slots[at] = slot + 1;
	map->n++;
}

static uint32_t hash_of_ns(const struct np_model *m, uint32_t i)
{
	return hash_names(NP_STR_NONE, m->namespaces[i].name);
}

static uint32_t hash_of_pod(const struct np_model *m, uint32_t i)
{
	return hash_names(m->pods[i].ns, m->pods[i].name);
}

static uint32_t hash_of_policy(const struct np_model *m, uint32_t i)
{
	return hash_names(m->policies[i].ns, m->policies[i].name);
}

static uint32_t hash_of_addr(const struct np_model *m, uint32_t i)
{
	return hash_addr(&m->addrs[i].addr);
}

uint32_t np_m_find_ns(const struct np_model *m, struct np_str name)
{
	uint32_t at = hash_names(NP_STR_NONE, name);

	for (; m->ns_map.cap && m->ns_map.slots[at & (m->ns_map.cap - 1)]; at++) {
		uint32_t slot = m->ns_map.slots[at & (m->ns_map.cap - 1)] - 1;

		if (np_str_eq(m->namespaces[slot].name, name))
			return slot;
	}
	return NONE;
}

uint32_t np_m_find_pod(const struct np_model *m, struct np_str ns, struct np_str name)
{
	uint32_t at = hash_names(ns, name);

	for (; m->pod_map.cap && m->pod_map.slots[at & (m->pod_map.cap - 1)]; at++) {
		uint32_t slot = m->pod_map.slots[at & (m->pod_map.cap - 1)] - 1;

		if (np_str_eq(m->pods[slot].ns, ns) && np_str_eq(m->pods[slot].name, name))
			return slot;
	}
	return NONE;
}

uint32_t np_m_find_policy(const struct np_model *m, struct np_str ns, struct np_str name)
{
	uint32_t at = hash_names(ns, name);

	for (; m->policy_map.cap && m->policy_map.slots[at & (m->policy_map.cap - 1)]; at++) {
		uint32_t slot = m->policy_map.slots[at & (m->policy_map.cap - 1)] - 1;

		if (np_str_eq(m->policies[slot].ns, ns) && np_str_eq(m->policies[slot].name, name))
			return slot;
	}
	return NONE;
}

uint32_t np_m_find_addr(const struct np_model *m, const struct np_addr *addr)
{
	uint32_t at = hash_addr(addr);

	for (; m->addr_map.cap && m->addr_map.slots[at & (m->addr_map.cap - 1)]; at++) {
		uint32_t slot = m->addr_map.slots[at & (m->addr_map.cap - 1)] - 1;

		if (np_addr_eq(&m->addrs[slot].addr, addr))
			return slot;
	}
	return NONE;
}

uint32_t np_m_make_ns(struct np_model *m, struct np_str name)
{
	uint32_t slot = np_m_find_ns(m, name);

	if (slot != NONE)
		return slot;
	m->namespaces =
		np_grow(m->namespaces, &m->cap_namespaces, m->n_namespaces, sizeof(*m->namespaces));
	m->namespaces[m->n_namespaces] = (struct m_ns){ .name = name };
	put(m, &m->ns_map, m->n_namespaces, hash_of_ns);
	return m->n_namespaces++;
}

uint32_t np_m_make_pod(struct np_model *m, struct np_str ns, struct np_str name)
{
	uint32_t slot = np_m_find_pod(m, ns, name);

	if (slot != NONE)
		return slot;
	m->pods = np_grow(m->pods, &m->cap_pods, m->n_pods, sizeof(*m->pods));
	m->pods[m->n_pods] = (struct m_pod){ .ns = ns, .name = name, .ns_slot = NONE };
	put(m, &m->pod_map, m->n_pods, hash_of_pod);
	return m->n_pods++;
}

uint32_t np_m_make_policy(struct np_model *m, struct np_str ns, struct np_str name)
{
	uint32_t slot = np_m_find_policy(m, ns, name);

	if (slot != NONE)
		return slot;
	m->policies = np_grow(m->policies, &m->cap_policies, m->n_policies, sizeof(*m->policies));
	m->policies[m->n_policies] = (struct m_policy){ .ns = ns, .name = name };
	put(m, &m->policy_map, m->n_policies, hash_of_policy);
	return m->n_policies++;
}

uint32_t np_m_make_addr(struct np_model *m, const struct np_addr *addr)
{
	uint32_t slot = np_m_find_addr(m, addr);

	if (slot != NONE)
		return slot;
	m->addrs = np_grow(m->addrs, &m->cap_addrs, m->n_addrs, sizeof(*m->addrs));
	m->addrs[m->n_addrs] = (struct m_addr){ .addr = *addr, .owner = NONE, .first_owner = NONE };
	put(m, &m->addr_map, m->n_addrs, hash_of_addr);
	return m->n_addrs++;
}

void np_m_list_add(struct np_model *m, struct m_list *list, uint32_t item)
{
	if (list->n == list->cap) {
		uint32_t cap = list->cap ? list->cap * 2 : 8;
		uint32_t *items = np_arena_array(&m->arena, cap, sizeof(*items));

		if (list->n)
			memcpy(items, list->items, list->n * sizeof(*items));
		list->items = items;
		list->cap = cap;
	}
	list->items[list->n++] = item;
}
