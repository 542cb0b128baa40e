/*
 * fakes.h - servers that are not agents, for the agent's tests: one child that serves them all, one thing at a time.
 *	tcp 7001 says nothing   7002 talks HTTP   7003 closes   7004 resets   7006 says half a greeting and closes
 *	udp 7013 greets as x/stale with another nonce, then as x/fresh with the right one
 *	tcp 7012 greets with how its connection before ended: x/none, x/rst or x/fin
 *	udp 7002 answers noise  7005 greets as x/slow after 400 ms             tcp, udp 7053 DNS
 *	sctp 7007 answers with another's tag  7008 as a kernel would  7009 aborts  7010 aborts another's  7011 with a wrong checksum
 */
#ifndef TESTS_AGENT_FAKES_H
#define TESTS_AGENT_FAKES_H

#include <netinet/in.h>

#include "../../agent/pod/sctp_wire.c"
#include "rig.h"

enum { FAKE_SLOW_MS = 400 };

static int fake_socket(int type, uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), on = 1, tries = 500;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* What an earlier test left behind is being killed, but on a busy machine may not have gone yet. */
	while (fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 && tries--)
		usleep(10000);
	ck_assert(fd >= 0 && tries >= 0);
	ck_assert(type == SOCK_DGRAM || listen(fd, 64) == 0);
	return fd;
}

/* ---- DNS: the first label of the name says what is wrong with the answer ---- */

static ssize_t fake_dns_answer(uint8_t *m, ssize_t n)
{
	static const char *const labels[] = { "ok", "nx", "badid", "badq", "mute", "short", "nohead" };
	enum { OK, NX, BAD_ID, BAD_QUESTION, MUTE, SHORT, NO_QUESTION } what = OK;

	for (unsigned i = 0; i < NP_ARRAY_SIZE(labels); i++) {
		if (n > 13 && m[12] == strlen(labels[i]) && memcmp(m + 13, labels[i], m[12]) == 0)
			what = i;
	}
	m[2] |= 0x80;
	if (what == NX)
		m[3] |= 3;
	if (what == BAD_ID)
		m[1] ^= 1;
	if (what == BAD_QUESTION)
		m[n - 1] ^= 1;
	if (what == NO_QUESTION) {
		m[3] |= 1;
		m[5] = 0;
		return 12;
	}
	return what == MUTE ? 0 : what == SHORT ? 5 : n;
}

static void fake_dns_udp(int fd)
{
	uint8_t m[600];
	struct sockaddr_in6 peer;
	socklen_t n_peer = sizeof(peer);
	ssize_t n = recvfrom(fd, m, sizeof(m), 0, (struct sockaddr *)&peer, &n_peer);

	n = fake_dns_answer(m, n);
	if (n > 0)
		sendto(fd, m, (size_t)n, 0, (struct sockaddr *)&peer, n_peer);
}

static void fake_dns_tcp(int fd)
{
	uint8_t m[600], length;
	ssize_t n = recv(fd, m, sizeof(m), 0);

	if (n <= 2)
		return;
	n = fake_dns_answer(m + 2, n - 2);
	length = (uint8_t)n;
	m[0] = 0;
	m[1] = length;
	/* in two pieces, as it may come */
	if (n > 0) {
		send(fd, m, 1, MSG_NOSIGNAL);
		np_sleep_ms(20);
		send(fd, m + 1, (size_t)n + 1, MSG_NOSIGNAL);
		np_sleep_ms(20);
	}
}

/* ---- the others ---- */

static void fake_silent(int fd)
{
	(void)dup(fd);	/* stays open when the caller closes its own */
}

static void fake_http(int fd)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
	np_sleep_ms(20);
}

static void fake_close(int fd)
{
	(void)fd;
}

static void fake_reset(int fd)
{
	struct linger at_once = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void fake_half(int fd)
{
	send(fd, "NP1 x/a 10", 10, MSG_NOSIGNAL);
	np_sleep_ms(20);
}

static void fake_remember(int fd)
{
	static const char *ended = "x/none";
	char line[64], c;
	int n = snprintf(line, sizeof(line), "NP1 %s 10.99.0.1 1 10.99.0.1 7012\n", ended);

	send(fd, line, (size_t)n, MSG_NOSIGNAL);
	ended = "x/none";
	if (rig_readable(fd, RIG_WAIT_MS))
		ended = read(fd, &c, 1) < 0 && errno == ECONNRESET ? "x/rst" : "x/fin";
}

static void fake_noise(int fd)
{
	char bytes[64];
	struct sockaddr_in6 peer;
	socklen_t n_peer = sizeof(peer);

	if (recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer, &n_peer) >= 0)
		sendto(fd, "what?", 5, 0, (struct sockaddr *)&peer, n_peer);
}

static void fake_slow(int fd)
{
	char bytes[64], line[128];
	struct sockaddr_in6 peer;
	socklen_t n_peer = sizeof(peer);
	ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer, &n_peer);
	int n_line = snprintf(line, sizeof(line), "NP1 x/slow 10.99.0.1 1 10.99.0.1 7005 %.*s\n", (int)n, bytes);

	np_sleep_ms(FAKE_SLOW_MS);
	sendto(fd, line, (size_t)n_line, 0, (struct sockaddr *)&peer, n_peer);
}

/* A raw socket sees the SCTP packets of all ports. */
static void fake_sctp(int fd)
{
	uint8_t bytes[600], answer[SCTP_PACKET_MAX];
	struct sockaddr_in peer;
	socklen_t n_peer = sizeof(peer);
	ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer, &n_peer);
	size_t at = n > 0 ? sctp_offset(true, bytes, (size_t)n) : 0;
	struct sctp_packet in, out = { .chunk = SCTP_INIT_ACK, .init_tag = 9, .cookie = NP_STR("kernel's own business") };
	unsigned n_answer;

	if (n <= 0 || !sctp_read(bytes + at, (size_t)n - at, &in) || in.chunk != SCTP_INIT || in.dst_port < 7007 || in.dst_port > 7011)
		return;
	out.src_port = in.dst_port;
	out.dst_port = in.src_port;
	out.tag = in.dst_port == 7007 || in.dst_port == 7010 ? in.init_tag + 1 : in.init_tag;
	if (in.dst_port == 7009 || in.dst_port == 7010)
		out.chunk = SCTP_ABORT;
	n_answer = sctp_write(&out, answer);
	if (in.dst_port == 7011)
		answer[8] ^= 1;
	sendto(fd, answer, n_answer, 0, (struct sockaddr *)&peer, n_peer);
}

static int fake_raw_socket(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 132);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void fake_stale(int fd)
{
	char bytes[64], line[128];
	struct sockaddr_in6 peer;
	socklen_t n_peer = sizeof(peer);
	ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer, &n_peer);
	int n_line = snprintf(line, sizeof(line), "NP1 x/stale 10.99.0.1 1 10.99.0.1 7013 np-0\n");

	sendto(fd, line, (size_t)n_line, 0, (struct sockaddr *)&peer, n_peer);
	n_line = snprintf(line, sizeof(line), "NP1 x/fresh 10.99.0.1 1 10.99.0.1 7013 %.*s\n", (int)n, bytes);
	sendto(fd, line, (size_t)n_line, 0, (struct sockaddr *)&peer, n_peer);
}

static const struct fake {
	int type;
	uint16_t port;
	void (*serve)(int fd);
} fakes[] = {
	{ SOCK_STREAM, 7001, fake_silent }, { SOCK_STREAM, 7002, fake_http }, { SOCK_STREAM, 7003, fake_close },
	{ SOCK_STREAM, 7004, fake_reset },  { SOCK_STREAM, 7006, fake_half },	{ SOCK_STREAM, 7012, fake_remember },
	 { SOCK_STREAM, 7053, fake_dns_tcp },
	{ SOCK_DGRAM, 7002, fake_noise },   { SOCK_DGRAM, 7005, fake_slow },  { SOCK_DGRAM, 7053, fake_dns_udp },
	{ SOCK_DGRAM, 7013, fake_stale },   { SOCK_RAW, 0, fake_sctp },
};

static void fake_turn(const struct pollfd *fds)
{
	for (unsigned i = 0; i < NP_ARRAY_SIZE(fakes); i++) {
		int fd;

		if (!(fds[i].revents & POLLIN))
			continue;
		if (fakes[i].type != SOCK_STREAM) {
			fakes[i].serve(fds[i].fd);
			continue;
		}
		fd = accept(fds[i].fd, NULL, NULL);
		fakes[i].serve(fd);
		close(fd);
	}
}

/* Starts the child; it ends with the test. */
static void fakes_start(void)
{
	struct pollfd fds[NP_ARRAY_SIZE(fakes)];

	for (unsigned i = 0; i < NP_ARRAY_SIZE(fakes); i++)
		fds[i] = (struct pollfd){ .fd = fakes[i].type == SOCK_RAW ? fake_raw_socket() : fake_socket(fakes[i].type, fakes[i].port),
					  .events = POLLIN };
	if (fork() != 0) {
		for (unsigned i = 0; i < NP_ARRAY_SIZE(fakes); i++)
			close(fds[i].fd);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (poll(fds, NP_ARRAY_SIZE(fakes), RIG_WAIT_MS) > 0)
		fake_turn(fds);
	_exit(0);
}

#endif
