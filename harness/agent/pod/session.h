/*
 * session.h - in-pod agent: the line protocol of np/agent/proto.h over two descriptors: batches in,
 * results out.
 */
#ifndef POD_SESSION_H
#define POD_SESSION_H

/*
 * Serves requests from @in_fd with answers to @out_fd until `quit`, the end of input, @idle_s
 * seconds without a valid request, or a reader that does not read for as long. A batch that runs at
 * the end of input is finished first. Returns an exit status: 0; 1 when input ended inside a batch
 * or nobody read; 3 when there is no epoll.
 */
int session_run(int in_fd, int out_fd, const char *identity, unsigned idle_s);

#endif
