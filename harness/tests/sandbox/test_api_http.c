/*
 * The API over its socket: what a transcript cannot say: limits, malformed requests, time,
 * concurrency.
 */
#include "api_fixture.h"
#include "api_test.h"
#include "http_client.h"

static struct http_server server_of(const struct fixture *f)
{
	return (struct http_server){ .url = "http://localhost", .socket = f->socket };
}

static void ask(const struct fixture *f, struct http_answer *a, const char *method,
		const char *path, const char *type, const char *body)
{
	struct http_server s = server_of(f);
	char *line = type ? np_xasprintf("Content-Type: %s", type) : NULL,
	     *text = body ? np_xstrdup(body) : NULL;
	const char *headers[] = { line, NULL };

	for (char *p = text; p && *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	http_call(&s, a, method, path, type ? headers : NULL, text, text ? strlen(text) : 0);
	free(line);
	free(text);
}

/* Asks and asserts the code; NULL body for none. */
static void expect(const struct fixture *f, long code, const char *method, const char *path,
		   const char *body)
{
	struct http_answer a;

	ask(f, &a, method, path, body ? "application/json" : NULL, body);
	ck_assert_msg(a.code == code, "%s %s: %ld %.400s", method, path, a.code,
		      np_buf_text(&a.body));
	http_drop(&a);
}

#define NS "/api/v1/namespaces/default"
#define POL "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies"
#define POD "{'metadata':{'name':'%s'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}"

static void make_pod(const struct fixture *f, const char *name)
{
	char *body = np_xasprintf(POD, name);

	expect(f, 201, "POST", NS "/pods", body);
	free(body);
}

/* ---- limits and malformed requests ---- */

START_TEST(body_limit)
{
	static const struct {
		size_t bytes;
		long code;
	} t[] = { { 3145728, 400 /* read whole, and found to be no JSON */ },
		  { 3145729, 413 },
		  { 8u << 20, 413 } };
	const char *headers[] = { "Content-Type: application/json", NULL };
	struct http_server s;
	struct fixture f;

	fixture_start(&f, false, false);
	s = server_of(&f);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		char *body = np_xmalloc(t[i].bytes);
		struct http_answer a;

		memset(body, ' ', t[i].bytes);
		http_call(&s, &a, "POST", POL, headers, body, t[i].bytes);
		ck_assert_msg(a.code == t[i].code, "%zu bytes: %ld %s", t[i].bytes, a.code,
			      np_buf_text(&a.body));
		ck_assert_str_eq(np_json_str(a.json, "kind", ""), "Status");
		http_drop(&a);
		free(body);
	}
	fixture_stop(&f);
}
END_TEST

START_TEST(largest_body_is_stored)
{
	struct np_buf b = { 0 };
	struct http_answer a;
	struct fixture f;

	fixture_start(&f, false, false);
	np_buf_adds(&b, "{'metadata':{'name':'big'},'spec':{'podSelector':{},'ingress':[");
	for (int i = 0; b.len < 3000000; i++)
		np_buf_printf(&b, "%s{'ports':[{'port':%d}]}", i ? "," : "", i % 65535 + 1);
	np_buf_adds(&b, "]}}");
	ask(&f, &a, "POST", POL, "application/json", b.data);
	ck_assert_msg(a.code == 201, "%.300s", np_buf_text(&a.body));
	http_drop(&a);
	np_buf_release(&b);
	fixture_stop(&f);
}
END_TEST

/* Sends bytes as they are, half-closes, returns what comes back (heap). */
static char *raw(const struct fixture *f, const void *bytes, size_t n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval tv = { .tv_sec = 60 };
	struct np_buf out = { 0 };
	char buf[4096];
	ssize_t got;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->socket);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	for (size_t off = 0; off < n;) {
		ssize_t w = send(fd, (const char *)bytes + off, n - off, MSG_NOSIGNAL);

		if (w <= 0)
			break;
		off += (size_t)w;
	}
	shutdown(fd, SHUT_WR);
	np_buf_adds(&out, "");
	while ((got = recv(fd, buf, sizeof(buf), 0)) > 0)
		np_buf_add(&out, buf, (size_t)got);
	close(fd);
	return np_buf_steal(&out);
}

START_TEST(malformed_requests)
{
	static const struct np_str t[] = {
		NP_STR(""),
		NP_STR("\r\n\r\n"),
		NP_STR("GET"),
		NP_STR("GET / HTTP/9.9\r\n\r\n"),
		NP_STR("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
		NP_STR("GET /api/v1/pods HTTP/1.1\r\n\r\n"),
		NP_STR("GET \0 HTTP/1.1\r\nHost: x\r\n\r\n"),
		NP_STR("POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: "
		       "99999999999999999999\r\n\r\n{}"),
		NP_STR("POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: "
		       "-1\r\n\r\n{}"),
		NP_STR("POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		       "chunked\r\n\r\nzz\r\n{}"),
		NP_STR("POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: "
		       "100\r\n\r\n{\"half\":"),
		NP_STR("BREW /api/v1/pods HTTP/1.1\r\nHost: x\r\n\r\n"),
		NP_STR("GET /%zz%00/%ff HTTP/1.1\r\nHost: x\r\n\r\n"),
		NP_STR("GET /api/v1/pods?%zz=%00&&&=&a HTTP/1.1\r\nHost: x\r\n\r\n"),
		NP_STR("GET /api/v1/pods HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n"),
		NP_STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	};
	struct fixture f;

	fixture_start(&f, false, false);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		char *out = raw(&f, t[i].p, t[i].n);

		ck_assert_msg(strncmp(out, "HTTP/1.1 500", 12) != 0, "row %zu: %s", i, out);
		free(out);
		expect(&f, 200, "GET", "/healthz", NULL);
	}
	fixture_stop(&f);
}
END_TEST

START_TEST(huge_headers)
{
	struct np_buf b = { 0 };
	struct fixture f;
	char *out;

	fixture_start(&f, false, false);
	np_buf_adds(&b, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: ");
	for (int i = 0; i < 60000; i++)
		np_buf_addc(&b, 'a');
	np_buf_adds(&b, "\r\nConnection: close\r\n\r\n");
	out = raw(&f, b.data, b.len);
	ck_assert_msg(strncmp(out, "HTTP/1.1 200", 12) == 0, "%.100s", out);
	free(out);
	np_buf_clear(&b);
	np_buf_adds(&b, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: ");
	for (int i = 0; i < 500000; i++)
		np_buf_addc(&b, 'a');
	np_buf_adds(&b, "\r\n\r\n");
	out = raw(&f, b.data, b.len);
	ck_assert_msg(!*out || strncmp(out, "HTTP/1.1 4", 10) == 0, "%.100s", out);
	free(out);
	np_buf_release(&b);
	expect(&f, 200, "GET", "/healthz", NULL);
	fixture_stop(&f);
}
END_TEST

START_TEST(strange_bodies_and_paths)
{
	static const struct {
		const char *method, *path, *type, *body;
		long code;
	} t[] = {
		{ "POST", POL, "application/json", "[]", 400 },
		{ "POST", POL, "application/json", "\"x\"", 400 },
		{ "POST", POL, "application/json", "1", 400 },
		{ "POST", POL, "application/json", "", 400 },
		{ "POST", POL, "application/json", "null", 422 },
		{ "POST", POL, "application/json", "{}", 422 },
		{ "POST", POL, "application/json", "{} {}", 400 },
		{ "POST", POL, "application/json", "{'kind':1}", 400 },
		{ "POST", POL, "application/json", "{'KIND':'Pod'}", 400 },
		{ "POST", POL, "application/json", "{'apiVersion':'networking.k8s.io/v2'}", 400 },
		{ "POST", POL, "application/json", "{'apiVersion':'networking.k8s.io'}", 400 },
		{ "POST", POL, "application/json", "{'apiVersion':'networking.k8s.io/'}", 422 },
		{ "POST", POL, "application/json;charset=utf-8", "{}", 422 },
		{ "POST", POL, "Application/JSON", "{}", 422 },
		{ "POST", POL, "application/vnd.kubernetes.protobuf", "{}", 400 },
		{ "POST", POL, "application/yaml", "a: [", 400 },
		{ "POST", POL, "application/yaml", "", 422 },
		{ "POST", POL, "application/yaml", "&a [*a]", 400 },
		{ "POST", POL, "application/json",
		  "{'metadata':{'name':'x','resourceVersion':'7'}}", 500 },
		{ "POST", POL "/x", "application/json", "{}", 405 },
		{ "POST", "/api/v1/pods", "application/json", "{}", 405 },
		{ "GET", "/api/v1/pods/x", NULL, NULL, 404 },
		{ "GET", "/api/v1/namespaces/default/nodes", NULL, NULL, 404 },
		{ "GET", "/api/v1/nodes/node-1/", NULL, NULL, 200 },
		{ "GET", "/api/v1//nodes", NULL, NULL, 404 },
		{ "GET", "/api/v2/nodes", NULL, NULL, 404 },
		{ "GET", "/a/b/c/d/e/f/g/h/i/j/k", NULL, NULL, 404 },
		{ "GET", "/api/v1/nodes/node-1/nope", NULL, NULL, 404 },
		{ "GET", NS "/pods?limit=x", NULL, NULL, 400 },
		{ "GET", NS "/pods?limit=-1", NULL, NULL, 400 },
		{ "GET", NS "/pods?continue=rubbish", NULL, NULL, 400 },
		{ "GET", NS "/pods?continue=v1_x_y_z", NULL, NULL, 400 },
		{ "GET", NS "/pods?continue=v1_999999_y_z", NULL, NULL, 410 },
		{ "GET", NS "/pods?resourceVersion=x", NULL, NULL, 400 },
		{ "GET", NS "/pods?resourceVersion=99999", NULL, NULL, 504 },
		{ "GET", NS "/pods?resourceVersion=0", NULL, NULL, 200 },
		{ "GET", NS "/pods?watch=1&resourceVersion=x", NULL, NULL, 400 },
		{ "GET", NS "/pods?watch=1&labelSelector=a%20b", NULL, NULL, 400 },
		{ "GET", NS "/pods?watch=1&sendInitialEvents=true", NULL, NULL, 422 },
		{ "GET", NS "/pods?fieldSelector=spec.nope=1", NULL, NULL, 400 },
		{ "DELETE", POL "/x", "application/json", "[]", 400 },
		{ "DELETE", POL "/x", "text/plain", "x", 415 },
		{ "DELETE", POL "/x?propagationPolicy=Never", NULL, NULL, 422 },
		{ "DELETE", POL "/x?gracePeriodSeconds=soon", NULL, NULL, 400 },
		{ "PATCH", POL "/x", "application/merge-patch+json", "[]", 400 },
		{ "PATCH", POL "/x", "application/merge-patch+json", "{", 400 },
		{ "PATCH", "/api/v1/nodes/node-1", "application/merge-patch+json",
		  "{'metadata':{'name':'other'}}", 400 },
		{ "PATCH", "/api/v1/nodes/node-1", "application/merge-patch+json",
		  "{'metadata':{'labels':{'a':1}}}", 400 },
		{ "PATCH", "/api/v1/nodes/node-1", "application/merge-patch+json",
		  "{'metadata':{'labels':{'a b':'1'}}}", 422 },
		{ "PATCH", "/api/v1/nodes/node-1", "application/merge-patch+json",
		  "{'metadata':{'resourceVersion':'1'}}", 409 },
		{ "PATCH", "/api/v1/nodes/node-1", "application/merge-patch+json",
		  "{'metadata':null}", 400 },
		{ "PATCH", "/api/v1/nodes/node-1", "application/json-patch+json",
		  "[{'op':'replace','path':'','value':7}]", 400 },
		{ "PATCH", "/api/v1/nodes/node-1", "application/json-patch+json",
		  "[{'op':'remove','path':'/metadata'}]", 400 },
		{ "PATCH", "/api/v1/nodes/node-1", "application/apply-patch+yaml", "a: b", 422 },
		{ "PATCH", "/api/v1/nodes/node-1?fieldManager=m", "application/apply-patch+yaml",
		  "spec: 7", 400 },
		{ "PATCH", "/api/v1/nodes/node-1?fieldManager=m", "application/apply-patch+yaml",
		  "{'metadata':{'name':'node-1','nope':1}}", 400 },
		{ "PUT", "/api/v1/nodes/node-1", "application/json", "{}", 400 },
	};
	struct fixture f;

	fixture_start(&f, false, false);
	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		struct http_answer a;

		ask(&f, &a, t[i].method, t[i].path, t[i].type, t[i].body);
		ck_assert_msg(a.code == t[i].code, "row %zu %s %s: %ld %.400s", i, t[i].method,
			      t[i].path, a.code, np_buf_text(&a.body));
		if (a.code >= 400)
			ck_assert_msg(strcmp(np_json_str(a.json, "kind", ""), "Status") == 0 &&
					      np_json_int(a.json, "code", 0) == a.code,
				      "row %zu: %s", i, np_buf_text(&a.body));
		http_drop(&a);
	}
	fixture_stop(&f);
}
END_TEST

START_TEST(deep_bodies)
{
	static const char *const types[] = { "application/json", "application/merge-patch+json",
					     "application/strategic-merge-patch+json" };
	struct np_buf b = { 0 };
	struct fixture f;

	fixture_start(&f, false, false);
	np_buf_adds(&b, "{'metadata':{'name':'x'},'spec':{'deep':");
	for (int i = 0; i < 9000; i++)
		np_buf_adds(&b, "{'a':");
	np_buf_adds(&b, "1");
	for (int i = 0; i < 9000; i++)
		np_buf_adds(&b, "}");
	np_buf_adds(&b, "}}");
	for (size_t i = 0; i < NP_ARRAY_SIZE(types); i++) {
		struct http_answer a;

		ask(&f, &a, i ? "PATCH" : "POST", i ? "/api/v1/nodes/node-1" : POL, types[i],
		    b.data);
		/* What a policy does not know is skipped however deep; a patch must be held. */
		ck_assert_msg(a.code == (i ? 400 : 201), "%s: %ld %.300s", types[i], a.code,
			      np_buf_text(&a.body));
		http_drop(&a);
	}
	np_buf_release(&b);
	fixture_stop(&f);
}
END_TEST

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

static json_t *get(const struct fixture *f, const char *path, long *ret_code)
{
	struct http_answer a;
	json_t *v;

	ask(f, &a, "GET", path, NULL, NULL);
	*ret_code = a.code;
	v = json_incref(a.json);
	http_drop(&a);
	return v;
}

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

RUN_TESTS("api", body_limit, largest_body_is_stored, malformed_requests, huge_headers,
	  strange_bodies_and_paths, deep_bodies, pages_show_one_moment, grace_of_pods, finalizers,
	  end_of_a_namespace, pods_are_defaulted_and_fixed, refused_objects, concurrent_patches,
	  logs, tables_of_every_kind)
