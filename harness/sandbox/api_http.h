/*
 * api_http.h - the door: libmicrohttpd around np_api_answer(). One thread per connection. Private
 * to the API.
 *
 * What libmicrohttpd refuses itself (a request line or headers that it cannot read or hold) gets
 * its own short answer, not a Status.
 */
#ifndef NP_SANDBOX_API_HTTP_H
#define NP_SANDBOX_API_HTTP_H

#include "api.h"
#include "api_faults.h"
#include "api_request.h"
#include "execstream.h"

struct np_door;

/*
 * Listens on @fd, which is taken over, also on failure. With TLS when @options has a certificate
 * and @tls. @env, @execs and
 * @faults (may be NULL) are borrowed.
 */
struct np_door *np_door_open(int fd, bool tls, const struct np_api_options *options,
			     const struct np_api_env *env, struct np_execs *execs,
			     struct np_api_faults *faults, struct np_err *err);
/* No further connections. */
void np_door_quiesce(struct np_door *d);
/*
 * Ends every connection and waits for their threads; exec streams must be gone. NULL is accepted.
 */
void np_door_close(struct np_door *d);

#endif
