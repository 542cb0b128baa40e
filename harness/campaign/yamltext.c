/* yamltext.c - JSON as YAML that a person likes to read: short things on one line. */
#include <ctype.h>
#include <string.h>

#include "np/base/json.h"
#include "np/campaign/bug.h"

#define FLOW_MAX 72

/* Plain text that every YAML reader takes for the string that it is. */
static bool is_plain(const char *s)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no",
					     "on",   "off",   "y",    "n",   "~" };
	size_t n = strlen(s);

	if (!n || n > 200 || (!isalpha((unsigned char)s[0]) && s[0] != '/' && s[0] != '_'))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(s, words[i]) == 0)
			return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == n;
}

static void put_string(const char *s, size_t n, struct np_buf *b)
{
	if (strlen(s) == n && is_plain(s))
		np_buf_adds(b, s);
	else
		np_buf_json(b, (struct np_str){ s, n });
}

static void put_flow(const json_t *v, struct np_buf *b)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_object(v)) {
		bool any = false;

		np_buf_addc(b, '{');
		json_object_foreach((json_t *)v, key, item) {
			np_buf_adds(b, any ? ", " : "");
			put_string(key, strlen(key), b);
			np_buf_adds(b, ": ");
			put_flow(item, b);
			any = true;
		}
		np_buf_addc(b, '}');
	} else if (json_is_array(v)) {
		np_buf_addc(b, '[');
		json_array_foreach(v, i, item) {
			np_buf_adds(b, i ? ", " : "");
			put_flow(item, b);
		}
		np_buf_addc(b, ']');
	} else if (json_is_string(v)) {
		put_string(json_string_value(v), json_string_length(v), b);
	} else {
		char *text = json_dumps(v, JSON_ENCODE_ANY);

		np_buf_adds(b, text ? text : "null");
		free(text);
	}
}

static bool fits(const json_t *v, int indent, struct np_buf *flow)
{
	np_buf_clear(flow);
	put_flow(v, flow);
	return (int)flow->len + indent <= FLOW_MAX;
}

static bool has_items(const json_t *v)
{
	return (json_is_object(v) && json_object_size(v)) ||
	       (json_is_array(v) && json_array_size(v));
}

/* @inline_first: the first line continues the one begun ("- "). */
static void put_block(const json_t *v, int indent, bool inline_first, struct np_buf *b)
{
	struct np_buf flow = { 0 };
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach((json_t *)v, key, item) {
		np_buf_printf(b, "%*s", inline_first ? 0 : indent, "");
		inline_first = false;
		put_string(key, strlen(key), b);
		if (!has_items(item) || fits(item, indent + (int)strlen(key) + 2, &flow)) {
			np_buf_adds(b, ": ");
			put_flow(item, b);
			np_buf_addc(b, '\n');
		} else {
			np_buf_adds(b, ":\n");
			put_block(item, indent + (json_is_array(item) ? 0 : 2), false, b);
		}
	}
	json_array_foreach(v, i, item) {
		np_buf_printf(b, "%*s- ", inline_first ? 0 : indent, "");
		inline_first = false;
		if (!has_items(item) || fits(item, indent + 2, &flow)) {
			put_flow(item, b);
			np_buf_addc(b, '\n');
		} else {
			put_block(item, indent + 2, true, b);
		}
	}
	np_buf_release(&flow);
}

void np_yaml_text(const json_t *v, struct np_buf *ret)
{
	if (has_items(v)) {
		put_block(v, 0, false, ret);
		return;
	}
	put_flow(v, ret);
	np_buf_addc(ret, '\n');
}

void np_bug_operations_yaml(const json_t *operations, struct np_buf *ret)
{
	json_t *op;
	size_t i;

	json_array_foreach(operations, i, op) {
		if (i)
			np_buf_adds(ret, "---\n");
		if (strcmp(np_json_str(op, "op", ""), "delete") == 0)
			np_buf_printf(ret, "# then: kubectl delete %s %s -n %s\n",
				      np_json_str(op, "kind", "?"), np_json_str(op, "name", "?"),
				      np_json_str(op, "namespace", "?"));
		else
			np_yaml_text(json_object_get(op, "object"), ret);
	}
}
