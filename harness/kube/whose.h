/*
 * whose.h - layer kube, private: refused credentials and certificates in one sentence that names
 * whose they are, where they stand, and when they expire.
 */
#ifndef NP_KUBE_WHOSE_H
#define NP_KUBE_WHOSE_H

#include "auth.h"
#include "transport.h"

/*
 * Adds to @err, which says what the server said with its 401, what was presented. Returns -1.
 */
int np_kube_whose_refused(const struct np_kube_config *c, const struct np_kube_cred *cred,
			  struct np_err *err);

/* The same for a 403 to somebody who impersonates; nothing is added when that is not why. */
int np_kube_whose_forbidden(const struct np_kube_config *c, struct np_err *err);

/*
 * Sets @err for a TLS handshake that failed with @code and curl's @text; @cert describes the
 * certificate that we did not take, or is "". Returns -1.
 */
int np_kube_whose_tls(const struct np_kube_config *c, CURLcode code, const char *text,
		      const char *cert, struct np_err *err);

/*
 * The end of a JSON Web Token's validity, seconds of the epoch. False when it is none or says
 * nothing of it.
 */
bool np_kube_token_expiry(const char *token, int64_t *ret);

#endif
