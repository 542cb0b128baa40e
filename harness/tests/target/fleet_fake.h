/* fleet_fake.h - agents that misbehave, for the fleet's tests: threads behind a socket. */
#ifndef TESTS_TARGET_FLEET_FAKE_H
#define TESTS_TARGET_FLEET_FAKE_H

#include <pthread.h>
#include <sys/un.h>

#include "fleet_rig.h"

/*
 * Says @hello to every connection, and @answer when a whole batch has come ('#' stands for the
 * batch's number); then closes, floods, or says nothing more. Lives until fake_stop().
 */
struct fake {
	const char *hello, *answer;
	enum { THEN_WAIT, THEN_CLOSE, THEN_FLOOD } then;
	int listener, stop[2];
	atomic_int *raise; /* set to 1 when a batch has come */
	pthread_t thread;
};

static inline bool fake_stopped(struct fake *f, int fd)
{
	struct pollfd p[2] = { { .fd = f->stop[0], .events = POLLIN },
			       { .fd = fd, .events = POLLIN } };

	poll(p, 2, -1);
	return p[0].revents != 0;
}

static inline bool fake_say(struct fake *f, int fd, const char *text, unsigned batch)
{
	struct np_buf b = { 0 };
	bool ok;

	(void)f;
	for (const char *p = text; *p; p++)
		if (*p == '#')
			np_buf_printf(&b, "%u", batch);
		else
			np_buf_addc(&b, *p);
	ok = send(fd, b.data ? b.data : "", b.len, MSG_NOSIGNAL) == (ssize_t)b.len;
	np_buf_release(&b);
	return ok;
}

/* Bytes without a newline, as many as the other side takes. */
static inline void fake_flood(struct fake *f, int fd)
{
	static const char noise[65536] = { [0 ... 65535] = 'x' };
	struct pollfd p[2] = { { .fd = f->stop[0], .events = POLLIN },
			       { .fd = fd, .events = POLLOUT } };

	while (poll(p, 2, -1) > 0 && !p[0].revents && !(p[1].revents & POLLERR))
		if (send(fd, noise, sizeof(noise), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
		    errno != EAGAIN)
			break;
}

/* Number of the batch whose last line is in @b, else 0. */
static inline unsigned whole_batch(const struct np_buf *b)
{
	const char *text = np_buf_text(b), *p = text;
	unsigned id = 0, n = 0;
	size_t lines = 0;

	while ((p = strchr(p, '\n'))) {
		p++;
		lines++;
	}
	if (sscanf(text, "batch %u %u ", &id, &n) != 2)
		return 0;
	return lines == n + 1 ? id : 0;
}

/* Serves one connection; false at the end of the test. */
static inline bool fake_serve(struct fake *f, int fd)
{
	struct np_buf in = { 0 };
	bool go_on = true;

	if (f->hello)
		fake_say(f, fd, f->hello, 0);
	for (;;) {
		ssize_t n;
		unsigned batch;

		if (fake_stopped(f, fd)) {
			go_on = false;
			break;
		}
		n = recv(fd, np_buf_reserve(&in, 65536), 65536, MSG_DONTWAIT);
		if (n <= 0)
			break;
		in.len += (size_t)n;
		batch = whole_batch(&in);
		if (!batch)
			continue;
		np_buf_clear(&in);
		if (f->raise)
			atomic_store(f->raise, 1);
		if (f->answer && !fake_say(f, fd, f->answer, batch))
			break;
		if (f->then == THEN_FLOOD)
			fake_flood(f, fd);
		if (f->then != THEN_WAIT)
			break;
	}
	np_buf_release(&in);
	return go_on;
}

static inline void *fake_main(void *arg)
{
	struct fake *f = arg;
	bool go_on = true;

	while (go_on && !fake_stopped(f, f->listener)) {
		int fd = accept(f->listener, NULL, NULL);

		go_on = fake_serve(f, fd);
		close(fd);
	}
	return NULL;
}

static inline void fake_start(struct fake *f, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct path p = socket_path(name);

	memcpy(a.sun_path, p.text, strlen(p.text) + 1);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(f->listener, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(f->listener, 16), 0);
	ck_assert_int_eq(pipe2(f->stop, O_CLOEXEC), 0);
	ck_assert_int_eq(pthread_create(&f->thread, NULL, fake_main, f), 0);
}

static inline void fake_stop(struct fake *f)
{
	ck_assert_int_eq(write(f->stop[1], "", 1), 1);
	ck_assert_int_eq(pthread_join(f->thread, NULL), 0);
	close(f->listener);
	close(f->stop[0]);
	close(f->stop[1]);
}

#define HELLO	       "hello 1 x/fake 100 -\n"
#define ALLOWED(idx)   "r # " idx " allowed - 10 x/fake 10.0.0.1 20000 5 15 1 20000\n"
#define DROPPED(idx)   "r # " idx " dropped - 0 - - - 5 15 1 20000\n"
#define FOREIGN(idx)   "r 77 " idx " dropped - 0 - - - 5 15 1 20000\n"
#define CUT_SHORT(idx) "r # " idx " dropped - 0 - - - 5 15 1 2000"

#endif
