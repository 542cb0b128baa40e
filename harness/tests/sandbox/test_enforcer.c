/*
 * The compiler without a kernel: intervals, the table of faults, generations and transactions
 * against a model of nftables' objects.
 */
#include "../suite.h"
#include "enforcer_cases.h"
#include "enforcer_random.h"
#include "../../sandbox/enforcer.h"

static np_u128 number(const char *text)
{
	struct np_addr a;
	int family;

	ck_assert(np_addr_parse(np_str_from(text), &a));
	return np_addr_number(&a, &family);
}

static void ranges_are(const struct np_ranges *r, const char *want)
{
	struct np_buf text = { 0 };

	for (size_t i = 0; i < r->n; i++)
		np_buf_printf(&text, "%s%u-%u", i ? " " : "", (unsigned)r->v[i].lo,
			      (unsigned)r->v[i].hi);
	ck_assert_str_eq(np_buf_text(&text), want);
	np_buf_release(&text);
}

START_TEST(intervals)
{
	struct np_ranges r = { 0 }, s = { 0 };

	np_ranges_add(&r, 10, 20);
	np_ranges_add(&r, 30, 40);
	ranges_are(&r, "10-20 30-40");
	np_ranges_add(&r, 21, 22);
	ranges_are(&r, "10-22 30-40");
	np_ranges_add(&r, 0, 8);
	ranges_are(&r, "0-8 10-22 30-40");
	np_ranges_add(&r, 9, 9);
	ranges_are(&r, "0-22 30-40");
	np_ranges_add(&r, 15, 35);
	ranges_are(&r, "0-40");
	np_ranges_cut(&r, 5, 6);
	ranges_are(&r, "0-4 7-40");
	np_ranges_cut(&r, 0, 0);
	ranges_are(&r, "1-4 7-40");
	np_ranges_cut(&r, 3, 10);
	ranges_are(&r, "1-2 11-40");
	np_ranges_cut(&r, 100, 200);
	ranges_are(&r, "1-2 11-40");
	np_ranges_add(&s, 2, 15);
	np_ranges_add(&s, 40, 60);
	np_ranges_intersect(&r, &s);
	ranges_are(&r, "2-2 11-15 40-40");
	np_ranges_subtract(&r, &s);
	ranges_are(&r, "");
	np_ranges_join(&r, &s);
	ranges_are(&r, "2-15 40-60");
	ck_assert(np_ranges_has(&r, 2) && np_ranges_has(&r, 60) && !np_ranges_has(&r, 1) &&
		  !np_ranges_has(&r, 16) && !np_ranges_has(&r, 61));
	np_ranges_intersect(&r, &(struct np_ranges){ 0 });
	ranges_are(&r, "");
	np_ranges_release(&r);
	np_ranges_release(&s);
}
END_TEST

START_TEST(intervals_at_the_ends)
{
	struct np_ranges r = { 0 };
	np_u128 top = np_family_max(6);

	np_ranges_add(&r, 0, top);
	np_ranges_cut(&r, top, top);
	ck_assert(r.n == 1 && r.v[0].lo == 0 && r.v[0].hi == top - 1);
	np_ranges_add(&r, top, top);
	ck_assert(r.n == 1 && r.v[0].hi == top);
	np_ranges_cut(&r, 0, top - 1);
	ck_assert(r.n == 1 && r.v[0].lo == top && r.v[0].hi == top);
	np_ranges_cut(&r, 0, top);
	ck_assert(r.n == 0);
	np_ranges_release(&r);
}
END_TEST

START_TEST(blocks)
{
	static const struct {
		const char *cidr;
		int family;
		const char *lo, *hi;
	} t[] = {
		{ "0.0.0.0/0", 4, "0.0.0.0", "255.255.255.255" },
		{ "10.1.2.3/8", 4, "10.0.0.0", "10.255.255.255" },
		{ "10.1.2.3/32", 4, "10.1.2.3", "10.1.2.3" },
		{ "::/0", 6, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "fd00::/127", 6, "fd00::", "fd00::1" },
		{ "::ffff:10.0.0.0/104", 4, "10.0.0.0", "10.255.255.255" },
		{ "::ffff:0.0.0.0/96", 4, "0.0.0.0", "255.255.255.255" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_cidr c;
		struct np_range r;
		int family;

		ck_assert_msg(np_cidr_parse(np_str_from(t[i].cidr), &c), "%s", t[i].cidr);
		r = np_cidr_range(&c, &family);
		ck_assert_msg(family == t[i].family && r.lo == number(t[i].lo) &&
				      r.hi == number(t[i].hi),
			      "%s", t[i].cidr);
	}
}
END_TEST

START_TEST(fault_table)
{
	const struct np_sandbox_fault *f = np_sandbox_faults();
	size_t n = 0;

	ck_assert_int_eq(np_fault_find(NULL), NP_FAULT_NONE);
	ck_assert_int_eq(np_fault_find("no-such-fault"), NP_FAULT_NONE);
	for (; f[n].name; n++) {
		ck_assert_int_eq(np_fault_find(f[n].name), (enum np_fault_id)(n + 1));
		ck_assert_msg(f[n].clause <= NP_CLAUSE_MAX, "%s", f[n].name);
		ck_assert_msg(f[n].what[0] && f[n].what[strlen(f[n].what) - 1] != '.', "%s",
			      f[n].name);
	}
	ck_assert_uint_eq(n, NP_N_FAULTS - 1);
}
END_TEST

static const struct fault_case *case_of(const char *fault)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(fault_cases); i++)
		if (!strcmp(fault_cases[i].fault, fault))
			return &fault_cases[i];
	return NULL;
}

START_TEST(faults_change_rules)
{
	static const char *const nodes[] = { "n1", "n2" };

	for (const struct np_sandbox_fault *f = np_sandbox_faults(); f->name; f++) {
		const struct fault_case *fc = case_of(f->name);
		bool differs = false;

		ck_assert_msg(fc, "no case for fault '%s'", f->name);
		for (size_t i = 0; i < 2; i++) {
			struct np_ruleset right = { 0 }, wrong = { 0 };

			compile_steps(fc->first, fc->then, 100, NP_FAULT_NONE, nodes[i], &right);
			compile_steps(fc->first, fc->then, 100, np_fault_find(f->name), nodes[i],
				      &wrong);
			differs |= !np_ruleset_eq(&right, &wrong);
			np_ruleset_release(&right);
			np_ruleset_release(&wrong);
		}
		ck_assert_msg(differs, "fault '%s' changes nothing", f->name);
	}
}
END_TEST

START_TEST(new_pods_close_in_time)
{
	struct np_ruleset right = { 0 }, wrong = { 0 };
	const struct fault_case *fc = case_of("slow-new-pods");

	compile_steps(fc->first, fc->then, 5000, NP_FAULT_NONE, "n1", &right);
	compile_steps(fc->first, fc->then, 0, NP_FAULT_SLOW_NEW_PODS, "n1", &wrong);
	ck_assert(!np_ruleset_eq(&right, &wrong));
	np_ruleset_release(&wrong);
	{
		struct np_view *view = np_view_new(NP_FAULT_SLOW_NEW_PODS);
		struct np_compile_input in = { .node = NP_STR("n1") };
		struct cast c;

		cast_init(&c);
		see(view, &c, 1000);
		ck_assert_int_eq(np_view_changes_at_ms(view), 3000);
		apply_ops(&c, fc->first);
		apply_ops(&c, fc->then);
		see(view, &c, 4000);
		ck_assert_int_eq(np_view_changes_at_ms(view), 6000);
		in.match = (struct np_match){ .world = see(view, &c, 6000),
					      .view = view,
					      .fault = NP_FAULT_SLOW_NEW_PODS };
		ck_assert_int_eq(np_view_changes_at_ms(view), INT64_MAX);
		np_compile(&in, &wrong);
		cast_release(&c);
		np_view_free(view);
	}
	ck_assert(np_ruleset_eq(&right, &wrong));
	np_ruleset_release(&right);
	np_ruleset_release(&wrong);
}
END_TEST

/* A policy that cannot be read is left out; the others hold. */
START_TEST(unreadable_policy)
{
	struct np_ruleset right = { 0 }, got = { 0 };
	struct np_view *view = np_view_new(NP_FAULT_NONE);
	struct np_compile_input in = { .node = NP_STR("n1") };
	struct cast c;

	compile_steps(DENY_IN("x", "d"), NULL, 0, NP_FAULT_NONE, "n1", &right);
	cast_init(&c);
	apply_ops(&c,
		  "['np','x','bad',{'podSelector':{},'ingress':[{'from':[{'ipBlock':{'cidr':'not a "
		  "block'}}]}]}]," DENY_IN("x", "d") ","
						     "['np','x','odd',{'podSelector':7}],['np','y',"
						     "'worse',{'ingress':'everything'}]");
	in.match = (struct np_match){ .world = see(view, &c, 1000), .view = view };
	np_compile(&in, &got);
	ck_assert(np_ruleset_eq(&right, &got));
	np_ruleset_release(&right);
	np_ruleset_release(&got);
	cast_release(&c);
	np_view_free(view);
}
END_TEST

/* Pods that are no endpoints are neither subjects nor peers (S43, S53). */
START_TEST(no_endpoints)
{
	static const char *const changes[] = {
		"['patch','pod','y','a',{'status':{'phase':'Succeeded'}}]",
		"['patch','pod','y','a',{'status':{'phase':'Failed'}}]",
		"['patch','pod','y','a',{'spec':{'hostNetwork':true}}]",
		"['patch','pod','y','a',{'status':{'podIP':'','podIPs':[]}}]",
	};
	struct np_ruleset without = { 0 }, got = { 0 };
	static const char policies[] =
		P("x", "p", ALL IN("{" FROM(NS("")) "}")) "," DENY_IN("y", "d");

	compile_steps(policies, "['del','pod','y','a']", 0, NP_FAULT_NONE, "n1", &without);
	for (size_t i = 0; i < NP_ARRAY_SIZE(changes); i++) {
		compile_steps(policies, changes[i], 0, NP_FAULT_NONE, "n1", &got);
		ck_assert_msg(np_ruleset_eq(&without, &got), "%s", changes[i]);
		np_ruleset_release(&got);
	}
	np_ruleset_release(&without);
}
END_TEST

/* Two pods with one address: one element in the map, the policies of both. */
START_TEST(shared_address)
{
	struct np_ruleset rs = { 0 };
	const char *at;
	size_t n = 0;

	compile_steps(
		P("x", "p", APP("a") IN("{" PORTS(TCP(80)) "}")) "," P(
			"x", "q",
			APP("q") IN("{" PORTS(TCP(81)) "}")) ","
							     "['newpod',0,'x','twin',{'app':'q'}]",
		NULL, 0, NP_FAULT_NONE, "n1", &rs);
	for (at = np_buf_text(&rs.text); (at = strstr(at, "[\"10.244.0.10\",{\"jump\"")); at++)
		n++;
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_nonnull(strstr(rs.text.data, "\"dport\"}},\"right\":80}"));
	ck_assert_ptr_nonnull(strstr(rs.text.data, "\"dport\"}},\"right\":81}"));
	np_ruleset_release(&rs);
}
END_TEST

/* --- what nftables would say --- */

/* Names that exist, and the commands that came. Refuses what nftables refuses. */
struct model {
	json_t *names; /* name: kind */
	int n_documents, fail_at;
	size_t longest;
	char jump[32]; /* of chain forward */
};

static int model_add(struct model *m, const char *kind, const json_t *body)
{
	const char *name = np_json_str(body, "name", "");
	json_t *expr = json_array_get(json_object_get(body, "expr"), 0);

	if (!strcmp(kind, "table"))
		return 0;
	if (!strcmp(kind, "element"))
		return json_object_get(m->names, name) ? 0 : -1;
	if (!strcmp(kind, "rule")) {
		if (!strcmp(np_json_str(body, "chain", ""), "forward"))
			snprintf(m->jump, sizeof(m->jump), "%s",
				 np_json_str(expr, "jump/target", "?"));
		return json_object_get(m->names, np_json_str(body, "chain", "")) ? 0 : -1;
	}
	if (json_object_get(m->names, name))
		return -1;
	return json_object_set_new(m->names, name, json_string(kind));
}

static int model_command(struct model *m, const char *verb, const char *kind, const json_t *body)
{
	const char *name = np_json_str(body, "name", "");

	if (!strcmp(verb, "add"))
		return model_add(m, kind, body);
	if (!strcmp(kind, "table"))
		return json_object_clear(m->names);
	if (strcmp(json_string_value(json_object_get(m->names, name)) ?: "", kind))
		return -1;
	return !strcmp(verb, "delete") ? json_object_del(m->names, name) : 0;
}

static int model_send(void *arg, const struct np_buf *document, struct np_err *err)
{
	struct model *m = arg;
	json_t *doc = np_json_parse(document->data, document->len, err), *command;
	size_t i;

	ck_assert_msg(doc, "%s", err->msg);
	ck_assert_ptr_null(memchr(document->data, '~', document->len));
	if (document->len > m->longest)
		m->longest = document->len;
	if (m->n_documents++ == m->fail_at) {
		json_decref(doc);
		return np_err_set(err, NP_EENV, "told to fail");
	}
	json_array_foreach(json_object_get(doc, "nftables"), i, command) {
		const char *verb = json_object_iter_key(json_object_iter(command));
		const json_t *what = json_object_get(command, verb);
		const char *kind = json_object_iter_key(json_object_iter((json_t *)what));

		ck_assert_msg(model_command(m, verb, kind, json_object_get(what, kind)) == 0,
			      "%s %s refused: %s", verb, kind, json_dumps(command, 0));
	}
	json_decref(doc);
	return 0;
}

static void model_init(struct model *m)
{
	*m = (struct model){ .names = json_object(), .fail_at = -1 };
}

/* Installs @n generations one after the other; the model then holds the last alone. */
START_TEST(generations)
{
	static const unsigned budgets[] = { 1, 2000, 20000, NP_RULESET_BUDGET, UINT32_MAX };

	for (size_t b = 0; b < NP_ARRAY_SIZE(budgets); b++) {
		struct np_ruleset rules[3] = { 0 };
		struct np_ruleset_state current = { 0 };
		struct np_err err;
		struct model m;

		model_init(&m);
		for (unsigned g = 0; g < 3; g++) {
			struct np_ruleset_state next = { .rs = &rules[g], .gen = g + 1 };
			char gate[16];
			bool switched;

			compile_random(g + 10, 12, "n1", NP_FAULT_NONE, &rules[g]);
			ck_assert_int_eq(np_ruleset_install(&next, &current, budgets[b], model_send,
							    &m, &switched, &err),
					 0);
			ck_assert(switched && next.n_done == rules[g].n_cmds);
			snprintf(gate, sizeof(gate), "gate_%u", g + 1);
			ck_assert_str_eq(m.jump, gate);
			/* the base chain, and what this generation named */
			ck_assert_uint_eq(json_object_size(m.names), rules[g].n_names + 1);
			current = next;
		}
		ck_assert_int_ge(m.n_documents, budgets[b] < 20000 ? 9 : 3);
		for (unsigned g = 0; g < 3; g++)
			np_ruleset_release(&rules[g]);
		json_decref(m.names);
	}
}
END_TEST

/*
 * Whichever transaction fails, the old generation rules on, or the new one does, and what is left
 * over can be removed.
 */
START_TEST(failures)
{
	struct np_ruleset old = { 0 }, new = { 0 };

	compile_random(1, 8, "n1", NP_FAULT_NONE, &old);
	compile_random(2, 8, "n1", NP_FAULT_NONE, &new);
	for (int fail_at = 0;; fail_at++) {
		struct np_ruleset_state none = { 0 }, current = { .rs = &old, .gen = 1 },
					next = { .rs = &new, .gen = 2 };
		struct np_err err;
		struct model m;
		bool switched;
		int rc, n_before;

		model_init(&m);
		ck_assert_int_eq(np_ruleset_install(&current, &none, UINT32_MAX, model_send, &m,
						    &switched, &err),
				 0);
		n_before = m.n_documents;
		m.fail_at = n_before + fail_at;
		rc = np_ruleset_install(&next, &current, 4000, model_send, &m, &switched, &err);
		m.fail_at = -1;
		ck_assert_str_eq(m.jump, switched ? "gate_2" : "gate_1");
		if (rc < 0 && !switched) {
			ck_assert_int_eq(np_ruleset_remove(&next, 4000, model_send, &m, &err), 0);
			ck_assert_uint_eq(json_object_size(m.names), old.n_names + 1);
		}
		json_decref(m.names);
		if (rc == 0) {
			ck_assert_int_gt(fail_at, 3);
			break;
		}
	}
	np_ruleset_release(&old);
	np_ruleset_release(&new);
}
END_TEST

/* The same world compiles to the same commands; the whole of it is one document. */
START_TEST(one_document)
{
	struct np_ruleset a = { 0 }, b = { 0 };
	struct np_buf text = { 0 };
	struct np_world w;
	struct np_err err;
	json_t *doc;

	compile_random(5, 20, "n2", NP_FAULT_NONE, &a);
	compile_random(5, 20, "n2", NP_FAULT_NONE, &b);
	ck_assert(np_ruleset_eq(&a, &b));
	np_ruleset_release(&b);
	compile_random(6, 20, "n2", NP_FAULT_NONE, &b);
	ck_assert(!np_ruleset_eq(&a, &b));
	np_ruleset_release(&a);
	np_ruleset_release(&b);
	np_world_init(&w);
	ck_assert_int_eq(np_world_link(&w, &err), 0);
	np_enforcer_compile(&w, NP_STR("n1"), NULL, &text);
	doc = np_json_parse(text.data, text.len, &err);
	ck_assert_ptr_nonnull(doc);
	json_decref(doc);
	np_buf_release(&text);
	np_world_release(&w);
}
END_TEST

int main(void)
{
	static const TTest *const *const tests[] = {
		&intervals,
		&intervals_at_the_ends,
		&blocks,
		&fault_table,
		&faults_change_rules,
		&new_pods_close_in_time,
		&unreadable_policy,
		&no_endpoints,
		&shared_address,
		&generations,
		&failures,
		&one_document,
	};
	Suite *suite = suite_create("enforcer");
	TCase *tc = tcase_create("enforcer");

	tcase_set_timeout(tc, 120);
	for (size_t i = 0; i < NP_ARRAY_SIZE(tests); i++)
		tcase_add_test(tc, *tests[i]);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
