/* trouble.c - what happens to a run besides what is judged. */
#include "trouble.h"

#include <string.h>

#include "np/base/buf.h"
#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/kube/resource.h"

static struct np_kube *kube(const struct np_session *s)
{
	return s->fixture->cluster->kube;
}

void np_trouble_mark(const struct np_session *s, struct np_trouble_mark *ret)
{
	struct np_fleet_stats st;

	*ret = (struct np_trouble_mark){ .pods_lost = s->pods_lost };
	if (!s->fleet)
		return;
	np_fleet_get_stats(s->fleet, &st);
	*ret = (struct np_trouble_mark){ .streams_lost = st.streams_lost,
					 .outage_ms = np_kube_outage_ms(kube(s)),
					 .pods_lost = s->pods_lost };
}

bool np_trouble_since(const struct np_session *s, const struct np_trouble_mark *m, char *text,
		      size_t size)
{
	struct np_trouble_mark now;
	struct np_buf b = { 0 };
	unsigned long long cut;
	long long away;

	np_trouble_mark(s, &now);
	cut = now.streams_lost - m->streams_lost;
	away = now.outage_ms - m->outage_ms;
	if (cut)
		np_buf_printf(&b, "%llu exec stream%s cut", cut, cut == 1 ? " was" : "s were");
	if (away)
		np_buf_printf(&b, "%sthe API server was away for %lld.%lld s", b.len ? ", " : "",
			      away / 1000, away % 1000 / 100);
	if (now.pods_lost && !m->pods_lost)
		np_buf_printf(&b, "%sa pod was taken away", b.len ? ", " : "");
	if (text)
		snprintf(text, size, "%s", np_buf_text(&b));
	np_buf_release(&b);
	return cut || away || (now.pods_lost && !m->pods_lost);
}

/* ---- what became of a pod, a node ---- */

static const json_t *condition(const json_t *object, const char *type)
{
	json_t *c;
	size_t i;

	json_array_foreach(np_json_at(object, "status/conditions"), i, c)
		if (strcmp(np_json_str(c, "type", ""), type) == 0)
			return c;
	return NULL;
}

bool np_trouble_node(struct np_kube *k, const char *name, struct np_err *ret)
{
	json_t *node = NULL;
	struct np_err why = { 0 };
	const json_t *ready;
	bool bad = true;

	if (np_kube_get(k, &np_kube_types[NP_KUBE_NODE], NULL, name, &node, &why) < 0) {
		if (why.code != NP_ENOTFOUND)
			return false;
		np_err_set(ret, NP_EENV, "node '%s' was taken out of the cluster", name);
		return true;
	}
	ready = condition(node, "Ready");
	if (strcmp(np_json_str(ready, "status", ""), "True") == 0)
		bad = false;
	else
		np_err_set(ret, NP_EENV, "node '%s' is not ready: %s", name,
			   np_json_str(ready, "message", "its kubelet says nothing"));
	json_decref(node);
	return bad;
}

/* "evicted" or what else ended it. */
static int ended(const json_t *pod, const char *name, struct np_err *err)
{
	const char *reason = np_json_str(pod, "status/reason", ""),
		   *message = np_json_str(pod, "status/message", "");
	bool evicted = strcmp(reason, "Evicted") == 0;

	if (!*message)
		message = evicted || !*reason ? np_json_str(pod, "status/phase", "") : reason;
	return np_err_set(err, NP_ENOTFOUND, "pod '%s' %s: %s", name,
			  evicted ? "was evicted" : "ended", message);
}

/* The eviction API leaves a condition on a pod that goes. */
static int going(const json_t *pod, const char *name, struct np_err *err)
{
	const json_t *target = condition(pod, "DisruptionTarget");

	if (target)
		return np_err_set(err, NP_ENOTFOUND, "pod '%s' was evicted: %s", name,
				  np_json_str(target, "message",
					      np_json_str(target, "reason", "")));
	return np_err_set(err, NP_ENOTFOUND, "pod '%s' is being deleted by somebody else", name);
}

int np_trouble_pod(const json_t *pod, const char *name, const char *uid, struct np_err *err)
{
	const char *phase = np_json_str(pod, "status/phase", "");

	if (!pod)
		return np_err_set(err, NP_ENOTFOUND,
				  "pod '%s' was deleted or evicted by somebody else", name);
	if (uid && strcmp(np_json_str(pod, "metadata/uid", ""), uid) != 0)
		return np_err_set(err, NP_ENOTFOUND, "pod '%s' was made anew by somebody else",
				  name);
	if (strcmp(phase, "Failed") == 0 || strcmp(phase, "Succeeded") == 0)
		return ended(pod, name, err);
	if (np_json_str(pod, "metadata/deletionTimestamp", NULL))
		return going(pod, name, err);
	return 0;
}

/* ---- an agent without a stream ---- */

/* Where an agent lives. */
struct home {
	const char *name, *uid;
	char ns[128], pod[128];
	bool of_run; /* not of this world: no new world brings it back */
};

static bool home_in_world(const struct np_session *s, size_t agent, struct home *h)
{
	for (size_t i = 0; i < s->n_pods; i++) {
		const struct np_session_pod *p = &s->pods[i];
		const char *slash = strchr(p->name, '/');
		struct np_str ns = { p->name, slash ? (size_t)(slash - p->name) : 0 };

		if (p->agent != agent || !slash)
			continue;
		h->name = p->name;
		h->uid = p->uid;
		snprintf(h->ns, sizeof(h->ns), NP_STR_FMT,
			 NP_STR_ARG(np_scope_real(&s->scope, ns)));
		snprintf(h->pod, sizeof(h->pod), "%s", slash + 1);
		return true;
	}
	return false;
}

static bool home_in_fixture(const struct np_session *s, size_t agent, struct home *h)
{
	const struct np_fixture *f = s->fixture;

	h->of_run = true;
	for (size_t i = 0; i < NP_FIXTURE_NODES; i++) {
		bool control = i < f->n_control && s->agents.control[i] == agent;
		bool host = i < f->n_host && s->agents.host[i] == agent;
		const struct np_fixture_pod *p = control ? &f->control[i] : &f->host[i];

		if (!control && !host)
			continue;
		h->name = p->name.p;
		snprintf(h->pod, sizeof(h->pod), NP_STR_FMT, NP_STR_ARG(p->pod));
		if (control)
			snprintf(h->ns, sizeof(h->ns), NP_STR_FMT, NP_STR_ARG(f->ns));
		else
			snprintf(h->ns, sizeof(h->ns), "np-%s-host", f->run_id);
		return true;
	}
	return false;
}

/* Its stream failed with @why: is it the node, the pod, or something between? */
static int find_at(struct np_session *s, const struct home *h, const struct np_err *why,
		   struct np_err *err)
{
	json_t *pod = NULL;
	struct np_err get = { 0 };
	const char *node;
	int rc;

	rc = np_kube_get(kube(s), &np_kube_types[NP_KUBE_POD], h->ns, h->pod, &pod, &get);
	if (rc < 0 && get.code != NP_ENOTFOUND) {
		*err = get;
		return -1;
	}
	node = np_json_str(pod, "spec/nodeName", "?");
	if (pod && np_trouble_node(kube(s), node, err))
		rc = -1;
	else
		rc = np_trouble_pod(pod, h->name, h->uid, err);
	if (rc == 0)
		rc = np_err_set(err, h->of_run ? NP_EENV : NP_ENOTFOUND,
				"the agent of '%s' on node '%s' cannot be reached: %.300s",
				h->name, node, why->msg);
	if (h->of_run)
		err->code = NP_EENV;
	json_decref(pod);
	return -1;
}

int np_trouble_find(struct np_session *s, struct np_err *err)
{
	struct home h = { .of_run = false };
	struct np_err why = { 0 };
	size_t agent;

	if (!s->fleet || !np_fleet_lost(s->fleet, &agent, &why))
		return 0;
	if (agent == s->agents.ext)
		return np_err_set(err, NP_EENV,
				  "the agent outside the cluster cannot be reached: %.300s",
				  why.msg);
	if (!home_in_world(s, agent, &h) && !home_in_fixture(s, agent, &h))
		return np_err_set(err, NP_EENV, "an agent cannot be reached: %.300s", why.msg);
	find_at(s, &h, &why, err);
	s->pods_lost |= err->code == NP_ENOTFOUND;
	return -1;
}

/* ---- totals ---- */

json_t *np_trouble_json(struct np_kube *k, const struct np_trouble_totals *t)
{
	struct np_kube_stats st = { 0 };
	json_t *again = json_object();

	if (k)
		np_kube_get_stats(k, &st);
	for (int i = 0; i < NP_KUBE_N_CAUSES; i++)
		if (st.again[i])
			json_object_set_new(again, np_kube_cause_name((enum np_kube_cause)i),
					    json_integer((json_int_t)st.again[i]));
	return np_json_pack("{s:I, s:I, s:I, s:I, s:o}", "streams_reopened",
			    (json_int_t)t->streams_lost, "probes_again",
			    (json_int_t)t->probes_again, "cases_again",
			    (json_int_t)t->cases_again, "outage_ms",
			    (json_int_t)(k ? np_kube_outage_ms(k) : 0), "requests_again", again);
}

static void add_count(struct np_buf *b, unsigned long long n, const char *what)
{
	if (n)
		np_buf_printf(b, "%s%llu %s", b->len ? ", " : "", n, what);
}

static void add_requests(struct np_buf *b, const struct np_kube_stats *st)
{
	const char *sep = " (";

	add_count(b, st->retries, st->retries == 1 ? "request repeated" : "requests repeated");
	for (int i = 0; i < NP_KUBE_N_CAUSES; i++)
		if (st->again[i]) {
			np_buf_printf(b, "%s%s: %llu", sep,
				      np_kube_cause_name((enum np_kube_cause)i), st->again[i]);
			sep = ", ";
		}
	if (*sep == ',')
		np_buf_addc(b, ')');
}

const char *np_trouble_text(struct np_kube *k, const struct np_trouble_totals *t, char *buf,
			    size_t size)
{
	struct np_kube_stats st = { 0 };
	struct np_buf b = { 0 };
	long long away = k ? np_kube_outage_ms(k) : 0;

	if (k)
		np_kube_get_stats(k, &st);
	add_count(&b, t->streams_lost,
		  t->streams_lost == 1 ? "exec stream reopened" : "exec streams reopened");
	add_count(&b, t->probes_again,
		  t->probes_again == 1 ? "probe made again" : "probes made again");
	add_requests(&b, &st);
	if (away >= 100)
		np_buf_printf(&b, "%sthe API server away for %lld.%lld s", b.len ? ", " : "",
			      away / 1000, away % 1000 / 100);
	add_count(&b, t->cases_again,
		  t->cases_again == 1 ? "case judged again" : "cases judged again");
	snprintf(buf, size, "%s", np_buf_text(&b));
	np_buf_release(&b);
	return buf;
}
