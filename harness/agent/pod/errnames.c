/* errnames.c - in-pod agent: errno values by name. */
#include "errnames.h"

#include <errno.h>
#include <stdio.h>

#define NAME(e) { e, #e }

static const struct {
	int error;
	const char *name;
} names[] = {
	NAME(EACCES),	       NAME(EADDRINUSE),      NAME(EADDRNOTAVAIL), NAME(EAFNOSUPPORT),
	NAME(EAGAIN),	       NAME(EBADF),	      NAME(ECONNABORTED),  NAME(ECONNRESET),
	NAME(ECONNREFUSED),    NAME(EDESTADDRREQ),    NAME(EFAULT),	   NAME(EHOSTDOWN),
	NAME(EHOSTUNREACH),    NAME(EINTR),	      NAME(EINVAL),	   NAME(EIO),
	NAME(EISCONN),	       NAME(EMFILE),	      NAME(EMSGSIZE),	   NAME(ENETDOWN),
	NAME(ENETUNREACH),     NAME(ENFILE),	      NAME(ENOBUFS),	   NAME(ENODEV),
	NAME(ENOMEM),	       NAME(ENOPROTOOPT),     NAME(ENOSPC),	   NAME(ENOTCONN),
	NAME(EOPNOTSUPP),      NAME(EPERM),	      NAME(EPIPE),	   NAME(EPROTO),
	NAME(EPROTONOSUPPORT), NAME(ESOCKTNOSUPPORT), NAME(ETIMEDOUT),
};

const char *errname(int error)
{
	static char number[16];

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].error == error)
			return names[i].name;
	}
	snprintf(number, sizeof(number), "E%d", error);
	return number;
}
