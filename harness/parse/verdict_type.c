/* verdict_type.c - apiVersion and kind of a document, as Go finds them. */
#include "verdict.h"

/* Whether @key is @name (lower case) to a decoder that ignores case as Unicode folds it. */
static bool folds_to(struct np_str key, const char *name)
{
	size_t i = 0;

	for (; i < key.n && *name; name++) {
		char c = key.p[i];

		if (*name == 'k' && key.n - i >= 3 && memcmp(key.p + i, "\xE2\x84\xAA", 3) == 0)
			i += 3; /* Kelvin */
		else if (*name == 's' && key.n - i >= 2 && memcmp(key.p + i, "\xC5\xBF", 2) == 0)
			i += 2; /* long s */
		else if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) == *name)
			i++;
		else
			return false;
	}
	return i == key.n && !*name;
}

static int cmp_pairs(const void *a, const void *b)
{
	const struct np_pair *x = *(const struct np_pair *const *)a,
			     *y = *(const struct np_pair *const *)b;
	int c = np_str_cmp(x->key, y->key);

	return c ? c : (x > y) - (x < y);
}

/* The last spelling wins; what came through YAML is in the order of its keys. */
struct type_words {
	struct np_str api_version, kind;
	struct cell at;
	const struct np_pair *odd;	/* not a string */
};

static void take_word(struct type_words *w, const struct np_pair *pair)
{
	struct np_str *word = folds_to(pair->key, "apiversion") ? &w->api_version
			      : folds_to(pair->key, "kind")	? &w->kind
								: NULL;

	if (!word || pair->value.kind == NP_VALUE_NULL)
		return;
	if (pair->value.kind != NP_VALUE_STRING) {
		w->odd = w->odd ? w->odd : pair;
		return;
	}
	*word = pair->value.text;
	w->at = (struct cell){ pair->value.line, pair->value.column, true };
}

static struct type_words find_type_words(const struct np_value *root, bool json)
{
	struct type_words w = { .api_version = NP_STR(""), .kind = NP_STR("") };
	const struct np_pair *found[64];
	size_t n = 0;

	if (root->kind != NP_VALUE_MAP)
		return w;
	for (uint32_t i = 0; i < root->n; i++) {
		const struct np_pair *pair = &root->pairs[i];

		if (!folds_to(pair->key, "apiversion") && !folds_to(pair->key, "kind"))
			continue;
		if (json)
			take_word(&w, pair);
		else if (!pair->overridden && n < NP_ARRAY_SIZE(found))
			found[n++] = pair;
	}
	qsort(found, n, sizeof(const struct np_pair *), cmp_pairs);
	for (size_t i = 0; i < n; i++)
		take_word(&w, found[i]);
	return w;
}

const char *verdict_json_kind(const struct np_value *v)
{
	static const char *const names[] = {
		[NP_VALUE_NULL] = "null",     [NP_VALUE_BOOL] = "bool",
		[NP_VALUE_INT] = "number",    [NP_VALUE_FLOAT] = "number",
		[NP_VALUE_STRING] = "string", [NP_VALUE_LIST] = "array",
		[NP_VALUE_MAP] = "object",
	};

	return names[v->kind];
}

bool verdict_split_version(struct np_str s, struct np_str *ret_group, struct np_str *ret_version)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;

	*ret_group = NP_STR("");
	*ret_version = s;
	if (!slash)
		return true;
	*ret_group = (struct np_str){ s.p, (size_t)(slash - s.p) };
	*ret_version = (struct np_str){ slash + 1, s.n - ret_group->n - 1 };
	return !memchr(ret_version->p, '/', ret_version->n);
}

/* Whether Go can read them at all; false when it has been refused. */
static bool check_readable(struct verdict *v, const struct np_value *root, const struct type_words *w)
{
	static const char prefix[] = "couldn't get version/kind; json parse error: json: cannot "
				     "unmarshal";
	struct cell at = { root->line, root->column, true };

	if (root->kind != NP_VALUE_MAP && root->kind != NP_VALUE_NULL) {
		verdict_refuse(v, NP_STAGE_DECODE, NP_FINDING_TYPE, &at,
			       "%s %s into Go value of type struct { APIVersion string "
			       "\"json:\\\"apiVersion,omitempty\\\"\"; Kind string "
			       "\"json:\\\"kind,omitempty\\\"\" }",
			       prefix, verdict_json_kind(root));
		return false;
	}
	if (!w->odd)
		return true;
	at = (struct cell){ w->odd->value.line, w->odd->value.column, true };
	verdict_refuse(v, NP_STAGE_DECODE, NP_FINDING_TYPE, &at,
		       "%s %s into Go struct field .%s of type string", prefix,
		       verdict_json_kind(&w->odd->value),
		       folds_to(w->odd->key, "kind") ? "kind" : "apiVersion");
	return false;
}

bool verdict_type_words(struct verdict *v, const struct np_value *root, bool json)
{
	struct type_words w = find_type_words(root, json);
	struct np_str group, version, kind = w.kind.n ? w.kind : NP_STR(POLICY_KIND);

	if (!check_readable(v, root, &w))
		return false;
	if (!verdict_split_version(w.api_version, &group, &version)) {
		verdict_refuse(v, NP_STAGE_DECODE, NP_FINDING_REQUEST, &w.at,
			       "unexpected GroupVersion string: " NP_STR_FMT,
			       NP_STR_ARG(w.api_version));
		return false;
	}
	if (!version.n && !group.n)
		group = NP_STR(POLICY_GROUP);
	if (!version.n && np_str_is(group, POLICY_GROUP))
		version = NP_STR(POLICY_VERSION);
	if (np_str_is(group, POLICY_GROUP) && np_str_is(version, POLICY_VERSION) &&
	    np_str_is(kind, POLICY_KIND))
		return true;
	/* No longer served, but still known: it is read before it is refused. */
	v->of_extensions =
		np_str_is(w.api_version, POLICY_EXTENSIONS) && np_str_is(kind, POLICY_KIND);
	if (v->of_extensions)
		return true;
	verdict_refuse(v, NP_STAGE_DECODE, NP_FINDING_REQUEST, &w.at,
		       NP_STR_FMT " in version \"" NP_STR_FMT
				  "\" cannot be handled as a " POLICY_KIND
				  ": the endpoint takes " POLICY_KIND " of " POLICY_GROUP
				  "/" POLICY_VERSION " only, not of \"" NP_STR_FMT "\"",
		       NP_STR_ARG(kind), NP_STR_ARG(version), NP_STR_ARG(w.api_version));
	return false;
}
