/* The loop between a WebSocket and a command. */
#include "execstream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

#include "execplan.h"
#include "np/base/clock.h"
#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "status.h"

#define CHUNK 65536
#define STACK_BYTES (512 * 1024)
#define TICK_MS 500		/* how often a quiet stream looks whether its command still runs */
#define LINGER_MS 500 /* output that may follow the command's end, held open by its children */
#define GOODBYE_MS 5000		/* for the last bytes to a reader that does not read */
#define REAP_MS 5000

enum channel { CH_STDIN, CH_STDOUT, CH_STDERR, CH_STATUS, CH_RESIZE, CH_CLOSE = 255 };

struct stream {
	struct np_execs *all;
	struct stream *next;
	struct np_exec_plan *plan;
	int fd;
	void (*closed)(void *);
	void *closed_arg;
	struct np_buf early;		/* bytes that came with the handshake */
	wslay_event_context_ptr ws;
	struct np_pod_exec cmd;		/* fds -1 when closed */
	struct np_buf in;		/* towards the command's stdin */
	bool close_stdin;		/* when @in is empty */
	bool started, dead;		/* the command runs or ran; the socket is of no more use */
	int exit_code;			/* -1: not known */
	int64_t exited_ms;
};

struct np_execs {
	struct np_pods *pods;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct stream *first;
	size_t n;
	bool stopping;
};

/* ---- wslay's callbacks ---- */

static ssize_t ws_recv(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *data)
{
	struct stream *s = data;
	ssize_t n;

	(void)flags;
	if (s->early.len) {
		n = (ssize_t)(s->early.len < len ? s->early.len : len);
		memcpy(buf, s->early.data, (size_t)n);
		np_buf_consume(&s->early, (size_t)n);
		return n;
	}
	do
		n = recv(s->fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return n;
	wslay_event_set_error(ctx, n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
					   ? WSLAY_ERR_WOULDBLOCK
					   : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t ws_send(wslay_event_context_ptr ctx, const uint8_t *bytes, size_t len, int flags,
		       void *data)
{
	struct stream *s = data;
	ssize_t n;

	do
		n = send(s->fd, bytes, len, MSG_NOSIGNAL | (flags & WSLAY_MSG_MORE ? MSG_MORE : 0));
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	wslay_event_set_error(ctx, errno == EAGAIN || errno == EWOULDBLOCK
					   ? WSLAY_ERR_WOULDBLOCK
					   : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static void ws_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
		       void *data)
{
	struct stream *s = data;

	(void)ctx;
	if ((arg->opcode != WSLAY_BINARY_FRAME && arg->opcode != WSLAY_TEXT_FRAME) ||
	    arg->msg_length == 0)
		return;
	if (arg->msg[0] == CH_STDIN && s->cmd.stdin_fd >= 0 && !s->close_stdin)
		np_buf_add(&s->in, arg->msg + 1, arg->msg_length - 1);
	else if (arg->msg[0] == CH_CLOSE && s->plan->v5 && arg->msg_length == 2 &&
		 arg->msg[1] == CH_STDIN)
		s->close_stdin = true;
}

static void queue(struct stream *s, enum channel ch, const void *bytes, size_t n)
{
	uint8_t *msg = np_xmalloc(n + 1);
	struct wslay_event_msg m = { .opcode = WSLAY_BINARY_FRAME,
				     .msg = msg,
				     .msg_length = n + 1 };

	msg[0] = (uint8_t)ch;
	memcpy(msg + 1, bytes, n);
	if (wslay_event_queue_msg(s->ws, &m))
		s->dead = true;
	free(msg);
}

/* ---- the command ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void set_nonblocking(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void queue_status(struct stream *s, json_t *status_take)
{
	struct np_buf b = { 0 };

	np_json_dump(status_take, 0, &b);
	queue(s, CH_STATUS, b.data, b.len);
	np_buf_release(&b);
	json_decref(status_take);
}

static json_t *exit_status(int code)
{
	char number[16], message[96];

	if (code == 0)
		return np_json_pack("{s:{}, s:s}", "metadata", "status", "Success");
	snprintf(number, sizeof(number), "%d", code);
	snprintf(message, sizeof(message),
		 "command terminated with non-zero exit code: exit status %d", code);
	return np_json_pack("{s:{}, s:s, s:s, s:s, s:{s:[{s:s, s:s}]}}", "metadata", "status",
			    "Failure", "message", message, "reason", "NonZeroExitCode", "details",
			    "causes", "reason", "ExitCode", "message", number);
}

static void start_command(struct stream *s)
{
	struct np_err err = { 0 };
	struct np_pod_exec cmd;

	s->cmd = (struct np_pod_exec){ -1, -1, -1, -1 };
	if (np_pods_exec(s->all->pods, s->plan->ns, s->plan->pod,
			 (const char *const *)s->plan->argv, s->plan->want_stdin, &cmd, &err)) {
		char text[NP_ERR_TEXT_MAX];

		queue_status(s, np_status_new(false, 500, "InternalError",
					      np_err_text(&err, text, sizeof(text)), NULL));
		return;
	}
	s->cmd = cmd;
	s->started = true;
	if (!s->plan->want_stdin)
		close_fd(&s->cmd.stdin_fd);
	set_nonblocking(s->cmd.stdin_fd);
	set_nonblocking(s->cmd.stdout_fd);
	set_nonblocking(s->cmd.stderr_fd);
}

static void pump_stdin(struct stream *s)
{
	while (s->in.len && s->cmd.stdin_fd >= 0) {
		ssize_t n = write(s->cmd.stdin_fd, s->in.data, s->in.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			close_fd(&s->cmd.stdin_fd);	/* the command does not read any more */
		else
			np_buf_consume(&s->in, (size_t)n);
	}
	if (s->cmd.stdin_fd < 0)
		np_buf_clear(&s->in);
	else if (s->close_stdin)
		close_fd(&s->cmd.stdin_fd);
}

static bool queue_full(struct stream *s)
{
	return wslay_event_get_queued_msg_length(s->ws) >= NP_EXEC_QUEUE_MAX;
}

/* Reads until there is nothing more or the reader is too slow. */
static void pump_output(struct stream *s, int *fd, enum channel ch, bool wanted)
{
	char bytes[CHUNK];

	while (*fd >= 0 && !queue_full(s) && !s->dead) {
		ssize_t n = read(*fd, bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			close_fd(fd);
		else if (wanted)
			queue(s, ch, bytes, (size_t)n);
		if (n > 0 && (size_t)n < sizeof(bytes))
			return;
	}
}

static void look_for_exit(struct stream *s, int timeout_ms)
{
	if (s->exit_code >= 0)
		return;
	s->exit_code = np_pods_exec_wait(s->all->pods, s->cmd.pid, timeout_ms);
	if (s->exit_code >= 0)
		s->exited_ms = np_now_ms();
}

static bool outputs_closed(const struct stream *s)
{
	return s->cmd.stdout_fd < 0 && s->cmd.stderr_fd < 0;
}

/* The command has ended and all it said is queued. */
static bool finished(struct stream *s)
{
	if (!s->started)
		return true;
	if (outputs_closed(s))
		look_for_exit(s, 0);
	if (s->exit_code < 0)
		return false;
	return outputs_closed(s) || (!queue_full(s) && np_now_ms() - s->exited_ms >= LINGER_MS);
}

/* ---- the loop ---- */

static void pump_socket(struct stream *s, short events)
{
	bool room = s->in.len < NP_EXEC_QUEUE_MAX;

	if ((events & (POLLERR | POLLNVAL)) || ((events & POLLHUP) && !(events & POLLIN)))
		s->dead = true;
	if (room && (events & POLLIN) && wslay_event_recv(s->ws))
		s->dead = true;
	if (!s->dead && wslay_event_want_write(s->ws) && wslay_event_send(s->ws))
		s->dead = true;
	/* A close was answered just now, if there was room for it. */
	if (wslay_event_get_close_received(s->ws) || !wslay_event_want_read(s->ws))
		s->dead = true;
}

static int poll_stream(struct stream *s, int timeout_ms)
{
	bool room = !queue_full(s);
	struct pollfd p[4] = {
		{ .fd = s->fd,
		  .events = (short)((s->in.len < NP_EXEC_QUEUE_MAX ? POLLIN : 0) |
				    (wslay_event_want_write(s->ws) ? POLLOUT : 0)) },
		{ .fd = s->in.len ? s->cmd.stdin_fd : -1, .events = POLLOUT },
		{ .fd = room ? s->cmd.stdout_fd : -1, .events = POLLIN },
		{ .fd = room ? s->cmd.stderr_fd : -1, .events = POLLIN },
	};
	int n = poll(p, 4, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -1;
	pump_socket(s, p[0].revents);
	pump_stdin(s);
	if (p[2].revents)
		pump_output(s, &s->cmd.stdout_fd, CH_STDOUT, s->plan->want_stdout);
	if (p[3].revents)
		pump_output(s, &s->cmd.stderr_fd, CH_STDERR, s->plan->want_stderr);
	if (!s->dead && wslay_event_want_write(s->ws) && wslay_event_send(s->ws))
		s->dead = true;
	return n;
}

/*
 * Commands that end with their outputs held open, or closed before they end, are found by looking.
 */
static int pause_ms(const struct stream *s)
{
	if (outputs_closed(s) || s->exit_code >= 0)
		return 20;
	return TICK_MS;
}

static void run_command(struct stream *s)
{
	if (s->early.len)
		pump_socket(s, POLLIN);
	while (!s->dead && !finished(s)) {
		int n = poll_stream(s, pause_ms(s));

		if (n < 0)
			s->dead = true;
		else if (n == 0)
			look_for_exit(s, 0);
	}
}

/* Data first: a close frame would overtake what is queued. */
static void say_goodbye(struct stream *s)
{
	int64_t until_ms = np_now_ms() + GOODBYE_MS;
	bool said = false;

	while (!s->dead && np_now_ms() < until_ms) {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };

		if (!said && wslay_event_get_queued_msg_count(s->ws) == 0) {
			said = true;
			wslay_event_queue_close(s->ws, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
		}
		if (wslay_event_want_write(s->ws))
			p.events |= POLLOUT;
		if (poll(&p, 1, 200) < 0 && errno != EINTR)
			return;
		pump_socket(s, p.revents);
		np_buf_clear(&s->in);
	}
}

static void end_command(struct stream *s)
{
	close_fd(&s->cmd.stdin_fd);
	close_fd(&s->cmd.stdout_fd);
	close_fd(&s->cmd.stderr_fd);
	if (!s->started || s->exit_code >= 0)
		return;
	np_pods_exec_kill(s->all->pods, s->cmd.pid);
	if (np_pods_exec_wait(s->all->pods, s->cmd.pid, REAP_MS) < 0)
		np_log_warn("a command in pod %s/%s does not end after SIGKILL", s->plan->ns,
			    s->plan->pod);
}

static void stream_free(struct stream *s)
{
	if (s->ws)
		wslay_event_context_free(s->ws);
	s->closed(s->closed_arg);
	np_exec_plan_free(s->plan);
	np_buf_release(&s->early);
	np_buf_release(&s->in);
	free(s);
}

static void unlist(struct stream *s)
{
	struct np_execs *all = s->all;

	pthread_mutex_lock(&all->lock);
	for (struct stream **p = &all->first; *p; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			break;
		}
	}
	pthread_mutex_unlock(&all->lock);
}

/* After this np_execs_stop() may return, so nothing of @all is touched any more. */
static void count_out(struct np_execs *all)
{
	pthread_mutex_lock(&all->lock);
	all->n--;
	pthread_cond_broadcast(&all->ended);
	pthread_mutex_unlock(&all->lock);
}

static int open_ws(struct stream *s)
{
	struct wslay_event_callbacks cb = { .recv_callback = ws_recv,
					    .send_callback = ws_send,
					    .on_msg_recv_callback = ws_message };

	if (wslay_event_context_server_init(&s->ws, &cb, s))
		return -1;
	wslay_event_config_set_max_recv_msg_length(s->ws, NP_EXEC_MSG_MAX);
	return 0;
}

static void *stream_main(void *arg)
{
	struct stream *s = arg;
	struct np_execs *all = s->all;

	if (open_ws(s) == 0) {
		start_command(s);
		run_command(s);
		if (!s->dead && s->started)
			queue_status(s, exit_status(s->exit_code));
		say_goodbye(s);
	}
	end_command(s);
	unlist(s);
	stream_free(s);
	count_out(all);
	return NULL;
}

/* ---- all streams ---- */

struct np_execs *np_execs_new(struct np_pods *pods)
{
	struct np_execs *all = np_xcalloc(1, sizeof(*all));

	all->pods = pods;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->ended, NULL);
	return all;
}

void np_execs_stop(struct np_execs *all)
{
	pthread_mutex_lock(&all->lock);
	all->stopping = true;
	for (struct stream *s = all->first; s; s = s->next)
		shutdown(s->fd, SHUT_RDWR);
	while (all->n)
		pthread_cond_wait(&all->ended, &all->lock);
	pthread_mutex_unlock(&all->lock);
}

void np_execs_cut(struct np_execs *all)
{
	pthread_mutex_lock(&all->lock);
	for (struct stream *s = all->first; s; s = s->next)
		shutdown(s->fd, SHUT_RDWR);
	pthread_mutex_unlock(&all->lock);
}

void np_execs_free(struct np_execs *all)
{
	if (!all)
		return;
	pthread_cond_destroy(&all->ended);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

static bool enlist(struct np_execs *all, struct stream *s)
{
	bool ok;

	pthread_mutex_lock(&all->lock);
	ok = !all->stopping && all->n < NP_EXEC_MAX_STREAMS;
	if (ok) {
		s->next = all->first;
		all->first = s;
		all->n++;
	}
	pthread_mutex_unlock(&all->lock);
	return ok;
}

/* With every signal blocked: a command that does not read must not end the program by SIGPIPE. */
static int start_thread(struct stream *s)
{
	sigset_t every, before;
	pthread_attr_t attr;
	pthread_t t;
	int rc;

	sigfillset(&every);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	rc = pthread_create(&t, &attr, stream_main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

void np_execs_run(struct np_execs *all, struct np_exec_plan *plan_take, int fd, const void *early,
		  size_t n_early, void (*closed)(void *), void *closed_arg)
{
	struct stream *s = np_xcalloc(1, sizeof(*s));

	*s = (struct stream){ .all = all,
			      .plan = plan_take,
			      .fd = fd,
			      .closed = closed,
			      .closed_arg = closed_arg,
			      .cmd = { -1, -1, -1, -1 },
			      .exit_code = -1 };
	if (n_early)
		np_buf_add(&s->early, early, n_early);
	set_nonblocking(fd);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 },
		   sizeof(int)); /* a unix socket has no such thing */
	if (!enlist(all, s)) {
		stream_free(s);
		return;
	}
	if (start_thread(s)) {
		unlist(s);
		stream_free(s);
		count_out(all);
	}
}
