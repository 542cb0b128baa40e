/* yaml_world.h - test helper: a world from YAML text, ends by name, one cell as a line of text. */
#ifndef NP_TESTS_ORACLE_YAML_WORLD_H
#define NP_TESTS_ORACLE_YAML_WORLD_H

#include <check.h>
#include <stdio.h>

#include "np/oracle/oracle.h"
#include "np/parse/manifests.h"

/* Adds @text; link with yw_link() after the last. */
static inline void yw_add(struct np_world *w, const char *text)
{
	struct np_err err = { 0 };
	char msg[NP_ERR_TEXT_MAX];

	ck_assert_msg(np_manifests_add_text(w, np_str_from(text), "world.yaml", NP_FIELDS_STRICT, NULL, &err) == 0, "%s\n%s",
		      np_err_text(&err, msg, sizeof(msg)), text);
}

static inline void yw_link(struct np_world *w)
{
	struct np_err err = { 0 };

	ck_assert_msg(np_world_link(w, &err) == 0, "%s", err.msg);
}

static inline struct np_end yw_end(const struct np_world *w, const char *text)
{
	struct np_end end = { .kind = NP_END_ADDR };
	bool svc = strncmp(text, "svc:", 4) == 0;
	const char *name = svc ? text + 4 : text, *slash = strchr(name, '/');
	struct np_str ns;

	if (!slash) {
		ck_assert_msg(np_addr_parse(np_str_from(text), &end.addr), "%s", text);
		return end;
	}
	ns = (struct np_str){ name, (size_t)(slash - name) };
	end.kind = svc ? NP_END_SERVICE : NP_END_POD;
	end.idx = svc ? np_world_find_service(w, ns, np_str_from(slash + 1)) : np_world_find_pod(w, ns, np_str_from(slash + 1));
	ck_assert_msg(end.idx != SIZE_MAX, "no end %s", text);
	return end;
}

/* "x/a y/b TCP:80": source, destination, port. IPv6 when an end is written as an IPv6 address or the port ends in "v6". */
static inline struct np_flow yw_flow(const struct np_world *w, const char *src, const char *dst, const char *port)
{
	struct np_flow f = { .src = yw_end(w, src), .dst = yw_end(w, dst), .family = 4 };
	char proto[8] = "";
	unsigned number = 0;
	char rest[8] = "";

	ck_assert_msg(sscanf(port, "%7[A-Z]:%u%7s", proto, &number, rest) >= 2, "%s", port);
	ck_assert(np_proto_parse(np_str_from(proto), &f.proto));
	f.port = (uint16_t)number;
	if (strcmp(rest, "v6") == 0 || (f.src.kind == NP_END_ADDR && f.src.addr.width == 16 && np_addr_wire(&f.src.addr).width == 16) ||
	    (f.dst.kind == NP_END_ADDR && f.dst.addr.width == 16 && np_addr_wire(&f.dst.addr).width == 16))
		f.family = 6;
	return f;
}

#endif
