/* podwhy.c - why the containers of a pod do not run. */
#include "podwhy.h"

#include <stdio.h>
#include <string.h>

#include "np/base/json.h"

/* Kubelets start a container again and again; what failed so often is no moment's trouble. */
#define HOPELESS_RESTARTS 2

/* Reasons of a waiting container that time does not mend. */
static const char *const no_image[] = { "ErrImageNeverPull",	      "InvalidImageName",
					"CreateContainerConfigError", "CreateContainerError",
					"ImagePullBackOff",	      "ErrImagePull",
					"ImageInspectError",	      "RegistryUnavailable" };

/* Reasons of a container that the runtime did not even start: no such program in the image, a
 * program of another architecture. */
static const char *const not_started[] = { "StartError", "ContainerCannotRun",
					   "RunContainerError" };

static bool is_one_of(const char *reason, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(reason, list[i]) == 0)
			return true;
	return false;
}

/* Runtimes wrap the cause in layer after layer: of a message that is too long its end is kept. */
static void put(char *text, size_t size, const char *reason, const char *message)
{
	size_t n = strcspn(message, "\r\n"), head = strlen(reason) + strlen(": ...");
	const char *tail = message + n;

	if (strlen(reason) + strlen(": ") + n < size || head + 1 >= size) {
		snprintf(text, size, "%s%s%.*s", reason, *message ? ": " : "", (int)n, message);
		return;
	}
	tail -= size - 1 - head;
	while ((*tail & 0xc0) == 0x80)
		tail++;
	snprintf(text, size, "%s: ...%.*s", reason, (int)(message + n - tail), tail);
}

/* Of a container that was started before in vain: what came of it says more than that it waits. */
static bool why_ended(const json_t *status, char *text, size_t size)
{
	static const char *const places[] = { "state/terminated", "lastState/terminated" };

	for (size_t i = 0; i < 2; i++) {
		const json_t *end = np_json_at(status, places[i]);
		const char *reason = np_json_str(end, "reason", "");

		if (!is_one_of(reason, not_started, sizeof(not_started) / sizeof(*not_started)))
			continue;
		put(text, size, reason, np_json_str(end, "message", ""));
		return true;
	}
	return false;
}

static bool container_why(const json_t *status, char *text, size_t size)
{
	const char *reason = np_json_str(status, "state/waiting/reason", NULL);

	if (why_ended(status, text, size))
		return np_json_int(status, "restartCount", 0) >= HOPELESS_RESTARTS;
	if (!reason)
		return false;
	put(text, size, reason, np_json_str(status, "state/waiting/message", ""));
	return is_one_of(reason, no_image, sizeof(no_image) / sizeof(*no_image));
}

bool np_pod_why(const json_t *pod, char *text, size_t size)
{
	static const char *const lists[] = { "status/initContainerStatuses",
					     "status/containerStatuses" };
	json_t *status;
	size_t i;

	*text = '\0';
	for (size_t l = 0; l < 2; l++)
		json_array_foreach(np_json_at(pod, lists[l]), i, status) {
			if (np_json_bool(status, "ready", 0))
				continue;
			if (container_why(status, text, size))
				return true;
			if (*text)
				return false;
		}
	return false;
}
