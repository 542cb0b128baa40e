/* casectx.c - checked access to the maps of our own files, with messages that say what is allowed. */
#include "casectx.h"

#include <stdarg.h>

#include "np/base/buf.h"
#include "np/base/mem.h"
#include "np/parse/casefile.h"
#include "np/parse/encode.h"

__attribute__((format(printf, 4, 0)))
static int refuse_at(struct casectx *c, unsigned line, unsigned column, const char *fmt, va_list ap)
{
	char msg[NP_ERR_MSG_MAX];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	np_err_set(c->err, NP_EPARSE, "%s", msg);
	return np_err_at(c->err, c->file, line, column);
}

int case_refuse(struct casectx *c, const struct np_value *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse_at(c, at->line, at->column, fmt, ap);
	va_end(ap);
	return -1;
}

__attribute__((format(printf, 3, 4)))
static int case_refuse_key(struct casectx *c, const struct np_pair *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse_at(c, at->line, at->column, fmt, ap);
	va_end(ap);
	return -1;
}

struct np_place case_place(const struct casectx *c, const struct np_value *at)
{
	return (struct np_place){ c->file, at->line, at->column };
}

/* "a, b, c" */
static const char *join(const char *const *words, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; words[i] && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s", i ? ", " : "", words[i]);
	return buf;
}

static bool is_one_of(struct np_str s, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (np_str_is(s, words[i]))
			return true;
	return false;
}

int case_check_keys(struct casectx *c, const struct np_value *map, const char *const *allowed,
		    const char *what)
{
	char buf[256];

	if (map->kind != NP_VALUE_MAP)
		return case_refuse(c, map, "%s must be a map, not %s", what,
				   np_value_kind_name((enum np_value_kind)map->kind));
	for (uint32_t i = 0; i < map->n; i++)
		if (!is_one_of(map->pairs[i].key, allowed))
			return case_refuse_key(c, &map->pairs[i],
					       "key '" NP_STR_FMT
					       "' is not known in %s: allowed are %s",
					       NP_STR_ARG(map->pairs[i].key), what,
					       join(allowed, buf, sizeof(buf)));
	return 0;
}

int case_need(struct casectx *c, const struct np_value *map, const char *key,
	      const struct np_value **ret)
{
	*ret = np_value_get(map, key);
	return *ret ? 0 : case_refuse(c, map, "key '%s' is missing", key);
}

int case_str(struct casectx *c, const struct np_value *v, const char *what, struct np_str *ret)
{
	if (v->kind != NP_VALUE_STRING)
		return case_refuse(c, v, "%s must be a string, not %s", what,
				   np_value_kind_name((enum np_value_kind)v->kind));
	if (!v->text.n || memchr(v->text.p, '\n', v->text.n) || memchr(v->text.p, '\0', v->text.n))
		return case_refuse(c, v, "%s must be text on one line", what);
	*ret = np_arena_str(c->arena, v->text);
	return 0;
}

int case_name(struct casectx *c, const struct np_value *v, const char *what, const char *more,
	      struct np_str *ret)
{
	if (case_str(c, v, what, ret))
		return -1;
	for (size_t i = 0; i < ret->n; i++) {
		char ch = ret->p[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' ||
		      strchr(more, ch)))
			return case_refuse(c, v, "%s '%s' may hold a-z, 0-9, '-'%s%s%s only", what,
					   ret->p, *more ? " and '" : "", more, *more ? "'" : "");
	}
	return 0;
}

int case_list(struct casectx *c, const struct np_value *v, const char *what)
{
	if (v->kind == NP_VALUE_LIST)
		return 0;
	return case_refuse(c, v, "%s must be a list, not %s", what,
			   np_value_kind_name((enum np_value_kind)v->kind));
}

static bool parse_one_port(struct np_str s, struct np_expect_port *ret)
{
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	unsigned long long port;

	if (!colon || !np_proto_parse((struct np_str){ s.p, (size_t)(colon - s.p) }, &ret->proto) ||
	    !np_str_u64((struct np_str){ colon + 1, s.n - (size_t)(colon - s.p) - 1 }, UINT16_MAX,
			&port) ||
	    !port)
		return false;
	ret->first = ret->last = (uint16_t)port;
	return true;
}

int case_ports(struct casectx *c, const struct np_value *v, struct np_expect_port **ret,
	       size_t *ret_n)
{
	struct np_expect_port *ports;
	size_t n = v->n;

	if (case_list(c, v, "ports"))
		return -1;
	if (n == 0 || n > NP_EXPECT_MAX_TERMS)
		return case_refuse(c, v, "ports must have 1 to %d entries", NP_EXPECT_MAX_TERMS);
	ports = np_arena_array(c->arena, n, sizeof(*ports));
	for (size_t i = 0; i < n; i++) {
		struct np_str s = np_value_str(&v->items[i]);

		if (!parse_one_port(s, &ports[i]))
			return case_refuse(c, &v->items[i],
					   "a port is written TCP:80, UDP:80 or SCTP:80");
		for (size_t k = 0; k < i; k++)
			if (ports[k].proto == ports[i].proto && ports[k].first == ports[i].first)
				return case_refuse(c, &v->items[i],
						   "port '" NP_STR_FMT "' stands twice",
						   NP_STR_ARG(s));
	}
	*ret = ports;
	*ret_n = n;
	return 0;
}

const struct case_kind *case_kind_find(struct np_str kind)
{
	static const struct case_kind kinds[] = {
		{ "Namespace", "v1", false }, { "Pod", "v1", true },
		{ "Service", "v1", true },    { "NetworkPolicy", "networking.k8s.io/v1", true },
		{ "Node", "v1", false },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++)
		if (np_str_is(kind, kinds[i].kind))
			return &kinds[i];
	return NULL;
}

bool case_is_manifest(const struct np_value *doc)
{
	return np_value_get(doc, "apiVersion") || np_value_get(doc, "kind");
}

static int check_gvk(struct casectx *c, const struct np_value *doc, const struct case_kind **ret)
{
	const struct np_value *version, *kind;
	struct np_str s;

	if (case_need(c, doc, "apiVersion", &version) || case_need(c, doc, "kind", &kind) ||
	    case_str(c, kind, "kind", &s))
		return -1;
	*ret = case_kind_find(s);
	if (!*ret && np_str_ends(s, "List"))
		return case_refuse(c, kind,
				   "a %s is not allowed here: write one document for each object",
				   s.p);
	if (!*ret)
		return case_refuse(c, kind, "kind '%s' is not one of " CASE_KINDS, s.p);
	if (!np_str_is(np_value_str(version), (*ret)->api_version))
		return case_refuse(c, version, "apiVersion of a %s must be %s", (*ret)->kind,
				   (*ret)->api_version);
	return 0;
}

int case_apply_step(struct casectx *c, const struct np_value *doc, struct np_step *ret)
{
	const struct np_value *meta, *name, *ns;
	const struct case_kind *kind;
	struct np_step step = { .kind = NP_STEP_APPLY, .place = case_place(c, doc) };

	if (check_gvk(c, doc, &kind) || case_need(c, doc, "metadata", &meta))
		return -1;
	if (meta->kind != NP_VALUE_MAP)
		return case_refuse(c, meta, "metadata must be a map");
	ns = np_value_get(meta, "namespace");
	if (case_need(c, meta, "name", &name) ||
	    case_name(c, name, "metadata.name", ".", &step.name) ||
	    (ns && case_name(c, ns, "metadata.namespace", "", &step.ns)))
		return -1;
	if (ns && !kind->namespaced)
		return case_refuse(c, ns, "a %s has no namespace", kind->kind);
	if (!ns && kind->namespaced)
		return case_refuse(c, meta,
				   "metadata.namespace is missing: case files name it always");
	step.object_kind = np_str_from(kind->kind);
	if (case_body(c, doc, &step.body))
		return -1;
	*ret = step;
	return 0;
}

bool np_subst_check(struct np_str text, size_t *ret_offset)
{
	for (size_t i = 0; i + 1 < text.n; i++) {
		size_t start = i, k;

		if (text.p[i] != '$' || text.p[i + 1] != '{')
			continue;
		for (k = i + 2; k < text.n && text.p[k] != '}'; k++) {
			char ch = text.p[k];

			if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			      (ch >= '0' && ch <= '9') || (ch && strchr(":/._-", ch))))
				break;
		}
		if (k == text.n || text.p[k] != '}' || k == i + 2) {
			*ret_offset = start;
			return false;
		}
		i = k;
	}
	return true;
}

/*
 * Recursion is bounded by the depth of our own files. Lists and maps behind aliases are looked at
 * each time they stand.
 */
static int check_substs(struct casectx *c, const struct np_value *v)
{
	static const char bad[] = "'${' needs a name such as ${ip:x/a} and its '}'";
	size_t offset;

	if (v->kind == NP_VALUE_STRING && !np_subst_check(v->text, &offset))
		return case_refuse(c, v, bad);
	for (uint32_t i = 0; v->kind == NP_VALUE_LIST && i < v->n; i++)
		if (check_substs(c, &v->items[i]))
			return -1;
	for (uint32_t i = 0; v->kind == NP_VALUE_MAP && i < v->n; i++) {
		if (!np_subst_check(v->pairs[i].key, &offset))
			return case_refuse_key(c, &v->pairs[i], bad);
		if (check_substs(c, &v->pairs[i].value))
			return -1;
	}
	return 0;
}

int case_body(struct casectx *c, const struct np_value *v, struct np_str *ret)
{
	struct np_buf text = { 0 };
	int failed = check_substs(c, v);

	if (!failed && np_encode_json(v, 0, &text, c->err))
		failed = np_err_at(c->err, c->file, v->line, v->column);
	if (!failed)
		*ret = np_arena_str(c->arena, (struct np_str){ np_buf_text(&text), text.len });
	np_buf_release(&text);
	return failed;
}

int case_check_repeats(struct casectx *c, const struct np_doc *doc)
{
	const struct np_pair *first = doc->duplicates;

	if (!doc->n_duplicates)
		return 0;
	return case_refuse_key(c, first, "key '" NP_STR_FMT "' stands twice",
			       NP_STR_ARG(first->key));
}

bool case_path_matches(const char *path, struct np_str name)
{
	struct np_str p = np_str_from(path);

	if (np_str_ends(p, ".yaml"))
		p.n -= strlen(".yaml");
	else if (np_str_ends(p, ".yml"))
		p.n -= strlen(".yml");
	if (p.n < name.n || memcmp(p.p + p.n - name.n, name.p, name.n) != 0)
		return false;
	return p.n == name.n || p.p[p.n - name.n - 1] == '/';
}
