/* verdict_print.c - defaults (semantics 1.3), and the spec as the API server prints it (4.6). */
#include "verdict.h"

#include "gonum.h"

void verdict_default(struct api_policy_spec *spec, struct np_arena *scratch)
{
	const struct api_list *const directions[] = { &spec->ingress, &spec->egress };
	struct api_str *types;

	if (!spec->policy_types.n) {
		types = np_arena_array(scratch, 2, sizeof(*types));
		types[0].s = NP_STR("Ingress");
		types[1].s = NP_STR("Egress");
		spec->policy_types.items = types;
		spec->policy_types.n = spec->egress.n ? 2 : 1;
	}
	for (size_t d = 0; d < 2; d++) {
		struct api_rule *rules = directions[d]->items;

		for (size_t i = 0; i < directions[d]->n; i++) {
			struct api_port *ports = rules[i].ports.items;

			for (size_t k = 0; k < rules[i].ports.n; k++)
				if (!ports[k].protocol.at.set) {
					ports[k].protocol.at.set = true;
					ports[k].protocol.s = NP_STR("TCP");
				}
		}
	}
}

/* A comma unless something was just opened. */
static void next(struct np_buf *b)
{
	if (b->len && !strchr("{[", b->data[b->len - 1]))
		np_buf_addc(b, ',');
}

static void key(struct np_buf *b, const char *name)
{
	next(b);
	np_buf_addc(b, '"');
	np_buf_adds(b, name);
	np_buf_adds(b, "\":");
}

/* np_buf_json(), quicker for what needs no escapes. */
static void print_text(struct np_buf *b, struct np_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\') {
			np_buf_json(b, s);
			return;
		}
	np_buf_addc(b, '"');
	np_buf_addstr(b, s);
	np_buf_addc(b, '"');
}

static void print_number(struct np_buf *b, int64_t v)
{
	char digits[GONUM_MAX];

	gonum_print_int(v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0, digits);
	np_buf_adds(b, digits);
}

static void print_strings(const struct api_list *list, struct np_buf *b)
{
	const struct api_str *items = list->items;

	np_buf_addc(b, '[');
	for (size_t i = 0; i < list->n; i++) {
		next(b);
		print_text(b, items[i].s);
	}
	np_buf_addc(b, ']');
}

static void print_labels(const struct api_map *map, struct np_buf *b)
{
	struct np_arena arena = { 0 };
	struct api_entry *only = map->items, **list = &only;
	size_t n = map->n;

	if (n > 1)
		list = verdict_entries(&arena, map, &n);
	np_buf_addc(b, '{');
	for (size_t i = 0; i < n; i++) {
		next(b);
		print_text(b, list[i]->key);
		np_buf_addc(b, ':');
		print_text(b, list[i]->value.s);
	}
	np_buf_addc(b, '}');
	np_arena_release(&arena);
}

static void print_selector(const struct api_selector *s, struct np_buf *b)
{
	const struct api_requirement *exprs = s->exprs.items;

	np_buf_addc(b, '{');
	if (s->match_labels.n) {
		key(b, "matchLabels");
		print_labels(&s->match_labels, b);
	}
	if (s->exprs.n) {
		key(b, "matchExpressions");
		np_buf_addc(b, '[');
	}
	for (size_t i = 0; i < s->exprs.n; i++) {
		next(b);
		np_buf_adds(b, "{\"key\":");
		print_text(b, exprs[i].key.s);
		key(b, "operator");
		print_text(b, exprs[i].op.s);
		if (exprs[i].values.n) {
			key(b, "values");
			print_strings(&exprs[i].values, b);
		}
		np_buf_addc(b, '}');
	}
	np_buf_adds(b, s->exprs.n ? "]}" : "}");
}

static void print_port(const struct api_port *p, struct np_buf *b)
{
	np_buf_addc(b, '{');
	if (p->protocol.at.set) {
		key(b, "protocol");
		print_text(b, p->protocol.s);
	}
	if (p->port.at.set) {
		key(b, "port");
		if (p->port.is_str)
			print_text(b, p->port.s);
		else
			print_number(b, p->port.v);
	}
	if (p->end_port.at.set) {
		key(b, "endPort");
		print_number(b, p->end_port.v);
	}
	np_buf_addc(b, '}');
}

static void print_peer(const struct api_peer *p, struct np_buf *b)
{
	np_buf_addc(b, '{');
	if (p->pod_selector) {
		key(b, "podSelector");
		print_selector(p->pod_selector, b);
	}
	if (p->ns_selector) {
		key(b, "namespaceSelector");
		print_selector(p->ns_selector, b);
	}
	if (p->ip_block) {
		key(b, "ipBlock");
		np_buf_adds(b, "{\"cidr\":");
		print_text(b, p->ip_block->cidr.s);
		if (p->ip_block->excepts.n) {
			key(b, "except");
			print_strings(&p->ip_block->excepts, b);
		}
		np_buf_addc(b, '}');
	}
	np_buf_addc(b, '}');
}

static void print_rule(const struct api_rule *r, const char *peers_name, struct np_buf *b)
{
	const struct api_port *ports = r->ports.items;
	const struct api_peer *peers = r->peers.items;

	np_buf_addc(b, '{');
	if (r->ports.n) {
		key(b, "ports");
		np_buf_addc(b, '[');
	}
	for (size_t i = 0; i < r->ports.n; i++) {
		next(b);
		print_port(&ports[i], b);
	}
	if (r->ports.n)
		np_buf_addc(b, ']');
	if (r->peers.n) {
		key(b, peers_name);
		np_buf_addc(b, '[');
	}
	for (size_t i = 0; i < r->peers.n; i++) {
		next(b);
		print_peer(&peers[i], b);
	}
	np_buf_adds(b, r->peers.n ? "]}" : "}");
}

static void print_rules(const struct api_list *rules, const char *name, const char *peers_name,
			struct np_buf *b)
{
	const struct api_rule *list = rules->items;

	if (!rules->n)
		return;
	key(b, name);
	np_buf_addc(b, '[');
	for (size_t i = 0; i < rules->n; i++) {
		next(b);
		print_rule(&list[i], peers_name, b);
	}
	np_buf_addc(b, ']');
}

void verdict_print_types(const struct api_policy_spec *spec, struct np_buf *b)
{
	print_strings(&spec->policy_types, b);
}

void verdict_print_spec(const struct api_policy_spec *spec, struct np_buf *b)
{
	np_buf_adds(b, "{\"podSelector\":");
	print_selector(&spec->pod_selector, b);
	print_rules(&spec->ingress, "ingress", "from", b);
	print_rules(&spec->egress, "egress", "to", b);
	key(b, "policyTypes");
	verdict_print_types(spec, b);
	np_buf_addc(b, '}');
}
