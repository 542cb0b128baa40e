/* Rules as texts of nftables JSON, and the sets that they look things up in. */
#include "enforcer_compile.h"

#include "np/base/mem.h"

enum weight { W_ADDR = 240, W_PORT = 200, W_PORT_SET = 400, W_PORT_ELEMENT = 200, W_RULE = 400 };

void np_expr_release(struct np_expr *e)
{
	np_buf_release(&e->text);
}

void np_expr_add(struct np_expr *e, unsigned weight, const char *fmt, ...)
{
	va_list ap;

	if (e->text.len)
		np_buf_addc(&e->text, ',');
	va_start(ap, fmt);
	np_buf_vprintf(&e->text, fmt, ap);
	va_end(ap);
	e->weight += weight;
}

static bool ranges_eq(const struct np_ranges *a, const struct np_ranges *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].lo != b->v[i].lo || a->v[i].hi != b->v[i].hi)
			return false;
	return true;
}

/* Name of a set with these addresses, made when there is none yet. */
static const char *set_of(struct np_compiler *c, int family, const struct np_ranges *r)
{
	struct np_known_set *s;

	for (size_t i = 0; i < c->n_known; i++)
		if (c->sets[i].family == family && ranges_eq(&c->sets[i].ranges, r))
			return c->sets[i].name;
	c->sets = np_grow(c->sets, &c->cap_known, c->n_known, sizeof(*c->sets));
	s = &c->sets[c->n_known++];
	*s = (struct np_known_set){ .family = family };
	np_ranges_join(&s->ranges, r);
	snprintf(s->name, sizeof(s->name), "s%u~", c->n_sets++);
	np_ruleset_set(c->rs, s->name, family, r);
	return s->name;
}

void np_expr_addr(struct np_compiler *c, struct np_expr *e, int family, const char *field,
		  const struct np_ranges *r)
{
	const char *ip = family == 4 ? "ip" : "ip6";
	char addr[NP_ADDR_TEXT_MAX];

	if (r->n == 1 && r->v[0].lo == 0 && r->v[0].hi == np_family_max(family))
		return;
	if (r->n == 1 && r->v[0].lo == r->v[0].hi)
		np_expr_add(e, W_ADDR, NP_NFT_MATCH(NP_NFT_PAYLOAD("%s", "%s"), "\"%s\""), ip,
			    field, np_number_text(r->v[0].lo, family, addr));
	else
		np_expr_add(e, W_ADDR, NP_NFT_MATCH(NP_NFT_PAYLOAD("%s", "%s"), "\"@%s\""), ip,
			    field, set_of(c, family, r));
}

static void add_port_range(struct np_buf *b, const struct np_range *r)
{
	if (r->lo == r->hi)
		np_buf_printf(b, "%u", (unsigned)r->lo);
	else
		np_buf_printf(b, "{\"range\":[%u,%u]}", (unsigned)r->lo, (unsigned)r->hi);
}

void np_expr_ports(struct np_expr *e, enum np_proto proto, const struct np_ranges *r)
{
	static const char *const names[NP_N_PROTOS] = {
		[NP_TCP] = "tcp", [NP_UDP] = "udp", [NP_SCTP] = "sctp"
	};
	struct np_buf right = { 0 };

	if (r->n == 1 && r->v[0].lo == 0 && r->v[0].hi == UINT16_MAX) {
		np_expr_add(e, W_PORT, NP_NFT_L4("%s"), names[proto]);
		return;
	}
	if (r->n > 1)
		np_buf_adds(&right, "{\"set\":[");
	for (size_t i = 0; i < r->n; i++) {
		if (i > 0)
			np_buf_addc(&right, ',');
		add_port_range(&right, &r->v[i]);
	}
	if (r->n > 1)
		np_buf_adds(&right, "]}");
	np_expr_add(e, W_PORT_SET + W_PORT_ELEMENT * (unsigned)r->n,
		    NP_NFT_MATCH(NP_NFT_PAYLOAD("%s", "dport"), "%s"), names[proto],
		    np_buf_text(&right));
	np_buf_release(&right);
}

void np_expr_finish(struct np_compiler *c, struct np_expr *e, const char *chain,
		    const char *verdict)
{
	np_expr_add(e, 0, "%s", verdict);
	np_ruleset_rule(c->rs, chain, np_buf_text(&e->text), e->weight);
	np_buf_clear(&e->text);
	e->weight = 0;
	np_expr_release(e);
}

void np_expr_rule(struct np_compiler *c, const char *chain, const char *match, const char *verdict)
{
	struct np_expr e = { .weight = W_RULE };

	if (match)
		np_expr_add(&e, 0, "%s", match);
	np_expr_finish(c, &e, chain, verdict);
}
