/* written.c - policies with what goes without saying left out. */
#include "written.h"

#include "laws.h"
#include "np/gen/manifests.h"
#include "np/parse/decode.h"
#include "np/parse/read.h"

/* Bits of the law's argument; the lowest, one a policy, for its types. */
enum { NO_PROTOCOL = 1 << GENOME_POLICIES, EMPTY_LISTS = NO_PROTOCOL << 1 };

/* S02. A policy of neither direction cannot be written but so. */
static bool says_no_types(const struct genome *g, unsigned at)
{
	const struct np_policy *p = &g->w.policies[at];

	return g->law_arg >> at & 1 || (!p->types[NP_INGRESS] && !p->types[NP_EGRESS]);
}

static void leave_out(struct np_arena *a, struct np_value *doc, const char *path)
{
	struct np_err err = { .code = NP_OK };

	FUZZ_CHECK(np_value_remove(a, doc, path, &err) == 0, "%s: %s", path, err.msg);
}

static void add_empty(struct np_arena *a, struct np_value *doc, const char *path)
{
	struct np_err err = { .code = NP_OK };

	FUZZ_CHECK(np_value_set(a, doc, path, np_value_list(), &err) == 0, "%s: %s", path, err.msg);
}

static void write_rule_otherwise(struct np_arena *a, struct np_value *doc, const struct np_rule *r,
				 const char *rule_path, const char *peers, unsigned how)
{
	char path[96];

	for (size_t i = 0; i < r->n_ports && how & NO_PROTOCOL; i++) {
		snprintf(path, sizeof(path), "%s.ports[%zu].protocol", rule_path, i);
		if (r->ports[i].proto == NP_TCP)
			leave_out(a, doc, path);
	}
	if (!r->n_peers && how & EMPTY_LISTS) {
		snprintf(path, sizeof(path), "%s.%s", rule_path, peers);
		add_empty(a, doc, path);
	}
	if (!r->n_ports && how & EMPTY_LISTS) {
		snprintf(path, sizeof(path), "%s.ports", rule_path);
		add_empty(a, doc, path);
	}
}

static void write_policy_otherwise(struct np_arena *a, struct np_value *doc, const struct np_policy *p,
				   bool no_types, unsigned how)
{
	static const char *const lists[] = { [NP_INGRESS] = "ingress", [NP_EGRESS] = "egress" };
	static const char *const peers[] = { [NP_INGRESS] = "from", [NP_EGRESS] = "to" };
	char path[48];

	if (no_types)
		leave_out(a, doc, "spec.policyTypes");
	for (int d = 0; d < NP_N_DIRS; d++)
		for (size_t i = 0; i < p->n_rules[d]; i++) {
			snprintf(path, sizeof(path), "spec.%s[%zu]", lists[d], i);
			write_rule_otherwise(a, doc, &p->rules[d][i], path, peers[d], how);
		}
}

/* @p, written and read, in the arena of @w. */
static struct np_policy read_back(struct np_world *w, const struct np_policy *p, bool no_types, unsigned how)
{
	static const struct np_decode_opts opts = { .mode = NP_DECODE_API_JSON };
	static const struct np_read_opts read_opts = { .file = NULL };
	struct np_docs docs = { .n = 0 };
	struct np_buf b = { NULL, 0, 0 };
	struct np_err err = { .code = NP_OK };
	struct np_value doc;
	struct np_policy ret;

	np_gen_policy_json(p, &b);
	FUZZ_CHECK(np_read_json((struct np_str){ b.data, b.len }, &read_opts, &docs, &err) == 0 && docs.n == 1,
		   "%s: %s", err.msg, b.data);
	doc = docs.items[0].root;
	write_policy_otherwise(&docs.arena, &doc, p, no_types, how);
	FUZZ_CHECK(np_decode_policy(&doc, &opts, &w->arena, &ret, NULL, &err) == 0, "%s: %s: %s", err.path,
		   err.msg, b.data);
	np_docs_release(&docs);
	np_buf_release(&b);
	return ret;
}

void written_worlds(const struct genome *g, struct np_world *ret_meant, struct np_world *ret_read)
{
	struct np_err err = { .code = NP_OK };

	laws_copy(&g->w, ret_meant);
	laws_copy(&g->w, ret_read);
	for (unsigned i = 0; i < GENOME_POLICIES; i++) {
		struct np_policy *p = &ret_meant->policies[i];
		bool no_types = says_no_types(g, i);

		if (no_types) {
			p->types[NP_INGRESS] = true;
			p->types[NP_EGRESS] = p->n_rules[NP_EGRESS] > 0;
		}
		ret_read->policies[i] = read_back(ret_read, p, no_types, g->law_arg);
	}
	FUZZ_CHECK(np_world_link(ret_meant, &err) == 0, "%s", err.msg);
	FUZZ_CHECK(np_world_link(ret_read, &err) == 0, "%s", err.msg);
}
