/*
 * greeting.h - in-pod agent: the one line that every server of an agent says, whatever the
 * protocol: NP1 IDENTITY PEERADDR PEERPORT LOCALADDR LOCALPORT[ NONCE]\n PEER is the client as the
 * server saw it; NONCE (UDP only) is the text of the request.
 */
#ifndef POD_GREETING_H
#define POD_GREETING_H

#include "addr.h"

#define GREETING_MAX	   320
#define GREETING_NONCE_MAX 64
#define GREETING_START	   "NP1 "

/*
 * @nonce NULL: none; otherwise at most GREETING_NONCE_MAX bytes of it are said, unprintable ones as
 * '?', "-" when empty. Returns the length.
 */
unsigned greeting_write(char buf[static GREETING_MAX], const char *identity, const union addr *peer,
			const union addr *local, const struct np_str *nonce);

/* A greeting that was read. Strings point into the text; @nonce is empty when there is none. */
struct greeting {
	struct np_str identity, seen_addr, nonce;
	unsigned seen_port;
};

enum greeting_state {
	GREETING_WHOLE,
	GREETING_PARTIAL, /* nothing wrong so far */
	GREETING_NONE,	  /* somebody else speaks */
};

enum greeting_state greeting_read(struct np_str text, struct greeting *ret);

#endif
