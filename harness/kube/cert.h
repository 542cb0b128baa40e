/* cert.h - layer kube, private: what a message says of a certificate. */
#ifndef NP_KUBE_CERT_H
#define NP_KUBE_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct np_kube_cert {
	char name[80];	/* its common name, else "" */
	int64_t from_s, until_s;
};

/* Of the first certificate in a PEM text. False when it cannot be read. */
bool np_kube_cert_read(const char *pem, struct np_kube_cert *ret);
/* "expired on 2026-01-31 12:00:00 UTC", "is not valid before ..", "is valid until ..". */
void np_kube_cert_state(const struct np_kube_cert *c, int64_t now_s, char *buf, size_t size);

#endif
