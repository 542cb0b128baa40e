/* scenario_world.c - the worlds of generated cases. */
#include <stdio.h>
#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/gen/manifests.h"
#include "scene.h"

#define FIRST_PORT_NAMES "web"

/* Numbers that policies name, with their neighbours on both sides. */
const struct scene_port scene_listens[] = {
	{ NP_TCP, 79 },	   { NP_TCP, 80 },   { NP_TCP, 81 },   { NP_TCP, 82 },
	{ NP_TCP, 83 },	   { NP_TCP, 8079 }, { NP_TCP, 8080 }, { NP_TCP, 8081 },
	{ NP_TCP, 65535 }, { NP_UDP, 79 },   { NP_UDP, 80 },   { NP_UDP, 81 },
	{ NP_UDP, 82 },	   { NP_UDP, 8080 }, { NP_SCTP, 80 },  { NP_SCTP, 81 },
};

size_t scene_n_listens(void)
{
	return NP_ARRAY_SIZE(scene_listens);
}

/* Names of namespaces, and of the pods in the n-th of them. */
struct names {
	const char *word;
	const char *namespaces[12];
	const char *pods[4];
	uint8_t n_pods[3]; /* in the first, the second, each other one */
};

#define LONG40 "a-name-that-many-others-begin-with-too"
#define LONG60 "a-pod-that-has-one-of-the-longest-names-there-are-and-a-bit"

static const struct names kinds[N_WORLDS] = {
	[WORLD_PLAIN] = { "plain", { "x", "y", "z" }, { "a", "b", "c", "d" }, { 4, 2, 1 } },
	/* a + b-c, a-b + c, ab + c: equal when put together, with and without a dash. */
	[WORLD_JOINED] = { "joined", { "a", "a-b", "ab" }, { "b-c", "c", "bc", "b" }, { 4, 2, 1 } },
	[WORLD_LONG] = { "long",
			 { LONG40 "-1", LONG40 "-2", LONG40 },
			 { LONG60 "-1", LONG60 "-2", LONG60, "a" },
			 { 3, 2, 1 } },
	[WORLD_ODD] = { "odd",
			{ "0", "1-a", "default-deny" },
			{ "1", "a.b", "0-x", "host" },
			{ 4, 2, 1 } },
	[WORLD_MANY] = { "many",
			 { "n01", "n02", "n03", "n04", "n05", "n06", "n07", "n08", "n09", "n10" },
			 { "a", "b", "c" },
			 { 2, 1, 1 } },
};

struct pair {
	const char *key, *value;
};

/* The same key with several values, with none, with an empty one; keys that look like something. */
static const struct pair pod_sets[][5] = {
	{ { "app", "web" }, { "tier", "front" }, { "example.com/role", "api" } },
	{ { "app", "db" }, { "tier", "back" }, { "build", "00000" }, { "canary", "true" } },
	{ { "app", "web" }, { "tier", "back" }, { "canary", "" } },
	{ { NULL, NULL } },
	{ { "app", "cache" }, { "host", "true" }, { "world", "a" } },
	{ { "app", "db" }, { "tier", "frontend" }, { "example.com/role", "API" } },
	{ { "tier", "front" }, { "web", "0" }, { "build", "0" } },
};

static const struct pair ns_sets[][4] = {
	{ { "team", "red" }, { "env", "prod" } },
	{ { "team", "blue" }, { "env", "prod" }, { "stage", "" } },
	{ { NULL, NULL } },
	{ { "team", "red" }, { "env", "test" }, { "example.com/zone", "1" } },
	{ { "team", "green" }, { "app", "web" } },
};

static void set_labels(struct np_arena *arena, const struct pair *pairs, size_t max,
		       struct np_labels *ret)
{
	ret->items = np_arena_array(arena, max, sizeof(*ret->items));
	for (ret->n = 0; ret->n < max && pairs[ret->n].key; ret->n++)
		ret->items[ret->n] = (struct np_label){ np_str_from(pairs[ret->n].key),
							np_str_from(pairs[ret->n].value) };
	np_labels_sort(ret);
}

/* One name with several numbers, one number under several names, one name of two protocols. */
static void draw_ports(struct np_rng *rng, struct np_world *w, struct np_pod *pod)
{
	static const uint16_t numbers[] = { 80, 81, 8080 };
	static const char *const others[] = { "mix", "api", "side" };
	unsigned at = (unsigned)np_rng_below(rng, NP_ARRAY_SIZE(numbers));

	pod->ports = np_arena_array(&w->arena, 2, sizeof(*pod->ports));
	if (np_rng_below(rng, 6) == 0)
		return;
	pod->ports[pod->n_ports++] =
		(struct np_container_port){ .name = NP_STR(FIRST_PORT_NAMES),
					    .port = numbers[at],
					    .proto = np_rng_below(rng, 6) ? NP_TCP : NP_UDP };
	if (np_rng_below(rng, 3) == 0)
		return;
	pod->ports[pod->n_ports++] = (struct np_container_port){
		.name = np_str_from(others[np_rng_below(rng, NP_ARRAY_SIZE(others))]),
		.port = numbers[(at + 1 + np_rng_below(rng, 2)) % NP_ARRAY_SIZE(numbers)],
		.proto = np_rng_below(rng, 4) ? NP_TCP : NP_UDP,
		.ctr = (uint16_t)np_rng_below(rng, 2)
	};
}

static void add_pod(struct np_rng *rng, struct np_world *w, struct np_str ns, const char *name,
		    size_t set)
{
	struct np_pod *pod = np_world_add_pod(w);

	pod->ns = ns;
	pod->name = np_str_from(name);
	pod->node = w->n_pods % 2 ? NP_STR("a") : NP_STR("b");
	set_labels(&w->arena, pod_sets[set % NP_ARRAY_SIZE(pod_sets)], NP_ARRAY_SIZE(pod_sets[0]),
		   &pod->labels);
	draw_ports(rng, w, pod);
}

void scene_world(unsigned kind, uint64_t seed, struct np_world *ret)
{
	const struct names *names = &kinds[kind];
	struct np_rng rng;
	size_t labels;

	np_world_init(ret);
	np_rng_seed(&rng, seed * N_WORLDS + kind);
	labels = (size_t)np_rng_below(&rng, NP_ARRAY_SIZE(ns_sets));
	for (size_t i = 0; i < NP_ARRAY_SIZE(names->namespaces) && names->namespaces[i]; i++) {
		struct np_namespace *ns = np_world_add_namespace(ret);
		/* The first pod of the second namespace has the labels of the first one's. */
		size_t n = names->n_pods[i < 2 ? i : 2],
		       set = i == 1 ? 0 : i * 3 + np_rng_below(&rng, 3);
		struct np_str name = np_str_from(names->namespaces[i]);

		ns->name = name;
		set_labels(&ret->arena, ns_sets[(labels + i) % NP_ARRAY_SIZE(ns_sets)],
			   NP_ARRAY_SIZE(ns_sets[0]), &ns->labels);
		for (size_t k = 0; k < n; k++)
			add_pod(&rng, ret, name, names->pods[k], i ? set + k * 5 : k);
	}
}

struct np_str scene_world_name(unsigned kind, uint64_t seed, struct np_arena *arena)
{
	return np_arena_printf(arena, "gen-%s-%llu", kinds[kind].word, (unsigned long long)seed);
}

/* ---- manifests ---- */

struct np_str scene_text(struct np_arena *arena, json_t *json)
{
	struct np_buf b = { 0 };
	struct np_str text;

	np_json_dump(json, 0, &b);
	json_decref(json);
	text = np_arena_str(arena, (struct np_str){ np_buf_text(&b), b.len });
	np_buf_release(&b);
	return text;
}

static json_t *parse_own(struct np_buf *b)
{
	json_t *json = np_json_parse(np_buf_text(b), b->len, NULL);

	np_buf_release(b);
	if (!json)
		abort(); /* manifests.c wrote it */
	return json;
}

json_t *scene_pod_json(const struct np_pod *pod, const char *pins)
{
	struct np_pod plain = *pod;
	struct np_buf b = { 0 };
	json_t *json, *notes;

	plain.node = NP_STR_NONE;
	plain.n_ips = 0;
	np_gen_pod_json(&plain, &b);
	json = parse_own(&b);
	notes = np_json_pack("{s:o}", "netpolcheck/node", np_json_string(pod->node));
	if (pins)
		json_object_set_new(notes, "netpolcheck/pod-ips", json_string(pins));
	json_object_set_new(json_object_get(json, "metadata"), "annotations", notes);
	return json;
}

json_t *scene_namespace_json(const struct np_namespace *ns)
{
	struct np_buf b = { 0 };

	np_gen_namespace_json(ns, &b);
	return parse_own(&b);
}

static struct np_step *add_object(struct np_worldfile *w, const char *kind, struct np_str ns,
				  struct np_str name, json_t *json)
{
	struct np_step *step = &w->objects[w->n_objects++];

	*step = (struct np_step){ .kind = NP_STEP_APPLY,
				  .object_kind = np_arena_str(&w->arena, np_str_from(kind)),
				  .ns = ns.n ? np_arena_str(&w->arena, ns) : NP_STR_NONE,
				  .name = np_arena_str(&w->arena, name),
				  .body = scene_text(&w->arena, json) };
	return step;
}

void np_scenario_world(unsigned n, uint64_t seed, struct np_worldfile *ret)
{
	struct np_world w;

	scene_world(n, seed, &w);
	*ret = (struct np_worldfile){ .n_ports = NP_ARRAY_SIZE(scene_listens) };
	ret->name = scene_world_name(n, seed, &ret->arena);
	ret->ports = np_arena_array(&ret->arena, ret->n_ports, sizeof(*ret->ports));
	for (size_t i = 0; i < ret->n_ports; i++)
		ret->ports[i] = (struct np_expect_port){ .proto = scene_listens[i].proto,
							 .first = scene_listens[i].port,
							 .last = scene_listens[i].port };
	ret->objects =
		np_arena_array(&ret->arena, w.n_namespaces + w.n_pods, sizeof(*ret->objects));
	for (size_t i = 0; i < w.n_namespaces; i++)
		add_object(ret, "Namespace", NP_STR_NONE, w.namespaces[i].name,
			   scene_namespace_json(&w.namespaces[i]));
	for (size_t i = 0; i < w.n_pods; i++)
		add_object(ret, "Pod", w.pods[i].ns, w.pods[i].name,
			   scene_pod_json(&w.pods[i], NULL));
	np_world_release(&w);
}
