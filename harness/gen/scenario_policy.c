/* scenario_policy.c - the policies of a row. */
#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/gen/manifests.h"
#include "scene.h"

enum { CROWD = 30, MANY_PEERS = 26 };

struct np_str scene_ns(const struct scene *s)
{
	return s->w.namespaces[0].name;
}

struct np_str scene_other_ns(const struct scene *s)
{
	return s->w.namespaces[1].name;
}

struct scene_policy *scene_add_policy(struct scene *s, struct np_str ns, struct np_str name)
{
	struct scene_policy *p;

	if (s->n_policies == SCENE_MAX_POLICIES)
		abort(); /* the sequences know how many they make */
	p = &s->policies[s->n_policies++];
	*p = (struct scene_policy){ .p = { .ns = ns, .name = name },
				    .bare_protocols = scene_below(s, 2) };
	return p;
}

/* ---- peers ---- */

static struct np_peer *add_peer(struct scene *s, struct np_rule *r)
{
	if (!r->peers)
		r->peers = np_arena_array(s->arena, MANY_PEERS + 2, sizeof(*r->peers));
	return &r->peers[r->n_peers++];
}

static const struct np_selector *pod_part(struct scene *s, bool own_ns)
{
	struct np_selector *sel = np_arena_alloc(s->arena, sizeof(*sel));
	unsigned form = s->row[F_PODSEL];

	scene_pod_selector(s, form >= PODSEL_FIRST ? form - PODSEL_FIRST : SEL_LABEL,
			   own_ns ? scene_ns(s) : NP_STR_NONE, sel);
	return sel;
}

static const struct np_selector *ns_part(struct scene *s)
{
	struct np_selector *sel = np_arena_alloc(s->arena, sizeof(*sel));
	unsigned form = s->row[F_NSSEL];

	scene_ns_selector(s, form == NSSEL_UNUSED ? NSSEL_LABEL : form, sel);
	return sel;
}

static const struct np_selector *label_part(struct scene *s)
{
	struct np_selector *sel = np_arena_alloc(s->arena, sizeof(*sel));

	scene_pod_selector(s, SEL_LABEL, scene_ns(s), sel);
	return sel;
}

static void add_blocks(struct scene *s, struct np_rule *r, const struct np_selector *sel, size_t n)
{
	struct np_ipblock *blocks = np_arena_array(s->arena, 2, sizeof(*blocks));

	scene_blocks(s, sel, blocks, n);
	for (size_t i = 0; i < n; i++)
		add_peer(s, r)->ip_block = &blocks[i];
}

/* Peers that nobody is, then one that somebody is: whoever stops counting never comes to it. */
static void add_many(struct scene *s, struct np_rule *r)
{
	for (size_t i = 0; i + 1 < MANY_PEERS; i++) {
		struct np_selector *sel = np_arena_alloc(s->arena, sizeof(*sel));
		struct np_label *l = np_arena_alloc(s->arena, sizeof(*l));

		*l = (struct np_label){ NP_STR("app"), np_arena_printf(s->arena, "nobody-%zu", i) };
		sel->match_labels = (struct np_labels){ l, 1 };
		add_peer(s, r)->pod_selector = sel;
	}
	add_peer(s, r)->pod_selector = label_part(s);
}

static void add_combined(struct scene *s, struct np_rule *r)
{
	struct np_peer *p = add_peer(s, r);

	p->ns_selector = ns_part(s);
	p->pod_selector = pod_part(s, false);
}

static void add_peers(struct scene *s, const struct np_policy *of, struct np_rule *r)
{
	const struct np_selector *sel;

	switch (s->row[F_PEERS]) {
	case PEERS_POD:
		add_peer(s, r)->pod_selector = pod_part(s, true);
		break;
	case PEERS_NS:
		add_peer(s, r)->ns_selector = ns_part(s);
		break;
	case PEERS_BOTH:
		add_combined(s, r);
		break;
	case PEERS_BLOCK:
		add_blocks(s, r, NULL, 1);
		break;
	case PEERS_POD_NS:
		add_peer(s, r)->pod_selector = pod_part(s, true);
		add_peer(s, r)->ns_selector = ns_part(s);
		break;
	case PEERS_BLOCK_POD:
		sel = pod_part(s, true);
		add_blocks(s, r, sel, 1);
		add_peer(s, r)->pod_selector = sel;
		break;
	case PEERS_BLOCKS:
		add_blocks(s, r, NULL, 2);
		break;
	case PEERS_BOTH_POD:
		add_combined(s, r);
		add_peer(s, r)->pod_selector = label_part(s);
		break;
	case PEERS_SUBJECT:
		add_peer(s, r)->pod_selector = &of->pod_selector;
		break;
	case PEERS_MANY:
		add_many(s, r);
		break;
	default:
		break;
	}
}

/* ---- rules ---- */

/* The peers of the second rule: others than those of the first. */
static void add_other_peer(struct scene *s, struct np_rule *r)
{
	struct np_ipblock *block;

	switch (scene_below(s, 3)) {
	case 0:
		block = np_arena_alloc(s->arena, sizeof(*block));
		scene_plain_block(s, block);
		add_peer(s, r)->ip_block = block;
		break;
	case 1:
		add_peer(s, r)->pod_selector = label_part(s);
		break;
	default: {
		struct np_selector *sel = np_arena_alloc(s->arena, sizeof(*sel));

		scene_ns_selector(s, NSSEL_LABEL, sel);
		add_peer(s, r)->ns_selector = sel;
		break;
	}
	}
}

static void add_rules(struct scene *s, struct np_policy *p, enum np_dir dir)
{
	struct np_rule *rules = np_arena_array(s->arena, 2, sizeof(*rules));

	p->rules[dir] = rules;
	switch (s->row[F_RULES]) {
	case RULES_NONE:
		return;
	case RULES_EMPTY_TOO:
		p->n_rules[dir] = 2;
		add_peer(s, &rules[scene_below(s, 2)])->pod_selector = label_part(s);
		return;
	default:
		break;
	}
	p->n_rules[dir] = s->row[F_RULES] == RULES_ONE ? 1 : 2;
	add_peers(s, p, &rules[0]);
	scene_ports(s, s->row[F_PORTS], &rules[0]);
	if (p->n_rules[dir] == 1)
		return;
	if (s->row[F_RULES] == RULES_CROSS) {
		add_other_peer(s, &rules[1]);
	} else {
		rules[1].peers = rules[0].peers;
		rules[1].n_peers = rules[0].n_peers;
	}
	scene_ports2(s, s->row[F_PORTS2], &rules[1]);
}

static struct np_str main_name(struct scene *s)
{
	switch (s->row[F_NAME]) {
	case NAME_LONG:
		return NP_STR("a-policy-with-a-name-that-is-longer-than-a-label-may-be.and-goes-on."
			      "to-show.that-"
			      "names-of-policies-are-dns-subdomains-and-have-dots.1");
	case NAME_DOTS:
		return NP_STR("1.0-a.b");
	case NAME_JOINED:
		/* In "a": a + b-c; "a-b" has c. */
		return np_arena_printf(s->arena, "b-" NP_STR_FMT, NP_STR_ARG(scene_other_ns(s)));
	default:
		return NP_STR("main");
	}
}

static void set_types(struct scene *s, struct scene_policy *p)
{
	bool in = s->row[F_DIR] != DIR_EGRESS, out = s->row[F_DIR] != DIR_INGRESS;

	p->p.types[NP_INGRESS] = in || s->row[F_TYPES] == TYPES_MORE;
	p->p.types[NP_EGRESS] = out || s->row[F_TYPES] == TYPES_MORE;
	if (s->row[F_TYPES] == TYPES_DEFAULTED) {
		p->defaulted = true;
		p->p.types[NP_EGRESS] = p->p.n_rules[NP_EGRESS] > 0;
	}
}

struct scene_policy *scene_main_policy(struct scene *s)
{
	struct scene_policy *p = scene_add_policy(s, scene_ns(s), main_name(s));

	scene_pod_selector(s, s->row[F_SUBJECT], scene_ns(s), &p->p.pod_selector);
	for (int d = 0; d < NP_N_DIRS; d++)
		if (s->row[F_TYPES] == TYPES_FEWER || s->row[F_DIR] == DIR_BOTH ||
		    (s->row[F_DIR] == DIR_EGRESS) == (d == NP_EGRESS))
			add_rules(s, &p->p, (enum np_dir)d);
	set_types(s, p);
	p->empty_peers = s->row[F_PEERS] == PEERS_EMPTY;
	p->empty_ports = s->row[F_PORTS] == PORTS_EMPTY;
	p->bare_ports = s->row[F_PORTS] == PORTS_BARE;
	return p;
}

/* ---- the others ---- */

static enum np_dir main_dir(const struct scene *s)
{
	return s->row[F_DIR] == DIR_EGRESS ? NP_EGRESS : NP_INGRESS;
}

static struct np_rule *one_rule(struct scene *s, struct np_policy *p, enum np_dir dir)
{
	p->types[dir] = true;
	p->n_rules[dir] = 1;
	p->rules[dir] = np_arena_array(s->arena, 1, sizeof(struct np_rule));
	return p->rules[dir];
}

/* One that some implementations cannot make anything of; it says nothing about the main one's
 * rules. */
static void odd_policy(struct scene *s)
{
	struct scene_policy *p = scene_add_policy(s, scene_ns(s), NP_STR("0-odd.one"));
	struct np_rule *r = one_rule(s, &p->p, NP_INGRESS);

	scene_pod_selector(s, SEL_LABEL, scene_ns(s), &p->p.pod_selector);
	add_other_peer(s, r);
	if (scene_below(s, 2))
		scene_ports(s, PORTS_NOWHERE, r);
	else
		scene_ports(s, PORTS_SCTP, r);
}

static void policy_beside(struct scene *s, const struct scene_policy *main)
{
	enum np_dir dir = main_dir(s), other = dir == NP_INGRESS ? NP_EGRESS : NP_INGRESS;
	struct scene_policy *p;

	if (s->row[F_SECOND] == SECOND_NONE)
		return;
	if (s->row[F_SECOND] == SECOND_ODD) {
		odd_policy(s);
		return;
	}
	p = scene_add_policy(s,
			     s->row[F_SECOND] == SECOND_NAMESAKE ? scene_other_ns(s) : scene_ns(s),
			     s->row[F_SECOND] == SECOND_NAMESAKE ? main->p.name : NP_STR("beside"));
	switch (s->row[F_SECOND]) {
	case SECOND_SUBJECT:
		p->p.pod_selector = main->p.pod_selector;
		add_other_peer(s, one_rule(s, &p->p, dir));
		scene_ports2(s, s->row[F_PORTS2] ? s->row[F_PORTS2] : PORTS2_NUMBER,
			     p->p.rules[dir]);
		break;
	case SECOND_OTHER_DIR:
		p->p.pod_selector = main->p.pod_selector;
		p->p.types[other] = true;
		break;
	case SECOND_DENY:
		p->p.types[NP_INGRESS] = p->p.types[NP_EGRESS] = true;
		break;
	case SECOND_ALLOW:
		/* For some of the subjects only: the others still have the main one's rules. */
		scene_pod_selector(s, SEL_LABELS, scene_ns(s), &p->p.pod_selector);
		one_rule(s, &p->p, dir);
		break;
	default:
		p->p.types[dir] = true;
		break;
	}
}

/* The other end of the main one's connections, for part of the pods there. */
static void far_policy(struct scene *s)
{
	enum np_dir dir = main_dir(s) == NP_INGRESS ? NP_EGRESS : NP_INGRESS;
	struct scene_policy *p;

	if (s->row[F_FAR] == FAR_NONE)
		return;
	p = scene_add_policy(s, scene_below(s, 2) ? scene_ns(s) : scene_other_ns(s), NP_STR("far"));
	scene_pod_selector(s, SEL_LABEL, p->p.ns, &p->p.pod_selector);
	p->p.types[dir] = true;
	if (s->row[F_FAR] == FAR_ACCEPTS) {
		struct np_selector *sel = np_arena_alloc(s->arena, sizeof(*sel));

		add_peer(s, one_rule(s, &p->p, dir))->ns_selector = sel;
		if (scene_below(s, 2))
			scene_ports(s, PORTS_NUMBER, p->p.rules[dir]);
	}
}

/* Many that are of nobody or of the third namespace: the main one is one of many. */
static void crowd(struct scene *s)
{
	struct np_str ns = s->w.namespaces[2].name;

	for (size_t i = 0; s->row[F_CROWD] == CROWD_MANY && i < CROWD; i++) {
		struct scene_policy *p =
			scene_add_policy(s, ns, np_arena_printf(s->arena, "crowd-%zu", i));
		struct np_rule *r = one_rule(s, &p->p, NP_INGRESS);

		scene_pod_selector(s, i % 3 ? SEL_NOTHING : SEL_EMPTY, NP_STR_NONE,
				   &p->p.pod_selector);
		add_other_peer(s, r);
		scene_ports(s, PORTS_NUMBER, r);
	}
}

void scene_other_policies(struct scene *s, const struct scene_policy *main)
{
	policy_beside(s, main);
	far_policy(s);
	crowd(s);
}

/* ---- text ---- */

static void write_rule(const struct scene_policy *p, const struct np_rule *r, const char *peers,
		       json_t *rule)
{
	json_t *port;
	size_t i;

	if (p->empty_peers && !r->n_peers)
		json_object_set_new(rule, peers, json_array());
	if (p->empty_ports && !r->n_ports)
		json_object_set_new(rule, "ports", json_array());
	json_array_foreach(json_object_get(rule, "ports"), i, port)
		if (r->ports[i].proto == NP_TCP &&
		    (p->bare_protocols || (p->bare_ports && r->ports[i].kind == NP_PORT_ANY)))
			json_object_del(port, "protocol");
}

json_t *scene_policy_json(const struct scene_policy *p)
{
	static const char *const lists[][2] = {
		[NP_INGRESS] = { "ingress", "from" }, [NP_EGRESS] = { "egress", "to" }
	};
	struct np_buf b = { 0 };
	json_t *json, *spec;

	np_gen_policy_json(&p->p, &b);
	json = np_json_parse(np_buf_text(&b), b.len, NULL);
	np_buf_release(&b);
	if (!json)
		abort(); /* manifests.c wrote it */
	spec = json_object_get(json, "spec");
	if (p->defaulted)
		json_object_del(spec, "policyTypes");
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t i = 0; i < p->p.n_rules[d]; i++)
			write_rule(p, &p->p.rules[d][i], lists[d][1],
				   json_array_get(json_object_get(spec, lists[d][0]), i));
	return json;
}
