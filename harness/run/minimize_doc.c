/* minimize_doc.c - a case as a tree and back. */
#include "minimize_doc.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"

#define PORT_TEXT_MAX 24

static const struct {
	const char *name;
	enum np_step_kind kind;
} verbs[] = {
	{ "apply", NP_STEP_APPLY },	  { "delete", NP_STEP_DELETE }, { "label", NP_STEP_LABEL },
	{ "patch", NP_STEP_PATCH },	  { "recreate", NP_STEP_RECREATE },
	{ "terminate", NP_STEP_TERMINATE },
	{ "wait", NP_STEP_WAIT },	  { "expect", NP_STEP_EXPECT },
};

static const char *verb_name(enum np_step_kind kind)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(verbs); i++)
		if (verbs[i].kind == kind)
			return verbs[i].name;
	return "";
}

static enum np_step_kind verb_kind(const json_t *step)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(verbs); i++)
		if (strcmp(np_json_str(step, "do", ""), verbs[i].name) == 0)
			return verbs[i].kind;
	return NP_STEP_WAIT;
}

static bool does(const json_t *step, const char *verb)
{
	return strcmp(np_json_str(step, "do", ""), verb) == 0;
}

/* ---- from a case ---- */

static json_t *body_json(const struct np_step *s, struct np_err *err)
{
	return np_json_parse(s->body.p, s->body.n, err);
}

static json_t *step_json(const struct np_step *s, struct np_err *err)
{
	json_t *step = np_json_pack("{s:s}", "do", verb_name(s->kind)), *body;

	if (s->kind == NP_STEP_EXPECT)
		return step;
	if (s->kind == NP_STEP_WAIT) {
		json_object_set_new(step, "ms", json_integer(s->wait_ms));
		return step;
	}
	json_object_set_new(step, "kind", np_json_string(s->object_kind));
	json_object_set_new(step, "ns", np_json_string(s->ns));
	json_object_set_new(step, "name", np_json_string(s->name));
	if (!s->body.n)
		return step;
	body = body_json(s, err);
	if (!body) {
		json_decref(step);
		np_err_at(err, s->place.file, s->place.line, s->place.column);
		return NULL;
	}
	json_object_set_new(step, "body", body);
	return step;
}

static json_t *listens_json(const struct np_worldfile *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_ports; i++) {
		char text[PORT_TEXT_MAX];

		snprintf(text, sizeof(text), "%s:%u", np_proto_name(w->ports[i].proto),
			 w->ports[i].first);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

json_t *np_min_doc_new(const struct np_case *c, const struct np_worldfile *w, struct np_err *err)
{
	json_t *objects = json_array(), *steps = json_array(), *item = objects;

	for (size_t i = 0; i < w->n_objects && item; i++) {
		item = body_json(&w->objects[i], err);
		if (item)
			json_array_append_new(objects, item);
	}
	for (size_t i = 0; i < c->n_steps && item; i++) {
		item = step_json(&c->steps[i], err);
		if (item)
			json_array_append_new(steps, item);
	}
	if (!item) {
		json_decref(objects);
		json_decref(steps);
		return NULL;
	}
	return np_json_pack("{s:o, s:o, s:o}", "objects", objects, "listens", listens_json(w),
			    "steps", steps);
}

/* ---- back to a case ---- */

static struct np_str arena_json(struct np_arena *a, const json_t *v)
{
	struct np_buf b = { 0 };
	struct np_str s;

	np_json_dump(v, 0, &b);
	s = np_arena_str(a, (struct np_str){ b.data, b.len });
	np_buf_release(&b);
	return s;
}

static struct np_str arena_text(struct np_arena *a, const json_t *v, const char *path)
{
	return np_arena_str(a, np_str_from(np_json_str(v, path, "")));
}

static void build_object(struct np_arena *a, const json_t *body, struct np_step *ret)
{
	*ret = (struct np_step){ .kind = NP_STEP_APPLY,
				 .object_kind = arena_text(a, body, "kind"),
				 .ns = arena_text(a, body, "metadata/namespace"),
				 .name = arena_text(a, body, "metadata/name"),
				 .body = arena_json(a, body) };
}

static void build_expect(struct np_arena *a, struct np_step *ret)
{
	struct np_expect_line *line = np_arena_alloc(a, sizeof(*line));

	line->kind = NP_EXPECT_ORACLE;
	ret->expect = (struct np_expect){ line, 1 };
}

static void build_step(struct np_arena *a, const json_t *step, struct np_step *ret)
{
	const json_t *body = json_object_get(step, "body");

	*ret = (struct np_step){ .kind = verb_kind(step),
				 .object_kind = arena_text(a, step, "kind"),
				 .ns = arena_text(a, step, "ns"),
				 .name = arena_text(a, step, "name"),
				 .wait_ms = np_json_int(step, "ms", 0) };
	if (body)
		ret->body = arena_json(a, body);
	if (ret->kind == NP_STEP_EXPECT)
		build_expect(a, ret);
}

static void build_ports(struct np_arena *a, const json_t *listens, struct np_worldfile *w)
{
	size_t i;
	json_t *item;

	w->ports = np_arena_array(a, json_array_size(listens) + 1, sizeof(*w->ports));
	json_array_foreach((json_t *)listens, i, item) {
		const char *text = json_string_value(item), *colon = strchr(text, ':');
		struct np_expect_port *p = &w->ports[w->n_ports];
		unsigned long long number;

		for (int proto = 0; proto < NP_N_PROTOS; proto++)
			if (strncmp(text, np_proto_name((enum np_proto)proto),
				    (size_t)(colon - text)) == 0)
				p->proto = (enum np_proto)proto;
		if (!np_str_u64(np_str_from(colon + 1), UINT16_MAX, &number))
			continue;
		p->first = p->last = (uint16_t)number;
		w->n_ports++;
	}
}

static bool names_end(const struct np_min_cell *cell, const char *prefix)
{
	return strncmp(cell->src, prefix, strlen(prefix)) == 0 ||
	       strncmp(cell->dst, prefix, strlen(prefix)) == 0;
}

/* Of the original's needs those that what is left still has. */
static unsigned needs_of(const json_t *doc, const struct np_min_meta *meta)
{
	const struct np_min_cell *cell = meta->cell;
	unsigned needs = meta->original->needs, kept = needs & (NP_NEED_IPV4 | NP_NEED_IPV6);
	struct np_buf text = { 0 };
	const char *s;

	if (!cell || cell->wrong == NP_MIN_CRASHED)
		return needs;
	np_json_dump(doc, 0, &text);
	s = np_buf_text(&text);
	if (cell->proto == NP_SCTP || strstr(s, "\"SCTP\""))
		kept |= NP_NEED_SCTP;
	if (strstr(s, "\"endPort\""))
		kept |= NP_NEED_ENDPORT;
	if (strstr(s, "netpolcheck/pod-ips"))
		kept |= NP_NEED_PINNED_IP;
	if (strstr(s, "\"netpolcheck/node\":\"b\""))
		kept |= NP_NEED_TWO_NODES;
	if (names_end(cell, "svc:"))
		kept |= NP_NEED_SERVICES;
	if (names_end(cell, "dns") || names_end(cell, "svc:dns"))
		kept |= NP_NEED_DNS;
	if (names_end(cell, "node/") || strstr(s, ":node/") || strstr(s, "\"hostNetwork\""))
		kept |= NP_NEED_HOST_PODS;
	if (names_end(cell, "ext/") || strstr(s, ":ext/"))
		kept |= NP_NEED_EXTERNAL | NP_NEED_EXTERNALS;
	np_buf_release(&text);
	return kept & needs;
}

static void build_meta(const json_t *doc, const struct np_min_meta *meta, struct np_case *c)
{
	const struct np_case *o = meta->original;
	struct np_arena *a = &c->arena;

	c->id = np_arena_printf(a, "minimized/%s", meta->name);
	c->title = np_arena_str(a, o->title);
	c->world = np_arena_printf(a, "%s", meta->name);
	c->profile = np_arena_str(a, o->profile);
	c->covers = o->covers;
	c->needs = needs_of(doc, meta);
	c->seed = o->seed ? o->seed : 1;
	c->place.file = c->id.p;
	c->families = o->families;
	c->n_ports = o->n_ports;
	c->ports = np_arena_array(a, o->n_ports + 1, sizeof(*c->ports));
	if (o->n_ports)
		memcpy(c->ports, o->ports, o->n_ports * sizeof(*c->ports));
	if (!meta->cell || meta->cell->wrong == NP_MIN_CRASHED)
		return;
	c->n_ports = 1;
	c->ports[0] = (struct np_expect_port){ .proto = meta->cell->proto,
					       .first = meta->cell->port,
					       .last = meta->cell->port };
	/* The first family of a cluster needs no word. */
	if (o->families)
		c->families = meta->cell->family == 6 ? 2 : 1;
}

void np_min_doc_build(const json_t *doc, const struct np_min_meta *meta, struct np_case *ret_case,
		      struct np_worldfile *ret_world)
{
	const json_t *objects = json_object_get(doc, "objects");
	const json_t *steps = json_object_get(doc, "steps");
	struct np_case c = { .seed = 1 };
	struct np_worldfile w = { .n_ports = 0 };

	build_meta(doc, meta, &c);
	c.steps = np_arena_array(&c.arena, json_array_size(steps) + 1, sizeof(*c.steps));
	for (size_t i = 0; i < json_array_size(steps); i++) {
		build_step(&c.arena, json_array_get(steps, i), &c.steps[i]);
		c.steps[i].place =
			(struct np_place){ .file = c.place.file, .line = (unsigned)i + 1 };
	}
	c.n_steps = json_array_size(steps);
	w.name = np_arena_str(&w.arena, c.world);
	build_ports(&w.arena, json_object_get(doc, "listens"), &w);
	w.objects = np_arena_array(&w.arena, json_array_size(objects) + 1, sizeof(*w.objects));
	for (size_t i = 0; i < json_array_size(objects); i++)
		build_object(&w.arena, json_array_get(objects, i), &w.objects[i]);
	w.n_objects = json_array_size(objects);
	*ret_case = c;
	*ret_world = w;
}

/* ---- other forms ---- */

static json_t *apply_step(json_t *body)
{
	return np_json_pack("{s:s, s:s, s:s, s:s, s:O}", "do", "apply", "kind",
			    np_json_str(body, "kind", ""), "ns",
			    np_json_str(body, "metadata/namespace", ""), "name",
			    np_json_str(body, "metadata/name", ""), "body", body);
}

json_t *np_min_doc_flat(const json_t *doc)
{
	const json_t *objects = json_object_get(doc, "objects");
	const json_t *steps = json_object_get(doc, "steps");
	json_t *flat = json_array();

	for (size_t i = 0; i < json_array_size(objects); i++)
		json_array_append_new(flat, apply_step(json_array_get(objects, i)));
	if (json_array_size(objects) && !does(json_array_get(steps, 0), "expect"))
		json_array_append_new(flat, np_json_pack("{s:s}", "do", "expect"));
	json_array_extend(flat, (json_t *)steps);
	return np_json_pack("{s:[], s:O, s:o}", "objects", "listens",
			    json_object_get(doc, "listens"), "steps", flat);
}

/* A manifest has metadata, a step has not. */
const char *np_min_doc_key(const json_t *item, char *buf, size_t size)
{
	bool step = json_object_get(item, "do") != NULL;

	snprintf(buf, size, "%s %s/%s", np_json_str(item, "kind", ""),
		 np_json_str(item, step ? "ns" : "metadata/namespace", ""),
		 np_json_str(item, step ? "name" : "metadata/name", ""));
	return buf;
}

/* How the object with this key is put back: the one of the world, or none. */
static json_t *undo_step(const json_t *doc, const json_t *step)
{
	char key[400], other[400];
	size_t i;
	json_t *object, *undo;

	np_min_doc_key(step, key, sizeof(key));
	json_array_foreach(json_object_get(doc, "objects"), i, object) {
		if (strcmp(np_min_doc_key(object, other, sizeof(other)), key) != 0)
			continue;
		undo = apply_step(object);
		if (strcmp(np_json_str(object, "kind", ""), "Pod") == 0 && !does(step, "label"))
			json_object_set_new(undo, "do", json_string("recreate"));
		return undo;
	}
	return np_json_pack("{s:s, s:s, s:s, s:s}", "do", "delete", "kind",
			    np_json_str(step, "kind", ""), "ns", np_json_str(step, "ns", ""),
			    "name", np_json_str(step, "name", ""));
}

/* As the undoing of a case does it: policies first. What is gone by then is dropped by the sweep. */
void np_min_doc_append_undo(json_t *doc)
{
	json_t *steps = json_object_get(doc, "steps"), *more = json_array(), *done = json_object();
	json_t *known = np_min_doc_namespaces(doc), *step;
	char key[400];
	size_t i;

	for (int pass = 0; pass < 2; pass++)
		json_array_foreach(steps, i, step) {
			bool policy = strcmp(np_json_str(step, "kind", ""), "NetworkPolicy") == 0;

			if (does(step, "expect") || does(step, "wait") || policy != (pass == 0) ||
			    json_object_get(done, np_min_doc_key(step, key, sizeof(key))))
				continue;
			json_object_set_new(done, key, json_true());
			json_array_append_new(more, undo_step(doc, step));
		}
	json_array_append_new(more, np_json_pack("{s:s}", "do", "expect"));
	json_array_extend(steps, more);
	np_min_doc_sweep(doc, known);
	json_decref(known);
	json_decref(more);
	json_decref(done);
}

void np_min_doc_cut(json_t *doc, size_t expect)
{
	json_t *steps = json_object_get(doc, "steps");
	size_t seen = 0, at = 0;

	while (at < json_array_size(steps) && seen < expect)
		seen += does(json_array_get(steps, at++), "expect");
	while (json_array_size(steps) > at)
		json_array_remove(steps, json_array_size(steps) - 1);
}

/* ---- sweeping ---- */

json_t *np_min_doc_namespaces(const json_t *doc)
{
	static const char *const lists[] = { "objects", "steps" };
	json_t *all = json_object(), *item;
	size_t i;

	for (size_t l = 0; l < NP_ARRAY_SIZE(lists); l++)
		json_array_foreach(json_object_get(doc, lists[l]), i, item)
			if (strcmp(np_json_str(item, "kind", ""), "Namespace") == 0)
				json_object_set_new(
					all, np_json_str(item, l ? "name" : "metadata/name", ""),
					json_true());
	return all;
}

static void forget_namespace(json_t *there, const char *ns)
{
	np_auto_free char *part = np_xasprintf(" %s/", ns);
	const char *key;
	json_t *value;
	void *tmp;

	json_object_foreach_safe(there, tmp, key, value)
		if (strstr(key, part))
			json_object_del(there, key);
}

/* Is the namespace of the item one that nobody knows, or there? */
static bool has_namespace(const json_t *there, const json_t *known, const char *ns)
{
	np_auto_free char *key = np_xasprintf("Namespace /%s", ns);

	return !*ns || !json_object_get(known, ns) || json_object_get(there, key);
}

static bool step_makes_sense(json_t *there, const json_t *known, const json_t *step)
{
	bool creates = does(step, "apply") ||
		       (does(step, "recreate") && json_object_get(step, "body"));
	char key[400];

	if (does(step, "expect") || does(step, "wait"))
		return true;
	np_min_doc_key(step, key, sizeof(key));
	if (!has_namespace(there, known, np_json_str(step, "ns", "")) ||
	    (!creates && !json_object_get(there, key)))
		return false;
	if (does(step, "delete")) {
		json_object_del(there, key);
		if (strcmp(np_json_str(step, "kind", ""), "Namespace") == 0)
			forget_namespace(there, np_json_str(step, "name", ""));
	} else {
		json_object_set_new(there, key, json_true());
	}
	return true;
}

void np_min_doc_sweep(json_t *doc, const json_t *known)
{
	json_t *objects = json_object_get(doc, "objects"), *steps = json_object_get(doc, "steps");
	json_t *there = json_object();
	char key[400];

	for (size_t i = 0; i < json_array_size(objects);) {
		json_t *o = json_array_get(objects, i);

		if (!has_namespace(there, known, np_json_str(o, "metadata/namespace", ""))) {
			json_array_remove(objects, i);
			continue;
		}
		json_object_set_new(there, np_min_doc_key(o, key, sizeof(key)), json_true());
		i++;
	}
	for (size_t i = 0; i < json_array_size(steps);)
		if (step_makes_sense(there, known, json_array_get(steps, i)))
			i++;
		else
			json_array_remove(steps, i);
	json_decref(there);
}

/* ---- size ---- */

static void count_policy(const json_t *body, struct np_min_size *s)
{
	static const char *const dirs[][2] = { { "ingress", "from" }, { "egress", "to" } };
	json_t *rule;
	size_t i;

	for (size_t d = 0; d < 2; d++)
		json_array_foreach(json_object_get(json_object_get(body, "spec"), dirs[d][0]), i,
				   rule) {
			s->rules++;
			s->peers += json_array_size(json_object_get(rule, dirs[d][1]));
			s->ports += json_array_size(json_object_get(rule, "ports"));
		}
}

static void count_object(const json_t *body, json_t *seen, struct np_min_size *s)
{
	const char *kind = np_json_str(body, "kind", "");
	char key[400];
	bool first = !json_object_get(seen, np_min_doc_key(body, key, sizeof(key)));

	json_object_set_new(seen, key, json_true());
	if (strcmp(kind, "Namespace") == 0)
		s->namespaces += first;
	else if (strcmp(kind, "Pod") == 0)
		s->pods += first;
	else if (strcmp(kind, "Service") == 0)
		s->services += first;
	else if (strcmp(kind, "NetworkPolicy") == 0)
		s->policies += first;
	if (strcmp(kind, "NetworkPolicy") == 0)
		count_policy(body, s);
	else
		s->labels += json_object_size(np_json_at(body, "metadata/labels"));
}

void np_min_doc_size(const json_t *doc, struct np_min_size *ret)
{
	struct np_min_size s = { .steps = json_array_size(json_object_get(doc, "steps")) };
	json_t *seen = json_object(), *item;
	struct np_buf text = { 0 };
	size_t i;

	json_array_foreach(json_object_get(doc, "objects"), i, item)
		count_object(item, seen, &s);
	json_array_foreach(json_object_get(doc, "steps"), i, item) {
		s.expects += does(item, "expect");
		if (json_object_get(item, "body") && !does(item, "label") && !does(item, "patch"))
			count_object(json_object_get(item, "body"), seen, &s);
	}
	np_json_dump(doc, 0, &text);
	s.bytes = text.len;
	np_buf_release(&text);
	json_decref(seen);
	*ret = s;
}
