/* table.c - netpolcheck table: the truth table of a world. */
#include <stdio.h>
#include <stdlib.h>

#include "np/base/mem.h"
#include "np/cmd/options.h"
#include "table_classes.h"
#include "worldargs.h"

static const char *const family_choices[] = { "4", "6", NULL };

struct table_args {
	struct world_args world;
	struct np_strings ports, addresses;
	bool services, summary, matrix;
	int family;
};

struct ends {
	struct np_end *items;
	size_t n, cap;
};

static void add_end(struct ends *e, struct np_end end)
{
	e->items = np_grow(e->items, &e->cap, e->n, sizeof(*e->items));
	e->items[e->n++] = end;
}

static bool carries_traffic(const struct np_pod *pod)
{
	return pod->phase == NP_PHASE_RUNNING || pod->phase == NP_PHASE_UNKNOWN;
}

/* Pods that run, the addresses asked for, and, as destinations, Services. */
static int collect_ends(const struct table_args *a, const struct np_world *w, struct ends *src,
			struct ends *dst, struct np_err *err)
{
	for (size_t i = 0; i < w->n_pods; i++)
		if (carries_traffic(&w->pods[i]))
			add_end(src, (struct np_end){ .kind = NP_END_POD, .idx = i });
	for (size_t i = 0; i < a->addresses.n; i++) {
		struct np_end end = { .kind = NP_END_ADDR };

		if (!np_addr_parse(np_str_from(a->addresses.items[i]), &end.addr))
			return np_err_set(err, NP_EUSAGE, "--address '%s' is no IP address",
					  a->addresses.items[i]);
		add_end(src, end);
	}
	for (size_t i = 0; i < src->n; i++)
		add_end(dst, src->items[i]);
	for (size_t i = 0; i < w->n_services && a->services; i++)
		add_end(dst, (struct np_end){ .kind = NP_END_SERVICE, .idx = i });
	return 0;
}

static bool parse_port(struct np_str s, struct np_probe_port *ret)
{
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	unsigned long long port;
	struct np_str proto;

	if (!colon)
		return false;
	proto = (struct np_str){ s.p, (size_t)(colon - s.p) };
	if (!np_proto_parse(proto, &ret->proto) ||
	    !np_str_u64((struct np_str){ colon + 1, s.n - proto.n - 1 }, 65535, &port) || port == 0)
		return false;
	ret->port = (uint16_t)port;
	return true;
}

/* Lists like TCP:80,UDP:53; the option may be repeated. */
static int parse_ports(const struct np_strings *lists, struct np_probe_port **ret, size_t *ret_n,
		       struct np_err *err)
{
	size_t n = 0, cap = 0;

	*ret = NULL;
	for (size_t i = 0; i < lists->n; i++)
		for (const char *p = lists->items[i];; p++) {
			struct np_str one = { p, strcspn(p, ",") };

			*ret = np_grow(*ret, &cap, n, sizeof(**ret));
			if (!parse_port(one, &(*ret)[n++]))
				return np_err_set(err, NP_EUSAGE,
						  "--ports: '" NP_STR_FMT "' is not like TCP:80",
						  NP_STR_ARG(one));
			p += one.n;
			if (!*p)
				break;
		}
	*ret_n = n;
	return n ? 0 : np_err_set(err, NP_EUSAGE, "--ports is needed, such as TCP:80,UDP:53");
}

static int find_family(const struct np_world *w)
{
	for (size_t i = 0; i < w->n_pods; i++)
		for (size_t k = 0; k < w->pods[i].n_ips; k++)
			if (np_addr_wire(&w->pods[i].ips[k]).width == 4)
				return 4;
	for (size_t i = 0; i < w->n_pods; i++)
		if (w->pods[i].n_ips)
			return 6;
	return 4;
}

static char verdict_char(enum np_verdict v)
{
	return v == NP_ALLOW ? 'A' : v == NP_UNDEF ? '?' : '.';
}

#define FLUSH_BYTES ((size_t)1 << 20)

static void flush(struct np_buf *b, size_t limit_bytes)
{
	if (b->len >= limit_bytes) {
		fwrite(np_buf_text(b), 1, b->len, stdout);
		np_buf_clear(b);
	}
}

static void put_names(const struct np_world *w, const struct np_end *ends, size_t n,
		      struct np_buf *b)
{
	for (size_t i = 0; i < n; i++) {
		struct np_buf name = { 0 };

		world_args_end_name(w, &ends[i], &name);
		np_buf_adds(b, i ? "," : "");
		np_buf_json(b, (struct np_str){ np_buf_text(&name), name.len });
		np_buf_release(&name);
		flush(b, FLUSH_BYTES);
	}
}

static void put_verdicts(const struct np_table *t, size_t port, size_t source, struct np_buf *b)
{
	char *cells = np_buf_reserve(b, t->n_dests);

	for (size_t j = 0; j < t->n_dests; j++)
		cells[j] = verdict_char(np_table_at(t, port, source, j));
	b->len += t->n_dests;
}

static void print_json(const struct np_world *w, const struct np_table *t)
{
	struct np_buf b = { 0 };

	np_buf_adds(&b, "{\"sources\":[");
	put_names(w, t->sources, t->n_sources, &b);
	np_buf_adds(&b, "],\"destinations\":[");
	put_names(w, t->dests, t->n_dests, &b);
	np_buf_adds(&b, "],\"ports\":[");
	for (size_t p = 0; p < t->n_ports; p++)
		np_buf_printf(&b, "%s{\"protocol\":\"%s\",\"port\":%u}", p ? "," : "",
			      np_proto_name(t->ports[p].proto), t->ports[p].port);
	np_buf_adds(&b, "],\"rows\":[");
	for (size_t p = 0; p < t->n_ports; p++)
		for (size_t i = 0; i < t->n_sources; i++) {
			np_buf_printf(&b, "%s{\"port\":%zu,\"source\":%zu,\"verdicts\":\"",
				      p + i ? "," : "", p, i);
			put_verdicts(t, p, i, &b);
			np_buf_adds(&b, "\"}");
			flush(&b, FLUSH_BYTES);
		}
	np_buf_adds(&b, "]}\n");
	flush(&b, 0);
	np_buf_release(&b);
}

/* Numbers of the columns, one digit under the other. */
static void put_column_numbers(size_t n, struct np_buf *b)
{
	size_t top = 1;

	while (top * 10 <= n)
		top *= 10;
	for (size_t place = top; place; place /= 10) {
		np_buf_adds(b, "      ");
		for (size_t j = 1; j <= n; j++)
			np_buf_addc(b, j < place ? ' ' : (char)('0' + j / place % 10));
		np_buf_addc(b, '\n');
	}
}

static void put_text_rows(const struct np_world *w, const struct np_table *t, size_t p,
			  struct np_buf *b)
{
	for (size_t i = 0; i < t->n_sources; i++) {
		struct np_buf name = { 0 };

		world_args_end_name(w, &t->sources[i], &name);
		np_buf_printf(b, "%5zu ", i + 1);
		put_verdicts(t, p, i, b);
		np_buf_adds(b, "  ");
		np_buf_printable(b, (struct np_str){ np_buf_text(&name), name.len });
		np_buf_addc(b, '\n');
		np_buf_release(&name);
		flush(b, FLUSH_BYTES);
	}
}

/* Rows are sources, columns destinations in the same order; destinations that are no sources are
 * listed. */
static void print_text(const struct np_world *w, const struct np_table *t)
{
	struct np_buf b = { 0 };

	np_buf_adds(&b, "a row for each source, a column for each destination: A allow, . deny, ? "
			"undefined\n");
	for (size_t p = 0; p < t->n_ports; p++) {
		np_buf_printf(&b, "\n%s:%u\n", np_proto_name(t->ports[p].proto), t->ports[p].port);
		put_column_numbers(t->n_dests, &b);
		put_text_rows(w, t, p, &b);
	}
	for (size_t j = t->n_sources; j < t->n_dests; j++) {
		np_buf_printf(&b, "column %zu: ", j + 1);
		world_args_end_name(w, &t->dests[j], &b);
		np_buf_addc(&b, '\n');
	}
	flush(&b, 0);
	np_buf_release(&b);
}

/* ---- a summary: classes of ends instead of ends ---- */

#define MAX_MEMBERS 6 /* named; the rest is counted */
#define READABLE_ENDS 64

static void put_members(const struct np_world *w, const struct np_table *t,
			const struct end_classes *c, size_t at, struct np_buf *b)
{
	size_t n = 0;

	for (size_t i = c->items[at].first; i < t->n_dests && n < MAX_MEMBERS; i++) {
		struct np_buf name = { 0 };

		if (c->of[i] != at)
			continue;
		world_args_end_name(w, &t->dests[i], &name);
		np_buf_adds(b, n++ ? ", " : "  ");
		np_buf_printable(b, (struct np_str){ np_buf_text(&name), name.len });
		np_buf_release(&name);
	}
	if (c->items[at].n > n)
		np_buf_printf(b, " and %zu more", c->items[at].n - n);
	np_buf_addc(b, '\n');
}

static void put_class_row(const struct np_table *t, const struct end_classes *c, size_t port,
			  size_t at, struct np_buf *b)
{
	if (c->items[at].first >= t->n_sources)
		return; /* Services: destinations alone */
	np_buf_printf(b, "%5zu ", at + 1);
	for (size_t k = 0; k < c->n; k++)
		np_buf_addc(b, verdict_char(end_classes_at(t, port, &c->items[at], &c->items[k])));
	np_buf_addc(b, '\n');
}

/* Within a class the cell is that of two different ends of it. */
static void print_summary(const struct np_world *w, const struct np_table *t)
{
	struct end_classes c;
	struct np_buf b = { 0 };

	end_classes_find(t, &c);
	np_buf_printf(&b, "%zu ends in %zu classes; ends of a class differ in nothing\n\n",
		      t->n_dests, c.n);
	for (size_t i = 0; i < c.n; i++) {
		np_buf_printf(&b, "%5zu: %zu", i + 1, c.items[i].n);
		put_members(w, t, &c, i, &b);
	}
	np_buf_adds(&b, "\na row for each class as source, a column for each as destination: A "
			"allow, . deny, ? undefined\n");
	for (size_t p = 0; p < t->n_ports; p++) {
		np_buf_printf(&b, "\n%s:%u\n", np_proto_name(t->ports[p].proto), t->ports[p].port);
		put_column_numbers(c.n, &b);
		for (size_t i = 0; i < c.n; i++) {
			put_class_row(t, &c, p, i, &b);
			flush(&b, FLUSH_BYTES);
		}
	}
	flush(&b, 0);
	np_buf_release(&b);
	end_classes_release(&c);
}

static bool wants_summary(const struct table_args *a, const struct np_table *t)
{
	return a->summary || (!a->matrix && t->n_dests > READABLE_ENDS);
}

static int make_table(const struct table_args *a, const struct np_world *w, struct np_err *err)
{
	struct np_readings readings = np_profile_readings((enum np_profile)a->world.profile);
	struct ends src = { 0 }, dst = { 0 };
	struct np_probe_port *ports = NULL;
	size_t n_ports;
	int rc = collect_ends(a, w, &src, &dst, err);

	if (rc == 0)
		rc = parse_ports(&a->ports, &ports, &n_ports, err);
	if (rc == 0) {
		int family = a->family < 0 ? find_family(w) : a->family ? 6 : 4;
		struct np_oracle *o = np_oracle_new(w, &readings);
		struct np_table t;

		np_oracle_table(o, src.items, src.n, dst.items, dst.n, ports, n_ports, family, &t);
		if (a->world.format == FORMAT_JSON)
			print_json(w, &t);
		else if (wants_summary(a, &t))
			print_summary(w, &t);
		else
			print_text(w, &t);
		np_table_release(&t);
		np_oracle_free(o);
	}
	free(ports);
	free(src.items);
	free(dst.items);
	return rc;
}

static int run_table(int argc, char **argv)
{
	struct table_args a = { .family = -1 };
	const struct np_option options[] = {
		WORLD_OPTIONS(a.world),
		{ "ports", NP_OPT_STRINGS, &a.ports, "LIST", "ports, such as TCP:80,UDP:53", NULL },
		{ "address", NP_OPT_STRINGS, &a.addresses, "IP",
		  "an address outside, as source and destination; may be repeated", NULL },
		{ "services", NP_OPT_FLAG, &a.services, NULL, "Services as destinations too",
		  NULL },
		{ "family", NP_OPT_CHOICE, &a.family, "4|6",
		  "address family; default: IPv4 if some pod has it", family_choices },
		{ "summary", NP_OPT_FLAG, &a.summary, NULL,
		  "classes of ends that nothing tells apart, as from 65 ends on", NULL },
		{ "matrix", NP_OPT_FLAG, &a.matrix, NULL, "every end, however many there are",
		  NULL },
		{ 0 },
	};
	struct np_world w;
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_table, options, argc, argv, NULL);

	if (status < 0 && world_args_load(&a.world, &w, &err) < 0) {
		status = np_command_fail(&np_cmd_table, &err);
	} else if (status < 0) {
		status = make_table(&a, &w, &err) < 0 ? np_command_fail(&np_cmd_table, &err)
						      : NP_EXIT_OK;
		np_world_release(&w);
	}
	np_strings_release(&a.world.worlds);
	np_strings_release(&a.ports);
	np_strings_release(&a.addresses);
	return status;
}

const struct np_command np_cmd_table = {
	.name = "table",
	.summary = "the truth table of a world: every pod to every pod on the ports given",
	.usage = "--world FILE|DIR ... --ports TCP:80,UDP:53 [options]",
	.exits = "0 done, 2 usage or a world that cannot be read",
	.run = run_table,
};
