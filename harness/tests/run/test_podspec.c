/*
 * test_podspec.c - probe pods: restricted Pod Security in every container, the agent's arguments,
 * what the manifest said stays.
 */
#include "../../run/podspec.h"
#include "np/base/json.h"
#include "../suite.h"

#define IMAGE "registry.example/agent@sha256:1"

static const struct np_expect_port some_ports[] = {
	{ .proto = NP_TCP, .first = 80, .last = 80 },
	{ .proto = NP_UDP, .first = 53, .last = 53 },
	{ .proto = NP_TCP, .first = 8080, .last = 8080 },
	{ .proto = NP_SCTP, .first = 81, .last = 81 },
};

static const struct np_podspec some_spec = {
	.image = IMAGE,
	.identity = "x/a#1",
	.node = "n2",
	.ports = some_ports,
	.n_ports = NP_ARRAY_SIZE(some_ports),
};

/* JSON with ' for ". */
static json_t *json_of(const char *text)
{
	np_auto_free char *copy = np_xstrdup(text);
	struct np_err err = { 0 };
	json_t *v;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	v = np_json_parse(copy, strlen(copy), &err);
	ck_assert_msg(v != NULL, "%s: %s", err.msg, text);
	return v;
}

static void check_json(const json_t *got, const char *wanted)
{
	json_t *w = json_of(wanted);
	struct np_buf b = { 0 };

	if (got)
		np_json_dump(got, 1, &b);
	ck_assert_msg(json_equal(got, w), "%s, wanted %s", np_buf_text(&b), wanted);
	np_buf_release(&b);
	json_decref(w);
}

static json_t *applied(const char *pod, const struct np_podspec *spec)
{
	json_t *p = json_of(pod);

	np_podspec_apply(p, spec);
	return p;
}

static json_t *container(const json_t *pod, const char *list, size_t i)
{
	return json_array_get(np_json_at(pod, list), i);
}

/*
 * What the level "restricted" of the Pod Security Standards asks of a pod, and that it asks for no
 * more than a moment of a small node. @added: but for the agent's container, which is root with
 * these capabilities alone.
 */
static void check_but_agent(const json_t *pod, const char *added)
{
	static const char *const lists[] = { "spec/initContainers", "spec/containers" };
	const json_t *agent = container(pod, "spec/containers", 0);
	json_t *ctr;
	size_t i;

	ck_assert_int_eq(np_json_bool(pod, "spec/securityContext/runAsNonRoot", 0), 1);
	ck_assert_int_gt(np_json_int(pod, "spec/securityContext/runAsUser", 0), 0);
	ck_assert_str_eq(np_json_str(pod, "spec/securityContext/seccompProfile/type", ""),
			 "RuntimeDefault");
	ck_assert_int_eq(np_json_bool(pod, "spec/automountServiceAccountToken", 1), 0);
	for (size_t l = 0; l < NP_ARRAY_SIZE(lists); l++)
		json_array_foreach(np_json_at(pod, lists[l]), i, ctr) {
			ck_assert_int_eq(
				np_json_bool(ctr, "securityContext/allowPrivilegeEscalation", 1),
				0);
			ck_assert_int_eq(
				np_json_bool(ctr, "securityContext/readOnlyRootFilesystem", 0), 1);
			check_json(np_json_at(ctr, "securityContext/capabilities/drop"),
				   "['ALL']");
			if (ctr == agent && added) {
				check_json(np_json_at(ctr, "securityContext/capabilities/add"),
					   added);
				ck_assert_int_eq(np_json_int(ctr, "securityContext/runAsUser", -1),
						 0);
				ck_assert_int_eq(
					np_json_bool(ctr, "securityContext/runAsNonRoot", 1), 0);
			} else {
				ck_assert_ptr_null(
					np_json_at(ctr, "securityContext/capabilities/add"));
				ck_assert_ptr_null(np_json_at(ctr, "securityContext/runAsUser"));
				ck_assert_ptr_null(np_json_at(ctr, "securityContext/runAsNonRoot"));
			}
			ck_assert_ptr_null(np_json_at(ctr, "securityContext/privileged"));
			ck_assert_str_eq(np_json_str(ctr, "image", ""), IMAGE);
			check_json(json_object_get(ctr, "command"), "['/netpolcheck-agent']");
			ck_assert_ptr_nonnull(np_json_str(ctr, "resources/requests/cpu", NULL));
			ck_assert_ptr_nonnull(np_json_str(ctr, "resources/requests/memory", NULL));
			ck_assert_ptr_nonnull(np_json_str(ctr, "resources/limits/memory", NULL));
			ck_assert_ptr_nonnull(np_json_str(ctr, "name", NULL));
		}
}

static void check_restricted(const json_t *pod)
{
	check_but_agent(pod, NULL);
}

/* ---- one container ---- */

START_TEST(a_pod_of_labels_alone)
{
	json_t *pod = applied("{'metadata': {'name': 'a', 'labels': {'app': 'web'}}}", &some_spec);

	check_restricted(pod);
	ck_assert_uint_eq(json_array_size(np_json_at(pod, "spec/containers")), 1);
	check_json(json_object_get(container(pod, "spec/containers", 0), "args"),
		   "['serve', '--identity', 'x/a#1', '--tcp', '80,8080', '--udp', '53', '--sctp', "
		   "'81']");
	check_json(json_object_get(pod, "metadata"), "{'name': 'a', 'labels': {'app': 'web'}}");
	ck_assert_str_eq(np_json_str(pod, "spec/nodeName", ""), "n2");
	json_decref(pod);
}
END_TEST

START_TEST(a_pod_that_ends_late)
{
	struct np_podspec late = some_spec;
	json_t *pod;

	late.ends_late = true;
	late.n_ports = 1;
	pod = applied("{'metadata': {'name': 'a'}}", &late);
	check_restricted(pod);
	check_json(json_object_get(container(pod, "spec/containers", 0), "args"),
		   "['serve', '--identity', 'x/a#1', '--outlive', '--tcp', '80']");
	json_decref(pod);
}
END_TEST

START_TEST(an_empty_list_of_containers)
{
	json_t *pod = applied("{'spec': {'containers': []}}", &some_spec);

	check_restricted(pod);
	ck_assert_uint_eq(json_array_size(np_json_at(pod, "spec/containers")), 1);
	json_decref(pod);
}
END_TEST

/* An option without a port would be refused by the agent. */
START_TEST(protocols_without_ports_are_not_named)
{
	static const struct {
		size_t first, n;
		const char *wanted;
	} cases[] = {
		{ 0, 0, "['serve', '--identity', 'x/a#1']" },
		{ 0, 1, "['serve', '--identity', 'x/a#1', '--tcp', '80']" },
		{ 1, 1, "['serve', '--identity', 'x/a#1', '--udp', '53']" },
		{ 3, 1, "['serve', '--identity', 'x/a#1', '--sctp', '81']" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		struct np_podspec spec = some_spec;
		json_t *pod;

		spec.ports += cases[i].first;
		spec.n_ports = cases[i].n;
		pod = applied("{}", &spec);
		check_json(json_object_get(container(pod, "spec/containers", 0), "args"),
			   cases[i].wanted);
		json_decref(pod);
	}
}
END_TEST

/* Ports below 1024 without a capability; one of the sysctls that the baseline level names safe. */
START_TEST(low_ports_by_a_safe_sysctl)
{
	json_t *pod = applied("{}", &some_spec);

	check_json(np_json_at(pod, "spec/securityContext/sysctls"),
		   "[{'name': 'net.ipv4.ip_unprivileged_port_start', 'value': '0'}]");
	json_decref(pod);
}
END_TEST

/* ---- what the manifest says ---- */

START_TEST(names_ports_and_node_of_the_manifest_stay)
{
	json_t *pod =
		applied("{'spec': {'nodeName': 'n7', 'containers': [{'name': 'main', 'ports': "
			"[{'name': 'web', 'containerPort': 80}]}]}}",
			&some_spec);
	json_t *ctr = container(pod, "spec/containers", 0);

	check_restricted(pod);
	ck_assert_str_eq(np_json_str(pod, "spec/nodeName", ""), "n7");
	ck_assert_str_eq(np_json_str(ctr, "name", ""), "main");
	check_json(json_object_get(ctr, "ports"), "[{'name': 'web', 'containerPort': 80}]");
	json_decref(pod);
}
END_TEST

START_TEST(the_scheduler_chooses_when_nobody_does)
{
	struct np_podspec spec = some_spec;
	json_t *pod;

	spec.node = NULL;
	pod = applied("{}", &spec);
	ck_assert_ptr_null(np_json_at(pod, "spec/nodeName"));
	json_decref(pod);
}
END_TEST

START_TEST(an_image_of_the_manifest_is_not_run)
{
	json_t *pod = applied(
		"{'spec': {'containers': [{'image': 'nginx', 'command': ['sh'], 'args': ['-c', "
		"'x'], 'imagePullPolicy': 'Always',"
		"'securityContext': {'privileged': true, 'capabilities': {'add': ['NET_ADMIN']}},"
		"'resources': {'requests': {'cpu': '4'}}}], 'securityContext': {'runAsUser': 0},"
		"'automountServiceAccountToken': true}}",
		&some_spec);

	check_restricted(pod);
	ck_assert_str_eq(np_json_str(container(pod, "spec/containers", 0), "imagePullPolicy", ""),
			 "IfNotPresent");
	json_decref(pod);
}
END_TEST

/* ---- several containers ---- */

START_TEST(the_first_container_answers_the_others_sleep)
{
	json_t *pod = applied("{'spec': {'containers': [{'name': 'one'}, {'ports': "
			      "[{'containerPort': 81, 'name': 'b'}]}, {'name': 'c0'}]}}",
			      &some_spec);

	check_restricted(pod);
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(container(pod, "spec/containers", 0), "args"), 0)),
			 "serve");
	for (size_t i = 1; i < 3; i++)
		check_json(json_object_get(container(pod, "spec/containers", i), "args"),
			   "['sleep']");
	ck_assert_str_eq(np_json_str(container(pod, "spec/containers", 0), "name", ""), "one");
	ck_assert_str_eq(np_json_str(container(pod, "spec/containers", 1), "name", ""), "c1");
	check_json(json_object_get(container(pod, "spec/containers", 1), "ports"),
		   "[{'containerPort': 81, 'name': 'b'}]");
	json_decref(pod);
}
END_TEST

START_TEST(names_of_containers_differ)
{
	json_t *pod = applied("{'spec': {'containers': [{}, {}, {}], 'initContainers': [{}, {}]}}",
			      &some_spec);
	json_t *seen = json_object();
	size_t n = 0, i;
	json_t *ctr;

	json_array_foreach(np_json_at(pod, "spec/containers"), i, ctr)
		json_object_set(seen, np_json_str(ctr, "name", "?"), ctr), n++;
	json_array_foreach(np_json_at(pod, "spec/initContainers"), i, ctr)
		json_object_set(seen, np_json_str(ctr, "name", "?"), ctr), n++;
	ck_assert_uint_eq(n, 5);
	ck_assert_uint_eq(json_object_size(seen), 5);
	json_decref(seen);
	json_decref(pod);
}
END_TEST

/* An init container has to end; a sidecar (restartPolicy: Always) must not. */
START_TEST(init_containers_end_and_sidecars_stay)
{
	json_t *pod = applied("{'spec': {'initContainers': [{'name': 'first'}, {'name': 'side', "
			      "'restartPolicy': 'Always'}],"
			      "'containers': [{'name': 'main'}]}}",
			      &some_spec);

	check_restricted(pod);
	check_json(json_object_get(container(pod, "spec/initContainers", 0), "args"),
		   "['version']");
	check_json(json_object_get(container(pod, "spec/initContainers", 1), "args"), "['sleep']");
	ck_assert_str_eq(np_json_str(container(pod, "spec/initContainers", 1), "restartPolicy", ""),
			 "Always");
	json_decref(pod);
}
END_TEST

/* ---- the host's network ---- */

/* A case's pod there must not take ports of the node, and the node's sysctls are nobody's to set.
 */
START_TEST(a_host_network_pod_of_a_case_listens_on_nothing)
{
	json_t *pod = applied("{'spec': {'hostNetwork': true, 'containers': [{'name': 'main'}]}}",
			      &some_spec);

	check_restricted(pod);
	ck_assert_int_eq(np_json_bool(pod, "spec/hostNetwork", 0), 1);
	check_json(json_object_get(container(pod, "spec/containers", 0), "args"),
		   "['serve', '--identity', 'x/a#1']");
	ck_assert_ptr_null(np_json_at(pod, "spec/securityContext/sysctls"));
	json_decref(pod);
}
END_TEST

START_TEST(a_pod_of_the_harness)
{
	json_t *pod = np_podspec_new("np-1-host", "node-a", "control", false, &some_spec);

	check_restricted(pod);
	check_json(json_object_get(pod, "metadata"),
		   "{'name': 'node-a', 'namespace': 'np-1-host', 'labels': {'app': 'control'}}");
	ck_assert_str_eq(np_json_str(pod, "apiVersion", ""), "v1");
	ck_assert_str_eq(np_json_str(pod, "kind", ""), "Pod");
	ck_assert_ptr_null(np_json_at(pod, "spec/hostNetwork"));
	ck_assert_ptr_nonnull(np_json_at(pod, "spec/securityContext/sysctls"));
	json_decref(pod);
}
END_TEST

START_TEST(a_host_network_pod_of_the_harness_listens)
{
	json_t *pod = np_podspec_new("np-1-host", "node-a", "control", true, &some_spec);

	check_but_agent(pod, "['NET_BIND_SERVICE']");
	ck_assert(np_podspec_privileged(pod, &some_spec));
	ck_assert_int_eq(np_json_bool(pod, "spec/hostNetwork", 0), 1);
	ck_assert_ptr_null(np_json_at(pod, "spec/securityContext/sysctls"));
	check_json(json_object_get(container(pod, "spec/containers", 0), "args"),
		   "['serve', '--identity', 'x/a#1', '--share', '--tcp', '80,8080', '--udp', '53', '--sctp', "
		   "'81']");
	json_decref(pod);
}
END_TEST

/* What a capability is for decides who has it. */
START_TEST(high_ports_of_a_node_need_no_capability)
{
	struct np_podspec spec = some_spec;
	json_t *pod;

	spec.ports = &some_ports[2];
	spec.n_ports = 1;
	pod = np_podspec_new("np-1-host", "node-a", "control", true, &spec);
	check_restricted(pod);
	json_decref(pod);
}
END_TEST

START_TEST(raw_sctp_is_the_agents_alone)
{
	struct np_podspec spec = some_spec;
	json_t *pod, *host, *of_case;

	spec.raw = true;
	pod = applied("{'spec': {'containers': [{}, {}], 'initContainers': [{}]}}", &spec);
	check_but_agent(pod, "['NET_RAW']");
	ck_assert(np_podspec_privileged(pod, &spec));
	ck_assert_ptr_nonnull(np_json_at(pod, "spec/securityContext/sysctls"));
	host = np_podspec_new("np-1-host", "node-a", "control", true, &spec);
	check_but_agent(host, "['NET_RAW', 'NET_BIND_SERVICE']");
	of_case = applied("{'spec': {'hostNetwork': true, 'containers': [{}]}}", &spec);
	check_but_agent(of_case, "['NET_RAW']");
	json_decref(pod);
	json_decref(host);
	json_decref(of_case);
}
END_TEST

START_TEST(who_needs_a_privileged_namespace)
{
	json_t *plain = json_of("{'spec': {}}"), *host = json_of("{'spec': {'hostNetwork': true}}");
	struct np_podspec raw = some_spec;

	raw.raw = true;
	ck_assert(!np_podspec_privileged(plain, &some_spec));
	ck_assert(np_podspec_privileged(host, &some_spec));
	ck_assert(np_podspec_privileged(plain, &raw));
	json_decref(plain);
	json_decref(host);
}
END_TEST

/* Twice gives what once gives: an object read back from a cluster may come again. */
START_TEST(applying_twice_changes_nothing)
{
	json_t *pod =
		applied("{'spec': {'containers': [{'name': 'main'}, {}], 'initContainers': [{}]}}",
			&some_spec);
	json_t *once = json_deep_copy(pod);

	np_podspec_apply(pod, &some_spec);
	ck_assert(json_equal(pod, once));
	json_decref(once);
	json_decref(pod);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_pod_of_labels_alone,
		a_pod_that_ends_late,
		an_empty_list_of_containers,
		protocols_without_ports_are_not_named,
		low_ports_by_a_safe_sysctl,
		names_ports_and_node_of_the_manifest_stay,
		the_scheduler_chooses_when_nobody_does,
		an_image_of_the_manifest_is_not_run,
		the_first_container_answers_the_others_sleep,
		names_of_containers_differ,
		init_containers_end_and_sidecars_stay,
		a_host_network_pod_of_a_case_listens_on_nothing,
		a_pod_of_the_harness,
		a_host_network_pod_of_the_harness_listens,
		high_ports_of_a_node_need_no_capability,
		raw_sctp_is_the_agents_alone,
		who_needs_a_privileged_namespace,
		applying_twice_changes_nothing,
	};
	Suite *suite = suite_create("podspec");
	TCase *tc = tcase_create("podspec");

	for (size_t i = 0; i < NP_ARRAY_SIZE(tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
