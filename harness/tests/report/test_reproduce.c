/*
 * test_reproduce.c - reproducing scripts: their text change by change, and their life against a
 * kubectl that only pretends.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "../../report/reproduce.h"
#include "np/base/json.h"
#include "np/parse/read.h"
#include "report_test.h"

/* --- text --- */

#define HEAD_OF(target)                                                                               \
	"{\"type\":\"run\",\"schema\":1,\"id\":\"bcdfghjk\",\"deadline_ms\":7500,"                 \
	"\"target\":" target "}\n"                                                                \
	"{\"type\":\"preflight\",\"nodes\":[\"n1\",\"n2\"]}\n"                                     \
	"{\"type\":\"world\",\"worker\":2,\"world\":\"w\",\"listens\":{\"tcp\":\"80,81\","         \
	"\"udp\":\"\",\"sctp\":\"80\"},\"objects\":{"                                              \
	"\"Namespace /x\":{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"x\"}},"                 \
	"\"Pod x/a\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"labels\":{\"l\":\"1\"}}," \
	"\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":\"main\"},{\"name\":\"side\","    \
	"\"ports\":[{\"containerPort\":81}]}]}},"                                                  \
	"\"Pod x/b\":{\"metadata\":{\"name\":\"b\",\"namespace\":\"x\"},"                          \
	"\"spec\":{\"nodeName\":\"n2\",\"initContainers\":[{\"name\":\"i\"},{\"name\":\"s\","      \
	"\"restartPolicy\":\"Always\"}]}},"                                                        \
	"\"Pod x/h\":{\"metadata\":{\"name\":\"h\",\"namespace\":\"x\"},"                          \
	"\"spec\":{\"hostNetwork\":true}},"                                                        \
	"\"Service x/web\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\","                  \
	"\"namespace\":\"x\"}}}}\n"
#define HEAD HEAD_OF("{\"image\":\"example.org/agent:1\"}")
#define STEP(what, manifests, addresses, failure)                                                  \
	"{\"type\":\"step\",\"case\":\"c/c\",\"world\":\"w\",\"what\":\"" what                     \
	"\",\"result\":\"fail\",\"operations\":[],\"manifests\":[" manifests                       \
	"],\"addresses\":{" addresses "},\"failures\":[" failure "]}\n"
#define CASE "{\"type\":\"case\",\"case\":\"c/c\",\"worker\":2,\"result\":\"fail\"}\n"
#define CELL(src, dst, proto, port, family)                                                        \
	"{\"cell\":\"the cell\",\"src\":\"" src "\",\"dst\":\"" dst "\",\"protocol\":\"" proto     \
	"\",\"port\":" port ",\"family\":" family                                                  \
	",\"expected\":\"deny\",\"outcome\":\"allowed\"}"
#define A_TO_B CELL("x/a", "x/b", "TCP", "80", "4")
#define POLICY(spec)                                                                               \
	"{\"op\":\"apply\",\"of\":\"NetworkPolicy x/p\",\"body\":{\"kind\":\"NetworkPolicy\","     \
	"\"metadata\":{\"name\":\"p\",\"namespace\":\"x\"},\"spec\":" spec "}}"
#define BLOCK(cidr) POLICY("{\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"" cidr "\"}}]}]}")
#define IPS "\"x/a\":[\"10.0.0.1\",\"fd00::1\"],\"x/b\":[\"10.0.0.2\",\"fd00::2\"]"

static char *script_of(const char *record, const char *id)
{
	struct np_err err = { 0 };
	struct np_report *r = load_text(record, &err);
	struct np_buf b = { 0 };

	ck_assert_msg(r != NULL, "%s in %s", err.msg, record);
	np_report_reproduce(r, id, &b);
	np_report_free(r);
	return np_buf_steal(&b);
}

static const struct {
	const char *what, *record;
	const char *has[4];
	const char *has_not;
} texts[] = {
	{ "the settings come from the run",
	  HEAD STEP("expect", "", "", A_TO_B) CASE,
	  { " || IMAGE='example.org/agent:1'\n", NULL },
	  NULL },
	{ "the settings come from the run",
	  HEAD STEP("expect", "", "", A_TO_B) CASE,
	  { "\nWAIT=${WAIT:-8}\n", "$(node 'n1' '1')", "$(node 'n2' '$')",
	    "# Wrong: the cell, expected deny, seen allowed\n" },
	  NULL },
	{ "a stock image has no agent",
	  HEAD_OF("{\"image\":\"busybox\",\"inject\":true}") STEP("expect", "", "", A_TO_B) CASE,
	  { " || IMAGE='netpolcheck/agent:latest'\n", NULL },
	  "busybox" },
	{ "every port of the world is served",
	  HEAD STEP("expect", "", "", A_TO_B) CASE,
	  { "\"args\":[\"serve\",\"--identity\",\"x/a\",\"--tcp\",\"80,81\",\"--sctp\",\"80\"]",
	    NULL },
	  "--udp" },
	{ "other containers keep their ports",
	  HEAD STEP("expect", "", "", A_TO_B) CASE,
	  { "{\"name\":\"side\",\"args\":[\"sleep\"],\"@AGENT@\":true,"
	    "\"ports\":[{\"containerPort\":81}]}",
	    "{\"name\":\"i\",\"args\":[\"version\"],\"@AGENT@\":true}",
	    "{\"name\":\"s\",\"args\":[\"sleep\"],\"@AGENT@\":true,\"restartPolicy\":\"Always\"}",
	    "\"containers\":[{\"name\":\"c0\",\"args\":[\"serve\"" },
	  NULL },
	{ "pods go where they were",
	  HEAD STEP("expect", "", "", A_TO_B) CASE,
	  { "\"labels\":{\"l\":\"1\"}},\"spec\":{\"nodeName\":\"@NODE_A@\"",
	    "\"name\":\"b\",\"namespace\":\"@PREFIX@-x\"},\"spec\":{\"nodeName\":\"@NODE_B@\"",
	    "\"args\":[\"serve\",\"--identity\",\"x/h\"],\"@AGENT@\":true}],\"@HOST_POD@\":true",
	    NULL },
	  NULL },
	{ "a cell between pods",
	  HEAD STEP("expect", "", "", CELL("x/b", "x/a", "UDP", "53", "6")) CASE,
	  { "ip=$(pod_ip 6 \"$PREFIX\"-'x' 'a')", "who='x/a'\n",
	    "$KUBECTL exec -n \"$PREFIX\"-'x' 'b' -c 'c0' -- /netpolcheck-agent connect udp "
	    "\"$ip\" 53 --timeout-ms 1000\n",
	    "find\ncontrol\n" },
	  NULL },
	{ "a cell towards a Service",
	  HEAD STEP("expect", "", "", CELL("x/a", "svc:x/web", "TCP", "80", "4")) CASE,
	  { "ip=$(service_ip 4 \"$PREFIX\"-'x' 'web')", "who=''\n", NULL },
	  NULL },
	{ "a cell towards the DNS pod",
	  HEAD STEP("expect", "", "", CELL("x/a", "dns", "UDP", "53", "4")) CASE,
	  { "ip=$(dns_ip 4)", "connect dns-udp \"$ip\" 53 kubernetes.default.svc.cluster.local",
	    NULL },
	  NULL },
	{ "a cell towards the DNS Service",
	  HEAD STEP("expect", "", "", CELL("x/a", "svc:dns", "TCP", "53", "4")) CASE,
	  { "ip=$(service_ip 4 kube-system kube-dns)", "connect dns-tcp", NULL },
	  NULL },
	{ "SCTP where the nodes' kernels have none: only the agents have raw sockets",
	  HEAD "{\"type\":\"world\",\"worker\":2,\"world\":\"w\",\"raw\":true,\"listens\":{"
	       "\"sctp\":\"80\"},\"objects\":{\"Namespace /x\":{\"kind\":\"Namespace\",\"metadata\":"
	       "{\"name\":\"x\"}},\"Pod x/a\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"},"
	       "\"spec\":{\"containers\":[{\"name\":\"main\"},{\"name\":\"side\"}]}}}}\n" STEP(
		       "expect", "", "", CELL("node/b", "x/a", "SCTP", "80", "4")) CASE,
	  { "\"--sctp\",\"80\"],\"@RAW@\":true},{\"name\":\"side\",\"args\":[\"sleep\"],"
	    "\"@AGENT@\":true}",
	    "\"@RAW_BIND@\":true", "raw_bind=$root'\"add\":[\"NET_RAW\"", "connect sctp" },
	  NULL },
	{ "a node's agent serves ports below 1024",
	  HEAD STEP("expect", "", "", CELL("node/b", "x/a", "TCP", "80", "4")) CASE,
	  { "\"@BIND@\":true", "bind=$root'\"add\":[\"NET_BIND_SERVICE\"]", NULL },
	  "@RAW@\":true}" },
	{ "a cell from a node",
	  HEAD STEP("expect", "", "", CELL("node/b", "x/a", "TCP", "80", "4")) CASE,
	  { "namespaces=\"$namespaces $PREFIX-\"'host-agents'\n",
	    "\"name\":\"node-b\",\"namespace\":\"@PREFIX@-host-agents\",\"labels\":"
	    "{\"app\":\"host\"}},\"spec\":{\"nodeName\":\"@NODE_B@\"",
	    "exec -n \"$PREFIX\"-'host-agents' node-'b' -c 'agent'",
	    "ready \"$PREFIX\"-'host-agents'\n" },
	  "node-a" },
	{ "a cell towards a node",
	  HEAD STEP("expect", "", "", CELL("x/a", "node/a", "TCP", "80", "4")) CASE,
	  { "ip=$(pod_ip 4 \"$PREFIX\"-host-agents node-a)", "who='node/a'\n", NULL },
	  NULL },
	{ "a cell towards an address outside",
	  HEAD STEP("expect", "", "\"ext/a\":[\"192.0.2.9\",\"2001:db8::9\"]",
		    CELL("x/a", "ext/a", "TCP", "80", "6")) CASE,
	  { "ip=$(echo '2001:db8::9')", NULL },
	  NULL },
	{ "the best of several cells",
	  HEAD STEP("expect", "", "\"ext/a\":[\"192.0.2.9\"]",
		    CELL("ext/a", "x/a", "TCP", "80", "4") "," CELL(
			    "x/a", "ext/a", "TCP", "80",
			    "4") "," CELL("x/b", "x/a", "TCP", "81",
					  "4") "," CELL("x/a", "x/b", "TCP", "80", "4")) CASE,
	  { "who='x/a'\n", "connect tcp \"$ip\" 81", NULL },
	  NULL },
	{ "the last of equal cells where other worlds stood beside",
	  HEAD STEP("expect", "", "\"ext/a\":[\"192.0.2.9\"]",
		    CELL("x/a", "x/b", "TCP", "80", "4") "," CELL(
			    "x/b", "x/a", "TCP", "81",
			    "4") "," CELL("x/a", "ext/a", "TCP", "80",
					  "4") "],\"worlds_beside\":3,\"more\":[") CASE,
	  { "who='x/a'\n", "connect tcp \"$ip\" 81", "3 other worlds", "--workers 4" },
	  NULL },
	{ "no cell that kubectl can show",
	  HEAD STEP("expect", "", "", CELL("ext/a", "x/a", "TCP", "80", "4")) CASE,
	  { "echo 'no wrong cell begins at a pod or node", "\nexit 3\n", NULL },
	  "KUBECTL" },
	{ "no world",
	  "{\"type\":\"run\",\"schema\":1}\n" STEP("expect", "", "", A_TO_B) CASE,
	  { "echo 'the record does not hold the world of this case'", "\nexit 3\n", NULL },
	  "KUBECTL" },
	{ "a new object is created, an old one replaced",
	  HEAD STEP("expect", POLICY("{}") "," POLICY("{\"egress\":[]}"), "", A_TO_B) CASE,
	  { "put create <<'END_OF_OBJECT'\n---\nkind: NetworkPolicy\nmetadata:\n  name: p\n"
	    "  namespace: \"@PREFIX@-x\"\nspec: {}\nEND_OF_OBJECT\n"
	    "put replace <<'END_OF_OBJECT'\n",
	    NULL },
	  NULL },
	{ "labels and patches",
	  HEAD STEP("expect",
		    "{\"op\":\"label\",\"of\":\"Pod x/a\",\"body\":{\"l\":null}},"
		    "{\"op\":\"patch\",\"of\":\"Namespace /x\",\"body\":{\"metadata\":{}}}",
		    "", A_TO_B) CASE,
	  { "patch=$(printf %s '{\"metadata\":{\"labels\":{\"l\":null}}}' | fill)\n"
	    "$KUBECTL patch pods 'a' -n \"$PREFIX\"-'x' --type merge -p \"$patch\"",
	    "$KUBECTL patch namespaces \"$PREFIX\"-'x' --type merge -p \"$patch\"", NULL },
	  NULL },
	{ "a pod that is there is only relabelled",
	  HEAD STEP("expect",
		    "{\"op\":\"apply\",\"of\":\"Pod x/a\",\"body\":{\"metadata\":"
		    "{\"name\":\"a\",\"namespace\":\"x\",\"labels\":{\"n\":\"2\"}}}}",
		    "", A_TO_B) CASE,
	  { "'[{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"n\":\"2\"}}]'",
	    "$KUBECTL patch pods 'a' -n \"$PREFIX\"-'x' --type json", NULL },
	  NULL },
	{ "a Service keeps its address",
	  HEAD STEP("expect",
		    "{\"op\":\"apply\",\"of\":\"Service x/web\",\"body\":{\"kind\":"
		    "\"Service\",\"metadata\":{\"name\":\"web\"}}}",
		    "", A_TO_B) CASE,
	  { "put apply <<'END_OF_OBJECT'\n---\nkind: Service\n", NULL },
	  NULL },
	{ "a pod made anew is waited for",
	  HEAD STEP("expect",
		    "{\"op\":\"recreate\",\"of\":\"Pod x/b\",\"body\":{\"metadata\":"
		    "{\"name\":\"b\",\"namespace\":\"np-bcdfghjk-0-x\"}}}",
		    "", A_TO_B) CASE,
	  { "$KUBECTL delete pods 'b' -n \"$PREFIX\"-'x' --ignore-not-found --timeout=120s "
	    ">/dev/null || fail 'cannot delete an object'\nput create <<'END_OF_OBJECT'\n"
	    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"b\","
	    "\"namespace\":\"@PREFIX@-x\"}",
	    "END_OF_OBJECT\nready \"$PREFIX\"-'x'\n", NULL },
	  "bcdfghjk" },
	{ "a pod that goes on while it is deleted",
	  HEAD STEP("expect",
		    "{\"op\":\"apply\",\"of\":\"Pod x/n\",\"body\":{\"metadata\":"
		    "{\"name\":\"n\",\"namespace\":\"x\",\"annotations\":{"
		    "\"netpolcheck/ends-late\":\"true\"}}}},"
		    "{\"op\":\"terminate\",\"of\":\"Pod x/n\"}",
		    "", A_TO_B) CASE,
	  { "\"--outlive\"]",
	    "$KUBECTL delete pods 'n' -n \"$PREFIX\"-'x' --grace-period=60 --wait=false "
	    ">/dev/null || fail 'cannot delete an object'\n",
	    NULL },
	  NULL },
	{ "a pod of the case's own is the source",
	  HEAD STEP("expect",
		    "{\"op\":\"apply\",\"of\":\"Pod x/n\",\"body\":{\"metadata\":"
		    "{\"name\":\"n\",\"namespace\":\"x\",\"annotations\":{\"netpolcheck/node\":"
		    "\"b\"}},\"spec\":{\"containers\":[{\"name\":\"only\"}]}}}",
		    "", CELL("x/n", "x/a", "TCP", "80", "4")) CASE,
	  { "\"nodeName\":\"@NODE_B@\",\"containers\":[{\"name\":\"only\"",
	    "'n' -c 'only' -- /netpolcheck-agent", NULL },
	  "find\ncontrol\n" },
	{ "namespaces of the case, and selectors that name namespaces",
	  HEAD STEP(
		  "expect",
		  "{\"op\":\"apply\",\"of\":\"Namespace /new\",\"body\":{\"kind\":"
		  "\"Namespace\",\"metadata\":{\"name\":\"new\"}}}," POLICY(
			  "{\"podSelector\":{\"matchLabels\":{\"kubernetes.io/"
			  "metadata.name\":\"x\"}},"
			  "\"egress\":[{\"to\":[{\"namespaceSelector\":{\"matchExpressions\":[{"
			  "\"key\":"
			  "\"kubernetes.io/metadata.name\",\"values\":[\"new\",\"other\"]}]}}]}]}"),
		  "", A_TO_B) CASE,
	  { "namespaces=\"$namespaces $PREFIX-\"'new'\n", "  name: \"@PREFIX@-new\"\n",
	    "kubernetes.io/metadata.name: x\n", "- \"@PREFIX@-new\"\n          - other\n" },
	  NULL },
	{ "the address of a pod is another one",
	  HEAD STEP("expect", BLOCK("10.0.0.2/32"), IPS, A_TO_B) CASE,
	  { "POD_1=$(pod_ip 4 \"$PREFIX\"-'x' 'b') || fail 'a pod has no address'\n"
	    "put create -e \"s|@POD_1@|$POD_1|g\" <<'END_OF_OBJECT'\n",
	    "cidr: \"@POD_1@/32\"\n", NULL },
	  "10.0.0.2" },
	{ "in IPv6 too",
	  HEAD STEP("expect", BLOCK("fd00::1/128"), IPS, A_TO_B) CASE,
	  { "POD_1=$(pod_ip 6 \"$PREFIX\"-'x' 'a')", "cidr: \"@POD_1@/128\"\n", NULL },
	  NULL },
	{ "a block that holds all pods or none stays",
	  HEAD STEP("expect", BLOCK("10.0.0.0/8") "," BLOCK("192.0.2.1/32"), IPS, A_TO_B) CASE,
	  { "cidr: \"10.0.0.0/8\"\n", "cidr: \"192.0.2.1/32\"\n", NULL },
	  "@POD_" },
	{ "a block that holds some pods cannot be told again",
	  HEAD STEP("expect", BLOCK("10.0.0.2/31"), IPS, A_TO_B) CASE,
	  { "echo 'an ipBlock holds the addresses of some pods", "\nexit 3\n", NULL },
	  "KUBECTL" },
	{ "what the case did is undone before the last look",
	  HEAD STEP(
		  "restore",
		  "{\"op\":\"label\",\"of\":\"Namespace /x\",\"body\":{\"l\":\"1\"}}," POLICY("{}"),
		  "", A_TO_B) CASE,
	  { "END_OF_OBJECT\n$KUBECTL delete networkpolicies.networking.k8s.io 'p' -n "
	    "\"$PREFIX\"-'x' --ignore-not-found",
	    "put replace <<'END_OF_OBJECT'\n---\n"
	    "kind: Namespace\n",
	    NULL },
	  NULL },
};

START_TEST(what_scripts_say)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(texts); i++) {
		np_auto_free char *text = script_of(texts[i].record, "c/c");

		ck_assert(strncmp(text, "#!/bin/sh\n# c/c\n", 16) == 0);
		for (size_t k = 0; k < 4 && texts[i].has[k]; k++)
			ck_assert_msg(strstr(text, texts[i].has[k]) != NULL,
				      "%s: '%s' is not in:\n%s", texts[i].what, texts[i].has[k],
				      strstr(text, "# The world") ? strstr(text, "# The world")
								  : text);
		ck_assert_msg(!texts[i].has_not || !strstr(text, texts[i].has_not),
			      "%s: '%s' is in the script", texts[i].what, texts[i].has_not);
	}
}
END_TEST

/* Changes before an expectation that was right, and a pause where it was. */
START_TEST(steps_in_their_order)
{
	np_auto_free char *text = script_of(
		HEAD "{\"type\":\"step\",\"case\":\"c/c\",\"world\":\"w\",\"result\":\"pass\","
		     "\"manifests\":[" POLICY("{}") "]}\n" STEP(
			     "expect", "{\"op\":\"delete\",\"of\":\"NetworkPolicy x/p\"}", "",
			     A_TO_B) CASE,
		"c/c");
	const char *put = strstr(text, "put create <<'END_OF_OBJECT'\n---\nkind: NetworkPolicy"),
		   *pause = put ? strstr(put, "\nsleep \"$PAUSE\"") : NULL,
		   *gone = pause ? strstr(pause, "$KUBECTL delete networkpolicies") : NULL,
		   *look = gone ? strstr(gone, "\nfind\nwatch 1\n") : NULL;

	ck_assert_msg(look != NULL, "%s", text);
	ck_assert_uint_eq(count(text, "sleep \"$PAUSE\""), 1);
}
END_TEST

/* --- life --- */

/*
 * A kubectl that answers from files in its folder and writes down what it is told. The world of the
 * failing record is four commands: three namespaces, then all the rest.
 */
static const char fake_kubectl[] =
	"#!/bin/sh\n"
	"fake=${0%/*}\n"
	"echo \"$*\" >>\"$fake/log\"\n"
	"[ ! -e \"$fake/refuse\" ] || [ \"$1\" != \"$(cat \"$fake/refuse\")\" ] || exit 1\n"
	"case $1 in\n"
	"get)\n"
	"\tcase $2 in\n"
	"\tnode) case $* in *'-o name') [ \"$3\" = n1 ] ;; *) printf 'm1\\nm2\\n' ;; esac ;;\n"
	"\tpod) echo '10.9.8.7 fd00::7' ;;\n"
	"\tservice) echo 10.96.0.1 ;;\n"
	"\tesac\n"
	"\t;;\n"
	"create | replace | apply)\n"
	"\tn=$(cat \"$fake/n\" 2>/dev/null || echo 0)\n"
	"\techo $((n + 1)) >\"$fake/n\"\n"
	"\tcat >\"$fake/object.$n\"\n"
	"\t;;\n"
	"exec)\n"
	"\tif [ \"$(cat \"$fake/n\")\" -gt 4 ]; then cat \"$fake/after\"; else cat "
	"\"$fake/before\"; fi\n"
	"\t;;\n"
	"esac\n";

#define ALLOWED                                                                                    \
	"tcp 10.9.8.7 port 80: allowed, answered by x/a, which saw us as 10.9.8.6 port 9, 1 ms\n"
#define DENIED "tcp 10.9.8.7 port 80: denied: no answer, 1003.400 ms, 3 attempts\n"
#define FAILED "Error from server: the container is gone\n"
#define OTHER                                                                                      \
	"tcp 10.9.8.7 port 80: allowed, answered by y/z, which saw us as 10.9.8.6 port 9, 1 ms\n"

struct life {
	const char *before, *after; /* answers of the agent before and after there is a policy */
	const char *refuse;	    /* the kubectl command that fails */
	const char *arg;	    /* of the script */
	const char *prefix;
	int status;
	const char *says; /* on either output */
	bool untouched;	  /* nothing was made, so nothing is removed */
};

static const struct life lives[] = {
	{ ALLOWED, ALLOWED, NULL, NULL, NULL, 0, "the bug shows", false },
	{ ALLOWED, DENIED, NULL, NULL, NULL, 1, "the bug does not show", false },
	{ ALLOWED, OTHER, NULL, NULL, NULL, 0, "answered by y/z", false },
	{ ALLOWED, FAILED, NULL, NULL, NULL, 3, "the probe could not be made", false },
	{ ALLOWED, "", NULL, NULL, NULL, 3, "the probe could not be made", false },
	{ DENIED, DENIED, NULL, NULL, NULL, 3, "not even allowed before there is a policy", false },
	{ OTHER, DENIED, NULL, NULL, NULL, 3, "not even allowed", false },
	{ FAILED, DENIED, NULL, NULL, NULL, 3, "the container is gone", false },
	{ ALLOWED, DENIED, "create", NULL, NULL, 3, "cannot create an object", false },
	{ ALLOWED, DENIED, "wait", NULL, NULL, 3, "do not become ready", false },
	{ ALLOWED, DENIED, "get", NULL, NULL, 3, "cannot be reached", true },
	{ ALLOWED, DENIED, NULL, "--help", NULL, 2, "usage: ", true },
	{ ALLOWED, DENIED, NULL, NULL, "X$(exit)", 2, "PREFIX is made of", true },
};

static void write_fakes(const char *dir, const struct life *l)
{
	write_program(dir, "kubectl", fake_kubectl);
	write_program(dir, "sleep", "#!/bin/sh\nexit 0\n");
	write_file(dir, "before", l->before);
	write_file(dir, "after", l->after);
	if (l->refuse)
		write_file(dir, "refuse", l->refuse);
}

/* Runs @dir/script there; the outputs are appended to @ret_out. */
static int run_script(const char *dir, const struct life *l, struct np_buf *ret_out)
{
	np_auto_free char *path = np_xasprintf("PATH=%s:/usr/bin:/bin", dir),
			  *prefix = np_xasprintf("PREFIX=%s", l->prefix ? l->prefix : "pre"),
			  *script = np_xasprintf("%s/script", dir);
	const char *const argv[] = { "env",	"-i", path,   prefix, "WAIT=0",
				     "PAUSE=0", "sh", script, l->arg, NULL };
	struct np_err err = { 0 };
	int status = np_proc_run(argv, NULL, 120000, ret_out, ret_out, &err);

	ck_assert_msg(status >= 0, "%s", err.msg);
	return status;
}

static bool exists(const char *dir, const char *name)
{
	np_auto_free char *path = np_xasprintf("%s/%s", dir, name);

	return access(path, F_OK) == 0;
}

/* Whatever happened, every namespace that was to be made is removed at the end. */
static void check_log(const char *dir, const struct life *l)
{
	np_auto_free char *log = exists(dir, "log") ? read_file(dir, "log") : np_xstrdup("\n");

	bool first_failed = l->refuse && strcmp(l->refuse, "create") == 0;

	if (l->untouched)
		ck_has_not(log, "delete");
	else
		ck_assert_str_eq(last_line(log),
				 first_failed ? "delete namespace pre-x --ignore-not-found "
						"--timeout=120s"
					      : "delete namespace pre-x pre-y pre-z "
						"--ignore-not-found --timeout=120s");
}

START_TEST(lives_of_a_script)
{
	struct np_report *r = load("failing");

	for (size_t i = 0; i < NP_ARRAY_SIZE(lives); i++) {
		const struct life *l = &lives[i];
		char *dir = scratch_dir();
		struct np_buf script = { 0 }, out = { 0 };
		int status;

		np_report_reproduce(r, "peers/and-in-one-peer", &script);
		write_program(dir, "script", np_buf_text(&script));
		write_fakes(dir, l);
		status = run_script(dir, l, &out);
		ck_assert_msg(status == l->status, "life %zu: status %d: %s", i, status,
			      np_buf_text(&out));
		ck_has(np_buf_text(&out), l->says);
		check_log(dir, l);
		np_buf_release(&script);
		np_buf_release(&out);
		scratch_remove(dir);
	}
	np_report_free(r);
}
END_TEST

/* What it sends is YAML or JSON, with everything filled in. */
START_TEST(what_is_sent)
{
	struct np_report *r = load("failing");
	char *dir = scratch_dir();
	struct np_buf script = { 0 }, out = { 0 };
	size_t n = 0;

	np_report_reproduce(r, "peers/and-in-one-peer", &script);
	write_program(dir, "script", np_buf_text(&script));
	write_fakes(dir, &lives[0]);
	ck_assert_int_eq(run_script(dir, &lives[0], &out), 0);
	for (; n < 100; n++) {
		np_auto_free char *name = np_xasprintf("object.%zu", n), *text = NULL;
		const struct np_read_opts opts = { .many = true };
		struct np_docs docs = { 0 };
		struct np_err err = { 0 };
		int rc;

		if (!exists(dir, name))
			break;
		text = read_file(dir, name);
		ck_has_not(text, "@");
		rc = (*text == '{' ? np_read_json : np_read_yaml)(np_str_from(text), &opts, &docs,
								  &err);
		ck_assert_msg(rc == 0 && docs.n > 0, "%s: %s", name, err.msg);
		np_docs_release(&docs);
	}
	/* Three namespaces, the pods and Services at once, the policy. */
	ck_assert_uint_eq(n, 5);
	np_buf_release(&script);
	np_buf_release(&out);
	scratch_remove(dir);
	np_report_free(r);
}
END_TEST

/* --- hostile --- */

static bool shell_takes(const char *shell, const char *path)
{
	const char *const argv[] = { shell, "-n", path, NULL };
	struct np_buf out = { 0 };
	struct np_err err = { 0 };
	int status = np_proc_run(argv, NULL, 60000, &out, &out, &err);

	ck_assert_msg(status <= 0, "%s: %s", path, np_buf_text(&out));
	np_buf_release(&out);
	return status == 0;
}

/* Whatever the names hold, they stay data: the script parses, and creates no file of theirs. */
static void check_hostile(const char *record)
{
	struct np_report *r = load(record);
	json_t *c;
	const char *id;
	size_t n_whole = 0;

	json_object_foreach(r->cases, id, c) {
		char *dir = scratch_dir();
		np_auto_free char *path = np_xasprintf("%s/script", dir), *cwd = getcwd(NULL, 0);
		struct np_buf script = { 0 }, out = { 0 };

		np_report_reproduce(r, id, &script);
		write_program(dir, "script", np_buf_text(&script));
		write_fakes(dir, &lives[0]);
		ck_assert(shell_takes("sh", path));
		shell_takes("bash", path);
		ck_assert(chdir(dir) == 0);
		run_script(dir, &lives[0], &out);
		ck_assert(chdir(cwd) == 0);
		ck_assert_msg(!exists(dir, "canary"), "%s ran a name: %s", id,
			      np_buf_text(&script));
		n_whole += strstr(np_buf_text(&script), "find\nwatch") != NULL;
		np_buf_release(&script);
		np_buf_release(&out);
		scratch_remove(dir);
	}
	if (strcmp(record, "hostile") == 0)
		ck_assert_uint_ge(n_whole, 12);
	np_report_free(r);
}

START_TEST(hostile_names_stay_data)
{
	check_hostile("hostile");
	check_hostile("odd");
}
END_TEST

RUN_TESTS("reproduce", what_scripts_say, steps_in_their_order, lives_of_a_script, what_is_sent,
	  hostile_names_stay_data)
