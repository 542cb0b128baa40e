/* eval.c - netpolcheck eval: may this end reach that end, and why. */
#include <stdio.h>

#include "np/base/json.h"
#include "np/cmd/options.h"
#include "worldargs.h"

static const char *const proto_choices[] = { "TCP", "UDP", "SCTP", NULL };	/* enum np_proto */
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
	return !(has_family(w, &f->src, 4) && has_family(w, &f->dst, 4)) && has_family(w, &f->src, 6) && has_family(w, &f->dst, 6) ?
	       6 : 4;
}

static int read_flow(const struct eval_args *a, const struct np_world *w, struct np_flow *ret, struct np_err *err)
{
	struct np_flow f = { .proto = (enum np_proto)a->protocol, .port = (uint16_t)a->port };

	if (!a->from || !a->to)
		return np_err_set(err, NP_EUSAGE, "--from and --to are needed");
	if (a->port < 1 || a->port > 65535)
		return np_err_set(err, NP_EUSAGE, "--port is needed, a number of 1 to 65535");
	if (world_args_end(w, a->from, &f.src, err) < 0 || world_args_end(w, a->to, &f.dst, err) < 0)
		return -1;
	if (f.src.kind == NP_END_SERVICE)
		return np_err_set(err, NP_EUSAGE, "--from '%s' is a Service: connections come from pods and addresses", a->from);
	f.family = a->family < 0 ? find_family(w, &f) : a->family ? 6 : 4;
	*ret = f;
	return 0;
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

static void print_json(const struct eval_args *a, const struct np_oracle *o, const struct np_flow *f, enum np_verdict v,
		       const np_clauses *open, const struct np_buf *why)
{
	np_clauses rests_on = np_oracle_clauses(o, f);
	json_t *out = np_json_pack("{s:s, s:o, s:o, s:s, s:i, s:i, s:o, s:o}", "verdict", np_verdict_name(v), "from",
				   np_json_string(np_str_from(a->from)), "to", np_json_string(np_str_from(a->to)), "protocol",
				   np_proto_name(f->proto), "port", (int)f->port, "family", f->family, "open", clauses_json(open),
				   "clauses", clauses_json(&rests_on));
	struct np_buf text = { 0 };

	if (a->explain)
		json_object_set_new(out, "explanation", np_json_string((struct np_str){ np_buf_text(why), why->len }));
	np_json_dump(out, 0, &text);
	puts(np_buf_text(&text));
	np_buf_release(&text);
	json_decref(out);
}

static void print_text(const struct eval_args *a, enum np_verdict v, const np_clauses *open, const struct np_buf *why)
{
	char names[512];

	if (a->explain)
		fputs(np_buf_text(why), stdout);
	else if (v == NP_UNDEF)
		printf("undef (%s)\n", np_clauses_text(open, names, sizeof(names)));
	else
		puts(v == NP_NO_FLOW ? "no connection" : np_verdict_name(v));
}

static int evaluate(const struct eval_args *a, const struct np_world *w, const struct np_flow *f)
{
	static const int statuses[] = { [NP_ALLOW] = 0, [NP_DENY] = 1, [NP_UNDEF] = 3, [NP_NO_FLOW] = 3 };
	struct np_readings readings = np_profile_readings((enum np_profile)a->world.profile);
	struct np_oracle *o = np_oracle_new(w, &readings);
	struct np_buf why = { 0 };
	np_clauses open;
	enum np_verdict v = np_oracle_eval(o, f, &open);

	if (a->explain)
		np_oracle_explain(o, f, &why);
	if (a->world.format == FORMAT_JSON)
		print_json(a, o, f, v, &open, &why);
	else
		print_text(a, v, &open, &why);
	np_buf_release(&why);
	np_oracle_free(o);
	return statuses[v];
}

static int run_eval(int argc, char **argv)
{
	struct eval_args a = { .family = -1 };
	const struct np_option options[] = {
		WORLD_OPTIONS(a.world),
		{ "from", NP_OPT_STRING, &a.from, "NS/POD|IP", "where the connection comes from", NULL },
		{ "to", NP_OPT_STRING, &a.to, "NS/POD|IP|svc:NS/NAME", "where it goes", NULL },
		{ "port", NP_OPT_U64, &a.port, "NUMBER", "destination port, as dialled", NULL },
		{ "protocol", NP_OPT_CHOICE, &a.protocol, "NAME", "TCP (default), UDP or SCTP", proto_choices },
		{ "family", NP_OPT_CHOICE, &a.family, "4|6", "address family; default: the first that both ends have", family_choices },
		{ "explain", NP_OPT_FLAG, &a.explain, NULL, "say why: policies, rules, nearest missing conditions, clauses", NULL },
		{ 0 },
	};
	struct np_world w;
	struct np_flow f;
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_eval, options, argc, argv, NULL);

	if (status < 0 && world_args_load(&a.world, &w, &err) < 0) {
		status = np_command_fail(&np_cmd_eval, &err);
	} else if (status < 0) {
		if (read_flow(&a, &w, &f, &err) < 0)
			status = np_command_fail(&np_cmd_eval, &err);
		else
			status = evaluate(&a, &w, &f);
		np_world_release(&w);
	}
	np_strings_release(&a.world.worlds);
	return status;
}

const struct np_command np_cmd_eval = {
	.name = "eval",
	.summary = "may this end reach that end, by the policies of some manifests or a cluster, and why",
	.usage = "--world FILE|DIR ... --from NS/POD|IP --to NS/POD|IP|svc:NS/NAME --port NUMBER [options]",
	.exits = "0 allow, 1 deny, 2 usage or a world that cannot be read, 3 undefined by the API, or no connection",
	.run = run_eval,
};
