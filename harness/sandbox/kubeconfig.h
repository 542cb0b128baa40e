/* kubeconfig.h - a kubeconfig file for the sandbox's TLS port. */
#ifndef NP_SANDBOX_KUBECONFIG_H
#define NP_SANDBOX_KUBECONFIG_H

#include "np/base/err.h"
#include "tls.h"

/*
 * May @path be written, and removed at the end? Only when there is nothing yet, an empty file, or
 * one that a sandbox wrote. NP_EUSAGE otherwise: nobody's own kubeconfig is ever overwritten.
 */
int np_kubeconfig_check(const char *path, struct np_err *err);
/*
 * Writes @path anew with mode 0600: certificates and key inside, server https://127.0.0.1:@port,
 * namespace default. In place, not by a temporary file beside it: whoever is killed meanwhile
 * leaves nothing that np_outside_remove() does not know.
 */
int np_kubeconfig_write(const char *path, unsigned port, const struct np_tls *tls,
			struct np_err *err);

#endif
