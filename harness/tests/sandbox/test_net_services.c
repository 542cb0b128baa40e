/*
 * Services: what the table makes of objects, addresses, and packets through the translator; DNS
 * names of services.
 */
#include "../../sandbox/services_table.h"
#include "net_bed.h"

static const char *const probe_protos[] = { "tcp", "udp", "sctp" };

/* ---- what the agent says ---- */

static int expect(struct bed *b, const char *from, const char *proto, const char *addr,
		  const char *port, int want, const char *what, struct np_err *err)
{
	struct np_buf said = { 0 };
	int status = bed_connect(b, "x", from, proto, addr, port, want == 0, &said, err);
	bool right = status == want && strstr(np_buf_text(&said), what);

	if (status >= 0 && !right)
		np_err_set(err, NP_EINTERNAL, "%s to %s %s %s: status %d not %d, '%s' not in: %s",
			   from, proto, addr, port, status, want, what, np_buf_text(&said));
	np_buf_release(&said);
	return right ? 0 : -1;
}

/* @ports: JSON of the list. @selector as JSON. */
static int create_service(struct bed *b, const char *name, const char *selector, const char *ports,
			  struct np_err *err)
{
	return bed_create(b, NP_KIND_SERVICE, err,
			  "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"%"
			  "s\",\"namespace\":\"x\"},"
			  "\"spec\":{\"selector\":%s,\"ports\":%s}}",
			  name, selector, ports);
}

static const char *cluster_ip(struct bed *b, const char *name, unsigned family, char *ret)
{
	json_t *service = np_store_get(b->store, NP_KIND_SERVICE, "x", name);

	snprintf(ret, NP_ADDR_TEXT_MAX, "%s",
		 json_string_value(json_array_get(np_json_at(service, "spec/clusterIPs"), family)));
	json_decref(service);
	return ret;
}

static int wait_shown(struct bed *b, struct np_err *err)
{
	if (np_services_wait(b->services, np_store_revision(b->store), 10000))
		return 0;
	return np_err_set(err, NP_ETIMEOUT, "the nodes do not show the services");
}

static const char all_ports[] =
	"[{\"name\":\"t\",\"port\":8080,\"targetPort\":80},{\"name\":\"u\",\"port\":8080,"
	"\"protocol\":\"UDP\",\"targetPort\":81},"
	"{\"name\":\"s\",\"port\":8080,\"protocol\":\"SCTP\",\"targetPort\":80}]";

static int start_three(struct bed *b, struct np_err *err)
{
	static const char label[] = ",\"labels\":{\"app\":\"web\"}";

	BED_OK(bed_server(b, "x", "client", "n1", "", err));
	BED_OK(bed_server(b, "x", "s1", "n1", label, err));
	BED_OK(bed_server(b, "x", "s2", "n2", label, err));
	BED_OK(bed_wait_phase(b, "x", "client", "Running", err));
	BED_OK(bed_wait_phase(b, "x", "s1", "Running", err));
	BED_OK(bed_wait_phase(b, "x", "s2", "Running", err));
	return 0;
}

/* From a pod, from a node, from a backend itself; every protocol and family. */
static int body_translate(struct bed *b, struct np_err *err)
{
	static const char *const clients[] = { "client", "host", "s1", "s2" };
	char ip[NP_ADDR_TEXT_MAX];

	BED_OK(start_three(b, err));
	BED_OK(bed_pod(b, "x", "host", "", ",\"nodeName\":\"n1\",\"hostNetwork\":true", "\"sleep\"",
		       err));
	BED_OK(bed_wait_phase(b, "x", "host", "Running", err));
	BED_OK(create_service(b, "web", "{\"app\":\"web\"}", all_ports, err));
	BED_OK(wait_shown(b, err));
	for (size_t c = 0; c < NP_ARRAY_SIZE(clients); c++) {
		for (size_t p = 0; p < NP_ARRAY_SIZE(probe_protos); p++) {
			for (unsigned f = 0; f < 2; f++)
				BED_OK(expect(b, clients[c], probe_protos[p],
					      cluster_ip(b, "web", f, ip), "8080", 0, "x/s", err));
		}
	}
	return 0;
}

/*
 * A random backend each time; none left: refused; a port that the service does not have: silence.
 */
static int body_backends(struct bed *b, struct np_err *err)
{
	char ip[NP_ADDR_TEXT_MAX];
	bool seen[2] = { false, false };

	BED_OK(start_three(b, err));
	BED_OK(create_service(b, "web", "{\"app\":\"web\"}", all_ports, err));
	BED_OK(create_service(b, "none", "{\"app\":\"nobody\"}", all_ports, err));
	BED_OK(wait_shown(b, err));
	for (int i = 0; i < 60 && !(seen[0] && seen[1]); i++) {
		struct np_buf said = { 0 };
		int status = bed_connect(b, "x", "client", "tcp", cluster_ip(b, "web", 0, ip),
					 "8080", true, &said, err);

		seen[0] |= strstr(np_buf_text(&said), "x/s1") != NULL;
		seen[1] |= strstr(np_buf_text(&said), "x/s2") != NULL;
		np_buf_release(&said);
		BED_OK(status);
	}
	BED_CHECK(seen[0] && seen[1], "only one backend answers");
	for (unsigned f = 0; f < 2; f++) {
		for (size_t p = 0; p < NP_ARRAY_SIZE(probe_protos); p++)
			BED_OK(expect(b, "client", probe_protos[p], cluster_ip(b, "none", f, ip),
				      "8080", 1, "refused", err));
		BED_OK(expect(b, "client", "tcp", cluster_ip(b, "web", f, ip), "8081", 1,
			      "no answer", err));
	}
	BED_OK(np_store_delete(b->store, NP_KIND_POD, "x", "s1", NULL, err));
	BED_OK(wait_shown(b, err));
	for (int i = 0; i < 10; i++)
		BED_OK(expect(b, "client", "udp", cluster_ip(b, "web", 1, ip), "8080", 0, "x/s2",
			      err));
	BED_OK(np_store_delete(b->store, NP_KIND_POD, "x", "s2", NULL, err));
	BED_OK(wait_shown(b, err));
	BED_OK(expect(b, "client", "tcp", cluster_ip(b, "web", 0, ip), "8080", 1, "refused", err));
	BED_OK(bed_server(b, "x", "s3", "n2", ",\"labels\":{\"app\":\"web\"}", err));
	BED_OK(bed_wait_phase(b, "x", "s3", "Running", err));
	BED_OK(wait_shown(b, err));
	BED_OK(expect(b, "client", "tcp", ip, "8080", 0, "x/s3", err));
	BED_OK(np_store_delete(b->store, NP_KIND_SERVICE, "x", "web", NULL, err));
	BED_OK(wait_shown(b, err));
	BED_OK(expect(b, "client", "tcp", ip, "8080", 1, "no answer", err));
	return 0;
}

/* More than one transaction holds, then all gone again. */
static int body_many(struct bed *b, struct np_err *err)
{
	enum { N = 60 };
	char ip[NP_ADDR_TEXT_MAX], name[16];

	BED_OK(start_three(b, err));
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "svc%d", i);
		BED_OK(create_service(b, name, "{\"app\":\"web\"}", all_ports, err));
	}
	BED_OK(wait_shown(b, err));
	BED_OK(expect(b, "client", "tcp", cluster_ip(b, "svc0", 0, ip), "8080", 0, "x/s", err));
	BED_OK(expect(b, "client", "udp", cluster_ip(b, "svc59", 1, ip), "8080", 0, "x/s", err));
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "svc%d", i);
		BED_OK(np_store_delete(b->store, NP_KIND_SERVICE, "x", name, NULL, err));
	}
	BED_OK(wait_shown(b, err));
	BED_OK(expect(b, "client", "udp", ip, "8080", 1, "no answer", err));
	return 0;
}

/* ---- DNS over packets ---- */

static int expect_dns(struct bed *b, const char *proto, const char *addr, const char *name,
		      int want, const char *what, struct np_err *err)
{
	const char *const argv[] = { "/netpolcheck-agent", "connect", proto, addr, "53", name,
				     "--timeout-ms",	   "1500",    NULL };
	struct np_buf said = { 0 };
	int status = bed_exec(b, "x", "client", argv, &said, err);
	bool right = status == want && strstr(np_buf_text(&said), what);

	if (status >= 0 && !right)
		np_err_set(err, NP_EINTERNAL, "%s %s %s: status %d not %d, '%s' not in: %s", proto,
			   addr, name, status, want, what, np_buf_text(&said));
	np_buf_release(&said);
	return right ? 0 : -1;
}

static int dns_works(struct bed *b, struct np_err *err)
{
	static const char *const dns_protos[] = { "dns-udp", "dns-tcp" };
	char ip[NP_ADDR_TEXT_MAX];

	for (size_t p = 0; p < NP_ARRAY_SIZE(dns_protos); p++) {
		for (unsigned f = 0; f < 2; f++) {
			BED_OK(expect_dns(b, dns_protos[p], bed_ip(b, "x", "dns", f, ip),
					  "web.x.svc.cluster.local", 0, "rcode:0", err));
			BED_OK(expect_dns(b, dns_protos[p], ip, "nobody.x.svc.cluster.local", 0,
					  "rcode:3", err));
			BED_OK(expect_dns(b, dns_protos[p], cluster_ip(b, "dns", f, ip),
					  "10-1-2-3.default.pod.cluster.local", 0, "rcode:0", err));
		}
	}
	return 0;
}

static int body_dns(struct bed *b, struct np_err *err)
{
	struct np_dns_server *dns;
	int netns_fd, rc;

	BED_OK(start_three(b, err));
	BED_OK(create_service(b, "web", "{\"app\":\"web\"}", all_ports, err));
	BED_OK(bed_pod(b, "x", "dns", ",\"labels\":{\"app\":\"dns\"}", ",\"nodeName\":\"n2\"",
		       "\"sleep\"", err));
	BED_OK(bed_wait_phase(b, "x", "dns", "Running", err));
	BED_OK(create_service(
		b, "dns", "{\"app\":\"dns\"}",
		"[{\"name\":\"t\",\"port\":53},{\"name\":\"u\",\"port\":53,\"protocol\":\"UDP\"}]",
		err));
	BED_OK(wait_shown(b, err));
	netns_fd = np_pods_netns(b->pods, "x", "dns");
	BED_CHECK(netns_fd >= 0, "no namespace");
	dns = np_dns_server_new(netns_fd, b->store, err);
	close(netns_fd);
	if (!dns)
		return -1;
	rc = dns_works(b, err);
	np_dns_server_free(dns);
	return rc;
}

/* ---- the table, without packets ---- */

static const char pods_text[] =
	"[{\"metadata\":{\"namespace\":\"x\",\"name\":\"a\",\"labels\":{\"app\":\"web\",\"v\":"
	"\"1\"}},\"spec\":{\"containers\":["
	"{\"ports\":[{\"name\":\"web\",\"containerPort\":80},{\"name\":\"dns\",\"containerPort\":"
	"53,\"protocol\":\"UDP\"}]}]},"
	"\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.0.0.1\"},{\"ip\":\"fd00::1\"}]}"
	"},"
	"{\"metadata\":{\"namespace\":\"x\",\"name\":\"b\",\"labels\":{\"app\":\"web\"}},\"spec\":{"
	"\"containers\":["
	"{\"ports\":[]},{\"ports\":[{\"name\":\"web\",\"containerPort\":8080}]}]},"
	"\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.0.0.2\"}]}},"
	"{\"metadata\":{\"namespace\":\"y\",\"name\":\"c\",\"labels\":{\"app\":\"web\"}},\"spec\":{"
	"\"containers\":[]},"
	"\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.0.0.3\"}]}},"
	"{\"metadata\":{\"namespace\":\"x\",\"name\":\"d\",\"labels\":{\"app\":\"web\"}},\"spec\":{"
	"\"containers\":[]},"
	"\"status\":{\"phase\":\"Succeeded\",\"podIPs\":[{\"ip\":\"10.0.0.4\"}]}},"
	"{\"metadata\":{\"namespace\":\"x\",\"name\":\"e\",\"labels\":{\"app\":\"web\"},"
	"\"deletionTimestamp\":\"t\"},\"spec\":{\"containers\":[]},"
	"\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.0.0.5\"}]}}]";

struct table_case {
	const char *selector, *port;	/* JSON */
	const char *shown;		/* backends, as text */
};

static const struct table_case table_cases[] = {
	{ "{\"app\":\"web\"}", "{\"port\":1,\"targetPort\":9}",
	  "10.96.0.1/1 10.0.0.1:9 10.0.0.2:9" },
	{ "{\"app\":\"web\"}", "{\"port\":1}", "10.96.0.1/1 10.0.0.1:1 10.0.0.2:1" },
	{ "{\"app\":\"web\"}", "{\"port\":1,\"targetPort\":\"web\"}",
	  "10.96.0.1/1 10.0.0.1:80 10.0.0.2:8080" },
	{ "{\"app\":\"web\"}", "{\"port\":1,\"targetPort\":\"dns\",\"protocol\":\"UDP\"}",
	  "10.96.0.1/1 10.0.0.1:53" },
	{ "{\"app\":\"web\"}", "{\"port\":1,\"targetPort\":\"dns\"}", "10.96.0.1/1" },
	{ "{\"app\":\"web\",\"v\":\"1\"}", "{\"port\":1}", "10.96.0.1/1 10.0.0.1:1" },
	{ "{\"app\":\"other\"}", "{\"port\":1}", "10.96.0.1/1" },
	{ "{}", "{\"port\":1}", "10.96.0.1/1" },
	{ "null", "{\"port\":1}", "10.96.0.1/1" },
	{ "{\"app\":\"web\"}", "{\"port\":0}", "" },
	{ "{\"app\":\"web\"}", "{\"port\":1,\"protocol\":\"ICMP\"}", "" },
};

static void show_table(const struct np_svc_table *t, struct np_buf *out)
{
	char ip[NP_ADDR_TEXT_MAX];

	for (size_t i = 0; i < t->n; i++) {
		np_buf_printf(out, "%s/%u", np_addr_text(&t->ports[i].ip, ip), t->ports[i].port);
		for (size_t k = 0; k < t->ports[i].n_backends; k++)
			np_buf_printf(out, " %s:%u", np_addr_text(&t->ports[i].backends[k].ip, ip),
				      t->ports[i].backends[k].port);
	}
}

START_TEST(test_table)
{
	const struct table_case *c = &table_cases[_i];
	np_auto_free char *text = np_xasprintf("[{\"metadata\":{\"namespace\":\"x\",\"name\":\"s\"}"
					       ",\"spec\":{\"clusterIPs\":[\"10.96.0.1\"],"
					       "\"selector\":%s,\"ports\":[%s]}}]",
					       c->selector, c->port);
	json_t *services = np_json_parse(text, strlen(text), NULL);
	json_t *pods = np_json_parse(pods_text, strlen(pods_text), NULL);
	struct np_svc_table table;
	struct np_buf shown = { 0 };

	ck_assert_ptr_nonnull(services);
	ck_assert_ptr_nonnull(pods);
	np_svc_table_build(services, pods, &table);
	show_table(&table, &shown);
	ck_assert_str_eq(np_buf_text(&shown), c->shown);
	np_buf_release(&shown);
	np_svc_table_release(&table);
	json_decref(services);
	json_decref(pods);
}
END_TEST

/* Equal tables need no transaction; a changed one names only what changed. */
START_TEST(test_script)
{
	struct np_svc_backend backends[2] = { { { 4, { 10, 0, 0, 1 } }, 80 },
					      { { 4, { 10, 0, 0, 2 } }, 80 } };
	struct np_svc_port one = { { 4, { 10, 96, 0, 1 } }, NP_TCP, 80, backends, 1, 1 };
	struct np_svc_port two[2] = { one,
				      { { 4, { 10, 96, 0, 2 } }, NP_UDP, 53, backends, 2, 2 } };
	const struct np_svc_table none = { NULL, 0, 0 }, before = { &one, 1, 1 },
				  after = { two, 2, 2 };
	struct np_svc_script s = { 0 };

	np_svc_script_change(&s, &after, &after);
	np_svc_script_end(&s);
	ck_assert_uint_eq(s.n, 0);
	np_svc_script_change(&s, &before, &after);
	np_svc_script_end(&s);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_ptr_nonnull(strstr(s.documents[0].data, "udp-53-0a600002"));
	ck_assert_ptr_null(strstr(s.documents[0].data, "tcp-80-0a600001"));
	np_svc_script_release(&s);
	np_svc_script_change(&s, &after, &none);
	np_svc_script_end(&s);
	ck_assert_uint_eq(s.n, 2);	/* the chains go when nothing leads there any more */
	ck_assert_ptr_nonnull(strstr(s.documents[1].data, "\"delete\":{\"chain\""));
	np_svc_script_release(&s);
}
END_TEST

/* ---- addresses ---- */

struct alloc_case {
	const char *spec;	/* JSON */
	const char *shown;	/* clusterIPs, or the path of the error */
};

static const struct alloc_case alloc_cases[] = {
	{ "{}", "[\"10.96.0.1\",\"fd00:10:96::1\"]" },
	{ "{\"ipFamilyPolicy\":\"SingleStack\"}", "[\"10.96.0.1\"]" },
	{ "{\"ipFamilies\":[\"IPv6\"]}", "[\"fd00:10:96::1\"]" },
	{ "{\"ipFamilies\":[\"IPv6\"],\"ipFamilyPolicy\":\"PreferDualStack\"}",
	  "[\"fd00:10:96::1\",\"10.96.0.1\"]" },
	{ "{\"ipFamilies\":[\"IPv6\",\"IPv4\"]}", "[\"fd00:10:96::1\",\"10.96.0.1\"]" },
	{ "{\"ipFamilies\":[\"IPv4\",\"IPv4\"]}", "spec.ipFamilies[1]" },
	{ "{\"ipFamilies\":[\"IPv5\"]}", "spec.ipFamilies[0]" },
	{ "{\"clusterIP\":\"None\"}", "[\"None\"]" },
	{ "{\"clusterIP\":\"10.96.7.7\"}", "[\"10.96.7.7\",\"fd00:10:96::1\"]" },
	{ "{\"clusterIP\":\"10.96.7.7\",\"ipFamilyPolicy\":\"SingleStack\"}", "[\"10.96.7.7\"]" },
	{ "{\"clusterIP\":\"fd00:10:96::77\",\"ipFamilyPolicy\":\"SingleStack\"}",
	  "[\"fd00:10:96::77\"]" },
	{ "{\"clusterIPs\":[\"10.96.7.7\",\"fd00:10:96::7:7\"]}", "spec.clusterIPs[1]" },
	{ "{\"clusterIPs\":[\"10.96.7.7\",\"fd00:10:96::77\"]}",
	  "[\"10.96.7.7\",\"fd00:10:96::77\"]" },
	{ "{\"clusterIP\":\"10.97.0.1\"}", "spec.clusterIPs[0]" },
	{ "{\"clusterIP\":\"10.96.9.9\"}", "spec.clusterIPs[0]" }, /* taken */
	{ "{\"clusterIP\":\"nonsense\"}", "spec.clusterIPs[0]" },
	{ "{\"type\":\"ExternalName\"}", "null" },
};

START_TEST(test_allocate)
{
	const struct alloc_case *c = &alloc_cases[_i];
	struct np_store *store = np_store_new();
	struct np_services *s;
	np_auto_free char *text = np_xasprintf(
		"{\"metadata\":{\"namespace\":\"x\",\"name\":\"s\"},\"spec\":%s}", c->spec);
	static const char taken_text[] = "{\"metadata\":{\"namespace\":\"x\",\"name\":\"t\"},"
					 "\"spec\":{\"clusterIPs\":[\"10.96.9.9\"]}}";
	json_t *service = np_json_parse(text, strlen(text), NULL),
	       *taken = np_json_parse(taken_text, strlen(taken_text), NULL);
	struct np_buf shown = { 0 };
	struct np_err err;

	ck_assert_int_eq(np_store_create(store, NP_KIND_SERVICE, taken, NULL, &err), 0);
	s = np_services_new(store, NULL, 0, &err);
	ck_assert_ptr_nonnull(s);
	if (np_services_allocate(s, service, &err) < 0)
		np_buf_adds(&shown, err.path);
	else if (np_json_at(service, "spec/clusterIPs"))
		np_json_dump(np_json_at(service, "spec/clusterIPs"), 0, &shown);
	else
		np_buf_adds(&shown, "null");
	ck_assert_str_eq(np_buf_text(&shown), c->shown);
	np_buf_release(&shown);
	np_services_free(s);
	np_store_free(store);
	json_decref(service);
	json_decref(taken);
}
END_TEST

/* Whoever asks before the first is stored gets another address. */
START_TEST(test_allocate_twice)
{
	struct np_store *store = np_store_new();
	struct np_err err;
	struct np_services *s = np_services_new(store, NULL, 0, &err);
	json_t *a = np_json_pack("{s:{}}", "spec"),
	       *b = np_json_pack("{s:{s:[{s:i},{s:i,s:s,s:s}]}}", "spec", "ports", "port", 1,
				 "port", 2, "protocol", "UDP", "targetPort", "x");

	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(np_services_allocate(s, a, &err), 0);
	ck_assert_int_eq(np_services_allocate(s, b, &err), 0);
	ck_assert_str_ne(np_json_str(a, "spec/clusterIP", ""),
			 np_json_str(b, "spec/clusterIP", ""));
	ck_assert_str_eq(np_json_str(a, "spec/type", ""), "ClusterIP");
	ck_assert_str_eq(
		np_json_str(json_array_get(np_json_at(b, "spec/ports"), 0), "protocol", ""), "TCP");
	ck_assert_int_eq(
		np_json_int(json_array_get(np_json_at(b, "spec/ports"), 0), "targetPort", 0), 1);
	ck_assert_str_eq(
		np_json_str(json_array_get(np_json_at(b, "spec/ports"), 1), "targetPort", ""), "x");
	np_services_free(s);
	np_store_free(store);
	json_decref(a);
	json_decref(b);
}
END_TEST

/* A kernel without IPv6 is no obstacle. */
static int body_ipv4_only(struct bed *b, struct np_err *err)
{
	char ip[NP_ADDR_TEXT_MAX];
	json_t *pod;
	size_t n;

	bed_down(b);
	b->n_families = 1;
	BED_OK(bed_up(b, err));
	BED_OK(start_three(b, err));
	pod = np_store_get(b->store, NP_KIND_POD, "x", "s1");
	n = json_array_size(np_json_at(pod, "status/podIPs"));
	json_decref(pod);
	BED_CHECK(n == 1, "it has %zu addresses", n);
	BED_OK(create_service(b, "web", "{\"app\":\"web\"}", all_ports, err));
	BED_OK(wait_shown(b, err));
	BED_OK(expect(b, "client", "udp", cluster_ip(b, "web", 0, ip), "8080", 0, "x/s", err));
	BED_OK(expect(b, "s1", "tcp", ip, "8080", 0, "x/s", err));
	BED_CHECK(create_service(b, "v6", "{\"app\":\"web\"},\"ipFamilies\":[\"IPv6\"]", all_ports,
				 err) < 0,
		  "an IPv6 service");
	np_err_clear(err);
	return 0;
}

static const struct bed_case cases[] = {
	{ "translate", body_translate, NULL }, { "backends", body_backends, NULL },
	{ "many", body_many, NULL },	       { "dns", body_dns, NULL },
	{ "ipv4 only", body_ipv4_only, NULL },
};

#define ADD_TESTS \
	tcase_add_loop_test(tc, test_table, 0, (int)NP_ARRAY_SIZE(table_cases)); \
	tcase_add_test(tc, test_script); \
	tcase_add_loop_test(tc, test_allocate, 0, (int)NP_ARRAY_SIZE(alloc_cases)); \
	tcase_add_test(tc, test_allocate_twice);
BED_MAIN("sandbox services", cases, ADD_TESTS)
