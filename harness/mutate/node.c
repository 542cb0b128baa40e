/* node.c - links of the tree. */
#include "node.h"

struct mnode *mnode_new(struct np_arena *a, enum mkind kind, unsigned type)
{
	struct mnode *n = np_arena_alloc(a, sizeof(*n));

	n->kind = (uint8_t)kind;
	n->type = (uint8_t)type;
	return n;
}

struct mnode *mnode_string(struct np_arena *a, struct np_str text, unsigned type)
{
	struct mnode *n = mnode_new(a, MK_STRING, type);

	n->text = text;
	return n;
}

struct mnode *mnode_number(struct np_arena *a, long long value, unsigned type)
{
	struct mnode *n = mnode_new(a, MK_NUMBER, type);
	char buf[24], *p = buf + sizeof(buf);
	unsigned long long v =
		value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	if (value < 0)
		*--p = '-';
	n->text = np_arena_str(a, (struct np_str){ p, (size_t)(buf + sizeof(buf) - p) });
	return n;
}

struct mnode *mnode_copy(struct np_arena *a, const struct mnode *node)
{
	struct mnode *top = NULL, *parent = NULL;
	const struct mnode *from = node;

	for (;;) {
		struct mnode *n = np_arena_alloc(a, sizeof(*n));

		n->key = from->key;
		n->text = from->text;
		n->kind = from->kind;
		n->type = from->type;
		n->key_raw = from->key_raw;
		if (parent)
			mnode_append(parent, n);
		else
			top = n;
		if (from->first) {
			from = from->first;
			parent = n;
			continue;
		}
		while (from != node && !from->next) {
			from = from->parent;
			parent = parent->parent;
		}
		if (from == node)
			return top;
		from = from->next;
	}
}

void mnode_insert(struct mnode *parent, struct mnode *at, struct mnode *node)
{
	node->parent = parent;
	node->next = at;
	node->prev = at ? at->prev : parent->last;
	if (node->prev)
		node->prev->next = node;
	else
		parent->first = node;
	if (at)
		at->prev = node;
	else
		parent->last = node;
	parent->n++;
}

void mnode_set(struct mnode *map, const char *key, struct mnode *node)
{
	node->key = np_str_from(key);
	mnode_append(map, node);
}

void mnode_remove(struct mnode *node)
{
	struct mnode *p = node->parent;

	if (!p)
		return;
	if (node->prev)
		node->prev->next = node->next;
	else
		p->first = node->next;
	if (node->next)
		node->next->prev = node->prev;
	else
		p->last = node->prev;
	p->n--;
	node->parent = node->prev = node->next = NULL;
}

/* What a node holds, without its place. */
struct content {
	struct mnode *first, *last;
	struct np_str text;
	uint32_t n;
	uint8_t kind, type;
};

static struct content content_of(const struct mnode *n)
{
	return (struct content){ n->first, n->last, n->text, n->n, n->kind, n->type };
}

static void put_content(struct mnode *n, const struct content *c)
{
	n->first = c->first;
	n->last = c->last;
	n->text = c->text;
	n->n = c->n;
	n->kind = c->kind;
	n->type = c->type;
	for (struct mnode *k = n->first; k; k = k->next)
		k->parent = n;
}

void mnode_replace(struct mnode *node, struct mnode *with)
{
	struct content c = content_of(with);

	put_content(node, &c);
}

void mnode_swap(struct mnode *a, struct mnode *b)
{
	struct content x = content_of(a), y = content_of(b);

	put_content(a, &y);
	put_content(b, &x);
}

void mnode_become(struct mnode *node, enum mkind kind, struct np_str text)
{
	node->first = node->last = NULL;
	node->n = 0;
	node->kind = (uint8_t)kind;
	node->text = text;
}

struct mnode *mnode_get(const struct mnode *map, const char *key)
{
	size_t n = strlen(key);

	if (!map || map->kind != MK_MAP)
		return NULL;
	for (struct mnode *k = map->last; k; k = k->prev)
		if (k->key.n == n && memcmp(k->key.p, key, n) == 0)
			return k;
	return NULL;
}

struct mnode *mnode_present(const struct mnode *map, const char *key)
{
	struct mnode *n = mnode_get(map, key);

	return n && n->kind != MK_NULL ? n : NULL;
}

struct mnode *mnode_at(const struct mnode *list, size_t index)
{
	struct mnode *k = list->first;

	while (k && index--)
		k = k->next;
	return k;
}

bool mnode_within(const struct mnode *node, const struct mnode *top)
{
	while (node && node != top)
		node = node->parent;
	return node;
}

/* The one after @node and all that it holds. */
static struct mnode *after(const struct mnode *node, const struct mnode *top)
{
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

struct mnode *mnode_next(const struct mnode *node, const struct mnode *top)
{
	return node->first ? node->first : after(node, top);
}

#define PATH_LEVELS 64

void mnode_path(const struct mnode *node, const struct mnode *top, struct np_buf *b)
{
	const struct mnode *up[PATH_LEVELS];
	size_t n = 0;

	for (; node != top && node->parent && n < PATH_LEVELS; node = node->parent)
		up[n++] = node;
	while (n--) {
		size_t index = 0;

		if (up[n]->parent->kind == MK_MAP) {
			if (b->len)
				np_buf_addc(b, '.');
			np_buf_addstr(b, up[n]->key);
			continue;
		}
		for (const struct mnode *k = up[n]->prev; k; k = k->prev)
			index++;
		np_buf_printf(b, "[%zu]", index);
	}
}
