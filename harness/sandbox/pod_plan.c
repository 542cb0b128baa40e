/* What the node agent reads from a pod object. The contract is in pod_plan.h. */
#include <string.h>

#include "np/base/json.h"
#include "np/base/mem.h"
#include "pod_plan.h"

#define DEFAULT_GRACE_S 30

bool np_is_agent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, NP_AGENT_PROGRAM) == 0;
}

static enum np_restart restart_of(const json_t *pod)
{
	const char *policy = np_json_str(pod, "spec/restartPolicy", "Always");

	if (strcmp(policy, "Never") == 0)
		return NP_RESTART_NEVER;
	return strcmp(policy, "OnFailure") == 0 ? NP_RESTART_ON_FAILURE : NP_RESTART_ALWAYS;
}

static int bad_pin(struct np_err *err, const char *text)
{
	np_err_set(err, NP_EVALID,
		   "'%s' is not an IPv4 address, an IPv6 address, or both with a comma between",
		   text);
	return np_err_path(err, "metadata.annotations[%s]", NP_ANNOTATION_POD_IPS);
}

/* Not what the network itself uses, and nothing that cannot be a host's. */
static bool may_be_pinned(const struct np_addr *ip)
{
	if (ip->width == 4)
		return ip->bytes[0] != 0 && ip->bytes[0] != 127 && ip->bytes[0] < 224 &&
		       !(ip->bytes[0] == 169 && ip->bytes[1] == 254);
	return ip->bytes[0] != 0 && ip->bytes[0] < 0xfe;
}

static int read_pins(const json_t *annotations, struct np_pod_plan *plan, struct np_err *err)
{
	const char *text = json_string_value(json_object_get(annotations, NP_ANNOTATION_POD_IPS));
	const char *p = text;

	while (p) {
		const char *comma = strchr(p, ',');
		struct np_str part = { p, comma ? (size_t)(comma - p) : strlen(p) };
		struct np_addr ip;
		unsigned family;

		for (; part.n && part.p[0] == ' '; part.n--)
			part.p++;
		if (!np_addr_parse(part, &ip) || !may_be_pinned(&ip))
			return bad_pin(err, text);
		family = ip.width == 16;
		if (plan->pins[family].width)
			return bad_pin(err, text);
		plan->pins[family] = ip;
		p = comma ? comma + 1 : NULL;
	}
	return 0;
}

static int read_forced_phase(const json_t *annotations, struct np_pod_plan *plan,
			     struct np_err *err)
{
	const char *phase =
		json_string_value(json_object_get(annotations, NP_ANNOTATION_FORCE_PHASE));

	if (phase && strcmp(phase, "Succeeded") != 0 && strcmp(phase, "Failed") != 0) {
		np_err_set(err, NP_EVALID, "'%s' is neither Succeeded nor Failed", phase);
		return np_err_path(err, "metadata.annotations[%s]", NP_ANNOTATION_FORCE_PHASE);
	}
	plan->forced_phase = phase;
	return 0;
}

static int add_words(const json_t *list, struct np_pod_plan *plan, size_t *n, struct np_err *err)
{
	size_t i;
	json_t *word;

	json_array_foreach(list, i, word) {
		if (*n == NP_POD_MAX_ARGS || !json_is_string(word))
			return np_err_set(
				err, NP_EVALID,
				"a container has more than %d arguments, or some that are no text",
				NP_POD_MAX_ARGS);
		plan->argv[(*n)++] = json_string_value(word);
	}
	return 0;
}

/* An image whose own command is the agent leaves the command out. */
static bool is_agent_mode(const char *word)
{
	return strcmp(word, "serve") == 0 || strcmp(word, "sleep") == 0;
}

/* The first container that runs the agent decides; images are not looked at, for there are none. */
static int read_argv(const json_t *pod, struct np_pod_plan *plan, struct np_err *err)
{
	size_t i;
	json_t *ctr;

	json_array_foreach(np_json_at(pod, "spec/containers"), i, ctr) {
		const json_t *command = json_object_get(ctr, "command"),
			     *args = json_object_get(ctr, "args");
		size_t n = 0;

		if (json_array_size(command) == 0)
			plan->argv[n++] = NP_AGENT_PROGRAM;
		if (add_words(command, plan, &n, err) < 0 || add_words(args, plan, &n, err) < 0)
			return np_err_path(err, "spec.containers[%zu]", i);
		plan->argv[n] = NULL;
		if (np_is_agent(plan->argv[0]) && n > 1 && is_agent_mode(plan->argv[1]))
			return 0;
	}
	plan->argv[0] = NP_AGENT_PROGRAM;
	plan->argv[1] = "sleep";
	plan->argv[2] = NULL;
	return 0;
}

int np_pod_plan_read(const json_t *pod, struct np_pod_plan *ret, struct np_err *err)
{
	const json_t *annotations = np_json_at(pod, "metadata/annotations");
	struct np_pod_plan plan = {
		.ns = np_json_str(pod, "metadata/namespace", ""),
		.name = np_json_str(pod, "metadata/name", ""),
		.uid = np_json_str(pod, "metadata/uid", ""),
		.node = np_json_str(pod, "spec/nodeName", NULL),
		.node_selector = np_json_at(pod, "spec/nodeSelector"),
		.host_network = np_json_bool(pod, "spec/hostNetwork", 0) != 0,
		.restart = restart_of(pod),
		.deleting = np_json_str(pod, "metadata/deletionTimestamp", NULL) != NULL,
		.grace_s = np_json_int(pod, "metadata/deletionGracePeriodSeconds", DEFAULT_GRACE_S),
	};

	if (plan.node && !*plan.node)
		plan.node = NULL;
	if (read_pins(annotations, &plan, err) < 0 ||
	    read_forced_phase(annotations, &plan, err) < 0 || read_argv(pod, &plan, err) < 0)
		return -1;
	*ret = plan;
	return 0;
}
