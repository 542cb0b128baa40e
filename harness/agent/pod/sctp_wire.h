/*
 * sctp_wire.h - in-pod agent: the few SCTP packets (RFC 9260) that a reachability check without
 * kernel SCTP needs: INIT, INIT-ACK with a text in its state cookie, ABORT. Pure.
 */
#ifndef POD_SCTP_WIRE_H
#define POD_SCTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/str.h"

#define SCTP_COOKIE_MAX 320
#define SCTP_PACKET_MAX (12 + 20 + 4 + SCTP_COOKIE_MAX)

enum sctp_chunk { SCTP_INIT = 1, SCTP_INIT_ACK = 2, SCTP_ABORT = 6 };

/* A packet by its first chunk. */
struct sctp_packet {
	uint16_t src_port, dst_port;
	uint32_t tag; /* verification tag: the receiver's */
	enum sctp_chunk chunk;
	uint32_t init_tag;    /* INIT, INIT-ACK: the sender's own tag, never 0 */
	struct np_str cookie; /* INIT-ACK: at most SCTP_COOKIE_MAX bytes */
};

/*
 * Where SCTP begins in what a raw socket received: IPv4 ones deliver the IP header as well, IPv6 ones do
 * not. @n when the header is broken.
 */
size_t sctp_offset(bool ipv4, const uint8_t *bytes, size_t n);
uint32_t crc32c(const uint8_t *bytes, size_t n);
/* Returns the length. */
unsigned sctp_write(const struct sctp_packet *p, uint8_t buf[static SCTP_PACKET_MAX]);
/*
 * False for a wrong checksum, a broken chunk, or a first chunk of another type. Strings point into
 * @bytes.
 */
bool sctp_read(const uint8_t *bytes, size_t n, struct sctp_packet *ret);

#endif
