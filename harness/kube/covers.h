/* covers.h - layer kube, private: is what the server stores what was sent to it? */
#ifndef NP_KUBE_COVERS_H
#define NP_KUBE_COVERS_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Everything that @sent says is so in @stored, which may say more (defaults, metadata). What is
 * null or empty need not be there. resourceVersion and status do not count.
 */
bool np_kube_covers(const json_t *stored, const json_t *sent);

#endif
