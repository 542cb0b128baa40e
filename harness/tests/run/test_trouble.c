/* test_trouble.c - what became of a pod, in one sentence; counts for people and for the record. */
#include "../../run/trouble.h"
#include "../suite.h"

static const struct pod_case {
	const char *pod; /* NULL: not there */
	const char *uid, *says; /* NULL: nothing is wrong */
} pods[] = {
	{ "{'metadata':{'uid':'u'},'status':{'phase':'Running'}}", "u", NULL },
	{ "{'metadata':{'uid':'u'},'status':{'phase':'Pending'}}", NULL, NULL },
	{ NULL, "u", "pod 'x/a' was deleted or evicted by somebody else" },
	{ "{'metadata':{'uid':'v'},'status':{'phase':'Running'}}", "u",
	  "pod 'x/a' was made anew by somebody else" },
	{ "{'metadata':{'uid':'u'},'status':{'phase':'Failed','reason':'Evicted','message':"
	  "'The node was low on resource: memory.'}}",
	  "u", "pod 'x/a' was evicted: The node was low on resource: memory." },
	{ "{'metadata':{'uid':'u'},'status':{'phase':'Failed','reason':'NodeAffinity'}}", "u",
	  "pod 'x/a' ended: NodeAffinity" },
	{ "{'metadata':{'uid':'u'},'status':{'phase':'Succeeded'}}", "u",
	  "pod 'x/a' ended: Succeeded" },
	{ "{'metadata':{'uid':'u','deletionTimestamp':'t'},'status':{'phase':'Running'}}", "u",
	  "pod 'x/a' is being deleted by somebody else" },
	{ "{'metadata':{'uid':'u','deletionTimestamp':'t'},'status':{'phase':'Running',"
	  "'conditions':[{'type':'Ready'},{'type':'DisruptionTarget','reason':'EvictionByEvictionAPI',"
	  "'message':'Eviction API: evicting'}]}}",
	  "u", "pod 'x/a' was evicted: Eviction API: evicting" },
	{ "{'metadata':{'uid':'u','deletionTimestamp':'t'},'status':{'phase':'Running',"
	  "'conditions':[{'type':'DisruptionTarget','reason':'PreemptionByScheduler'}]}}",
	  "u", "pod 'x/a' was evicted: PreemptionByScheduler" },
};

static json_t *parse(const char *text)
{
	char *json = np_xstrdup(text);
	json_t *v;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	v = json_loads(json, 0, NULL);
	free(json);
	return v;
}

START_TEST(what_became_of_a_pod)
{
	const struct pod_case *c = &pods[_i];
	json_t *pod = c->pod ? parse(c->pod) : NULL;
	struct np_err err = { 0 };
	int rc = np_trouble_pod(pod, "x/a", c->uid, &err);

	ck_assert_int_eq(rc, c->says ? -1 : 0);
	if (c->says) {
		ck_assert_str_eq(err.msg, c->says);
		ck_assert_int_eq(err.code, NP_ENOTFOUND);
	}
	json_decref(pod);
}
END_TEST

START_TEST(totals)
{
	const struct np_trouble_totals none = { 0 }, one = { 1, 1, 1 }, some = { 2, 30, 4 };
	char text[200];
	json_t *v;

	ck_assert_str_eq(np_trouble_text(NULL, &none, text, sizeof(text)), "");
	ck_assert_str_eq(np_trouble_text(NULL, &one, text, sizeof(text)),
			 "1 exec stream reopened, 1 probe made again, 1 case judged again");
	ck_assert_str_eq(np_trouble_text(NULL, &some, text, sizeof(text)),
			 "2 exec streams reopened, 30 probes made again, 4 cases judged again");
	v = np_trouble_json(NULL, &some);
	ck_assert_int_eq(json_integer_value(json_object_get(v, "streams_reopened")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(v, "outage_ms")), 0);
	ck_assert_uint_eq(json_object_size(json_object_get(v, "requests_again")), 0);
	json_decref(v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("run/trouble");
	TCase *t = tcase_create("trouble");

	tcase_add_loop_test(t, what_became_of_a_pod, 0, NP_ARRAY_SIZE(pods));
	tcase_add_test(t, totals);
	suite_add_tcase(s, t);
	return run_suite(s);
}
