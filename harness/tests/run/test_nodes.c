/*
 * test_nodes.c - which nodes a run uses: only those that take pods, in the order of their names,
 * with room; fewer workers before fewer nodes; and what is said when that does not work out.
 */
#include "../../run/nodes.h"
#include "../kube/fake.h"
#include "np/base/json.h"
#include "../suite.h"

/* ---- quantities ---- */

static const struct {
	const char *text;
	double value;
} quantities[] = {
	{ "0", 0 },	   { "110", 110 }, { "100m", 0.1 },    { "1.5", 1.5 },	{ "2Gi", 0x1p31 },
	{ "16Ki", 16384 }, { "1k", 1000 }, { "5M", 5e6 },      { "1e3", 1000 }, { "1E", 1e18 },
	{ ".5", 0.5 },	   { "+2", 2 },	   { "129e6", 129e6 }, { "", -1 },	{ "-1", -1 },
	{ "inf", -1 },	   { "nan", -1 },  { "0x10", -1 },     { "1 Gi", -1 },	{ "1GiB", -1 },
	{ "Gi", -1 },	   { "1,5", -1 },  { "1mi", -1 },      { "1e999", -1 },
};

START_TEST(quantity)
{
	ck_assert_msg(np_quantity(quantities[_i].text) == quantities[_i].value, "'%s' is %g",
		      quantities[_i].text, np_quantity(quantities[_i].text));
}
END_TEST

/* ---- one node ---- */

#define READY                                                                                      \
	"'conditions': [{'type': 'MemoryPressure', 'status': 'False'}, "                           \
	"{'type': 'Ready', 'status': 'True'}]"
#define ROOM(pods) "'allocatable': {'cpu': '4', 'memory': '8Gi', 'pods': '" #pods "'}"
#define NODE(name, spec, status)                                                                   \
	"{'metadata': {'name': '" name "'}, 'spec': {" spec "}, 'status': {" status "}}"

static char *quoted(const char *text)
{
	char *s = np_xstrdup(text);

	for (char *p = s; *p; p++)
		if (*p == '\'')
			*p = '"';
	return s;
}

static json_t *json_of(const char *text)
{
	np_auto_free char *s = quoted(text);
	struct np_err err = { 0 };
	json_t *v = np_json_parse(s, strlen(s), &err);

	ck_assert_msg(v != NULL, "%s: %s", err.msg, s);
	return v;
}

static const struct {
	const char *node, *why;
} usable[] = {
	{ NODE("n", "", READY), NULL },
	{ NODE("n",
	       "'unschedulable': false, 'taints': [{'key': 'k', 'effect': "
	       "'PreferNoSchedule'}]",
	       READY ", 'nodeInfo': {'operatingSystem': 'linux'}"),
	  NULL },
	{ NODE("n", "", ""), "is not Ready" },
	{ NODE("n", "", "'conditions': [{'type': 'Ready', 'status': 'Unknown'}]"), "is not Ready" },
	{ NODE("n", "'unschedulable': true", READY), "is cordoned" },
	{ NODE("n",
	       "'taints': [{'key': 'node-role.kubernetes.io/control-plane', 'effect': "
	       "'NoSchedule'}]",
	       READY),
	  "has a taint that keeps pods away" },
	{ NODE("n", "'taints': [{'key': 'k', 'effect': 'NoExecute'}]", READY),
	  "has a taint that keeps pods away" },
	{ NODE("n", "", READY ", 'nodeInfo': {'operatingSystem': 'windows'}"),
	  "does not run Linux" },
};

START_TEST(who_takes_pods)
{
	json_t *node = json_of(usable[_i].node);
	const char *why = np_node_unusable(node);

	ck_assert_msg(why == usable[_i].why ||
			      (why && usable[_i].why && strcmp(why, usable[_i].why) == 0),
		      "%s: %s", usable[_i].node, why ? why : "usable");
	json_decref(node);
}
END_TEST

#define POD(phase, cpu, memory)                                                                    \
	"{'status': {'phase': '" phase "'}, 'spec': {'containers': [{'resources': {'requests': "   \
	"{'cpu': '" cpu "', 'memory': '" memory "'}}}]}}"

static const struct {
	const char *allocatable, *pods;
	size_t room;
} rooms[] = {
	{ "'pods': '10'", "[]", 10 },
	{ "'pods': '10'", "[" POD("Running", "1", "1Gi") "," POD("Pending", "1", "1Gi") "]", 8 },
	{ "'pods': '10'", "[" POD("Succeeded", "1", "1") "," POD("Failed", "1", "1") "]", 10 },
	{ "'pods': '1'", "[" POD("Running", "1", "1Gi") "," POD("Running", "1", "1Gi") "]", 0 },
	{ "'pods': '110', 'cpu': '100m'", "[]", 20 },
	{ "'pods': '110', 'cpu': '1'", "[" POD("Running", "900m", "1") "]", 20 },
	{ "'pods': '110', 'memory': '80Mi'", "[]", 10 },
	{ "'pods': '110', 'memory': '1Gi'", "[" POD("Running", "1m", "944Mi") "]", 10 },
	{ "'pods': '110', 'memory': '1Gi'", "[" POD("Running", "1m", "2Gi") "]", 0 },
	{ "'cpu': 'many'", "[]", SIZE_MAX },
};

START_TEST(room_of_a_node)
{
	np_auto_free char *text =
		np_xasprintf("{'status': {'allocatable': {%s}}}", rooms[_i].allocatable);
	json_t *node = json_of(text), *pods = json_of(rooms[_i].pods);

	ck_assert_uint_eq(np_node_room(node, pods), rooms[_i].room);
	json_decref(node);
	json_decref(pods);
}
END_TEST

/* ---- the choice ---- */

/* Nodes, then the pods of those that are looked at, in this order; 12 + 8 a worker are asked for.
 */
static const struct choice {
	const char *what, *nodes;
	unsigned workers;
	const char *chosen; /* names, workers, why no second; or the error */
} choices[] = {
	{ "two of three, by name",
	  NODE("a", "", READY "," ROOM(110)) "," NODE("b", "", READY "," ROOM(110)) "," NODE(
		  "c", "", READY "," ROOM(110)),
	  4, "a b 4 ''" },
	{ "those that take pods",
	  NODE("a", "'unschedulable': true", READY "," ROOM(110)) "," NODE(
		  "b", "", ROOM(110)) "," NODE("c", "",
					       READY "," ROOM(110)) "," NODE("d", "",
									     READY "," ROOM(110)),
	  4, "c d 4 ''" },
	/* (12 + 4 * 8) / 2 + 4 = 26 on each of two. */
	{ "those with room",
	  NODE("a", "", READY "," ROOM(25)) "," NODE("b", "", READY "," ROOM(26)) "," NODE(
		  "c", "", READY "," ROOM(26)),
	  4, "b c 4 ''" },
	{ "fewer workers before fewer nodes",
	  NODE("a", "", READY "," ROOM(21)) "," NODE("b", "", READY "," ROOM(110)), 4, "a b 3 ''" },
	{ "one node has both halves", NODE("a", "", READY "," ROOM(44)), 4,
	  "a 4 'the cluster has one node'" },
	{ "one node, fewer workers", NODE("a", "", READY "," ROOM(30)), 4,
	  "a 2 'the cluster has one node'" },
	{ "the second is full",
	  NODE("a", "", READY "," ROOM(110)) "," NODE("b", "", READY "," ROOM(3)), 4,
	  "a 4 'node 'b' has room for 3 more pods only'" },
	{ "the second is tainted",
	  NODE("a", "'taints': [{'key': 'k', 'effect': 'NoSchedule'}]",
	       READY "," ROOM(110)) "," NODE("b", "", READY "," ROOM(110)),
	  1, "b 1 'node 'a' has a taint that keeps pods away'" },
	{ "no room", NODE("a", "", READY "," ROOM(5)) "," NODE("b", "", READY "," ROOM(7)), 1,
	  "no node has room for 20 probe pods with 5 m of cpu and 8 MiB each; the roomiest, 'b', "
	  "has it for 7" },
	{ "nobody is Ready", NODE("a", "", ROOM(110)), 1,
	  "the cluster has no node that is Ready and takes pods: node 'a' is not Ready" },
	{ "no nodes", "", 1, "the cluster has no nodes" },
};

static void describe(struct np_buf *b, const struct np_nodes *n)
{
	for (size_t i = 0; i < n->n; i++)
		np_buf_printf(b, "%s ", n->names[i]);
	np_buf_printf(b, "%u '%s'", n->workers, n->left_out);
}

START_TEST(choice)
{
	const struct choice *c = &choices[_i];
	np_auto_free char *text = np_xasprintf("{'metadata': {}, 'items': [%s]}", c->nodes),
			  *list = quoted(text);
	const struct fake_step steps[] = {
		{ .code = 200, .body = list },
		{ .code = 200, .body = "{\"metadata\":{},\"items\":[]}" },
	};
	const struct np_nodes_ask ask = { .fixed = 12, .per_worker = 8, .workers = c->workers };
	struct np_nodes nodes = { 0 };
	struct np_err err = { 0 };
	struct np_buf got = { 0 };
	struct np_kube *k;
	struct fake f;

	fake_start(&f, steps, NP_ARRAY_SIZE(steps), NULL);
	k = fake_client(&f);
	np_buf_adds(&got, "");
	if (np_nodes_choose(k, &ask, &nodes, &err) == 0)
		describe(&got, &nodes);
	else
		np_buf_adds(&got, err.msg);
	ck_assert_msg(strcmp(np_buf_text(&got), c->chosen) == 0, "%s: %s, wanted %s", c->what,
		      np_buf_text(&got), c->chosen);
	np_nodes_release(&nodes);
	np_buf_release(&got);
	np_kube_free(k);
	fake_stop(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nodes");
	TCase *t = tcase_create("nodes");

	tcase_add_loop_test(t, quantity, 0, NP_ARRAY_SIZE(quantities));
	tcase_add_loop_test(t, who_takes_pods, 0, NP_ARRAY_SIZE(usable));
	tcase_add_loop_test(t, room_of_a_node, 0, NP_ARRAY_SIZE(rooms));
	tcase_add_loop_test(t, choice, 0, NP_ARRAY_SIZE(choices));
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
