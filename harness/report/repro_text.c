/* repro_text.c - names and values of a record in a shell script. */
#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/model/addr.h"
#include "repro.h"

#define METADATA_NAME "kubernetes.io/metadata.name"

void np_repro_comment(struct np_buf *b, const char *s)
{
	np_buf_adds(b, "# ");
	np_buf_printable(b, np_str_from(s));
	np_buf_addc(b, '\n');
}

static bool is_ours(const struct np_repro *p, const char *ns)
{
	return json_object_get(p->namespaces, ns) != NULL;
}

void np_repro_namespace(const struct np_repro *p, struct np_buf *b, const char *ns)
{
	if (is_ours(p, ns))
		np_buf_adds(b, "\"$PREFIX\"-");
	np_repro_quote(b, ns);
}

bool np_repro_split(const char *key, char **ret_kind, char **ret_ns, char **ret_name)
{
	const char *blank = strchr(key, ' '), *slash = blank ? strchr(blank, '/') : NULL;

	if (!slash)
		return false;
	*ret_kind = np_xstrndup(key, (size_t)(blank - key));
	*ret_ns = np_xstrndup(blank + 1, (size_t)(slash - blank - 1));
	*ret_name = np_xstrdup(slash + 1);
	return true;
}

/* --- namespaces: what the harness renames too, and nothing else --- */

static json_t *prefixed(const char *ns)
{
	np_auto_free char *with = np_xasprintf("@PREFIX@-%s", ns);

	return json_string(with);
}

static void rename_key(const struct np_repro *p, json_t *object, const char *key)
{
	const char *old = json_string_value(json_object_get(object, key));

	if (old && is_ours(p, old))
		json_object_set_new(object, key, prefixed(old));
}

static void rename_selector(const struct np_repro *p, json_t *selector)
{
	json_t *expr, *value;
	size_t i, j;

	rename_key(p, json_object_get(selector, "matchLabels"), METADATA_NAME);
	json_array_foreach(json_object_get(selector, "matchExpressions"), i, expr) {
		json_t *values = json_object_get(expr, "values");

		if (strcmp(np_json_str(expr, "key", ""), METADATA_NAME) != 0)
			continue;
		json_array_foreach(values, j, value)
			if (json_is_string(value) && is_ours(p, json_string_value(value)))
				json_array_set_new(values, j, prefixed(json_string_value(value)));
	}
}

/* --- addresses: pods have others each time --- */

/* Address of a pod of the table, from "addresses" of the step. */
static bool pod_address(const json_t *ips, size_t i, struct np_addr *ret)
{
	return np_addr_parse(np_str_from(np_report_at(ips, i)), ret);
}

static bool is_pod(const struct np_repro *p, const char *name)
{
	np_auto_free char *key = np_xasprintf("Pod %s", name);
	const json_t *pod = json_object_get(p->objects, key);

	return pod && !np_json_bool(pod, "spec/hostNetwork", 0);
}

static bool holds(const struct np_cidr *block, const struct np_addr *a)
{
	struct np_addr network = np_addr_mask(a, block->prefix_bits);

	return a->width == block->addr.width && np_addr_eq(&network, &block->addr);
}

/* Which pods' addresses a block holds. */
struct holding {
	size_t n_held, n_others;
	const char *held; /* the last of the first kind */
};

static struct holding holding_of(const struct np_repro *p, const struct np_cidr *block)
{
	struct holding h = { 0 };
	const char *name;
	struct np_addr a;
	json_t *ips;
	size_t i;

	json_object_foreach(json_object_get((json_t *)p->step, "addresses"), name, ips)
		for (i = 0; is_pod(p, name) && i < json_array_size(ips); i++) {
			if (!pod_address(ips, i, &a) || a.width != block->addr.width)
				continue;
			if (holds(block, &a)) {
				h.n_held++;
				h.held = name;
			} else {
				h.n_others++;
			}
		}
	return h;
}

/* Sets a variable to the address that the pod has now; returns what stands for it in the object. */
static json_t *address_variable(struct np_repro *p, const struct np_cidr *block, const char *pod,
				struct np_buf *fills)
{
	const char *slash = strchr(pod, '/');
	int family = block->addr.width == 4 ? 4 : 6;
	np_auto_free char *ns = np_xstrndup(pod, (size_t)(slash - pod));
	np_auto_free char *value = NULL;

	p->n_values++;
	np_buf_printf(&p->out, "POD_%u=$(pod_ip %d ", p->n_values, family);
	np_repro_namespace(p, &p->out, ns);
	np_buf_addc(&p->out, ' ');
	np_repro_quote(&p->out, slash + 1);
	np_buf_adds(&p->out, ") || fail 'a pod has no address'\n");
	np_buf_printf(fills, " -e \"s|@POD_%u@|$POD_%u|g\"", p->n_values, p->n_values);
	value = np_xasprintf("@POD_%u@/%u", p->n_values, block->prefix_bits);
	return json_string(value);
}

/* What stands for a block in the script; NULL when it can stay as it is. */
static json_t *new_block(struct np_repro *p, const json_t *text, struct np_buf *fills)
{
	struct np_cidr block;
	struct holding h;

	if (!json_is_string(text) || !np_cidr_parse(np_str_from(json_string_value(text)), &block))
		return NULL;
	h = holding_of(p, &block);
	if (!h.n_held || (!h.n_others && block.prefix_bits < 8 * block.addr.width))
		return NULL;
	if (block.prefix_bits == 8 * block.addr.width)
		return address_variable(p, &block, h.held, fills);
	snprintf(p->why, sizeof(p->why),
		 "an ipBlock holds the addresses of some pods, and they are others each time");
	return NULL;
}

static void fill_block(struct np_repro *p, json_t *block, struct np_buf *fills)
{
	json_t *except = json_object_get(block, "except"), *item;
	json_t *fresh = new_block(p, json_object_get(block, "cidr"), fills);
	size_t i;

	if (fresh)
		json_object_set_new(block, "cidr", fresh);
	json_array_foreach(except, i, item) {
		fresh = new_block(p, item, fills);
		if (fresh)
			json_array_set_new(except, i, fresh);
	}
}

static void rename_rules(struct np_repro *p, json_t *rules, const char *peers, struct np_buf *fills)
{
	json_t *rule, *peer;
	size_t i, j;

	json_array_foreach(rules, i, rule)
		json_array_foreach(json_object_get(rule, peers), j, peer) {
			rename_selector(p, json_object_get(peer, "namespaceSelector"));
			fill_block(p, json_object_get(peer, "ipBlock"), fills);
		}
}

json_t *np_repro_renamed(struct np_repro *p, const json_t *object, struct np_buf *fills)
{
	json_t *copy = json_deep_copy(object), *meta = json_object_get(copy, "metadata");
	json_t *spec = json_object_get(copy, "spec");

	rename_key(p, meta, "namespace");
	if (strcmp(np_json_str(copy, "kind", ""), "Namespace") == 0)
		rename_key(p, meta, "name");
	rename_rules(p, json_object_get(spec, "ingress"), "from", fills);
	rename_rules(p, json_object_get(spec, "egress"), "to", fills);
	return copy;
}
