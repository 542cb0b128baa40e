/*
 * case.h - layer model: a test case: what it covers and needs, its world, and steps. Filled by
 * parse/casefile.h; lives in its own arena.
 */
#ifndef NP_MODEL_CASE_H
#define NP_MODEL_CASE_H

#include "np/model/flow.h"

/*
 * What a case may need from a target beyond pods with IPv4 or IPv6, TCP and UDP; a table of names
 * in model/case.c.
 */
enum np_need {
	NP_NEED_IPV4 = 1U << 0,		/* "ipv4" */
	NP_NEED_IPV6 = 1U << 1,		/* "ipv6" */
	NP_NEED_SCTP = 1U << 2,		/* "sctp" */
	NP_NEED_ENDPORT = 1U << 3,	/* "endport" */
	/* "external": ext/a, outside the cluster, as client and server */
	NP_NEED_EXTERNAL = 1U << 4,
	/* "externals": ext/a..ext/d with the geometry of suites/README.md */
	NP_NEED_EXTERNALS = 1U << 5,
	/* "dns": a DNS server that is an ordinary pod behind a Service */
	NP_NEED_DNS = 1U << 6,
	NP_NEED_SERVICES = 1U << 7,	/* "services": ClusterIPs are translated */
	NP_NEED_TWO_NODES = 1U << 8,	/* "two-nodes" */
	NP_NEED_HOST_PODS = 1U << 9,	/* "host-pods": hostNetwork pods may be created */
	NP_NEED_PINNED_IP = 1U << 10,	/* "pinned-ip": a pod's address may be chosen */
};

/* A single need; "?" when it is none. */
const char *np_need_name(enum np_need need);
bool np_need_parse(struct np_str s, enum np_need *ret);

enum np_step_kind {
	NP_STEP_APPLY,		/* create, or replace when it exists: a manifest document */
	NP_STEP_DELETE,		/* object named by kind, ns, name */
	NP_STEP_LABEL,		/* merge-patch metadata.labels; null removes */
	NP_STEP_PATCH,		/* JSON merge patch of the object */
	/* delete, wait until gone, create again (manifest given or the old one) */
	NP_STEP_RECREATE,
	/* begin a pod's deletion; its process goes on, until the case is over (S54) */
	NP_STEP_TERMINATE,
	NP_STEP_WAIT,		/* a bounded pause, for lifecycle cases only */
	NP_STEP_EXPECT,		/* settle, probe, compare */
};

/* Verdict words of an expectation line; the last: whatever the oracle says, in generated cases. */
enum np_expect_kind { NP_EXPECT_ALLOW, NP_EXPECT_DENY, NP_EXPECT_OPEN, NP_EXPECT_ORACLE };

/*
 * One term of a from/to list. @pattern is a glob over end names (x/a, x/\*, ext/\*, svc:x/web,
 * dns, svc:dns) or one of the words any, pods, hosts, ext.
 */
struct np_expect_term {
	struct np_str pattern;
	bool negated;
};

/*
 * One line "allow|deny|open[(S19,S43)] [from T,..] [to T,..] [on PORTS] [family 4|6]". Later lines
 * override earlier ones.
 */
struct np_expect_line {
	enum np_expect_kind kind;
	np_clauses open;		/* for NP_EXPECT_OPEN: the exact set, empty = not stated */
	struct np_expect_term *from, *to;
	size_t n_from, n_to;		/* 0 = any */
	struct np_expect_port {
		enum np_proto proto;
		bool any_proto;
		uint16_t first, last;	/* 0..0 = every port */
	} *ports;
	size_t n_ports;			/* 0 = any */
	int family;			/* 0 = both */
	/*
	 * "from own-node": source is the node (or a hostNetwork pod on the node) that runs the
	 * destination
	 */
	bool own_node;
	struct np_str reason;		/* the comment behind it */
	struct np_place place;
};

struct np_expect {
	struct np_expect_line *lines;
	size_t n_lines;
};

struct np_step {
	enum np_step_kind kind;
	struct np_str object_kind;	/* "NetworkPolicy", "Pod", "Namespace", "Service" */
	struct np_str ns, name;		/* names as in the case file (before renaming for a run) */
	/*
	 * JSON text of the manifest or merge patch ({"metadata":{"labels":..}} of a label step) with
	 * ${...} still in it; empty when none
	 */
	struct np_str body;
	struct np_expect expect;
	long long wait_ms;
	struct np_place place;
};

struct np_case {
	struct np_arena arena;
	struct np_str id, title, world;	/* id: folder/name of the file */
	np_clauses covers;
	unsigned needs;			/* enum np_need */
	struct np_str *catches, *tags;
	size_t n_catches, n_tags;
	struct np_str profile;		/* "core" unless the header says otherwise */
	uint64_t seed;			/* of a generated case; 0 = hand-written */
	struct np_expect_port *ports;	/* the ports to probe; NULL = the world's */
	size_t n_ports;
	/* bit 0: IPv4, bit 1: IPv6, 0 = the cluster's first family */
	unsigned families;
	struct np_step *steps;
	size_t n_steps;
	struct np_place place;
};

/* Accepts NULL and a zeroed case. */
void np_case_release(struct np_case *c);

/*
 * A world file: the manifests to create before the cases that name it, and the ports that every pod
 * listens on.
 */
struct np_worldfile {
	struct np_arena arena;
	struct np_str name;
	struct np_expect_port *ports;	/* each with first == last */
	size_t n_ports;
	struct np_step *objects;	/* NP_STEP_APPLY only: Namespaces, Pods, Services */
	size_t n_objects;
};

void np_worldfile_release(struct np_worldfile *w);

/* Names of one end as expectation terms see it. */
struct np_end_name {
	struct np_str name;		/* x/a, ext/a, node/n1, svc:x/web, dns, svc:dns */
	bool is_pod, is_host, is_ext, is_service;
	struct np_str node;		/* of a pod or host, else empty */
};

/*
 * What @expect says of one cell: the last line that matches, borrowed from @expect. false when no
 * line does.
 */
bool np_expect_lookup(const struct np_expect *expect, const struct np_end_name *src,
		      const struct np_end_name *dst, enum np_proto proto, uint16_t port, int family,
		      const struct np_expect_line **ret);

#endif
