/*
 * wire.h - layer agent: what the harness and the in-pod agent must agree on besides the text of proto.h: limits and the
 * closed sets of words. Constants only, so that the static agent includes it without the rest of the harness.
 */
#ifndef NP_AGENT_WIRE_H
#define NP_AGENT_WIRE_H

#define NP_AGENT_VERSION 1
#define NP_AGENT_LINE_MAX 512		/* bytes of a request line, newline included */
#define NP_AGENT_ANSWER_MAX 1024	/* bytes of an answer line, newline included */
#define NP_AGENT_BATCH_MAX 65536	/* probes of one batch */
#define NP_AGENT_IDENTITY_MAX 128	/* bytes; printable ASCII, no blanks; "-" is no identity */
#define NP_AGENT_QUERY_MAX 254		/* bytes of a DNS name, a last dot included */
#define NP_AGENT_TIMEOUT_MAX_MS 120000
#define NP_AGENT_ATTEMPTS_MAX 8
#define NP_AGENT_IN_FLIGHT_MAX 4096	/* probes at once; fewer where RLIMIT_NOFILE is low */

/* Source ports of probes, inclusive. */
#define NP_AGENT_PORT_FIRST 20000
#define NP_AGENT_PORT_LAST 59999

enum np_probe_kind { NP_PROBE_TCP, NP_PROBE_UDP, NP_PROBE_SCTP, NP_PROBE_DNS_UDP, NP_PROBE_DNS_TCP };
#define NP_PROBE_KINDS 5
#define NP_PROBE_KIND_NAMES { "tcp", "udp", "sctp", "dns-udp", "dns-tcp" }

enum np_outcome { NP_OUT_ALLOWED, NP_OUT_DROPPED, NP_OUT_REJECTED, NP_OUT_MISDELIVERED, NP_OUT_ERROR };
#define NP_OUTCOMES 5
#define NP_OUTCOME_NAMES { "allowed", "dropped", "rejected", "misdelivered", "error" }

#endif
