/* reproduce.c - a failing cell as a shell script. */
#include "reproduce.h"

#include <stdlib.h>
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"

#define METADATA_NAME "kubernetes.io/metadata.name"

/* What every script begins with; $KUBECTL and $IMAGE can be set from outside. */
static const char preamble[] =
	"# Exit status: 0 the bug shows, 1 it does not, 2 usage, 3 the environment failed. Needs kubectl and a cluster; PREFIX, IMAGE and KUBECTL may be set.\n"
	"set -u\n"
	"[ $# -eq 0 ] || { echo \"usage: $0\" >&2; exit 2; }\n"
	"PREFIX=${PREFIX:-np-repro-$$}\n"
	"KUBECTL=${KUBECTL:-kubectl}\n"
	"namespaces=\n"
	"trap 'for n in $namespaces; do $KUBECTL delete namespace \"$n\" --wait=false >/dev/null 2>&1; done' EXIT\n"
	"trap 'exit 3' INT TERM\n"
	"fail() { echo \"$*\" >&2; exit 3; }\n"
	"namespace() { namespaces=\"$namespaces $PREFIX-$1\"; }\n";

/* A text between single quotes of a shell. */
static void put_quoted(struct np_buf *b, const char *s)
{
	np_buf_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			np_buf_adds(b, "'\\''");
		else
			np_buf_addc(b, *s);
	}
	np_buf_addc(b, '\'');
}

/* A comment line: nothing in it can end the comment. */
static void put_comment(struct np_buf *b, const char *s)
{
	np_buf_adds(b, "# ");
	np_buf_printable(b, np_str_from(s));
	np_buf_addc(b, '\n');
}

/* An object through a here-document whose end no JSON line can be. */
static void put_apply(struct np_buf *b, const json_t *object)
{
	char *text = json_dumps(object, JSON_INDENT(1));

	np_buf_printf(b, "apply <<'END_OF_OBJECT'\n%s\nEND_OF_OBJECT\n", text ? text : "{}");
	free(text);
}

static bool is_namespace(const json_t *world, const char *name)
{
	np_auto_free char *key = np_xasprintf("Namespace /%s", name);

	return json_object_get(json_object_get(world, "objects"), key) != NULL;
}

static void prefix_key(const json_t *world, json_t *object, const char *key)
{
	const char *old = json_string_value(json_object_get(object, key));

	if (old && is_namespace(world, old)) {
		np_auto_free char *with = np_xasprintf("@PREFIX@-%s", old);

		json_object_set_new(object, key, json_string(with));
	}
}

static void prefix_selectors(const json_t *world, json_t *v)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_object(v)) {
		prefix_key(world, json_object_get(v, "matchLabels"), METADATA_NAME);
		if (strcmp(np_json_str(v, "key", ""), METADATA_NAME) == 0)
			json_array_foreach(json_object_get(v, "values"), i, item)
				if (json_is_string(item) && is_namespace(world, json_string_value(item))) {
					np_auto_free char *with = np_xasprintf("@PREFIX@-%s", json_string_value(item));

					json_array_set_new(json_object_get(v, "values"), i, json_string(with));
				}
		json_object_foreach(v, key, item)
			prefix_selectors(world, item);
	}
	json_array_foreach(v, i, item)
		prefix_selectors(world, item);
}

static json_t *prefixed(const json_t *world, const json_t *object)
{
	json_t *copy = json_deep_copy(object), *meta = json_object_get(copy, "metadata");

	prefix_key(world, meta, "namespace");
	if (strcmp(np_json_str(copy, "kind", ""), "Namespace") == 0)
		prefix_key(world, meta, "name");
	prefix_selectors(world, json_object_get(copy, "spec"));
	return copy;
}

/* A pod of the world, with the agent listening on the world's ports. */
static void put_pod(struct np_buf *b, const json_t *world, const json_t *original)
{
	json_t *pod = prefixed(world, original), *spec = json_object_get(pod, "spec"), *ctr, *args;
	const char *ns = np_json_str(original, "metadata/namespace", ""), *name = np_json_str(original, "metadata/name", "");
	np_auto_free char *identity = np_xasprintf("%s/%s", ns, name);
	static const char *const protocols[] = { "tcp", "udp" };
	size_t i;

	args = np_json_pack("[s, s, s]", "serve", "--identity", identity);
	for (i = 0; i < 2; i++) {
		const char *list = np_json_str(json_object_get(world, "listens"), protocols[i], "");
		np_auto_free char *option = np_xasprintf("--%s", protocols[i]);

		if (*list) {
			json_array_append_new(args, json_string(option));
			json_array_append_new(args, json_string(list));
		}
	}
	json_array_foreach(json_object_get(spec, "containers"), i, ctr) {
		json_object_set_new(ctr, "image", json_string("@IMAGE@"));
		json_object_set_new(ctr, "imagePullPolicy", json_string("IfNotPresent"));
		json_object_set_new(ctr, "command", np_json_pack("[s]", "/netpolcheck-agent"));
		json_object_set_new(ctr, "args", i ? np_json_pack("[s]", "sleep") : json_incref(args));
	}
	json_decref(args);
	put_apply(b, pod);
	json_decref(pod);
}

static void put_target(struct np_buf *b, const json_t *world, const char *of)
{
	const char *blank = strchr(of, ' '), *slash = blank ? strchr(blank, '/') : NULL;
	np_auto_free char *kind = blank ? np_xstrndup(of, (size_t)(blank - of)) : np_xstrdup("");
	np_auto_free char *ns = slash ? np_xstrndup(blank + 1, (size_t)(slash - blank - 1)) : np_xstrdup("");
	const char *name = slash ? slash + 1 : "";

	put_quoted(b, kind);
	np_buf_addc(b, ' ');
	if (!*ns) {
		if (is_namespace(world, name))
			np_buf_adds(b, "\"$PREFIX\"-");
		put_quoted(b, name);
		return;
	}
	put_quoted(b, name);
	np_buf_adds(b, " -n ");
	if (is_namespace(world, ns))
		np_buf_adds(b, "\"$PREFIX\"-");
	put_quoted(b, ns);
}

/* Label changes are merge patches too, so one command does for both. */
static void put_patch(struct np_buf *b, const json_t *world, const json_t *m)
{
	json_t *body = prefixed(world, json_object_get(m, "body"));
	char *text;

	if (strcmp(np_json_str(m, "op", ""), "label") == 0 && !json_object_get(body, "metadata"))
		body = np_json_pack("{s:{s:o}}", "metadata", "labels", body);
	text = json_dumps(body, JSON_COMPACT);
	np_buf_adds(b, "$KUBECTL patch ");
	put_target(b, world, np_json_str(m, "of", ""));
	np_buf_adds(b, " --type merge -p \"$(printf %s ");
	put_quoted(b, text ? text : "{}");
	np_buf_adds(b, " | sed -e \"s/@PREFIX@/$PREFIX/g\")\" >/dev/null || fail 'cannot patch'\n");
	free(text);
	json_decref(body);
}

/* Does this change concern a pod that the script did not make? */
static bool of_another_pod(const char *of, const char *src, const char *dst)
{
	return strncmp(of, "Pod ", 4) == 0 && strcmp(of + 4, src) != 0 && strcmp(of + 4, dst) != 0;
}

static void put_change(struct np_buf *b, const json_t *world, const json_t *m, const char *src, const char *dst)
{
	const char *op = np_json_str(m, "op", ""), *of = np_json_str(m, "of", "");
	json_t *body = json_object_get(m, "body");
	bool pod = strncmp(of, "Pod ", 4) == 0;

	if (of_another_pod(of, src, dst))
		return;
	if (strcmp(op, "label") == 0 || strcmp(op, "patch") == 0) {
		put_patch(b, world, m);
		return;
	}
	if (strcmp(op, "delete") == 0 || strcmp(op, "recreate") == 0) {
		np_buf_adds(b, "$KUBECTL delete ");
		put_target(b, world, of);
		np_buf_adds(b, " --wait=true >/dev/null || fail 'cannot delete'\n");
	}
	if (!body)
		return;
	if (pod) {
		put_pod(b, world, body);
		np_buf_adds(b, "$KUBECTL wait --for=condition=Ready --timeout=120s ");
		put_target(b, world, of);
		np_buf_adds(b, " >/dev/null || fail 'a pod does not become ready'\n");
	} else {
		json_t *object = prefixed(world, body);

		put_apply(b, object);
		json_decref(object);
	}
}

static const json_t *pod_of(const json_t *world, const char *name)
{
	np_auto_free char *key = np_xasprintf("Pod %s", name);

	return json_object_get(json_object_get(world, "objects"), key);
}

/* The first wrong cell between two pods of the world. */
static const json_t *choose_cell(const json_t *world, const json_t *step)
{
	json_t *f;
	size_t i;

	json_array_foreach(json_object_get(step, "failures"), i, f)
		if (pod_of(world, np_json_str(f, "src", "")) && pod_of(world, np_json_str(f, "dst", "")) &&
		    strcmp(np_json_str(f, "protocol", ""), "SCTP") != 0)
			return f;
	return NULL;
}

static void put_probe(struct np_buf *b, const json_t *f, const char *src, const char *dst)
{
	bool allow = strcmp(np_json_str(f, "expected", ""), "allow") == 0;
	const char *proto = np_json_str(f, "protocol", "TCP");
	const char *sslash = strchr(src, '/'), *dslash = strchr(dst, '/');

	np_buf_printf(b, "ip=$($KUBECTL get pod %s -n \"$PREFIX-%.*s\" -o jsonpath='{.status.podIP}') || fail 'no address'\n", dslash + 1,
		      (int)(dslash - dst), dst);
	np_buf_printf(b, "# Answers: 0 allowed, 1 denied. A change may take a while to show, so only a verdict that stays wrong counts.\n"
			 "probe() { $KUBECTL exec -n \"$PREFIX-%.*s\" %s -- /netpolcheck-agent connect %s \"$ip\" %lld; }\n",
		      (int)(sslash - src), src, sslash + 1, strcmp(proto, "UDP") == 0 ? "udp" : "tcp", np_json_int(f, "port", 0));
	np_buf_printf(b, "want=%d\nstatus=3\n"
			 "for try in 1 2 3 4 5 6 7 8 9 10; do\n"
			 "\tprobe >/dev/null 2>&1\n"
			 "\tstatus=$?\n"
			 "\t[ \"$status\" -ne \"$want\" ] || { echo 'as it should be: %s'; exit 1; }\n"
			 "\tsleep 1\n"
			 "done\n"
			 "case $status in\n"
			 "0) echo 'the bug shows: allowed, but it should be denied'; exit 0 ;;\n"
			 "1) echo 'the bug shows: denied, but it should be allowed'; exit 0 ;;\n"
			 "*) fail \"the probe could not be made (status $status)\" ;;\n"
			 "esac\n",
		      allow ? 0 : 1, allow ? "allowed" : "denied");
}

static void put_world(struct np_buf *b, const json_t *world, const char *src, const char *dst)
{
	const char *names[] = { src, dst }, *key;
	json_t *object;

	json_object_foreach(json_object_get((json_t *)world, "objects"), key, object) {
		json_t *with;

		if (strncmp(key, "Namespace ", 10) != 0)
			continue;
		with = prefixed(world, object);
		np_buf_printf(b, "namespace %s\n", np_json_str(object, "metadata/name", ""));
		put_apply(b, with);
		json_decref(with);
	}
	for (size_t i = 0; i < 2; i++) {
		put_pod(b, world, pod_of(world, names[i]));
		np_buf_printf(b, "$KUBECTL wait --for=condition=Ready --timeout=120s pod/%s -n \"$PREFIX-%.*s\" >/dev/null || fail 'a pod does not become ready'\n",
			      strchr(names[i], '/') + 1, (int)(strchr(names[i], '/') - names[i]), names[i]);
	}
}

void np_report_reproduce(const struct np_report *r, const char *id, struct np_buf *ret)
{
	const json_t *step = np_report_bad_step(r, id), *world = json_object_get(r->worlds, np_json_str(step, "world", ""));
	const json_t *f = choose_cell(world, step);
	const char *src = np_json_str(f, "src", ""), *dst = np_json_str(f, "dst", "");
	json_t *each, *m;
	size_t i, j;

	np_buf_adds(ret, "#!/bin/sh\n");
	put_comment(ret, id);
	put_comment(ret, np_json_str(json_object_get(r->cases, id), "title", ""));
	if (!f) {
		np_buf_adds(ret, "# No wrong cell is between two pods over TCP or UDP, so kubectl alone cannot show it.\n"
				 "echo 'an end of every wrong cell is no pod; use netpolcheck run --case' >&2\nexit 3\n");
		return;
	}
	put_comment(ret, np_json_str(f, "cell", ""));
	np_buf_adds(ret, preamble);
	np_buf_adds(ret, "IMAGE=${IMAGE:-");
	np_buf_printable(ret, np_str_from(np_json_str(r->run, "target/image", "netpolcheck/agent:latest")));
	np_buf_adds(ret, "}\napply() { sed -e \"s/@PREFIX@/$PREFIX/g; s|@IMAGE@|$IMAGE|g\" | $KUBECTL apply -f - >/dev/null || fail 'cannot apply an object'; }\n");
	put_world(ret, world, src, dst);
	json_array_foreach(json_object_get(r->steps, id), i, each) {
		json_array_foreach(json_object_get(each, "manifests"), j, m)
			put_change(ret, world, m, src, dst);
		if (each == step)
			break;
	}
	put_probe(ret, f, src, dst);
}
