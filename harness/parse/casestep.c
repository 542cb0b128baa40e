/* casestep.c - one document behind a case's header: an operation on the cluster, or an expectation.
 */
#include <string.h>

#include "casectx.h"
#include "caseparts.h"
#include "np/base/mem.h"
#include "np/parse/casefile.h"

#define MAX_WAIT_MS (10LL * 60 * 1000)

/* "Pod x/a", "Namespace x" */
static int take_object(struct casectx *c, const struct np_value *v, struct np_step *ret)
{
	const struct case_kind *kind;
	const char *blank, *slash;
	struct np_str s, name;

	if (case_str(c, v, "the object", &s))
		return -1;
	blank = strchr(s.p, ' ');
	kind = blank ? case_kind_find((struct np_str){ s.p, (size_t)(blank - s.p) }) : NULL;
	if (!kind)
		return case_refuse(c, v,
				   "'%s' must be a kind and a name, such as Pod x/a or Namespace "
				   "x; kinds are " CASE_KINDS,
				   s.p);
	name = np_str_from(blank + 1);
	slash = strchr(name.p, '/');
	if (kind->namespaced != (slash != NULL) || strchr(name.p, ' ') ||
	    (slash && strchr(slash + 1, '/')))
		return case_refuse(c, v, "a %s is named %s", kind->kind,
				   kind->namespaced ? "namespace/name" : "by its name alone");
	ret->object_kind = np_str_from(kind->kind);
	if (slash) {
		ret->ns =
			np_arena_str(c->arena, (struct np_str){ name.p, (size_t)(slash - name.p) });
		name = np_str_from(slash + 1);
	}
	ret->name = name;
	if (!name.n || (slash && !ret->ns.n))
		return case_refuse(c, v, "'%s' has an empty name", s.p);
	return 0;
}

static int take_delete(struct casectx *c, const struct np_value *doc, const struct np_value *v,
		       struct np_step *ret)
{
	static const char *const allowed[] = { "delete", NULL };

	ret->kind = NP_STEP_DELETE;
	return case_check_keys(c, doc, allowed, "a delete step") || take_object(c, v, ret) ? -1 : 0;
}

/* {labels: {..}} as the merge patch that sets them. */
static int label_patch(struct casectx *c, const struct np_value *labels, struct np_str *ret)
{
	struct np_value patch = np_value_map();

	for (uint32_t i = 0; i < labels->n; i++) {
		const struct np_value *v = &labels->pairs[i].value;

		if (v->kind != NP_VALUE_STRING && v->kind != NP_VALUE_NULL)
			return case_refuse(
				c, v,
				"a label must be a string (quote it) or null, which removes it");
	}
	if (np_value_set(c->arena, &patch, "metadata.labels", *labels, c->err))
		return -1;
	return case_body(c, &patch, ret);
}

static int take_label(struct casectx *c, const struct np_value *doc, const struct np_value *v,
		      struct np_step *ret)
{
	static const char *const allowed[] = { "label", "labels", NULL };
	const struct np_value *labels;

	ret->kind = NP_STEP_LABEL;
	if (case_check_keys(c, doc, allowed, "a label step") || take_object(c, v, ret) ||
	    case_need(c, doc, "labels", &labels))
		return -1;
	if (labels->kind != NP_VALUE_MAP || !labels->n)
		return case_refuse(c, labels, "labels must be a map with at least one label");
	return label_patch(c, labels, &ret->body);
}

static int take_patch(struct casectx *c, const struct np_value *doc, const struct np_value *v,
		      struct np_step *ret)
{
	static const char *const allowed[] = { "patch", "with", NULL };
	const struct np_value *with;

	ret->kind = NP_STEP_PATCH;
	if (case_check_keys(c, doc, allowed, "a patch step") || take_object(c, v, ret) ||
	    case_need(c, doc, "with", &with))
		return -1;
	if (with->kind != NP_VALUE_MAP)
		return case_refuse(c, with, "with must be a map: a JSON merge patch");
	return case_body(c, with, &ret->body);
}

static int take_recreate(struct casectx *c, const struct np_value *doc, const struct np_value *v,
			 struct np_step *ret)
{
	static const char *const allowed[] = { "recreate", "with", NULL };
	const struct np_value *with = np_value_get(doc, "with");
	struct np_step manifest;

	ret->kind = NP_STEP_RECREATE;
	if (case_check_keys(c, doc, allowed, "a recreate step") || take_object(c, v, ret))
		return -1;
	if (!with)
		return 0;
	if (with->kind != NP_VALUE_MAP)
		return case_refuse(c, with, "with must be a map: the new manifest");
	if (case_apply_step(c, with, &manifest))
		return -1;
	if (!np_str_eq(manifest.object_kind, ret->object_kind) ||
	    !np_str_eq(manifest.ns, ret->ns) || !np_str_eq(manifest.name, ret->name))
		return case_refuse(c, with, "the manifest must be of the object that is recreated");
	ret->body = manifest.body;
	return 0;
}

static int take_terminate(struct casectx *c, const struct np_value *doc, const struct np_value *v,
			  struct np_step *ret)
{
	static const char *const allowed[] = { "terminate", NULL };

	ret->kind = NP_STEP_TERMINATE;
	if (case_check_keys(c, doc, allowed, "a terminate step") || take_object(c, v, ret))
		return -1;
	if (!np_str_is(ret->object_kind, "Pod"))
		return case_refuse(c, v, "only a Pod goes on running while it is deleted");
	return 0;
}

static int take_wait(struct casectx *c, const struct np_value *doc, const struct np_value *v,
		     struct np_step *ret)
{
	static const char *const allowed[] = { "wait", NULL };

	ret->kind = NP_STEP_WAIT;
	if (case_check_keys(c, doc, allowed, "a wait step"))
		return -1;
	if (!np_str_duration_ms(np_value_str(v), &ret->wait_ms) || ret->wait_ms < 1 ||
	    ret->wait_ms > MAX_WAIT_MS)
		return case_refuse(c, v,
				   "a wait is a duration with unit from 1ms to 10m, such as 500ms");
	return 0;
}

/* Where the first character of a text block stands: libyaml only tells where its '|' is. */
static struct np_place block_place(const struct casectx *c, const struct np_value *v)
{
	const char *p = c->text.p, *end = p + c->text.n;
	size_t in_source = 0, in_text = 0;

	for (unsigned line = 0; line < v->line && p < end; line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		p = nl ? nl + 1 : end;
	}
	while (p + in_source < end && p[in_source] == ' ')
		in_source++;
	while (in_text < v->text.n && v->text.p[in_text] == ' ')
		in_text++;
	return (struct np_place){ c->file, v->line + 1,
				  (unsigned)(in_source > in_text ? in_source - in_text : 0) + 1 };
}

static int take_expect(struct casectx *c, const struct np_value *doc, const struct np_value *v,
		       struct np_step *ret)
{
	static const char *const allowed[] = { "expect", NULL };
	bool lines;

	ret->kind = NP_STEP_EXPECT;
	if (case_check_keys(c, doc, allowed, "an expect step"))
		return -1;
	if (v->kind != NP_VALUE_STRING)
		return case_refuse(c, v, "expect must be text: lines behind '|'");
	lines = v->text.n && memchr(v->text.p, '\n', v->text.n);
	return np_expect_parse(v->text, lines ? block_place(c, v) : case_place(c, v), c->arena,
			       &ret->expect, c->err);
}

static const struct {
	const char *key;
	int (*take)(struct casectx *c, const struct np_value *doc, const struct np_value *v,
		    struct np_step *ret);
} step_kinds[] = {
	{ "delete", take_delete },     { "label", take_label },		{ "patch", take_patch },
	{ "recreate", take_recreate }, { "terminate", take_terminate }, { "wait", take_wait },
	{ "expect", take_expect },
};

int case_take_step(struct casectx *c, const struct np_value *doc, struct np_step *ret)
{
	*ret = (struct np_step){ .place = case_place(c, doc) };
	if (doc->kind != NP_VALUE_MAP)
		return case_refuse(c, doc, "a step must be a map, not %s",
				   np_value_kind_name((enum np_value_kind)doc->kind));
	if (case_is_manifest(doc))
		return case_apply_step(c, doc, ret);
	for (size_t i = 0; i < NP_ARRAY_SIZE(step_kinds); i++) {
		const struct np_value *v = np_value_get(doc, step_kinds[i].key);

		if (v)
			return step_kinds[i].take(c, doc, v, ret);
	}
	return case_refuse(c, doc,
			   "a step is a manifest, or has one of the keys delete, label, patch, "
			   "recreate, terminate, wait, "
			   "expect");
}
