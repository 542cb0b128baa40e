/* test_objects.c - pods, services, nodes, namespaces. */
#include "np/parse/manifests.h"
#include "parse_test.h"

static struct np_world w;

static const char *load(const char *text)
{
	struct np_err err = { 0 };
	int failed;

	np_world_release(&w);
	np_world_init(&w);
	failed = np_manifests_add_text(&w, np_str_from(text), "f.yaml", NP_FIELDS_STRICT, NULL, &err) ||
		 np_world_link(&w, &err);
	return outcome(failed, &err);
}

static void check_ip(const struct np_addr *a, const char *want)
{
	char text[NP_ADDR_TEXT_MAX];

	ck_assert_ptr_nonnull(a);
	ck_assert_str_eq(np_addr_text(a, text), want);
}

START_TEST(pods)
{
	const struct np_pod *p;

	ck_assert_str_eq(load("apiVersion: v1\nkind: Pod\n"
			      "metadata: {name: a, namespace: x, labels: {b: '2', a: '1'}, uid: 17, annotations: {q: r}}\n"
			      "spec:\n"
			      "  nodeName: n1\n"
			      "  containers:\n"
			      "  - name: c\n    image: whatever\n    ports:\n"
			      "    - {containerPort: 80, name: web}\n    - {containerPort: 53, protocol: UDP, hostPort: 5}\n"
			      "  - name: d\n    ports: [{containerPort: 90, protocol: SCTP, name: web}]\n"
			      "  initContainers:\n"
			      "  - name: i\n    ports: [{containerPort: 1, name: init}]\n"
			      "  - name: s\n    restartPolicy: Always\n    ports: [{containerPort: 2, name: side}]\n"
			      "status:\n  phase: Pending\n  podIP: 10.0.0.5\n  podIPs: [{ip: 10.0.0.5}, {ip: 'fd00::5'}]\n"
			      "  hostIP: 192.168.0.1\n"), "ok");
	ck_assert_uint_eq(w.n_pods, 1);
	p = &w.pods[0];
	ck_assert(np_str_is(p->ns, "x") && np_str_is(p->name, "a") && np_str_is(p->node, "n1"));
	ck_assert(np_str_is(p->labels.items[0].key, "a") && np_str_is(p->labels.items[1].value, "2"));
	ck_assert(!p->host_network && p->phase == NP_PHASE_PENDING && p->n_ips == 2);
	check_ip(np_pod_ip(p, 4), "10.0.0.5");
	check_ip(np_pod_ip(p, 6), "fd00::5");
	static const struct np_container_port want[] = {
		{ NP_STR("web"), NP_TCP, 80, NP_CTR_REGULAR, 0 }, { NP_STR(""), NP_UDP, 53, NP_CTR_REGULAR, 0 },
		{ NP_STR("web"), NP_SCTP, 90, NP_CTR_REGULAR, 1 }, { NP_STR("init"), NP_TCP, 1, NP_CTR_INIT, 2 },
		{ NP_STR("side"), NP_TCP, 2, NP_CTR_SIDECAR, 3 },
	};

	ck_assert_uint_eq(p->n_ports, NP_ARRAY_SIZE(want));
	for (size_t i = 0; i < p->n_ports; i++) {
		const struct np_container_port *q = &p->ports[i];

		ck_assert_msg(np_str_eq(q->name, want[i].name) && q->proto == want[i].proto && q->port == want[i].port &&
			      q->ctr_kind == want[i].ctr_kind && q->ctr == want[i].ctr, "port %zu", i);
	}
	ck_assert(p->place.line == 1 && strcmp(p->place.file, "f.yaml") == 0);
}
END_TEST

START_TEST(bare_pod)
{
	const struct np_pod *p;

	ck_assert_str_eq(load("{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}"), "ok");
	p = &w.pods[0];
	ck_assert(np_str_is(p->ns, "default") && np_str_is(p->name, "web-"));
	ck_assert(p->phase == NP_PHASE_RUNNING && p->n_ips == 0 && p->n_ports == 0 && p->labels.n == 0);
	ck_assert(!np_pod_is_endpoint(p));
}
END_TEST

START_TEST(pod_addresses)
{
	ck_assert_str_eq(load("{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIP: 'fd00::1'}}"), "ok");
	ck_assert_uint_eq(w.pods[0].n_ips, 1);
	check_ip(&w.pods[0].ips[0], "fd00::1");
	/* The node's addresses stand in for a host network pod's own, and only for it. */
	ck_assert_str_eq(load("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostNetwork: true}, "
			      "status: {hostIP: 10.0.0.1, hostIPs: [{ip: 10.0.0.1}, {ip: 'fd00::9'}]}}"), "ok");
	ck_assert(w.pods[0].host_network && w.pods[0].n_ips == 2);
	check_ip(np_pod_ip(&w.pods[0], 6), "fd00::9");
	ck_assert_str_eq(load("{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {hostIP: 10.0.0.1}}"), "ok");
	ck_assert_uint_eq(w.pods[0].n_ips, 0);
	ck_assert_str_eq(load("{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIPs: ["
			      "{ip: 10.0.0.1}, {ip: 10.0.0.2}, {ip: 10.0.0.3}, {ip: 10.0.0.4}, {ip: 10.0.0.5}, "
			      "{ip: 10.0.0.6}, {ip: 10.0.0.7}, {ip: 10.0.0.8}, {ip: 10.0.0.9}]}}"),
			 "1:201: status.podIPs[8].ip: more than 8 addresses");
}
END_TEST

START_TEST(services)
{
	const struct np_service *s;

	ck_assert_str_eq(load("apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: x}\nspec:\n"
			      "  clusterIP: 10.96.0.1\n  clusterIPs: [10.96.0.1, 'fd00::1']\n  selector: {app: web}\n"
			      "  type: NodePort\n  ports:\n"
			      "  - {port: 80}\n  - {name: dns, port: 53, protocol: UDP, targetPort: 5353, nodePort: 30000}\n"
			      "  - {port: 81, targetPort: http}\n  - {port: 82, targetPort: 0}\n  - {port: 83, targetPort: '84'}\n"),
			 "ok");
	s = &w.services[0];
	ck_assert(s->n_ips == 2 && s->n_ports == 5 && s->selector.n == 1);
	check_ip(&s->ips[1], "fd00::1");
	ck_assert(s->ports[0].port == 80 && s->ports[0].target_port == 80 && s->ports[0].proto == NP_TCP);
	ck_assert(s->ports[1].proto == NP_UDP && s->ports[1].target_port == 5353 && s->ports[1].node_port == 30000);
	ck_assert(np_str_is(s->ports[1].name, "dns"));
	ck_assert(np_str_is(s->ports[2].target_name, "http") && s->ports[2].target_port == 0);
	ck_assert_uint_eq(s->ports[3].target_port, 82);
	ck_assert(np_str_is(s->ports[4].target_name, "84"));
	ck_assert_str_eq(load("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {clusterIP: None, clusterIPs: [None]}}"),
			 "ok");
	ck_assert(w.services[0].n_ips == 0 && w.services[0].n_ports == 0);
	ck_assert_str_eq(load("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {clusterIP: 10.0.0.300}}"),
			 "1:72: spec.clusterIP: '10.0.0.300' is not an IP address");
}
END_TEST

START_TEST(nodes_and_namespaces)
{
	ck_assert_str_eq(load("apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {a: b}}\nstatus:\n  addresses:\n"
			      "  - {type: Hostname, address: n1}\n  - {type: ExternalIP, address: 1.2.3.4}\n"
			      "  - {type: InternalIP, address: 192.168.0.1}\n  - {type: InternalIP, address: 'fd00::1'}\n"
			      "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x, labels: {team: red}}\n"
			      "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: z}\nspec: {nodeName: n1}\n"), "ok");
	ck_assert(w.n_nodes == 1 && w.nodes[0].n_ips == 2 && w.nodes[0].labels.n == 1);
	check_ip(np_node_ip(&w.nodes[0], 4), "192.168.0.1");
	ck_assert_uint_eq(w.n_namespaces, 2);
	ck_assert_uint_eq(w.namespaces[0].labels.n, 2);
	ck_assert(w.pods[0].node_idx == 0 && w.pods[0].ns_idx == 1);
}
END_TEST


RUN_TESTS("objects", pods, bare_pod, pod_addresses, services, nodes_and_namespaces)
