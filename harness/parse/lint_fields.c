/* lint_fields.c - fields that a server which is not strict would drop, and what that would open. */
#include <strings.h>

#include "api.h"
#include "lint.h"

/* What happens to a policy that loses a field. */
static const struct {
	const char *type, *field, *effect;
} effects[] = {
	{ "v1.NetworkPolicySpec", "podSelector", "the policy selects every pod of its namespace" },
	{ "v1.NetworkPolicySpec", "policyTypes", "the directions that it isolates are guessed" },
	{ "v1.NetworkPolicySpec", "ingress", "the rules are gone" },
	{ "v1.NetworkPolicySpec", "egress", "the rules are gone, and maybe the isolation" },
	{ "v1.NetworkPolicyIngressRule", "from", "the rule lets everybody in" },
	{ "v1.NetworkPolicyIngressRule", "ports", "the rule opens every port" },
	{ "v1.NetworkPolicyEgressRule", "to", "the rule lets out to everywhere" },
	{ "v1.NetworkPolicyEgressRule", "ports", "the rule opens every port" },
	{ "v1.NetworkPolicyPeer", "podSelector", "the peer is every pod" },
	{ "v1.NetworkPolicyPeer", "namespaceSelector", "the peer is of another namespace" },
	{ "v1.NetworkPolicyPort", "port", "the item is every port of its protocol" },
	{ "v1.NetworkPolicyPort", "endPort", "the range is one port" },
	{ "v1.NetworkPolicyPort", "protocol", "the protocol is TCP" },
	{ "v1.IPBlock", "except", "nothing is excepted" },
	{ "v1.LabelSelector", "matchLabels", "the selector takes everything" },
	{ "v1.LabelSelector", "matchExpressions", "the selector takes everything" },
};

#define LONGEST_NAME 32

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return strncasecmp(&a, &b, 1) == 0;
}

/*
 * Edits between two names, without regard to case; two letters that changed places are one. Many
 * when one is too long.
 */
static size_t distance(struct np_str a, const char *b)
{
	size_t d[LONGEST_NAME + 1][LONGEST_NAME + 1], n = strlen(b);

	if (a.n > LONGEST_NAME || n > LONGEST_NAME)
		return LONGEST_NAME;
	for (size_t i = 0; i <= a.n; i++)
		for (size_t k = 0; k <= n; k++) {
			if (!i || !k) {
				d[i][k] = i + k;
				continue;
			}
			d[i][k] = least(least(d[i - 1][k], d[i][k - 1]) + 1,
					d[i - 1][k - 1] + !same_letter(a.p[i - 1], b[k - 1]));
			if (i > 1 && k > 1 && same_letter(a.p[i - 1], b[k - 2]) &&
			    same_letter(a.p[i - 2], b[k - 1]))
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	return d[a.n][n];
}

static const char *effect_of(const struct api_type *type, const char *field)
{
	for (size_t i = 0; type->go && i < NP_ARRAY_SIZE(effects); i++)
		if (strcmp(effects[i].type, type->go) == 0 && strcmp(effects[i].field, field) == 0)
			return effects[i].effect;
	return NULL;
}

static const struct api_field *nearest(const struct api_type *type, struct np_str name)
{
	const struct api_field *best = NULL;
	size_t best_distance = name.n < 5 ? 2 : name.n / 3 + 1;

	for (size_t i = 0; i < type->n_fields; i++) {
		size_t d = distance(name, type->fields[i].name);

		if (d < best_distance) {
			best = &type->fields[i];
			best_distance = d;
		}
	}
	return best;
}

static void check_unknown(struct np_lint *l, const struct api_type *type,
			  const struct np_pair *pair, const char *file)
{
	const struct np_place place = { file, pair->line, pair->column };
	const struct api_field *f = nearest(type, pair->key);
	const char *effect = f ? effect_of(type, f->name) : NULL;
	bool selector = type->go && strcmp(type->go, "v1.LabelSelector") == 0;

	if (effect)
		lint_note(l, NP_LINT_MISSPELT, l->n_documents, &place,
			  "'" NP_STR_FMT "' is no field; did you mean '%s'? A server that is not "
			  "strict drops it: %s",
			  NP_STR_ARG(pair->key), f->name, effect);
	else if (selector)
		lint_note(l, NP_LINT_MISSPELT, l->n_documents, &place,
			  "'" NP_STR_FMT "' is no field of a selector; labels belong under "
			  "matchLabels. A server that is not strict drops it: the selector takes "
			  "everything",
			  NP_STR_ARG(pair->key));
}

static void walk(struct np_lint *l, const struct api_type *type, const struct np_value *v,
		 const char *file);

static void walk_field(struct np_lint *l, const struct api_field *f, const struct np_value *v,
		       const char *file)
{
	if (!f->sub)
		return;
	if (f->kind != API_LIST) {
		walk(l, f->sub, v, file);
		return;
	}
	for (uint32_t i = 0; v->kind == NP_VALUE_LIST && i < v->n; i++)
		walk(l, f->sub, &v->items[i], file);
}

/* As deep as the tables. */
static void walk(struct np_lint *l, const struct api_type *type, const struct np_value *v,
		 const char *file)
{
	for (uint32_t i = 0; v->kind == NP_VALUE_MAP && i < v->n; i++) {
		const struct np_pair *pair = &v->pairs[i];
		size_t k = 0;

		if (l->n_notes == NP_LINT_MAX_NOTES)
			return;
		while (k < type->n_fields && !np_str_is(pair->key, type->fields[k].name))
			k++;
		if (k < type->n_fields)
			walk_field(l, &type->fields[k], &pair->value, file);
		else
			check_unknown(l, type, pair, file);
	}
}

void lint_fields(struct np_lint *l, const struct np_value *object, const char *file)
{
	walk(l, &api_policy_type, object, file);
}
