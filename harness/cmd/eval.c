/* eval.c - netpolcheck eval: may this end reach that end, and why. */
#include <stdio.h>

#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "worldargs.h"

static const char *const proto_choices[] = { "TCP", "UDP", "SCTP", NULL }; /* enum np_proto */
static const char *const family_choices[] = { "4", "6", NULL };

struct eval_args {
	struct world_args world;
	const char *from, *to;
	unsigned long long port;
	int protocol, family;
	bool explain;
};

static bool has_family(const struct np_world *w, const struct np_end *end, int family)
{
	const struct np_addr *ips = &end->addr;
	size_t n = 1;

	if (end->kind == NP_END_POD && w->pods[end->idx].host_network && !w->pods[end->idx].n_ips)
		return true;
	if (end->kind == NP_END_POD) {
		ips = w->pods[end->idx].ips;
		n = w->pods[end->idx].n_ips;
	} else if (end->kind == NP_END_SERVICE) {
		ips = w->services[end->idx].ips;
		n = w->services[end->idx].n_ips;
	}
	for (size_t i = 0; i < n; i++)
		if ((np_addr_wire(&ips[i]).width == 4) == (family == 4))
			return true;
	return false;
}

/* The first family that both ends have; IPv4 when there is none, and the verdict then says so. */
static int find_family(const struct np_world *w, const struct np_flow *f)
{
	return !(has_family(w, &f->src, 4) && has_family(w, &f->dst, 4)) &&
			       has_family(w, &f->src, 6) && has_family(w, &f->dst, 6)
		       ? 6
		       : 4;
}

/* Ends that one argument names: one, or all pods that labels select. */
struct ends {
	struct np_end *items;
	size_t n, cap;
};

static void add_end(struct ends *e, struct np_end end)
{
	e->items = np_grow(e->items, &e->cap, e->n, sizeof(*e->items));
	e->items[e->n++] = end;
}

static bool has_labels(const struct np_pod *pod, const struct np_labels *want)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct np_str *v = np_labels_get(&pod->labels, want->items[i].key);

		if (!v || !np_str_eq(*v, want->items[i].value))
			return false;
	}
	return true;
}

#define MAX_LABELS 16

/* "k=v,k2=v2" */
static bool parse_labels(const char *text, struct np_label *items, struct np_labels *ret)
{
	ret->items = items;
	ret->n = 0;
	for (const char *p = text;; p++) {
		size_t n = strcspn(p, ",");
		const char *equals = memchr(p, '=', n);

		if (!equals || equals == p || ret->n == MAX_LABELS)
			return false;
		items[ret->n++] = (struct np_label){ { p, (size_t)(equals - p) },
						     { equals + 1, (size_t)(p + n - equals - 1) } };
		p += n;
		if (!*p)
			return true;
	}
}

/* NS/LABEL=VALUE,.. with * for every namespace: pods that carry traffic. */
static int select_pods(const struct np_world *w, const char *text, struct ends *ret,
		       struct np_err *err)
{
	struct np_label items[MAX_LABELS];
	struct np_labels labels;
	const char *slash = strchr(text, '/'), *equals = strchr(text, '=');
	struct np_str ns = NP_STR("default");

	if (slash && slash < equals) {
		ns = (struct np_str){ text, (size_t)(slash - text) };
		text = slash + 1;
	}
	if (!parse_labels(text, items, &labels))
		return np_err_set(err, NP_EUSAGE, "'%s' is not like NS/app=web,tier=front", text);
	for (size_t i = 0; i < w->n_pods; i++) {
		const struct np_pod *pod = &w->pods[i];
		bool runs = pod->phase == NP_PHASE_RUNNING || pod->phase == NP_PHASE_UNKNOWN;

		if (runs && (np_str_is(ns, "*") || np_str_eq(ns, pod->ns)) &&
		    has_labels(pod, &labels))
			add_end(ret, (struct np_end){ .kind = NP_END_POD, .idx = i });
	}
	return ret->n ? 0
		      : np_err_set(err, NP_EUSAGE,
				   "no pod of namespace '" NP_STR_FMT "' has the labels %s",
				   NP_STR_ARG(ns), text);
}

static int find_ends(const struct np_world *w, const char *text, struct ends *ret,
		     struct np_err *err)
{
	struct np_end end;

	if (strchr(text, '='))
		return select_pods(w, text, ret, err);
	if (world_args_end(w, text, &end, err) < 0)
		return -1;
	add_end(ret, end);
	return 0;
}

static int read_ends(const struct eval_args *a, const struct np_world *w, struct ends *src,
		     struct ends *dst, struct np_err *err)
{
	if (!a->from || !a->to)
		return np_err_set(err, NP_EUSAGE, "--from and --to are needed");
	if (a->port < 1 || a->port > 65535)
		return np_err_set(err, NP_EUSAGE, "--port is needed, a number of 1 to 65535");
	if (find_ends(w, a->from, src, err) < 0 || find_ends(w, a->to, dst, err) < 0)
		return -1;
	if (src->items[0].kind == NP_END_SERVICE)
		return np_err_set(
			err, NP_EUSAGE,
			"--from '%s' is a Service: connections come from pods and addresses",
			a->from);
	return 0;
}

static struct np_flow flow_of(const struct eval_args *a, const struct np_world *w,
			      const struct np_end *src, const struct np_end *dst)
{
	struct np_flow f = { .src = *src,
			     .dst = *dst,
			     .proto = (enum np_proto)a->protocol,
			     .port = (uint16_t)a->port };

	f.family = a->family < 0 ? find_family(w, &f) : a->family ? 6 : 4;
	return f;
}

static json_t *clauses_json(const np_clauses *set)
{
	json_t *list = json_array();
	char name[8];

	for (unsigned c = 0; c <= NP_CLAUSE_MAX; c++)
		if (np_clauses_has(set, c))
			json_array_append_new(list, json_string(np_clause_name(c, name)));
	return list;
}

/* One connection with what the oracle says of it. */
struct answer {
	struct np_flow flow;
	enum np_verdict verdict;
	np_clauses open;
	struct np_buf from, to, why;
};

static void answer_make(const struct eval_args *a, const struct np_world *w,
			const struct np_oracle *o, const struct np_flow *f, struct answer *ret)
{
	*ret = (struct answer){ .flow = *f };
	ret->verdict = np_oracle_eval(o, f, &ret->open);
	world_args_end_name(w, &f->src, &ret->from);
	world_args_end_name(w, &f->dst, &ret->to);
	if (a->explain)
		np_oracle_explain(o, f, &ret->why);
}

static void answer_release(struct answer *x)
{
	np_buf_release(&x->from);
	np_buf_release(&x->to);
	np_buf_release(&x->why);
}

/* @from and @to as the user wrote them, or as the ends are called. */
static json_t *answer_json(const struct eval_args *a, const struct np_oracle *o,
			   const struct answer *x, const char *from, const char *to)
{
	np_clauses rests_on = np_oracle_clauses(o, &x->flow);
	json_t *out = np_json_pack(
		"{s:s, s:o, s:o, s:s, s:i, s:i, s:o, s:o}", "verdict", np_verdict_name(x->verdict),
		"from", np_json_string(np_str_from(from)), "to", np_json_string(np_str_from(to)),
		"protocol", np_proto_name(x->flow.proto), "port", (int)x->flow.port, "family",
		x->flow.family, "open", clauses_json(&x->open), "clauses", clauses_json(&rests_on));

	if (a->explain)
		json_object_set_new(
			out, "explanation",
			np_json_string((struct np_str){ np_buf_text(&x->why), x->why.len }));
	return out;
}

static void print_json(const json_t *out)
{
	struct np_buf text = { 0 };

	np_json_dump(out, 0, &text);
	puts(np_buf_text(&text));
	np_buf_release(&text);
}

static const char *verdict_words(const struct answer *x, char *buf, size_t size)
{
	char names[512];

	if (x->verdict == NP_NO_FLOW)
		return "no connection";
	if (x->verdict != NP_UNDEF)
		return np_verdict_name(x->verdict);
	snprintf(buf, size, "undef (%s)", np_clauses_text(&x->open, names, sizeof(names)));
	return buf;
}

static void print_text(const struct eval_args *a, const struct answer *x, bool one)
{
	char words[600];
	struct np_buf line = { 0 };

	if (a->explain) {
		fputs(np_buf_text(&x->why), stdout);
		return;
	}
	np_buf_printf(&line, "%-*s", one ? 0 : 14, verdict_words(x, words, sizeof(words)));
	if (!one) {
		np_buf_printable(&line, np_str_from(np_buf_text(&x->from)));
		np_buf_adds(&line, " -> ");
		np_buf_printable(&line, np_str_from(np_buf_text(&x->to)));
	}
	puts(np_buf_text(&line));
	np_buf_release(&line);
}

/* Of many connections: deny when one is denied, else undefined when one is, else allow. */
static int worse_status(int a, int b)
{
	static const int badness[] = { [NP_EXIT_OK] = 0, [NP_EXIT_FOUND] = 2, [NP_EXIT_ENV] = 1 };

	return badness[a] >= badness[b] ? a : b;
}

static int evaluate(const struct eval_args *a, const struct np_world *w, const struct ends *src,
		    const struct ends *dst)
{
	static const int statuses[] = { [NP_ALLOW] = NP_EXIT_OK,
					[NP_DENY] = NP_EXIT_FOUND,
					[NP_UNDEF] = NP_EXIT_ENV,
					[NP_NO_FLOW] = NP_EXIT_ENV };
	struct np_readings readings = np_profile_readings((enum np_profile)a->world.profile);
	struct np_oracle *o = np_oracle_new(w, &readings);
	bool one = !strchr(a->from, '=') && !strchr(a->to, '='),
	     json = a->world.format == FORMAT_JSON;
	json_t *all = json && !one ? json_array() : NULL;
	int status = NP_EXIT_OK;

	for (size_t i = 0; i < src->n; i++)
		for (size_t j = 0; j < dst->n; j++) {
			struct np_flow f = flow_of(a, w, &src->items[i], &dst->items[j]);
			struct answer x;

			answer_make(a, w, o, &f, &x);
			status = worse_status(status, statuses[x.verdict]);
			if (all) {
				json_array_append_new(all,
						      answer_json(a, o, &x, np_buf_text(&x.from),
								  np_buf_text(&x.to)));
			} else if (json) {
				json_t *out = answer_json(a, o, &x, a->from, a->to);

				print_json(out);
				json_decref(out);
			} else {
				print_text(a, &x, one);
			}
			answer_release(&x);
		}
	if (all)
		print_json(all);
	json_decref(all);
	np_oracle_free(o);
	return status;
}

static int answer(const struct eval_args *a, const struct np_world *w, struct np_err *err)
{
	struct ends src = { 0 }, dst = { 0 };
	int status = read_ends(a, w, &src, &dst, err);

	if (status == 0)
		status = evaluate(a, w, &src, &dst);
	free(src.items);
	free(dst.items);
	return status;
}

static int run_eval(int argc, char **argv)
{
	struct eval_args a = { .family = -1 };
	const struct np_option options[] = {
		WORLD_OPTIONS(a.world),
		{ "from", NP_OPT_STRING, &a.from, "NS/POD|NS/LABEL=VALUE,..|IP",
		  "where the connection comes from; by labels: every pod that has them, */ for all "
		  "namespaces",
		  NULL },
		{ "to", NP_OPT_STRING, &a.to, "NS/POD|NS/LABEL=VALUE,..|IP|svc:NS/NAME",
		  "where it goes", NULL },
		{ "port", NP_OPT_U64, &a.port, "NUMBER", "destination port, as dialled", NULL },
		{ "protocol", NP_OPT_CHOICE, &a.protocol, "NAME", "TCP (default), UDP or SCTP",
		  proto_choices },
		{ "family", NP_OPT_CHOICE, &a.family, "4|6",
		  "address family; default: the first that both ends have", family_choices },
		{ "explain", NP_OPT_FLAG, &a.explain, NULL,
		  "say why: policies, rules, nearest missing conditions, clauses", NULL },
		{ 0 },
	};
	struct np_world w;
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_eval, options, argc, argv, NULL);

	if (status < 0 && world_args_load(&a.world, &w, &err) < 0) {
		status = np_command_fail(&np_cmd_eval, &err);
	} else if (status < 0) {
		status = answer(&a, &w, &err);
		if (status < 0)
			status = np_command_fail(&np_cmd_eval, &err);
		np_world_release(&w);
	}
	np_strings_release(&a.world.worlds);
	return status;
}

const struct np_command np_cmd_eval = {
	.name = "eval",
	.summary = "may this end reach that end, by the policies of some manifests or a cluster, "
		   "and why",
	.usage = "--world FILE|DIR ... --from NS/POD|IP --to NS/POD|IP|svc:NS/NAME --port NUMBER "
		 "[options]",
	.exits = "0 allow, 1 deny, 2 usage or a world that cannot be read, 3 undefined by the API, "
		 "or no connection; of "
		 "several: 1 if one is denied, else 3 if one is undefined",
	.run = run_eval,
};
