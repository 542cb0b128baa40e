/*
 * services_table.h - what every service port should lead to, computed from the objects; and
 * nftables commands that make one state of it into another. Pure.
 */
#ifndef NP_SANDBOX_SERVICES_TABLE_H
#define NP_SANDBOX_SERVICES_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "np/base/buf.h"
#include "np/model/addr.h"
#include "np/model/flow.h"

#define NP_SVC_TABLE "nps"

struct np_svc_backend {
	struct np_addr ip;
	uint16_t port;
};

/* One address, protocol and port of a service. */
struct np_svc_port {
	struct np_addr ip;
	enum np_proto proto;
	uint16_t port;
	struct np_svc_backend *backends;	/* sorted */
	size_t n_backends, cap_backends;
};

/*
 * Sorted by address, protocol, port. Zero-initialised is empty; of two services with one address
 * and port the first counts.
 */
struct np_svc_table {
	struct np_svc_port *ports;
	size_t n, cap;
};

/* @services and @pods: arrays of objects as the store lists them. */
void np_svc_table_build(const json_t *services, const json_t *pods, struct np_svc_table *ret);
void np_svc_table_release(struct np_svc_table *t);

/*
 * Does the service select the pod, and may the pod get its connections (running, has an address, is
 * not being deleted)?
 */
bool np_svc_selects(const json_t *service, const json_t *pod);
/*
 * Address of family 0 (IPv4) or 1 (IPv6) in a list like status.podIPs ([{ip}]) or spec.clusterIPs
 * ([text]).
 */
bool np_svc_list_ip(const json_t *list, unsigned family, struct np_addr *ret);

/*
 * A list of JSON documents for `nft -j -f -`, each a transaction of at most NP_SVC_MAX_COMMANDS
 * commands where one service port does not need more.
 */
#define NP_SVC_MAX_COMMANDS 200
struct np_svc_script {
	struct np_buf *documents;
	size_t n, cap;
	size_t n_commands;	/* of the last document */
};

/*
 * A table without services, in place of whatever there was; @ip: the node's addresses, what a pod
 * that reaches itself sees as client.
 */
void np_svc_script_base(struct np_svc_script *s, const struct np_addr ip[2]);
/* From @before to @after. No document when they are equal. */
void np_svc_script_change(struct np_svc_script *s, const struct np_svc_table *before,
			  const struct np_svc_table *after);
/* Closes the last document; call before reading them. */
void np_svc_script_end(struct np_svc_script *s);
void np_svc_script_release(struct np_svc_script *s);

#endif
