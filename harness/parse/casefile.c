/* casefile.c - case files and world files; casefile.h defines the formats. */
#include "np/parse/casefile.h"

#include "casectx.h"
#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/parse/read.h"

#define MAX_WAIT_MS (10LL * 60 * 1000)

static const char *const profiles[] = { "core",	     "extended",  "upstream",
					"lifecycle", "behaviour", NULL };

/* --- the header --- */

static int take_id(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	if (case_name(c, v, "case", "/", &ret->id))
		return -1;
	if (!memchr(ret->id.p, '/', ret->id.n) || np_str_starts(ret->id, "/") ||
	    np_str_ends(ret->id, "/") || strstr(ret->id.p, "//"))
		return case_refuse(c, v, "case '%s' must be folder/name", ret->id.p);
	return 0;
}

static int take_title(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	return case_str(c, v, "title", &ret->title);
}

static int take_covers(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	unsigned clause;

	if (case_list(c, v, "covers"))
		return -1;
	if (!v->n)
		return case_refuse(c, v, "covers must name at least one clause, such as S11");
	for (size_t i = 0; i < v->n; i++) {
		struct np_str s = np_value_str(&v->items[i]);

		if (!np_clause_parse(s, &clause))
			return case_refuse(c, &v->items[i],
					   "'" NP_STR_FMT "' is not a clause such as S11",
					   NP_STR_ARG(s));
		np_clauses_add(&ret->covers, clause);
	}
	return 0;
}

static int take_needs(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	enum np_need need;
	char known[256] = "";

	if (case_list(c, v, "needs"))
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		struct np_str s = np_value_str(&v->items[i]);

		if (np_need_parse(s, &need)) {
			ret->needs |= need;
			continue;
		}
		for (unsigned bit = 1, len = 0; bit <= NP_NEED_PINNED_IP; bit <<= 1)
			len += (unsigned)snprintf(known + len, sizeof(known) - len, "%s%s",
						  bit > 1 ? ", " : "",
						  np_need_name((enum np_need)bit));
		return case_refuse(c, &v->items[i], "'" NP_STR_FMT "' is not one of %s",
				   NP_STR_ARG(s), known);
	}
	return 0;
}

static int take_catches(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	if (case_list(c, v, "catches"))
		return -1;
	ret->n_catches = v->n;
	ret->catches = np_arena_array(c->arena, ret->n_catches, sizeof(*ret->catches));
	for (size_t i = 0; i < ret->n_catches; i++)
		if (case_str(c, &v->items[i], "an entry of catches", &ret->catches[i]))
			return -1;
	return 0;
}

static int take_tags(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	if (case_list(c, v, "tags"))
		return -1;
	ret->n_tags = v->n;
	ret->tags = np_arena_array(c->arena, ret->n_tags, sizeof(*ret->tags));
	for (size_t i = 0; i < ret->n_tags; i++)
		if (case_name(c, &v->items[i], "tag", "", &ret->tags[i]))
			return -1;
	return 0;
}

static int take_world(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	return case_name(c, v, "world", "", &ret->world);
}

static int take_profile(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	ret->profile = NP_STR_NONE;
	for (size_t i = 0; profiles[i]; i++)
		if (np_str_is(np_value_str(v), profiles[i]))
			ret->profile = np_str_from(profiles[i]);
	return ret->profile.n
		       ? 0
		       : case_refuse(
				 c, v,
				 "profile must be one of core, extended, upstream, lifecycle, behaviour");
}

static int take_seed(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	unsigned long long seed;

	if (v->kind != NP_VALUE_INT || !np_str_u64(v->text, UINT64_MAX, &seed) || !seed)
		return case_refuse(c, v, "seed must be an integer from 1 to 18446744073709551615");
	ret->seed = seed;
	return 0;
}

static int take_ports(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	return case_ports(c, v, &ret->ports, &ret->n_ports);
}

static int take_families(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	if (case_list(c, v, "families"))
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		const struct np_value *item = &v->items[i];
		bool four = item->kind == NP_VALUE_INT && np_str_is(item->text, "4");

		if (!four && !(item->kind == NP_VALUE_INT && np_str_is(item->text, "6")))
			return case_refuse(c, item, "a family is 4 or 6");
		ret->families |= four ? 1U : 2U;
	}
	return v->n ? 0 : case_refuse(c, v, "families must name 4, 6 or both");
}

static const struct header_key {
	const char *key;
	bool required;
	int (*take)(struct casectx *c, const struct np_value *v, struct np_case *ret);
} header_keys[] = {
	{ "case", true, take_id },	 { "title", true, take_title },
	{ "covers", true, take_covers }, { "world", true, take_world },
	{ "needs", false, take_needs },	 { "catches", false, take_catches },
	{ "tags", false, take_tags },	 { "profile", false, take_profile },
	{ "ports", false, take_ports },	 { "families", false, take_families },
	{ "seed", false, take_seed },
};

static int take_header(struct casectx *c, const struct np_value *doc, struct np_case *ret)
{
	const char *allowed[NP_ARRAY_SIZE(header_keys) + 1] = { 0 };

	for (size_t i = 0; i < NP_ARRAY_SIZE(header_keys); i++)
		allowed[i] = header_keys[i].key;
	if (case_check_keys(c, doc, allowed, "the header of a case"))
		return -1;
	ret->place = case_place(c, doc);
	ret->profile = NP_STR("core");
	for (size_t i = 0; i < NP_ARRAY_SIZE(header_keys); i++) {
		const struct np_value *v = np_value_get(doc, header_keys[i].key);

		if (!v && header_keys[i].required)
			return case_refuse(c, doc, "key '%s' is missing in the header",
					   header_keys[i].key);
		if (v && header_keys[i].take(c, v, ret))
			return -1;
	}
	return 0;
}

/* --- steps --- */

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
		return case_refuse(
			c, v,
			"'%s' must be a kind and a name, such as Pod x/a or Namespace x; kinds are " CASE_KINDS,
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
	{ "delete", take_delete }, { "label", take_label },	  { "patch", take_patch },
	{ "recreate", take_recreate }, { "terminate", take_terminate }, { "wait", take_wait },
	{ "expect", take_expect },
};

static int take_step(struct casectx *c, const struct np_value *doc, struct np_step *ret)
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
	return case_refuse(
		c, doc,
		"a step is a manifest, or has one of the keys delete, label, patch, recreate, terminate, wait, "
		"expect");
}

/* --- whole files --- */

static int take_steps(struct casectx *c, const struct np_docs *docs, struct np_case *ret)
{
	const struct np_value *last = &docs->items[docs->n - 1].root;

	if (docs->n - 1 > NP_CASE_MAX_STEPS)
		return case_refuse(c, last, "more than %d steps", NP_CASE_MAX_STEPS);
	ret->n_steps = docs->n - 1;
	ret->steps = np_arena_array(c->arena, ret->n_steps, sizeof(*ret->steps));
	for (size_t i = 0; i < ret->n_steps; i++)
		if (case_check_repeats(c, &docs->items[i + 1]) ||
		    take_step(c, &docs->items[i + 1].root, &ret->steps[i]))
			return -1;
	if (!ret->n_steps || ret->steps[ret->n_steps - 1].kind != NP_STEP_EXPECT)
		return case_refuse(c, last, "the last document must be an expectation (expect: |)");
	return 0;
}

static int read_own(struct casectx *c, const char *name, struct np_docs *ret)
{
	const struct np_read_opts opts = { .file = name };

	c->file = name ? np_arena_str(c->arena, np_str_from(name)).p : NULL;
	if (np_read_yaml(c->text, &opts, ret, c->err))
		return -1;
	if (ret->n)
		return 0;
	np_docs_release(ret);
	np_err_set(c->err, NP_EPARSE, "the file is empty: a header is missing");
	return np_err_at(c->err, c->file, 1, 1);
}

/* A table that is not written down is one that nobody looked at: generated cases only. */
static int check_oracle_lines(struct casectx *c, const struct np_case *ret)
{
	for (size_t i = 0; i < ret->n_steps; i++)
		for (size_t k = 0; k < ret->steps[i].expect.n_lines; k++) {
			const struct np_expect_line *l = &ret->steps[i].expect.lines[k];

			if (l->kind != NP_EXPECT_ORACLE || ret->seed)
				continue;
			np_err_set(c->err, NP_EVALID,
				   "'oracle' is for generated cases, which have a seed");
			return np_err_at(c->err, l->place.file, l->place.line, l->place.column);
		}
	return 0;
}

static int take_case(struct casectx *c, const struct np_docs *docs, bool check_id,
		     struct np_case *ret)
{
	const struct np_doc *header = &docs->items[0];

	if (case_check_repeats(c, header) || take_header(c, &header->root, ret))
		return -1;
	if (check_id && !case_path_matches(c->file ? c->file : "", ret->id))
		return case_refuse(c, np_value_get(&header->root, "case"),
				   "case '%s' must be the end of the file's path", ret->id.p);
	return take_steps(c, docs, ret) || check_oracle_lines(c, ret) ? -1 : 0;
}

int np_casefile_parse(struct np_str text, const char *name, bool check_id, struct np_case *ret,
		      struct np_err *err)
{
	struct np_case out = { 0 };
	struct casectx c = { .arena = &out.arena, .text = text, .err = err };
	struct np_docs docs;
	int failed;

	failed = read_own(&c, name, &docs);
	if (!failed) {
		failed = take_case(&c, &docs, check_id, &out);
		np_docs_release(&docs);
	}
	if (failed)
		np_case_release(&out);
	else
		*ret = out;
	return failed;
}

static int take_objects(struct casectx *c, const struct np_docs *docs, struct np_worldfile *ret)
{
	if (docs->n - 1 > NP_CASE_MAX_STEPS)
		return case_refuse(c, &docs->items[docs->n - 1].root, "more than %d objects",
				   NP_CASE_MAX_STEPS);
	ret->n_objects = docs->n - 1;
	ret->objects = np_arena_array(c->arena, ret->n_objects, sizeof(*ret->objects));
	for (size_t i = 0; i < ret->n_objects; i++) {
		const struct np_value *doc = &docs->items[i + 1].root;
		const struct np_value *kind = np_value_get(doc, "kind");
		struct np_str s = np_value_str(kind);

		if (case_check_repeats(c, &docs->items[i + 1]))
			return -1;
		if (!kind)
			return case_refuse(
				c, doc,
				"a document behind the header must be a manifest with apiVersion and kind");
		if (!np_str_is(s, "Namespace") && !np_str_is(s, "Pod") && !np_str_is(s, "Service"))
			return case_refuse(c, kind,
					   "a world holds Namespaces, Pods and Services only");
		if (case_apply_step(c, doc, &ret->objects[i]))
			return -1;
	}
	return 0;
}

static int take_worldfile(struct casectx *c, const struct np_docs *docs, bool check_name,
			  struct np_worldfile *ret)
{
	static const char *const allowed[] = { "world", "title", "ports", NULL };
	const struct np_value *doc = &docs->items[0].root, *name, *ports, *title;
	struct np_str ignored;

	if (case_check_repeats(c, &docs->items[0]) ||
	    case_check_keys(c, doc, allowed, "the header of a world") ||
	    case_need(c, doc, "world", &name) || case_name(c, name, "world", "", &ret->name) ||
	    case_need(c, doc, "ports", &ports) || case_ports(c, ports, &ret->ports, &ret->n_ports))
		return -1;
	title = np_value_get(doc, "title");
	if (title && case_str(c, title, "title", &ignored))
		return -1;
	if (check_name && !case_path_matches(c->file ? c->file : "", ret->name))
		return case_refuse(c, name, "world '%s' must be the file's name", ret->name.p);
	return take_objects(c, docs, ret);
}

int np_worldfile_parse(struct np_str text, const char *name, bool check_name,
		       struct np_worldfile *ret, struct np_err *err)
{
	struct np_worldfile out = { 0 };
	struct casectx c = { .arena = &out.arena, .text = text, .err = err };
	struct np_docs docs;
	int failed;

	failed = read_own(&c, name, &docs);
	if (!failed) {
		failed = take_worldfile(&c, &docs, check_name, &out);
		np_docs_release(&docs);
	}
	if (failed)
		np_worldfile_release(&out);
	else
		*ret = out;
	return failed;
}

int np_casefile_load(const char *path, struct np_case *ret, struct np_err *err)
{
	struct np_buf text = { 0 };
	int failed = np_file_read(path, NP_READ_MAX_BYTES, &text, err);

	if (!failed)
		failed = np_casefile_parse((struct np_str){ np_buf_text(&text), text.len }, path,
					   true, ret, err);
	np_buf_release(&text);
	return failed;
}

int np_worldfile_load(const char *path, struct np_worldfile *ret, struct np_err *err)
{
	struct np_buf text = { 0 };
	int failed = np_file_read(path, NP_READ_MAX_BYTES, &text, err);

	if (!failed)
		failed = np_worldfile_parse((struct np_str){ np_buf_text(&text), text.len }, path,
					    true, ret, err);
	np_buf_release(&text);
	return failed;
}
