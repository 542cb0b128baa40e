/*
 * reproduce.c - a failing cell as a shell script: which cell, and the script from head to verdict.
 */
#include "reproduce.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/campaign/script.h"
#include "np/model/addr.h"
#include "repro.h"
#include "repro_script.h"

#define DNS_QUESTION "kubernetes.default.svc.cluster.local"

/* --- ends --- */

static void end_release(struct np_repro_end *e)
{
	free(e->ns);
	free(e->name);
	*e = (struct np_repro_end){ 0 };
}

/* Is it a pod of the world, or one that the case made on its way to the failing step? */
static bool is_pod(const struct np_repro *p, const char *id, const char *name)
{
	np_auto_free char *key = np_xasprintf("Pod %s", name);
	json_t *step, *m;
	size_t i, j;

	if (json_is_object(json_object_get(json_object_get(p->world, "objects"), key)))
		return true;
	json_array_foreach(json_object_get(p->r->steps, id), i, step)
		json_array_foreach(json_object_get(step, "manifests"), j, m)
			if (strcmp(np_json_str(m, "of", ""), key) == 0 &&
			    json_is_object(json_object_get(m, "body")))
				return true;
	return false;
}

static const char *recorded_address(const struct np_repro *p, const char *name)
{
	const json_t *ips = json_object_get(json_object_get(p->step, "addresses"), name);
	struct np_addr a;

	for (size_t i = 0; i < json_array_size(ips); i++)
		if (np_addr_parse(np_str_from(np_report_at(ips, i)), &a) &&
		    (a.width == 4) == (p->family == 4))
			return np_report_at(ips, i);
	return NULL;
}

static void split_end(struct np_repro_end *e, const char *name)
{
	const char *slash = strchr(name, '/');

	e->ns = slash ? np_xstrndup(name, (size_t)(slash - name)) : np_xstrdup("");
	e->name = np_xstrdup(slash ? slash + 1 : name);
}

static struct np_repro_end end_of(const struct np_repro *p, const char *id, const char *text)
{
	struct np_repro_end e = { .kind = NP_REPRO_UNKNOWN, .text = text };

	if (strncmp(text, "svc:", 4) == 0 && strchr(text, '/')) {
		e.kind = NP_REPRO_SERVICE;
		split_end(&e, text + 4);
	} else if (strcmp(text, "svc:dns") == 0) {
		e.kind = NP_REPRO_DNS_SERVICE;
	} else if (strcmp(text, "dns") == 0) {
		e.kind = NP_REPRO_DNS;
	} else if (strchr(text, '/') && is_pod(p, id, text)) {
		e.kind = NP_REPRO_POD;
		split_end(&e, text);
	} else if (strcmp(text, "node/a") == 0 || strcmp(text, "node/b") == 0) {
		e.kind = NP_REPRO_NODE;
	} else if (strncmp(text, "ext/", 4) == 0 && (e.address = recorded_address(p, text))) {
		e.kind = NP_REPRO_ADDRESS;
	}
	return e;
}

/* How well kubectl can show a cell, best first; 0: not at all. */
static unsigned rank_of(const struct np_repro_end *src, const struct np_repro_end *dst)
{
	static const unsigned by_dest[] = {
		[NP_REPRO_POD] = 6,	    [NP_REPRO_SERVICE] = 5, [NP_REPRO_DNS] = 4,
		[NP_REPRO_DNS_SERVICE] = 4, [NP_REPRO_NODE] = 3,    [NP_REPRO_ADDRESS] = 2,
		[NP_REPRO_UNKNOWN] = 0,
	};

	if (src->kind == NP_REPRO_POD)
		return by_dest[dst->kind];
	return src->kind == NP_REPRO_NODE && dst->kind == NP_REPRO_POD ? 1 : 0;
}

static bool is_judged(const json_t *f)
{
	const char *expected = np_json_str(f, "expected", ""),
		   *outcome = np_json_str(f, "outcome", "");

	return (strcmp(expected, "allow") == 0 || strcmp(expected, "deny") == 0) &&
	       strcmp(outcome, "error") != 0;
}

/*
 * The wrong cell that kubectl shows best, with its ends. Of equal ones it is the first, which the
 * report explains; but the last where other worlds stood beside this one: what fails because too
 * much is matched fails there also when this world is alone.
 */
static void choose_cell(struct np_repro *p, const char *id)
{
	bool beside = np_json_int(p->step, "worlds_beside", 0) > 0;
	unsigned best = 0;
	json_t *f;
	size_t i;

	json_array_foreach(json_object_get(p->step, "failures"), i, f) {
		struct np_repro_end src, dst;
		unsigned rank;

		p->family = np_json_int(f, "family", 4) == 6 ? 6 : 4;
		src = end_of(p, id, np_json_str(f, "src", ""));
		dst = end_of(p, id, np_json_str(f, "dst", ""));
		rank = is_judged(f) ? rank_of(&src, &dst) : 0;
		if (rank > best || (rank && rank == best && beside)) {
			best = rank;
			p->cell = f;
			end_release(&p->src);
			end_release(&p->dst);
			p->src = src;
			p->dst = dst;
		} else {
			end_release(&src);
			end_release(&dst);
		}
	}
	p->family = np_json_int(p->cell, "family", 4) == 6 ? 6 : 4;
}

/* --- the script --- */

static void put_find(struct np_repro *p)
{
	struct np_buf *b = &p->out;

	np_buf_adds(b, "find() {\n\tip=$(");
	switch (p->dst.kind) {
	case NP_REPRO_POD:
		np_buf_printf(b, "pod_ip %d ", p->family);
		np_repro_namespace(p, b, p->dst.ns);
		np_buf_addc(b, ' ');
		np_repro_quote(b, p->dst.name);
		break;
	case NP_REPRO_NODE:
		np_buf_printf(b, "pod_ip %d \"$PREFIX\"-" NP_REPRO_HOSTS " node-%s", p->family,
			      strchr(p->dst.text, '/') + 1);
		break;
	case NP_REPRO_SERVICE:
		np_buf_printf(b, "service_ip %d ", p->family);
		np_repro_namespace(p, b, p->dst.ns);
		np_buf_addc(b, ' ');
		np_repro_quote(b, p->dst.name);
		break;
	case NP_REPRO_DNS:
		np_buf_printf(b, "dns_ip %d", p->family);
		break;
	case NP_REPRO_DNS_SERVICE:
		np_buf_printf(b, "service_ip %d kube-system kube-dns", p->family);
		break;
	default:
		np_buf_adds(b, "echo ");
		np_repro_quote(b, p->dst.address ? p->dst.address : "");
	}
	np_buf_adds(b, ") || fail 'the destination has no address'\n}\n");
}

static const char *probe_kind(const struct np_repro *p)
{
	const char *proto = np_json_str(p->cell, "protocol", "TCP");
	bool udp = strcmp(proto, "UDP") == 0;

	if (p->dst.kind == NP_REPRO_DNS || p->dst.kind == NP_REPRO_DNS_SERVICE)
		return udp ? "dns-udp" : "dns-tcp";
	return udp ? "udp" : strcmp(proto, "SCTP") == 0 ? "sctp" : "tcp";
}

/* "who": the identity that must answer; empty when any may. */
static void put_probe(struct np_repro *p, const char *container)
{
	struct np_buf *b = &p->out;
	bool node = p->src.kind == NP_REPRO_NODE;
	bool named = p->dst.kind == NP_REPRO_POD || p->dst.kind == NP_REPRO_NODE;

	np_buf_adds(b, "who=");
	np_repro_quote(b, named ? p->dst.text : "");
	np_buf_adds(b, "\nask() {\n\t$KUBECTL exec -n ");
	np_repro_namespace(p, b, node ? NP_REPRO_HOSTS : p->src.ns);
	np_buf_adds(b, node ? " node-" : " ");
	np_repro_quote(b, node ? strchr(p->src.text, '/') + 1 : p->src.name);
	np_buf_adds(b, " -c ");
	np_repro_quote(b, container ? container : "c0");
	np_buf_printf(b, " -- /netpolcheck-agent connect %s \"$ip\" %lld%s --timeout-ms 1000\n}\n",
		      probe_kind(p), np_json_int(p->cell, "port", 0),
		      strncmp(probe_kind(p), "dns", 3) == 0 ? " " DNS_QUESTION : "");
}

static void put_nodes(struct np_repro *p)
{
	const json_t *nodes = json_object_get(p->r->preflight, "nodes");
	const char *letters = "AB", *nth[] = { "1", "$" };

	for (size_t i = 0; i < 2; i++) {
		np_buf_printf(&p->out, "[ -n \"${NODE_%c:-}\" ] || NODE_%c=$(node ", letters[i],
			      letters[i]);
		np_repro_quote(&p->out, np_report_at(nodes, i < json_array_size(nodes) ? i : 0));
		np_buf_printf(&p->out, " '%s')\n", nth[i]);
	}
	np_buf_adds(&p->out, "[ -n \"$NODE_A\" ] && [ -n \"$NODE_B\" ] || "
			     "fail 'the cluster cannot be reached, or has no nodes'\n");
}

static bool is_there(const struct np_repro *p, const struct np_repro_end *e)
{
	np_auto_free char *key = np_xasprintf("Pod %s", e->text);

	return e->kind != NP_REPRO_POD || json_object_get(p->objects, key);
}

static void put_changes(struct np_repro *p, const char *id)
{
	json_t *step, *m;
	size_t i, j;

	json_array_foreach(json_object_get(p->r->steps, id), i, step) {
		np_buf_printf(&p->out, "\n# Expectation %zu, after: ", i + 1);
		np_report_join(&p->out, json_object_get(step, "operations"), ", ");
		np_buf_addc(&p->out, '\n');
		json_array_foreach(json_object_get(step, "manifests"), j, m)
			np_repro_change(p, m);
		if (strcmp(np_json_str(step, "what", ""), "restore") == 0)
			np_repro_undo(p);
		np_repro_ready(p);
		if (step == p->step)
			break;
		np_buf_adds(&p->out, "sleep \"$PAUSE\"	# everything was right here\n");
	}
}

/* The case may make a pod of the cell itself, or make one anew with other containers. */
static void put_script(struct np_repro *p, const char *id)
{
	const char *container, *later;

	put_nodes(p);
	np_buf_adds(&p->out, "\n# The world, before any policy.\n");
	np_repro_world(p);
	np_repro_ready(p);
	np_buf_adds(&p->out, "\n# The wrong cell.\n");
	put_find(p);
	container = np_repro_container(p, &p->src);
	if (container)
		put_probe(p, container);
	if (container && is_there(p, &p->dst))
		np_buf_adds(&p->out, "find\ncontrol\n");
	put_changes(p, id);
	np_buf_addc(&p->out, '\n');
	later = np_repro_container(p, &p->src);
	if (!container || (later && strcmp(container, later) != 0))
		put_probe(p, later);
	np_buf_printf(&p->out, "find\nwatch %d\n",
		      strcmp(np_json_str(p->cell, "expected", ""), "allow") == 0 ? 0 : 1);
}

static void put_head(const struct np_repro *p, const char *id, struct np_buf *ret)
{
	np_buf_adds(ret, "#!/bin/sh\n");
	np_repro_comment(ret, id);
	np_repro_comment(ret, np_json_str(json_object_get(p->r->cases, id), "title", ""));
	if (!p->cell)
		return;
	np_buf_adds(ret, "# Wrong: ");
	np_buf_printable(ret, np_str_from(np_json_str(p->cell, "cell", "?")));
	np_buf_adds(ret, ", expected ");
	np_buf_printable(ret, np_str_from(np_json_str(p->cell, "expected", "?")));
	np_buf_adds(ret, ", seen ");
	np_buf_printable(ret, np_str_from(np_json_str(p->cell, "outcome", "?")));
	np_buf_addc(ret, '\n');
}

/* A run that copied the agent into a stock image leaves the project's own. */
static const char *agent_image(const json_t *run)
{
	static const char own[] = "netpolcheck/agent:latest";

	return np_json_bool(run, "target/inject", 0) ? own : np_json_str(run, "target/image", own);
}

/* A change shows within the time that the run gave it; a run in the sandbox gives little. */
static void put_settings(const struct np_repro *p, struct np_buf *ret)
{
	long long deadline_ms = np_json_int(p->r->run, "deadline_ms", 30000);
	long long wait_s = deadline_ms < 5000	   ? 5
			   : deadline_ms > 3600000 ? 3600
						   : (deadline_ms + 999) / 1000;

	np_buf_adds(ret, "[ -n \"${IMAGE:-}\" ] || IMAGE=");
	np_repro_quote(ret, agent_image(p->r->run));
	np_buf_printf(ret, "\nWAIT=${WAIT:-%lld}\nPAUSE=${PAUSE:-2}\n", wait_s);
}

/* Namespaces of other workers matched the same selectors. */
static void put_beside(const struct np_repro *p, struct np_buf *ret)
{
	long long n = np_json_int(p->step, "worlds_beside", 0);

	if (n > 0)
		np_buf_printf(ret,
			      "# In the run %lld other world%s with the same labels stood beside "
			      "this one. If the bug does\n# not show here, it may depend on their "
			      "number: netpolcheck run --workers %lld\n", n, n == 1 ? "" : "s", n + 1);
}

static void put_refusal(const char *why, struct np_buf *ret)
{
	np_buf_adds(ret, "# kubectl alone cannot show it.\n"
			 "[ $# -eq 0 ] || { echo \"usage: $0\" >&2; exit 2; }\necho ");
	np_repro_quote(ret, why);
	np_buf_adds(ret, "'; use: netpolcheck run --case' >&2\nexit 3\n");
}

static void repro_init(struct np_repro *p, const struct np_report *r, const char *id)
{
	*p = (struct np_repro){ .r = r,
				.step = np_report_bad_step(r, id),
				.world = json_object_get(r->worlds, id),
				.namespaces = json_object(),
				.objects = json_object(),
				.touched = json_object(),
				.ending = json_object(),
				.unready = json_object() };
	choose_cell(p, id);
	if (!p->world)
		snprintf(p->why, sizeof(p->why), "the record does not hold the world of this case");
	else if (!p->cell)
		snprintf(p->why, sizeof(p->why),
			 "no wrong cell begins at a pod or node and ends "
			 "where kubectl knows an address");
}

static void repro_release(struct np_repro *p)
{
	json_decref(p->namespaces);
	json_decref(p->objects);
	json_decref(p->touched);
	json_decref(p->ending);
	json_decref(p->unready);
	end_release(&p->src);
	end_release(&p->dst);
	np_buf_release(&p->out);
}

void np_report_reproduce(const struct np_report *r, const char *id, struct np_buf *ret)
{
	struct np_repro p;

	repro_init(&p, r, id);
	if (!p.why[0])
		put_script(&p, id);
	put_head(&p, id, ret);
	put_beside(&p, ret);
	if (p.why[0]) {
		put_refusal(p.why, ret);
	} else {
		np_buf_adds(ret, np_repro_usage);
		np_buf_adds(ret, np_script_settings);
		put_settings(&p, ret);
		np_buf_adds(ret, np_script_cleanup);
		np_buf_adds(ret, np_repro_functions);
		np_buf_add(ret, np_buf_text(&p.out), p.out.len);
	}
	repro_release(&p);
}
