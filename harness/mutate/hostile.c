/* hostile.c - operators that keep no promise. */
#include "ops.h"

#include "np/base/mem.h"

/* ---- tokens ---- */

static const char *const json_tokens[] = {
	"null",
	"true",
	"false",
	"0",
	"-0",
	"-1",
	"1.5",
	"80.0",
	"8e1",
	"1E+2",
	"1e400",
	"-1e400",
	"1e-400",
	"2147483647",
	"2147483648",
	"4294967376",
	"-2147483649",
	"9223372036854775807",
	"9223372036854775808",
	"18446744073709551616",
	"00080",
	"+80",
	"0x50",
	".5",
	"5.",
	"1e",
	"-",
	"NaN",
	"Infinity",
	"\"\"",
	"\"80\"",
	"\" \"",
	"\"\\u0000\"",
	"\"\\ud800\"",
	"\"\\udfff\\ud800\"",
	"\"\\ud83d\\ude00\"",
	"\"\\x41\"",
	"\"\\u00zz\"",
	"'a'",
	"\"a\tb\"",
	"\"\xff\"",
	"\"\xc0\x80\"",
	"\"\xed\xa0\x80\"",
	"\"\xef\xbb\xbf\"",
	"\"\xe2\x80\xae\"",
	"[]",
	"{}",
	"[[]]",
	"[{}]",
	"[null]",
	"{\"\":null}",
	"[,]",
	"{,}",
	"[1,]",
	"{\"a\":1,}",
	"{\"a\"}",
	"{a:1}",
	"/**/1",
	"//",
	"tru",
	"nul",
	"\"unfinished",
	"[",
	"{",
	"]",
	"}",
	"\"a\" \"b\"",
	"\"<script>\"",
	"\"$(id)\"",
	"\"%n%s\"",
	"\"a\\nb\"",
	"\"---\"",
};

static const char *const yaml_tokens[] = {
	"~",
	"null",
	"Null",
	"true",
	"yes",
	"No",
	"y",
	"off",
	"0o17",
	"017",
	"080",
	"0x50",
	"0b101",
	"1_000",
	"8_0",
	"+80",
	"80.0",
	"8e1",
	".5",
	"80.",
	".inf",
	"-.Inf",
	".nan",
	"1e400",
	"12:30:45",
	"2001-01-01",
	"2001-12-14t21:59:43.10-05:00",
	"!!str 80",
	"!!int \"80\"",
	"!!float 80",
	"!!bool yes",
	"!!null x",
	"!!binary aGk=",
	"!!binary \"*\"",
	"!!timestamp 1",
	"!!set {a}",
	"!!omap [a: 1]",
	"!x y",
	"!<tag:x> y",
	"! 80",
	"&a x",
	"*a",
	"*missing",
	"&a [*a]",
	"&a {b: *a}",
	"{<<: {a: b}}",
	"{<<: [1]}",
	"{<<: *a}",
	"{? a : b}",
	"{? [a] : b}",
	"{a, b}",
	"[a: b]",
	"[a, , b]",
	"{: a}",
	"\"\\x41\\u0041\\U0001F600\"",
	"\"\\q\"",
	"\"a\n   b\"",
	"'it''s'",
	"'a",
	"\"a",
	"|\n   text\n",
	">-\n   folded\n",
	"|9\n  x\n",
	"a # comment",
	"a #",
	"#",
	"\t80",
	"@a",
	"`a",
	"%a",
	"- a",
	"-",
	"? a",
	": a",
	"a: b",
	"---",
	"...",
	"=",
	"<<",
	"\"\xff\"",
	"\xef\xbb\xbf",
	"\xc2\x85",
	"\xe2\x80\xa8",
	"\"\\ud800\"",
	"a:b",
	"a:",
	":a",
	"[]",
	"{}",
	"\"\"",
	"''",
	"",
	"[",
	"{",
	"]",
	"}",
	",",
};

static struct np_str pick_token(struct mstate *s)
{
	/* JSON is YAML too, most of it. */
	if (s->yaml && !mone_in(s, 3))
		return np_str_from(yaml_tokens[mbelow(s, NP_ARRAY_SIZE(yaml_tokens))]);
	return np_str_from(json_tokens[mbelow(s, NP_ARRAY_SIZE(json_tokens))]);
}

static struct mnode *pick_any(struct mstate *s)
{
	struct mnode *n = mpick(s, s->root, ~0ULL);

	/* The root only now and then. */
	return n->parent || mone_in(s, 8) ? n : NULL;
}

static bool put_token(struct mstate *s)
{
	struct mnode *n = pick_any(s);

	if (!n)
		return false;
	mnode_become(n, MK_RAW, pick_token(s));
	mlog(s, "token", mschema[n->type].name);
	return true;
}

static bool put_kind(struct mstate *s)
{
	static const enum mkind kinds[] = { MK_NULL, MK_LIST, MK_MAP, MK_STRING, MK_NUMBER };
	struct mnode *n = pick_any(s);
	enum mkind kind = kinds[mbelow(s, NP_ARRAY_SIZE(kinds))];

	if (!n)
		return false;
	mnode_become(n, kind,
		     kind == MK_STRING	 ? NP_STR("")
		     : kind == MK_NUMBER ? NP_STR("1")
					 : NP_STR_NONE);
	mlog(s, "kind", mschema[n->type].name);
	return true;
}

/* ---- what the API server refuses ---- */

static bool put_invalid(struct mstate *s)
{
	struct mnode *n = mpick(
		s, s->root, M_SCALARS | MASK(MT_NAMESPACE) | MASK(MT_KIND) | MASK(MT_API_VERSION));

	if (!n)
		return false;
	mnode_replace(n, mgen_scalar(s, n->type, false));
	mlog(s, "invalid", mschema[n->type].name);
	return true;
}

static bool put_invalid_key(struct mstate *s)
{
	struct mnode *map = mpick(s, s->root, M_LABEL_MAPS | MASK(MT_ANNOTATIONS)), *n;

	if (!map || !map->n)
		return false;
	n = mpick_child(s, map);
	n->key = mgen_key(s, MT_LABEL_KEY, false);
	mlog(s, "invalid", "labelkey");
	return true;
}

/* ---- shape ---- */

static struct mnode *pick_entry(struct mstate *s)
{
	struct mnode *n = mpick(s, s->root, ~0ULL);

	return n->parent && n->parent->kind == MK_MAP ? n : NULL;
}

static bool repeat_key(struct mstate *s)
{
	struct mnode *n = pick_entry(s), *again;

	if (!n)
		return false;
	again = mone_in(s, 2) ? mnode_copy(&s->arena, n) : mgen(s, n->type);
	again->key = n->key;
	mput_anywhere(s, n->parent, again);
	mlog(s, "repeat", mschema[n->type].name);
	return true;
}

/* Another case, a letter less, a letter more, or a token that is no name. */
static bool misspell_key(struct mstate *s)
{
	struct mnode *n = pick_entry(s);
	char *key;

	if (!n || !n->key.n || n->key.n > 300)
		return false;
	key = np_arena_alloc(&s->arena, n->key.n + 2);
	memcpy(key, n->key.p, n->key.n);
	n->key.p = key;
	switch (mbelow(s, 4)) {
	case 0:
		key[mbelow(s, n->key.n)] ^= 0x20;
		break;
	case 1:
		n->key.n--;
		break;
	case 2:
		key[n->key.n++] = 's';
		break;
	default:
		n->key = pick_token(s);
		n->key_raw = true;
	}
	mlog(s, "misspell", mschema[n->type].name);
	return true;
}

#define DEEP_MAX 3000

static bool nest(struct mstate *s)
{
	static const char *const opens[] = { "[", "{\"a\":", "[[{\"a\":", "[1," };
	static const char *const closes[] = { "]", "}", "}]]", "]" };
	struct mnode *n = pick_any(s);
	size_t i = mbelow(s, NP_ARRAY_SIZE(opens)), levels;
	bool open_only = mone_in(s, 3);
	struct np_buf b = { 0 };

	if (!n)
		return false;
	levels = 1 + mbelow(s, mone_in(s, 2) ? 100 : DEEP_MAX);
	for (size_t k = 0; k < levels; k++)
		np_buf_adds(&b, opens[i]);
	np_buf_adds(&b, "0");
	for (size_t k = 0; k < levels && !open_only; k++)
		np_buf_adds(&b, closes[i]);
	mnode_become(n, MK_RAW, np_arena_str(&s->arena, (struct np_str){ np_buf_text(&b), b.len }));
	np_buf_release(&b);
	mlog(s, "nest", mschema[n->type].name);
	return true;
}

#define LONG_MAX_BYTES 20000

static bool lengthen(struct mstate *s)
{
	struct mnode *n = pick_any(s);
	size_t len = mone_in(s, 2) ? 1 + mbelow(s, 300) : mbelow(s, LONG_MAX_BYTES);
	char *text;

	if (!n)
		return false;
	text = np_arena_alloc(&s->arena, len + 1);
	memset(text, "a0.-/:1 "[mbelow(s, 8)], len);
	if (n->key.p && mone_in(s, 3))
		n->key = (struct np_str){ text, len };
	else
		mnode_become(n, mone_in(s, 4) ? MK_RAW : MK_STRING, (struct np_str){ text, len });
	mlog(s, "long", mschema[n->type].name);
	return true;
}

#define MISPLACE_NODES 4000

/* Any subtree at any place. */
static bool misplace(struct mstate *s)
{
	struct mnode *a = pick_any(s), *b, *copy;

	if (!a)
		return false;
	b = mpick(s, mother(s), ~0ULL);
	if (s->n_found > MISPLACE_NODES)
		return false;
	copy = mnode_copy(&s->arena, b);
	mnode_replace(a, copy);
	mlog(s, "misplace", mschema[a->type].name);
	return true;
}

static bool change_bytes(struct mstate *s)
{
	struct mnode *n = mpick(s, s->root, ~0ULL);
	size_t max = n->text.n + 64;
	uint8_t *bytes;

	if (n->kind != MK_STRING)
		return false;
	bytes = np_arena_alloc(&s->arena, max);
	if (n->text.n)
		memcpy(bytes, n->text.p, n->text.n);
	n->text = (struct np_str){ (const char *)bytes, mbytes(s, bytes, n->text.n, max) };
	mlog(s, "bytes", mschema[n->type].name);
	return true;
}

/* YAML: one value by name, and its name in other places. */
static bool alias(struct mstate *s)
{
	struct mnode *a, *b;

	if (!s->yaml)
		return false;
	a = mpick(s, s->root, ~0ULL);
	b = s->found[mbelow(s, s->n_found)];
	if (a->first || !a->parent || !b->parent || a->kind != MK_STRING)
		return false;
	mnode_become(a, MK_RAW, a->text.n % 2 ? NP_STR("&x a") : NP_STR("&x {a: b}"));
	mnode_become(b, MK_RAW, NP_STR("*x"));
	if (b->parent->kind == MK_MAP && mone_in(s, 3)) {
		b->key = NP_STR("<<");
		b->key_raw = true;
	}
	mlog(s, "alias", mschema[b->type].name);
	return true;
}

static const struct {
	bool (*run)(struct mstate *s);
	uint8_t weight;
} ops[] = {
	{ put_token, 6 },  { put_kind, 5 },	{ put_invalid, 6 }, { put_invalid_key, 2 },
	{ repeat_key, 4 }, { misspell_key, 4 }, { nest, 1 },	    { lengthen, 2 },
	{ misplace, 5 },   { change_bytes, 5 }, { alias, 3 },	    { mop_any, 14 },
};

bool mop_hostile(struct mstate *s)
{
	unsigned total = 0, at;
	size_t i = 0;

	for (size_t k = 0; k < NP_ARRAY_SIZE(ops); k++)
		total += ops[k].weight;
	at = (unsigned)mbelow(s, total);
	while (at >= ops[i].weight)
		at -= ops[i++].weight;
	return ops[i].run(s);
}
