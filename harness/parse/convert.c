/* convert.c - helpers of all conversions, and NetworkPolicy with its defaults (semantics 1.3). */
#include "convert.h"

#include <stdarg.h>

size_t convert_enter(struct convert *c, const char *fmt, ...)
{
	size_t old = c->path.len;
	va_list ap;

	va_start(ap, fmt);
	np_buf_vprintf(&c->path, fmt, ap);
	va_end(ap);
	return old;
}

void convert_leave(struct convert *c, size_t old)
{
	c->path.len = old;
	if (c->path.data)
		c->path.data[old] = '\0';
}

struct np_place convert_place(const struct convert *c, const struct cell *at)
{
	return (struct np_place){ c->opts->file, at->line, at->column };
}

int convert_refuse(struct convert *c, const struct cell *at, const char *field, const char *fmt,
		   ...)
{
	char msg[NP_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	np_err_set(c->err, NP_EVALID, "%s", msg);
	np_err_at(c->err, c->opts->file, at->line, at->column);
	return np_err_path(c->err, "%s%s%s", np_buf_text(&c->path),
			   c->path.len && *field ? "." : "", field);
}

int convert_str(struct convert *c, struct np_str s, struct np_str *ret)
{
	c->string_bytes += s.n;
	if (c->string_bytes > NP_DECODE_MAX_STRING_BYTES) {
		np_err_set(c->err, NP_ELIMIT, "the strings of one object are longer than %zu bytes",
			   NP_DECODE_MAX_STRING_BYTES);
		np_err_at(c->err, c->opts->file, 0, 0);
		return np_err_path(c->err, "%s", np_buf_text(&c->path));
	}
	*ret = np_arena_str(c->arena, s.p ? s : NP_STR(""));
	return 0;
}

int convert_labels(struct convert *c, const struct api_map *map, struct np_labels *ret)
{
	struct np_labels labels = { .n = map->n };

	labels.items = np_arena_array(c->arena, map->n, sizeof(*labels.items));
	for (size_t i = 0; i < map->n; i++)
		if (convert_str(c, map->items[i].key, &labels.items[i].key) ||
		    convert_str(c, map->items[i].value.s, &labels.items[i].value))
			return -1;
	np_labels_sort(&labels);
	*ret = labels;
	return 0;
}

int convert_names(struct convert *c, const struct api_meta *meta, const struct cell *object,
		  struct np_str *ret_ns, struct np_str *ret_name)
{
	const char *fallback = c->opts->ns ? c->opts->ns : "default";
	struct np_str name = meta->name.s.n ? meta->name.s : meta->generate_name.s;

	if (!name.n)
		return convert_refuse(c, meta->name.at.line ? &meta->name.at : object,
				      "metadata.name", "a name is required");
	if (ret_ns && convert_str(c, meta->ns.s.n ? meta->ns.s : np_str_from(fallback), ret_ns))
		return -1;
	return convert_str(c, name, ret_name);
}

int convert_proto(struct convert *c, const struct api_str *s, enum np_proto *ret)
{
	*ret = NP_TCP;
	if (!s->at.set || np_proto_parse(s->s, ret))
		return 0;
	return convert_refuse(c, &s->at, "protocol",
			      "protocol '" NP_STR_FMT "' is not one of TCP, UDP, SCTP",
			      NP_STR_ARG(s->s));
}

static int convert_values(struct convert *c, const struct api_requirement *in,
			  struct np_requirement *ret)
{
	const struct api_str *values = in->values.items;
	bool wants = ret->op == NP_OP_IN || ret->op == NP_OP_NOT_IN;

	if (wants && !in->values.n)
		return convert_refuse(c, &in->op.at, "values",
				      "operator %s needs at least one value", np_op_name(ret->op));
	if (!wants && in->values.n)
		return convert_refuse(c, &in->values.at, "values", "operator %s takes no values",
				      np_op_name(ret->op));
	ret->n_values = in->values.n;
	ret->values = np_arena_array(c->arena, ret->n_values, sizeof(*ret->values));
	for (size_t i = 0; i < ret->n_values; i++)
		if (convert_str(c, values[i].s, &ret->values[i]))
			return -1;
	return 0;
}

static int convert_requirement(struct convert *c, const struct api_requirement *in,
			       struct np_requirement *ret)
{
	ret->place = convert_place(c, &in->at);
	if (!in->key.s.n)
		return convert_refuse(c, in->key.at.line ? &in->key.at : &in->at, "key",
				      "a label key is required");
	if (!np_op_parse(in->op.s, &ret->op))
		return convert_refuse(c, in->op.at.line ? &in->op.at : &in->at, "operator",
				      "operator '" NP_STR_FMT
				      "' is not one of In, NotIn, Exists, DoesNotExist",
				      NP_STR_ARG(in->op.s));
	return convert_str(c, in->key.s, &ret->key) || convert_values(c, in, ret) ? -1 : 0;
}

static int convert_selector(struct convert *c, const struct api_selector *in,
			    struct np_selector *ret)
{
	const struct api_requirement *exprs = in->exprs.items;

	ret->place = convert_place(c, &in->at);
	if (convert_labels(c, &in->match_labels, &ret->match_labels))
		return -1;
	ret->n_exprs = in->exprs.n;
	ret->exprs = np_arena_array(c->arena, ret->n_exprs, sizeof(*ret->exprs));
	for (size_t i = 0; i < ret->n_exprs; i++) {
		size_t old = convert_enter(c, ".matchExpressions[%zu]", i);

		if (convert_requirement(c, &exprs[i], &ret->exprs[i]))
			return -1;
		convert_leave(c, old);
	}
	return 0;
}

/* Blocks that only the strict rules refuse are taken, with a warning (S56, S57). */
static int convert_cidr(struct convert *c, const struct api_str *in, const char *field,
			struct np_cidr *ret)
{
	static const struct {
		unsigned flag;
		const char *what;
	} oddities[] = {
		{ NP_CIDR_MAPPED, "is an IPv4-mapped IPv6 block" },
		{ NP_CIDR_ZEROS, "has leading zeros" },
		{ NP_CIDR_HOST_BITS, "has address bits beyond its prefix" },
	};
	size_t old;

	if (!in->s.n)
		return convert_refuse(c, &in->at, field, "a CIDR is required");
	if (!np_cidr_parse(in->s, ret))
		return convert_refuse(c, &in->at, field,
				      "'" NP_STR_FMT
				      "' is not a CIDR such as 10.0.0.0/8 or fd00::/8",
				      NP_STR_ARG(in->s));
	old = convert_enter(c, ".%s", field);
	for (size_t i = 0; i < NP_ARRAY_SIZE(oddities); i++)
		if (ret->flags & oddities[i].flag)
			diag_add(c->diags, NP_DIAG_CIDR, convert_place(c, &in->at),
				 np_str_from(np_buf_text(&c->path)),
				 "CIDR '" NP_STR_FMT
				 "' %s: its meaning is not defined, and the API server "
				 "refuses it since 1.36",
				 NP_STR_ARG(in->s), oddities[i].what);
	convert_leave(c, old);
	return 0;
}

static int convert_ipblock(struct convert *c, const struct api_ipblock *in, struct np_ipblock *ret)
{
	const struct api_str *excepts = in->excepts.items;

	if (convert_cidr(c, in->cidr.at.line ? &in->cidr : &(struct api_str){ .at = in->at },
			 "cidr", &ret->cidr))
		return -1;
	if (convert_str(c, in->cidr.s, &ret->cidr_text))
		return -1;
	ret->n_excepts = in->excepts.n;
	ret->excepts = np_arena_array(c->arena, ret->n_excepts, sizeof(*ret->excepts));
	ret->except_texts = np_arena_array(c->arena, ret->n_excepts, sizeof(*ret->except_texts));
	for (size_t i = 0; i < ret->n_excepts; i++) {
		char field[32];

		snprintf(field, sizeof(field), "except[%zu]", i);
		if (convert_cidr(c, &excepts[i], field, &ret->excepts[i]) ||
		    convert_str(c, excepts[i].s, &ret->except_texts[i]))
			return -1;
	}
	return 0;
}

static int convert_peer_selector(struct convert *c, const struct api_selector *in,
				 const char *field, const struct np_selector **ret)
{
	struct np_selector *s;
	size_t old;

	if (!in)
		return 0;
	s = np_arena_alloc(c->arena, sizeof(*s));
	old = convert_enter(c, ".%s", field);
	if (convert_selector(c, in, s))
		return -1;
	convert_leave(c, old);
	*ret = s;
	return 0;
}

static int convert_peer(struct convert *c, const struct api_peer *in, struct np_peer *ret)
{
	struct np_ipblock *block;
	size_t old;

	ret->place = convert_place(c, &in->at);
	if (!in->ip_block && !in->pod_selector && !in->ns_selector)
		return convert_refuse(c, &in->at, "",
				      "a peer needs podSelector, namespaceSelector or ipBlock");
	if (in->ip_block && (in->pod_selector || in->ns_selector))
		return convert_refuse(c, &in->at, "",
				      "ipBlock cannot stand beside a selector in one peer");
	if (convert_peer_selector(c, in->pod_selector, "podSelector", &ret->pod_selector) ||
	    convert_peer_selector(c, in->ns_selector, "namespaceSelector", &ret->ns_selector))
		return -1;
	if (!in->ip_block)
		return 0;
	block = np_arena_alloc(c->arena, sizeof(*block));
	old = convert_enter(c, ".ipBlock");
	if (convert_ipblock(c, in->ip_block, block))
		return -1;
	convert_leave(c, old);
	ret->ip_block = block;
	return 0;
}

static int convert_end_port(struct convert *c, const struct api_port *in, struct np_port *ret)
{
	if (!in->end_port.at.set)
		return 0;
	if (ret->kind != NP_PORT_NUMBER)
		return convert_refuse(c, &in->end_port.at, "endPort",
				      "endPort needs a numeric port beside it");
	if (in->end_port.v < ret->port || in->end_port.v > UINT16_MAX)
		return convert_refuse(c, &in->end_port.at, "endPort",
				      "endPort must be between port and 65535");
	ret->kind = NP_PORT_RANGE;
	ret->end_port = (uint16_t)in->end_port.v;
	return 0;
}

static int convert_port(struct convert *c, const struct api_port *in, struct np_port *ret)
{
	ret->place = convert_place(c, &in->at);
	if (convert_proto(c, &in->protocol, &ret->proto))
		return -1;
	if (in->port.at.set && in->port.is_str) {
		if (!in->port.s.n)
			return convert_refuse(c, &in->port.at, "port",
					      "a port name must not be empty");
		ret->kind = NP_PORT_NAME;
		if (convert_str(c, in->port.s, &ret->name))
			return -1;
	} else if (in->port.at.set) {
		if (in->port.v < 1 || in->port.v > UINT16_MAX)
			return convert_refuse(c, &in->port.at, "port",
					      "port must be between 1 and 65535");
		ret->kind = NP_PORT_NUMBER;
		ret->port = (uint16_t)in->port.v;
	}
	return convert_end_port(c, in, ret);
}

static int convert_rule(struct convert *c, const struct api_rule *in, const char *peers_name,
			struct np_rule *ret)
{
	const struct api_port *ports = in->ports.items;
	const struct api_peer *peers = in->peers.items;

	ret->place = convert_place(c, &in->at);
	ret->n_ports = in->ports.n;
	ret->ports = np_arena_array(c->arena, ret->n_ports, sizeof(*ret->ports));
	for (size_t i = 0; i < ret->n_ports; i++) {
		size_t old = convert_enter(c, ".ports[%zu]", i);

		if (convert_port(c, &ports[i], &ret->ports[i]))
			return -1;
		convert_leave(c, old);
	}
	ret->n_peers = in->peers.n;
	ret->peers = np_arena_array(c->arena, ret->n_peers, sizeof(*ret->peers));
	for (size_t i = 0; i < ret->n_peers; i++) {
		size_t old = convert_enter(c, ".%s[%zu]", peers_name, i);

		if (convert_peer(c, &peers[i], &ret->peers[i]))
			return -1;
		convert_leave(c, old);
	}
	return 0;
}

static int convert_rules(struct convert *c, const struct api_list *in, enum np_dir dir,
			 struct np_policy *ret)
{
	const struct api_rule *rules = in->items;
	struct np_rule *out = np_arena_array(c->arena, in->n, sizeof(*out));

	ret->rules[dir] = out;
	ret->n_rules[dir] = in->n;
	for (size_t i = 0; i < in->n; i++) {
		size_t old = convert_enter(c, "spec.%s[%zu]", np_dir_name(dir), i);

		if (convert_rule(c, &rules[i], dir == NP_INGRESS ? "from" : "to", &out[i]))
			return -1;
		convert_leave(c, old);
	}
	return 0;
}

/*
 * Ingress is always added by default, egress when it has rules; a list that is there is never
 * touched (semantics 1.3).
 */
static int convert_types(struct convert *c, const struct api_policy_spec *in, struct np_policy *ret)
{
	const struct api_str *types = in->policy_types.items;

	if (!in->policy_types.n) {
		ret->types[NP_INGRESS] = true;
		ret->types[NP_EGRESS] = in->egress.n > 0;
	}
	for (size_t i = 0; i < in->policy_types.n; i++) {
		char field[48];

		if (np_str_is(types[i].s, "Ingress")) {
			ret->types[NP_INGRESS] = true;
		} else if (np_str_is(types[i].s, "Egress")) {
			ret->types[NP_EGRESS] = true;
		} else {
			snprintf(field, sizeof(field), "spec.policyTypes[%zu]", i);
			return convert_refuse(c, &types[i].at, field,
					      "'" NP_STR_FMT "' is not one of Ingress, Egress",
					      NP_STR_ARG(types[i].s));
		}
	}
	return 0;
}

int convert_policy(struct convert *c, const struct api_policy *in, struct np_policy *ret)
{
	struct np_policy policy = { .place = convert_place(c, &in->at) };
	size_t old;

	if (convert_names(c, &in->meta, &in->at, &policy.ns, &policy.name))
		return -1;
	old = convert_enter(c, "spec.podSelector");
	if (convert_selector(c, &in->spec.pod_selector, &policy.pod_selector))
		return -1;
	convert_leave(c, old);
	if (convert_rules(c, &in->spec.ingress, NP_INGRESS, &policy) ||
	    convert_rules(c, &in->spec.egress, NP_EGRESS, &policy) ||
	    convert_types(c, &in->spec, &policy))
		return -1;
	*ret = policy;
	return 0;
}
