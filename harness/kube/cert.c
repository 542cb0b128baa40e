/* cert.c - layer kube: names and dates of certificates. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "cert.h"
#include "np/base/mem.h"
#include "timestamp.h"

bool np_kube_cert_read(const char *pem, struct np_kube_cert *ret)
{
	const gnutls_datum_t text = { (unsigned char *)pem, (unsigned)strlen(pem) };
	size_t n = sizeof(ret->name);
	gnutls_x509_crt_t c;
	int rc;

	if (gnutls_x509_crt_init(&c))
		return false;
	rc = gnutls_x509_crt_import(c, &text, GNUTLS_X509_FMT_PEM);
	if (!rc) {
		if (gnutls_x509_crt_get_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, 0, ret->name,
						  &n))
			ret->name[0] = 0;
		ret->from_s = gnutls_x509_crt_get_activation_time(c);
		ret->until_s = gnutls_x509_crt_get_expiration_time(c);
	}
	gnutls_x509_crt_deinit(c);
	return !rc;
}

void np_kube_cert_state(const struct np_kube_cert *c, int64_t now_s, char *buf, size_t size)
{
	char text[NP_KUBE_TIME_MAX];

	if (now_s > c->until_s)
		snprintf(buf, size, "expired on %s", np_kube_time_text(c->until_s, text));
	else if (now_s < c->from_s)
		snprintf(buf, size, "is not valid before %s (is this machine's clock right?)",
			 np_kube_time_text(c->from_s, text));
	else
		snprintf(buf, size, "is valid until %s", np_kube_time_text(c->until_s, text));
}
