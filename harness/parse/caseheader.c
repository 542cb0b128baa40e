/* caseheader.c - the header of a case file, key by key. */
#include "casectx.h"
#include "caseparts.h"
#include "np/base/mem.h"

static const char *const profiles[] = { "core",	     "extended",  "upstream",
					"lifecycle", "behaviour", NULL };

static int take_id(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	if (case_name(c, v, "case", "/", &ret->id))
		return -1;
	if (!memchr(ret->id.p, '/', ret->id.n) || np_str_starts(ret->id, "/") ||
	    np_str_ends(ret->id, "/") || strstr(ret->id.p, "//"))
		return case_refuse(c, v, "case '%s' must be folder/name", ret->id.p);
	return 0;
}

static int take_title(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	return case_str(c, v, "title", &ret->title);
}

static int take_covers(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	unsigned clause;

	if (case_list(c, v, "covers"))
		return -1;
	if (!v->n)
		return case_refuse(c, v, "covers must name at least one clause, such as S11");
	for (size_t i = 0; i < v->n; i++) {
		struct np_str s = np_value_str(&v->items[i]);

		if (!np_clause_parse(s, &clause))
			return case_refuse(c, &v->items[i],
					   "'" NP_STR_FMT "' is not a clause such as S11",
					   NP_STR_ARG(s));
		np_clauses_add(&ret->covers, clause);
	}
	return 0;
}

static int take_needs(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	enum np_need need;
	char known[256] = "";

	if (case_list(c, v, "needs"))
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		struct np_str s = np_value_str(&v->items[i]);

		if (np_need_parse(s, &need)) {
			ret->needs |= need;
			continue;
		}
		for (unsigned bit = 1, len = 0; bit <= NP_NEED_PINNED_IP; bit <<= 1)
			len += (unsigned)snprintf(known + len, sizeof(known) - len, "%s%s",
						  bit > 1 ? ", " : "",
						  np_need_name((enum np_need)bit));
		return case_refuse(c, &v->items[i], "'" NP_STR_FMT "' is not one of %s",
				   NP_STR_ARG(s), known);
	}
	return 0;
}

static int take_catches(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	if (case_list(c, v, "catches"))
		return -1;
	ret->n_catches = v->n;
	ret->catches = np_arena_array(c->arena, ret->n_catches, sizeof(*ret->catches));
	for (size_t i = 0; i < ret->n_catches; i++)
		if (case_str(c, &v->items[i], "an entry of catches", &ret->catches[i]))
			return -1;
	return 0;
}

static int take_tags(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	if (case_list(c, v, "tags"))
		return -1;
	ret->n_tags = v->n;
	ret->tags = np_arena_array(c->arena, ret->n_tags, sizeof(*ret->tags));
	for (size_t i = 0; i < ret->n_tags; i++)
		if (case_name(c, &v->items[i], "tag", "", &ret->tags[i]))
			return -1;
	return 0;
}

static int take_world(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	return case_name(c, v, "world", "", &ret->world);
}

static int take_profile(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	ret->profile = NP_STR_NONE;
	for (size_t i = 0; profiles[i]; i++)
		if (np_str_is(np_value_str(v), profiles[i]))
			ret->profile = np_str_from(profiles[i]);
	return ret->profile.n ? 0
			      : case_refuse(c, v,
					    "profile must be one of core, extended, upstream, "
					    "lifecycle, behaviour");
}

static int take_seed(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	unsigned long long seed;

	if (v->kind != NP_VALUE_INT || !np_str_u64(v->text, UINT64_MAX, &seed) || !seed)
		return case_refuse(c, v, "seed must be an integer from 1 to 18446744073709551615");
	ret->seed = seed;
	return 0;
}

static int take_ports(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	return case_ports(c, v, &ret->ports, &ret->n_ports);
}

static int take_families(struct casectx *c, const struct np_value *v, struct np_case *ret)
{
	if (case_list(c, v, "families"))
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		const struct np_value *item = &v->items[i];
		bool four = item->kind == NP_VALUE_INT && np_str_is(item->text, "4");

		if (!four && !(item->kind == NP_VALUE_INT && np_str_is(item->text, "6")))
			return case_refuse(c, item, "a family is 4 or 6");
		ret->families |= four ? 1U : 2U;
	}
	return v->n ? 0 : case_refuse(c, v, "families must name 4, 6 or both");
}

static const struct header_key {
	const char *key;
	bool required;
	int (*take)(struct casectx *c, const struct np_value *v, struct np_case *ret);
} header_keys[] = {
	{ "case", true, take_id },	 { "title", true, take_title },
	{ "covers", true, take_covers }, { "world", true, take_world },
	{ "needs", false, take_needs },	 { "catches", false, take_catches },
	{ "tags", false, take_tags },	 { "profile", false, take_profile },
	{ "ports", false, take_ports },	 { "families", false, take_families },
	{ "seed", false, take_seed },
};

int case_take_header(struct casectx *c, const struct np_value *doc, struct np_case *ret)
{
	const char *allowed[NP_ARRAY_SIZE(header_keys) + 1] = { 0 };

	for (size_t i = 0; i < NP_ARRAY_SIZE(header_keys); i++)
		allowed[i] = header_keys[i].key;
	if (case_check_keys(c, doc, allowed, "the header of a case"))
		return -1;
	ret->place = case_place(c, doc);
	ret->profile = NP_STR("core");
	for (size_t i = 0; i < NP_ARRAY_SIZE(header_keys); i++) {
		const struct np_value *v = np_value_get(doc, header_keys[i].key);

		if (!v && header_keys[i].required)
			return case_refuse(c, doc, "key '%s' is missing in the header",
					   header_keys[i].key);
		if (v && header_keys[i].take(c, v, ret))
			return -1;
	}
	return 0;
}
