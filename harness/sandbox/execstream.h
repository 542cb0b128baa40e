/*
 * execstream.h - pods/exec over WebSocket (v5.channel.k8s.io, v4.channel.k8s.io): one thread per
 * stream between the socket and the pipes of a command. Messages start with a channel: 0 stdin, 1
 * stdout, 2 stderr, 3 the final Status, 4 terminal size (ignored), and in v5 255 with the number of
 * a channel to close. When the stream ends, whichever way, the command is killed and reaped.
 *
 * Back-pressure: with NP_EXEC_QUEUE_MAX bytes waiting for the reader, output of the command is not
 * read; with as much waiting for the command, the socket is not. A message of more than
 * NP_EXEC_MSG_MAX ends the stream.
 */
#ifndef NP_SANDBOX_EXECSTREAM_H
#define NP_SANDBOX_EXECSTREAM_H

#include "api_request.h"

#define NP_EXEC_QUEUE_MAX (512u * 1024)
#define NP_EXEC_MSG_MAX (8u * 1024 * 1024)
#define NP_EXEC_MAX_ARGS 256
#define NP_EXEC_MAX_STREAMS 512

/* What a request asks for, checked. */
struct np_exec_plan;

/* Checks pod, container, command and handshake; on success the reply holds a plan and code 101. */
int np_api_exec(const struct np_request *req, struct np_reply *rep);
/* Headers of the answer; borrowed from the plan. */
const char *np_exec_plan_accept(const struct np_exec_plan *plan);
const char *np_exec_plan_protocol(const struct np_exec_plan *plan);
void np_exec_plan_free(struct np_exec_plan *plan);

/* All streams of a server. */
struct np_execs;
struct np_execs *np_execs_new(struct np_pods *pods);
/* Ends every stream and waits for their threads; a stream that is begun later ends at once. */
void np_execs_stop(struct np_execs *all);
/* Cuts every stream's connection, as if the way to its reader were gone; new ones may be begun. */
void np_execs_cut(struct np_execs *all);
/* After np_execs_stop(), and when no door is open any more. NULL is accepted. */
void np_execs_free(struct np_execs *all);

/*
 * Runs a stream in a thread of its own. @fd: the socket after the handshake; it stays the
 * library's, which gets it back by @closed(@closed_arg), called once, from that thread or from here
 * when there are too many streams. @early: bytes that came with the handshake. Takes @plan over.
 */
void np_execs_run(struct np_execs *all, struct np_exec_plan *plan_take, int fd, const void *early,
		  size_t n_early, void (*closed)(void *), void *closed_arg);

#endif
