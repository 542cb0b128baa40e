/* test_world.c - linking, searching, endpoints. */
#include "np/model/world.h"

#include "../suite.h"

static struct np_pod *add_pod(struct np_world *w, const char *ns, const char *name)
{
	struct np_pod *p = np_world_add_pod(w);

	p->ns = np_str_from(ns);
	p->name = np_str_from(name);
	return p;
}

START_TEST(empty)
{
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	ck_assert_int_eq(np_world_link(&w, &err), 0);
	ck_assert_uint_eq(w.n_namespaces, 0);
	ck_assert_uint_eq(np_world_find_pod(&w, NP_STR("x"), NP_STR("a")), SIZE_MAX);
	np_world_release(&w);
	np_world_release(NULL);
}
END_TEST

START_TEST(linking)
{
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	add_pod(&w, "y", "b")->node = NP_STR("n2");
	add_pod(&w, "x", "c")->node = NP_STR("gone");
	add_pod(&w, "y", "a");
	np_world_add_node(&w)->name = NP_STR("n2");
	np_world_add_node(&w)->name = NP_STR("n1");
	np_world_add_namespace(&w)->name = NP_STR("z");
	np_world_add_service(&w)->ns = NP_STR("s");
	np_world_add_policy(&w)->ns = NP_STR("p");
	np_world_add_external(&w)->name = NP_STR("ext/b");
	np_world_add_external(&w)->name = NP_STR("ext/a");
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(np_world_link(&w, &err), 0);
		ck_assert_uint_eq(w.n_namespaces, 5);
		ck_assert(np_str_is(w.namespaces[0].name, "p") && np_str_is(w.namespaces[4].name, "z"));
		ck_assert(np_str_is(w.pods[0].name, "c"));
		ck_assert_uint_eq(np_world_find_pod(&w, NP_STR("y"), NP_STR("a")), 1);
		ck_assert_uint_eq(np_world_find_pod(&w, NP_STR("y"), NP_STR("b")), 2);
		ck_assert_uint_eq(np_world_find_pod(&w, NP_STR("y"), NP_STR("")), SIZE_MAX);
		ck_assert_uint_eq(w.pods[2].node_idx, 1);
		ck_assert_uint_eq(w.pods[0].node_idx, SIZE_MAX);
		ck_assert_uint_eq(w.pods[1].node_idx, SIZE_MAX);
		for (size_t i = 0; i < w.n_pods; i++)
			ck_assert(np_str_eq(w.namespaces[w.pods[i].ns_idx].name, w.pods[i].ns));
		ck_assert_uint_eq(np_world_find_node(&w, NP_STR("n1")), 0);
		ck_assert_uint_eq(np_world_find_external(&w, NP_STR("ext/b")), 1);
		ck_assert_uint_eq(np_world_find_service(&w, NP_STR("s"), NP_STR_NONE), 0);
		ck_assert_uint_eq(np_world_find_policy(&w, NP_STR("p"), NP_STR("")), 0);
		ck_assert_uint_eq(np_world_find_namespace(&w, NP_STR("y")), 3);
	}
	np_world_release(&w);
}
END_TEST

START_TEST(name_label)
{
	static struct np_label lying[] = {
		{ NP_STR("kubernetes.io/metadata.name"), NP_STR("other") },
		{ NP_STR("a"), NP_STR("b") },
	};
	const struct np_str key = NP_STR("kubernetes.io/metadata.name");
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	np_world_add_namespace(&w)->name = NP_STR("plain");
	struct np_namespace *ns = np_world_add_namespace(&w);

	ns->name = NP_STR("true-name");
	ns->labels = (struct np_labels){ lying, 2 };
	ck_assert_int_eq(np_world_link(&w, &err), 0);
	ck_assert_int_eq(np_world_link(&w, &err), 0);
	ck_assert(np_str_is(*np_labels_get(&w.namespaces[0].labels, key), "plain"));
	ck_assert_uint_eq(w.namespaces[0].labels.n, 1);
	ck_assert(np_str_is(*np_labels_get(&w.namespaces[1].labels, key), "true-name"));
	ck_assert(np_str_is(*np_labels_get(&w.namespaces[1].labels, NP_STR("a")), "b"));
	ck_assert_uint_eq(w.namespaces[1].labels.n, 2);
	np_world_release(&w);
}
END_TEST

START_TEST(doubled_object_names_the_second)
{
	char text[NP_ERR_TEXT_MAX];
	struct np_world w;
	struct np_err err;

	np_world_init(&w);
	add_pod(&w, "y", "a")->place = (struct np_place){ "f.yaml", 1, 2 };
	add_pod(&w, "x", "a")->place = (struct np_place){ "f.yaml", 3, 4 };
	add_pod(&w, "y", "a")->place = (struct np_place){ "f.yaml", 9, 8 };
	ck_assert_int_eq(np_world_link(&w, &err), -1);
	ck_assert_int_eq(err.code, NP_EVALID);
	ck_assert_str_eq(np_err_text(&err, text, sizeof(text)),
			 "f.yaml:9:8: Pod 'y/a' is defined twice");
	/* Nothing was moved or added. */
	ck_assert(np_str_is(w.pods[0].ns, "y") && w.n_namespaces == 0);
	np_world_release(&w);
}
END_TEST

START_TEST(endpoints_and_addresses)
{
	struct np_pod p = { .phase = NP_PHASE_RUNNING, .n_ips = 2 };

	p.ips[0].width = 16;
	p.ips[1].width = 4;
	ck_assert(np_pod_is_endpoint(&p));
	ck_assert_ptr_eq(np_pod_ip(&p, 4), &p.ips[1]);
	ck_assert_ptr_eq(np_pod_ip(&p, 6), &p.ips[0]);
	p.n_ips = 1;
	ck_assert_ptr_null(np_pod_ip(&p, 4));
	for (int phase = NP_PHASE_PENDING; phase <= NP_PHASE_UNKNOWN; phase++) {
		p.phase = (enum np_phase)phase;
		ck_assert_int_eq(np_pod_is_endpoint(&p),
				 phase != NP_PHASE_SUCCEEDED && phase != NP_PHASE_FAILED);
	}
	p.phase = NP_PHASE_RUNNING;
	p.host_network = true;
	ck_assert(!np_pod_is_endpoint(&p));
	p.host_network = false;
	p.n_ips = 0;
	ck_assert(!np_pod_is_endpoint(&p));
}
END_TEST

START_TEST(growth_keeps_elements)
{
	struct np_world w;

	np_world_init(&w);
	for (size_t i = 0; i < 1000; i++) {
		struct np_pod *p = np_world_add_pod(&w);

		ck_assert_int_eq(p->phase, NP_PHASE_RUNNING);
		ck_assert_uint_eq(p->ns_idx, SIZE_MAX);
		ck_assert_uint_eq(p->n_ports, 0);
		p->n_ports = i;
	}
	for (size_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(w.pods[i].n_ports, i);
	/* A list cut back hands out zeroed elements again. */
	w.n_pods = 3;
	ck_assert_uint_eq(np_world_add_pod(&w)->n_ports, 0);
	np_world_release(&w);
}
END_TEST

RUN_TESTS("world", empty, linking, name_label, doubled_object_names_the_second, endpoints_and_addresses,
	  growth_keeps_elements)
