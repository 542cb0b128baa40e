/* api_accept.h - what representation an Accept header asks for. Pure. */
#ifndef NP_SANDBOX_API_ACCEPT_H
#define NP_SANDBOX_API_ACCEPT_H

#include <stdbool.h>

enum np_accept_as {
	NP_AS_OBJECT,
	NP_AS_TABLE,
	NP_AS_PARTIAL,
	NP_AS_DISCOVERY_V2,
	NP_AS_DISCOVERY_V2BETA1,
	NP_AS_NOTHING /* 406 */
};

/*
 * The first alternative that can be served, in the order of the header (weights are not looked at);
 * "" asks for nothing special. @discovery: aggregated discovery is among what can be served, else
 * tables and metadata are.
 */
enum np_accept_as np_accept(const char *header, bool discovery);

#endif
