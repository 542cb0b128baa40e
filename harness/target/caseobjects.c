/* caseobjects.c - a case without a cluster. */
#include "np/target/caseobjects.h"

#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/parse/manifests.h"

#define ANNOTATION_NODE "netpolcheck/node"
#define ANNOTATION_IPS "netpolcheck/pod-ips"
#define ANNOTATION_PHASE "netpolcheck/force-phase"
#define ANNOTATION_ENDS_LATE "netpolcheck/ends-late"
#define N_NODES 2

static const struct {
	const char *name, *node, *ip4, *ip6;
} hosts[N_NODES] = {
	{ "node/a", "node-a", "198.18.0.11", "2001:db8::c612:b" },
	{ "node/b", "node-b", "198.18.0.12", "2001:db8::c612:c" },
};

static const struct {
	const char *name, *ip4, *ip6;
} externals[] = {
	{ "ext/a", "203.0.113.10", "2001:db8::cb00:710a" },
	{ "ext/b", "203.0.113.11", "2001:db8::cb00:710b" },
	{ "ext/c", "203.0.113.70", "2001:db8::cb00:7146" },
	{ "ext/d", "198.51.100.9", "2001:db8::c633:6409" },
};

struct object {
	char *kind, *ns, *name;
	json_t *json;
};

struct np_objects {
	struct object *items;
	size_t n, cap;
	int family;
	unsigned pods_made[N_NODES], services_made, pods_placed;
};

static char *dup_str(struct np_str s)
{
	return np_xstrndup(s.p ? s.p : "", s.n);
}

static void object_release(struct object *o)
{
	free(o->kind);
	free(o->ns);
	free(o->name);
	json_decref(o->json);
}

static struct object *find(const struct np_objects *o, struct np_str kind, struct np_str ns,
			   struct np_str name)
{
	for (size_t i = 0; i < o->n; i++)
		if (np_str_is(kind, o->items[i].kind) && np_str_is(ns, o->items[i].ns) &&
		    np_str_is(name, o->items[i].name))
			return &o->items[i];
	return NULL;
}

/* Takes @json. */
static void put(struct np_objects *o, struct np_str kind, struct np_str ns, struct np_str name,
		json_t *json)
{
	struct object *old = find(o, kind, ns, name);

	if (old) {
		json_decref(old->json);
		old->json = json;
		return;
	}
	o->items = np_grow(o->items, &o->cap, o->n, sizeof(*o->items));
	o->items[o->n++] = (struct object){ dup_str(kind), dup_str(ns), dup_str(name), json };
}

static void drop(struct np_objects *o, size_t i)
{
	object_release(&o->items[i]);
	memmove(&o->items[i], &o->items[i + 1], (o->n - i - 1) * sizeof(*o->items));
	o->n--;
}

static json_t *ips_json(const char *key, const char *ip4, const char *ip6)
{
	return np_json_pack("[{s:s}, {s:s}]", key, ip4, key, ip6);
}

static void add_node(struct np_objects *o, size_t i)
{
	json_t *node =
		np_json_pack("{s:s, s:s, s:{s:s, s:{s:s}}, s:{s:[{s:s, s:s}, {s:s, s:s}]}}",
			     "apiVersion", "v1", "kind", "Node", "metadata", "name", hosts[i].node,
			     "labels", "kubernetes.io/hostname", hosts[i].node, "status",
			     "addresses", "type", "InternalIP", "address", hosts[i].ip4, "type",
			     "InternalIP", "address", hosts[i].ip6);
	json_t *pod = np_json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:{s:s}}, s:{s:s, s:b, s:[{s:s}]}, s:{s:s, s:s, s:o}}",
		"apiVersion", "v1", "kind", "Pod", "metadata", "name", hosts[i].node, "namespace",
		NP_OBJECTS_HOST_NS, "labels", "app", "host", "spec", "nodeName", hosts[i].node,
		"hostNetwork", 1, "containers", "name", "agent", "status", "phase", "Running",
		"podIP", hosts[i].ip4, "podIPs", ips_json("ip", hosts[i].ip4, hosts[i].ip6));

	put(o, NP_STR("Node"), NP_STR(""), np_str_from(hosts[i].node), node);
	put(o, NP_STR("Pod"), NP_STR(NP_OBJECTS_HOST_NS), np_str_from(hosts[i].node), pod);
}

static void add_dns(struct np_objects *o)
{
	json_t *pod = np_json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:{s:s}}, s:{s:s, s:[{s:s, s:[{s:s, s:i, s:s}, {s:s, s:i, "
		"s:s}]}]},"
		" s:{s:s, s:s, s:o}}",
		"apiVersion", "v1", "kind", "Pod", "metadata", "name", NP_OBJECTS_DNS_POD,
		"namespace", NP_OBJECTS_DNS_NS, "labels", "k8s-app", "kube-dns", "spec", "nodeName",
		hosts[0].node, "containers", "name", "coredns", "ports", "name", "dns",
		"containerPort", 53, "protocol", "UDP", "name", "dns-tcp", "containerPort", 53,
		"protocol", "TCP", "status", "phase", "Running", "podIP", "10.244.1.254", "podIPs",
		ips_json("ip", "10.244.1.254", "fd00:10:244:1::fe"));
	json_t *service = np_json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:{s:s}, s:s, s:[s, s], "
				       "s:[{s:s, s:i, s:s}, {s:s, s:i, s:s}]}}",
				       "apiVersion", "v1", "kind", "Service", "metadata", "name",
				       NP_OBJECTS_DNS_SERVICE, "namespace", NP_OBJECTS_DNS_NS,
				       "spec", "selector", "k8s-app", "kube-dns", "clusterIP",
				       "10.96.0.254", "clusterIPs", "10.96.0.254", "fd00:10:96::fe",
				       "ports", "name", "dns", "port", 53, "protocol", "UDP",
				       "name", "dns-tcp", "port", 53, "protocol", "TCP");

	put(o, NP_STR("Pod"), NP_STR(NP_OBJECTS_DNS_NS), NP_STR(NP_OBJECTS_DNS_POD), pod);
	put(o, NP_STR("Service"), NP_STR(NP_OBJECTS_DNS_NS), NP_STR(NP_OBJECTS_DNS_SERVICE),
	    service);
}

struct np_objects *np_objects_new(int family)
{
	struct np_objects *o = np_xcalloc(1, sizeof(*o));

	o->family = family;
	for (size_t i = 0; i < N_NODES; i++)
		add_node(o, i);
	add_dns(o);
	return o;
}

void np_objects_free(struct np_objects *o)
{
	if (!o)
		return;
	while (o->n)
		drop(o, o->n - 1);
	free(o->items);
	free(o);
}

static size_t parse_ips(const char *ip4, const char *ip6, struct np_addr *ret)
{
	return (size_t)(np_addr_parse(np_str_from(ip4), &ret[0]) &&
			np_addr_parse(np_str_from(ip6), &ret[1])) *
	       2;
}

static size_t pod_ips(const json_t *pod, struct np_addr *ret)
{
	size_t i, n = 0;
	json_t *item;

	json_array_foreach(np_json_at(pod, "status/podIPs"), i, item)
		if (n < NP_WORLD_MAX_IPS &&
		    np_addr_parse(np_str_from(np_json_str(item, "ip", "")), &ret[n]))
			n++;
	return n;
}

size_t np_objects_lookup(const void *ctx, struct np_str name, struct np_addr *ret)
{
	const struct np_objects *o = ctx;
	const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;
	const struct object *pod;
	struct np_str ns;

	for (size_t i = 0; i < NP_ARRAY_SIZE(externals); i++)
		if (np_str_is(name, externals[i].name))
			return parse_ips(externals[i].ip4, externals[i].ip6, ret);
	for (size_t i = 0; i < N_NODES; i++)
		if (np_str_is(name, hosts[i].name))
			return parse_ips(hosts[i].ip4, hosts[i].ip6, ret);
	if (np_str_is(name, "dns"))
		name = NP_STR(NP_OBJECTS_DNS_NS "/" NP_OBJECTS_DNS_POD);
	else if (!slash)
		return 0;
	slash = memchr(name.p, '/', name.n);
	ns = (struct np_str){ name.p, (size_t)(slash - name.p) };
	pod = find(o, NP_STR("Pod"), ns, (struct np_str){ slash + 1, name.n - ns.n - 1 });
	return pod ? pod_ips(pod->json, ret) : 0;
}

static json_t *ensure(json_t *parent, const char *key)
{
	if (!json_is_object(json_object_get(parent, key)))
		json_object_set_new(parent, key, json_object());
	return json_object_get(parent, key);
}

/* A pod's place: what its annotation says, else the nodes in turn. */
static size_t choose_node(struct np_objects *o, const json_t *pod)
{
	const json_t *notes = np_json_at(pod, "metadata/annotations");
	const char *wish = json_string_value(json_object_get(notes, ANNOTATION_NODE));

	if (wish)
		return strcmp(wish, "b") == 0;
	return o->pods_placed++ % N_NODES;
}

static const char *annotation(const json_t *pod, const char *key)
{
	return json_string_value(json_object_get(np_json_at(pod, "metadata/annotations"), key));
}

/* The addresses that the manifest asks for, "v4,v6" or one of them, instead of @ip4 and @ip6. */
static void pin_ips(const json_t *pod, char *ip4, char *ip6, size_t size)
{
	const char *p = annotation(pod, ANNOTATION_IPS);

	while (p && *p) {
		size_t n;

		p += *p == ' ';
		n = strcspn(p, ",");
		snprintf(memchr(p, ':', n) ? ip6 : ip4, size, "%.*s", (int)n, p);
		p += n + (p[n] == ',');
	}
}

/* What scheduling and starting fill in; what the manifest says already stays. */
static void start_pod(struct np_objects *o, json_t *pod)
{
	json_t *spec = ensure(pod, "spec"), *status = ensure(pod, "status");
	size_t node = choose_node(o, pod);
	bool host = np_json_bool(pod, "spec/hostNetwork", 0);
	char ip4[64], ip6[64];

	if (!json_object_get(spec, "nodeName"))
		json_object_set_new(spec, "nodeName", json_string(hosts[node].node));
	if (!json_object_get(status, "phase"))
		json_object_set_new(status, "phase", json_string("Running"));
	if (json_object_get(status, "podIPs"))
		return;
	o->pods_made[node]++;
	snprintf(ip4, sizeof(ip4), "10.244.%zu.%u", node + 1, o->pods_made[node]);
	snprintf(ip6, sizeof(ip6), "fd00:10:244:%zu::%x", node + 1, o->pods_made[node]);
	pin_ips(pod, ip4, ip6, sizeof(ip4));
	json_object_set_new(status, "podIP", json_string(host ? hosts[node].ip4 : ip4));
	json_object_set_new(
		status, "podIPs",
		ips_json("ip", host ? hosts[node].ip4 : ip4, host ? hosts[node].ip6 : ip6));
}

static void give_clusterip(struct np_objects *o, json_t *service, const json_t *old)
{
	json_t *spec = ensure(service, "spec"), *kept = np_json_at(old, "spec/clusterIPs");
	const char *asked = np_json_str(spec, "clusterIP", NULL);
	char ip4[64], ip6[64];

	if (asked || json_object_get(spec, "clusterIPs"))
		return;
	if (kept) {
		json_object_set(spec, "clusterIPs", kept);
		json_object_set(spec, "clusterIP", json_array_get(kept, 0));
		return;
	}
	o->services_made++;
	snprintf(ip4, sizeof(ip4), "10.96.0.%u", o->services_made);
	snprintf(ip6, sizeof(ip6), "fd00:10:96::%x", o->services_made);
	json_object_set_new(spec, "clusterIP", json_string(ip4));
	json_object_set_new(spec, "clusterIPs", np_json_pack("[s, s]", ip4, ip6));
}

/* Semantics 1.3: an empty list of types is filled in, and stays as it then is. */
static void default_types(json_t *policy)
{
	json_t *spec = ensure(policy, "spec");

	if (json_array_size(json_object_get(spec, "policyTypes")))
		return;
	json_object_set_new(spec, "policyTypes", np_json_pack("[s]", "Ingress"));
	if (json_array_size(json_object_get(spec, "egress")))
		json_array_append_new(json_object_get(spec, "policyTypes"), json_string("Egress"));
}

/* What the server makes of an object that is created or replaced. Takes @json; what becomes of it
 * is returned. */
static json_t *admit(struct np_objects *o, const struct np_step *step, json_t *json)
{
	const struct object *old = find(o, step->object_kind, step->ns, step->name);
	json_t *relabelled;

	if (np_str_is(step->object_kind, "NetworkPolicy")) {
		default_types(json);
	} else if (np_str_is(step->object_kind, "Service")) {
		give_clusterip(o, json, old ? old->json : NULL);
	} else if (np_str_is(step->object_kind, "Pod") && !old) {
		start_pod(o, json);
	} else if (np_str_is(step->object_kind, "Pod")) {
		relabelled = json_deep_copy(old->json);
		json_object_del(ensure(relabelled, "metadata"), "labels");
		if (np_json_at(json, "metadata/labels"))
			json_object_set(ensure(relabelled, "metadata"), "labels",
					np_json_at(json, "metadata/labels"));
		json_decref(json);
		return relabelled;
	}
	return json;
}

/* RFC 7396. */
static void merge_patch(json_t *target, const json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)patch, key, value) {
		if (json_is_null(value)) {
			json_object_del(target, key);
		} else if (json_is_object(value)) {
			merge_patch(ensure(target, key), value);
		} else {
			json_object_set(target, key, value);
		}
	}
}

static json_t *body_of(const struct np_objects *o, const struct np_step *step, struct np_err *err)
{
	struct np_values values = { np_objects_lookup, o, o->family };
	struct np_buf text = { 0 };
	json_t *body = NULL;

	if (np_substitute(step->body, &values, &text, err) == 0)
		body = np_json_parse(np_buf_text(&text), text.len, err);
	np_buf_release(&text);
	if (body && !json_is_object(body)) {
		json_decref(body);
		np_err_set(err, NP_EVALID, "the step's object is no map");
		return NULL;
	}
	return body;
}

static int not_found(const struct np_step *step, struct np_err *err)
{
	return np_err_set(err, NP_ENOTFOUND, "no " NP_STR_FMT " '" NP_STR_FMT "%s" NP_STR_FMT "'",
			  NP_STR_ARG(step->object_kind), NP_STR_ARG(step->ns),
			  step->ns.n ? "/" : "", NP_STR_ARG(step->name));
}

static int do_apply(struct np_objects *o, const struct np_step *step, struct np_err *err)
{
	json_t *body = body_of(o, step, err);

	if (!body)
		return -1;
	put(o, step->object_kind, step->ns, step->name, admit(o, step, body));
	return 0;
}

static int do_delete(struct np_objects *o, const struct np_step *step, struct np_err *err)
{
	const struct object *object = find(o, step->object_kind, step->ns, step->name);

	if (!object)
		return not_found(step, err);
	drop(o, (size_t)(object - o->items));
	for (size_t i = o->n; i-- > 0 && np_str_is(step->object_kind, "Namespace");)
		if (np_str_is(step->name, o->items[i].ns))
			drop(o, i);
	return 0;
}

static int do_patch(struct np_objects *o, const struct np_step *step, struct np_err *err)
{
	struct object *object = find(o, step->object_kind, step->ns, step->name);
	json_t *patch, *json;

	if (!object)
		return not_found(step, err);
	patch = body_of(o, step, err);
	if (!patch)
		return -1;
	if (step->kind == NP_STEP_LABEL && !json_object_get(patch, "metadata"))
		patch = np_json_pack("{s:{s:o}}", "metadata", "labels", patch);
	json = json_deep_copy(object->json);
	merge_patch(json, patch);
	json_decref(patch);
	if (np_str_is(step->object_kind, "Pod") && annotation(json, ANNOTATION_PHASE))
		json_object_set_new(ensure(json, "status"), "phase",
				    json_string(annotation(json, ANNOTATION_PHASE)));
	if (np_str_is(step->object_kind, "NetworkPolicy"))
		default_types(json);
	json_decref(object->json);
	object->json = json;
	return 0;
}

static int do_recreate(struct np_objects *o, const struct np_step *step, struct np_err *err)
{
	struct object *object = find(o, step->object_kind, step->ns, step->name);
	json_t *body;

	if (!object && !step->body.n)
		return not_found(step, err);
	body = step->body.n ? body_of(o, step, err) : json_deep_copy(object->json);
	if (!body)
		return -1;
	if (!step->body.n && np_str_is(step->object_kind, "Pod"))
		json_object_del(body, "status");
	if (object)
		do_delete(o, step, err);
	put(o, step->object_kind, step->ns, step->name, admit(o, step, body));
	return 0;
}

/* It goes on running, so it stays. */
static int do_terminate(struct np_objects *o, const struct np_step *step, struct np_err *err)
{
	struct object *object = find(o, step->object_kind, step->ns, step->name);

	if (!object)
		return not_found(step, err);
	if (!annotation(object->json, ANNOTATION_ENDS_LATE))
		return np_err_set(err, NP_EVALID,
				  "pod '" NP_STR_FMT "/" NP_STR_FMT "' would end at once: its "
				  "manifest needs the annotation " ANNOTATION_ENDS_LATE,
				  NP_STR_ARG(step->ns), NP_STR_ARG(step->name));
	return 0;
}

static int do_nothing(struct np_objects *o, const struct np_step *step, struct np_err *err)
{
	(void)o;
	(void)step;
	(void)err;
	return 0;
}

int np_objects_step(struct np_objects *o, const struct np_step *step, struct np_err *err)
{
	static int (*const doers[])(struct np_objects *, const struct np_step *,
				    struct np_err *) = {
		[NP_STEP_APPLY] = do_apply,	  [NP_STEP_DELETE] = do_delete,
		[NP_STEP_LABEL] = do_patch,	  [NP_STEP_PATCH] = do_patch,
		[NP_STEP_RECREATE] = do_recreate, [NP_STEP_TERMINATE] = do_terminate,
		[NP_STEP_WAIT] = do_nothing,	  [NP_STEP_EXPECT] = do_nothing,
	};

	if (doers[step->kind](o, step, err) == 0)
		return 0;
	return np_err_at(err, step->place.file, step->place.line, step->place.column);
}

static void add_externals(struct np_world *w)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(externals); i++) {
		struct np_external *x = np_world_add_external(w);

		x->name = np_arena_str(&w->arena, np_str_from(externals[i].name));
		x->n_ips = parse_ips(externals[i].ip4, externals[i].ip6, x->ips);
	}
}

int np_objects_world(const struct np_objects *o, struct np_world *ret, struct np_err *err)
{
	struct np_world w;
	struct np_buf text = { 0 };
	int rc = 0;

	np_world_init(&w);
	for (size_t i = 0; i < o->n && rc == 0; i++) {
		np_buf_clear(&text);
		np_json_dump(o->items[i].json, 0, &text);
		rc = np_manifests_add_json(&w, (struct np_str){ text.data, text.len },
					   o->items[i].name, err);
	}
	np_buf_release(&text);
	if (rc == 0) {
		add_externals(&w);
		rc = np_world_link(&w, err);
	}
	if (rc < 0)
		np_world_release(&w);
	else
		*ret = w;
	return rc;
}
