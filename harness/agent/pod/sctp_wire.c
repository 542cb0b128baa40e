/*
 * sctp_wire.c - in-pod agent: SCTP packets. RFC 9260, sections 3.1, 3.3.2, 3.3.3, 3.3.7 and
 * appendix A.
 */
#include "sctp_wire.h"

enum { IPV4_MIN = 20, COMMON = 12, CHECKSUM_AT = 8, CHUNK = 4, INIT_FIXED = 20, PARAM = 4, PARAM_COOKIE = 7 };

static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

size_t sctp_offset(bool ipv4, const uint8_t *bytes, size_t n)
{
	size_t header;

	if (!ipv4)
		return 0;
	if (n < IPV4_MIN)
		return n;
	header = (size_t)(bytes[0] & 0x0f) * 4;
	return header < IPV4_MIN || header > n ? n : header;
}

/* Four bits at a time: the packets are short. */
static uint32_t crc32c_more(uint32_t crc, const uint8_t *bytes, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

uint32_t crc32c(const uint8_t *bytes, size_t n)
{
	return ~crc32c_more(0xffffffff, bytes, n);
}

/* Over the packet with its checksum field taken as zero. */
static uint32_t checksum(const uint8_t *bytes, size_t n)
{
	static const uint8_t zero[4];
	uint32_t crc = crc32c_more(0xffffffff, bytes, CHECKSUM_AT);

	crc = crc32c_more(crc, zero, sizeof(zero));
	return ~crc32c_more(crc, bytes + COMMON, n - COMMON);
}

/* The checksum travels with its low byte first, unlike everything else. */
static void put_checksum(uint8_t *packet, size_t n)
{
	uint32_t crc = checksum(packet, n);

	for (unsigned i = 0; i < 4; i++)
		packet[CHECKSUM_AT + i] = (uint8_t)(crc >> 8 * i);
}

static bool checksum_ok(const uint8_t *packet, size_t n)
{
	uint32_t crc = checksum(packet, n);

	for (unsigned i = 0; i < 4; i++) {
		if (packet[CHECKSUM_AT + i] != (uint8_t)(crc >> 8 * i))
			return false;
	}
	return true;
}

/*
 * Returns the length of the parameter with padding; @ret_bytes is without (the chunk's length
 * leaves out the last padding).
 */
static unsigned put_cookie(uint8_t *at, struct np_str cookie, unsigned *ret_bytes)
{
	size_t n = cookie.n < SCTP_COOKIE_MAX ? cookie.n : SCTP_COOKIE_MAX;

	put16(at, PARAM_COOKIE);
	put16(at + 2, (unsigned)n + PARAM);
	if (n)
		memcpy(at + PARAM, cookie.p, n);
	*ret_bytes = (unsigned)n + PARAM;
	return (*ret_bytes + 3) & ~3U;
}

static unsigned put_init(const struct sctp_packet *p, uint8_t *chunk)
{
	unsigned n = INIT_FIXED, cookie_bytes = 0, padded = 0;

	put32(chunk + 4, p->init_tag);
	put32(chunk + 8, 65536);	/* receiver window */
	put16(chunk + 12, 1);		/* outbound streams */
	put16(chunk + 14, 1);		/* inbound streams, at most */
	put32(chunk + 16, p->init_tag); /* first TSN: any number */
	if (p->chunk == SCTP_INIT_ACK)
		padded = put_cookie(chunk + n, p->cookie, &cookie_bytes);
	put16(chunk + 2, n + cookie_bytes);
	return n + padded;
}

unsigned sctp_write(const struct sctp_packet *p, uint8_t buf[static SCTP_PACKET_MAX])
{
	uint8_t *chunk = buf + COMMON;
	unsigned n = COMMON + CHUNK;

	memset(buf, 0, SCTP_PACKET_MAX);
	put16(buf, p->src_port);
	put16(buf + 2, p->dst_port);
	put32(buf + 4, p->tag);
	chunk[0] = (uint8_t)p->chunk;
	put16(chunk + 2, CHUNK);
	if (p->chunk == SCTP_INIT || p->chunk == SCTP_INIT_ACK)
		n = COMMON + put_init(p, chunk);
	put_checksum(buf, n);
	return n;
}

/* The state cookie among the parameters; absent when there is none or they are broken. */
static struct np_str find_cookie(const uint8_t *params, size_t n)
{
	while (n >= PARAM) {
		unsigned type = get16(params), length = get16(params + 2);
		size_t step = (length + 3U) & ~3U;

		if (length < PARAM || length > n)
			break;
		if (type == PARAM_COOKIE)
			return (struct np_str){ (const char *)params + PARAM, length - PARAM };
		if (step >= n)
			break;
		params += step;
		n -= step;
	}
	return NP_STR_NONE;
}

bool sctp_read(const uint8_t *bytes, size_t n, struct sctp_packet *ret)
{
	const uint8_t *chunk = bytes + COMMON;
	struct sctp_packet p = { 0 };
	unsigned length;

	if (n < COMMON + CHUNK || !checksum_ok(bytes, n))
		return false;
	p.src_port = (uint16_t)get16(bytes);
	p.dst_port = (uint16_t)get16(bytes + 2);
	p.tag = get32(bytes + 4);
	length = get16(chunk + 2);
	if (length < CHUNK || length > n - COMMON)
		return false;
	p.chunk = (enum sctp_chunk)chunk[0];
	if (p.chunk == SCTP_INIT || p.chunk == SCTP_INIT_ACK) {
		if (length < INIT_FIXED)
			return false;
		p.init_tag = get32(chunk + 4);
		p.cookie = find_cookie(chunk + INIT_FIXED, length - INIT_FIXED);
	} else if (p.chunk != SCTP_ABORT) {
		return false;
	}
	*ret = p;
	return true;
}
