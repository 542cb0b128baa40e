/*
 * Certificates for one run, by GnuTLS, which the API server brings along anyway. The contract is in
 * tls.h.
 */
#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>

#include "np/base/mem.h"
#include "tls.h"

#define BACKDATED_S 3600
#define VALID_S (7 * 24 * 3600)
#define SERIAL_BYTES 16

struct profile {
	const char *name;		/* distinguished name */
	unsigned usage;
	const char *purpose;		/* NULL: an authority */
	bool is_loopback;
};

static const struct profile authority = { "CN=netpolcheck-sandbox",
					  GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_DIGITAL_SIGNATURE,
					  NULL, false };
static const struct profile server = { "CN=netpolcheck-sandbox-api", GNUTLS_KEY_DIGITAL_SIGNATURE,
				       GNUTLS_KP_TLS_WWW_SERVER, true };
static const struct profile client = { "CN=netpolcheck,O=system:masters",
				       GNUTLS_KEY_DIGITAL_SIGNATURE, GNUTLS_KP_TLS_WWW_CLIENT,
				       false };

struct pair {
	gnutls_x509_crt_t cert;
	gnutls_x509_privkey_t key;
};

static void pair_release(struct pair *p)
{
	if (p->cert)
		gnutls_x509_crt_deinit(p->cert);
	if (p->key)
		gnutls_x509_privkey_deinit(p->key);
	*p = (struct pair){ 0 };
}

static int add_loopback(gnutls_x509_crt_t cert)
{
	static const char *const names[] = { "localhost", "kubernetes.default.svc" };
	struct in_addr v4 = { htonl(INADDR_LOOPBACK) };
	int rc = 0;

	for (size_t i = 0; i < NP_ARRAY_SIZE(names) && rc >= 0; i++)
		rc = gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, names[i],
							  (unsigned)strlen(names[i]),
							  GNUTLS_FSAN_APPEND);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, &v4,
							  sizeof(v4), GNUTLS_FSAN_APPEND);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_subject_alt_name(
			cert, GNUTLS_SAN_IPADDRESS, &in6addr_loopback, sizeof(in6addr_loopback),
			GNUTLS_FSAN_APPEND);
	return rc;
}

static int fill(struct pair *p, const struct profile *profile)
{
	unsigned char serial[SERIAL_BYTES];
	time_t now = time(NULL);
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] &= 0x7f;	/* positive */
	if (rc >= 0)
		rc = gnutls_x509_crt_set_version(p->cert, 3);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_serial(p->cert, serial, sizeof(serial));
	if (rc >= 0)
		rc = gnutls_x509_crt_set_activation_time(p->cert, now - BACKDATED_S);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_expiration_time(p->cert, now + VALID_S);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_dn(p->cert, profile->name, NULL);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_key(p->cert, p->key);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_basic_constraints(p->cert, profile->purpose == NULL, -1);
	if (rc >= 0)
		rc = gnutls_x509_crt_set_key_usage(p->cert, profile->usage);
	if (rc >= 0 && profile->purpose)
		rc = gnutls_x509_crt_set_key_purpose_oid(p->cert, profile->purpose, 0);
	return rc >= 0 && profile->is_loopback ? add_loopback(p->cert) : rc;
}

/* NULL @issuer: signs itself. A GnuTLS error number or 0. */
static int make_pair(struct pair *p, const struct profile *profile, const struct pair *issuer)
{
	const struct pair *by = issuer ? issuer : p;
	int rc = gnutls_x509_crt_init(&p->cert);

	if (rc >= 0)
		rc = gnutls_x509_privkey_init(&p->key);
	if (rc >= 0)
		rc = gnutls_x509_privkey_generate(p->key, GNUTLS_PK_ECDSA,
						  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
						  0);
	if (rc >= 0)
		rc = fill(p, profile);
	if (rc >= 0)
		rc = gnutls_x509_crt_sign2(p->cert, by->cert, by->key, GNUTLS_DIG_SHA256, 0);
	return rc < 0 ? rc : 0;
}

static int export_pair(const struct pair *p, char **ret_cert, char **ret_key)
{
	gnutls_datum_t text;
	int rc = gnutls_x509_crt_export2(p->cert, GNUTLS_X509_FMT_PEM, &text);

	if (rc < 0)
		return rc;
	*ret_cert = np_xstrndup((const char *)text.data, text.size);
	gnutls_free(text.data);
	if (!ret_key)
		return 0;
	rc = gnutls_x509_privkey_export2(p->key, GNUTLS_X509_FMT_PEM, &text);
	if (rc < 0)
		return rc;
	*ret_key = np_xstrndup((const char *)text.data, text.size);
	gnutls_memset(text.data, 0, text.size);
	gnutls_free(text.data);
	return 0;
}

int np_tls_make(struct np_tls *ret, struct np_err *err)
{
	struct pair ca = { 0 }, srv = { 0 }, cli = { 0 };
	struct np_tls t = { 0 };
	int rc = make_pair(&ca, &authority, NULL);

	if (rc == 0)
		rc = make_pair(&srv, &server, &ca);
	if (rc == 0)
		rc = make_pair(&cli, &client, &ca);
	if (rc == 0)
		rc = export_pair(&ca, &t.ca_cert, NULL);
	if (rc == 0)
		rc = export_pair(&srv, &t.server_cert, &t.server_key);
	if (rc == 0)
		rc = export_pair(&cli, &t.client_cert, &t.client_key);
	pair_release(&ca);
	pair_release(&srv);
	pair_release(&cli);
	if (rc == 0) {
		*ret = t;
		return 0;
	}
	np_tls_release(&t);
	return np_err_set(err, NP_EENV, "cannot make certificates: %s", gnutls_strerror(rc));
}

static void forget(char *secret)
{
	if (secret)
		gnutls_memset(secret, 0, strlen(secret));
	free(secret);
}

void np_tls_release(struct np_tls *t)
{
	free(t->ca_cert);
	free(t->server_cert);
	free(t->client_cert);
	forget(t->server_key);
	forget(t->client_key);
	*t = (struct np_tls){ 0 };
}
