/* scene.h - a case in the making: its world, its policies, its steps. */
#ifndef NP_GEN_SCENE_H
#define NP_GEN_SCENE_H

#include <jansson.h>

#include "np/base/rng.h"
#include "np/gen/scenario.h"
#include "np/model/world.h"
#include "features.h"

enum { SCENE_MAX_POLICIES = 64, SCENE_MAX_STEPS = 200 };

/* A policy, and in which of the equal ways it is written. */
struct scene_policy {
	struct np_policy p;
	bool defaulted;	  /* without policyTypes */
	bool empty_peers; /* from: [] instead of no from */
	bool empty_ports;
	bool bare_ports;     /* {} instead of {protocol: TCP} */
	bool bare_protocols; /* TCP is not written */
};

struct scene {
	struct np_rng rng;
	const uint8_t *row;
	unsigned strength;	/* of the array; 0: drawn */
	uint64_t seed;
	struct np_case *c;
	struct np_arena *arena; /* of the case */
	struct np_world w;	/* as it is when the policies come */
	size_t n_lasting; /* pods of it, the first ones, that are there from beginning to end */
	struct scene_policy policies[SCENE_MAX_POLICIES]; /* all that the case ever has */
	size_t n_policies;
	struct np_step steps[SCENE_MAX_STEPS];
	size_t n_steps;
	/* Ports of the pods that steps make. */
	struct np_container_port made[SCENE_MAX_STEPS];
	size_t n_made;
	bool pinned, host_pods, externals; /* what it turned out to need */
};

static inline size_t scene_below(struct scene *s, size_t n)
{
	return (size_t)np_rng_below(&s->rng, n);
}

/* ---- scenario_world.c ---- */

struct scene_port {
	enum np_proto proto;
	uint16_t port;
};

/* What every pod of every generated world listens on. */
extern const struct scene_port scene_listens[];
size_t scene_n_listens(void);

/* Namespaces and pods; the node of a pod is "a" or "b", where it is to be placed. */
void scene_world(unsigned kind, uint64_t seed, struct np_world *ret);
struct np_str scene_world_name(unsigned kind, uint64_t seed, struct np_arena *arena);
/* The manifest of @pod, with @pins ("v4,v6", NULL: none) as its addresses. New reference. */
json_t *scene_pod_json(const struct np_pod *pod, const char *pins);
json_t *scene_namespace_json(const struct np_namespace *ns);
struct np_str scene_text(struct np_arena *arena, json_t *json_take);

/* ---- scenario_select.c ---- */

/*
 * One of enum SEL_* over the pods of namespace @ns, of all when it is empty: where it can it holds for
 * some of them and not for all.
 */
void scene_pod_selector(struct scene *s, unsigned form, struct np_str ns, struct np_selector *ret);
/* One of enum NSSEL_*. */
void scene_ns_selector(struct scene *s, unsigned form, struct np_selector *ret);
/* A pod of @ns (any when empty) that @sel selects and that is there from the beginning, or NULL. */
const struct np_pod *scene_selected(struct scene *s, const struct np_selector *sel,
				    struct np_str ns);

/* ---- scenario_policy.c ---- */

/* The namespaces: that of the subjects, another one. */
struct np_str scene_ns(const struct scene *s);
struct np_str scene_other_ns(const struct scene *s);
/* The policy that the row describes, made anew at every call. */
struct scene_policy *scene_main_policy(struct scene *s);
/* The row's other policies behind it: beside, far end, crowd. */
void scene_other_policies(struct scene *s, const struct scene_policy *main);
struct scene_policy *scene_add_policy(struct scene *s, struct np_str ns, struct np_str name);
json_t *scene_policy_json(const struct scene_policy *p);

/* ---- scenario_block.c, scenario_port.c ---- */

/* One or two blocks as the row says; @sel: of the pods that an except may be about. */
void scene_blocks(struct scene *s, const struct np_selector *sel, struct np_ipblock *ret, size_t n);
/* A block around one address that is there, of the row's family. */
void scene_plain_block(struct scene *s, struct np_ipblock *ret);
void scene_ports(struct scene *s, unsigned level, struct np_rule *r);
void scene_ports2(struct scene *s, unsigned level, struct np_rule *r);

/* ---- place.c ---- */

/* Fills in the case's ports: one in every region that its policies cut. */
void scene_place_ports(struct scene *s);

/* ---- seq.c ---- */

/* The steps of the row's sequence. */
void scene_sequence(struct scene *s);

#endif
