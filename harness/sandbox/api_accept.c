/* Accept headers. */
#include "api_accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "np/base/str.h"

struct part {
	struct np_str media, as, group, version;
};

static struct np_str trim(struct np_str s)
{
	while (s.n && strchr(" \t", s.p[0]))
		s = (struct np_str){ s.p + 1, s.n - 1 };
	while (s.n && strchr(" \t", s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Cuts @s at the first @sep; what follows it stays in @s. */
static struct np_str cut(struct np_str *s, char sep)
{
	const char *at = s->n ? memchr(s->p, sep, s->n) : NULL;
	struct np_str head = *s;

	if (!at) {
		*s = (struct np_str){ s->p + s->n, 0 };
		return trim(head);
	}
	head.n = (size_t)(at - s->p);
	*s = (struct np_str){ at + 1, s->n - head.n - 1 };
	return trim(head);
}

static struct part read_part(struct np_str s)
{
	struct part p = { .media = cut(&s, ';') };

	while (s.n) {
		struct np_str param = cut(&s, ';'), key = cut(&param, '=');

		if (np_str_is(key, "as"))
			p.as = param;
		else if (np_str_is(key, "g"))
			p.group = param;
		else if (np_str_is(key, "v"))
			p.version = param;
	}
	return p;
}

static bool media_is(struct np_str media, const char *name)
{
	return media.n == strlen(name) && strncasecmp(media.p, name, media.n) == 0;
}

static bool servable(struct np_str media)
{
	return media_is(media, "application/json") || media_is(media, "application/yaml") ||
	       media_is(media, "*/*") || media_is(media, "application/*");
}

static enum np_accept_as as_of(const struct part *p, bool discovery)
{
	if (!servable(p->media))
		return NP_AS_NOTHING;
	if (!p->as.n)
		return NP_AS_OBJECT;
	if (discovery && np_str_is(p->group, "apidiscovery.k8s.io") &&
	    np_str_is(p->as, "APIGroupDiscoveryList"))
		return np_str_is(p->version, "v2")	  ? NP_AS_DISCOVERY_V2
		       : np_str_is(p->version, "v2beta1") ? NP_AS_DISCOVERY_V2BETA1
							  : NP_AS_NOTHING;
	if (discovery || !np_str_is(p->group, "meta.k8s.io") ||
	    (!np_str_is(p->version, "v1") && !np_str_is(p->version, "v1beta1")))
		return NP_AS_NOTHING;
	if (np_str_is(p->as, "Table"))
		return NP_AS_TABLE;
	return np_str_starts(p->as, "PartialObjectMetadata") ? NP_AS_PARTIAL : NP_AS_NOTHING;
}

enum np_accept_as np_accept(const char *header, bool discovery)
{
	struct np_str rest = np_str_from(header);

	if (!trim(rest).n)
		return NP_AS_OBJECT;
	while (rest.n) {
		struct part p = read_part(cut(&rest, ','));
		enum np_accept_as as = as_of(&p, discovery);

		if (as != NP_AS_NOTHING)
			return as;
	}
	return NP_AS_NOTHING;
}
