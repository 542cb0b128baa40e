/* JSON merge patch and JSON patch. */
#include "patch.h"

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"

json_t *np_patch_merge(const json_t *object, const json_t *patch)
{
	json_t *ret, *value;
	const char *key;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	ret = json_is_object(object) ? json_copy((json_t *)object) : json_object();
	json_object_foreach((json_t *)patch, key, value) {
		if (json_is_null(value))
			json_object_del(ret, key);
		else
			json_object_set_new(ret, key,
					    np_patch_merge(json_object_get(object, key), value));
	}
	return ret;
}

/* ---- RFC 6901 pointers ---- */

/* The next token of *@p, unescaped, as heap text; *@p moves on. NULL at the end. */
static char *next_token(const char **p)
{
	struct np_buf b = { 0 };

	if (**p != '/')
		return NULL;
	np_buf_adds(&b, "");
	for ((*p)++; **p && **p != '/'; (*p)++) {
		if (**p == '~' && ((*p)[1] == '0' || (*p)[1] == '1'))
			np_buf_addc(&b, *++(*p) == '0' ? '~' : '/');
		else
			np_buf_addc(&b, **p);
	}
	return np_buf_steal(&b);
}

static int array_index(const json_t *list, const char *token, bool end_ok, size_t *ret)
{
	unsigned long long u;
	size_t n = json_array_size(list);

	if (end_ok && strcmp(token, "-") == 0) {
		*ret = n;
		return 0;
	}
	if (!np_str_u64(np_str_from(token), 1000000, &u) || u > n || (u == n && !end_ok))
		return -1;
	*ret = (size_t)u;
	return 0;
}

static json_t *child(const json_t *parent, const char *token)
{
	size_t i;

	if (json_is_object(parent))
		return json_object_get(parent, token);
	if (json_is_array(parent) && array_index(parent, token, false, &i) == 0)
		return json_array_get(parent, i);
	return NULL;
}

/*
 * Borrowed parent of what @path names and its last token (heap); NULL when there is no such parent.
 * "" has no parent.
 */
static json_t *parent_of(json_t *root, const char *path, char **ret_last)
{
	char *token = next_token(&path);
	json_t *at = root;

	while (token && *path) {
		at = at ? child(at, token) : NULL;
		free(token);
		token = next_token(&path);
	}
	if (!at || !token) {
		free(token);
		return NULL;
	}
	*ret_last = token;
	return at;
}

static json_t *find(json_t *root, const char *path)
{
	json_t *at = root;
	char *token;

	while (at && (token = next_token(&path))) {
		at = child(at, token);
		free(token);
	}
	return at;
}

static int missing(struct np_err *err, const char *what, const char *path)
{
	np_err_set(err, NP_EVALID,
		   "%s operation does not apply: doc is missing path: \"%.300s\": missing value",
		   what, path);
	return np_err_path(err, "%.200s", path);
}

static int op_add(json_t **root, const char *path, const json_t *value, struct np_err *err)
{
	json_t *parent, *copy;
	char *last;
	size_t i;

	if (!*path) {
		json_decref(*root);
		*root = json_deep_copy(value);
		return 0;
	}
	parent = parent_of(*root, path, &last);
	if (!parent || (json_is_array(parent) && array_index(parent, last, true, &i)) ||
	    (!json_is_array(parent) && !json_is_object(parent))) {
		if (parent)
			free(last);
		return missing(err, "add", path);
	}
	copy = json_deep_copy(value);
	if (json_is_array(parent))
		json_array_insert_new(parent, i, copy);
	else
		json_object_set_new(parent, last, copy);
	free(last);
	return 0;
}

static int op_remove(json_t **root, const char *path, struct np_err *err)
{
	char *last = NULL;
	json_t *parent = parent_of(*root, path, &last);
	size_t i;
	int rc = -1;

	if (parent && child(parent, last)) {
		if (json_is_array(parent) && array_index(parent, last, false, &i) == 0)
			rc = json_array_remove(parent, i);
		else
			rc = json_object_del(parent, last);
	}
	free(last);
	return rc ? missing(err, "remove", path) : 0;
}

static int op_replace(json_t **root, const char *path, const json_t *value, struct np_err *err)
{
	char *last = NULL;
	json_t *parent;
	size_t i;

	if (!*path)
		return op_add(root, path, value, err);
	parent = parent_of(*root, path, &last);
	if (!parent || !child(parent, last)) {
		free(last);
		return missing(err, "replace", path);
	}
	if (json_is_array(parent) && array_index(parent, last, false, &i) == 0)
		json_array_set_new(parent, i, json_deep_copy(value));
	else
		json_object_set_new(parent, last, json_deep_copy(value));
	free(last);
	return 0;
}

static int op_test(json_t **root, const char *path, const json_t *value, struct np_err *err)
{
	json_t *v = find(*root, path);

	if (v ? json_equal(v, value) : json_is_null(value))
		return 0;
	np_err_set(err, NP_EVALID, "testing value %.300s failed: test failed", path);
	return np_err_path(err, "%.200s", path);
}

static int op_copy(json_t **root, const char *from, const char *path, bool move, struct np_err *err)
{
	json_t *value = json_deep_copy(find(*root, from));
	size_t n = strlen(from);
	int rc;

	if (!value)
		return missing(err, move ? "move" : "copy", from);
	if (move && strncmp(path, from, n) == 0 && path[n] == '/')
		rc = np_err_set(err, NP_EVALID, "'%.200s' cannot be moved into itself", from);
	else
		rc = (move && op_remove(root, from, err)) || op_add(root, path, value, err) ? -1
											    : 0;
	json_decref(value);
	return rc;
}

static int apply_op(json_t **root, const json_t *op, struct np_err *err)
{
	const char *name = np_json_str(op, "op", NULL), *path = np_json_str(op, "path", NULL),
		   *from = np_json_str(op, "from", NULL);
	const json_t *value = json_object_get(op, "value");

	if (!json_is_object(op) || !name || !path || (*path && *path != '/') ||
	    (from && *from && *from != '/'))
		return np_err_set(err, NP_EUSAGE,
				  "an operation needs 'op' and a 'path' that starts with '/'");
	if (strcmp(name, "remove") == 0)
		return op_remove(root, path, err);
	if (strcmp(name, "move") == 0 || strcmp(name, "copy") == 0)
		return from ? op_copy(root, from, path, *name == 'm', err)
			    : np_err_set(err, NP_EUSAGE, "'%s' needs a 'from'", name);
	if (strcmp(name, "test") == 0)
		return op_test(root, path, value ? value : json_null(), err);
	if (!value)
		return np_err_set(err, NP_EUSAGE, "'%.50s' needs a 'value'", name);
	if (strcmp(name, "add") == 0)
		return op_add(root, path, value, err);
	if (strcmp(name, "replace") == 0)
		return op_replace(root, path, value, err);
	return np_err_set(err, NP_EUSAGE, "unknown operation '%.50s'", name);
}

static size_t text_size(const json_t *v)
{
	return json_dumpb(v, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
}

json_t *np_patch_json(const json_t *object, const json_t *ops, struct np_err *err)
{
	json_t *root, *op;
	size_t i, budget = NP_PATCH_MAX_BYTES;

	if (!json_is_array(ops) || json_array_size(ops) > NP_PATCH_MAX_OPS) {
		np_err_set(err, NP_EUSAGE, "a JSON patch is a list of at most %d operations",
			   NP_PATCH_MAX_OPS);
		return NULL;
	}
	root = json_deep_copy(object);
	json_array_foreach(ops, i, op) {
		/* Only copies can make the object grow faster than the patch. */
		size_t size = strcmp(np_json_str(op, "op", ""), "copy") == 0
				      ? text_size(find(root, np_json_str(op, "from", "?")))
				      : 0;
		int rc = size > budget
				 ? np_err_set(err, NP_EUSAGE,
					      "the copies of a patch make the object too large")
				 : apply_op(&root, op, err);

		budget -= size < budget ? size : budget;
		if (rc) {
			json_decref(root);
			return NULL;
		}
	}
	return root;
}
