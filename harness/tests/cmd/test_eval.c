/* test_eval.c - eval and table as commands: exit statuses, both formats, worlds that cannot be read. */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "../command_line.h"
#include "np/base/file.h"
#include "np/base/json.h"
#include "np/base/mem.h"

static char *dir;

static const char world[] =
	"{apiVersion: v1, kind: Namespace, metadata: {name: x}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: web}}, spec: {containers: [{name: c}]},"
	" status: {phase: Running, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x}, spec: {containers: [{name: c}]},"
	" status: {phase: Running, podIPs: [{ip: 10.0.0.2}]}}\n---\n"
	"{apiVersion: v1, kind: Pod, metadata: {name: done, namespace: x}, spec: {containers: [{name: c}]},"
	" status: {phase: Succeeded, podIPs: [{ip: 10.0.0.3}]}}\n---\n"
	"{apiVersion: v1, kind: Service, metadata: {name: s, namespace: x}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1],"
	" selector: {app: web}, ports: [{port: 8000, targetPort: 80}]}}\n---\n"
	"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {podSelector: {matchLabels:"
	" {app: web}}, ingress: [{ports: [{port: 80}]}, {from: [{ipBlock: {cidr: 10.0.0.0/24}}], ports: [{port: 81}]}]}}\n";

static void make_dir(void)
{
	dir = scratch_dir();
	write_file(dir, "world.yaml", world);
	write_file(dir, "bad.yaml", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {podSelector: {}, ingress: [{from: [{}]}]}}\n");
	write_file(dir, "bare.yaml", "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c}]}}\n---\n"
				"{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: [{name: c}]}}\n---\n"
				"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {podSelector: {}, ingress: [{from:"
				" [{ipBlock: {cidr: 10.0.0.0/8}}]}]}}\n");
}

static void remove_dir(void)
{
	scratch_remove(dir);
}

static const struct {
	const char *line;
	int status;
	const char *out;	/* exact text; NULL: not looked at */
} lines[] = {
	{ "eval --world world.yaml --from x/b --to x/a --port 80", 0, "allow\n" },
	{ "eval --world world.yaml --from x/b --to x/a --port 82", 1, "deny\n" },
	{ "eval --world world.yaml --from x/b --to x/a --port 80 --protocol UDP", 1, "deny\n" },
	{ "eval --world world.yaml --from x/b --to x/a --port 81", 3, "undef (S19)\n" },
	{ "eval --world world.yaml --from x/b --to x/a --port 81 --profile upstream", 0, "allow\n" },
	{ "eval --world world.yaml --from 10.0.0.2 --to 10.0.0.1 --port 81", 3, "undef (S19)\n" },
	{ "eval --world world.yaml --from 203.0.113.1 --to x/a --port 82", 1, "deny\n" },
	{ "eval --world world.yaml --from fd99::1 --to x/a --port 80", 0, "allow\n" },
	{ "eval --world world.yaml --from fd99::1 --to x/b --port 80", 3, "no connection\n" },
	{ "eval --world world.yaml --from x/b --to x/a --port 80 --family 6", 3, "no connection\n" },
	{ "eval --world world.yaml --from x/b --to svc:x/s --port 8000", 0, "allow\n" },
	{ "eval --world world.yaml --from x/b --to 10.96.0.1 --port 8000", 0, "allow\n" },
	{ "eval --world world.yaml --from x/b --to svc:x/s --port 80", 3, "no connection\n" },
	{ "eval --world world.yaml --from x/done --to x/a --port 80", 3, "no connection\n" },
	{ "eval --world bare.yaml --from a --to b --port 80", 1, "deny\n" },
	{ "eval --world world.yaml --from x/b --to x/nobody --port 80", 2, "" },
	{ "eval --world world.yaml --from svc:x/s --to x/a --port 80", 2, "" },
	{ "eval --world world.yaml --from x/b --to x/a", 2, "" },
	{ "eval --world world.yaml --from x/b --to x/a --port 65536", 2, "" },
	{ "eval --world world.yaml --from x/b --to x/a --port 80 --protocol ICMP", 2, "" },
	{ "eval --world world.yaml --to x/a --port 80", 2, "" },
	{ "eval --world bad.yaml --from x/b --to x/a --port 80", 2, "" },
	{ "eval --world none.yaml --from x/b --to x/a --port 80", -1, "" },
	{ "eval --from x/b --to x/a --port 80", 2, "" },
	{ "eval --world world.yaml --from x/b --to x/a --port 80 --nonsense", 2, "" },
	{ "eval --help", 0, NULL },
	{ "table --world world.yaml --ports TCP:80,TCP:81 --format json", 0,
	  "{\"sources\":[\"x/a\",\"x/b\"],\"destinations\":[\"x/a\",\"x/b\"],\"ports\":[{\"protocol\":\"TCP\",\"port\":80},{\"protocol\":\"TCP\",\"port\":81}],"
	  "\"rows\":[{\"port\":0,\"source\":0,\"verdicts\":\"AA\"},{\"port\":0,\"source\":1,\"verdicts\":\"AA\"},{\"port\":1,\"source\":0,\"verdicts\":\"AA\"},"
	  "{\"port\":1,\"source\":1,\"verdicts\":\"?A\"}]}\n" },
	{ "table --world world.yaml --ports UDP:80 --address 203.0.113.1 --services --format json", 0,
	  "{\"sources\":[\"x/a\",\"x/b\",\"203.0.113.1\"],\"destinations\":[\"x/a\",\"x/b\",\"203.0.113.1\",\"svc:x/s\"],\"ports\":[{\"protocol\":\"UDP\",\"port\":80}],"
	  "\"rows\":[{\"port\":0,\"source\":0,\"verdicts\":\"AAA.\"},{\"port\":0,\"source\":1,\"verdicts\":\".AA.\"},{\"port\":0,\"source\":2,\"verdicts\":\".AA.\"}]}\n" },
	{ "table --world world.yaml --ports TCP:81", 0,
	  "a row for each source, a column for each destination: A allow, . deny, ? undefined\n\nTCP:81\n      12\n    1 AA  x/a\n    2 ?A  x/b\n" },
	{ "table --world world.yaml", 2, "" },
	{ "table --world world.yaml --ports TCP", 2, "" },
	{ "table --world world.yaml --ports TCP:0", 2, "" },
	{ "table --world world.yaml --ports TCP:80,", 2, "" },
	{ "table --world world.yaml --ports tcp:80", 2, "" },
	{ "table --world world.yaml --ports TCP:80 --address nowhere", 2, "" },
	{ "table --world bad.yaml --ports TCP:80", 2, "" },
};

START_TEST(command_line)
{
	np_auto_free char *out = NULL;
	int status = run_line(dir, lines[_i].line, &out);

	if (lines[_i].status < 0)
		ck_assert_int_ne(status, 0);
	else
		ck_assert_msg(status == lines[_i].status, "%s: %d", lines[_i].line, status);
	if (lines[_i].out)
		ck_assert_str_eq(out, lines[_i].out);
}
END_TEST

START_TEST(eval_json)
{
	np_auto_free char *out = NULL;
	struct np_err err;
	json_t *v;

	ck_assert_int_eq(run_line(dir, "eval --world world.yaml --from x/b --to x/a --port 81 --format json --explain", &out), 3);
	v = np_json_parse(out, strlen(out), &err);
	ck_assert(v != NULL);
	ck_assert_str_eq(np_json_str(v, "verdict", ""), "undef");
	ck_assert_str_eq(np_json_str(v, "from", ""), "x/b");
	ck_assert_int_eq(np_json_int(v, "port", 0), 81);
	ck_assert_uint_eq(json_array_size(json_object_get(v, "open")), 1);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(v, "open"), 0)), "S19");
	ck_assert(json_array_size(json_object_get(v, "clauses")) > 1);
	ck_assert(strstr(np_json_str(v, "explanation", ""), "ipBlock 10.0.0.0/24") != NULL);
	json_decref(v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cmd-eval");
	TCase *tc = tcase_create("eval");

	tcase_add_unchecked_fixture(tc, make_dir, remove_dir);
	tcase_add_loop_test(tc, command_line, 0, (int)NP_ARRAY_SIZE(lines));
	tcase_add_test(tc, eval_json);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
