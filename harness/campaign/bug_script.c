/* bug_script.c - run.sh of a finding: shows it with kubectl alone. */
#include <string.h>

#include "bug_world.h"
#include "np/base/json.h"
#include "np/campaign/bug.h"
#include "np/campaign/script.h"

static const char head[] =
	"#\n"
	"# Shows it with kubectl alone, in namespaces of its own that it removes afterwards. ONLY "
	"FOR A CLUSTER OF YOUR\n"
	"# OWN: it may take the network agent of every node down.\n"
	"# Exit status: 0 the bug shows, 1 it does not, 2 usage, 3 the environment failed, 130 "
	"interrupted.\n"
	"# These may be set: KUBECTL; PREFIX of the namespaces; IMAGE with the probe agent; WAIT, "
	"seconds in which it must\n"
	"# show; SELECTOR and AGENT_NAMESPACE of the agent's pods, or AGENT_PID_FILE and AGENT_LOG "
	"of a plain process.\n";

static const char settings[] = "IMAGE=${IMAGE:-netpolcheck/agent:latest}\n"
			       "WAIT=${WAIT:-30}\n";

static const char functions[] =
	"here=$(dirname \"$0\")/repro\n"
	"put() {\n"
	"\tsed -e \"s|@PREFIX@|$PREFIX|g; s|@IMAGE@|$IMAGE|g\" \"$here/$1\" | $KUBECTL apply -f - "
	">/dev/null || fail \"cannot apply $1\"\n"
	"}\n"
	"drop() {\n"
	"\t$KUBECTL delete \"$1\" \"$3\" -n \"$PREFIX-$2\" --ignore-not-found >/dev/null || fail "
	"\"cannot delete $3\"\n"
	"}\n"
	"connect() { # FROM_NS FROM TO_NS TO PROTOCOL PORT: allowed, denied or nothing\n"
	"\tip=$($KUBECTL get pod \"$4\" -n \"$PREFIX-$3\" -o jsonpath='{.status.podIP}')\n"
	"\tcase $($KUBECTL exec -n \"$PREFIX-$1\" \"$2\" -c agent -- /netpolcheck-agent connect "
	"\"$5\" \"$ip\" \"$6\" --timeout-ms 1000 2>&1) in\n"
	"\t*\": denied\"*) echo denied ;;\n"
	"\t*\": allowed\"*) echo allowed ;;\n"
	"\tesac\n"
	"}\n"
	"# until SECONDS COMMAND...: polls\n"
	"until_true() {\n"
	"\tend=$(($(date +%s) + $1))\n"
	"\tshift\n"
	"\twhile ! \"$@\"; do\n"
	"\t\t[ \"$(date +%s)\" -lt \"$end\" ] || return 1\n"
	"\t\tsleep 0.5\n"
	"\tdone\n"
	"}\n"
	"is() { [ \"$(connect \"$2\" \"$3\" \"$4\" \"$5\" \"$6\" \"$7\")\" = \"$1\" ]; }\n";

/* Where the agent is a plain process the script looks at its files, else at pods. */
static const char watching[] =
	"if [ -n \"$AGENT_PID_FILE\" ]; then\n"
	"\tlives() {\n"
	"\t\tpid=$(cat \"$AGENT_PID_FILE\" 2>/dev/null) && [ -n \"$pid\" ] && kill -0 \"$pid\" "
	"2>/dev/null && echo \"$pid\"\n"
	"\t}\n"
	"\tlogs() { cat \"$AGENT_LOG\" 2>/dev/null; }\n"
	"\tlives >/dev/null || fail 'the agent is not running: start it first'\n"
	"else\n"
	"\tlives() {\n"
	"\t\t$KUBECTL get pods -n \"$AGENT_NAMESPACE\" -l \"$SELECTOR\" \\\n"
	"\t\t\t-o jsonpath='{range "
	".items[*]}{.metadata.uid}{.status.containerStatuses[*].restartCount}{\" \"}{end}'\n"
	"\t}\n"
	"\tlogs() {\n"
	"\t\tfor p in $($KUBECTL get pods -n \"$AGENT_NAMESPACE\" -l \"$SELECTOR\" -o name); do\n"
	"\t\t\t$KUBECTL logs -n \"$AGENT_NAMESPACE\" --all-containers \"$p\" 2>/dev/null\n"
	"\t\t\t$KUBECTL logs -n \"$AGENT_NAMESPACE\" --all-containers --previous \"$p\" "
	"2>/dev/null\n"
	"\t\tdone\n"
	"\t}\n"
	"\t[ -n \"$(lives)\" ] || fail \"no pod in $AGENT_NAMESPACE has the labels $SELECTOR\"\n"
	"fi\n"
	"hits() { logs | grep -cF -- \"$NEEDLE\"; }\n"
	"before=$(lives)\n"
	"said=$(hits)\n"
	"said_more() { [ -z \"$NEEDLE\" ] || [ \"$(hits)\" -gt \"$said\" ]; }\n";

static void put_quoted(const char *s, struct np_buf *b)
{
	np_buf_shell_quoted(b, np_str_from(s));
}

static void put_default(struct np_buf *b, const char *variable, const json_t *bug, const char *path)
{
	np_buf_printf(b, "default=");
	put_quoted(np_json_str(bug, path, ""), b);
	np_buf_printf(b, "\n%s=${%s-$default}\n", variable, variable);
}

/* A label, or a pod made anew. */
static void put_change(const json_t *op, struct np_buf *b)
{
	bool of_ns = strcmp(np_json_str(op, "kind", ""), "Namespace") == 0;
	struct np_buf patch = { 0 };
	json_t *labels = json_object_get(op, "labels"), *full;

	if (!labels) {
		np_buf_adds(b, "drop Pod ");
		put_quoted(np_json_str(op, "namespace", "a"), b);
		np_buf_addc(b, ' ');
		put_quoted(np_json_str(op, "name", ""), b);
		np_buf_adds(b, "\nput 01-pods.yaml\n");
		return;
	}
	full = np_json_pack("{s:{s:O}}", "metadata", "labels", labels);
	np_json_dump(full, 0, &patch);
	json_decref(full);
	np_buf_printf(b, "$KUBECTL patch %s \"%s", of_ns ? "namespace" : "pod",
		      of_ns ? "$PREFIX-" : "");
	np_buf_printf(b, "%.20s\"", np_json_str(op, of_ns ? "namespace" : "name", ""));
	if (!of_ns)
		np_buf_printf(b, " -n \"$PREFIX-%.20s\"", np_json_str(op, "namespace", "a"));
	np_buf_adds(b, " --type merge -p ");
	put_quoted(np_buf_text(&patch), b);
	np_buf_adds(b, " >/dev/null || fail 'cannot change labels'\n");
	np_buf_release(&patch);
}

static void put_operations(const json_t *bug, struct np_buf *b)
{
	json_t *op;
	size_t i;

	json_array_foreach(json_object_get(bug, "operations"), i, op) {
		if (strcmp(np_json_str(op, "op", ""), "delete") == 0) {
			np_buf_adds(b, "sleep 2\ndrop ");
			put_quoted(np_json_str(op, "kind", "NetworkPolicy"), b);
			np_buf_addc(b, ' ');
			put_quoted(np_json_str(op, "namespace", "a"), b);
			np_buf_addc(b, ' ');
			put_quoted(np_json_str(op, "name", ""), b);
			np_buf_addc(b, '\n');
		} else if (json_object_get(op, "object")) {
			np_buf_printf(b, "put %02zu-operation.yaml\n", i + 2);
		} else {
			put_change(op, b);
		}
	}
}

static const char canary[] = "put canary.yaml\n"
			     "until_true \"$WAIT\" is denied k client k server tcp 8080 || { echo "
			     "'the bug shows: a new policy is not enforced'; exit 0; }\n"
			     "drop NetworkPolicy k canary\n"
			     "until_true \"$WAIT\" is allowed k client k server tcp 8080 || { echo "
			     "'the bug shows: a deleted policy is still enforced'; exit 0; }\n"
			     "echo 'the bug does not show'\nexit 1\n";

static const char died[] = "fell() { [ \"$(lives)\" != \"$before\" ] && said_more; }\n"
			   "if until_true \"$WAIT\" fell; then\n\techo 'the bug shows: the agent "
			   "ended'\n\tlogs | grep -F -m 1 -- \"$NEEDLE\"\n\texit 0\nfi\n"
			   "echo 'the bug does not show'\nexit 1\n";

/* The process and its children; what a pod takes is not asked for everywhere. */
static const char grew[] =
	"usual=$(takes)\n"
	"grew() { now=$(takes); [ \"$now\" -gt $((4 * usual)) ] && [ \"$now\" -gt $((usual + 262144)) ]; }\n"
	"gone_or_grown() { [ \"$(lives)\" != \"$before\" ] || grew; }\n";

static const char took[] =
	"if until_true \"$WAIT\" gone_or_grown; then\n"
	"\techo \"the bug shows: the agent took $usual KiB of memory and takes $(takes), or has ended\"\n"
	"\texit 0\nfi\necho 'the bug does not show'\nexit 1\n";

static const char takes[] =
	"takes() { # KiB\n"
	"\tif [ -z \"$AGENT_PID_FILE\" ]; then\n"
	"\t\t$KUBECTL top pod -n \"$AGENT_NAMESPACE\" -l \"$SELECTOR\" --no-headers 2>/dev/null |\n"
	"\t\t\tawk '{ sum += $3 * ($3 ~ /Gi/ ? 1048576 : $3 ~ /Mi/ ? 1024 : 1) } END { print sum + 0 }'\n"
	"\t\treturn\n\tfi\n"
	"\tfamily=$(cat \"$AGENT_PID_FILE\")\n"
	"\tfor depth in 1 2 3; do\n"
	"\t\tfor p in $family; do\n"
	"\t\t\tfamily=\"$family $(cat /proc/\"$p\"/task/\"$p\"/children 2>/dev/null)\"\n"
	"\t\tdone\n\tdone\n"
	"\tfor p in $(printf '%s\\n' $family | sort -u); do\n"
	"\t\tsed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' \"/proc/$p/status\" 2>/dev/null\n"
	"\tdone | awk '{ sum += $1 } END { print sum + 0 }'\n"
	"}\n";

static const char spoke[] = "spoke() { [ \"$(hits)\" -gt \"$said\" ]; }\n"
			    "if until_true \"$WAIT\" spoke; then\n\techo 'the bug shows: the agent "
			    "says'\n\tlogs | grep -F -m 1 -- \"$NEEDLE\"\n\texit 0\nfi\n"
			    "echo 'the bug does not show'\nexit 1\n";

/* One connection that goes the wrong way and stays so. */
static void put_cell(const json_t *cell, struct np_buf *b)
{
	const char *from = np_json_str(cell, "from", "a/p0"), *to = np_json_str(cell, "to", "a/p1");
	const char *right = np_json_str(cell, "expected", "allow");

	np_buf_printf(b,
		      "until_true \"$WAIT\" is %s %.1s %s %.1s %s %s %lld || { echo 'the bug "
		      "shows: not %s'; exit 0; }\n",
		      strcmp(right, "allow") == 0 ? "allowed" : "denied", from,
		      strchr(from, '/') ? strchr(from, '/') + 1 : "p0", to,
		      strchr(to, '/') ? strchr(to, '/') + 1 : "p0",
		      np_json_str(cell, "protocol", "tcp"), np_json_int(cell, "port", 80),
		      strcmp(right, "allow") == 0 ? "allowed" : "denied");
	np_buf_adds(b, "echo 'the bug does not show'\nexit 1\n");
}

void np_bug_script(const json_t *bug, struct np_buf *b)
{
	enum np_crash_kind kind = NP_CRASH_DIED;

	np_crash_kind_parse(np_str_from(np_json_str(bug, "seen_as/kind",
						    np_json_str(bug, "kind", ""))),
			    &kind);
	np_buf_adds(b, "#!/bin/sh\n# ");
	np_buf_printable(b, np_str_from(np_json_str(bug, "title", "")));
	np_buf_addc(b, '\n');
	np_buf_adds(b, head);
	np_buf_adds(b, np_script_settings);
	np_buf_adds(b, settings);
	put_default(b, "SELECTOR", bug, "watch/selector");
	put_default(b, "AGENT_NAMESPACE", bug, "watch/namespace");
	put_default(b, "AGENT_PID_FILE", bug, "watch/pid_file");
	put_default(b, "AGENT_LOG", bug, "watch/log");
	put_default(b, "NEEDLE", bug,
		    json_object_get(bug, "seen_as") ? "seen_as/needle" : "watch/needle");
	np_buf_adds(b, np_script_cleanup);
	np_buf_adds(b, functions);
	np_buf_printf(b, "for n in %s; do namespaces=\"$namespaces $PREFIX-$n\"; done\n",
		      NP_BUG_NAMESPACES);
	np_buf_adds(b, "put 00-namespaces.yaml\nput 01-pods.yaml\n");
	np_buf_printf(b,
		      "for n in %s; do\n\t$KUBECTL wait --for=condition=Ready pod --all -n "
		      "\"$PREFIX-$n\" --timeout=120s >/dev/null ||\n"
		      "\t\tfail 'the pods do not become ready'\ndone\n",
		      NP_BUG_NAMESPACES);
	np_buf_adds(b, watching);
	if (kind == NP_CRASH_OOM) {
		np_buf_adds(b, takes);
		np_buf_adds(b, grew);
	}
	put_operations(bug, b);
	if (json_object_get(bug, "cell"))
		put_cell(json_object_get(bug, "cell"), b);
	else if (np_json_bool(bug, "canary", 0) || np_json_bool(bug, "seen_as/canary", 0))
		np_buf_adds(b, canary);
	else if (kind == NP_CRASH_OOM)
		np_buf_adds(b, took);
	else
		np_buf_adds(b, kind == NP_CRASH_SURVIVED || kind == NP_CRASH_STUCK ||
					       kind == NP_CRASH_LEAK
				       ? spoke
				       : died);
}
