/* Field sets and server-side apply. */
#include "../../sandbox/fieldset.h"
#include "../../sandbox/patch_apply.h"
#include "api_test.h"

static void assert_set(const struct np_type *type, const char *object, const char *want)
{
	json_t *o = J(object), *s = np_fields_of(type, o),
	       *w = np_json_parse(want, strlen(want), NULL);
	char *have = T(s);

	ck_assert_ptr_nonnull(w);
	ck_assert_msg(json_equal(s, w), "%s", have);
	free(have);
	json_decref(w);
	json_decref(s);
	json_decref(o);
}

START_TEST(sets_of_objects)
{
	assert_set(&np_type_service,
		   "{'metadata':{'labels':{'a':'1'},'finalizers':['x/"
		   "y']},'spec':{'ports':[{'port':80,'name':'h'}],'selector':{'a':'b'}}}",
		   "{\"f:metadata\":{\"f:labels\":{\"f:a\":{}},\"f:finalizers\":{\"v:\\\"x/"
		   "y\\\"\":{}}},"
		   "\"f:spec\":{\"f:ports\":{\"k:{\\\"port\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{"
		   "\".\":{},\"f:port\":{},\"f:name\":{}}},"
		   "\"f:selector\":{}}}");
	assert_set(&np_type_network_policy,
		   "{'spec':{'podSelector':{'matchLabels':{'a':'b'}},'ingress':[{}],'policyTypes':["
		   "'Ingress']}}",
		   "{\"f:spec\":{\"f:podSelector\":{},\"f:ingress\":{},\"f:policyTypes\":{}}}");
	assert_set(&np_type_service, "{}", "{}");
	assert_set(&np_type_service, "{'spec':{}}", "{\"f:spec\":{}}");
}
END_TEST

START_TEST(algebra)
{
	static const struct {
		const char *a, *b, *both, *minus, *sum;
	} t[] = {
		{ "{}", "{}", "{}", "{}", "{}" },
		{ "{'f:a':{}}", "{}", "{}", "{'f:a':{}}", "{'f:a':{}}" },
		{ "{'f:a':{}}", "{'f:a':{}}", "{'f:a':{}}", "{}", "{'f:a':{}}" },
		{ "{'f:a':{'f:x':{}}}", "{'f:a':{'f:y':{}}}", "{}", "{'f:a':{'f:x':{}}}",
		  "{'f:a':{'f:x':{},'f:y':{}}}" },
		{ "{'f:a':{'.':{},'f:x':{}}}", "{'f:a':{'f:x':{}}}", "{'f:a':{'f:x':{}}}",
		  "{'f:a':{}}", "{'f:a':{'.':{},'f:x':{}}}" },
		{ "{'f:a':{}}", "{'f:a':{'f:x':{}}}", "{}", "{'f:a':{}}",
		  "{'f:a':{'.':{},'f:x':{}}}" },
		{ "{'f:a':{},'f:b':{}}", "{'f:b':{},'f:c':{}}", "{'f:b':{}}", "{'f:a':{}}",
		  "{'f:a':{},'f:b':{},'f:c':{}}" },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(t); i++) {
		json_t *a = J(t[i].a), *b = J(t[i].b), *r;

		assert_json(r = np_fields_both(a, b), t[i].both, "both");
		json_decref(r);
		assert_json(r = np_fields_minus(a, b), t[i].minus, "minus");
		json_decref(r);
		assert_json(r = np_fields_union(a, b), t[i].sum, "union");
		json_decref(r);
		json_decref(a);
		json_decref(b);
	}
}
END_TEST

/* ---- apply: a little cluster of one object ---- */

struct live {
	const struct np_type *type;
	json_t *object;
};

static json_t *apply(struct live *l, const char *who, const char *config, bool force)
{
	struct np_manager m = { who, "v1", false };
	json_t *c = J(config), *conflicts = NULL,
	       *next = np_apply(l->type, l->object, c, &m, force, &conflicts);

	if (next) {
		if (!json_object_get(next, "metadata"))
			json_object_set_new(next, "metadata", json_object());
		np_managed_apply(l->type, l->object, next, c, &m);
		json_decref(l->object);
		l->object = next;
	}
	json_decref(c);
	return conflicts;
}

static void update(struct live *l, const char *who, const char *now)
{
	struct np_manager m = { who, "v1", false };
	json_t *next = J(now), *managed = np_json_at(l->object, "metadata/managedFields");

	json_object_set(json_object_get(next, "metadata"), "managedFields", managed);
	np_managed_update(l->type, l->object, next, &m);
	json_decref(l->object);
	l->object = next;
}

static void assert_live(struct live *l, const char *want)
{
	json_t *copy = json_deep_copy(l->object);

	json_object_del(json_object_get(copy, "metadata"), "managedFields");
	assert_json(copy, want, "live");
	json_decref(copy);
}

/* "manager/Operation manager/Operation " sorted as they stand. */
static void assert_managers(struct live *l, const char *want)
{
	struct np_buf b = { 0 };
	json_t *e;
	size_t i;

	np_buf_adds(&b, "");
	json_array_foreach(np_json_at(l->object, "metadata/managedFields"), i, e)
		np_buf_printf(&b, "%s/%s ", np_json_str(e, "manager", ""),
			      np_json_str(e, "operation", ""));
	ck_assert_str_eq(np_buf_text(&b), want);
	np_buf_release(&b);
}

START_TEST(applying)
{
	struct live l = { &np_type_service, NULL };

	ck_assert_ptr_null(apply(&l, "me",
				 "{'metadata':{'labels':{'a':'1','b':'2'}},'spec':{'ports':[{'port'"
				 ":1},{'port':2}],'type':'X'}}",
				 false));
	assert_live(&l, "{'metadata':{'labels':{'a':'1','b':'2'}},'spec':{'ports':[{'port':1},{'"
			"port':2}],'type':'X'}}");
	/* What is not applied any more goes, list elements by their key. */
	ck_assert_ptr_null(
		apply(&l, "me",
		      "{'metadata':{'labels':{'a':'9'}},'spec':{'ports':[{'port':2,'name':'n'}]}}",
		      false));
	assert_live(&l,
		    "{'metadata':{'labels':{'a':'9'}},'spec':{'ports':[{'port':2,'name':'n'}]}}");
	/* Another manager's fields stay. */
	ck_assert_ptr_null(apply(&l, "you",
				 "{'metadata':{'labels':{'c':'3'}},'spec':{'ports':[{'port':3}]}}",
				 false));
	ck_assert_ptr_null(apply(&l, "me", "{'metadata':{'labels':{'a':'9'}}}", false));
	assert_live(&l, "{'metadata':{'labels':{'a':'9','c':'3'}},'spec':{'ports':[{'port':3}]}}");
	assert_managers(&l, "you/Apply me/Apply ");
	/* Nothing of mine is left. */
	ck_assert_ptr_null(apply(&l, "me", "{'metadata':{}}", false));
	assert_live(&l, "{'metadata':{'labels':{'c':'3'}},'spec':{'ports':[{'port':3}]}}");
	assert_managers(&l, "you/Apply ");
	json_decref(l.object);
}
END_TEST

static void assert_conflicts(json_t *causes_take, const char *who, const char *fields)
{
	struct np_buf b = { 0 };
	json_t *c;
	size_t i;

	np_buf_adds(&b, "");
	json_array_foreach(causes_take, i, c) {
		np_buf_printf(&b, "%s ", np_json_str(c, "field", ""));
		ck_assert_str_eq(np_json_str(c, "reason", ""), "FieldManagerConflict");
		ck_assert_msg(strstr(np_json_str(c, "message", ""), who) != NULL, "%s",
			      np_json_str(c, "message", ""));
	}
	ck_assert_str_eq(np_buf_text(&b), fields);
	np_buf_release(&b);
	json_decref(causes_take);
}

START_TEST(conflicts)
{
	struct live l = { &np_type_service, NULL };

	ck_assert_ptr_null(apply(&l, "me",
				 "{'metadata':{'labels':{'a':'1'}},'spec':{'type':'X','ports':[{'"
				 "port':1,'name':'n'}]}}",
				 false));
	assert_conflicts(
		apply(&l, "you",
		      "{'metadata':{'labels':{'a':'2'}},'spec':{'ports':[{'port':1,'name':'m'}]}}",
		      false),
		"conflict with \"me\" using v1",
		".metadata.labels.a .spec.ports[port=1,protocol=\"TCP\"].name ");
	assert_live(&l, "{'metadata':{'labels':{'a':'1'}},'spec':{'type':'X','ports':[{'port':1,'"
			"name':'n'}]}}");
	/* The same value is shared, not fought over. */
	ck_assert_ptr_null(apply(&l, "you", "{'metadata':{'labels':{'a':'1'}}}", false));
	ck_assert_ptr_null(apply(&l, "me", "{'metadata':{'labels':{}}}", false));
	assert_live(&l, "{'metadata':{'labels':{'a':'1'}}}");
	/* Force takes over. */
	ck_assert_ptr_null(apply(&l, "me", "{'metadata':{'labels':{'a':'2'}}}", true));
	assert_live(&l, "{'metadata':{'labels':{'a':'2'}}}");
	assert_managers(&l, "me/Apply ");
	json_decref(l.object);
}
END_TEST

START_TEST(updates)
{
	struct live l = { &np_type_service, NULL };
	char *first, *second;

	ck_assert_ptr_null(apply(&l, "me", "{'metadata':{'labels':{'a':'1','b':'2'}}}", false));
	/* An update takes what it changes from everybody. */
	update(&l, "editor", "{'metadata':{'labels':{'a':'9','b':'2'}}}");
	assert_managers(&l, "me/Apply editor/Update ");
	assert_conflicts(apply(&l, "me", "{'metadata':{'labels':{'a':'1','b':'2'}}}", false),
			 "\"editor\"", ".metadata.labels.a ");
	/* What it removes is nobody's. */
	update(&l, "editor", "{'metadata':{'labels':{'b':'2'}}}");
	assert_managers(&l, "me/Apply ");
	ck_assert_ptr_null(apply(&l, "me", "{'metadata':{'labels':{'a':'1','b':'2'}}}", false));
	assert_live(&l, "{'metadata':{'labels':{'a':'1','b':'2'}}}");
	/* The same again changes nothing at all. */
	first = T(l.object);
	ck_assert_ptr_null(apply(&l, "me", "{'metadata':{'labels':{'a':'1','b':'2'}}}", false));
	second = T(l.object);
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
	json_decref(l.object);
}
END_TEST

START_TEST(lists_of_policies_are_whole)
{
	struct live l = { &np_type_network_policy, NULL };

	ck_assert_ptr_null(apply(&l, "me",
				 "{'metadata':{},'spec':{'podSelector':{},'ingress':[{'ports':[{'"
				 "port':1}]},{'ports':[{'port':2}]}]}}",
				 false));
	ck_assert_ptr_null(apply(
		&l, "me",
		"{'metadata':{},'spec':{'podSelector':{},'ingress':[{'ports':[{'port':2}]}]}}",
		false));
	assert_live(&l,
		    "{'metadata':{},'spec':{'podSelector':{},'ingress':[{'ports':[{'port':2}]}]}}");
	ck_assert_ptr_null(apply(&l, "me", "{'metadata':{},'spec':{'podSelector':{}}}", false));
	assert_live(&l, "{'metadata':{},'spec':{'podSelector':{}}}");
	json_decref(l.object);
}
END_TEST

RUN_TESTS("apply", sets_of_objects, algebra, applying, conflicts, updates,
	  lists_of_policies_are_whole)
