/* policy.c - names of the policy model's enumerations, and label sets. */
#include "np/model/policy.h"

#include <stdlib.h>

#include "np/base/mem.h"

static const char *const proto_names[] = {
	[NP_TCP] = "TCP",
	[NP_UDP] = "UDP",
	[NP_SCTP] = "SCTP",
};

static const char *const dir_names[] = { [NP_INGRESS] = "ingress", [NP_EGRESS] = "egress" };

static const char *const op_names[] = {
	[NP_OP_IN] = "In",
	[NP_OP_NOT_IN] = "NotIn",
	[NP_OP_EXISTS] = "Exists",
	[NP_OP_NOT_EXISTS] = "DoesNotExist",
};

/* Index of @s in @names, or -1. */
static int find_name(const char *const *names, size_t n, struct np_str s)
{
	for (size_t i = 0; i < n; i++)
		if (np_str_is(s, names[i]))
			return (int)i;
	return -1;
}

const char *np_proto_name(enum np_proto proto)
{
	return proto_names[proto];
}

bool np_proto_parse(struct np_str s, enum np_proto *ret)
{
	int i = find_name(proto_names, NP_ARRAY_SIZE(proto_names), s);

	if (i >= 0)
		*ret = (enum np_proto)i;
	return i >= 0;
}

const char *np_dir_name(enum np_dir dir)
{
	return dir_names[dir];
}

const char *np_op_name(enum np_op op)
{
	return op_names[op];
}

bool np_op_parse(struct np_str s, enum np_op *ret)
{
	int i = find_name(op_names, NP_ARRAY_SIZE(op_names), s);

	if (i >= 0)
		*ret = (enum np_op)i;
	return i >= 0;
}

/*
 * Sort key with the position, because qsort(3) is not stable and the last of equal keys must win. /
 */
struct ranked {
	struct np_label label;
	size_t rank;
};

static int cmp_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int c = np_str_cmp(x->label.key, y->label.key);

	return c ? c : (x->rank > y->rank) - (x->rank < y->rank);
}

static bool is_sorted_unique(const struct np_labels *labels)
{
	for (size_t i = 1; i < labels->n; i++)
		if (np_str_cmp(labels->items[i - 1].key, labels->items[i].key) >= 0)
			return false;
	return true;
}

void np_labels_sort(struct np_labels *labels)
{
	size_t n = 0;

	if (is_sorted_unique(labels))
		return;
	np_auto_free struct ranked *tmp = np_xcalloc(labels->n, sizeof(*tmp));

	for (size_t i = 0; i < labels->n; i++)
		tmp[i] = (struct ranked){ labels->items[i], i };
	qsort(tmp, labels->n, sizeof(*tmp), cmp_ranked);
	for (size_t i = 0; i < labels->n; i++) {
		if (n && np_str_eq(labels->items[n - 1].key, tmp[i].label.key))
			n--;
		labels->items[n++] = tmp[i].label;
	}
	labels->n = n;
}

const struct np_str *np_labels_get(const struct np_labels *labels, struct np_str key)
{
	size_t lo = 0, hi = labels->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = np_str_cmp(key, labels->items[mid].key);

		if (c == 0)
			return &labels->items[mid].value;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
