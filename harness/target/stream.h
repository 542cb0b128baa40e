/* stream.h - one agent's stream of lines: an exec into a pod, or a socket. Non-blocking; the fleet
 * polls. */
#ifndef NP_TARGET_STREAM_H
#define NP_TARGET_STREAM_H

#include <stdbool.h>

#include "np/base/buf.h"
#include "np/base/err.h"
#include "np/kube/exec.h"
#include "np/target/fleet.h"

struct np_stream {
	struct np_kube_exec *exec;
	int fd; /* of a socket, else -1 */
	bool open, failed;
	struct np_buf in;     /* bytes read and not yet taken as lines */
	struct np_buf out;    /* bytes to be written */
	struct np_buf errout; /* what the agent said on stderr, the end of it */
	struct np_err why;    /* when failed */
};

/* Starts to open; errors show as a failed stream. */
void np_stream_open(struct np_stream *s, struct np_kube *k, const struct np_fleet_place *place);
void np_stream_close(struct np_stream *s);
/* A stream that failed before it was of use: is it worth while to open it again? After how many
 * milliseconds, or -1. *@ret_absent: who should answer is not there or asks to wait. @n: tries before
 * this one. */
int np_stream_again(struct np_stream *s, unsigned n, bool *ret_absent);
/* Reads and writes what is possible now. */
void np_stream_pump(struct np_stream *s);
int np_stream_fd(const struct np_stream *s);
short np_stream_events(const struct np_stream *s);

#endif
