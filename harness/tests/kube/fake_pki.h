/*
 * fake_pki.h - certificates for the tests, made on the spot: a CA, a server and a client that it
 * signed.
 */
#ifndef NP_TESTS_KUBE_FAKE_PKI_H
#define NP_TESTS_KUBE_FAKE_PKI_H

#include "fake.h"

/* How long ago certificates are made: over a day, and they have expired. */
static time_t pki_age_s __attribute__((unused));

static inline void pki_key(gnutls_x509_privkey_t *ret)
{
	gnutls_x509_privkey_init(ret);
	ck_assert_int_eq(
		gnutls_x509_privkey_generate(*ret, GNUTLS_PK_ECDSA,
					     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
}

/* Signed by @ca, or by itself. */
static inline gnutls_x509_crt_t pki_cert(const char *name, gnutls_x509_privkey_t key,
					 gnutls_x509_crt_t ca, gnutls_x509_privkey_t ca_key,
					 const char *purpose)
{
	static const unsigned char ip[] = { 127, 0, 0, 1 };
	static unsigned char serial;
	gnutls_x509_crt_t c;

	serial++;
	gnutls_x509_crt_init(&c);
	gnutls_x509_crt_set_version(c, 3);
	gnutls_x509_crt_set_serial(c, &serial, 1);
	gnutls_x509_crt_set_activation_time(c, time(NULL) - 3600 - pki_age_s);
	gnutls_x509_crt_set_expiration_time(c, time(NULL) + 86400 - pki_age_s);
	gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, name,
				      (unsigned)strlen(name));
	gnutls_x509_crt_set_key(c, key);
	gnutls_x509_crt_set_basic_constraints(c, ca == NULL, -1);
	gnutls_x509_crt_set_key_usage(c,
				      ca ? GNUTLS_KEY_DIGITAL_SIGNATURE : GNUTLS_KEY_KEY_CERT_SIGN);
	if (purpose)
		gnutls_x509_crt_set_key_purpose_oid(c, purpose, 0);
	if (purpose && !strcmp(purpose, GNUTLS_KP_TLS_WWW_SERVER)) {
		gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_IPADDRESS, ip, sizeof(ip),
						     GNUTLS_FSAN_SET);
		gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_DNSNAME, "kubernetes", 10,
						     GNUTLS_FSAN_APPEND);
	}
	ck_assert_int_eq(
		gnutls_x509_crt_sign2(c, ca ? ca : c, ca_key ? ca_key : key, GNUTLS_DIG_SHA256, 0),
		0);
	return c;
}

static inline struct np_str pki_cert_pem(struct np_arena *a, gnutls_x509_crt_t c)
{
	gnutls_datum_t d;
	struct np_str s;

	gnutls_x509_crt_export2(c, GNUTLS_X509_FMT_PEM, &d);
	s = np_arena_str(a, (struct np_str){ (char *)d.data, d.size });
	gnutls_free(d.data);
	return s;
}

static inline struct np_str pki_key_pem(struct np_arena *a, gnutls_x509_privkey_t k)
{
	gnutls_datum_t d;
	struct np_str s;

	gnutls_x509_privkey_export2(k, GNUTLS_X509_FMT_PEM, &d);
	s = np_arena_str(a, (struct np_str){ (char *)d.data, d.size });
	gnutls_free(d.data);
	return s;
}

static inline void pki_init(struct fake_pki *p)
{
	gnutls_x509_privkey_t ca_key, server_key, client_key;
	gnutls_x509_crt_t ca, server, client;

	memset(p, 0, sizeof(*p));
	pki_key(&ca_key);
	pki_key(&server_key);
	pki_key(&client_key);
	ca = pki_cert("test ca", ca_key, NULL, NULL, NULL);
	server = pki_cert("test server", server_key, ca, ca_key, GNUTLS_KP_TLS_WWW_SERVER);
	client = pki_cert("test client", client_key, ca, ca_key, GNUTLS_KP_TLS_WWW_CLIENT);
	p->ca = pki_cert_pem(&p->arena, ca);
	p->cert = pki_cert_pem(&p->arena, client);
	p->key = pki_key_pem(&p->arena, client_key);
	gnutls_certificate_allocate_credentials(&p->cred);
	ck_assert_int_eq(gnutls_certificate_set_x509_key(p->cred, &server, 1, server_key), 0);
	ck_assert_int_eq(gnutls_certificate_set_x509_trust(p->cred, &ca, 1), 1);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_crt_deinit(server);
	gnutls_x509_crt_deinit(client);
	gnutls_x509_privkey_deinit(ca_key);
	gnutls_x509_privkey_deinit(server_key);
	gnutls_x509_privkey_deinit(client_key);
}

static inline void pki_release(struct fake_pki *p)
{
	gnutls_certificate_free_credentials(p->cred);
	np_arena_release(&p->arena);
}

#endif
