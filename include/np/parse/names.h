/*
 * names.h - layer parse: the syntax primitives of the API (semantics 3.2), with the sentences that
 * kube-apiserver says. Pure.
 */
#ifndef NP_PARSE_NAMES_H
#define NP_PARSE_NAMES_H

#include "np/base/buf.h"

enum np_name_rule {
	NP_NAME_DNS_LABEL,
	NP_NAME_DNS_SUBDOMAIN,
	NP_NAME_DNS_1035,
	NP_NAME_QUALIFIED,	/* label and annotation keys */
	NP_NAME_LABEL_VALUE,
	NP_NAME_PORT,
};

#define NP_NAME_MAX_ERRORS 6

/*
 * Fills @ret (NP_NAME_MAX_ERRORS elements) with static sentences, one for each broken part of the
 * rule; returns their number, 0 when @s is fine.
 */
size_t np_name_errors(enum np_name_rule rule, struct np_str s, const char **ret);

/* Appends @s as Go's %q prints it. */
void np_buf_go_quoted(struct np_buf *b, struct np_str s);

#endif
