/*
 * test_api_objects.c - what a transcript cannot say of objects: pages of a list, deletion over time,
 * defaults, concurrency, logs, tables.
 */
#include "api_calls.h"

/* ---- lists over time ---- */

START_TEST(pages_show_one_moment)
{
	struct http_answer a, b;
	struct fixture f;
	char *path;

	fixture_start(&f, false, false);
	make_pod(&f, "a");
	make_pod(&f, "b");
	make_pod(&f, "c");
	ask(&f, &a, "GET", NS "/pods?limit=1", NULL, NULL);
	ck_assert_int_eq(a.code, 200);
	expect(&f, 200, "DELETE", NS "/pods/b", NULL);
	make_pod(&f, "bb");
	path = np_xasprintf(NS "/pods?limit=5&continue=%s",
			    np_json_str(a.json, "metadata/continue", ""));
	ask(&f, &b, "GET", path, NULL, NULL);
	ck_assert_int_eq(b.code, 200);
	ck_assert_uint_eq(json_array_size(json_object_get(b.json, "items")), 2);
	ck_assert_str_eq(np_json_str(json_array_get(json_object_get(b.json, "items"), 0),
				     "metadata/name", ""),
			 "b");
	ck_assert_str_eq(np_json_str(b.json, "metadata/resourceVersion", "x"),
			 np_json_str(a.json, "metadata/resourceVersion", "y"));
	http_drop(&b);
	/* Too old: 410, take the list again. */
	for (int i = 0; i < NP_STORE_LOG_MAX + 1; i++) {
		json_t *node = np_store_get(f.store, NP_KIND_NODE, "", "node-1"),
		       *copy = json_deep_copy(node);

		json_object_set_new(json_object_get(copy, "spec"), "podCIDR",
				    json_string(i % 2 ? "x" : "y"));
		np_store_update(f.store, NP_KIND_NODE, copy, NULL, NULL);
		json_decref(copy);
		json_decref(node);
	}
	ask(&f, &b, "GET", path, NULL, NULL);
	ck_assert_int_eq(b.code, 410);
	ck_assert_str_eq(np_json_str(b.json, "reason", ""), "Expired");
	http_drop(&b);
	http_drop(&a);
	free(path);
	fixture_stop(&f);
}
END_TEST

/* ---- deletion ---- */

START_TEST(grace_of_pods)
{
	struct fixture f;
	json_t *pod, *copy;
	long code;

	fixture_start(&f, false, false);
	/* Never scheduled: gone at once. */
	make_pod(&f, "a");
	expect(&f, 200, "DELETE", NS "/pods/a", NULL);
	expect(&f, 404, "GET", NS "/pods/a", NULL);
	/* On a node: the agent has the last word. */
	make_pod(&f, "b");
	pod = np_store_get(f.store, NP_KIND_POD, "default", "b");
	copy = json_deep_copy(pod);
	json_object_set_new(json_object_get(copy, "spec"), "nodeName", json_string("node-1"));
	np_store_update(f.store, NP_KIND_POD, copy, NULL, NULL);
	json_decref(copy);
	json_decref(pod);
	expect(&f, 200, "DELETE", NS "/pods/b", "{'gracePeriodSeconds':100}");
	pod = get(&f, NS "/pods/b", &code);
	ck_assert_int_eq(np_json_int(pod, "metadata/deletionGracePeriodSeconds", -1), 100);
	ck_assert_int_eq(np_json_int(pod, "metadata/generation", 0), 2);
	json_decref(pod);
	/* Later deletions may shorten it only. */
	expect(&f, 200, "DELETE", NS "/pods/b?gracePeriodSeconds=500", NULL);
	expect(&f, 200, "DELETE", NS "/pods/b?gracePeriodSeconds=7", NULL);
	pod = get(&f, NS "/pods/b", &code);
	ck_assert_int_eq(np_json_int(pod, "metadata/deletionGracePeriodSeconds", -1), 7);
	json_decref(pod);
	expect(&f, 200, "DELETE", NS "/pods/b?gracePeriodSeconds=0", NULL);
	expect(&f, 404, "GET", NS "/pods/b", NULL);
	fixture_stop(&f);
}
END_TEST

START_TEST(finalizers)
{
	struct fixture f;
	struct http_answer a;

	fixture_start(&f, false, false);
	expect(&f, 201, "POST", POL,
	       "{'metadata':{'name':'p','finalizers':['x.io/f']},'spec':{'podSelector':{}}}");
	expect(&f, 200, "DELETE", POL "/p", NULL);
	expect(&f, 200, "GET", POL "/p", NULL);
	ask(&f, &a, "PATCH", POL "/p", "application/json-patch+json",
	    "[{'op':'add','path':'/metadata/finalizers/-','value':'x.io/g'}]");
	ck_assert_int_eq(a.code, 422);
	http_drop(&a);
	ask(&f, &a, "PATCH", POL "/p", "application/merge-patch+json",
	    "{'metadata':{'finalizers':null}}");
	ck_assert_int_eq(a.code, 200);
	http_drop(&a);
	expect(&f, 404, "GET", POL "/p", NULL);
	fixture_stop(&f);
}
END_TEST

/* A namespace waits for its pods, takes no new content, and goes. */
START_TEST(end_of_a_namespace)
{
	struct np_backoff wait;
	struct fixture f;
	json_t *ns, *pod, *copy;
	long code;

	fixture_start(&f, false, false);
	expect(&f, 201, "POST", "/api/v1/namespaces", "{'metadata':{'name':'n'}}");
	expect(&f, 201, "POST", "/api/v1/namespaces/n/pods",
	       "{'metadata':{'name':'p'},'spec':{'nodeName':'node-1','containers':[{'name':'c','"
	       "image':'i'}]}}");
	expect(&f, 201, "POST", "/api/v1/namespaces/n/services",
	       "{'metadata':{'name':'s'},'spec':{'ports':[{'port':1}]}}");
	expect(&f, 201, "POST", "/apis/networking.k8s.io/v1/namespaces/n/networkpolicies",
	       "{'metadata':{'name':'p'},'spec':{'podSelector':{}}}");
	expect(&f, 200, "DELETE", "/api/v1/namespaces/n", NULL);
	expect(&f, 403, "POST", "/api/v1/namespaces/n/pods",
	       "{'metadata':{'name':'q'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
	np_backoff_init(&wait, 1000, 100000, 60000000);
	do {
		ns = get(&f, "/api/v1/namespaces/n", &code);
		ck_assert_int_eq(code, 200);
		ck_assert_str_eq(np_json_str(ns, "status/phase", ""), "Terminating");
		if (np_json_at(ns, "status/conditions"))
			break;
		json_decref(ns);
		ns = NULL;
	} while (np_backoff_wait(&wait));
	ck_assert_ptr_nonnull(ns);
	json_decref(ns);
	expect(&f, 404, "GET", "/api/v1/namespaces/n/services/s", NULL);
	pod = get(&f, "/api/v1/namespaces/n/pods/p", &code);
	ck_assert_ptr_nonnull(np_json_at(pod, "metadata/deletionTimestamp"));
	json_decref(pod);
	/* The agent finishes the pod; the namespace follows. */
	copy = np_store_get(f.store, NP_KIND_POD, "n", "p");
	json_decref(copy);
	ck_assert_int_eq(np_store_delete(f.store, NP_KIND_POD, "n", "p", NULL, NULL), 0);
	do {
		json_decref(get(&f, "/api/v1/namespaces/n", &code));
	} while (code == 200 && np_backoff_wait(&wait));
	ck_assert_int_eq(code, 404);
	fixture_stop(&f);
}
END_TEST

/* ---- admission ---- */

START_TEST(pods_are_defaulted_and_fixed)
{
	struct http_answer a;
	struct fixture f;

	fixture_start(&f, false, false);
	ask(&f, &a, "POST", NS "/pods", "application/json",
	    "{'metadata':{'name':'p'},'spec':{'hostNetwork':true,'containers':[{'name':'c','image':"
	    "'x/y',"
	    "'ports':[{'containerPort':80,'name':'http'}]}]}}");
	ck_assert_int_eq(a.code, 201);
	ck_assert_str_eq(np_json_str(a.json, "spec/restartPolicy", ""), "Always");
	ck_assert_str_eq(np_json_str(a.json, "status/phase", ""), "Pending");
	ck_assert_str_eq(np_json_str(a.json, "status/qosClass", ""), "BestEffort");
	ck_assert_int_eq(np_json_int(a.json, "spec/terminationGracePeriodSeconds", 0), 30);
	ck_assert_str_eq(np_json_str(json_array_get(np_json_at(a.json, "spec/containers"), 0),
				     "imagePullPolicy", ""),
			 "Always");
	http_drop(&a);
	ask(&f, &a, "PATCH", NS "/pods/p", "application/strategic-merge-patch+json",
	    "{'spec':{'containers':[{'name':'c','image':'x/y:2'}]}}");
	ck_assert_int_eq(a.code, 200);
	ck_assert_int_eq(np_json_int(a.json, "metadata/generation", 0), 2);
	http_drop(&a);
	ask(&f, &a, "PATCH", NS "/pods/p", "application/merge-patch+json",
	    "{'spec':{'hostNetwork':false}}");
	ck_assert_int_eq(a.code, 422);
	ck_assert_str_eq(
		np_json_str(json_array_get(np_json_at(a.json, "details/causes"), 0), "reason", ""),
		"FieldValueForbidden");
	http_drop(&a);
	/* The status is changed through its own path only. */
	ask(&f, &a, "PATCH", NS "/pods/p", "application/merge-patch+json",
	    "{'status':{'phase':'Failed'}}");
	ck_assert_str_eq(np_json_str(a.json, "status/phase", ""), "Pending");
	http_drop(&a);
	ask(&f, &a, "PATCH", NS "/pods/p/status", "application/merge-patch+json",
	    "{'status':{'phase':'Failed'},'spec':{'nodeName':'x'}}");
	ck_assert_int_eq(a.code, 200);
	ck_assert_str_eq(np_json_str(a.json, "status/phase", ""), "Failed");
	ck_assert_ptr_null(np_json_at(a.json, "spec/nodeName"));
	http_drop(&a);
	fixture_stop(&f);
}
END_TEST

START_TEST(refused_objects)
{
	static const struct {
		const char *path, *body, *field;
	} t[] = {
		{ NS "/pods",
		  "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'C','image':'i'}]}}",
		  "spec.containers[0].name" },
		{ NS "/pods", "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c'}]}}",
		  "spec.containers[0].image" },
		{ NS "/pods",
		  "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'},{'name':"
		  "'c','image':'i'}]}}",
		  "spec.containers[1].name" },
		{ NS "/pods",
		  "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i','ports':["
		  "{'containerPort':70000}]}]}}",
		  "spec.containers[0].ports[0].containerPort" },
		{ NS "/pods",
		  "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i','ports':["
		  "{'containerPort':1,'protocol':'ICMP'}]}]}}",
		  "spec.containers[0].ports[0].protocol" },
		{ NS "/pods",
		  "{'metadata':{'name':'p'},'spec':{'restartPolicy':'Perhaps','containers':[{'name'"
		  ":'c','image':'i'}]}}",
		  "spec.restartPolicy" },
		{ NS "/pods",
		  "{'metadata':{'name':'p','labels':{'a':'-'}},'spec':{'containers':[{'name':'c','"
		  "image':'i'}]}}",
		  "metadata.labels" },
		{ NS "/pods",
		  "{'metadata':{'name':'p','ownerReferences':[{'kind':'x'}]},'spec':{'containers':["
		  "{'name':'c','image':'i'}]}}",
		  "metadata.ownerReferences.apiVersion" },
		{ NS "/pods",
		  "{'metadata':{'name':'p','finalizers':['x']},'spec':{'containers':[{'name':'c','"
		  "image':'i'}]}}",
		  "metadata.finalizers[0]" },
		{ NS "/services", "{'metadata':{'name':'1s'},'spec':{'ports':[{'port':1}]}}",
		  "metadata.name" },
		{ NS "/services", "{'metadata':{'name':'s'},'spec':{'ports':[{'port':0}]}}",
		  "spec.ports[0].port" },
		{ NS "/services",
		  "{'metadata':{'name':'s'},'spec':{'ports':[{'port':1},{'port':2}]}}",
		  "spec.ports[0].name" },
		{ NS "/services",
		  "{'metadata':{'name':'s'},'spec':{'ports':[{'port':1,'name':'a'},{'port':1,'name'"
		  ":'b'}]}}",
		  "spec.ports[1]" },
		{ NS "/services",
		  "{'metadata':{'name':'s'},'spec':{'type':'Odd','ports':[{'port':1}]}}",
		  "spec.type" },
		{ NS "/events", "{'metadata':{'name':'e'},'involvedObject':{'namespace':'other'}}",
		  "involvedObject.namespace" },
	};
	struct fixture f;

	fixture_start(&f, false, false);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct http_answer a;

		ask(&f, &a, "POST", t[i].path, "application/json", t[i].body);
		ck_assert_msg(a.code == 422, "row %zu: %ld %s", i, a.code, np_buf_text(&a.body));
		ck_assert_msg(
			strcmp(np_json_str(json_array_get(np_json_at(a.json, "details/causes"), 0),
					   "field", ""),
			       t[i].field) == 0,
			"row %zu: %s", i, np_buf_text(&a.body));
		http_drop(&a);
	}
	fixture_stop(&f);
}
END_TEST

/* Many writers of one object: nothing is lost. */
struct adder {
	const struct fixture *f;
	int from;
	pthread_t t;
};

static void *add_labels(void *arg)
{
	struct adder *w = arg;

	for (int i = w->from; i < w->from + 10; i++) {
		char *body = np_xasprintf("{'metadata':{'labels':{'l%d':'x'}}}", i);
		struct http_answer a;

		do {
			ask(w->f, &a, "PATCH", "/api/v1/nodes/node-1",
			    "application/merge-patch+json", body);
		} while (a.code == 409 && (http_drop(&a), true));
		if (a.code != 200)
			fprintf(stderr, "%ld %s\n", a.code, np_buf_text(&a.body));
		http_drop(&a);
		free(body);
	}
	return NULL;
}

START_TEST(concurrent_patches)
{
	struct adder w[8];
	struct fixture f;
	json_t *node;

	fixture_start(&f, false, false);
	for (int i = 0; i < 8; i++) {
		w[i] = (struct adder){ .f = &f, .from = i * 10 };
		ck_assert_int_eq(pthread_create(&w[i].t, NULL, add_labels, &w[i]), 0);
	}
	for (int i = 0; i < 8; i++)
		pthread_join(w[i].t, NULL);
	node = np_store_get(f.store, NP_KIND_NODE, "", "node-1");
	ck_assert_uint_eq(json_object_size(np_json_at(node, "metadata/labels")), 80);
	json_decref(node);
	fixture_stop(&f);
}
END_TEST

START_TEST(logs)
{
	static const struct {
		const char *query, *want;
	} t[] = {
		{ "", "one default\ntwo p\nthree\n" },
		{ "?tailLines=1", "three\n" },
		{ "?tailLines=2", "two p\nthree\n" },
		{ "?tailLines=0", "" },
		{ "?tailLines=99", "one default\ntwo p\nthree\n" },
		{ "?limitBytes=3", "one" },
		{ "?container=c", "one default\ntwo p\nthree\n" },
	};
	struct fixture f;

	fixture_start(&f, false, false);
	make_pod(&f, "p");
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		char *path = np_xasprintf(NS "/pods/p/log%s", t[i].query);
		struct http_answer a;

		ask(&f, &a, "GET", path, NULL, NULL);
		ck_assert_int_eq(a.code, 200);
		ck_assert_str_eq(np_buf_text(&a.body), t[i].want);
		http_drop(&a);
		free(path);
	}
	expect(&f, 400, "GET", NS "/pods/p/log?container=x", NULL);
	expect(&f, 400, "GET", NS "/pods/p/log?previous=true", NULL);
	fixture_stop(&f);
}
END_TEST

START_TEST(tables_of_every_kind)
{
	static const char *const paths[] = {
		"/api/v1/namespaces", "/api/v1/nodes",	"/api/v1/pods",
		"/api/v1/services",   "/api/v1/events", "/apis/networking.k8s.io/v1/networkpolicies"
	};
	const char *headers[] = { "Accept: application/json;as=Table;v=v1;g=meta.k8s.io", NULL };
	struct http_server s;
	struct fixture f;

	fixture_start(&f, false, false);
	s = server_of(&f);
	make_pod(&f, "p");
	expect(&f, 201, "POST", NS "/services",
	       "{'metadata':{'name':'s'},'spec':{'ports':[{'port':1,'nodePort':30000}],'type':'"
	       "NodePort'}}");
	expect(&f, 201, "POST", NS "/events",
	       "{'metadata':{'name':'e'},'involvedObject':{'kind':'Pod','namespace':'default','"
	       "name':'p'},'reason':'R','message':'m'}");
	expect(&f, 201, "POST", POL,
	       "{'metadata':{'name':'p'},'spec':{'podSelector':{'matchLabels':{'b':'2','a':'1'},'"
	       "matchExpressions':["
	       "{'key':'k','operator':'In','values':['x','y']},{'key':'n','operator':'DoesNotExist'"
	       "}]}}}");
	for (size_t i = 0; i < NP_ARRAY_SIZE(paths); i++) {
		struct http_answer a;
		json_t *rows;

		http_call(&s, &a, "GET", paths[i], headers, NULL, 0);
		rows = json_object_get(a.json, "rows");
		ck_assert_msg(a.code == 200 && json_array_size(rows) == 1, "%s: %s", paths[i],
			      np_buf_text(&a.body));
		ck_assert_uint_eq(
			json_array_size(json_object_get(json_array_get(rows, 0), "cells")),
			json_array_size(json_object_get(a.json, "columnDefinitions")));
		if (i == 5)
			ck_assert_str_eq(
				json_string_value(json_array_get(
					json_object_get(json_array_get(rows, 0), "cells"), 1)),
				"a=1,b=2,k in (x,y),!n");
		if (i == 3)
			ck_assert_str_eq(
				json_string_value(json_array_get(
					json_object_get(json_array_get(rows, 0), "cells"), 4)),
				"1:30000/TCP");
		http_drop(&a);
	}
	fixture_stop(&f);
}
END_TEST

RUN_TESTS("api: objects", pages_show_one_moment, grace_of_pods, finalizers, end_of_a_namespace,
	  pods_are_defaulted_and_fixed, refused_objects, concurrent_patches, logs,
	  tables_of_every_kind)
