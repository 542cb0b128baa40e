/*
 * proto.h - layer agent: the line protocol between the harness and the in-pod agent's `probe` mode. Harness side of the codec; pure functions.
 * The agent itself (harness/agent/pod/, a static program without heap) has its own reading of the same text. Limits: wire.h.
 *
 * Requests, one line each, at most NP_AGENT_LINE_MAX bytes:
 *   batch ID N TIMEOUT_MS ATTEMPTS      N probe lines follow; the batch starts when the last one is read
 *   p IDX KIND ADDR PORT EXPECT [src=ADDR] [q=NAME]
 *       KIND tcp | udp | sctp | dns-udp | dns-tcp;  EXPECT the identity that must answer ("-" any);  src the local address to bind;  q the name to ask
 *   ping TOKEN                          answered at once, also while a batch runs
 *   quit                                ends the agent at once
 * A second `batch` line waits, with everything behind it, until the running batch is done.
 * Answers:
 *   hello VERSION IDENTITY MAX_IN_FLIGHT CAPS      once, first line; CAPS comma list: sctp-kernel | sctp-raw | ipv6 | -
 *   r ID IDX OUTCOME DETAIL RTT_US WHO SEEN_ADDR SEEN_PORT START_US END_US ATTEMPTS SRC_PORT
 *       OUTCOME allowed | dropped | rejected | misdelivered | error;  WHO the identity that answered or -
 *       DETAIL - | errno:NAME | icmp:TYPE.CODE | rcode:N | eof (connected, then closed without a word) | silent (connected, no word, waited for 2 s)
 *       SEEN_ADDR/SEEN_PORT the source as the server saw it or "-";  START_US/END_US CLOCK_MONOTONIC of the agent
 *       RTT_US of the attempt that decided, 0 when none did;  ATTEMPTS made;  SRC_PORT of the deciding attempt, else of the last one
 *   done ID
 *   pong TOKEN
 *   fault TEXT                          a request line was refused; the batch it belongs to is dropped: no r, no done
 *
 * What decides a probe. Attempt k starts k * TIMEOUT / ATTEMPTS after the first, from a fresh socket and source port; earlier ones stay open.
 *   allowed       an attempt was answered by EXPECT. With EXPECT "-" anybody's answer will do, and for tcp a connection alone (WHO "-"), which is
 *                 then reported when the next attempt falls due. dns-*: any well-formed response to our question. sctp: a raw prober learns no
 *                 identity from a kernel SCTP server; its INIT-ACK counts, WHO "-"
 *   misdelivered  somebody else answered, or something that is not the agent (WHO "-"); ends the probe at once
 *   rejected      every attempt met RST, ABORT, ICMP or `eof`; some but not all: dropped, with that DETAIL
 *   dropped       no answer by the deadline; errno:EPERM when a packet filter on the sending host itself refused the datagram
 *   error         a local failure (no socket, no route, address not ours); ends the probe at once; says nothing about the network
 */
#ifndef NP_AGENT_PROTO_H
#define NP_AGENT_PROTO_H

#include "np/agent/wire.h"
#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/model/flow.h"

const char *np_outcome_name(enum np_outcome o);
bool np_outcome_parse(struct np_str s, enum np_outcome *ret);
const char *np_probe_kind_name(enum np_probe_kind k);

struct np_probe_req {
	unsigned idx;
	enum np_probe_kind kind;
	struct np_addr addr;
	uint16_t port;
	struct np_str expect;		/* identity or "-"; empty means "-" */
	const struct np_addr *src;	/* NULL: the system's choice */
	struct np_str query;		/* DNS name, else empty */
};

/* One answer line, parsed. Strings point into the line. Fields that the kind of line does not have are zero. */
struct np_agent_msg {
	enum np_agent_msg_kind { NP_MSG_HELLO, NP_MSG_RESULT, NP_MSG_DONE, NP_MSG_PONG, NP_MSG_FAULT } kind;
	unsigned version, max_in_flight;		/* hello */
	struct np_str identity, caps;			/* hello */
	unsigned batch, idx;
	enum np_outcome outcome;
	struct np_str detail, who, seen_addr, text;	/* text: pong token or fault */
	long long rtt_us, start_us, end_us;
	unsigned seen_port, attempts, src_port;		/* seen_port 0: not seen ("-") */
};

void np_agent_put_batch(struct np_buf *b, unsigned batch, size_t n, unsigned timeout_ms, unsigned attempts);
/* Blanks and control bytes inside @req's strings are written as '?', so that no name can add a field or a line. */
void np_agent_put_probe(struct np_buf *b, const struct np_probe_req *req);
/* @line without its newline. NP_EPARSE with the column for anything else, a version other than NP_AGENT_VERSION included. */
int np_agent_parse(struct np_str line, struct np_agent_msg *ret, struct np_err *err);
/* Whether @caps of a hello names @cap. */
bool np_agent_has_cap(struct np_str caps, const char *cap);

#endif
