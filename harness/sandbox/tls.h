/*
 * tls.h - a certificate authority for one run: its certificate, a server's for loopback, a
 * client's. The authority's key is forgotten at once.
 */
#ifndef NP_SANDBOX_TLS_H
#define NP_SANDBOX_TLS_H

#include "np/base/err.h"

/* PEM texts. Zero-initialised is empty. */
struct np_tls {
	char *ca_cert;
	char *server_cert, *server_key;	/* for 127.0.0.1, ::1 and localhost */
	char *client_cert, *client_key;	/* user netpolcheck in system:masters */
};

int np_tls_make(struct np_tls *ret, struct np_err *err);
void np_tls_release(struct np_tls *t);

#endif
