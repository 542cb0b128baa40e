/*
 * no_cert.h - instead of kube/cert.c, which brings GnuTLS: no certificate can be read. Included by one
 * file of a program. Reading certificates is GnuTLS's work, and fuzzed there.
 */
#ifndef NP_FUZZ_NO_CERT_H
#define NP_FUZZ_NO_CERT_H

#include "../../harness/kube/cert.h"

bool np_kube_cert_read(const char *pem, struct np_kube_cert *ret)
{
	(void)pem;
	(void)ret;
	return false;
}

void np_kube_cert_state(const struct np_kube_cert *c, int64_t now_s, char *buf, size_t size)
{
	(void)c;
	(void)now_s;
	if (size)
		buf[0] = '\0';
}

#endif
