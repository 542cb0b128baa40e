/* Scalars, and looking types and fields up. */
#include "schema.h"

#include <string.h>

#include "np/base/mem.h"

const struct np_type np_type_string = { .go = "string", .base = NP_T_STRING };
const struct np_type np_type_int32 = { .go = "int32", .base = NP_T_INT32 };
const struct np_type np_type_int64 = { .go = "int64", .base = NP_T_INT64 };
const struct np_type np_type_bool = { .go = "bool", .base = NP_T_BOOL };
const struct np_type np_type_int_or_string = { .go = "intstr.IntOrString",
					       .base = NP_T_INT_OR_STRING };
const struct np_type np_type_quantity = { .go = "resource.Quantity", .base = NP_T_QUANTITY };
const struct np_type np_type_time = { .go = "v1.Time", .base = NP_T_TIME };
const struct np_type np_type_any = { .go = "interface {}", .base = NP_T_ANY };

static const struct np_type *const kinds[NP_N_KINDS] = {
	[NP_KIND_NAMESPACE] = &np_type_namespace,
	[NP_KIND_NODE] = &np_type_node,
	[NP_KIND_POD] = &np_type_pod,
	[NP_KIND_SERVICE] = &np_type_service,
	[NP_KIND_NETWORKPOLICY] = &np_type_network_policy,
	[NP_KIND_EVENT] = &np_type_event,
};

const struct np_type *np_schema_of(enum np_kind_id kind)
{
	return kinds[kind];
}

const struct np_field *np_schema_field(const struct np_type *type, const char *name)
{
	for (size_t i = 0; type->base == NP_T_STRUCT && i < type->n_fields; i++) {
		if (strcmp(type->fields[i].name, name) == 0)
			return &type->fields[i];
	}
	return NULL;
}

bool np_schema_atomic(const struct np_field *f)
{
	if (f->flags & NP_F_ATOMIC || f->type->base == NP_T_ANY)
		return true;
	if (f->shape == NP_LIST)
		return !f->keys && !(f->flags & NP_F_SET);
	return f->shape == NP_ONE && (f->type->base != NP_T_STRUCT || f->type->atomic);
}
