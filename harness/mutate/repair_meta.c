/* repair_meta.c - metadata (semantics 3.3). */
#include "repair.h"

#include "np/base/mem.h"
#include "np/base/utf8.h"

#define ANNOTATIONS_MAX_BYTES (256U << 10)

static void fix_text(struct mstate *s, struct mnode *meta, const char *field,
		     bool (*good)(struct np_str))
{
	struct mnode *n = mnode_present(meta, field);

	if (n && !good(n->text))
		mnode_replace(n, mgen(s, n->type));
}

/* A prefix that ends in '-' is looked at as if more came behind it. */
static bool good_prefix(struct np_str s)
{
	char text[256];

	if (s.n < 2 || s.p[s.n - 1] != '-')
		return !s.n || mtext_subdomain(s);
	if (s.n > sizeof(text))
		return false;
	memcpy(text, s.p, s.n - 1);
	text[s.n - 2] = 'a';
	return mtext_subdomain((struct np_str){ text, s.n - 1 });
}

static bool lower_key(struct np_str key)
{
	char text[320];

	if (key.n > sizeof(text))
		return false;
	for (size_t i = 0; i < key.n; i++)
		text[i] = key.p[i] >= 'A' && key.p[i] <= 'Z' ? (char)(key.p[i] | 0x20) : key.p[i];
	return mtext_label_key((struct np_str){ text, key.n });
}

static void fix_annotations(struct mstate *s, struct mnode *map)
{
	size_t bytes = 0;

	for (struct mnode *k = map->first, *next; k; k = next) {
		next = k->next;
		k->type = MT_ANNOTATION;
		if (k->key_raw || !lower_key(k->key)) {
			k->key = mgen_key(s, MT_LABEL_KEY, true);
			k->key_raw = false;
		}
		if (k->kind != MK_NULL && (k->kind != MK_STRING || !np_utf8_valid(k->text)))
			mnode_replace(k, mgen(s, MT_ANNOTATION));
		bytes += k->key.n + k->text.n;
		if (bytes > ANNOTATIONS_MAX_BYTES)
			mnode_remove(k);
	}
	mrepair_repeated(s, map);
}

static bool good_finalizer(struct np_str s)
{
	static const char *const plain[] = { "kubernetes", "orphan", "foregroundDeletion" };

	if (s.n && memchr(s.p, '/', s.n))
		return mtext_label_key(s);
	for (size_t i = 0; i < NP_ARRAY_SIZE(plain); i++)
		if (np_str_is(s, plain[i]))
			return true;
	return false;
}

/* Bad ones go; of orphan and foregroundDeletion the first stays. */
static void fix_finalizers(struct mnode *list)
{
	const struct mnode *kept = NULL;

	for (struct mnode *k = list->first, *next; k; k = next) {
		bool special = mnode_is(k, "orphan") || mnode_is(k, "foregroundDeletion");

		next = k->next;
		k->type = MT_FINALIZER;
		if (k->kind != MK_STRING || !good_finalizer(k->text) ||
		    (special && kept && !np_str_eq(kept->text, k->text)))
			mnode_remove(k);
		else if (special && !kept)
			kept = k;
	}
}

static void drop_server_fields(struct mnode *meta)
{
	for (struct mnode *k = meta->first, *next; k; k = next) {
		next = k->next;
		if (k->type == MT_SERVER && k->kind != MK_NULL)
			mnode_remove(k);
	}
}

/* The name that a prefix makes has at most 58 bytes of it. */
static void fix_name(struct mstate *s, struct mnode *meta)
{
	struct mnode *name = mneed_field(s, meta, "name");

	if (!mtext_subdomain(name->text))
		mnode_replace(name, mgen(s, MT_NAME));
}

void mrepair_meta(struct mstate *s, struct mnode *meta)
{
	struct mnode *n;

	drop_server_fields(meta);
	fix_name(s, meta);
	fix_text(s, meta, "generateName", good_prefix);
	n = mnode_present(meta, "namespace");
	if (n && n->text.n && !mtext_dns_label(n->text))
		mnode_remove(n);
	n = mnode_present(meta, "annotations");
	if (n)
		fix_annotations(s, n);
	n = mnode_present(meta, "finalizers");
	if (n)
		fix_finalizers(n);
}
