/*
 * test_api_closing.c - a stream over TLS that is being closed: libmicrohttpd must not free the
 * connection before the thread that closes it is done with it. The closing is made to take its time,
 * and the library's count of connections says whether it waited.
 */
#include <microhttpd.h>
#include <stdatomic.h>

#include "tls_fixture.h"

#define LINGER_MS 500 /* long for a library that does not wait: that takes it a few ms */

static struct MHD_Daemon *server;
static atomic_uint n_closed, n_freed_meanwhile;

static unsigned n_connections(void)
{
	return MHD_get_daemon_info(server, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

static enum MHD_Result close_slowly(struct MHD_UpgradeResponseHandle *urh,
				    enum MHD_UpgradeAction action)
{
	unsigned before = n_connections();
	enum MHD_Result rc = MHD_upgrade_action(urh, action);
	int64_t until_ms = np_now_ms() + LINGER_MS;

	while (np_now_ms() < until_ms && n_connections() == before)
		np_sleep_ms(5);
	atomic_fetch_add(&n_freed_meanwhile, before - n_connections());
	atomic_fetch_add(&n_closed, 1);
	return rc;
}

#define MHD_upgrade_action    close_slowly
#define MHD_start_daemon(...) (server = MHD_start_daemon(__VA_ARGS__))
#include "../../sandbox/api_http.c"

START_TEST(waits_for_who_closes)
{
	gnutls_certificate_credentials_t cred;
	gnutls_session_t tls;
	struct np_backoff patience;
	struct np_tls pem;
	struct fixture f;
	struct ws w;
	int fd;

	tls_start(&f, &pem);
	tls_add_pod(&f);
	cred = tls_credentials(&f);
	tls = tls_handshake(&f, cred, &fd);
	ws_open(&w, fd, tls, "/api/v1/namespaces/default/pods/p/exec?stdout=1&command=true",
		"v5.channel.k8s.io");
	ck_assert_int_eq(w.http, 101);
	ws_finish(&w);
	ck_assert_int_eq(ws_exit_code(&w), 0);
	ws_close(&w);
	np_backoff_init(&patience, 1000, 20000, WS_PATIENCE_MS * 1000LL);
	while (n_connections() && np_backoff_wait(&patience))
		;
	ck_assert_uint_eq(n_connections(), 0);
	ck_assert_msg(n_closed == 1 && n_freed_meanwhile == 0, "freed before it was closed");
	gnutls_deinit(tls);
	gnutls_certificate_free_credentials(cred);
	np_tls_release(&pem);
	fixture_stop(&f);
}
END_TEST

RUN_TESTS("api closing", waits_for_who_closes)
