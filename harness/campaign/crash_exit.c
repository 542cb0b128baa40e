/* crash_exit.c - what the end of a container means. */
#include <string.h>

#include "np/base/mem.h"
#include "np/campaign/crash.h"

static const struct {
	int code;
	struct np_exit_meaning means;
} meanings[] = {
	{ 0, { NP_CRASH_DIED, true, "exit:0", "ended of its own will" } },
	{ 1, { NP_CRASH_DIED, false, "exit:1", "gave up (log.Fatal, or an error on start)" } },
	{ 2, { NP_CRASH_DIED, false, "go-panic", "a Go panic or fatal error" } },
	{ 132, { NP_CRASH_DIED, false, "signal:SIGILL", "killed by SIGILL" } },
	{ 134,
	  { NP_CRASH_DIED, false, "signal:SIGABRT",
	    "aborted: an assertion, or a Go panic with GOTRACEBACK=crash" } },
	{ 135, { NP_CRASH_DIED, false, "signal:SIGBUS", "killed by SIGBUS" } },
	{ 136, { NP_CRASH_DIED, false, "signal:SIGFPE", "killed by SIGFPE" } },
	{ 137,
	  { NP_CRASH_HANG, false, "signal:SIGKILL",
	    "killed by SIGKILL: its liveness probe failed" } },
	{ 139, { NP_CRASH_DIED, false, "signal:SIGSEGV", "killed by SIGSEGV" } },
	{ 143,
	  { NP_CRASH_DIED, true, "signal:SIGTERM",
	    "told to end: a rollout, or its liveness probe failed" } },
	{ 255, { NP_CRASH_DIED, false, "klog-fatal", "gave up (klog.Fatal)" } },
};

struct np_exit_meaning np_exit_meaning(int exit_code, const char *reason, const char *component)
{
	if (reason && strcmp(reason, "OOMKilled") == 0)
		return (struct np_exit_meaning){ NP_CRASH_OOM, false, "oom-killed",
						 "killed for want of memory" };
	/* Felix ends with 129 to start anew with another configuration. */
	if (exit_code == 129 && component &&
	    (strstr(component, "calico") || strstr(component, "felix")))
		return (struct np_exit_meaning){ NP_CRASH_DIED, true, "felix-config",
						 "Felix started anew for a new configuration" };
	for (size_t i = 0; i < NP_ARRAY_SIZE(meanings); i++)
		if (meanings[i].code == exit_code)
			return meanings[i].means;
	return (struct np_exit_meaning){ NP_CRASH_DIED, false, "exit:other",
					 "ended with another status" };
}
