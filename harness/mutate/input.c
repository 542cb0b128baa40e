/* input.c - bytes to a tree. */
#include "input.h"

#include "read.h"
#include "schema.h"

bool minput_is_json(struct np_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!memchr(" \t\r\n", text.p[i], 4))
			return text.p[i] == '{' || text.p[i] == '[';
	return true;
}

static bool convert(struct minput *in, const struct np_mutate_opts *opts, struct np_str text)
{
	if (in->known && in->text.len == text.n &&
	    memcmp(np_buf_text(&in->text), text.p, text.n) == 0)
		return in->good;
	np_buf_clear(&in->text);
	np_buf_clear(&in->json);
	np_buf_addstr(&in->text, text);
	in->known = true;
	in->good = opts->yaml_to_json(text, NP_MUTATE_MAX_DEPTH, &in->json, NULL) == 0;
	return in->good;
}

struct mnode *minput_read(struct minput *in, const struct np_mutate_opts *opts, struct np_arena *a,
			  struct np_str text)
{
	struct mnode *root;

	if (!text.n || text.n > NP_MUTATE_MAX_INPUT)
		return NULL;
	root = mread_json(a, text);
	if (!root && opts->yaml_to_json && convert(in, opts, text))
		root = mread_json(a, (struct np_str){ np_buf_text(&in->json), in->json.len });
	/* A lone scalar is YAML, but no document. */
	if (!root || (root->kind != MK_MAP && root->kind != MK_LIST))
		return NULL;
	mschema_assign(root);
	return root;
}

void minput_release(struct minput *in)
{
	np_buf_release(&in->text);
	np_buf_release(&in->json);
}
