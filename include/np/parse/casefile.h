/*
 * casefile.h - layer parse: case files and world files to model/case.h. This comment is the
 * format's definition.
 *
 * A case file is a YAML stream (our own limits: 3 MiB, 64 levels, 1,000 steps, 1,000 lines an
 * expectation). The first document is the header:
 *
 *	case: peers/and-in-one-peer	# required: folder/name of the file without .yaml, [a-z0-9-/]
 *	title: both selectors of a peer must match	# required, one line
 *	covers: [S11, S12]		# required, clauses of the semantics; at least one
 *	world: three-by-three		# required, a name [a-z0-9-] of suites/worlds/
 *	needs: [endport]		# optional: ipv4 ipv6 sctp endport external externals dns services
 *					# two-nodes host-pods pinned-ip
 *	catches: ["selectors of one peer are ORed"]	# optional, real bugs in words
 *	tags: [smoke]			# optional, [a-z0-9-]
 *	profile: core			# optional: core (default) extended upstream lifecycle
 *					# behaviour
 *	ports: [TCP:80, UDP:80]		# optional, replaces the world's ports; one port an entry
 *	families: [4, 6]		# optional
 *	seed: 17			# optional, generated cases only; at least 1
 *
 * Every further document is one step. The last must be an expectation.
 *
 *	apiVersion: ..			# a whole object with apiVersion, kind, metadata.name and, if it
 *	kind: NetworkPolicy		# has one, metadata.namespace: created, or replaced when it
 *					# exists. Kinds: Namespace Pod Service NetworkPolicy Node
 *
 *	delete: NetworkPolicy x/deny	# Kind namespace/name; Namespace and Node: Kind name
 *
 *	label: Pod x/a			# metadata.labels of the object; null removes a label
 *	labels: {pod: b, old: null}
 *
 *	patch: NetworkPolicy x/deny	# JSON merge patch
 *	with: {spec: {ingress: []}}
 *
 *	recreate: Pod x/a		# delete, wait until gone, create
 *	with: {..}			# optional: the new manifest of the same object
 *
 *	wait: 500ms			# unit ms, s; at most 10m; lifecycle cases
 *
 *	expect: |
 *	  allow
 *	  deny from any to x/a		# the reason, in words
 *	  allow from y/b,z/\*,!z/c to x/a on TCP:80,UDP:*
 *	  open(S19) from ext to x/a on TCP:8000-8080 family 6
 *
 * Expectation lines, later ones override earlier ones for the cells that they match:
 *	allow | deny | open | open(S19,S43) | oracle (what the oracle says; only in cases with a seed)
 * then any of the following, each at most once, in this order
 *	from TERMS	globs (* and ?) over end names: x/a (pod), ext/a, node/n1, svc:x/web, dns,
 *			svc:dns; or the words any, pods (not on the host network), hosts (on it), ext.
 *			Separated by commas without blanks; ! negates one term. A cell matches if some
 *			term without ! matches (or there is none) and no term with ! does. Services are
 *			matched only by globs that start with svc: and by any.
 *	from own-node	alone: the source is the node that runs the destination, or a host network
 *			pod there
 *	to TERMS	the same, without own-node
 *	on PORTS	TCP:80 UDP:* SCTP:80-90 *:53, separated by commas
 *	family 4|6
 *	# reason	to the end of the line
 * Blank lines and lines that start with # are skipped. The first line states the rule: it has no
 * from, to, on or family.
 *
 * ${..} in any string of a manifest is left in place for the run to fill; here only its closing
 * brace, and that its text is made of letters, digits and : / . _ - , are checked.
 *
 * A world file is a YAML stream too: header {world: NAME, ports: [TCP:80, ..]} (both required;
 * optional title), then manifests of Namespaces, Pods and Services (at most 1,000).
 *
 * Unknown and repeated keys of a header or step are errors. Every error has file, line and column
 * of the very token and says what is allowed.
 */
#ifndef NP_PARSE_CASEFILE_H
#define NP_PARSE_CASEFILE_H

#include "np/model/case.h"

#define NP_CASE_MAX_STEPS 1000
#define NP_EXPECT_MAX_LINES 1000
#define NP_EXPECT_MAX_TERMS 100	/* of one list in a line */

/*
 * @path without .yaml or .yml must end in the case's id. *@ret is released with np_case_release().
 */
int np_casefile_load(const char *path, struct np_case *ret, struct np_err *err);
/* The same from memory; @name is for messages; an id is compared with it only when @check_id. */
int np_casefile_parse(struct np_str text, const char *name, bool check_id, struct np_case *ret,
		      struct np_err *err);

/* The world's name must be the file's name without .yaml. Released with np_worldfile_release(). */
int np_worldfile_load(const char *path, struct np_worldfile *ret, struct np_err *err);
int np_worldfile_parse(struct np_str text, const char *name, bool check_name,
		       struct np_worldfile *ret, struct np_err *err);

/*
 * Parses the text of an expectation alone (tests, generators). @arena holds the result; @at is the
 * place of its first line.
 */
int np_expect_parse(struct np_str text, struct np_place at, struct np_arena *arena,
		    struct np_expect *ret, struct np_err *err);

/*
 * Checks ${..} of a text: *@ret_offset is where the first bad one starts when false is returned.
 */
bool np_subst_check(struct np_str text, size_t *ret_offset);

#endif
