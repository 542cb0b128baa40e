/* verdict_cidr.c - one CIDR text: errors and warnings (semantics 3.7). */
#include "verdict.h"

static int cmp_strings(const void *a, const void *b)
{
	return np_str_cmp(*(const struct np_str *)a, *(const struct np_str *)b);
}

static bool is_excused(const struct verdict *v, struct np_str text)
{
	return v->n_known_cidrs && bsearch(&text, v->known_cidrs, v->n_known_cidrs, sizeof(text),
					   cmp_strings);
}

static bool parse(struct verdict *v, struct np_str text, struct np_cidr *ret)
{
	struct verdict_slot *slot;
	bool known;

	if (text.n < VERDICT_LONG)
		return np_cidr_parse(text, ret);
	slot = verdict_slot(v, text, 0, &known);
	if (!known)
		slot->n_errors = !np_cidr_parse(text, &slot->cidr);
	*ret = slot->cidr;
	return !slot->n_errors;
}

bool verdict_cidr(struct verdict *v, const struct api_str *text, const struct vpath *field,
		  struct np_cidr *ret)
{
	/* The first that holds is said. */
	static const struct {
		unsigned flag;
		const char *words;
	} strict[] = {
		{ NP_CIDR_ZEROS, "must not have leading 0s in IP or prefix length" },
		{ NP_CIDR_MAPPED, "must not have an IPv4-mapped IPv6 address" },
		{ NP_CIDR_HOST_BITS, "must not have bits set beyond the prefix length" },
	};
	bool readable = parse(v, text->s, ret), excused = is_excused(v, text->s);

	if (!readable && !excused)
		verdict_text(v, NP_FINDING_INVALID, &text->at, field, text->s,
			     "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
	for (size_t i = 0; readable && !excused && v->strict_cidrs && i < NP_ARRAY_SIZE(strict); i++)
		if (ret->flags & strict[i].flag) {
			verdict_text(v, NP_FINDING_INVALID, &text->at, field, text->s, "%s",
				     strict[i].words);
			break;
		}
	return readable;
}

/* As Go's IPNet prints it: a mapped block as IPv4. */
static void block_text(const struct np_cidr *c, char buf[NP_ADDR_TEXT_MAX])
{
	struct np_addr wire = np_addr_wire(&c->addr);
	unsigned bits = c->prefix_bits;
	char addr[NP_ADDR_TEXT_MAX];

	if (wire.width != c->addr.width)
		bits = bits > 96 ? bits - 96 : 0;
	snprintf(buf, NP_ADDR_TEXT_MAX, "%.45s/%u", np_addr_text(&wire, addr), bits);
}

static void host_text(const struct np_cidr *c, char buf[NP_ADDR_TEXT_MAX])
{
	struct np_addr wire = np_addr_wire(&c->host);
	char addr[NP_ADDR_TEXT_MAX];

	snprintf(buf, NP_ADDR_TEXT_MAX, "%.45s/%u", np_addr_text(&wire, addr), c->host.width * 8U);
}

static void begin(struct verdict *v, const struct vpath *field, const char *what, struct np_str text)
{
	np_buf_clear(&v->text);
	vpath_text(field, &v->text);
	np_buf_printf(&v->text, ": %s ", what);
	np_buf_go_quoted(&v->text, text);
}

void verdict_cidr_warning(struct verdict *v, const struct api_str *text, const struct vpath *field)
{
	char block[NP_ADDR_TEXT_MAX], host[NP_ADDR_TEXT_MAX];
	bool ambiguous, odd;
	struct np_cidr c;

	if (!parse(v, text->s, &c))
		return;
	ambiguous = !np_addr_eq(&c.addr, &c.host);
	odd = c.flags & (NP_CIDR_ZEROS | NP_CIDR_MAPPED);
	block_text(&c, block);
	host_text(&c, host);
	if (ambiguous) {
		begin(v, field, "CIDR value", text->s);
		np_buf_printf(&v->text,
			      " is ambiguous in this context (should be \"%s\" or \"%s\"?)", block,
			      host);
		verdict_warn(v, &text->at);
	}
	if (odd) {
		begin(v, field, "non-standard CIDR value", text->s);
		np_buf_printf(&v->text, " is invalid: use \"%s\"", block);
		verdict_warn(v, &text->at);
	}
	if (!ambiguous && !odd && (c.flags & NP_CIDR_SPELLING)) {
		begin(v, field, "IPv6 CIDR value", text->s);
		np_buf_printf(&v->text, " should be in RFC 5952 canonical format (\"%s\")",
			      np_cidr_text(&c, block));
		verdict_warn(v, &text->at);
	}
}
