/* verdict_meta.c - metadata (semantics 3.3). */
#include "verdict.h"

#define ANNOTATIONS_MAX_BYTES (256 << 10)
#define GENERATED_BASE_MAX 58	/* bytes of a generateName that are used */

static const struct vpath metadata = { NULL, "metadata", -1 };

static int cmp_entries(const void *a, const void *b)
{
	const struct api_entry *x = *(struct api_entry *const *)a,
			       *y = *(struct api_entry *const *)b;
	int c = np_str_cmp(x->key, y->key);

	return c ? c : (x > y) - (x < y);
}

struct api_entry **verdict_entries(struct np_arena *arena, const struct api_map *map, size_t *ret_n)
{
	struct api_entry **list = np_arena_array(arena, map->n, sizeof(struct api_entry *));
	size_t n = 0;

	for (size_t i = 0; i < map->n; i++)
		list[i] = &map->items[i];
	qsort(list, map->n, sizeof(*list), cmp_entries);
	for (size_t i = 0; i < map->n; i++)
		if (i + 1 == map->n || !np_str_eq(list[i]->key, list[i + 1]->key))
			list[n++] = list[i];
	*ret_n = n;
	return list;
}

void verdict_labels(struct verdict *v, const struct api_map *map, const struct vpath *field)
{
	size_t n;
	struct api_entry **list;

	if (!map->n)
		return;
	list = verdict_entries(v->arena, map, &n);
	for (size_t i = 0; i < n; i++) {
		const struct api_entry *e = list[i];

		verdict_name(v, NP_NAME_QUALIFIED, &e->key_at, field, e->key, e->key);
		verdict_name(v, NP_NAME_LABEL_VALUE, &e->value.at, field, e->value.s, e->value.s);
	}
}

/* A byte behind which more will come: if it is '-', the last two bytes do not count. */
static struct np_str mask_prefix(struct np_arena *arena, struct np_str s)
{
	struct np_str masked;

	if (s.n < 2 || s.p[s.n - 1] != '-')
		return s;
	masked = np_arena_str(arena, (struct np_str){ s.p, s.n - 1 });
	((char *)masked.p)[s.n - 2] = 'a';
	return masked;
}

static struct np_str generated_name(struct np_arena *arena, struct np_str base)
{
	if (base.n > GENERATED_BASE_MAX)
		base.n = GENERATED_BASE_MAX;
	return np_arena_printf(arena, NP_STR_FMT "xxxxx", NP_STR_ARG(base));
}

static void check_name(struct verdict *v, const struct api_meta *meta)
{
	const struct api_str *prefix = &meta->generate_name;
	struct np_str name = meta->name.s;

	if (prefix->s.n)
		verdict_name(v, NP_NAME_DNS_SUBDOMAIN, &prefix->at,
			     VPATH(&metadata, "generateName"), mask_prefix(v->arena, prefix->s),
			     prefix->s);
	if (!name.n && prefix->s.n)
		name = generated_name(v->arena, prefix->s);
	if (name.n)
		verdict_name(v, NP_NAME_DNS_SUBDOMAIN,
			     meta->name.at.line ? &meta->name.at : &prefix->at,
			     VPATH(&metadata, "name"), name, name);
	else
		verdict_field(v, NP_FINDING_REQUIRED,
			      meta->name.at.line ? &meta->name.at : &meta->at,
			      VPATH(&metadata, "name"), NULL, "name or generateName is required");
}

/* As Go maps it: besides A to Z, the two other letters whose small form is ASCII. */
static struct np_str lower(struct np_arena *arena, struct np_str s)
{
	char *text = np_arena_alloc(arena, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (i + 3 <= s.n && memcmp(s.p + i, "\xE2\x84\xAA", 3) == 0) {
			c = 'k'; /* Kelvin */
			i += 2;
		} else if (i + 2 <= s.n && memcmp(s.p + i, "\xC4\xB0", 2) == 0) {
			c = 'i'; /* with a dot above */
			i++;
		}
		text[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	text[n] = '\0';
	return (struct np_str){ text, n };
}

static void check_annotations(struct verdict *v, const struct api_map *map)
{
	const struct vpath *field = VPATH(&metadata, "annotations");
	size_t n, bytes = 0;
	struct api_entry **list;

	if (!map->n)
		return;
	list = verdict_entries(v->arena, map, &n);
	for (size_t i = 0; i < n; i++) {
		verdict_name(v, NP_NAME_QUALIFIED, &list[i]->key_at, field,
			     lower(v->arena, list[i]->key), list[i]->key);
		bytes += list[i]->key.n + list[i]->value.s.n;
	}
	if (bytes > ANNOTATIONS_MAX_BYTES)
		verdict_field(v, NP_FINDING_TOO_LONG, &map->at, field, NULL,
			      "may not be more than %d bytes", ANNOTATIONS_MAX_BYTES);
}

/* ---- owners ---- */

/* Group and version of an apiVersion; both empty when there is more than one '/'. */
static struct np_str version_of(struct np_str api_version, struct np_str *ret_group)
{
	const char *slash = api_version.n ? memchr(api_version.p, '/', api_version.n) : NULL;
	struct np_str version;

	*ret_group = NP_STR("");
	if (!slash)
		return api_version;
	version = (struct np_str){ slash + 1, api_version.n - (size_t)(slash + 1 - api_version.p) };
	if (memchr(version.p, '/', version.n))
		return NP_STR("");
	*ret_group = (struct np_str){ api_version.p, (size_t)(slash - api_version.p) };
	return version;
}

/* The API server names no index here. */
static void check_owner(struct verdict *v, const struct api_owner *o)
{
	const struct vpath *field = VPATH(&metadata, "ownerReferences");
	const struct {
		const char *name;
		const struct api_str *s;
		bool missing;
	} needed[] = {
		{ "kind", &o->kind, !o->kind.s.n },
		{ "name", &o->name, !o->name.s.n },
		{ "uid", &o->uid, !o->uid.s.n },
	};
	struct np_str group, version = version_of(o->api_version.s, &group);

	if (!version.n)
		verdict_text(v, NP_FINDING_INVALID,
			     o->api_version.at.line ? &o->api_version.at : &o->at,
			     VPATH(field, "apiVersion"), o->api_version.s,
			     "version must not be empty");
	for (size_t i = 0; i < NP_ARRAY_SIZE(needed); i++)
		if (needed[i].missing)
			verdict_text(v, NP_FINDING_INVALID,
				     needed[i].s->at.line ? &needed[i].s->at : &o->at,
				     VPATH(field, needed[i].name), NP_STR(""), "must not be empty");
	if (!group.n && np_str_is(version, "v1") && np_str_is(o->kind.s, "Event"))
		verdict_field(v, NP_FINDING_INVALID, &o->at, field, "{}",
			      "/v1, Kind=Event is disallowed from being an owner");
}

static void check_owners(struct verdict *v, const struct api_list *owners)
{
	const struct api_owner *list = owners->items, *first = NULL;

	for (size_t i = 0; i < owners->n; i++) {
		check_owner(v, &list[i]);
		if (!list[i].controller.at.set || !list[i].controller.v)
			continue;
		if (first)
			verdict_field(v, NP_FINDING_INVALID, &list[i].at,
				      VPATH(&metadata, "ownerReferences"), "[]",
				      "Only one reference can have Controller set to true. Found "
				      "\"true\" in references for " NP_STR_FMT "/" NP_STR_FMT
				      " and " NP_STR_FMT "/" NP_STR_FMT,
				      NP_STR_ARG(first->kind.s), NP_STR_ARG(first->name.s),
				      NP_STR_ARG(list[i].kind.s), NP_STR_ARG(list[i].name.s));
		else
			first = &list[i];
	}
}

static bool same_bool(const struct api_bool *a, const struct api_bool *b)
{
	return a->at.set == b->at.set && (!a->at.set || a->v == b->v);
}

static bool same_owner(const struct api_owner *a, const struct api_owner *b)
{
	return np_str_eq(a->uid.s, b->uid.s) && np_str_eq(a->api_version.s, b->api_version.s) &&
	       np_str_eq(a->kind.s, b->kind.s) && np_str_eq(a->name.s, b->name.s) &&
	       same_bool(&a->controller, &b->controller) &&
	       same_bool(&a->block_deletion, &b->block_deletion);
}

/* Orders equal references next to each other, the first one first. */
static int cmp_owners(const void *a, const void *b)
{
	const struct api_owner *x = *(const struct api_owner *const *)a,
			       *y = *(const struct api_owner *const *)b;
	const struct np_str *const keys[][2] = {
		{ &x->uid.s, &y->uid.s },
		{ &x->api_version.s, &y->api_version.s },
		{ &x->kind.s, &y->kind.s },
		{ &x->name.s, &y->name.s },
	};
	int flags[2];

	for (size_t i = 0; i < NP_ARRAY_SIZE(keys); i++) {
		int c = np_str_cmp(*keys[i][0], *keys[i][1]);

		if (c)
			return c;
	}
	for (int i = 0; i < 2; i++) {
		const struct api_owner *o = i ? y : x;

		flags[i] = (o->controller.at.set ? 1 + o->controller.v : 0) * 3 +
			   (o->block_deletion.at.set ? 1 + o->block_deletion.v : 0);
	}
	return flags[0] != flags[1] ? flags[0] - flags[1] : (x > y) - (x < y);
}

/* Equal references are dropped, with a warning, before anything is checked. */
void verdict_owners(struct verdict *v, struct api_meta *meta)
{
	struct api_owner *list = meta->owners.items;
	size_t n = meta->owners.n, n_kept = 0;
	const struct api_owner **order;
	bool *drop;

	if (n < 2)
		return;
	order = np_arena_array(v->arena, n, sizeof(const struct api_owner *));
	drop = np_arena_array(v->arena, n, sizeof(bool));
	for (size_t i = 0; i < n; i++)
		order[i] = &list[i];
	qsort(order, n, sizeof(*order), cmp_owners);
	for (size_t i = 1; i < n; i++)
		drop[order[i] - list] = same_owner(order[i], order[i - 1]);
	np_buf_clear(&v->text);
	for (size_t i = 0; i < n; i++) {
		if (drop[i])
			np_buf_printf(&v->text, "%s" NP_STR_FMT,
				      v->text.len ? ", "
						  : ".metadata.ownerReferences contains duplicate "
						    "entries; API server dedups owner references "
						    "in 1.20+, and may reject such requests as "
						    "early as 1.24; please fix your requests; "
						    "duplicate UID(s) observed: ",
				      NP_STR_ARG(list[i].uid.s));
		else
			list[n_kept++] = list[i];
	}
	if (n_kept < n)
		verdict_warn(v, &meta->owners.at);
	meta->owners.n = n_kept;
}

/* ---- finalizers ---- */

static bool has_text(const struct api_list *list, struct np_str s)
{
	const struct api_str *items = list->items;

	for (size_t i = 0; i < list->n; i++)
		if (np_str_eq(items[i].s, s))
			return true;
	return false;
}

static void check_finalizers(struct verdict *v, const struct api_list *list)
{
	static const char *const standard[] = { "kubernetes", "orphan", "foregroundDeletion" };
	const struct vpath *field = VPATH(&metadata, "finalizers");
	const struct api_str *items = list->items;

	for (size_t i = 0; i < list->n; i++)
		verdict_name(v, NP_NAME_QUALIFIED, &items[i].at, field, items[i].s, items[i].s);
	if (has_text(list, NP_STR("orphan")) && has_text(list, NP_STR("foregroundDeletion")))
		verdict_field(v, NP_FINDING_INVALID, &list->at, field,
			      "[\"orphan\",\"foregroundDeletion\"]",
			      "finalizer orphan and foregroundDeletion cannot be both set");
	for (size_t i = 0; i < list->n; i++) {
		struct np_str s = items[i].s;
		bool known = s.n && memchr(s.p, '/', s.n);

		for (size_t k = 0; k < NP_ARRAY_SIZE(standard); k++)
			known |= np_str_is(s, standard[k]);
		if (!known)
			verdict_text(v, NP_FINDING_INVALID, &items[i].at,
				     VPATH_AT(&metadata, "finalizers", i), s,
				     "name is neither a standard finalizer name nor is it fully "
				     "qualified");
	}
}

/* ---- updates (3.10) ---- */

static void check_new_finalizers(struct verdict *v, const struct api_list *now,
				 const struct api_list *before)
{
	const struct api_str *items = now->items;

	for (size_t i = 0; i < now->n; i++)
		if (!has_text(before, items[i].s)) {
			verdict_field(v, NP_FINDING_FORBIDDEN, &items[i].at,
				      VPATH(&metadata, "finalizers"), NULL,
				      "no new finalizers can be added if the object is being "
				      "deleted, found new finalizers []string{\"" NP_STR_FMT
				      "\"}",
				      NP_STR_ARG(items[i].s));
			return;
		}
}

static void check_update(struct verdict *v, const struct api_meta *meta, const struct api_meta *old)
{
	static const char immutable[] = "field is immutable";

	if (old->deletion.at.set)
		check_new_finalizers(v, &meta->finalizers, &old->finalizers);
	else if (meta->deletion.at.set)
		verdict_text(v, NP_FINDING_INVALID, &meta->deletion.at,
			     VPATH(&metadata, "deletionTimestamp"), meta->deletion.s, "%s",
			     immutable);
	if (meta->grace_s.at.set && (!old->grace_s.at.set || old->grace_s.v != meta->grace_s.v))
		verdict_field(v, NP_FINDING_INVALID, &meta->grace_s.at,
			      VPATH(&metadata, "deletionGracePeriodSeconds"), "0", "%s", immutable);
}

void verdict_meta(struct verdict *v, const struct api_meta *meta, const struct api_meta *old)
{
	check_name(v, meta);
	verdict_name(v, NP_NAME_DNS_LABEL, &meta->ns.at, VPATH(&metadata, "namespace"), meta->ns.s,
		     meta->ns.s);
	verdict_labels(v, &meta->labels, VPATH(&metadata, "labels"));
	check_annotations(v, &meta->annotations);
	check_owners(v, &meta->owners);
	check_finalizers(v, &meta->finalizers);
	if (old)
		check_update(v, meta, old);
}
