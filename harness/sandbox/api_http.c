/* libmicrohttpd on one side, requests and replies on the other. */
#include "api_http.h"

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api_log.h"
#include "api_route.h"
#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "status.h"
#include "watch.h"

#define MAX_CONNECTIONS 1000
#define STACK_BYTES (512u * 1024)
#define CONNECTION_MEMORY (128u * 1024)	/* holds the headers */
#define IDLE_TIMEOUT_S 600
#define STREAM_WAIT_MS 500 /* how often a quiet stream looks whether its reader is still there */
#define DISCARD_MAX                                                                                \
	((size_t)64 << 20) /* bytes of a body that is too large that are read before the           \
			      connection is dropped */

struct np_door {
	struct MHD_Daemon *daemon;
	const struct np_api_env *env;
	struct np_execs *execs;
	struct np_api_faults *faults;
	bool tls;
	pthread_mutex_t closing;	/* held while an upgraded connection is being closed */
};

/* One request under way. */
struct visit {
	struct np_door *door;
	struct np_request req;
	struct np_reply rep;
	struct np_buf body;
	size_t n_seen;
	struct MHD_Connection *conn;
	int fd;
	int retry_after_s; /* of a deliberate fault, else -1 */
};

/* ---- reading ---- */

static enum MHD_Result add_param(void *data, enum MHD_ValueKind kind, const char *key, size_t n_key,
				 const char *value, size_t n_value)
{
	struct visit *v = data;
	struct np_arena *a = &v->req.arena;

	(void)kind;
	if (v->req.n_query > NP_API_QUERY_MAX)
		return MHD_NO;
	if (!v->req.query)
		v->req.query = np_arena_array(a, NP_API_QUERY_MAX + 1, sizeof(*v->req.query));
	v->req.query[v->req.n_query].key = np_arena_str(a, (struct np_str){ key, n_key });
	v->req.query[v->req.n_query++].value =
		np_arena_str(a, (struct np_str){ value ? value : "", value ? n_value : 0 });
	return MHD_YES;
}

static const char *header(struct visit *v, const char *name)
{
	const char *s = MHD_lookup_connection_value(v->conn, MHD_HEADER_KIND, name);

	return s ? s : "";
}

static void read_headers(struct visit *v, const char *method, const char *url)
{
	struct np_request *r = &v->req;

	r->env = *v->door->env;
	r->method = strcmp(method, "HEAD") == 0 ? "GET"
						: np_arena_str(&r->arena, np_str_from(method)).p;
	r->path = np_arena_str(&r->arena, np_str_from(url)).p;
	r->content_type = header(v, "Content-Type");
	r->accept = header(v, "Accept");
	r->user_agent = header(v, "User-Agent");
	r->upgrade = strcasecmp(header(v, "Upgrade"), "websocket") == 0;
	r->ws_key = header(v, "Sec-WebSocket-Key");
	r->ws_version = header(v, "Sec-WebSocket-Version");
	r->ws_protocols = header(v, "Sec-WebSocket-Protocol");
	MHD_get_connection_values_n(v->conn, MHD_GET_ARGUMENT_KIND, add_param, v);
}

static enum MHD_Result take_body(struct visit *v, const char *bytes, size_t *n)
{
	v->n_seen += *n;
	if (v->n_seen > DISCARD_MAX)
		return MHD_NO;
	if (v->n_seen > NP_API_BODY_MAX) {
		v->req.body_too_large = true;
		np_buf_clear(&v->body);
	} else {
		np_buf_add(&v->body, bytes, *n);
	}
	*n = 0;
	return MHD_YES;
}

/* Over TLS only those with a certificate of our authority come in. */
static bool may_enter(struct visit *v)
{
	const union MHD_ConnectionInfo *info;
	unsigned status = 0;

	if (!v->door->tls)
		return true;
	info = MHD_get_connection_info(v->conn, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	return info && info->tls_session &&
	       gnutls_certificate_verify_peers2((gnutls_session_t)info->tls_session, &status) ==
		       0 &&
	       status == 0;
}

/* ---- answering ---- */

/* Warning: 299 - "text"; what would break the header is left out. */
static void add_warnings(struct MHD_Response *r, const struct np_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		struct np_buf b = { 0 };

		np_buf_adds(&b, "299 - \"");
		for (const char *p = notes->items[i]; *p && b.len < 1000; p++) {
			if (*p == '"' || *p == '\\')
				np_buf_addc(&b, '\\');
			if ((unsigned char)*p >= 0x20 && *p != 0x7f)
				np_buf_addc(&b, *p);
		}
		np_buf_adds(&b, "\"");
		MHD_add_response_header(r, "Warning", np_buf_text(&b));
		np_buf_release(&b);
	}
}

/* A stream's reader that went away is noticed only by looking. */
static bool reader_gone(const struct visit *v)
{
	struct pollfd p = { .fd = v->fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static ssize_t stream_read(void *data, uint64_t pos, char *buf, size_t max)
{
	struct visit *v = data;
	ssize_t n = v->rep.watch ? np_watch_read(v->rep.watch, buf, max, STREAM_WAIT_MS)
				 : np_log_read(v->rep.log, buf, max, STREAM_WAIT_MS);

	(void)pos;
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (np_api_faults_shut(v->door->faults) || (n == 0 && reader_gone(v)))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return n;
}

/* An upgraded connection over TLS, to be closed. */
struct leaving {
	struct np_door *door;
	struct MHD_UpgradeResponseHandle *urh;
};

static void exec_closed(void *arg)
{
	struct leaving *l = arg;

	pthread_mutex_lock(&l->door->closing);
	MHD_upgrade_action(l->urh, MHD_UPGRADE_ACTION_CLOSE);
	pthread_mutex_unlock(&l->door->closing);
	free(l);
}

/*
 * libmicrohttpd 0.9.75 frees a connection as soon as it sees it closed, which may be before the
 * thread that closes it has returned from MHD_upgrade_action(): many streams ending at once then
 * corrupt the heap. This is called just before a connection is freed, and waits for that thread.
 */
static void on_connection(void *data, struct MHD_Connection *conn, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct np_door *d = data;

	(void)conn;
	(void)socket_context;
	if (code != MHD_CONNECTION_NOTIFY_CLOSED)
		return;
	pthread_mutex_lock(&d->closing);
	pthread_mutex_unlock(&d->closing);
}

static void close_own(void *fd)
{
	close((int)(intptr_t)fd);
}

static void upgraded(void *data, struct MHD_Connection *conn, void *con_cls, const char *extra,
		     size_t n_extra, MHD_socket fd, struct MHD_UpgradeResponseHandle *urh)
{
	struct visit *v = data;
	int own_fd = v->door->tls ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	(void)conn;
	(void)con_cls;
	if (own_fd < 0) {
		struct leaving *l = np_xmalloc(sizeof(*l));

		*l = (struct leaving){ v->door, urh };
		np_execs_run(v->door->execs, np_steal(v->rep.exec), fd, extra, n_extra, exec_closed,
			     l);
		return;
	}
	/* The stream goes on with a descriptor of its own, and the library has nothing to wait for. */
	MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
	np_execs_run(v->door->execs, np_steal(v->rep.exec), own_fd, extra, n_extra, close_own,
		     (void *)(intptr_t)own_fd);
}

static struct MHD_Response *upgrade_response(struct visit *v)
{
	struct MHD_Response *r = MHD_create_response_for_upgrade(upgraded, v);

	MHD_add_response_header(r, "Upgrade", "websocket");
	MHD_add_response_header(r, "Sec-WebSocket-Accept", np_exec_plan_accept(v->rep.exec));
	MHD_add_response_header(r, "Sec-WebSocket-Protocol", np_exec_plan_protocol(v->rep.exec));
	return r;
}

static struct MHD_Response *stream_response(struct visit *v)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(v->conn, MHD_CONNECTION_INFO_CONNECTION_FD);

	v->fd = info ? info->connect_fd : -1;
	MHD_set_connection_option(v->conn, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32 * 1024, stream_read, v, NULL);
}

static struct MHD_Response *whole_response(struct visit *v)
{
	struct np_buf b = { 0 };
	size_t n;

	if (v->rep.json) {
		np_json_dump(v->rep.json, 0, &b);
		np_buf_addc(&b, '\n');
	} else if (v->rep.n_text) {
		np_buf_add(&b, v->rep.text, v->rep.n_text);
	} else {
		np_buf_adds(&b, "");
	}
	n = b.len;
	return MHD_create_response_from_buffer(n, np_buf_steal(&b), MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result send_reply(struct visit *v)
{
	struct np_reply *rep = &v->rep;
	struct MHD_Response *r;
	enum MHD_Result rc;
	char seconds[16];

	r = rep->exec		     ? upgrade_response(v)
	    : rep->watch || rep->log ? stream_response(v)
				     : whole_response(v);
	if (!rep->exec) {
		MHD_add_response_header(r, "Content-Type",
					rep->content_type ? rep->content_type : "application/json");
		MHD_add_response_header(r, "Cache-Control", "no-cache, private");
	}
	if (v->retry_after_s >= 0) {
		snprintf(seconds, sizeof(seconds), "%d", v->retry_after_s);
		MHD_add_response_header(r, "Retry-After", seconds);
	}
	add_warnings(r, &rep->warnings);
	rc = MHD_queue_response(v->conn, (unsigned)rep->code, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result answer(struct visit *v)
{
	struct np_api_deed deed = np_api_faults_deed(v->door->faults, v->req.upgrade);

	v->req.body = (struct np_str){ np_buf_text(&v->body), v->body.len };
	if (!may_enter(v))
		np_fail(&v->rep, 401, "Unauthorized", NULL, "Unauthorized");
	else if (deed.done)
		np_api_answer(&v->req, &v->rep);
	if (deed.silent)
		return MHD_NO;
	if (deed.code) {
		np_reply_release(&v->rep);
		v->rep = (struct np_reply){ 0 };
		np_fail(&v->rep, deed.code, deed.code == 429 ? "TooManyRequests" : "InternalError",
			NULL, "a deliberate fault of the sandbox");
		v->retry_after_s = deed.retry_after_s;
	}
	return send_reply(v);
}

static void visit_free(struct visit *v)
{
	if (!v)
		return;
	np_reply_release(&v->rep);
	np_arena_release(&v->req.arena);
	np_buf_release(&v->body);
	free(v);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version, const char *bytes,
				  size_t *n_bytes, void **con_cls)
{
	struct visit *v = *con_cls;

	(void)version;
	if (!v) {
		v = np_xcalloc(1, sizeof(*v));
		v->door = data;
		v->conn = conn;
		v->retry_after_s = -1;
		*con_cls = v;
		read_headers(v, method, url);
		return MHD_YES;
	}
	if (*n_bytes)
		return take_body(v, bytes, n_bytes);
	return answer(v);
}

static void on_completed(void *data, struct MHD_Connection *conn, void **con_cls,
			 enum MHD_RequestTerminationCode why)
{
	(void)data;
	(void)conn;
	(void)why;
	visit_free(*con_cls);
	*con_cls = NULL;
}

__attribute__((format(printf, 2, 0))) static void on_log(void *data, const char *fmt, va_list ap)
{
	char *text = np_xvasprintf(fmt, ap);

	(void)data;
	np_log_debug("api: %s", text);
	free(text);
}

/* ---- the door ---- */

/* Who comes while the server is gone on purpose finds the door shut. */
static enum MHD_Result on_accept(void *data, const struct sockaddr *addr, socklen_t n)
{
	const struct np_door *d = data;

	(void)addr;
	(void)n;
	return np_api_faults_shut(d->faults) ? MHD_NO : MHD_YES;
}

static struct MHD_Daemon *start(struct np_door *d, int fd, const struct np_api_options *o)
{
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_POLL | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)o->server_cert_pem },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->server_key_pem },
		{ MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)o->client_ca_pem },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (d->tls)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(
		flags, 0, on_accept, d, on_request, d, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, d,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_TIMEOUT_S, MHD_OPTION_ARRAY, d->tls ? tls : tls + 3, MHD_OPTION_END);
}

struct np_door *np_door_open(int fd, bool tls, const struct np_api_options *options,
			     const struct np_api_env *env, struct np_execs *execs,
			     struct np_api_faults *faults, struct np_err *err)
{
	struct np_door *d = np_xcalloc(1, sizeof(*d));
	sigset_t every, before;

	d->env = env;
	d->execs = execs;
	d->faults = faults;
	d->tls = tls;
	pthread_mutex_init(&d->closing, NULL);
	/* The server's threads take no signals; a reader that goes away is an error of send(2). */
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	d->daemon = start(d, fd, options);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!d->daemon) {
		np_err_set(err, NP_EENV, "the API server does not start%s",
			   tls ? " (is the certificate good?)" : "");
		close(fd);
		pthread_mutex_destroy(&d->closing);
		free(d);
		return NULL;
	}
	return d;
}

void np_door_quiesce(struct np_door *d)
{
	MHD_socket fd = d ? MHD_quiesce_daemon(d->daemon) : MHD_INVALID_SOCKET;

	if (fd != MHD_INVALID_SOCKET)
		close(fd);
}

void np_door_close(struct np_door *d)
{
	if (!d)
		return;
	MHD_stop_daemon(d->daemon);
	pthread_mutex_destroy(&d->closing);
	free(d);
}
