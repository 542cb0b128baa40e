/* model_tables.c - the tables of mutants and sites. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "np/base/mem.h"
#include "np/target/model.h"

#define ROW(id, class_id, name, bugs, what) [NP_MUTANT_##id] = { name, class_id, bugs, what },
static const struct np_mutant_row rows[NP_N_MUTANTS] = { NP_MUTANTS(ROW) };
#undef ROW

#define ROW(id, kind, what) [NP_SITE_##id] = { #id, NP_SITE_##kind, what },
static const struct np_site_row site_rows[NP_N_SITES] = { NP_SITES(ROW) };
#undef ROW

static const struct {
	enum np_mutant id;
	const char *why;
} open_rows[] = {
	{ NP_MUTANT_BLOCK_NOT_PODS,
	  "S19: whether an ipBlock matches the addresses of pods is open; profile upstream" },
	{ NP_MUTANT_HOST_PODS_ISOLATED,
	  "S43: whether policies select pods on the host's network is open" },
	{ NP_MUTANT_OWN_NODE_OUT,
	  "S41: whether a pod isolated for egress reaches its own node is open" },
	{ NP_MUTANT_HAIRPIN_JUDGED, "S39: a pod that reaches itself through a Service is open" },
	{ NP_MUTANT_DEFAULT_NS_SKIPPED,
	  "the namespaces of a run are its own: none is called default" },
};

static const struct np_mutant_omission omissions[] = {
	{ "C14",
	  "ovnk-restart-ns-peers ovnk-restart-empty-set antrea-restart-bypass "
	  "antrea-index-deadlock aws-unselected-blocked",
	  "needs a restart of the agent, for which cases have no step" },
	{ "C15", "sdn-startup-window aws-startup-window aws-early-connection",
	  "S48: shows only in the first instants of a pod, which the profile lifecycle watches" },
	{ "C16",
	  "kr-resync-reset kr-resync-refused cilium-transition-drop knp-flush-drops "
	  "cilium-ct-flush-on-default-allow",
	  "S37, S49: shows only while a change is applied, which the profile lifecycle watches" },
	{ "C13", "k8s-ns-termination", "S54: shows only while a namespace ends" },
	{ "E40", "ko-named-endport", "the API refuses endPort beside a port name" },
	{ "D01", "knp-ipv6-ext-headers",
	  "S35: packets with extension headers are not connections" },
	{ "D02", "knp-icmpv6-open", "S35: ICMP is open" },
	{ "D03", "ovnk-icmp-errors", "S66: ICMP errors are open" },
	{ "D04", "aws-ct-reverse sdn-tuple-collision knp-dns-race",
	  "S37: what a connection table remembers is open" },
};

const struct np_mutant_row *np_mutant_row(enum np_mutant id)
{
	return id > NP_MUTANT_NONE && id < NP_N_MUTANTS ? &rows[id] : NULL;
}

/* Names, keys, limits and failures are the controller's although their classes begin with E. */
enum np_mutant_level np_mutant_level(enum np_mutant id)
{
	const char *class_id = rows[id].class_id;

	if (class_id[0] == 'D')
		return NP_LEVEL_DATAPLANE;
	return class_id[0] == 'C' || (strcmp(class_id, "E46") >= 0 && strcmp(class_id, "E49") <= 0)
		       ? NP_LEVEL_CONTROLLER
		       : NP_LEVEL_EVALUATOR;
}

const char *np_mutant_level_name(enum np_mutant_level level)
{
	static const char *const names[] = { "evaluator", "controller", "dataplane" };

	return names[level];
}

const char *np_mutant_open(enum np_mutant id)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(open_rows); i++)
		if (open_rows[i].id == id)
			return open_rows[i].why;
	return NULL;
}

enum np_mutant np_mutant_find(const char *name)
{
	for (int i = NP_MUTANT_NONE + 1; i < NP_N_MUTANTS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return (enum np_mutant)i;
	return NP_MUTANT_NONE;
}

const struct np_mutant_omission *np_mutant_omissions(size_t *ret_n)
{
	*ret_n = NP_ARRAY_SIZE(omissions);
	return omissions;
}

const struct np_site_row *np_site_row(enum np_site site)
{
	return site > NP_SITE_NONE && site < NP_N_SITES ? &site_rows[site] : NULL;
}

static const struct {
	const char *name;
	enum np_site_kind kind;
} ops[NP_N_SITE_OPS] = {
	[NP_MX_NEGATE] = { "negated", NP_SITE_BOOL },
	[NP_MX_TRUE] = { "always", NP_SITE_BOOL },
	[NP_MX_FALSE] = { "never", NP_SITE_BOOL },
	[NP_MX_PLUS] = { "plus-one", NP_SITE_NUM },
	[NP_MX_MINUS] = { "minus-one", NP_SITE_NUM },
	[NP_MX_NO_FIRST] = { "without-first", NP_SITE_LIST },
	[NP_MX_NO_LAST] = { "without-last", NP_SITE_LIST },
	[NP_MX_FIRST_ONLY] = { "first-only", NP_SITE_LIST },
	[NP_MX_LAST_ONLY] = { "last-only", NP_SITE_LIST },
	[NP_MX_SWAP] = { "swapped", NP_SITE_SWAP },
	[NP_MX_SKIP] = { "skipped", NP_SITE_STEP },
	[NP_MX_LOST] = { "lost", NP_SITE_EVENT },
	[NP_MX_LATE] = { "late", NP_SITE_EVENT },
};

bool np_site_takes(enum np_site site, enum np_site_op op)
{
	return np_site_row(site) && site_rows[site].kind == ops[op].kind;
}

const char *np_site_text(enum np_site site, enum np_site_op op, char *buf)
{
	size_t n = (size_t)snprintf(buf, NP_SITE_TEXT_MAX, "%s:", site_rows[site].id);

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)(buf[i] == '_' ? '-' : tolower((unsigned char)buf[i]));
	snprintf(buf + n, NP_SITE_TEXT_MAX - n, "%s", ops[op].name);
	return buf;
}
