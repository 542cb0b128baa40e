/*
 * repro_pods.c - pods with the agent in them, as a run makes them. What is the same in all of them
 * stands once in the script (repro_script.c): "@AGENT@", "@POD@" and their like are filled in
 * there.
 */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "repro.h"

static json_t *serve_args(const struct np_repro *p, const char *identity, bool listen)
{
	static const char *const protocols[] = { "tcp", "udp", "sctp" };
	json_t *args = json_array(), *lists = json_object_get(p->world, "listens");

	json_array_append_new(args, json_string("serve"));
	json_array_append_new(args, json_string("--identity"));
	json_array_append_new(args, json_string(identity));
	for (size_t i = 0; listen && i < NP_ARRAY_SIZE(protocols); i++) {
		const char *list = np_json_str(lists, protocols[i], "");
		np_auto_free char *option = np_xasprintf("--%s", protocols[i]);

		if (!*list)
			continue;
		json_array_append_new(args, json_string(option));
		json_array_append_new(args, json_string(list));
	}
	return args;
}

/* What stands for the rest of a container: by what its agent may. */
static const char *powers(bool raw, bool bind)
{
	static const char *const names[2][2] = { { "@AGENT@", "@BIND@" },
						 { "@RAW@", "@RAW_BIND@" } };

	return names[raw][bind];
}

/* What the original says about its container; @power stands for the rest. */
static json_t *container(const json_t *original, const char *fallback, size_t i, json_t *args,
			 const char *power)
{
	static const char *const keep[] = { "ports", "restartPolicy" };
	np_auto_free char *name = np_xasprintf("%s%zu", fallback, i);
	json_t *c = np_json_pack("{s:s, s:o, s:b}", "name", np_json_str(original, "name", name),
				 "args", args, power, 1);

	for (size_t k = 0; k < NP_ARRAY_SIZE(keep); k++)
		if (json_object_get(original, keep[k]))
			json_object_set(c, keep[k], json_object_get(original, keep[k]));
	return c;
}

static json_t *words(const char *word)
{
	return np_json_pack("[s]", word);
}

/* The first container serves; others are there for their ports and names. */
static json_t *containers(const struct np_repro *p, const json_t *originals, const char *identity,
			  bool listen, bool host)
{
	const char *agent = powers(np_json_bool(p->world, "raw", 0), listen && host);
	json_t *list = json_array(), *c;
	size_t i;

	json_array_foreach(originals, i, c)
		json_array_append_new(
			list,
			container(c, "c", i, i ? words("sleep") : serve_args(p, identity, listen),
				  i ? powers(false, false) : agent));
	if (!json_array_size(list))
		json_array_append_new(
			list, container(NULL, "c", 0, serve_args(p, identity, listen), agent));
	return list;
}

static json_t *init_containers(const json_t *originals)
{
	json_t *list = json_array(), *c;
	size_t i;

	json_array_foreach(originals, i, c)
		json_array_append_new(
			list, container(c, "init", i,
					words(np_json_str(c, "restartPolicy", NULL) ? "sleep"
										    : "version"),
					powers(false, false)));
	return list;
}

static json_t *pod_spec(const struct np_repro *p, const json_t *original, const char *identity,
			const char *node, bool listen)
{
	bool host = np_json_bool(original, "hostNetwork", 0);
	json_t *init = init_containers(json_object_get(original, "initContainers"));
	json_t *spec = np_json_pack(
		"{s:s, s:o, s:b}", "nodeName", node, "containers",
		containers(p, json_object_get(original, "containers"), identity, listen, host),
		host ? "@HOST_POD@" : "@POD@", 1);

	if (json_array_size(init))
		json_object_set(spec, "initContainers", init);
	json_decref(init);
	return spec;
}

/* The node it was on in the run, else the one that its annotation wishes. */
static const char *node_of(const struct np_repro *p, const json_t *pod)
{
	const json_t *notes = np_json_at(pod, "metadata/annotations");
	const char *name = np_json_str(pod, "spec/nodeName", "");
	const char *second = np_report_at(json_object_get(p->r->preflight, "nodes"), 1);
	const char *wish = json_string_value(json_object_get(notes, "netpolcheck/node"));

	if (*name)
		return strcmp(name, second) == 0 ? "@NODE_B@" : "@NODE_A@";
	return wish && strcmp(wish, "b") == 0 ? "@NODE_B@" : "@NODE_A@";
}

static json_t *first_container(const json_t *pod)
{
	return json_array_get(np_json_at(pod, "spec/containers"), 0);
}

json_t *np_repro_pod(struct np_repro *p, const json_t *original)
{
	static const char *const keep[] = { "name", "namespace", "labels", "annotations" };
	const char *ns = np_json_str(original, "metadata/namespace", ""),
		   *name = np_json_str(original, "metadata/name", "");
	np_auto_free char *identity = np_xasprintf("%s/%s", ns, name);
	const json_t *spec = json_object_get(original, "spec");
	json_t *meta = json_object(), *pod, *renamed;
	struct np_buf none = { 0 };

	for (size_t k = 0; k < NP_ARRAY_SIZE(keep); k++) {
		json_t *v = json_object_get(json_object_get(original, "metadata"), keep[k]);

		if (v)
			json_object_set(meta, keep[k], v);
	}
	pod = np_json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "v1", "kind", "Pod", "metadata",
			   meta, "spec",
			   pod_spec(p, spec, identity, node_of(p, original),
				    !np_json_bool(spec, "hostNetwork", 0)));
	if (json_object_get(json_object_get(meta, "annotations"), "netpolcheck/ends-late"))
		json_array_append_new(np_json_at(first_container(pod), "args"),
				      json_string("--outlive"));
	renamed = np_repro_renamed(p, pod, &none);
	json_decref(pod);
	np_buf_release(&none);
	return renamed;
}

json_t *np_repro_host_pod(const struct np_repro *p, const char *name)
{
	const char *letter = strchr(name, '/') + 1;
	np_auto_free char *pod = np_xasprintf("node-%s", letter);
	json_t *original =
		np_json_pack("{s:b, s:[{s:s}]}", "hostNetwork", 1, "containers", "name", "agent");
	json_t *spec = pod_spec(p, original, name,
				strcmp(letter, "b") == 0 ? "@NODE_B@" : "@NODE_A@", true);

	json_decref(original);
	return np_json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}}, s:o}", "apiVersion", "v1", "kind",
			    "Pod", "metadata", "name", pod, "namespace", "@PREFIX@-" NP_REPRO_HOSTS,
			    "labels", "app", "host", "spec", spec);
}
