/* json.c - helpers over jansson. */
#include "np/base/json.h"

#include <stdarg.h>

#include "np/base/mem.h"
#include "np/base/utf8.h"

#include "die.h"

void np_json_use_memory(void)
{
	json_set_alloc_funcs(np_xmalloc, free);
}

json_t *np_json_at(const json_t *root, const char *path)
{
	const json_t *v = root;

	while (v && *path) {
		size_t n = strcspn(path, "/");

		v = json_object_getn(v, path, n);
		path += n;
		path += *path == '/';
	}
	return (json_t *)v;
}

const char *np_json_str(const json_t *root, const char *path, const char *fallback)
{
	const char *s = json_string_value(np_json_at(root, path));

	return s ? s : fallback;
}

long long np_json_int(const json_t *root, const char *path, long long fallback)
{
	const json_t *v = np_json_at(root, path);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

int np_json_bool(const json_t *root, const char *path, int fallback)
{
	const json_t *v = np_json_at(root, path);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}

json_t *np_json_parse(const char *text, size_t n, struct np_err *err)
{
	json_error_t e;
	json_t *v = json_loadb(text ? text : "", n, JSON_DECODE_ANY, &e);

	if (!v) {
		np_err_set(err, NP_EPARSE, "not valid JSON: %s", e.text);
		np_err_at(err, NULL, e.line > 0 ? (unsigned)e.line : 0, e.column > 0 ? (unsigned)e.column : 0);
	}
	return v;
}

static int dump_to_buf(const char *bytes, size_t n, void *data)
{
	np_buf_add(data, bytes, n);
	return 0;
}

void np_json_dump(const json_t *v, int sort, struct np_buf *b)
{
	size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | (sort ? JSON_SORT_KEYS : 0);

	if (json_dump_callback(v, dump_to_buf, b, flags) < 0)
		np_die("a JSON value cannot be written");
}

json_t *np_json_string(struct np_str s)
{
	struct np_buf b = { 0 };
	json_t *v;

	for (size_t i = 0; i < s.n;) {
		uint32_t cp = 0;
		size_t len = np_utf8_decode(s.p + i, s.n - i, &cp);

		if (len && cp)
			np_buf_add(&b, s.p + i, len);
		else
			np_buf_adds(&b, "\xef\xbf\xbd");
		i += len ? len : 1;
	}
	v = json_stringn(np_buf_text(&b), b.len);
	np_buf_release(&b);
	if (!v)
		np_die("out of memory");
	return v;
}

json_t *np_json_pack(const char *fmt, ...)
{
	json_error_t e;
	va_list ap;
	json_t *v;

	va_start(ap, fmt);
	v = json_vpack_ex(&e, 0, fmt, ap);
	va_end(ap);
	if (!v)
		np_die(e.text[0] ? e.text : "out of memory");
	return v;
}
