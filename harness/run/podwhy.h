/* podwhy.h - why the containers of a pod do not run, as far as its status says. Pure. */
#ifndef NP_RUN_PODWHY_H
#define NP_RUN_PODWHY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The first container that waits: "ErrImagePull: failed to pull ...", or that the runtime cannot
 * start: "StartError: exec: \"sh\": executable file not found in $PATH". @text is "" when none
 * does; of a message that is too long its end is kept: "StartError: ...not found in $PATH". True
 * when time does not mend it: an image that cannot be had, or a third try to start.
 */
bool np_pod_why(const json_t *pod, char *text, size_t size);

#endif
