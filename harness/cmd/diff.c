/*
 * diff.c - netpolcheck diff: which connections a change of manifests opens and closes.
 *
 * Every port is asked about, not a list: numbers between two cuts of either world's policies are
 * alike, so one of each stretch is enough. The same goes for addresses outside.
 */
#include "diff.h"

#include <stdio.h>
#include <stdlib.h>

#include "np/base/json.h"
#include "np/base/log.h"
#include "np/base/mem.h"
#include "np/model/cuts.h"
#include "worldargs.h"

static const char *const family_choices[] = { "4", "6", NULL };

struct diff_args {
	struct world_args before;
	struct np_strings after, addresses;
	int family;
	bool outside;
};

/* An end in both worlds. An address may stand for all up to @last (width 0: for itself alone). */
struct pair {
	struct np_end before, after;
	struct np_addr last;
};

/* Numbers first..last of a protocol, alike in both worlds. */
struct stretch {
	enum np_proto proto;
	uint16_t first, last;
};

/* Connections between two ends, or between a stretch of addresses and an end. */
struct line {
	unsigned change;
	size_t src, src_last, dst, dst_last;	/* ends; first and last of a stretch */
	char *ports;
};

struct diff {
	const struct np_world *before, *after;
	struct pair *ends;
	size_t n_ends, cap_ends;
	struct stretch *stretches;
	size_t n_stretches, cap_stretches;
	size_t n_gone, n_new;	/* pods of one world alone */
	int family;
	struct np_table tables[2];
	struct line *lines;
	size_t n_lines, cap_lines;
};

/* ---- what is compared ---- */

static bool carries_traffic(const struct np_pod *pod)
{
	return pod->phase == NP_PHASE_RUNNING || pod->phase == NP_PHASE_UNKNOWN;
}

static void add_pair(struct diff *d, struct np_end before, struct np_end after)
{
	d->ends = np_grow(d->ends, &d->cap_ends, d->n_ends, sizeof(*d->ends));
	d->ends[d->n_ends++] = (struct pair){ .before = before, .after = after };
}

static void pair_pods(struct diff *d)
{
	size_t n_both = 0;

	for (size_t i = 0; i < d->before->n_pods; i++) {
		const struct np_pod *pod = &d->before->pods[i];
		size_t k = np_world_find_pod(d->after, pod->ns, pod->name);

		if (k == SIZE_MAX) {
			d->n_gone++;
			continue;
		}
		n_both++;
		if (carries_traffic(pod) && carries_traffic(&d->after->pods[k]))
			add_pair(d, (struct np_end){ .kind = NP_END_POD, .idx = i },
				 (struct np_end){ .kind = NP_END_POD, .idx = k });
	}
	d->n_new = d->after->n_pods - n_both;
}

static void pair_address(struct diff *d, const struct np_addr *a)
{
	struct np_end end = { .kind = NP_END_ADDR, .addr = *a };

	add_pair(d, end, end);
}

static bool has_ip(const struct np_addr *ips, size_t n, const struct np_addr *a)
{
	for (size_t i = 0; i < n; i++) {
		struct np_addr ip = np_addr_wire(&ips[i]);

		if (np_addr_eq(&ip, a))
			return true;
	}
	return false;
}

static bool is_of_cluster(const struct np_world *w, const struct np_addr *a)
{
	for (size_t i = 0; i < w->n_pods; i++)
		if (has_ip(w->pods[i].ips, w->pods[i].n_ips, a))
			return true;
	for (size_t i = 0; i < w->n_nodes; i++)
		if (has_ip(w->nodes[i].ips, w->nodes[i].n_ips, a))
			return true;
	return false;
}

#define MAX_OUTSIDE 400		/* stretches of addresses; the rest is left out, with a note */
#define MAX_TRIES 64

/* An address of the stretch that is no pod's and no node's stands for all of it. */
static void pair_stretch(struct diff *d, struct np_addr first, const struct np_addr *last)
{
	for (unsigned i = 0; i < MAX_TRIES && np_addr_cmp(&first, last) <= 0; i++) {
		if (!is_of_cluster(d->before, &first) && !is_of_cluster(d->after, &first)) {
			pair_address(d, &first);
			d->ends[d->n_ends - 1].last = *last;
			return;
		}
		if (!np_addr_add(&first, 1, &first))
			return;
	}
}

/* Lowest and highest unicast addresses that leave a host. */
static const char *const outermost[2][2] = { { "1.0.0.0", "223.255.255.255" },
					      { "2000::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" } };

/* The stretches that the blocks of both worlds cut. */
static void pair_outside(struct diff *d, const struct np_cuts *cuts)
{
	const char *const *bounds = outermost[d->family == 6];
	struct np_addr first, end, last;
	size_t n_before = d->n_ends;

	if (!np_addr_parse(np_str_from(bounds[0]), &first) || !np_addr_parse(np_str_from(bounds[1]), &end))
		return;
	for (size_t i = 0; i < cuts->n_addrs && d->n_ends - n_before < MAX_OUTSIDE; i++) {
		const struct np_addr *cut = &cuts->addrs[i];

		if (cut->width != first.width || np_addr_cmp(cut, &first) <= 0 || np_addr_cmp(cut, &end) > 0)
			continue;
		np_addr_add(cut, -1, &last);
		pair_stretch(d, first, &last);
		first = *cut;
	}
	if (d->n_ends - n_before == MAX_OUTSIDE)
		np_log_warn("more than %d stretches of addresses outside: the highest are not compared", MAX_OUTSIDE);
	else
		pair_stretch(d, first, &end);
}

static void add_stretches(struct diff *d, enum np_proto proto, const struct np_cuts *cuts)
{
	uint16_t first = 1;

	for (size_t i = 0; i <= cuts->n_ports; i++) {
		uint16_t last = i < cuts->n_ports ? (uint16_t)(cuts->ports[i] - 1) : 65535;

		if (last >= first) {
			d->stretches = np_grow(d->stretches, &d->cap_stretches, d->n_stretches,
					       sizeof(*d->stretches));
			d->stretches[d->n_stretches++] = (struct stretch){ proto, first, last };
		}
		first = i < cuts->n_ports ? cuts->ports[i] : first;
	}
}

/* Cuts of both worlds together: a world of both worlds' policies, pods and Services in turn. */
static void join_cuts(const struct np_world *before, const struct np_world *after, struct np_cuts *ret)
{
	struct np_cuts b;
	size_t i = 0, k = 0;

	np_cuts_of(before, ret);
	np_cuts_of(after, &b);
	ret->ports = np_xrealloc(ret->ports, ret->n_ports + b.n_ports + 1, sizeof(*ret->ports));
	ret->addrs = np_xrealloc(ret->addrs, ret->n_addrs + b.n_addrs + 1, sizeof(*ret->addrs));
	/* Both rise: insert what is missing. */
	for (; k < b.n_ports; k++) {
		while (i < ret->n_ports && ret->ports[i] < b.ports[k])
			i++;
		if (i < ret->n_ports && ret->ports[i] == b.ports[k])
			continue;
		memmove(&ret->ports[i + 1], &ret->ports[i], (ret->n_ports++ - i) * sizeof(*ret->ports));
		ret->ports[i] = b.ports[k];
	}
	for (i = k = 0; k < b.n_addrs; k++) {
		while (i < ret->n_addrs && np_addr_cmp(&ret->addrs[i], &b.addrs[k]) < 0)
			i++;
		if (i < ret->n_addrs && np_addr_eq(&ret->addrs[i], &b.addrs[k]))
			continue;
		memmove(&ret->addrs[i + 1], &ret->addrs[i], (ret->n_addrs++ - i) * sizeof(*ret->addrs));
		ret->addrs[i] = b.addrs[k];
	}
	np_cuts_release(&b);
}

static int find_family(const struct np_world *w)
{
	for (size_t i = 0; i < w->n_pods; i++)
		for (size_t k = 0; k < w->pods[i].n_ips; k++)
			if (np_addr_wire(&w->pods[i].ips[k]).width == 4)
				return 4;
	return w->n_pods && w->pods[0].n_ips ? 6 : 4;
}

static int collect(struct diff *d, const struct diff_args *a, struct np_err *err)
{
	struct np_cuts cuts;

	d->family = a->family < 0 ? find_family(d->before) : a->family ? 6 : 4;
	pair_pods(d);
	for (size_t i = 0; i < a->addresses.n; i++) {
		struct np_addr addr;

		if (!np_addr_parse(np_str_from(a->addresses.items[i]), &addr))
			return np_err_set(err, NP_EUSAGE, "--address '%s' is no IP address",
					  a->addresses.items[i]);
		pair_address(d, &addr);
	}
	join_cuts(d->before, d->after, &cuts);
	if (a->outside)
		pair_outside(d, &cuts);
	for (int p = 0; p < NP_N_PROTOS; p++)
		add_stretches(d, (enum np_proto)p, &cuts);
	np_cuts_release(&cuts);
	return 0;
}

/* ---- the comparison ---- */

static void make_tables(struct diff *d, const struct np_readings *rd)
{
	np_auto_free struct np_end *ends = np_xcalloc(d->n_ends + 1, sizeof(*ends));
	np_auto_free struct np_probe_port *ports = np_xcalloc(d->n_stretches + 1, sizeof(*ports));

	for (size_t i = 0; i < d->n_stretches; i++)
		ports[i] = (struct np_probe_port){ d->stretches[i].proto, d->stretches[i].first };
	for (unsigned t = 0; t < 2; t++) {
		struct np_oracle *o = np_oracle_new(t ? d->after : d->before, rd);

		for (size_t i = 0; i < d->n_ends; i++)
			ends[i] = t ? d->ends[i].after : d->ends[i].before;
		np_oracle_table(o, ends, d->n_ends, ends, d->n_ends, ports, d->n_stretches, d->family,
				&d->tables[t]);
		np_oracle_free(o);
	}
}

/* What became of a connection; CHANGE_NONE comes first. */
enum change { CHANGE_NONE, CHANGE_OPENS, CHANGE_CLOSES, CHANGE_MAY_OPEN, CHANGE_MAY_CLOSE };

static const char *const change_words[] = { "", "opens", "closes", "may open", "may close" };

static enum change change_of(enum np_verdict before, enum np_verdict after)
{
	if (before == after)
		return CHANGE_NONE;
	if (after == NP_UNDEF)
		return before == NP_DENY ? CHANGE_MAY_OPEN : CHANGE_MAY_CLOSE;
	return after == NP_ALLOW ? CHANGE_OPENS : CHANGE_CLOSES;
}

static bool differs(const struct diff *d, size_t src, size_t dst)
{
	for (size_t p = 0; p < d->n_stretches; p++)
		if (np_table_at(&d->tables[0], p, src, dst) != np_table_at(&d->tables[1], p, src, dst))
			return true;
	return false;
}

static void put_stretch(struct np_buf *b, const struct stretch *s)
{
	np_buf_adds(b, b->len ? "," : "");
	if (s->first == 1 && s->last == 65535)
		np_buf_printf(b, "%s", np_proto_name(s->proto));
	else if (s->first == s->last)
		np_buf_printf(b, "%s:%u", np_proto_name(s->proto), s->first);
	else
		np_buf_printf(b, "%s:%u-%u", np_proto_name(s->proto), s->first, s->last);
}

/* The stretches of one kind of change, neighbours joined. */
static void put_ports(const struct diff *d, size_t src, size_t dst, enum change want, struct np_buf *ret)
{
	struct stretch run = { .last = 0 };

	for (size_t p = 0; p < d->n_stretches; p++) {
		const struct stretch *s = &d->stretches[p];

		if (change_of(np_table_at(&d->tables[0], p, src, dst),
			      np_table_at(&d->tables[1], p, src, dst)) != want)
			continue;
		if (run.last && run.proto == s->proto && run.last + 1 == s->first) {
			run.last = s->last;
			continue;
		}
		if (run.last)
			put_stretch(ret, &run);
		run = *s;
	}
	if (run.last)
		put_stretch(ret, &run);
}

/* Whether @b goes on where @a ends: two stretches of addresses side by side. */
static bool is_next(const struct diff *d, size_t a, size_t b)
{
	struct np_addr after;

	return d->ends[a].last.width && d->ends[b].last.width && np_addr_add(&d->ends[a].last, 1, &after) &&
	       (np_addr_eq(&after, &d->ends[b].before.addr) || a + 1 == b);
}

/* Takes @ports. A line that goes on where an earlier one ends becomes part of that. */
static void add_line_take(struct diff *d, unsigned change, size_t src, size_t dst, char *ports)
{
	for (size_t i = d->n_lines; i-- > 0;) {
		struct line *l = &d->lines[i];
		bool same = l->change == change && strcmp(l->ports, ports) == 0;

		if (same && l->src == src && l->src_last == src && is_next(d, l->dst_last, dst)) {
			l->dst_last = dst;
			free(ports);
			return;
		}
		if (same && l->dst == dst && l->dst_last == dst && is_next(d, l->src_last, src)) {
			l->src_last = src;
			free(ports);
			return;
		}
		if (l->src_last + 1 < src)
			break;	/* rows rise: nothing before this is a neighbour */
	}
	d->lines = np_grow(d->lines, &d->cap_lines, d->n_lines, sizeof(*d->lines));
	d->lines[d->n_lines++] = (struct line){ change, src, src, dst, dst, ports };
}

static void compare(struct diff *d)
{
	for (size_t i = 0; i < d->n_ends; i++)
		for (size_t j = 0; j < d->n_ends; j++) {
			if (!differs(d, i, j))
				continue;
			for (int c = CHANGE_OPENS; c <= CHANGE_MAY_CLOSE; c++) {
				struct np_buf ports = { 0 };

				put_ports(d, i, j, (enum change)c, &ports);
				if (ports.len)
					add_line_take(d, (unsigned)c, i, j, np_buf_steal(&ports));
				np_buf_release(&ports);
			}
		}
}

/* The prefix when first..last is a whole block, else -1. */
static int prefix_of(const struct np_addr *first, const struct np_addr *last)
{
	unsigned bits = 8U * first->width, prefix = bits;

	for (unsigned i = bits; i-- > 0;) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		if (first->bytes[i / 8] & bit || !(last->bytes[i / 8] & bit))
			break;
		prefix = i;
	}
	for (unsigned i = 0; i < prefix; i++)
		if ((first->bytes[i / 8] ^ last->bytes[i / 8]) & (0x80 >> i % 8))
			return -1;
	return (int)prefix;
}

static void put_end(const struct diff *d, size_t first, size_t last, struct np_buf *ret)
{
	const struct pair *p = &d->ends[first], *q = &d->ends[last];
	char a[NP_ADDR_TEXT_MAX], b[NP_ADDR_TEXT_MAX];
	int prefix;

	if (!p->last.width) {
		world_args_end_name(d->before, &p->before, ret);
		return;
	}
	prefix = prefix_of(&p->before.addr, &q->last);
	if (prefix >= 0)
		np_buf_printf(ret, "%s/%d", np_addr_text(&p->before.addr, a), prefix);
	else
		np_buf_printf(ret, "%s-%s", np_addr_text(&p->before.addr, a), np_addr_text(&q->last, b));
}

static void put_line(const struct diff *d, const struct line *l, json_t *changes, struct np_buf *out)
{
	struct np_buf from = { 0 }, to = { 0 };

	put_end(d, l->src, l->src_last, &from);
	put_end(d, l->dst, l->dst_last, &to);
	if (changes) {
		json_array_append_new(changes,
				      np_json_pack("{s:s, s:o, s:o, s:s}", "change", change_words[l->change], "from",
						   np_json_string(np_str_from(np_buf_text(&from))), "to",
						   np_json_string(np_str_from(np_buf_text(&to))), "ports", l->ports));
	} else {
		np_buf_printf(out, "%-9s  ", change_words[l->change]);
		np_buf_printable(out, np_str_from(np_buf_text(&from)));
		np_buf_adds(out, " -> ");
		np_buf_printable(out, np_str_from(np_buf_text(&to)));
		np_buf_printf(out, "  %s\n", l->ports);
	}
	np_buf_release(&from);
	np_buf_release(&to);
}

static void print_json(const struct diff *d, struct np_buf *out)
{
	json_t *changes = json_array(), *all;

	for (size_t i = 0; i < d->n_lines; i++)
		put_line(d, &d->lines[i], changes, out);
	all = np_json_pack("{s:o, s:I, s:I}", "changes", changes, "pods_gone", (json_int_t)d->n_gone, "pods_new",
			   (json_int_t)d->n_new);
	np_json_dump(all, 0, out);
	np_buf_addc(out, '\n');
	json_decref(all);
}

static void print_text(const struct diff *d, struct np_buf *out)
{
	for (size_t i = 0; i < d->n_lines; i++)
		put_line(d, &d->lines[i], NULL, out);
	if (d->n_gone + d->n_new)
		np_buf_printf(out, "not compared: %zu pods that are gone, %zu new ones\n", d->n_gone, d->n_new);
	if (!d->n_lines)
		np_buf_adds(out, "no connection opens or closes\n");
}

static void print_result(const struct diff *d, int format)
{
	struct np_buf out = { 0 };

	if (format == FORMAT_JSON)
		print_json(d, &out);
	else
		print_text(d, &out);
	fwrite(np_buf_text(&out), 1, out.len, stdout);
	np_buf_release(&out);
}

static void diff_release(struct diff *d)
{
	for (unsigned t = 0; t < 2; t++)
		np_table_release(&d->tables[t]);
	free(d->ends);
	free(d->stretches);
	for (size_t i = 0; i < d->n_lines; i++)
		free(d->lines[i].ports);
	free(d->lines);
}

static int run_worlds(const struct diff_args *a, const struct np_world *before, const struct np_world *after,
		      struct np_err *err)
{
	struct np_readings rd = np_profile_readings((enum np_profile)a->before.profile);
	struct np_world mixed = *before;
	struct diff d = { .before = before, .after = after };
	int rc;

	/* Policies alone are meant for the pods that there are. */
	if (after->n_pods == 0) {
		mixed.policies = after->policies;
		mixed.n_policies = after->n_policies;
		d.after = &mixed;
	}
	rc = collect(&d, a, err);
	if (rc == 0) {
		make_tables(&d, &rd);
		compare(&d);
		print_result(&d, a->before.format);
		rc = d.n_lines ? NP_EXIT_FOUND : NP_EXIT_OK;
	}
	diff_release(&d);
	return rc;
}

static int load_and_run(const struct diff_args *a, struct np_err *err)
{
	struct world_args after_args = { .worlds = a->after };
	struct np_world before, after;
	int rc;

	if (!a->after.n)
		return np_err_set(err, NP_EUSAGE, "--world-after is needed");
	if (world_args_load(&a->before, &before, err) < 0)
		return -1;
	rc = world_args_load(&after_args, &after, err);
	if (rc == 0) {
		rc = run_worlds(a, &before, &after, err);
		np_world_release(&after);
	}
	np_world_release(&before);
	return rc;
}

static int run_diff(int argc, char **argv)
{
	struct diff_args a = { .family = -1, .outside = true };
	bool pods_only = false;
	const struct np_option options[] = {
		WORLD_OPTIONS(a.before),
		{ "world-after", NP_OPT_STRINGS, &a.after, "FILE|DIR",
		  "the manifests after the change; without pods: policies for the pods of before", NULL },
		{ "address", NP_OPT_STRINGS, &a.addresses, "IP", "an address outside; may be repeated", NULL },
		{ "pods-only", NP_OPT_FLAG, &pods_only, NULL, "no addresses but those", NULL },
		{ "family", NP_OPT_CHOICE, &a.family, "4|6",
		  "address family; default: IPv4 if some pod has it", family_choices },
		{ 0 },
	};
	struct np_err err = { 0 };
	int status = np_command_begin(&np_cmd_diff, options, argc, argv, NULL);

	a.outside = !pods_only;
	if (status < 0) {
		status = load_and_run(&a, &err);
		if (status < 0)
			status = np_command_fail(&np_cmd_diff, &err);
	}
	np_strings_release(&a.before.worlds);
	np_strings_release(&a.after);
	np_strings_release(&a.addresses);
	return status;
}

const struct np_command np_cmd_diff = {
	.name = "diff",
	.summary = "which connections a change of manifests opens and closes",
	.usage = "--world BEFORE ... --world-after AFTER ... [options]",
	.exits = "0 none, 1 some, 2 usage or a world that cannot be read",
	.run = run_diff,
};
