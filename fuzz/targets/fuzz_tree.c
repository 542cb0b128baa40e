/*
 * fuzz_tree.c - paths into trees: the first line is a path, the rest a JSON document. What was set is
 * there, what was removed is not, the tree stays well-formed, and the one it began as is untouched.
 */
#include "docs.h"
#include "np/parse/encode.h"

struct edit {
	struct np_arena arena;
	const struct np_docs *docs;
	struct np_str text;
	char *path;
};

static char *written(const struct np_value *v)
{
	struct np_buf b = { NULL, 0, 0 };
	struct np_err err = { .code = NP_OK };

	FUZZ_CHECK(np_encode_json(v, 0, &b, &err) == 0, "%s", err.msg);
	return np_buf_steal(&b);
}

static void check_tree(const struct edit *e, struct np_value root)
{
	struct np_doc doc = { .root = root };
	const struct np_docs docs = { .items = &doc, .n = 1 };

	fuzz_check_docs(&docs, e->text, NP_VALUE_MAX_HEIGHT + NP_JSON_MAX_DEPTH);
}

static void set(struct edit *e)
{
	struct np_value root = e->docs->items[0].root, value = np_value_integer(&e->arena, 42);
	const struct np_value *at;
	struct np_err err = { .code = NP_OK };

	if (np_value_set(&e->arena, &root, e->path, value, &err) < 0) {
		FUZZ_CHECK(err.code == NP_EUSAGE || err.code == NP_ELIMIT, "%s", err.msg);
		return;
	}
	at = np_value_at(&root, e->path);
	FUZZ_CHECK(at && at->kind == NP_VALUE_INT && np_str_is(at->text, "42"), "'%s' is not there",
		   e->path);
	check_tree(e, root);
	free(written(&root));
}

/* The value behind it, if it is of a list, takes its place. */
static void take_away(struct edit *e)
{
	struct np_value root = e->docs->items[0].root;
	const struct np_value *was = np_value_at(&root, e->path), *at;
	struct np_err err = { .code = NP_OK };
	bool index = *e->path && e->path[strlen(e->path) - 1] == ']';

	if (np_value_remove(&e->arena, &root, e->path, &err) < 0) {
		FUZZ_CHECK(err.code == NP_EUSAGE || err.code == NP_ELIMIT, "%s", err.msg);
		return;
	}
	at = np_value_at(&root, e->path);
	FUZZ_CHECK(!at || (index && at != was), "'%s' is still there", e->path);
	check_tree(e, root);
	free(written(&root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct np_str path = fuzz_until(&in, '\n');
	struct edit e = { .text = fuzz_tight(in.p, in.n) };
	struct np_docs docs = { .n = 0 };
	char *before, *after;

	if (np_read_json(e.text, &(struct np_read_opts){ .file = "input" }, &docs, NULL) == 0) {
		e.docs = &docs;
		e.path = np_xstrndup(path.p, path.n);
		before = written(&docs.items[0].root);
		set(&e);
		take_away(&e);
		after = written(&docs.items[0].root);
		FUZZ_CHECK(strcmp(before, after) == 0, "%s became %s", before, after);
		free(before);
		free(after);
		free(e.path);
		np_arena_release(&e.arena);
		np_docs_release(&docs);
	}
	fuzz_loosen(&e.text);
	return 0;
}
