/*
 * tls_fixture.h - test helper: the API over TLS with certificates of its own, one pod to exec in, and
 * a client's end of a connection.
 */
#ifndef NP_TESTS_SANDBOX_TLS_FIXTURE_H
#define NP_TESTS_SANDBOX_TLS_FIXTURE_H

#include "../../sandbox/tls.h"
#include "api_fixture.h"
#include "api_test.h"
#include "ws_client.h"

/* Serves with TLS; certificates and a kubeconfig are in f->dir. */
static inline void tls_start(struct fixture *f, struct np_tls *tls)
{
	struct np_api_options o = { .unix_listen_fd = -1 };
	struct np_err err = { 0 };
	char *config;

	memset(tls, 0, sizeof(*tls));
	ck_assert_msg(np_tls_make(tls, &err) == 0, "%s", err.msg);
	fixture_prepare(f, true);
	fixture_folder(f);
	o.tcp_listen_fd = listen_tcp(&f->port);
	o.server_cert_pem = tls->server_cert;
	o.server_key_pem = tls->server_key;
	o.client_ca_pem = tls->ca_cert;
	fixture_serve(f, &o);
	write_file(f->dir, "ca.pem", tls->ca_cert);
	write_file(f->dir, "cert.pem", tls->client_cert);
	write_file(f->dir, "key.pem", tls->client_key);
	config = np_xasprintf("apiVersion: v1\nkind: Config\ncurrent-context: t\n"
			      "clusters: [{name: t, cluster: {server: \"https://127.0.0.1:%d\", "
			      "certificate-authority: %s/ca.pem}}]\n"
			      "users: [{name: t, user: {client-certificate: %s/cert.pem, "
			      "client-key: %s/key.pem}}]\n"
			      "contexts: [{name: t, context: {cluster: t, user: t}}]\n",
			      f->port, f->dir, f->dir, f->dir);
	write_file(f->dir, "config", config);
	free(config);
}

/* Pod p of default, on no node of ours: what is run in it is a program of this machine. */
static inline void tls_add_pod(struct fixture *f)
{
	store_add(f->store, NP_KIND_POD,
		  J("{'metadata':{'name':'p','namespace':'default'},'spec':{'nodeName':'n','"
		    "containers':[{'name':'c'}]},"
		    "'status':{'phase':'Running'}}"));
}

/* The client's certificate; gnutls_certificate_free_credentials(). */
static inline gnutls_certificate_credentials_t tls_credentials(const struct fixture *f)
{
	np_auto_free char *cert = np_xasprintf("%s/cert.pem", f->dir);
	np_auto_free char *key = np_xasprintf("%s/key.pem", f->dir);
	gnutls_certificate_credentials_t cred;

	gnutls_certificate_allocate_credentials(&cred);
	ck_assert_int_eq(gnutls_certificate_set_x509_key_file(cred, cert, key, GNUTLS_X509_FMT_PEM),
			 0);
	return cred;
}

static inline gnutls_session_t tls_handshake(const struct fixture *f, gnutls_certificate_credentials_t cred,
						 int *ret_fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)f->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;
	gnutls_session_t tls;

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	gnutls_init(&tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
	gnutls_set_default_priority(tls);
	gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_transport_set_int(tls, fd);
	do
		rc = gnutls_handshake(tls);
	while (rc < 0 && !gnutls_error_is_fatal(rc));
	ck_assert_msg(rc == 0, "%s", gnutls_strerror(rc));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	*ret_fd = fd;
	return tls;
}

#endif
