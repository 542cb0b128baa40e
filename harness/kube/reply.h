/*
 * reply.h - layer kube, private: collecting a reply, its headers, and turning a Status into an
 * error.
 */
#ifndef NP_KUBE_REPLY_H
#define NP_KUBE_REPLY_H

#include <stdbool.h>

#include "np/kube/client.h"

/* Empties, keeps the memory of the text. */
void np_kube_reply_clear(struct np_kube_reply *r);

/* One header line, with or without its line end. A status line begins a new reply. */
void np_kube_reply_header(struct np_kube_reply *r, struct np_str line);

/*
 * Sets @err for an HTTP error reply: code as client.h says, message and path from the Status in
 * @body (may be NULL), or else the first line of @text. Returns -1.
 */
int np_kube_status_err(int http, const json_t *body, const struct np_buf *text, struct np_err *err);

#endif
