/* mutate_inputs.c - files to documents, each as one JSON text. */
#include "mutate.h"

#include "np/base/file.h"
#include "np/base/mem.h"
#include "np/parse/encode.h"
#include "np/parse/read.h"

static const char *const suffixes[] = { ".yaml", ".yml", ".json", NULL };

static void add(struct mutate_inputs *in, struct np_str text)
{
	in->items = np_grow(in->items, &in->cap, in->n, sizeof(*in->items));
	in->items[in->n++] = np_arena_str(&in->arena, text);
	in->total_bytes += text.n;
}

/* A policy, or something that holds policies. */
static bool is_wanted(const struct np_value *root)
{
	struct np_str kind = np_value_str(np_value_get(root, "kind"));

	return root->kind == NP_VALUE_MAP &&
	       (!kind.n || np_str_is(kind, "NetworkPolicy") || np_str_is(kind, "List") ||
		np_str_is(kind, "NetworkPolicyList"));
}

static bool starts_as_json(struct np_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!memchr(" \t\r\n", text.p[i], 4))
			return text.p[i] == '{';
	return false;
}

/* As kubectl: what is not JSON after all is tried as YAML, and then it is YAML's error that counts.
 */
static int read_documents(struct np_str text, const char *path, struct np_docs *ret,
			  struct np_err *err)
{
	const struct np_read_opts opts = { .file = path,
					   .max_bytes = MUTATE_MAX_INPUT_BYTES,
					   .many = true };

	if (starts_as_json(text) && np_read_json(text, &opts, ret, err) == 0)
		return 0;
	return np_read_yaml(text, &opts, ret, err);
}

static int add_documents(struct mutate_inputs *in, const struct np_docs *docs, bool hostile,
			 struct np_err *err)
{
	struct np_buf b = { 0 };
	int rc = 0;

	for (size_t i = 0; i < docs->n && rc == 0; i++) {
		const struct np_doc *d = &docs->items[i];

		if (d->empty || (!hostile && !is_wanted(&d->root)))
			continue;
		np_buf_clear(&b);
		rc = np_encode_json(&d->root, 0, &b, err);
		if (rc == 0)
			add(in, (struct np_str){ np_buf_text(&b), b.len });
	}
	np_buf_release(&b);
	return rc;
}

static int add_file(struct mutate_inputs *in, const char *path, bool hostile, struct np_err *err)
{
	struct np_buf text = { 0 };
	struct np_docs docs;
	int rc = np_file_read(path, MUTATE_MAX_INPUT_BYTES - in->total_bytes, &text, err);

	if (rc < 0) {
		/* A path on the command line that cannot be read is the user's mistake. */
		if (err->code == NP_EIO)
			err->code = NP_EUSAGE;
		return -1;
	}
	if (read_documents((struct np_str){ np_buf_text(&text), text.len }, path, &docs, err) ==
	    0) {
		rc = add_documents(in, &docs, hostile, err);
		np_docs_release(&docs);
	} else if (hostile && text.len) {
		add(in, (struct np_str){ text.data, text.len });
	} else {
		rc = -1;
	}
	np_buf_release(&text);
	return rc;
}

static int add_path(struct mutate_inputs *in, const char *path, bool hostile, struct np_err *err)
{
	char **files;
	size_t n;
	int rc = 0;

	if (!np_is_dir(path))
		return add_file(in, path, hostile, err);
	if (np_files_list(path, hostile ? NULL : suffixes, &files, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_file(in, files[i], hostile, err);
	np_files_free(files);
	return rc;
}

int mutate_inputs_load(const struct np_strings *paths, bool hostile, struct mutate_inputs *in,
		       struct np_err *err)
{
	for (size_t i = 0; i < paths->n; i++)
		if (add_path(in, paths->items[i], hostile, err) < 0)
			return -1;
	if (!in->n)
		return np_err_set(err, NP_EUSAGE, "no NetworkPolicy in '%.300s'%s", paths->items[0],
				  paths->n > 1 ? " and the others" : "");
	return 0;
}

void mutate_inputs_builtin(struct mutate_inputs *in)
{
	size_t n;
	const struct np_str *seeds = np_mutate_seeds(&n);

	for (size_t i = 0; i < n; i++)
		add(in, seeds[i]);
}

void mutate_inputs_release(struct mutate_inputs *in)
{
	np_arena_release(&in->arena);
	free(in->items);
}
