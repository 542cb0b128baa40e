/* test_manifests.c - files, folders, lists, objects read back. */
#include <unistd.h>

#include "np/base/file.h"
#include "np/parse/manifests.h"
#include "parse_test.h"

#define POD(name) "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name "\"}}"

START_TEST(folders_and_files)
{
	char *dir = scratch_dir();
	np_auto_free char *sub = np_xasprintf("%s/sub", dir);
	np_auto_free char *one = np_xasprintf("%s/one.txt", dir);
	const char *paths[] = { dir, one };
	struct np_diags diags = { 0 };
	struct np_world w;
	struct np_err err;

	ck_assert_int_eq(np_dir_make(sub, 0700, &err), 0);
	write_file(dir, "a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n# nothing\n---\n~\n");
	write_file(dir, "b.json", POD("b") POD("c"));
	write_file(sub, "d.yml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n");
	write_file(dir, "readme.md", "not: [a manifest");
	write_file(dir, "one.txt", "kind: Pod\napiVersion: v1\nmetadata: {name: e}\n");
	np_world_init(&w);
	ck_assert_msg(np_manifests_load_noted(paths, 2, NP_FIELDS_STRICT, &w, &diags, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(w.n_pods, 4);
	ck_assert_uint_eq(np_world_find_pod(&w, NP_STR("default"), NP_STR("e")), 3);
	ck_assert_uint_eq(w.n_namespaces, 1);
	ck_assert_uint_eq(diags.n, 1);
	ck_assert(diags.items[0].kind == NP_DIAG_SKIPPED && np_str_ends(np_str_from(diags.items[0].place.file), "/sub/d.yml"));
	ck_assert_str_eq(diags.items[0].msg.p, "kind Deployment of apps/v1 is not looked at");
	np_diags_release(&diags);
	/* The same once more doubles everything: the world stays as it was. */
	ck_assert_int_eq(np_manifests_load(paths, 2, &w, &err), -1);
	ck_assert_int_eq(err.code, NP_EVALID);
	ck_assert(strstr(err.msg, "is defined twice"));
	ck_assert_uint_eq(w.n_pods, 4);
	np_world_release(&w);
	scratch_remove(dir);
}
END_TEST

START_TEST(absent_and_empty)
{
	char *dir = scratch_dir();
	np_auto_free char *absent = np_xasprintf("%s/absent.yaml", dir);
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	ck_assert_int_eq(np_manifests_load((const char *[]){ absent }, 1, &w, &err), -1);
	ck_assert_int_eq(err.code, NP_EIO);
	ck_assert_str_eq(err.file, absent);
	ck_assert_int_eq(np_manifests_load((const char *[]){ dir }, 1, &w, &err), -1);
	ck_assert_int_eq(err.code, NP_ENOTFOUND);
	ck_assert_str_eq(err.file, dir);
	ck_assert_int_eq(np_manifests_load(NULL, 0, &w, &err), 0);
	np_world_release(&w);
	scratch_remove(dir);
}
END_TEST

/* In one of many files something is wrong: nothing of any is kept. */
START_TEST(all_or_nothing)
{
	static const char good[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";
	static const char bad[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n---\napiVersion: v1\nkind: Pod\n";
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	ck_assert_int_eq(np_manifests_add_text(&w, np_str_from(good), "g", NP_FIELDS_STRICT, NULL, &err), 0);
	ck_assert_int_eq(np_manifests_add_text(&w, np_str_from(bad), "b", NP_FIELDS_STRICT, NULL, &err), -1);
	ck_assert_str_eq(outcome(-1, &err), "5:1: metadata.name: a name is required");
	ck_assert_uint_eq(w.n_pods, 1);
	ck_assert_int_eq(np_manifests_add_json(&w, NP_STR("{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":["
							   "{\"metadata\":{\"name\":\"c\"}},{\"metadata\":{}}]}"), "api", &err), -1);
	ck_assert_uint_eq(w.n_pods, 1);
	ck_assert_int_eq(np_world_link(&w, &err), 0);
	np_world_release(&w);
}
END_TEST

START_TEST(lists)
{
	static const char text[] =
		"apiVersion: v1\nkind: List\nitems:\n"
		"- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}\n"
		"- {apiVersion: v1, kind: Service, metadata: {name: s}}\n"
		"- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}}\n"
		"---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicyList, items: [{metadata: {name: q}}]}\n"
		"---\n{apiVersion: v1, kind: NodeList, items: ~}\n---\n{apiVersion: v1, kind: PodList, items: []}\n";
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	ck_assert_msg(np_manifests_add_text(&w, np_str_from(text), "f", NP_FIELDS_STRICT, NULL, &err) == 0, "%s", err.msg);
	ck_assert(w.n_pods == 1 && w.n_services == 1 && w.n_policies == 2 && w.n_nodes == 0);
	ck_assert_uint_eq(w.policies[1].place.line, 8);
	np_world_release(&w);
}
END_TEST

START_TEST(other_policies_are_noted)
{
	static const char *const others[] = {
		"{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy}",
		"{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy}",
		"{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}",
		"{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy}",
		"{apiVersion: projectcalico.org/v3, kind: NetworkPolicy}",
		"{apiVersion: extensions/v1beta1, kind: NetworkPolicy}",
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(others); i++) {
		struct np_diags diags = { 0 };
		struct np_world w;
		struct np_err err;

		np_world_init(&w);
		ck_assert_int_eq(np_manifests_add_text(&w, np_str_from(others[i]), "f", NP_FIELDS_STRICT, &diags, &err), 0);
		ck_assert_msg(diags.n == 1 && diags.items[0].kind == NP_DIAG_CLUSTER_POLICY, "%s", others[i]);
		ck_assert_uint_eq(w.n_policies, 0);
		np_diags_release(&diags);
		np_world_release(&w);
	}
}
END_TEST

/* Semantics 1.3: what a server stored is not defaulted again. */
START_TEST(read_back)
{
	static const char text[] =
		"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"p\",\"namespace\":\"x\","
		"\"managedFields\":[{\"manager\":\"m\"}],\"newField\":1},\"spec\":{\"podSelector\":{},\"egress\":[{}],"
		"\"policyTypes\":[\"Ingress\"],\"newField\":{}}}";
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	ck_assert_msg(np_manifests_add_json(&w, np_str_from(text), "api", &err) == 0, "%s", err.msg);
	ck_assert(w.policies[0].types[NP_INGRESS] && !w.policies[0].types[NP_EGRESS]);
	ck_assert_uint_eq(w.policies[0].n_rules[NP_EGRESS], 1);
	ck_assert_str_eq(w.policies[0].place.file, "api");
	ck_assert_int_eq(np_manifests_add_json(&w, NP_STR("a: yaml"), "api", &err), -1);
	ck_assert_int_eq(np_manifests_add_json(&w, NP_STR(POD("a") POD("b")), "api", &err), -1);
	ck_assert_uint_eq(w.n_pods, 0);
	np_world_release(&w);
}
END_TEST

/* What starts like JSON but is none is tried as YAML, as kubectl does. */
START_TEST(nearly_json)
{
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	ck_assert_int_eq(np_manifests_add_text(&w, NP_STR(" {\"apiVersion\": \"v1\", kind: 'Pod', metadata: {name: a},} # c\n"),
					       "f.json", NP_FIELDS_STRICT, NULL, &err), 0);
	ck_assert_uint_eq(w.n_pods, 1);
	ck_assert_int_eq(np_manifests_add_text(&w, NP_STR("\xef\xbb\xbf" POD("b")), "f.json", NP_FIELDS_STRICT, NULL, &err), 0);
	ck_assert_uint_eq(w.n_pods, 2);
	/* Neither: the JSON reader's words count. */
	ck_assert_int_eq(np_manifests_add_text(&w, NP_STR("{\"a\": [1,}"), "f.json", NP_FIELDS_STRICT, NULL, &err), -1);
	ck_assert_str_eq(outcome(-1, &err), "1:10: '}' stands where a value is needed");
	np_world_release(&w);
}
END_TEST

START_TEST(unknown_fields)
{
	static const char text[] = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {ingres: []}}";
	struct np_diags diags = { 0 };
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	ck_assert_int_eq(np_manifests_add_text(&w, np_str_from(text), "f", NP_FIELDS_STRICT, NULL, &err), -1);
	ck_assert_str_eq(err.path, "spec.ingres");
	ck_assert_int_eq(np_manifests_add_text(&w, np_str_from(text), "f", NP_FIELDS_WARN, &diags, &err), 0);
	ck_assert(diags.n == 1 && diags.items[0].kind == NP_DIAG_UNKNOWN);
	ck_assert_str_eq(diags.items[0].place.file, "f");
	np_diags_release(&diags);
	np_world_release(&w);
}
END_TEST

START_TEST(too_many_objects)
{
	struct np_buf b = { 0 };
	struct np_world w;
	struct np_err err;

	np_buf_adds(&b, "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"items\":[");
	for (int i = 0; i <= NP_WORLD_MAX_OBJECTS; i++)
		np_buf_printf(&b, "%s{\"metadata\":{\"name\":\"p%d\"}}", i ? "," : "", i);
	np_buf_adds(&b, "]}");
	np_world_init(&w);
	ck_assert_int_eq(np_manifests_add_json(&w, (struct np_str){ b.data, b.len }, "api", &err), -1);
	ck_assert_int_eq(err.code, NP_ELIMIT);
	ck_assert_str_eq(err.msg, "more than 10000 objects of kind Pod");
	ck_assert_uint_eq(w.n_pods, 0);
	np_world_release(&w);
	np_buf_release(&b);
}
END_TEST

RUN_TESTS("manifests", folders_and_files, absent_and_empty, all_or_nothing, lists, other_policies_are_noted, read_back, nearly_json,
	  unknown_fields, too_many_objects)
