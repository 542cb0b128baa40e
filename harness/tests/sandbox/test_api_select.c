/* Selectors, Accept headers and names. */
#include "np/parse/names.h"
#include "../../sandbox/api_accept.h"
#include "../../sandbox/select.h"
#include "api_test.h"

#define POD                                                                                        \
	"{'metadata': {'name': 'p', 'namespace': 'n', 'labels': {'app': 'web', 'n': '7', 'e': "    \
	"'', 'x.io/y': 'Z'}},"                                                                     \
	" 'spec': {'nodeName': 'node-1'}, 'status': {'phase': 'Running'}}"

START_TEST(labels)
{
	static const struct {
		const char *text;
		int want;	/* 1 matches, 0 does not, -1 malformed */
	} t[] = {
		{ "", 1 },
		{ "  ", 1 },
		{ "app", 1 },
		{ "app=web", 1 },
		{ "app==web", 1 },
		{ " app = web ", 1 },
		{ "app!=web", 0 },
		{ "app=x", 0 },
		{ "no=x", 0 },
		{ "no!=x", 1 },
		{ "!no", 1 },
		{ "!app", 0 },
		{ "no", 0 },
		{ "app in (web)", 1 },
		{ "app in (a,web , b)", 1 },
		{ "app in (a)", 0 },
		{ "app notin (a)", 1 },
		{ "app notin (web)", 0 },
		{ "no notin (web)", 1 },
		{ "no in (web)", 0 },
		{ "e=", 1 },
		{ "e in ()", 1 },
		{ "app=", 0 },
		{ "app!=", 1 },
		{ "n>6", 1 },
		{ "n>7", 0 },
		{ "n<8", 1 },
		{ "n<7", 0 },
		{ "app>1", 0 },
		{ "no>1", 0 },
		{ "x.io/y=Z", 1 },
		{ "app=web,n=7,!no", 1 },
		{ "app=web,n=8", 0 },
		{ "in in (a)", 0 },
		{ "app in (a,)", 0 },
		{ "e in (,a)", 1 },
		{ ",", -1 },
		{ "app,", -1 },
		{ "app=web,,n=7", -1 },
		{ "app in web", -1 },
		{ "app in (web", -1 },
		{ "app web", -1 },
		{ "=x", -1 },
		{ "a b=c", -1 },
		{ "app=a b", -1 },
		{ "-a=b", -1 },
		{ "a=-b", -1 },
		{ "a/b/c=d", -1 },
		{ "n>x", -1 },
		{ "n>", -1 },
		{ "!", -1 },
		{ "app in (-)", -1 },
		{ "(", -1 },
		{ "app)", -1 },
		{ "app=web)", -1 },
	};
	json_t *pod = J(POD);

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_err err = { 0 };
		struct np_select s;
		int rc = np_select_parse(NP_KIND_POD, t[i].text, NULL, &s, &err);

		ck_assert_msg((rc == 0) == (t[i].want >= 0), "'%s': %s", t[i].text, err.msg);
		if (rc) {
			ck_assert_int_eq(err.code, NP_EUSAGE);
			continue;
		}
		ck_assert_msg(np_select_match(&s, pod) == (t[i].want == 1), "'%s'", t[i].text);
		np_select_release(&s);
	}
	json_decref(pod);
}
END_TEST

START_TEST(fields)
{
	static const struct {
		const char *text;
		int want;
	} t[] = {
		{ "", 1 },
		{ "metadata.name=p", 1 },
		{ "metadata.name==p", 1 },
		{ "metadata.name!=p", 0 },
		{ "metadata.name=q", 0 },
		{ "metadata.namespace=n,status.phase=Running", 1 },
		{ "spec.nodeName=node-1,status.phase!=Failed,status.phase!=Succeeded", 1 },
		{ "spec.hostNetwork=false", 1 },
		{ "status.podIP=", 1 },
		{ "metadata.name=p\\,q", 0 },
		{ "spec.nope=1", -1 },
		{ "metadata.name", -1 },
		{ "=p", -1 },
		{ "metadata.name!p", -1 },
	};
	json_t *pod = J(POD);

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_err err = { 0 };
		struct np_select s;
		int rc = np_select_parse(NP_KIND_POD, NULL, t[i].text, &s, &err);

		ck_assert_msg((rc == 0) == (t[i].want >= 0), "'%s': %s", t[i].text, err.msg);
		if (rc)
			continue;
		ck_assert_msg(np_select_match(&s, pod) == (t[i].want == 1), "'%s'", t[i].text);
		np_select_release(&s);
	}
	json_decref(pod);
}
END_TEST

START_TEST(fields_of_other_kinds)
{
	json_t *event = J("{'metadata': {'name': 'e'}, 'involvedObject': {'kind': 'Pod', 'name': "
			  "'p'}, 'source': {'component': 'c'}}");
	json_t *node = J("{'metadata': {'name': 'n'}}");
	struct np_select s;

	ck_assert_int_eq(np_select_parse(NP_KIND_EVENT, NULL,
					 "involvedObject.kind=Pod,involvedObject.name=p,source=c",
					 &s, NULL),
			 0);
	ck_assert(np_select_match(&s, event));
	np_select_release(&s);
	ck_assert_int_eq(np_select_parse(NP_KIND_NODE, NULL, "spec.unschedulable=false", &s, NULL),
			 0);
	ck_assert(np_select_match(&s, node));
	np_select_release(&s);
	ck_assert_int_eq(np_select_parse(NP_KIND_NETWORKPOLICY, NULL, "status.phase=x", &s, NULL),
			 -1);
	json_decref(event);
	json_decref(node);
}
END_TEST

START_TEST(limits)
{
	struct np_buf b = { 0 };
	struct np_err err = { 0 };
	struct np_select s;

	for (int i = 0; i <= NP_SELECT_MAX; i++)
		np_buf_printf(&b, "%sa%d", i ? "," : "", i);
	ck_assert_int_eq(np_select_parse(NP_KIND_POD, b.data, NULL, &s, &err), -1);
	np_buf_clear(&b);
	np_buf_adds(&b, "a in (v");
	for (int i = 0; i <= NP_SELECT_MAX_VALUES; i++)
		np_buf_printf(&b, ",v%d", i);
	np_buf_adds(&b, ")");
	ck_assert_int_eq(np_select_parse(NP_KIND_POD, b.data, NULL, &s, &err), -1);
	np_buf_release(&b);
}
END_TEST

START_TEST(accept_headers)
{
	static const struct {
		const char *header;
		bool discovery;
		enum np_accept_as want;
	} t[] = {
		{ "", false, NP_AS_OBJECT },
		{ "*/*", false, NP_AS_OBJECT },
		{ "application/json", false, NP_AS_OBJECT },
		{ "application/vnd.kubernetes.protobuf,application/json", false, NP_AS_OBJECT },
		{ "application/*;q=0.1", false, NP_AS_OBJECT },
		{ "application/vnd.kubernetes.protobuf", false, NP_AS_NOTHING },
		{ "text/plain", false, NP_AS_NOTHING },
		{ "application/json;as=Table;v=v1;g=meta.k8s.io,application/"
		  "json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
		  false, NP_AS_TABLE },
		{ "application/json;as=Table;v=v2;g=meta.k8s.io", false, NP_AS_NOTHING },
		{ "application/json;as=Chair;v=v1;g=meta.k8s.io", false, NP_AS_NOTHING },
		{ "application/json; as=PartialObjectMetadataList; g=meta.k8s.io; v=v1", false,
		  NP_AS_PARTIAL },
		{ "application/"
		  "json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/"
		  "json;g=apidiscovery.k8s.io;v=v2beta1;"
		  "as=APIGroupDiscoveryList,application/json",
		  true, NP_AS_DISCOVERY_V2 },
		{ "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList", true,
		  NP_AS_DISCOVERY_V2BETA1 },
		{ "application/"
		  "json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,application/json",
		  true, NP_AS_OBJECT },
		{ ",;,=,;;=", false, NP_AS_NOTHING },
		{ "application/yaml", false, NP_AS_OBJECT },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++)
		ck_assert_msg(np_accept(t[i].header, t[i].discovery) == t[i].want, "'%s'",
			      t[i].header);
}
END_TEST

#define A63 "a23456789012345678901234567890123456789012345678901234567890123"

START_TEST(names)
{
	static const struct {
		enum np_name_rule rule;
		struct np_str text;
		size_t n_errors;
	} t[] = {
		{ NP_NAME_DNS_LABEL, NP_STR("a-1"), 0 },
		{ NP_NAME_DNS_LABEL, NP_STR(""), 1 },
		{ NP_NAME_DNS_LABEL, NP_STR("-a"), 1 },
		{ NP_NAME_DNS_LABEL, NP_STR("a-"), 1 },
		{ NP_NAME_DNS_LABEL, NP_STR("A"), 1 },
		{ NP_NAME_DNS_LABEL, NP_STR("a.b"), 1 },
		{ NP_NAME_DNS_LABEL, NP_STR(A63), 0 },
		{ NP_NAME_DNS_LABEL, NP_STR(A63 "a"), 1 },
		{ NP_NAME_DNS_LABEL, NP_STR("a\n"), 1 },
		{ NP_NAME_DNS_LABEL, NP_STR("a\0b"), 1 },
		{ NP_NAME_DNS_LABEL, NP_STR(A63 "-"), 2 },
		{ NP_NAME_DNS_SUBDOMAIN, NP_STR("a.b-c.d"), 0 },
		{ NP_NAME_DNS_SUBDOMAIN, NP_STR("a..b"), 1 },
		{ NP_NAME_DNS_SUBDOMAIN, NP_STR(".a"), 1 },
		{ NP_NAME_DNS_SUBDOMAIN, NP_STR("a."), 1 },
		{ NP_NAME_DNS_SUBDOMAIN, NP_STR(A63 "aaa.b"), 0 },
		{ NP_NAME_DNS_SUBDOMAIN, NP_STR(A63 "." A63 "." A63 "." A63), 1 },
		{ NP_NAME_DNS_1035, NP_STR("a1"), 0 },
		{ NP_NAME_DNS_1035, NP_STR("1a"), 1 },
		{ NP_NAME_DNS_1035, NP_STR(""), 1 },
		{ NP_NAME_QUALIFIED, NP_STR("a"), 0 },
		{ NP_NAME_QUALIFIED, NP_STR("A_b.c-D"), 0 },
		{ NP_NAME_QUALIFIED, NP_STR("x.io/Y"), 0 },
		{ NP_NAME_QUALIFIED, NP_STR("X.io/y"), 1 },
		{ NP_NAME_QUALIFIED, NP_STR("/y"), 1 },
		{ NP_NAME_QUALIFIED, NP_STR("x/"), 2 },
		{ NP_NAME_QUALIFIED, NP_STR("a/b/c"), 1 },
		{ NP_NAME_QUALIFIED, NP_STR(""), 2 },
		{ NP_NAME_QUALIFIED, NP_STR("_a"), 1 },
		{ NP_NAME_QUALIFIED, NP_STR(A63 "b"), 1 },
		{ NP_NAME_QUALIFIED, NP_STR("a\0b"), 1 },
		{ NP_NAME_LABEL_VALUE, NP_STR(""), 0 },
		{ NP_NAME_LABEL_VALUE, NP_STR("a_B.c"), 0 },
		{ NP_NAME_LABEL_VALUE, NP_STR("a "), 1 },
		{ NP_NAME_LABEL_VALUE, NP_STR("-"), 1 },
		{ NP_NAME_LABEL_VALUE, NP_STR(A63 "b"), 1 },
		{ NP_NAME_PORT, NP_STR("http"), 0 },
		{ NP_NAME_PORT, NP_STR("80"), 1 },
		{ NP_NAME_PORT, NP_STR("a--b"), 1 },
		{ NP_NAME_PORT, NP_STR("-a"), 1 },
		{ NP_NAME_PORT, NP_STR("Aa"), 1 },
		{ NP_NAME_PORT, NP_STR("a234567890123456"), 1 },
		{ NP_NAME_PORT, NP_STR(""), 2 },
		{ NP_NAME_PORT, NP_STR("A--------------9-"), 5 },
	};
	const char *why[NP_NAME_MAX_ERRORS];

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		size_t n = np_name_errors(t[i].rule, t[i].text, why);

		ck_assert_msg(n == t[i].n_errors, "row %zu '%.*s': %zu", i, NP_STR_ARG(t[i].text),
			      n);
	}
}
END_TEST

RUN_TESTS("select", labels, fields, fields_of_other_kinds, limits, accept_headers, names)
