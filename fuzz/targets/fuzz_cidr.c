/*
 * fuzz_cidr.c - addresses and blocks. The first line is a block, the next ones are its excepts, up to
 * an empty line; then come addresses.
 *
 * What inet_pton(3) and a plain prefix make of a text, ours does, and the other way round but for
 * leading zeros; texts written read back; the compiled block holds an address exactly when its
 * leading bits are the block's and no except's are.
 */
#include <arpa/inet.h>

#include "../../harness/oracle/blocks.h"
#include "fuzz.h"

#define EXCEPTS_MAX 4

static int family_of(const struct np_addr *a)
{
	return a->width == 4 ? AF_INET : AF_INET6;
}

/* inet_pton(3) of a counted text; the width, or 0. */
static unsigned plain_addr(struct np_str s, uint8_t bytes[16])
{
	char text[INET6_ADDRSTRLEN + 16];

	if (s.n >= sizeof(text) || (s.n && memchr(s.p, 0, s.n)))
		return 0;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

static void check_addr(struct np_str text)
{
	struct np_addr ours, back;
	uint8_t plain[16];
	unsigned width = plain_addr(text, plain);
	char buf[NP_ADDR_TEXT_MAX], theirs[INET6_ADDRSTRLEN];
	bool ok = np_addr_parse(text, &ours);

	if (width)
		FUZZ_CHECK(ok && ours.width == width && memcmp(ours.bytes, plain, width) == 0,
			   "inet_pton takes '" NP_STR_FMT "'", NP_STR_ARG(text));
	if (!ok)
		return;
	np_addr_text(&ours, buf);
	FUZZ_CHECK(np_addr_parse(np_str_from(buf), &back) && np_addr_eq(&ours, &back), "written as %s",
		   buf);
	FUZZ_CHECK(inet_ntop(family_of(&ours), ours.bytes, theirs, sizeof(theirs)), "inet_ntop");
	if (ours.width == 4)
		FUZZ_CHECK(strcmp(buf, theirs) == 0, "%s and %s", buf, theirs);
}

/* Decimal without sign and leading zeros, at most @max. */
static bool plain_prefix(struct np_str s, unsigned max, unsigned *ret)
{
	unsigned long long v;

	if (s.n > 3 || (s.n > 1 && s.p[0] == '0') || !np_str_u64(s, max, &v))
		return false;
	*ret = (unsigned)v;
	return true;
}

/* Whole bytes, then the bits that are left. */
static bool holds(const struct np_cidr *c, const struct np_addr *a)
{
	unsigned n = c->prefix_bits / 8, bits = c->prefix_bits % 8;

	if (c->host.width != a->width || memcmp(c->host.bytes, a->bytes, n) != 0)
		return false;
	return !bits || (c->host.bytes[n] ^ a->bytes[n]) >> (8 - bits) == 0;
}

/* A block as one reads it plainly, without what the reader of the project excuses. */
struct plain {
	unsigned width; /* in bytes; 0: it is no block */
	unsigned prefix_bits;
	uint8_t bytes[16];
};

static struct plain plain_block(struct np_str text)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct plain p = { 0 };
	struct np_str addr, prefix;

	if (!slash)
		return p;
	addr = (struct np_str){ text.p, (size_t)(slash - text.p) };
	prefix = (struct np_str){ slash + 1, text.n - addr.n - 1 };
	p.width = plain_addr(addr, p.bytes);
	if (p.width && !plain_prefix(prefix, 8 * p.width, &p.prefix_bits))
		p.width = 0;
	return p;
}

static bool is_plain(const struct np_cidr *c, const struct plain *p)
{
	return c->host.width == p->width && c->prefix_bits == p->prefix_bits &&
	       memcmp(c->host.bytes, p->bytes, p->width) == 0;
}

/* What holds of every block. */
static void check_bounds(const struct np_cidr *c)
{
	FUZZ_CHECK(c->prefix_bits <= 8 * c->host.width, "prefix %u", c->prefix_bits);
	FUZZ_CHECK(holds(c, &c->addr) && holds(c, &c->host), "a block without its own address");
	FUZZ_CHECK(!(c->flags & NP_CIDR_HOST_BITS) == np_addr_eq(&c->addr, &c->host), "host bits");
}

/* Written and read again it is the same, and spelt as it should be. */
static void check_written(const struct np_cidr *c)
{
	char text[NP_ADDR_TEXT_MAX];
	struct np_cidr back;

	np_cidr_text(c, text);
	FUZZ_CHECK(np_cidr_parse(np_str_from(text), &back) && np_addr_eq(&back.addr, &c->addr) &&
			   back.prefix_bits == c->prefix_bits &&
			   !(back.flags & (NP_CIDR_HOST_BITS | NP_CIDR_ZEROS)),
		   "written as %s", text);
}

static bool check_cidr(struct np_str text, struct np_cidr *ret)
{
	struct plain plain = plain_block(text);
	bool ok = np_cidr_parse(text, ret);

	if (plain.width)
		FUZZ_CHECK(ok && is_plain(ret, &plain), "'" NP_STR_FMT "' is a block",
			   NP_STR_ARG(text));
	if (!ok)
		return false;
	FUZZ_CHECK(plain.width || (ret->flags & NP_CIDR_ZEROS), "'" NP_STR_FMT "' is no block",
		   NP_STR_ARG(text));
	check_bounds(ret);
	check_written(ret);
	return true;
}

/* A mapped block and an IPv4 one are the same thing in packets (S56). */
static struct np_cidr in_packets(const struct np_cidr *c)
{
	struct np_cidr w = *c;

	if ((c->flags & NP_CIDR_MAPPED) && c->prefix_bits >= 96) {
		w.host = np_addr_wire(&c->host);
		w.prefix_bits = (uint8_t)(c->prefix_bits - 96);
	}
	return w;
}

static bool block_says(const struct np_ipblock *b, const struct np_addr *a)
{
	struct np_cidr outer = in_packets(&b->cidr);

	if (!holds(&outer, a))
		return false;
	for (size_t i = 0; i < b->n_excepts; i++) {
		struct np_cidr inner = in_packets(&b->excepts[i]);

		if (holds(&inner, a))
			return false;
	}
	return true;
}

static void check_holds(const struct np_ipblock *b, const struct peer_block *compiled,
			const struct np_addr *addr)
{
	struct np_addr a = np_addr_wire(addr);
	struct np_wire w = wire_of(&a);
	char buf[NP_ADDR_TEXT_MAX];

	FUZZ_CHECK(peer_block_holds(compiled, &w, true, true) == block_says(b, &a), "%s",
		   np_addr_text(&a, buf));
}

/* The addresses at every edge of @c. */
static void check_edges(const struct np_ipblock *b, const struct peer_block *compiled,
			const struct np_cidr *c)
{
	struct np_addr last = c->addr, next;

	for (unsigned i = c->prefix_bits; i < 8U * last.width; i++)
		last.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	check_holds(b, compiled, &c->addr);
	check_holds(b, compiled, &c->host);
	check_holds(b, compiled, &last);
	if (np_addr_add(&last, 1, &next))
		check_holds(b, compiled, &next);
	if (np_addr_add(&c->addr, -1, &next))
		check_holds(b, compiled, &next);
}

static void check_block(struct np_cidr *cidr, struct fuzz_in *in)
{
	struct np_cidr excepts[EXCEPTS_MAX];
	struct np_ipblock b = { .cidr = *cidr, .excepts = excepts };
	struct np_peer peer = { .ip_block = &b };
	struct peer_block compiled;
	struct np_arena arena = { NULL, 0 };
	struct np_addr a;

	while (in->n && b.n_excepts < EXCEPTS_MAX) {
		struct np_str line = fuzz_until(in, '\n');

		if (!line.n)
			break;
		b.n_excepts += check_cidr(line, &excepts[b.n_excepts]);
	}
	peer_block_compile(&arena, &peer, &compiled);
	check_edges(&b, &compiled, cidr);
	for (size_t i = 0; i < b.n_excepts && i < 2; i++)
		check_edges(&b, &compiled, &excepts[i]);
	while (in->n) {
		struct np_str line = fuzz_until(in, '\n');

		check_addr(line);
		if (np_addr_parse(line, &a))
			check_holds(&b, &compiled, &a);
	}
	np_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct np_str first = fuzz_until(&in, '\n');
	struct np_cidr cidr;

	if (check_cidr(first, &cidr)) {
		if (in.n)
			check_block(&cidr, &in);
	} else {
		check_addr(first);
	}
	return 0;
}
