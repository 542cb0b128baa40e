/*
 * auth.h - layer kube, private: the credentials of the moment: static ones, a token file read
 * again, a plugin's answer cached until it expires. Thread-safe; while one thread runs the plugin
 * the others wait for it.
 */
#ifndef NP_KUBE_AUTH_H
#define NP_KUBE_AUTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "np/kube/config.h"

struct np_kube_auth;

/* A copy of what to present now. */
struct np_kube_cred {
	char *header;		/* "Authorization: ..." or NULL */
	char *cert, *key;	/* PEM or NULL */
	uint64_t generation;	/* changes when any of it does */
};

struct np_kube_auth *np_kube_auth_new(const struct np_kube_config *c);
void np_kube_auth_free(struct np_kube_auth *a);

/*
 * NP_EENV (unreadable token file, plugin failed), NP_EVALID (a token that cannot stand in a
 * header), NP_EINTR.
 */
int np_kube_auth_get(struct np_kube_auth *a, const atomic_int *cancel, struct np_kube_cred *ret,
		     struct np_err *err);
void np_kube_cred_release(struct np_kube_cred *c);

/*
 * The server said 401 to the credentials of @generation. True when getting them anew makes sense:
 * they come from a file or a plugin, whose cache is dropped, or they have been renewed since.
 */
bool np_kube_auth_refused(struct np_kube_auth *a, uint64_t generation);

#endif
