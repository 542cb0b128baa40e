/*
 * proto.h - layer agent: the line protocol between the harness and the in-pod agent's `probe` mode. Harness side of the codec; pure functions.
 * The agent itself (harness/agent/, a static program without heap) has its own reading of the same text.
 *
 * Requests, one line each, at most NP_AGENT_LINE_MAX bytes:
 *   batch ID N TIMEOUT_MS ATTEMPTS      N probe lines follow; the batch starts when the last one is read
 *   p IDX KIND ADDR PORT EXPECT [src=ADDR] [q=NAME]
 *       KIND tcp | udp | sctp | dns-udp | dns-tcp;  EXPECT the identity that must answer ("-" any);  src the local address to bind;  q the name to ask
 *   ping TOKEN
 *   quit
 * Answers:
 *   hello VERSION IDENTITY MAX_IN_FLIGHT CAPS      once, first line; CAPS comma list: sctp-kernel | sctp-raw | ipv6 | - 
 *   r ID IDX OUTCOME DETAIL RTT_US WHO SEEN_ADDR SEEN_PORT START_US END_US ATTEMPTS SRC_PORT
 *       OUTCOME allowed | dropped | rejected | misdelivered | error;  DETAIL - | errno:NAME | icmp:TYPE.CODE | rcode:N;  WHO the identity that answered or -
 *       SEEN_ADDR/SEEN_PORT the source as the server saw it or "-";  START_US/END_US CLOCK_MONOTONIC of the agent
 *   done ID
 *   pong TOKEN
 *   fault TEXT                          a request line was refused; the batch it belongs to is dropped
 */
#ifndef NP_AGENT_PROTO_H
#define NP_AGENT_PROTO_H

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/model/flow.h"

#define NP_AGENT_VERSION 1
#define NP_AGENT_LINE_MAX 512
#define NP_AGENT_BATCH_MAX 65536	/* probes of one batch */
#define NP_AGENT_IDENTITY_MAX 128	/* bytes; no blanks */

enum np_probe_kind { NP_PROBE_TCP, NP_PROBE_UDP, NP_PROBE_SCTP, NP_PROBE_DNS_UDP, NP_PROBE_DNS_TCP };

enum np_outcome { NP_OUT_ALLOWED, NP_OUT_DROPPED, NP_OUT_REJECTED, NP_OUT_MISDELIVERED, NP_OUT_ERROR };
const char *np_outcome_name(enum np_outcome o);
bool np_outcome_parse(struct np_str s, enum np_outcome *ret);

struct np_probe_req {
	unsigned idx;
	enum np_probe_kind kind;
	struct np_addr addr;
	uint16_t port;
	struct np_str expect;		/* identity or "-" */
	const struct np_addr *src;	/* NULL: the system's choice */
	struct np_str query;		/* DNS name, else empty */
};

/* One answer line, parsed. Strings point into the line. */
struct np_agent_msg {
	enum np_agent_msg_kind { NP_MSG_HELLO, NP_MSG_RESULT, NP_MSG_DONE, NP_MSG_PONG, NP_MSG_FAULT } kind;
	unsigned version, max_in_flight;		/* hello */
	struct np_str identity, caps;			/* hello */
	unsigned batch, idx;
	enum np_outcome outcome;
	struct np_str detail, who, seen_addr, text;	/* text: pong token or fault */
	long long rtt_us, start_us, end_us;
	unsigned seen_port, attempts, src_port;
};

void np_agent_put_batch(struct np_buf *b, unsigned batch, size_t n, unsigned timeout_ms, unsigned attempts);
void np_agent_put_probe(struct np_buf *b, const struct np_probe_req *req);
/* @line without its newline. NP_EPARSE with the column for anything else. */
int np_agent_parse(struct np_str line, struct np_agent_msg *ret, struct np_err *err);

#endif
