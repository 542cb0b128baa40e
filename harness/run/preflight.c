/* preflight.c - findings, versions, nodes and room. */
#include "preflight.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "scope.h"

#define WHAT_MAX 260 /* of what was found, in an error's sentence: what to do must follow */

static json_t *text_of(const char *s)
{
	return np_json_string(np_str_from(s));
}

void np_finding_put(struct np_record *record, const struct np_finding *f)
{
	static const char *const levels[] = {
		[NP_FINDING_INFO] = "info", [NP_FINDING_WARN] = "warn", [NP_FINDING_FATAL] = "fatal"
	};

	np_record_put_take(record, np_json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "type", "finding",
						"level", levels[f->level], "about", f->about,
						"what", text_of(f->what), "why", text_of(f->why),
						"do", text_of(f->todo)));
}

void np_preflight_find(struct np_preflight *p, enum np_finding_level level, const char *about,
		       const char *why, const char *todo, const char *fmt, ...)
{
	struct np_finding f = { .level = level, .about = about, .why = why, .todo = todo };
	struct np_buf what = { 0 };
	va_list ap;

	va_start(ap, fmt);
	np_buf_vprintf(&what, fmt, ap);
	va_end(ap);
	f.what = np_buf_text(&what);
	np_finding_put(p->record, &f);
	if (level == NP_FINDING_FATAL && !p->fatal.code)
		np_err_set(&p->fatal, NP_EENV, "%.*s: %s; %s", WHAT_MAX, f.what, why, todo);
	np_buf_release(&what);
}

int np_preflight_minor(const char *version)
{
	char *end;
	long minor;

	if (strncmp(version, "v1.", 3) != 0 || version[3] < '0' || version[3] > '9')
		return -1;
	minor = strtol(version + 3, &end, 10);
	return minor >= 0 && minor < 1000 && (*end == '.' || *end == '+' || !*end) ? (int)minor
										   : -1;
}

static void check_server(struct np_preflight *p, int minor)
{
	if (minor < 0)
		np_preflight_find(p, NP_FINDING_WARN, "server",
				  "what it does with a policy is not known",
				  "nothing, if it is a development version",
				  "the API server says that it is '%s'", p->server);
	else if (minor < NP_PREFLIGHT_OLDEST)
		np_preflight_find(p, NP_FINDING_FATAL, "server",
				  "namespaces do not carry their name as a label there, which "
				  "policies of the suites select by (S15)",
				  "upgrade the cluster", "the API server is %s, older than 1.%d",
				  p->server, NP_PREFLIGHT_OLDEST);
	else if (minor > NP_PREFLIGHT_NEWEST)
		np_preflight_find(p, NP_FINDING_INFO, "server",
				  "NetworkPolicy is stable, but this program has not been tried "
				  "with it",
				  "look for a newer netpolcheck",
				  "the API server is %s, newer than 1.%d", p->server,
				  NP_PREFLIGHT_NEWEST);
}

/* The kubelets that are farthest from the server, of those that can be used. */
static void check_skew(struct np_preflight *p, int server)
{
	int oldest = server, newest = server;
	json_t *node;
	size_t i;

	json_array_foreach(p->nodes.list, i, node) {
		int minor =
			np_preflight_minor(np_json_str(node, "status/nodeInfo/kubeletVersion", ""));

		if (minor < 0)
			continue;
		oldest = minor < oldest ? minor : oldest;
		newest = minor > newest ? minor : newest;
	}
	if (newest > server || server - oldest > NP_PREFLIGHT_SKEW)
		np_preflight_find(p, NP_FINDING_WARN, "server",
				  "Kubernetes does not support that, so a deviation may be the "
				  "skew's and not the implementation's",
				  "bring the cluster to versions that go together",
				  "kubelets are 1.%d to 1.%d, the API server is 1.%d", oldest,
				  newest, server);
	else if (oldest < server)
		np_preflight_find(p, NP_FINDING_INFO, "server", "Kubernetes supports that",
				  "nothing", "the oldest kubelet is 1.%d, the API server 1.%d",
				  oldest, server);
}

void np_preflight_versions(struct np_preflight *p)
{
	int minor = np_preflight_minor(p->server);

	check_server(p, minor);
	if (minor >= 0)
		check_skew(p, minor);
}

static void check_nodes(struct np_preflight *p)
{
	const struct np_nodes *n = &p->nodes;

	if (n->workers < p->room.workers)
		np_preflight_find(
			p, NP_FINDING_WARN, "room", "a worker without its pods cannot work",
			"nothing, or free some room for more of them",
			"the nodes have room for %u of %u workers", n->workers, p->room.workers);
	if (n->n == 1)
		np_preflight_find(p, NP_FINDING_WARN, "nodes",
				  "connections across nodes take another way through most "
				  "implementations, and are not covered",
				  "use a cluster with two nodes that are Ready, untainted and "
				  "have room",
				  "one node is used, '%s': %s", n->names[0], n->left_out);
}

static int find_nodes(struct np_preflight *p, struct np_err *err)
{
	struct np_err why = { 0 };

	if (np_nodes_choose(p->kube, &p->room, &p->nodes, &why) == 0) {
		check_nodes(p);
		np_preflight_versions(p);
		return 0;
	}
	if (why.code != NP_EENV) {
		*err = why;
		return -1;
	}
	np_preflight_find(p, NP_FINDING_FATAL, "room", "the probe pods would never start",
			  "free some room, use fewer --workers, or add a node", "%s", why.msg);
	return 0;
}

int np_preflight(struct np_preflight *p, struct np_err *err)
{
	/* Permissions first: they explain what the others would stumble over. */
	if (np_preflight_access(p, err) < 0)
		return -1;
	if (!p->fatal.code && (find_nodes(p, err) < 0 || np_preflight_policies(p, err) < 0))
		return -1;
	if (!p->fatal.code)
		return 0;
	*err = p->fatal;
	return -1;
}

/* ---- while a run makes its pods ---- */

void np_preflight_explain(struct np_err *err)
{
	static const struct {
		const char *words, *todo;
	} reasons[] = {
		{ "exceeded quota", "a quota limits the run's namespaces: raise it, or use fewer "
				    "--workers" },
		{ "violates PodSecurity",
		  "exempt namespaces labelled " NP_MANAGED_SELECTOR " from Pod Security" },
		{ "usage per Container", "a LimitRange asks for larger containers than probe pods "
					 "are: keep it away from the run's namespaces" },
		{ "usage per Pod", "a LimitRange asks for larger pods than probe pods are: keep "
				   "it away from the run's namespaces" },
		{ "security context constraint", "let the default service account of the run's "
						 "namespaces use the nonroot-v2 constraint" },
		{ "admission webhook",
		  "exempt namespaces labelled " NP_MANAGED_SELECTOR " from that webhook" },
		{ "ValidatingAdmissionPolicy",
		  "exempt namespaces labelled " NP_MANAGED_SELECTOR " from that policy" },
	};
	size_t n = strlen(err->msg);

	for (size_t i = 0; i < NP_ARRAY_SIZE(reasons); i++) {
		const char *todo = reasons[i].todo;
		size_t room = strlen(todo) + 3;

		if (!strstr(err->msg, reasons[i].words))
			continue;
		/* The API's words may fill the whole message; the advice matters more. */
		if (n + room > sizeof(err->msg))
			n = sizeof(err->msg) - room;
		snprintf(err->msg + n, sizeof(err->msg) - n, "; %s", todo);
		return;
	}
}

static bool has_container(const json_t *list, const char *name)
{
	json_t *c;
	size_t i;

	json_array_foreach(list, i, c)
		if (strcmp(np_json_str(c, "name", ""), name) == 0)
			return true;
	return false;
}

void np_preflight_sidecars(struct np_record *record, const json_t *asked, const json_t *stored)
{
	static const char *const lists[] = { "spec/initContainers", "spec/containers" };
	struct np_buf what = { 0 };
	struct np_finding f = {
		.level = NP_FINDING_WARN,
		.about = "pods",
		.why = "a proxy in the pod answers and dials in its place, so what is measured is "
		       "not the implementation of NetworkPolicy (S61)",
		.todo = "exempt namespaces labelled " NP_MANAGED_SELECTOR " from the webhook that "
			"adds them",
	};
	json_t *c;
	size_t i;

	for (size_t l = 0; l < NP_ARRAY_SIZE(lists); l++)
		json_array_foreach(np_json_at(stored, lists[l]), i, c) {
			const char *name = np_json_str(c, "name", "?");

			if (!has_container(np_json_at(asked, lists[l]), name))
				np_buf_printf(&what, "%s'%s'", what.len ? ", " : "", name);
		}
	if (what.len) {
		np_auto_free char *text = np_xasprintf(
			"the cluster adds containers to our pods: %s", np_buf_text(&what));

		f.what = text;
		np_finding_put(record, &f);
	}
	np_buf_release(&what);
}
