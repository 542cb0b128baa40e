/*
 * schema_pod.h - private to the tables: types that schema_pod.c defines and schema_podspec.c uses.
 */
#ifndef NP_SANDBOX_SCHEMA_POD_H
#define NP_SANDBOX_SCHEMA_POD_H

#include "schema.h"

extern const struct np_type np_type_container, np_type_object_field,
	np_type_resource_field, np_type_resources, np_type_se_linux, np_type_seccomp,
	np_type_app_armor, np_type_windows;

#endif
