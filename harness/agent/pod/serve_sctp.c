/*
 * serve_sctp.c - in-pod agent: SCTP servers. Where the kernel has no SCTP a raw socket answers each
 * INIT with an INIT-ACK whose state cookie is the greeting, keeps nothing, and leaves every other
 * packet unanswered.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "greeting.h"
#include "moment.h"
#include "sctp_wire.h"
#include "serve.h"
#include "sockets.h"

enum { PACKETS_PER_TURN = 64 };

static bool kernel_has_sctp(void)
{
	int fd = socket_open(AF_INET, SOCK_STREAM, PROTO_SCTP);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* A family that is not there is none of our business; one that is refused is said. */
static int raw_serve(struct server *s, int family)
{
	struct socket_entry *entry = &s->raw[s->n_raw];

	entry->family = family;
	entry->fd = socket_open(family, SOCK_RAW, PROTO_SCTP);
	if (entry->fd < 0)
		return -1;
	if (socket_want_pktinfo(entry->fd, family) < 0 ||
	    server_watch(s, entry->fd, SOURCE_RAW, s->n_raw, 0, EPOLLIN) < 0) {
		close(entry->fd);
		return -1;
	}
	socket_grow(entry->fd);
	s->n_raw++;
	return 0;
}

int sctp_serve(struct server *s)
{
	const struct serve_options *o = s->options;
	struct dice dice;

	if (kernel_has_sctp()) {
		for (unsigned i = 0; i < o->n_ports[SERVE_SCTP]; i++) {
			if (stream_serve(s, "sctp", PROTO_SCTP, o->ports[SERVE_SCTP][i]) < 0)
				return -1;
		}
		return 0;
	}
	dice_init(&dice);
	s->raw_tag = (uint32_t)dice_roll(&dice);
	if (raw_serve(s, AF_INET) < 0)
		fprintf(stderr,
			"netpolcheck-agent: no sctp: the kernel has none, and a raw socket is "
			"refused: %s\n",
			strerror(errno));
	(void)raw_serve(s, AF_INET6);
	return 0;
}

static bool is_served(const struct serve_options *o, uint16_t port)
{
	for (unsigned i = 0; i < o->n_ports[SERVE_SCTP]; i++) {
		if (o->ports[SERVE_SCTP][i] == port)
			return true;
	}
	return false;
}

static void answer_init(struct server *s, const struct socket_entry *entry, const union addr *peer,
			union addr *local, const struct sctp_packet *init)
{
	char line[GREETING_MAX];
	uint8_t bytes[SCTP_PACKET_MAX];
	union addr seen = *peer, to = *peer;
	union pktinfo_space space;
	struct iovec part = { .iov_base = bytes };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = addr_len(&to), .msg_iov = &part, .msg_iovlen = 1
	};
	struct sctp_packet ack = { .src_port = init->dst_port,
				   .dst_port = init->src_port,
				   .tag = init->init_tag,
				   .chunk = SCTP_INIT_ACK };

	addr_set_port(&seen, init->src_port);
	addr_set_port(&to, 0);
	addr_set_port(local, init->dst_port);
	s->raw_tag = (s->raw_tag * 1664525 + 1013904223) | 1;
	ack.init_tag = s->raw_tag;
	ack.cookie = (struct np_str){ line, greeting_write(line, s->options->identity, &seen, local,
							   NULL) };
	part.iov_len = sctp_write(&ack, bytes);
	pktinfo_put(&msg, &space, entry->family, local);
	(void)sendmsg(entry->fd, &msg, MSG_NOSIGNAL);
}

void sctp_answer(struct server *s, const struct socket_entry *entry)
{
	for (unsigned i = 0; i < PACKETS_PER_TURN; i++) {
		uint8_t bytes[2048];
		union addr peer, local;
		ssize_t n = socket_receive(entry->fd, bytes, sizeof(bytes), &peer, &local);
		struct sctp_packet packet;
		size_t header;

		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			continue;
		header = sctp_offset(entry->family == AF_INET, bytes, (size_t)n);
		if (sctp_read(bytes + header, (size_t)n - header, &packet) &&
		    packet.chunk == SCTP_INIT && packet.tag == 0 && packet.init_tag != 0 &&
		    is_served(s->options, packet.dst_port))
			answer_init(s, entry, &peer, &local, &packet);
	}
}
