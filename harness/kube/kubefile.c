/* kubefile.c - layer kube: reading kubeconfig files and finding things in them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "codec.h"
#include "kubefile.h"
#include "np/base/file.h"
#include "np/base/mem.h"

/* As NP_EUSAGE: it is what the user named. The size limit stays what it is. */
static int read_named(const char *path, struct np_buf *b, struct np_err *err)
{
	struct np_err why = { .code = NP_OK };

	if (!np_file_read(path, NP_KUBE_FILE_MAX, b, &why))
		return 0;
	if (why.code != NP_ELIMIT)
		why.code = NP_EUSAGE;
	if (err)
		*err = why;
	return -1;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return np_xstrdup(".");
	return np_xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int load_one(struct np_kube_files *f, const char *path, struct np_err *err)
{
	struct np_buf text = { NULL, 0, 0 };
	struct np_kube_doc doc;
	struct np_kube_node root;
	int rc;

	if (f->n >= NP_KUBE_CONFIG_FILES)
		return np_err_set(err, NP_ELIMIT, "more than %d files in KUBECONFIG",
				  NP_KUBE_CONFIG_FILES);
	if (read_named(path, &text, err)) {
		np_buf_release(&text);
		return -1;
	}
	rc = np_kube_doc_parse((struct np_str){ np_buf_text(&text), text.len }, &doc, err);
	np_buf_release(&text);
	if (rc)
		return np_err_at(err, path, 0, 0);
	f->v = np_grow(f->v, &f->cap, f->n, sizeof(*f->v));
	f->v[f->n] = (struct np_kube_file){ np_xstrdup(path), folder_of(path), doc };
	root = np_kube_node_root(&f->v[f->n++]);
	return np_kube_node_is_object(&root, err);
}

static int load_list(struct np_kube_files *f, const char *list, struct np_err *err)
{
	unsigned n_named = 0;

	while (*list) {
		size_t n = strcspn(list, ":");
		np_auto_free char *path = np_xstrndup(list, n);

		list += n + (list[n] == ':');
		n_named += n > 0;
		if (n && !access(path, F_OK) && load_one(f, path, err))
			return -1;
	}
	if (f->n)
		return 0;
	return np_err_set(err, NP_EUSAGE, n_named ? "no file that KUBECONFIG names exists" :
			  "KUBECONFIG names no file");
}

int np_kube_files_load(const struct np_kube_load *load, struct np_kube_files *ret,
		       struct np_err *err)
{
	const char *list = load->kubeconfig_env ? load->kubeconfig_env : getenv("KUBECONFIG");
	const char *home = load->home ? load->home : getenv("HOME");
	struct np_kube_files f = { NULL, 0, 0 };
	np_auto_free char *usual = NULL;
	int rc;

	if (load->path) {
		rc = load_one(&f, load->path, err);
	} else if (list && *list) {
		rc = load_list(&f, list, err);
	} else if (!home || !*home) {
		rc = np_err_set(err, NP_EUSAGE,
				"no kubeconfig: neither KUBECONFIG nor HOME is set");
	} else {
		usual = np_xasprintf("%s/.kube/config", home);
		rc = load_one(&f, usual, err);
	}
	if (rc) {
		np_kube_files_release(&f);
		return -1;
	}
	*ret = f;
	return 0;
}

void np_kube_files_release(struct np_kube_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].path);
		free(f->v[i].dir);
		np_kube_doc_release(&f->v[i].doc);
	}
	free(f->v);
	*f = (struct np_kube_files){ NULL, 0, 0 };
}

int np_kube_node_err(const struct np_kube_node *n, struct np_err *err, enum np_errcode code,
		     const char *fmt, ...)
{
	char msg[NP_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	np_err_set(err, code, "%s", msg);
	np_err_at(err, n->file->path, 0, 0);
	np_kube_doc_at(&n->file->doc, n->parent, err);
	np_kube_doc_at(&n->file->doc, n->value, err);
	return *n->path ? np_err_path(err, "%s", n->path) : -1;
}

/* A path that is too long for its place is cut: it is for messages only. */
static void __attribute__((format(printf, 2, 3)))
set_path(struct np_kube_node *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n->path, sizeof(n->path), fmt, ap);
	va_end(ap);
}

struct np_kube_node np_kube_node_root(const struct np_kube_file *f)
{
	return (struct np_kube_node){ .file = f, .value = f->doc.root };
}

struct np_kube_node np_kube_node_get(const struct np_kube_node *n, const char *key)
{
	struct np_kube_node ret = { .file = n->file, .parent = n->value };
	const json_t *v = json_object_get(n->value, key);

	ret.value = json_is_null(v) ? NULL : v;
	set_path(&ret, "%s%s%s", n->path, *n->path ? "." : "", key);
	return ret;
}

struct np_kube_node np_kube_node_item(const struct np_kube_node *n, size_t i)
{
	struct np_kube_node ret = { .file = n->file, .parent = n->value };

	ret.value = json_array_get(n->value, i);
	set_path(&ret, "%s[%zu]", n->path, i);
	return ret;
}

int np_kube_node_is_object(const struct np_kube_node *n, struct np_err *err)
{
	if (!n->value || json_is_object(n->value))
		return 0;
	return np_kube_node_err(n, err, NP_EPARSE, "must be a mapping");
}

int np_kube_node_is_array(const struct np_kube_node *n, struct np_err *err)
{
	if (!n->value || json_is_array(n->value))
		return 0;
	return np_kube_node_err(n, err, NP_EPARSE, "must be a list");
}

static int copy_text(const struct np_kube_node *n, struct np_arena *a, struct np_str *ret,
		     struct np_err *err)
{
	struct np_str s;

	if (!json_is_string(n->value))
		return np_kube_node_err(n, err, NP_EPARSE, "must be text");
	s = (struct np_str){ json_string_value(n->value), json_string_length(n->value) };
	if (memchr(s.p, 0, s.n))
		return np_kube_node_err(n, err, NP_EPARSE, "holds a NUL");
	*ret = np_arena_str(a, s);
	return 0;
}

int np_kube_node_text(const struct np_kube_node *n, const char *key, struct np_arena *a,
		      struct np_str *ret, struct np_err *err)
{
	struct np_kube_node m = np_kube_node_get(n, key);
	struct np_str s = NP_STR_NONE;

	if (m.value && copy_text(&m, a, &s, err))
		return -1;
	*ret = s.n ? s : NP_STR_NONE;
	return 0;
}

int np_kube_node_bool(const struct np_kube_node *n, const char *key, bool *ret, struct np_err *err)
{
	struct np_kube_node m = np_kube_node_get(n, key);

	if (m.value && !json_is_boolean(m.value))
		return np_kube_node_err(&m, err, NP_EPARSE, "must be true or false");
	*ret = json_is_true(m.value);
	return 0;
}

int np_kube_node_texts(const struct np_kube_node *n, const char *key, struct np_arena *a,
		       struct np_str **ret, size_t *ret_n, struct np_err *err)
{
	struct np_kube_node m = np_kube_node_get(n, key);
	size_t count = json_array_size(m.value);
	struct np_str *v;

	if (np_kube_node_is_array(&m, err))
		return -1;
	if (count > NP_KUBE_CONFIG_ENTRIES)
		return np_kube_node_err(&m, err, NP_ELIMIT, "more than %d items",
					NP_KUBE_CONFIG_ENTRIES);
	v = count ? np_arena_array(a, count, sizeof(*v)) : NULL;
	for (size_t i = 0; i < count; i++) {
		struct np_kube_node item = np_kube_node_item(&m, i);

		if (copy_text(&item, a, &v[i], err))
			return -1;
	}
	*ret = v;
	*ret_n = count;
	return 0;
}

struct np_str np_kube_node_resolve(const struct np_kube_node *n, struct np_str path,
				   struct np_arena *a)
{
	if (!path.n || path.p[0] == '/')
		return path;
	return np_arena_printf(a, "%s/%s", n->file->dir, path.p);
}

static int decode(const struct np_kube_node *n, struct np_str data, struct np_buf *b,
		  struct np_err *err)
{
	if (!np_kube_base64_decode(data, b))
		return np_kube_node_err(n, err, NP_EPARSE, "is not base64");
	return 0;
}

static int read_file(const struct np_kube_node *n, struct np_str path, struct np_buf *b,
		     struct np_err *err)
{
	struct np_err why = { .code = NP_OK };

	if (!read_named(path.p, b, &why))
		return 0;
	return np_kube_node_err(n, err, why.code, "'%s': %s", path.p, why.msg);
}

int np_kube_node_blob(const struct np_kube_node *n, const char *data_key, const char *file_key,
		      struct np_arena *a, struct np_str *ret, struct np_err *err)
{
	struct np_kube_node at_data = np_kube_node_get(n, data_key);
	struct np_kube_node at_file = np_kube_node_get(n, file_key);
	struct np_buf b = { NULL, 0, 0 };
	struct np_str data, path;
	int rc = 0;

	if (np_kube_node_text(n, data_key, a, &data, err) ||
	    np_kube_node_text(n, file_key, a, &path, err))
		return -1;
	if (data.n)
		rc = decode(&at_data, data, &b, err);
	else if (path.n)
		rc = read_file(&at_file, np_kube_node_resolve(n, path, a), &b, err);
	if (!rc && (data.n || path.n) && !strstr(np_buf_text(&b), "-----BEGIN "))
		rc = np_kube_node_err(data.n ? &at_data : &at_file, err, NP_EPARSE,
				      "holds no PEM block");
	if (!rc)
		*ret = b.len ? np_arena_str(a, (struct np_str){ b.data, b.len }) : NP_STR_NONE;
	np_buf_release(&b);
	return rc;
}

int np_kube_files_entry(const struct np_kube_files *f, const char *list, const char *member,
			const char *name, struct np_kube_node *ret, struct np_err *err)
{
	for (size_t i = 0; i < f->n; i++) {
		struct np_kube_node root = np_kube_node_root(&f->v[i]);
		struct np_kube_node arr = np_kube_node_get(&root, list);

		for (size_t k = 0; k < json_array_size(arr.value); k++) {
			struct np_kube_node item = np_kube_node_item(&arr, k);
			const char *is = json_string_value(json_object_get(item.value, "name"));

			if (!is || strcmp(is, name))
				continue;
			*ret = np_kube_node_get(&item, member);
			return np_kube_node_is_object(ret, err);
		}
	}
	return 1;
}

static int check_item(const struct np_kube_node *arr, size_t i, struct np_err *err)
{
	struct np_kube_node item = np_kube_node_item(arr, i);
	struct np_kube_node name = np_kube_node_get(&item, "name");

	if (!json_is_object(item.value))
		return np_kube_node_err(&item, err, NP_EPARSE, "must be a mapping");
	if (!json_is_string(name.value))
		return np_kube_node_err(&name, err, NP_EPARSE, "must be text");
	for (size_t k = 0; k < i; k++)
		if (json_equal(json_object_get(json_array_get(arr->value, k), "name"), name.value))
			return np_kube_node_err(&name, err, NP_EPARSE, "stands there twice");
	return 0;
}

int np_kube_files_check(const struct np_kube_files *f, struct np_err *err)
{
	static const char *const lists[] = { "clusters", "users", "contexts" };

	for (size_t i = 0; i < f->n * NP_ARRAY_SIZE(lists); i++) {
		struct np_kube_node root = np_kube_node_root(&f->v[i / NP_ARRAY_SIZE(lists)]);
		struct np_kube_node arr = np_kube_node_get(&root, lists[i % NP_ARRAY_SIZE(lists)]);
		size_t n = json_array_size(arr.value);

		if (np_kube_node_is_array(&arr, err))
			return -1;
		if (n > NP_KUBE_CONFIG_ENTRIES)
			return np_kube_node_err(&arr, err, NP_ELIMIT, "more than %d entries",
						NP_KUBE_CONFIG_ENTRIES);
		for (size_t k = 0; k < n; k++)
			if (check_item(&arr, k, err))
				return -1;
	}
	return 0;
}
