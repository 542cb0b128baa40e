/* test_casevalues.c - ${..} of case texts, and cases played without a cluster. */
#include <stdlib.h>

#include "../suite.h"
#include "np/base/mem.h"
#include "np/oracle/oracle.h"
#include "np/target/caseobjects.h"

static size_t lookup(const void *ctx, struct np_str name, struct np_addr *ret)
{
	(void)ctx;
	if (np_str_is(name, "v4/only"))
		return np_addr_parse(NP_STR("10.1.2.3"), ret);
	if (!np_str_is(name, "x/a"))
		return 0;
	ck_assert(np_addr_parse(NP_STR("10.244.1.77"), &ret[0]) && np_addr_parse(NP_STR("2001:db8::203.0.113.77"), &ret[1]));
	return 2;
}

static const struct {
	int family;
	const char *text, *want;	/* NULL: refused */
} substitutions[] = {
	{ 4, "", "" },
	{ 4, "no $ {} value}", "no $ {} value}" },
	{ 4, "${ip:x/a}", "10.244.1.77" },
	{ 6, "${ip:x/a}", "2001:db8::cb00:714d" },
	{ 4, "${ip6:x/a}", "2001:db8::cb00:714d" },
	{ 4, "\"${ip:x/a}/32\"", "\"10.244.1.77/32\"" },
	{ 4, "${cidr:x/a/28}", "10.244.1.64/28" },
	{ 4, "${cidr:x/a/0}", "0.0.0.0/0" },
	{ 6, "${cidr:x/a/28}", "2001:db8::cb00:7140/124" },
	{ 4, "${cidr6:x/a/24}", "2001:db8::cb00:7100/120" },
	{ 4, "${family-any} ${family-any}", "0.0.0.0/0 0.0.0.0/0" },
	{ 6, "${family-any}", "::/0" },
	{ 4, "${ip:x/b}", NULL },
	{ 6, "${ip:v4/only}", NULL },
	{ 4, "${ip:}", NULL },
	{ 4, "${cidr:x/a}", NULL },
	{ 4, "${cidr:x/a/33}", NULL },
	{ 4, "${cidr:x/a/}", NULL },
	{ 4, "${cidr:/28}", NULL },
	{ 4, "${cidr:28}", NULL },
	{ 4, "${what:x/a}", NULL },
	{ 4, "${ip:x/a", NULL },
	{ 4, "${}", NULL },
};

START_TEST(substitution)
{
	const struct np_values values = { lookup, NULL, substitutions[_i].family };
	struct np_buf out = { 0 };
	struct np_err err = { 0 };
	int rc;

	np_buf_adds(&out, "kept ");
	rc = np_substitute(np_str_from(substitutions[_i].text), &values, &out, &err);
	ck_assert_int_eq(rc, substitutions[_i].want ? 0 : -1);
	if (rc < 0)
		ck_assert_int_eq(err.code, NP_EVALID);
	ck_assert_str_eq(np_buf_text(&out) + 5, substitutions[_i].want ? substitutions[_i].want : "");
	np_buf_release(&out);
}
END_TEST

static struct np_step step(enum np_step_kind kind, const char *object_kind, const char *ns, const char *name, const char *body)
{
	return (struct np_step){ .kind = kind, .object_kind = np_str_from(object_kind), .ns = np_str_from(ns),
				 .name = np_str_from(name), .body = np_str_from(body) };
}

static void must(struct np_objects *o, struct np_step s)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_objects_step(o, &s, &err) == 0, "%s", err.msg);
}

static struct np_world world_of(const struct np_objects *o)
{
	struct np_err err = { 0 };
	struct np_world w;

	ck_assert_msg(np_objects_world(o, &w, &err) == 0, "%s", err.msg);
	return w;
}

static const struct np_pod *pod_of(const struct np_world *w, const char *ns, const char *name)
{
	size_t i = np_world_find_pod(w, np_str_from(ns), np_str_from(name));

	return i == SIZE_MAX ? NULL : &w->pods[i];
}

#define POD_A "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"labels\":{\"app\":\"web\"}," \
	"\"annotations\":{\"netpolcheck/node\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\"}]}}"

START_TEST(pods)
{
	struct np_objects *o = np_objects_new(4);
	const struct np_pod *pod;
	struct np_addr first;
	struct np_world w;

	must(o, step(NP_STEP_APPLY, "Pod", "x", "a", POD_A));
	w = world_of(o);
	pod = pod_of(&w, "x", "a");
	ck_assert(pod && np_str_is(pod->node, "node-b") && pod->n_ips == 2 && pod->phase == NP_PHASE_RUNNING && pod->labels.n == 1);
	ck_assert(pod->node_idx != SIZE_MAX);
	first = pod->ips[0];
	np_world_release(&w);

	must(o, step(NP_STEP_LABEL, "Pod", "x", "a", "{\"app\":null,\"tier\":\"back\"}"));
	w = world_of(o);
	pod = pod_of(&w, "x", "a");
	ck_assert(pod->labels.n == 1 && np_str_is(pod->labels.items[0].key, "tier") && np_addr_eq(&pod->ips[0], &first));
	np_world_release(&w);

	must(o, step(NP_STEP_RECREATE, "Pod", "x", "a", ""));
	w = world_of(o);
	pod = pod_of(&w, "x", "a");
	ck_assert(np_str_is(pod->labels.items[0].key, "tier") && !np_addr_eq(&pod->ips[0], &first));
	np_world_release(&w);

	must(o, step(NP_STEP_APPLY, "Pod", "x", "a", POD_A));	/* again: labels only */
	must(o, step(NP_STEP_APPLY, "Namespace", "", "np-host", "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"np-host\"}}"));
	must(o, step(NP_STEP_DELETE, "Namespace", "", "np-host", ""));
	w = world_of(o);
	ck_assert(!pod_of(&w, "np-host", "node-a"));
	ck_assert(np_str_is(pod_of(&w, "x", "a")->labels.items[0].key, "app"));
	np_world_release(&w);
	np_objects_free(o);
}
END_TEST

#define POLICY(spec) "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"p\",\"namespace\":\"x\"},\"spec\":" spec "}"

/* Semantics 1.3: a patch keeps the stored types, a replacement is defaulted anew. */
START_TEST(stored_types)
{
	struct np_objects *o = np_objects_new(4);
	struct np_world w;

	must(o, step(NP_STEP_APPLY, "NetworkPolicy", "x", "p", POLICY("{\"podSelector\":{}}")));
	must(o, step(NP_STEP_PATCH, "NetworkPolicy", "x", "p", "{\"spec\":{\"egress\":[{}]}}"));
	w = world_of(o);
	ck_assert(w.n_policies == 1 && w.policies[0].types[NP_INGRESS] && !w.policies[0].types[NP_EGRESS]);
	ck_assert_uint_eq(w.policies[0].n_rules[NP_EGRESS], 1);
	np_world_release(&w);
	must(o, step(NP_STEP_APPLY, "NetworkPolicy", "x", "p", POLICY("{\"podSelector\":{},\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"${cidr:ext/a/28}\"}}]}]}")));
	w = world_of(o);
	ck_assert(w.policies[0].types[NP_INGRESS] && w.policies[0].types[NP_EGRESS]);
	ck_assert(np_str_is(w.policies[0].rules[NP_EGRESS][0].peers[0].ip_block->cidr_text, "203.0.113.0/28"));
	np_world_release(&w);
	must(o, step(NP_STEP_DELETE, "NetworkPolicy", "x", "p", ""));
	w = world_of(o);
	ck_assert_uint_eq(w.n_policies, 0);
	np_world_release(&w);
	np_objects_free(o);
}
END_TEST

START_TEST(refused)
{
	struct np_objects *o = np_objects_new(6);
	const struct np_step bad[] = {
		step(NP_STEP_DELETE, "Pod", "x", "gone", ""),
		step(NP_STEP_LABEL, "Pod", "x", "gone", "{}"),
		step(NP_STEP_RECREATE, "Pod", "x", "gone", ""),
		step(NP_STEP_APPLY, "Pod", "x", "a", "[]"),
		step(NP_STEP_APPLY, "Pod", "x", "a", "{"),
		step(NP_STEP_APPLY, "NetworkPolicy", "x", "a", "{\"spec\":\"${ip:no/one}\"}"),
	};
	struct np_world w;

	for (size_t i = 0; i < NP_ARRAY_SIZE(bad); i++) {
		struct np_err err = { 0 };

		ck_assert_int_eq(np_objects_step(o, &bad[i], &err), -1);
		ck_assert(err.code != NP_OK);
	}
	w = world_of(o);
	ck_assert_uint_eq(w.n_pods, 3);
	ck_assert_uint_eq(w.n_policies, 0);
	np_world_release(&w);
	np_objects_free(o);
}
END_TEST

START_TEST(a_pod_that_ends_late_stays)
{
	static const char late[] = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"late\",\"namespace\":\"x\","
				   "\"annotations\":{\"netpolcheck/ends-late\":\"true\"}}}";
	struct np_objects *o = np_objects_new(4);
	struct np_step at_once = step(NP_STEP_TERMINATE, "Pod", "x", "a", ""), unknown = step(NP_STEP_TERMINATE, "Pod", "x", "gone", "");
	struct np_err err = { 0 };
	const struct np_pod *pod;
	struct np_world w;

	must(o, step(NP_STEP_APPLY, "Pod", "x", "a", POD_A));
	must(o, step(NP_STEP_APPLY, "Pod", "x", "late", late));
	must(o, step(NP_STEP_TERMINATE, "Pod", "x", "late", ""));
	w = world_of(o);
	pod = pod_of(&w, "x", "late");
	ck_assert(pod && pod->n_ips && pod->phase == NP_PHASE_RUNNING);
	np_world_release(&w);
	ck_assert_int_eq(np_objects_step(o, &at_once, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "needs the annotation netpolcheck/ends-late"));
	ck_assert_int_eq(np_objects_step(o, &unknown, &err), -1);
	np_objects_free(o);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("target-casevalues");
	TCase *tc = tcase_create("casevalues");

	tcase_add_loop_test(tc, substitution, 0, (int)NP_ARRAY_SIZE(substitutions));
	tcase_add_test(tc, pods);
	tcase_add_test(tc, stored_types);
	tcase_add_test(tc, a_pod_that_ends_late_stays);
	tcase_add_test(tc, refused);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
