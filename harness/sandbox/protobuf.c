/* The Kubernetes envelope, the wire format, and the few messages that are read. */
#include "protobuf.h"

#include <stdint.h>

#include "np/base/json.h"
#include "np/base/mem.h"

/* ---- messages, by field number ---- */

enum form { F_STRING, F_INT, F_BOOL, F_MESSAGE, F_MAP /* of strings */, F_TIME, F_INT_OR_STRING };

struct message;

struct field {
	unsigned number;
	const char *name;
	enum form form;
	bool list;
	const struct message *message;
};

struct message {
	const struct field *fields;
	size_t n;
};

#define MESSAGE(name_)                                                                             \
	static const struct message name_ = { name_##_fields, NP_ARRAY_SIZE(name_##_fields) }

static const struct field owner_fields[] = {
	{ 1, "kind", F_STRING, false, NULL },	  { 3, "name", F_STRING, false, NULL },
	{ 4, "uid", F_STRING, false, NULL },	  { 5, "apiVersion", F_STRING, false, NULL },
	{ 6, "controller", F_BOOL, false, NULL }, { 7, "blockOwnerDeletion", F_BOOL, false, NULL },
};
MESSAGE(owner);

static const struct field meta_fields[] = {
	{ 1, "name", F_STRING, false, NULL },
	{ 2, "generateName", F_STRING, false, NULL },
	{ 3, "namespace", F_STRING, false, NULL },
	{ 5, "uid", F_STRING, false, NULL },
	{ 6, "resourceVersion", F_STRING, false, NULL },
	{ 7, "generation", F_INT, false, NULL },
	{ 8, "creationTimestamp", F_TIME, false, NULL },
	{ 11, "labels", F_MAP, false, NULL },
	{ 12, "annotations", F_MAP, false, NULL },
	{ 13, "ownerReferences", F_MESSAGE, true, &owner },
	{ 14, "finalizers", F_STRING, true, NULL },
};
MESSAGE(meta);

static const struct field namespace_spec_fields[] = { { 1, "finalizers", F_STRING, true, NULL } };
MESSAGE(namespace_spec);
static const struct field namespace_fields[] = {
	{ 1, "metadata", F_MESSAGE, false, &meta },
	{ 2, "spec", F_MESSAGE, false, &namespace_spec },
};
MESSAGE(namespace);

static const struct field service_port_fields[] = {
	{ 1, "name", F_STRING, false, NULL },  { 2, "protocol", F_STRING, false, NULL },
	{ 3, "port", F_INT, false, NULL },     { 4, "targetPort", F_INT_OR_STRING, false, NULL },
	{ 5, "nodePort", F_INT, false, NULL }, { 6, "appProtocol", F_STRING, false, NULL },
};
MESSAGE(service_port);
static const struct field service_spec_fields[] = {
	{ 1, "ports", F_MESSAGE, true, &service_port },
	{ 2, "selector", F_MAP, false, NULL },
	{ 3, "clusterIP", F_STRING, false, NULL },
	{ 4, "type", F_STRING, false, NULL },
	{ 5, "externalIPs", F_STRING, true, NULL },
	{ 7, "sessionAffinity", F_STRING, false, NULL },
	{ 10, "externalName", F_STRING, false, NULL },
	{ 13, "publishNotReadyAddresses", F_BOOL, false, NULL },
	{ 17, "ipFamilyPolicy", F_STRING, false, NULL },
	{ 18, "clusterIPs", F_STRING, true, NULL },
	{ 19, "ipFamilies", F_STRING, true, NULL },
};
MESSAGE(service_spec);
static const struct field service_fields[] = {
	{ 1, "metadata", F_MESSAGE, false, &meta }, { 2, "spec", F_MESSAGE, false, &service_spec },
};
MESSAGE(service);

static const struct field resource_attributes_fields[] = {
	{ 1, "namespace", F_STRING, false, NULL }, { 2, "verb", F_STRING, false, NULL },
	{ 3, "group", F_STRING, false, NULL },	   { 4, "version", F_STRING, false, NULL },
	{ 5, "resource", F_STRING, false, NULL },  { 6, "subresource", F_STRING, false, NULL },
	{ 7, "name", F_STRING, false, NULL },
};
MESSAGE(resource_attributes);
static const struct field other_attributes_fields[] = { { 1, "path", F_STRING, false, NULL },
							{ 2, "verb", F_STRING, false, NULL } };
MESSAGE(other_attributes);
static const struct field access_spec_fields[] = {
	{ 1, "resourceAttributes", F_MESSAGE, false, &resource_attributes },
	{ 2, "nonResourceAttributes", F_MESSAGE, false, &other_attributes },
};
MESSAGE(access_spec);
static const struct field access_fields[] = {
	{ 1, "metadata", F_MESSAGE, false, &meta }, { 2, "spec", F_MESSAGE, false, &access_spec },
};
MESSAGE(access);
static const struct field rules_spec_fields[] = { { 1, "namespace", F_STRING, false, NULL } };
MESSAGE(rules_spec);
static const struct field rules_fields[] = {
	{ 1, "metadata", F_MESSAGE, false, &meta },
	{ 2, "spec", F_MESSAGE, false, &rules_spec },
};
MESSAGE(rules);
static const struct field review_fields[] = { { 1, "metadata", F_MESSAGE, false, &meta } };
MESSAGE(review);

static const struct field preconditions_fields[] = {
	{ 1, "uid", F_STRING, false, NULL }, { 2, "resourceVersion", F_STRING, false, NULL }
};
MESSAGE(preconditions);
static const struct field delete_options_fields[] = {
	{ 1, "gracePeriodSeconds", F_INT, false, NULL },
	{ 2, "preconditions", F_MESSAGE, false, &preconditions },
	{ 3, "orphanDependents", F_BOOL, false, NULL },
	{ 4, "propagationPolicy", F_STRING, false, NULL },
	{ 5, "dryRun", F_STRING, true, NULL },
};
MESSAGE(delete_options);
static const struct field eviction_fields[] = {
	{ 1, "metadata", F_MESSAGE, false, &meta },
	{ 2, "deleteOptions", F_MESSAGE, false, &delete_options },
};
MESSAGE(eviction);

static const struct {
	const char *kind;
	const struct message *message;
} kinds[] = {
	{ "Namespace", &namespace },
	{ "Service", &service },
	{ "SelfSubjectAccessReview", &access },
	{ "SelfSubjectRulesReview", &rules },
	{ "SelfSubjectReview", &review },
	{ "DeleteOptions", &delete_options },
	{ "Eviction", &eviction },
};

/* ---- the wire format ---- */

enum wire { W_VARINT = 0, W_64 = 1, W_BYTES = 2, W_32 = 5 };

/* One field as it stands. */
struct item {
	unsigned number;
	enum wire wire;
	uint64_t n;		/* W_VARINT */
	struct np_str bytes;	/* W_BYTES */
};

static bool read_varint(struct np_str *s, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && s->n; shift += 7) {
		unsigned char c = (unsigned char)*s->p;

		*s = (struct np_str){ s->p + 1, s->n - 1 };
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static bool skip(struct np_str *s, size_t n)
{
	if (n > s->n)
		return false;
	*s = (struct np_str){ s->p + n, s->n - n };
	return true;
}

static bool read_item(struct np_str *s, struct item *ret)
{
	uint64_t tag, n;

	if (!read_varint(s, &tag) || tag >> 3 == 0 || tag >> 3 > 536870911)
		return false;
	*ret = (struct item){ .number = (unsigned)(tag >> 3), .wire = (enum wire)(tag & 7) };
	switch (ret->wire) {
	case W_VARINT:
		return read_varint(s, &ret->n);
	case W_64:
		return skip(s, 8);
	case W_32:
		return skip(s, 4);
	case W_BYTES:
		if (!read_varint(s, &n) || n > s->n)
			return false;
		ret->bytes = (struct np_str){ s->p, (size_t)n };
		return skip(s, (size_t)n);
	}
	return false;
}

static const struct field *find_field(const struct message *m, unsigned number)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->fields[i].number == number)
			return &m->fields[i];
	}
	return NULL;
}

static json_t *read_message(struct np_str s, const struct message *m, unsigned depth);

/* {seconds: 1, nanos: 2} */
static json_t *read_time(struct np_str s)
{
	struct item it;
	time_t when = 0;
	char text[32];
	struct tm tm;

	while (s.n) {
		if (!read_item(&s, &it))
			return NULL;
		if (it.number == 1)
			when = (time_t)it.n;
	}
	if (!when || !gmtime_r(&when, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(text);
}

/* {type: 1, intVal: 2, strVal: 3} */
static json_t *read_int_or_string(struct np_str s)
{
	struct np_str text = NP_STR("");
	bool is_text = false;
	struct item it;
	int32_t n = 0;

	while (s.n) {
		if (!read_item(&s, &it))
			return NULL;
		if (it.number == 1)
			is_text = it.n == 1;
		else if (it.number == 2)
			n = (int32_t)it.n;
		else if (it.number == 3)
			text = it.bytes;
	}
	return is_text ? np_json_string(text) : json_integer(n);
}

/* An entry {key: 1, value: 2} into @map. */
static bool read_entry(struct np_str s, json_t *map)
{
	struct np_str key = NP_STR(""), value = NP_STR("");
	json_t *k, *v;
	struct item it;

	while (s.n) {
		if (!read_item(&s, &it))
			return false;
		if (it.number == 1)
			key = it.bytes;
		else if (it.number == 2)
			value = it.bytes;
	}
	k = np_json_string(key);
	v = np_json_string(value);
	json_object_setn_new(map, json_string_value(k), json_string_length(k), v);
	json_decref(k);
	return true;
}

static json_t *read_value(const struct field *f, const struct item *it, unsigned depth)
{
	bool scalar = f->form == F_INT || f->form == F_BOOL;

	if (it->wire != (scalar ? W_VARINT : W_BYTES))
		return NULL;
	switch (f->form) {
	case F_STRING:
		return np_json_string(it->bytes);
	case F_INT:
		return json_integer((json_int_t)it->n);
	case F_BOOL:
		return json_boolean(it->n);
	case F_TIME:
		return read_time(it->bytes);
	case F_INT_OR_STRING:
		return read_int_or_string(it->bytes);
	default:
		return depth ? read_message(it->bytes, f->message, depth - 1) : NULL;
	}
}

static bool add_field(json_t *object, const struct field *f, const struct item *it, unsigned depth)
{
	json_t *v, *into = json_object_get(object, f->name);

	if ((f->list || f->form == F_MAP) && !into) {
		into = f->list ? json_array() : json_object();
		json_object_set_new(object, f->name, into);
	}
	if (f->form == F_MAP)
		return it->wire == W_BYTES && read_entry(it->bytes, into);
	v = read_value(f, it, depth);
	if (!v)
		return false;
	if (f->list)
		json_array_append_new(into, v);
	else
		json_object_set_new(object, f->name, v);
	return true;
}

static json_t *read_message(struct np_str s, const struct message *m, unsigned depth)
{
	json_t *object = json_object();
	struct item it;

	while (s.n) {
		const struct field *f;
		bool ok = read_item(&s, &it);

		f = ok ? find_field(m, it.number) : NULL;
		if (!ok || (f && !add_field(object, f, &it, depth))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* ---- the envelope: "k8s\0", then {typeMeta: 1 {apiVersion: 1, kind: 2}, raw: 2} ---- */

static bool read_envelope(struct np_str s, struct np_str *ret_version, struct np_str *ret_kind,
			  struct np_str *ret_raw)
{
	struct np_str type = NP_STR("");
	struct item it;

	while (s.n) {
		if (!read_item(&s, &it))
			return false;
		if (it.number == 1)
			type = it.bytes;
		else if (it.number == 2)
			*ret_raw = it.bytes;
	}
	while (type.n) {
		if (!read_item(&type, &it))
			return false;
		if (it.number == 1)
			*ret_version = it.bytes;
		else if (it.number == 2)
			*ret_kind = it.bytes;
	}
	return true;
}

int np_protobuf_read(struct np_str bytes, json_t **ret, struct np_err *err)
{
	struct np_str version = NP_STR(""), kind = NP_STR(""), raw = NP_STR("");
	const struct message *m = NULL;
	json_t *object;

	if (bytes.n < 4 || memcmp(bytes.p, "k8s\0", 4) != 0 ||
	    !read_envelope((struct np_str){ bytes.p + 4, bytes.n - 4 }, &version, &kind, &raw))
		return np_err_set(err, NP_EPARSE, "the body is no Kubernetes protobuf message");
	for (size_t i = 0; i < NP_ARRAY_SIZE(kinds); i++) {
		if (np_str_is(kind, kinds[i].kind))
			m = kinds[i].message;
	}
	if (!m)
		return np_err_set(
			err, NP_EUSAGE,
			"objects of kind '%.*s' are not read as protobuf here, send JSON or YAML",
			NP_STR_ARG(kind));
	object = read_message(raw, m, NP_PROTOBUF_MAX_DEPTH);
	if (!object)
		return np_err_set(err, NP_EPARSE,
				  "the protobuf message of kind '%.*s' is malformed",
				  NP_STR_ARG(kind));
	json_object_set_new(object, "kind", np_json_string(kind));
	json_object_set_new(object, "apiVersion", np_json_string(version));
	*ret = object;
	return 0;
}
