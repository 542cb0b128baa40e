/* casevalues.c - ${..} of case texts. */
#include "np/target/casevalues.h"

#include "np/base/mem.h"

#define V6_EXTRA_BITS 96

/* A word and how it is filled in. */
struct value_kind {
	const char *word;
	bool is_block; /* the name is followed by /prefix */
	bool v6;       /* IPv6 whatever the cluster's first family */
};

static const struct value_kind kinds[] = {
	{ "ip:", false, false },
	{ "ip6:", false, true },
	{ "cidr:", true, false },
	{ "cidr6:", true, true },
};

static int bad(struct np_str inner, const char *why, struct np_err *err)
{
	return np_err_set(err, NP_EVALID, "'${" NP_STR_FMT "}': %s", NP_STR_ARG(inner), why);
}

static bool find_address(const struct np_values *v, struct np_str name, int family,
			 struct np_addr *ret)
{
	struct np_addr ips[NP_WORLD_MAX_IPS];
	size_t n = v->lookup(v->ctx, name, ips);

	for (size_t i = 0; i < n; i++)
		if ((ips[i].width == 4) == (family == 4)) {
			*ret = ips[i];
			return true;
		}
	return false;
}

/* Cuts "/28" off the end of @name. */
static bool cut_prefix(struct np_str *name, unsigned long long *ret_bits)
{
	size_t slash = name->n;

	while (slash && name->p[slash - 1] != '/')
		slash--;
	if (!slash ||
	    !np_str_u64((struct np_str){ name->p + slash, name->n - slash }, 32, ret_bits))
		return false;
	name->n = slash - 1;
	return true;
}

static int fill_address(const struct value_kind *kind, struct np_str inner,
			const struct np_values *v, struct np_buf *out, struct np_err *err)
{
	size_t skip = strlen(kind->word);
	struct np_str name = { inner.p + skip, inner.n - skip };
	int family = kind->v6 ? 6 : v->family;
	unsigned long long bits = 32;
	struct np_cidr block;
	char text[NP_ADDR_TEXT_MAX];

	if (kind->is_block && !cut_prefix(&name, &bits))
		return bad(inner, "there must be a prefix of 0 to 32 at the end", err);
	if (!find_address(v, name, family, &block.host))
		return bad(inner,
			   family == 4 ? "no such name, or it has no IPv4 address"
				       : "no such name, or it has no IPv6 address",
			   err);
	if (!kind->is_block) {
		np_buf_adds(out, np_addr_text(&block.host, text));
		return 0;
	}
	block.prefix_bits = (uint8_t)(bits + (family == 6 ? V6_EXTRA_BITS : 0));
	block.addr = np_addr_mask(&block.host, block.prefix_bits);
	np_buf_adds(out, np_cidr_text(&block, text));
	return 0;
}

static int fill(struct np_str inner, const struct np_values *v, struct np_buf *out,
		struct np_err *err)
{
	if (np_str_is(inner, "family-any")) {
		np_buf_adds(out, v->family == 6 ? "::/0" : "0.0.0.0/0");
		return 0;
	}
	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++)
		if (np_str_starts(inner, kinds[i].word))
			return fill_address(&kinds[i], inner, v, out, err);
	return bad(inner, "allowed are ip:NAME ip6:NAME cidr:NAME/BITS cidr6:NAME/BITS family-any",
		   err);
}

static int substitute(struct np_str text, const struct np_values *v, struct np_buf *out,
		      struct np_err *err)
{
	for (size_t i = 0; i < text.n;) {
		const char *end;
		struct np_str inner;

		if (text.p[i] != '$' || i + 1 == text.n || text.p[i + 1] != '{') {
			np_buf_addc(out, text.p[i++]);
			continue;
		}
		end = memchr(text.p + i, '}', text.n - i);
		if (!end)
			return np_err_set(err, NP_EVALID, "'${' without '}'");
		inner = (struct np_str){ text.p + i + 2, (size_t)(end - text.p) - i - 2 };
		if (fill(inner, v, out, err) < 0)
			return -1;
		i = (size_t)(end - text.p) + 1;
	}
	return 0;
}

int np_substitute(struct np_str text, const struct np_values *values, struct np_buf *ret,
		  struct np_err *err)
{
	struct np_buf out = { 0 };
	int rc = substitute(text, values, &out, err);

	if (rc == 0)
		np_buf_add(ret, out.data, out.len);
	np_buf_release(&out);
	return rc;
}
