/*
 * model_parts.h - the model CNI's own state, private to model*.c.
 *
 *	events -> queue -> track (namespaces, nodes, pods) -> sets (addresses behind each selector)
 *	                -> policy (compiled rules)         -> attachments (policies of each pod)
 *	connection -> place (pod, address) -> side -> rule -> peer, block, port
 */
#ifndef NP_TARGET_MODEL_PARTS_H
#define NP_TARGET_MODEL_PARTS_H

#include "np/base/arena.h"
#include "np/base/mem.h"
#include "np/target/model.h"

#define NONE UINT32_MAX
/* Text and network differ, the network is meant. */
#define NP_CIDR_UNUSUAL (NP_CIDR_HOST_BITS | NP_CIDR_ZEROS | NP_CIDR_SPELLING)

/* Growing list of slot numbers; lives in the model's arena. */
struct m_list {
	uint32_t *items;
	uint32_t n, cap;
};

struct m_ns {
	struct np_str name;
	struct np_labels labels, combined_labels; /* the latter for peers with both selectors */
	bool there, by_pod, was_deleted;
	uint32_t since; /* when its object was first heard of */
};

struct m_node {
	const struct np_node *obj;
	bool there;
};

/* One policy at one pod, and what it was counted as. */
struct m_attach {
	uint32_t policy;
	bool isolates[NP_N_DIRS];
};

struct m_pod {
	const struct np_pod *obj;
	struct np_str ns, name; /* stay when it is gone */
	struct np_labels subject_labels, peer_labels;
	uint32_t ns_slot, addrs[NP_WORLD_MAX_IPS], n_addrs, since;
	bool there, live, finished, was_deleted, blocked, early;
	struct m_attach *attached;
	uint32_t n_attached, cap_attached;
	int isolated[NP_N_DIRS];
	bool stays[NP_N_DIRS]; /* isolated without a policy (mutants only) */
};

struct m_addr {
	struct np_addr addr;
	uint32_t owner, first_owner; /* pods, or NONE */
};

/* The addresses behind the selectors of one peer. */
struct m_set {
	const struct np_peer *peer;
	uint32_t policy;
	enum np_dir dir;
	bool there, emptied;
	uint16_t *counts; /* by address */
	uint32_t cap;
	uint32_t n_pods;
	uint64_t *pods; /* bits: pods in it */
	uint32_t n_words;
};

struct m_peer {
	const struct np_peer *spec;
	uint32_t set; /* NONE for an ipBlock */
	bool dead;    /* its entry is gone (mutants only) */
};

struct m_rule {
	const struct np_rule *spec;
	struct m_peer *peers;
	uint32_t n_peers;
	uint32_t id;
};

struct m_policy {
	const struct np_policy *obj;
	struct np_str ns, name;
	struct m_rule *rules[NP_N_DIRS];
	uint32_t n_rules[NP_N_DIRS];
	bool types[NP_N_DIRS];
	bool there, ghost, unused, was_deleted, failed;
	uint32_t since;
	const struct np_policy *before; /* what an update or re-creation replaced */
	struct m_list subjects;		/* when it was last changed */
};

struct m_map {
	uint32_t *slots; /* slot + 1; 0 free */
	uint32_t n, cap;
};

struct np_model {
	struct np_model_wrong wrong;
	uint8_t met_mutants[NP_N_MUTANTS];
	uint16_t met_sites[NP_N_SITES]; /* bit n: operator n */
	struct np_arena arena;
	struct m_ns *namespaces;
	struct m_node *nodes;
	struct m_pod *pods;
	struct m_addr *addrs;
	struct m_set *sets;
	struct m_policy *policies;
	uint32_t n_namespaces, n_nodes, n_pods, n_addrs, n_sets, n_policies, n_rule_ids;
	size_t cap_namespaces, cap_nodes, cap_pods, cap_addrs, cap_sets, cap_policies;
	struct m_map ns_map, pod_map, policy_map, addr_map;
	struct np_model_event *queue, *held;
	size_t n_queue, cap_queue, n_held, cap_held;
	const struct np_service **services;
	size_t n_services, cap_services;
	uint32_t clock;	      /* events handled */
	uint32_t batch_start; /* of the burst being handled */
	bool crashed, stuck, policies_stuck, deleting;
	unsigned turn;
	uint32_t last_pod;	 /* handled before */
	uint32_t deleted_policy; /* in this burst */
};

/* Whether the model is to be wrong in this way. */
static inline bool wrong(struct np_model *m, enum np_mutant id)
{
	m->met_mutants[id] = 1;
	return m->wrong.mutant == id;
}

/* The same without noting it: where nearly every case comes by; np_met() notes it then. */
static inline bool wrong_if(struct np_model *m, enum np_mutant id, bool matters)
{
	if (!matters)
		return false;
	return wrong(m, id);
}

bool np_mx_bool_at(struct np_model *m, bool v);
static inline bool mx_bool(struct np_model *m, enum np_site site, bool v)
{
	m->met_sites[site] |=
		v ? 1U << NP_MX_NEGATE | 1U << NP_MX_FALSE : 1U << NP_MX_NEGATE | 1U << NP_MX_TRUE;
	return m->wrong.site == site ? np_mx_bool_at(m, v) : v;
}

static inline long mx_num(struct np_model *m, enum np_site site, long v)
{
	m->met_sites[site] |= 1U << NP_MX_PLUS | 1U << NP_MX_MINUS;
	if (m->wrong.site != site)
		return v;
	return m->wrong.op == NP_MX_PLUS ? v + 1 : v - 1;
}

struct m_span {
	size_t from, to;
};

struct m_span np_mx_list_at(struct np_model *m, size_t n);
static inline struct m_span mx_list(struct np_model *m, enum np_site site, size_t n)
{
	if (n)
		m->met_sites[site] |= 1U << NP_MX_NO_FIRST | 1U << NP_MX_NO_LAST;
	if (n > 1)
		m->met_sites[site] |= 1U << NP_MX_FIRST_ONLY | 1U << NP_MX_LAST_ONLY;
	return m->wrong.site == site ? np_mx_list_at(m, n) : (struct m_span){ 0, n };
}

static inline bool mx_swap(struct np_model *m, enum np_site site)
{
	m->met_sites[site] |= 1U << NP_MX_SWAP;
	return m->wrong.site == site;
}

/* Whether a step of the rules is left out. */
static inline bool mx_skip(struct np_model *m, enum np_site site)
{
	m->met_sites[site] |= 1U << NP_MX_SKIP;
	return m->wrong.site == site;
}

/* One side being judged. */
struct m_look {
	struct np_model *m;
	const struct np_model_conn *conn;
	enum np_dir dir;
	uint32_t subject;
	const struct np_model_place *own, *other;
	uint32_t dst_pod; /* where port names are looked up */
	enum np_proto proto;
	uint16_t port;
	const struct m_policy *policy;
	const struct m_rule *rule;
};

/* model_map.c */
uint32_t np_m_find_ns(const struct np_model *m, struct np_str name);
uint32_t np_m_find_pod(const struct np_model *m, struct np_str ns, struct np_str name);
uint32_t np_m_find_policy(const struct np_model *m, struct np_str ns, struct np_str name);
uint32_t np_m_find_addr(const struct np_model *m, const struct np_addr *addr);
uint32_t np_m_make_ns(struct np_model *m, struct np_str name);
uint32_t np_m_make_pod(struct np_model *m, struct np_str ns, struct np_str name);
uint32_t np_m_make_policy(struct np_model *m, struct np_str ns, struct np_str name);
uint32_t np_m_make_addr(struct np_model *m, const struct np_addr *addr);
void np_m_list_add(struct np_model *m, struct m_list *list, uint32_t item);

/* model_select.c */
enum m_use { M_SUBJECT, M_PEER_POD, M_PEER_NS };
bool np_m_matches(struct np_model *m, const struct np_selector *sel, const struct np_labels *labels,
		  enum m_use use);
bool np_m_is_negative(const struct np_selector *sel);
bool np_m_is_empty(const struct np_selector *sel);

/* model_track.c: what an event does. */
void np_m_namespace(struct np_model *m, enum np_model_verb verb, const struct np_namespace *ns);
void np_m_node(struct np_model *m, enum np_model_verb verb, const struct np_node *node);
void np_m_pod(struct np_model *m, enum np_model_verb verb, const struct np_pod *pod);
void np_m_service(struct np_model *m, enum np_model_verb verb, const struct np_service *service);

/* model_sets.c */
/* Filled from the pods that are there. */
uint32_t np_m_set_new(struct np_model *m, const struct np_peer *peer, uint32_t policy,
		      enum np_dir dir);
void np_m_pod_join(struct np_model *m, uint32_t pod);
void np_m_pod_leave(struct np_model *m, uint32_t pod);
bool np_m_set_has(struct np_model *m, const struct m_set *set, uint32_t addr);
bool np_m_set_empty(const struct m_set *set);
void np_m_set_drop_addr(struct np_model *m, uint32_t addr);

/* model_attach.c */
void np_m_attach(struct np_model *m, uint32_t policy, uint32_t pod);
void np_m_detach(struct np_model *m, uint32_t policy, uint32_t pod, bool deleted);
void np_m_detach_all(struct np_model *m, uint32_t pod);
bool np_m_selects(struct np_model *m, const struct m_policy *p, const struct m_pod *pod);

/* model_policy.c */
void np_m_policy(struct np_model *m, enum np_model_verb verb, const struct np_policy *policy);

/* model_names.c: whether @p is enforced at all, by what it is called and what it holds. */
bool np_m_policy_usable(struct np_model *m, const struct np_policy *p);
bool np_m_pod_usable(struct np_model *m, uint32_t pod);
void np_m_names_collide(struct np_model *m, uint32_t policy);
/* The pod whose policies @pod gets: itself. */
uint32_t np_m_pod_twin(struct np_model *m, uint32_t pod);
size_t np_m_entries(const struct np_policy *p);

/* model_fail.c: what a policy's content makes of the controller, before and after it is compiled.
 */
void np_m_trouble_before(struct np_model *m, const struct np_policy *p);
void np_m_trouble_after(struct np_model *m, const struct np_policy *p);
/* Whether others, or what it selects just now, put a policy out of force. */
bool np_m_out_of_force(struct np_model *m, uint32_t policy);
bool np_m_has_port_kind(const struct np_policy *p, enum np_port_kind kind);

/* model_block.c, model_port.c, model_rule.c, model_side.c */
bool np_m_in_cidr(struct np_model *m, const struct np_cidr *c, const struct np_addr *addr);
bool np_m_block_matches(const struct m_look *l, const struct m_peer *peer);
bool np_m_in_some_except(struct np_model *m, const struct np_ipblock *b,
			 const struct np_addr *addr);
bool np_m_ports_match(const struct m_look *l);
bool np_m_rule_allows(struct m_look *l);
bool np_m_policy_allows(struct m_look *l);
bool np_m_peers_match(const struct m_look *l);

enum m_result { M_NONE, M_OPEN, M_ALLOW, M_DENY };
enum m_result np_m_side(struct m_look *l);
bool np_m_isolates(struct np_model *m, uint32_t policy, enum np_dir dir);

#endif
