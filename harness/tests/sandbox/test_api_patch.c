/* JSON patch, merge patch, strategic merge. */
#include "../../sandbox/patch.h"
#include "api_test.h"

START_TEST(merge)
{
	/* The table of RFC 7396, appendix A, and what it leaves open. */
	static const struct {
		const char *object, *patch, *want;
	} t[] = {
		{ "{'a':'b'}", "{'a':'c'}", "{'a':'c'}" },
		{ "{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}" },
		{ "{'a':'b'}", "{'a':null}", "{}" },
		{ "{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}" },
		{ "{'a':['b']}", "{'a':'c'}", "{'a':'c'}" },
		{ "{'a':'c'}", "{'a':['b']}", "{'a':['b']}" },
		{ "{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}" },
		{ "{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}" },
		{ "{'e':null}", "{'a':1}", "{'e':null,'a':1}" },
		{ "{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}" },
		{ "{'a':1}", "{'a':{'b':1}}", "{'a':{'b':1}}" },
		{ "{'a':{'b':1}}", "{'a':{}}", "{'a':{'b':1}}" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		json_t *o = J(t[i].object), *p = J(t[i].patch), *r = np_patch_merge(o, p);

		assert_json(r, t[i].want, t[i].patch);
		assert_json(o, t[i].object, "the object was touched");
		json_decref(o);
		json_decref(p);
		json_decref(r);
	}
}
END_TEST

START_TEST(json_patch)
{
	static const struct {
		const char *object, *ops, *want;	/* want NULL: refused with */
		enum np_errcode code;
	} t[] = {
		{ "{'foo':'bar'}", "[{'op':'add','path':'/baz','value':'qux'}]",
		  "{'foo':'bar','baz':'qux'}", NP_OK },
		{ "{'foo':['a','c']}", "[{'op':'add','path':'/foo/1','value':'b'}]",
		  "{'foo':['a','b','c']}", NP_OK },
		{ "{'foo':['a']}", "[{'op':'add','path':'/foo/-','value':['b']}]",
		  "{'foo':['a',['b']]}", NP_OK },
		{ "{'a':1,'b':2}", "[{'op':'remove','path':'/a'}]", "{'b':2}", NP_OK },
		{ "{'f':[1,2,3]}", "[{'op':'remove','path':'/f/1'}]", "{'f':[1,3]}", NP_OK },
		{ "{'a':1}", "[{'op':'replace','path':'/a','value':null}]", "{'a':null}", NP_OK },
		{ "{'f':[1,2]}", "[{'op':'replace','path':'/f/1','value':{}}]", "{'f':[1,{}]}",
		  NP_OK },
		{ "{'a':{'x':1},'b':{}}", "[{'op':'move','from':'/a/x','path':'/b/y'}]",
		  "{'a':{},'b':{'y':1}}", NP_OK },
		{ "{'a':{'x':1}}", "[{'op':'copy','from':'/a','path':'/b'}]",
		  "{'a':{'x':1},'b':{'x':1}}", NP_OK },
		{ "{'a/b':1,'m~n':2}",
		  "[{'op':'remove','path':'/a~1b'},{'op':'replace','path':'/m~0n','value':3}]",
		  "{'m~n':3}", NP_OK },
		{ "{'a':1}",
		  "[{'op':'test','path':'/a','value':1},{'op':'add','path':'','value':[]}]", "[]",
		  NP_OK },
		{ "{'':1}", "[{'op':'replace','path':'/','value':2}]", "{'':2}", NP_OK },
		{ "{'a':1}", "[]", "{'a':1}", NP_OK },
		{ "{}", "[{'op':'test','path':'/a','value':null}]", "{}", NP_OK },
		{ "{'a':1}", "[{'op':'test','path':'/a','value':'1'}]", NULL, NP_EVALID },
		{ "{'a':1}", "[{'op':'remove','path':'/b'}]", NULL, NP_EVALID },
		{ "{'a':1}", "[{'op':'replace','path':'/b','value':1}]", NULL, NP_EVALID },
		{ "{'a':1}", "[{'op':'add','path':'/b/c','value':1}]", NULL, NP_EVALID },
		{ "{'a':1}", "[{'op':'add','path':'/a/c','value':1}]", NULL, NP_EVALID },
		{ "{'a':[1]}", "[{'op':'add','path':'/a/2','value':1}]", NULL, NP_EVALID },
		{ "{'a':[1]}", "[{'op':'add','path':'/a/x','value':1}]", NULL, NP_EVALID },
		{ "{'a':[1]}", "[{'op':'remove','path':'/a/-'}]", NULL, NP_EVALID },
		{ "{'a':[1]}", "[{'op':'remove','path':'/a/-1'}]", NULL, NP_EVALID },
		{ "{'a':1}", "[{'op':'copy','from':'/b','path':'/c'}]", NULL, NP_EVALID },
		{ "{'a':{'b':1}}", "[{'op':'move','from':'/a','path':'/a/b'}]", NULL, NP_EVALID },
		{ "{'a':1}", "[{'op':'remove','path':''}]", NULL, NP_EVALID },
		{ "{'a':1}", "{'op':'remove','path':'/a'}", NULL, NP_EUSAGE },
		{ "{'a':1}", "[{'op':'burn','path':'/a','value':1}]", NULL, NP_EUSAGE },
		{ "{'a':1}", "[{'op':'add','path':'/a'}]", NULL, NP_EUSAGE },
		{ "{'a':1}", "[{'op':'add','path':'a','value':1}]", NULL, NP_EUSAGE },
		{ "{'a':1}", "[{'op':'move','path':'/a'}]", NULL, NP_EUSAGE },
		{ "{'a':1}", "[1]", NULL, NP_EUSAGE },
		{ "{'a':1}", "[{}]", NULL, NP_EUSAGE },
		{ "{'a':1}", "[{'op':1,'path':2}]", NULL, NP_EUSAGE },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_err err = { 0 };
		json_t *o = J(t[i].object), *p = J(t[i].ops), *r = np_patch_json(o, p, &err);

		if (t[i].want)
			assert_json(r, t[i].want, t[i].ops);
		else
			ck_assert_msg(!r && err.code == t[i].code, "%s: %s", t[i].ops, err.msg);
		assert_json(o, t[i].object, "the object was touched");
		json_decref(o);
		json_decref(p);
		json_decref(r);
	}
}
END_TEST

/* Doubling by copies: 60 of them would be 2^60 elements. */
START_TEST(copies_are_bounded)
{
	json_t *o = J("{'a': ['0123456789012345678901234567890123456789']}"), *ops = json_array();
	struct np_err err = { 0 };

	for (int i = 0; i < 60; i++)
		json_array_append_new(ops, J("{'op': 'copy', 'from': '/a', 'path': '/a/-'}"));
	ck_assert_ptr_null(np_patch_json(o, ops, &err));
	ck_assert_int_eq(err.code, NP_EUSAGE);
	json_decref(o);
	json_decref(ops);
}
END_TEST

#define PORTS "{'spec':{'ports':[{'port':80,'name':'a'},{'port':81,'name':'b'}]}}"

START_TEST(strategic_service)
{
	static const struct {
		const char *object, *patch, *want;	/* want NULL: refused */
	} t[] = {
		{ PORTS, "{'spec':{'ports':[{'port':80,'name':'c'}]}}",
		  "{'spec':{'ports':[{'port':80,'name':'c'},{'port':81,'name':'b'}]}}" },
		{ PORTS, "{'spec':{'ports':[{'port':82}]}}",
		  "{'spec':{'ports':[{'port':80,'name':'a'},{'port':81,'name':'b'},{'port':82}]}"
		  "}" },
		{ PORTS, "{'spec':{'ports':[{'port':80,'$patch':'delete'}]}}",
		  "{'spec':{'ports':[{'port':81,'name':'b'}]}}" },
		{ PORTS, "{'spec':{'ports':[{'$patch':'replace'},{'port':1}]}}",
		  "{'spec':{'ports':[{'port':1}]}}" },
		{ PORTS, "{'spec':{'ports':null}}", "{'spec':{}}" },
		{ PORTS, "{'spec':{'$setElementOrder/ports':[{'port':81},{'port':80}]}}",
		  "{'spec':{'ports':[{'port':81,'name':'b'},{'port':80,'name':'a'}]}}" },
		{ PORTS, "{'spec':{'$patch':'replace','type':'x'}}", "{'spec':{'type':'x'}}" },
		{ PORTS, "{'spec':{'$patch':'delete'}}", "{'spec':{}}" },
		{ PORTS, "{'spec':{'ports':[{'name':'no key'}]}}", NULL },
		{ PORTS, "{'spec':{'ports':[7]}}", NULL },
		{ PORTS, "{'spec':{'$patch':'burn'}}", NULL },
		{ PORTS, "[]", NULL },
		{ "{}", "{'spec':{'ports':[{'port':1,'$patch':'merge'}],'x':null}}",
		  "{'spec':{'ports':[{'port':1}]}}" },
		{ "{'metadata':{'finalizers':['a/b','c/d']}}",
		  "{'metadata':{'finalizers':['c/d','e/f']}}",
		  "{'metadata':{'finalizers':['a/b','c/d','e/f']}}" },
		{ "{'metadata':{'finalizers':['a/b','c/d']}}",
		  "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a/b']}}",
		  "{'metadata':{'finalizers':['c/d']}}" },
		{ "{'metadata':{'labels':{'a':'1','b':'2'}}}",
		  "{'metadata':{'labels':{'a':null,'c':'3'}}}",
		  "{'metadata':{'labels':{'b':'2','c':'3'}}}" },
		{ "{'spec':{'selector':{'a':'1'}}}", "{'spec':{'selector':{'b':'2'}}}",
		  "{'spec':{'selector':{'a':'1','b':'2'}}}" },
		{ "{'spec':{'clusterIPs':['a']}}", "{'spec':{'clusterIPs':['b']}}",
		  "{'spec':{'clusterIPs':['b']}}" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct np_err err = { 0 };
		json_t *o = J(t[i].object), *p = J(t[i].patch),
		       *r = np_patch_strategic(&np_type_service, o, p, &err);

		if (t[i].want)
			assert_json(r, t[i].want, t[i].patch);
		else
			ck_assert_msg(!r && err.code == NP_EUSAGE, "%s", t[i].patch);
		assert_json(o, t[i].object, "the object was touched");
		json_decref(o);
		json_decref(p);
		json_decref(r);
	}
}
END_TEST

START_TEST(strategic_pod)
{
	static const char object[] =
		"{'spec':{'containers':[{'name':'a','image':'1','ports':[{'containerPort':1}],'env'"
		":[{'name':'x','value':'1'}]},"
		"{'name':'b','image':'2'}],'volumes':[{'name':'v','emptyDir':{}}]}}";
	json_t *o = J(object), *p, *r;

	p = J("{'spec':{'containers':[{'name':'a','image':'9','ports':[{'containerPort':2}],'env':["
	      "{'name':'x','$patch':'delete'}]}],"
	      "'volumes':[{'name':'v','$retainKeys':['name','hostPath'],'hostPath':{'path':'/"
	      "x'}}]}}");
	r = np_patch_strategic(&np_type_pod, o, p, NULL);
	assert_json(r,
		    "{'spec':{'containers':[{'name':'a','image':'9','ports':[{'containerPort':1},{'"
		    "containerPort':2}],'env':[]},"
		    "{'name':'b','image':'2'}],'volumes':[{'name':'v','hostPath':{'path':'/x'}}]}}",
		    "pod");
	json_decref(r);
	json_decref(p);
	json_decref(o);
	/* A policy's lists have no keys: they are replaced. */
	o = J("{'spec':{'ingress':[{},{'from':[{'podSelector':{}}]}]}}");
	p = J("{'spec':{'ingress':[{'ports':[{'port':1}]}]}}");
	r = np_patch_strategic(&np_type_network_policy, o, p, NULL);
	assert_json(r, "{'spec':{'ingress':[{'ports':[{'port':1}]}]}}", "policy");
	json_decref(r);
	json_decref(p);
	json_decref(o);
}
END_TEST

RUN_TESTS("patch", merge, json_patch, copies_are_bounded, strategic_service, strategic_pod)
