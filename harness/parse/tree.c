/* tree.c - reading trees by key and path, and changing copies of them. */
#include "np/parse/tree.h"

#include "np/base/mem.h"

const char *np_value_kind_name(enum np_value_kind kind)
{
	static const char *const names[] = {
		[NP_VALUE_NULL] = "null",	[NP_VALUE_BOOL] = "a boolean",
		[NP_VALUE_INT] = "an integer",	[NP_VALUE_FLOAT] = "a number",
		[NP_VALUE_STRING] = "a string", [NP_VALUE_LIST] = "a list",
		[NP_VALUE_MAP] = "a map",
	};

	return names[kind];
}

void np_docs_release(struct np_docs *docs)
{
	if (!docs)
		return;
	np_arena_release(&docs->arena);
	*docs = (struct np_docs){ 0 };
}

const struct np_pair *np_value_pair(const struct np_value *map, struct np_str key)
{
	if (!map || map->kind != NP_VALUE_MAP)
		return NULL;
	for (uint32_t i = map->n; i-- > 0;)
		if (np_str_eq(map->pairs[i].key, key))
			return &map->pairs[i];
	return NULL;
}

const struct np_value *np_value_get(const struct np_value *map, const char *key)
{
	const struct np_pair *pair = np_value_pair(map, np_str_from(key));

	return pair ? &pair->value : NULL;
}

struct np_str np_value_str(const struct np_value *value)
{
	return value && value->kind == NP_VALUE_STRING ? value->text : NP_STR_NONE;
}

/* One step of a path: a key, or an index when key.p is NULL. */
struct path_step {
	struct np_str key;
	size_t index;
};

/* "[12]" or "[\"key\"]" at *@p. */
static bool take_bracket(const char **p, struct path_step *ret)
{
	const char *start = *p + 1, *end;
	unsigned long long index;

	if (*start == '"') {
		end = strchr(++start, '"');
		if (!end || end[1] != ']')
			return false;
		*ret = (struct path_step){ .key = { start, (size_t)(end - start) } };
		*p = end + 2;
		return true;
	}
	end = strchr(start, ']');
	if (!end ||
	    !np_str_u64((struct np_str){ start, (size_t)(end - start) }, UINT32_MAX, &index))
		return false;
	*ret = (struct path_step){ .index = (size_t)index };
	*p = end + 1;
	return true;
}

/* The step at *@p, which is not at the end; @first tells that no '.' stands before a key. */
static bool take_step(const char **p, bool first, struct path_step *ret)
{
	size_t n;

	if (**p == '[')
		return take_bracket(p, ret);
	if (!first && *(*p)++ != '.')
		return false;
	n = strcspn(*p, ".[");
	if (n == 0)
		return false;
	*ret = (struct path_step){ .key = { *p, n } };
	*p += n;
	return true;
}

static const struct np_value *child(const struct np_value *v, const struct path_step *s)
{
	const struct np_pair *pair;

	if (!s->key.p)
		return v->kind == NP_VALUE_LIST && s->index < v->n ? &v->items[s->index] : NULL;
	pair = np_value_pair(v, s->key);
	return pair ? &pair->value : NULL;
}

const struct np_value *np_value_at(const struct np_value *root, const char *path)
{
	const char *p = path;
	struct path_step s;

	while (root && *p)
		root = take_step(&p, p == path, &s) ? child(root, &s) : NULL;
	return root;
}

struct np_value np_value_string(struct np_arena *arena, struct np_str text)
{
	return (struct np_value){
		.kind = NP_VALUE_STRING,
		.quoted = true,
		.text = np_arena_str(arena, text.p ? text : NP_STR("")),
	};
}

struct np_value np_value_integer(struct np_arena *arena, long long value)
{
	return (struct np_value){ .kind = NP_VALUE_INT,
				  .text = np_arena_printf(arena, "%lld", value) };
}

struct np_value np_value_boolean(bool truth)
{
	return (struct np_value){ .kind = NP_VALUE_BOOL, .truth = truth };
}

struct np_value np_value_map(void)
{
	return (struct np_value){ .kind = NP_VALUE_MAP, .height = 1 };
}

struct np_value np_value_list(void)
{
	return (struct np_value){ .kind = NP_VALUE_LIST, .height = 1 };
}

/* A copy of @map whose pairs may be changed, without @key but with room for it at the end. */
static struct np_pair *copy_without(struct np_arena *arena, struct np_value *map, struct np_str key)
{
	struct np_pair *pairs = np_arena_array(arena, (size_t)map->n + 1, sizeof(*pairs));
	uint32_t n = 0;

	for (uint32_t i = 0; i < map->n; i++)
		if (!np_str_eq(map->pairs[i].key, key))
			pairs[n++] = map->pairs[i];
	map->pairs = pairs;
	map->n = n;
	return &pairs[n];
}

/* The slot of @key in @map, in its old position when it had one; its old value is kept in it. */
static struct np_value *own_pair(struct np_arena *arena, struct np_value *map, struct np_str key)
{
	const struct np_pair *old = np_value_pair(map, key);
	struct np_pair kept = { .key_kind = NP_VALUE_STRING }, *slot;
	uint32_t at = map->n;

	if (old) {
		kept = *old;
		kept.duplicate = kept.overridden = kept.merged = false;
		for (at = 0; !np_str_eq(map->pairs[at].key, key);)
			at++;
	} else {
		kept.key = np_arena_str(arena, key);
	}
	slot = copy_without(arena, map, key);
	memmove(map->pairs + at + 1, map->pairs + at, (size_t)(map->n - at) * sizeof(*slot));
	map->pairs[at] = kept;
	map->n++;
	return &map->pairs[at].value;
}

static struct np_value *own_item(struct np_arena *arena, struct np_value *list, size_t index)
{
	struct np_value *items = np_arena_array(arena, (size_t)list->n + 1, sizeof(*items));

	if (index > list->n)
		return NULL;
	if (list->n)
		memcpy(items, list->items, list->n * sizeof(*items));
	list->items = items;
	list->n += index == list->n;
	return &items[index];
}

/*
 * The slot one step below @v, copied so that it may be changed; null becomes an empty map or list
 * first.
 */
static struct np_value *own_child(struct np_arena *arena, struct np_value *v,
				  const struct path_step *s)
{
	if (v->kind == NP_VALUE_NULL)
		*v = s->key.p ? np_value_map() : np_value_list();
	if (s->key.p && v->kind == NP_VALUE_MAP)
		return own_pair(arena, v, s->key);
	if (!s->key.p && v->kind == NP_VALUE_LIST)
		return own_item(arena, v, s->index);
	return NULL;
}

/* How many steps @path has; -1 when it is malformed. */
static long count_steps(const char *path)
{
	const char *p = path;
	struct path_step s;
	long n = 0;

	for (; *p; n++)
		if (!take_step(&p, p == path, &s))
			return -1;
	return n;
}

int np_value_set(struct np_arena *arena, struct np_value *root, const char *path,
		 struct np_value value, struct np_err *err)
{
	struct np_value changed = *root, *v = &changed;
	long left = count_steps(path);
	const char *p = path;
	struct path_step s;

	if (left < 0)
		return np_err_set(err, NP_EUSAGE, "malformed path '%s'", path);
	if (left + value.height > NP_VALUE_MAX_HEIGHT)
		return np_err_set(err, NP_ELIMIT, "more than %d levels", NP_VALUE_MAX_HEIGHT);
	for (; *p; left--) {
		struct np_value *parent = v;

		take_step(&p, p == path, &s);
		v = own_child(arena, parent, &s);
		if (!v)
			return np_err_set(err, NP_EUSAGE, "path '%s' does not fit the document",
					  path);
		if (parent->height < value.height + left)
			parent->height = (uint16_t)(value.height + left);
	}
	*v = value;
	*root = changed;
	return 0;
}

static void drop_item(struct np_arena *arena, struct np_value *list, size_t index)
{
	if (index >= list->n)
		return;
	own_item(arena, list, index);
	memmove(list->items + index, list->items + index + 1,
		(list->n - index - 1) * sizeof(*list->items));
	list->n--;
}

/* The part of @path before its last step, and that step. */
static bool split_path(const char *path, size_t *ret_n, struct path_step *ret_last)
{
	const char *p = path, *start = path;

	if (!*path)
		return false;
	while (*p) {
		start = p;
		if (!take_step(&p, p == path, ret_last))
			return false;
	}
	*ret_n = (size_t)(start - path);
	return true;
}

int np_value_remove(struct np_arena *arena, struct np_value *root, const char *path,
		    struct np_err *err)
{
	const struct np_value *parent;
	struct path_step last;
	struct np_value copy;
	size_t n;

	if (!split_path(path, &n, &last))
		return np_err_set(err, NP_EUSAGE, "malformed path '%s'", path);
	np_auto_free char *parent_path = np_xstrndup(path, n);

	parent = np_value_at(root, parent_path);
	if (!parent || !child(parent, &last))
		return 0;
	copy = *parent;
	if (last.key.p)
		copy_without(arena, &copy, last.key);
	else
		drop_item(arena, &copy, last.index);
	return np_value_set(arena, root, parent_path, copy, err);
}
