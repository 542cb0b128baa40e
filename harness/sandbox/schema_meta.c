/* Metadata and what several kinds share. */
#include "schema.h"

#define META "io.k8s.apimachinery.pkg.apis.meta.v1"
#define CORE "io.k8s.api.core.v1"

static const struct np_field owner_reference[] = {
	{ "apiVersion", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "API version of the referent." },
	{ "blockOwnerDeletion", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "If true, and the owner has the \"foregroundDeletion\" finalizer, then the owner "
		 "cannot be deleted until this reference is removed." },
	{ "controller", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "If true, this reference points to the managing controller." },
	{ "kind", &np_type_string, .flags = NP_F_REQUIRED, .doc = "Kind of the referent." },
	{ "name", &np_type_string, .flags = NP_F_REQUIRED, .doc = "Name of the referent." },
	{ "uid", &np_type_string, .flags = NP_F_REQUIRED, .doc = "UID of the referent." },
};
static NP_ATOMIC_STRUCT(
	type_owner_reference, META, "OwnerReference", owner_reference,
	"OwnerReference contains enough information to let you identify an owning object.");

static const struct np_field managed_fields_entry[] = {
	{ "apiVersion", &np_type_string,
	  .doc = "Version of the resource that this field set applies to." },
	{ "fieldsType", &np_type_string,
	  .doc = "Discriminator of the fields format; always \"FieldsV1\"." },
	{ "fieldsV1", &np_type_any, .doc = "The set of fields, a map from path parts to sets." },
	{ "manager", &np_type_string, .doc = "Identifier of the workflow managing these fields." },
	{ "operation", &np_type_string,
	  .doc = "Type of operation which led to this entry: Apply or Update." },
	{ "subresource", &np_type_string,
	  .doc = "Name of the subresource used to update that object." },
	{ "time", &np_type_time, .doc = "When the entry was added or changed." },
};
static NP_STRUCT(type_managed_fields_entry, META, "ManagedFieldsEntry", managed_fields_entry,
		 "ManagedFieldsEntry is a workflow-id, a FieldSet and the group version of the "
		 "resource that the fieldset applies to.");

static const struct np_field object_meta[] = {
	{ "annotations", &np_type_string, NP_MAP,
	  .doc = "Annotations is an unstructured key value map stored with a resource that may be "
		 "set by external tools to store and retrieve "
		 "arbitrary metadata. They are not queryable and should be preserved when "
		 "modifying objects." },
	{ "creationTimestamp", &np_type_time,
	  .doc = "The server time when this object was created. Set by the server, read-only." },
	{ "deletionGracePeriodSeconds", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "Number of seconds allowed for this object to terminate gracefully. Read-only." },
	{ "deletionTimestamp", &np_type_time,
	  .doc = "Time at and after which this resource will be deleted. Read-only." },
	{ "finalizers", &np_type_string, NP_LIST, NP_F_SET, .merge = "",
	  .doc = "Must be empty before the object is deleted from the registry. Each entry "
		 "identifies the responsible component." },
	{ "generateName", &np_type_string,
	  .doc = "An optional prefix, used by the server, to generate a unique name only if the "
		 "name field has not been provided." },
	{ "generation", &np_type_int64,
	  .doc = "A sequence number representing a specific generation of the desired state. "
		 "Read-only." },
	{ "labels", &np_type_string, NP_MAP,
	  .doc = "Map of string keys and values that can be used to organize and categorize (scope "
		 "and select) objects." },
	{ "managedFields", &type_managed_fields_entry, NP_LIST, NP_F_ATOMIC,
	  .doc = "Maps workflow-id and version to the set of fields that are managed by that "
		 "workflow." },
	{ "name", &np_type_string,
	  .doc = "Name must be unique within a namespace. Cannot be updated." },
	{ "namespace", &np_type_string,
	  .doc = "Namespace defines the space within which each name must be unique. Cannot be "
		 "updated." },
	{ "ownerReferences", &type_owner_reference, NP_LIST, .keys = "uid", .merge = "uid",
	  .doc = "List of objects depended by this object." },
	{ "resourceVersion", &np_type_string,
	  .doc = "An opaque value that represents the internal version of this object." },
	{ "selfLink", &np_type_string,
	  .doc = "Deprecated: selfLink is a legacy read-only field that is no longer populated by "
		 "the system." },
	{ "uid", &np_type_string,
	  .doc = "UID is the unique in time and space value for this object. Set by the server, "
		 "read-only." },
};
NP_STRUCT(np_type_object_meta, META, "ObjectMeta", object_meta,
	  "ObjectMeta is metadata that all persisted resources must have, which includes all "
	  "objects users must create.");

static const struct np_field label_selector_requirement[] = {
	{ "key", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The label key that the selector applies to." },
	{ "operator", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "A key's relationship to a set of values. Valid operators are In, NotIn, Exists "
		 "and DoesNotExist." },
	{ "values", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "An array of string values. If the operator is In or NotIn, the values array must "
		 "be non-empty. If the operator is Exists or "
		 "DoesNotExist, the values array must be empty." },
};
static NP_STRUCT(type_label_selector_requirement, META, "LabelSelectorRequirement",
		 label_selector_requirement,
		 "A label selector requirement is a selector that contains values, a key, and an "
		 "operator that relates the key and values.");

static const struct np_field label_selector[] = {
	{ "matchExpressions", &type_label_selector_requirement, NP_LIST, NP_F_ATOMIC,
	  .doc = "A list of label selector requirements. The requirements are ANDed." },
	{ "matchLabels", &np_type_string, NP_MAP,
	  .doc = "A map of {key,value} pairs. A single {key,value} in the matchLabels map is "
		 "equivalent to an element of matchExpressions, whose key "
		 "field is \"key\", the operator is \"In\", and the values array contains only "
		 "\"value\". The requirements are ANDed." },
};
NP_ATOMIC_STRUCT(np_type_label_selector, META, "LabelSelector", label_selector,
		 "A label selector is a label query over a set of resources. The result of "
		 "matchLabels and matchExpressions are ANDed. An empty label "
		 "selector matches all objects. A null label selector matches no objects.");

static const struct np_field object_reference[] = {
	{ "apiVersion", &np_type_string, .doc = "API version of the referent." },
	{ "fieldPath", &np_type_string,
	  .doc = "A piece of an object instead of an entire object, such as "
		 "spec.containers{name}." },
	{ "kind", &np_type_string, .doc = "Kind of the referent." },
	{ "name", &np_type_string, .doc = "Name of the referent." },
	{ "namespace", &np_type_string, .doc = "Namespace of the referent." },
	{ "resourceVersion", &np_type_string,
	  .doc = "Specific resourceVersion to which this reference is made, if any." },
	{ "uid", &np_type_string, .doc = "UID of the referent." },
};
NP_ATOMIC_STRUCT(np_type_object_reference, CORE, "ObjectReference", object_reference,
		 "ObjectReference contains enough information to let you inspect or modify the "
		 "referred object.");
