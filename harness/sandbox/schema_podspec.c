/* v1 Pod: the spec around the containers, and the status. */
#include "schema_pod.h"

#define CORE "io.k8s.api.core.v1"

static const struct np_field node_requirement[] = {
	{ "key", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The label key that the selector applies to." },
	{ "operator", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "In, NotIn, Exists, DoesNotExist, Gt, or Lt." },
	{ "values", &np_type_string, NP_LIST, NP_F_ATOMIC, .doc = "An array of string values." },
};
static NP_STRUCT(type_node_requirement, CORE, "NodeSelectorRequirement", node_requirement,
		 "A requirement on node labels or fields.");

static const struct np_field node_term[] = {
	{ "matchExpressions", &type_node_requirement, NP_LIST, NP_F_ATOMIC,
	  .doc = "Requirements by node's labels." },
	{ "matchFields", &type_node_requirement, NP_LIST, NP_F_ATOMIC,
	  .doc = "Requirements by node's fields." },
};
static NP_ATOMIC_STRUCT(type_node_term, CORE, "NodeSelectorTerm", node_term,
			"A null or empty node selector term matches no objects.");

static const struct np_field node_selector[] = {
	{ "nodeSelectorTerms", &type_node_term, NP_LIST, NP_F_REQUIRED | NP_F_ATOMIC,
	  .doc = "A list of node selector terms. The terms are ORed." },
};
static NP_ATOMIC_STRUCT(type_node_selector, CORE, "NodeSelector", node_selector,
			"The union of label queries over a set of nodes.");

static const struct np_field preferred_node[] = {
	{ "preference", &type_node_term, .flags = NP_F_REQUIRED,
	  .doc = "A node selector term, associated with the weight." },
	{ "weight", &np_type_int32, .flags = NP_F_REQUIRED, .doc = "Weight in the range 1-100." },
};
static NP_STRUCT(type_preferred_node, CORE, "PreferredSchedulingTerm", preferred_node,
		 "A weighted node selector term.");

static const struct np_field node_affinity[] = {
	{ "preferredDuringSchedulingIgnoredDuringExecution", &type_preferred_node, NP_LIST,
	  NP_F_ATOMIC, .doc = "Preferences of the scheduler." },
	{ "requiredDuringSchedulingIgnoredDuringExecution", &type_node_selector, .flags = NP_F_PTR,
	  .doc = "Requirements of the scheduler." },
};
static NP_STRUCT(type_node_affinity, CORE, "NodeAffinity", node_affinity,
		 "Node affinity scheduling rules.");

static const struct np_field pod_term[] = {
	{ "labelSelector", &np_type_label_selector, .flags = NP_F_PTR,
	  .doc = "A label query over a set of pods." },
	{ "matchLabelKeys", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Pod label keys to select which pods will be considered." },
	{ "mismatchLabelKeys", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Pod label keys to select which pods will be considered." },
	{ "namespaceSelector", &np_type_label_selector, .flags = NP_F_PTR,
	  .doc = "A label query over the set of namespaces." },
	{ "namespaces", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "A static list of namespace names." },
	{ "topologyKey", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "What counts as one place." },
};
static NP_STRUCT(type_pod_term, CORE, "PodAffinityTerm", pod_term,
		 "A set of pods that this pod should be co-located or not with.");

static const struct np_field weighted_pod[] = {
	{ "podAffinityTerm", &type_pod_term, .flags = NP_F_REQUIRED,
	  .doc = "A pod affinity term, associated with the weight." },
	{ "weight", &np_type_int32, .flags = NP_F_REQUIRED, .doc = "Weight in the range 1-100." },
};
static NP_STRUCT(type_weighted_pod, CORE, "WeightedPodAffinityTerm", weighted_pod,
		 "A weighted pod affinity term.");

static const struct np_field pod_affinity[] = {
	{ "preferredDuringSchedulingIgnoredDuringExecution", &type_weighted_pod, NP_LIST,
	  NP_F_ATOMIC, .doc = "Preferences of the scheduler." },
	{ "requiredDuringSchedulingIgnoredDuringExecution", &type_pod_term, NP_LIST, NP_F_ATOMIC,
	  .doc = "Requirements of the scheduler." },
};
static NP_STRUCT(type_pod_affinity, CORE, "PodAffinity", pod_affinity,
		 "Inter pod affinity scheduling rules.");
static NP_STRUCT(type_pod_anti_affinity, CORE, "PodAntiAffinity", pod_affinity,
		 "Inter pod anti affinity scheduling rules.");

static const struct np_field affinity[] = {
	{ "nodeAffinity", &type_node_affinity, .flags = NP_F_PTR,
	  .doc = "Node affinity scheduling rules for the pod." },
	{ "podAffinity", &type_pod_affinity, .flags = NP_F_PTR,
	  .doc = "Pod affinity scheduling rules." },
	{ "podAntiAffinity", &type_pod_anti_affinity, .flags = NP_F_PTR,
	  .doc = "Pod anti-affinity scheduling rules." },
};
static NP_STRUCT(type_affinity, CORE, "Affinity", affinity,
		 "Affinity is a group of affinity scheduling rules.");

static const struct np_field toleration[] = {
	{ "effect", &np_type_string,
	  .doc = "The taint effect to match: NoSchedule, PreferNoSchedule, NoExecute; empty "
		 "matches all." },
	{ "key", &np_type_string, .doc = "The taint key that the toleration applies to." },
	{ "operator", &np_type_string, .doc = "Exists or Equal." },
	{ "tolerationSeconds", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "How long a NoExecute taint is tolerated." },
	{ "value", &np_type_string, .doc = "The taint value the toleration matches to." },
};
static NP_STRUCT(type_toleration, CORE, "Toleration", toleration,
		 "The pod this Toleration is attached to tolerates any matching taint.");

static const struct np_field host_alias[] = {
	{ "hostnames", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Hostnames for the above IP address." },
	{ "ip", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "IP address of the host file entry." },
};
static NP_STRUCT(type_host_alias, CORE, "HostAlias", host_alias,
		 "An entry in the pod's hosts file.");

static const struct np_field dns_option[] = {
	{ "name", &np_type_string, .doc = "Name of this DNS resolver option." },
	{ "value", &np_type_string, .flags = NP_F_PTR,
	  .doc = "Value of this DNS resolver option." },
};
static NP_STRUCT(type_dns_option, CORE, "PodDNSConfigOption", dns_option,
		 "PodDNSConfigOption defines DNS resolver options of a pod.");

static const struct np_field dns_config[] = {
	{ "nameservers", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "A list of DNS name server IP addresses." },
	{ "options", &type_dns_option, NP_LIST, NP_F_ATOMIC,
	  .doc = "A list of DNS resolver options." },
	{ "searches", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "A list of DNS search domains for host-name lookup." },
};
static NP_STRUCT(type_dns_config, CORE, "PodDNSConfig", dns_config, "The DNS parameters of a pod.");

static const struct np_field one_name[] = {
	{ "name", &np_type_string, .flags = NP_F_REQUIRED, .doc = "Name of the referent." },
};
static NP_ATOMIC_STRUCT(type_local_reference, CORE, "LocalObjectReference", one_name,
			"A reference to an object inside the same namespace.");
static NP_STRUCT(type_pod_os, CORE, "PodOS", one_name, "PodOS defines the OS parameters of a pod.");
static NP_STRUCT(type_scheduling_gate, CORE, "PodSchedulingGate", one_name,
		 "PodSchedulingGate guards a Pod's scheduling.");

static const struct np_field readiness_gate[] = {
	{ "conditionType", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "A condition in the pod's condition list with matching type." },
};
static NP_STRUCT(type_readiness_gate, CORE, "PodReadinessGate", readiness_gate,
		 "The reference to a pod condition.");

static const struct np_field pod_claim[] = {
	{ "name", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Uniquely identifies this resource claim inside the pod." },
	{ "resourceClaimName", &np_type_string, .flags = NP_F_PTR,
	  .doc = "The name of a ResourceClaim object." },
	{ "resourceClaimTemplateName", &np_type_string, .flags = NP_F_PTR,
	  .doc = "The name of a ResourceClaimTemplate object." },
};
static NP_STRUCT(type_pod_claim, CORE, "PodResourceClaim", pod_claim,
		 "PodResourceClaim references a ResourceClaim.");

static const struct np_field sysctl[] = {
	{ "name", &np_type_string, .flags = NP_F_REQUIRED, .doc = "Name of a property to set" },
	{ "value", &np_type_string, .flags = NP_F_REQUIRED, .doc = "Value of a property to set" },
};
static NP_STRUCT(type_sysctl, CORE, "Sysctl", sysctl,
		 "Sysctl defines a kernel parameter to be set");

static const struct np_field pod_security[] = {
	{ "appArmorProfile", &np_type_app_armor, .flags = NP_F_PTR,
	  .doc = "AppArmor options to use by the containers in this pod." },
	{ "fsGroup", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "A special supplemental group that applies to all containers in a pod." },
	{ "fsGroupChangePolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "How ownership and permission of the volume are changed." },
	{ "runAsGroup", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "The GID to run the entrypoint of the container process." },
	{ "runAsNonRoot", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Indicates that the container must run as a non-root user." },
	{ "runAsUser", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "The UID to run the entrypoint of the container process." },
	{ "seLinuxChangePolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "How the container's SELinux label is applied." },
	{ "seLinuxOptions", &np_type_se_linux, .flags = NP_F_PTR,
	  .doc = "The SELinux context to be applied to all containers." },
	{ "seccompProfile", &np_type_seccomp, .flags = NP_F_PTR,
	  .doc = "The seccomp options to use by the containers in this pod." },
	{ "supplementalGroups", &np_type_int64, NP_LIST, NP_F_ATOMIC,
	  .doc = "A list of groups applied to the first process." },
	{ "supplementalGroupsPolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "How supplemental groups are calculated." },
	{ "sysctls", &type_sysctl, NP_LIST, NP_F_ATOMIC,
	  .doc = "A list of namespaced sysctls used for the pod." },
	{ "windowsOptions", &np_type_windows, .flags = NP_F_PTR,
	  .doc = "The Windows specific settings." },
};
static NP_STRUCT(type_pod_security, CORE, "PodSecurityContext", pod_security,
		 "Pod-level security attributes and common container settings.");

static const struct np_field spread[] = {
	{ "labelSelector", &np_type_label_selector, .flags = NP_F_PTR,
	  .doc = "Used to find matching pods." },
	{ "matchLabelKeys", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Pod label keys to select the pods." },
	{ "maxSkew", &np_type_int32, .flags = NP_F_REQUIRED,
	  .doc = "The degree to which pods may be unevenly distributed." },
	{ "minDomains", &np_type_int32, .flags = NP_F_PTR,
	  .doc = "A minimum number of eligible domains." },
	{ "nodeAffinityPolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "How nodeAffinity and nodeSelector are treated." },
	{ "nodeTaintsPolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "How node taints are treated." },
	{ "topologyKey", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The key of node labels." },
	{ "whenUnsatisfiable", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "DoNotSchedule or ScheduleAnyway." },
};
static NP_STRUCT(type_spread, CORE, "TopologySpreadConstraint", spread,
		 "How to spread matching pods among the given topology.");

static const struct np_field key_to_path[] = {
	{ "key", &np_type_string, .flags = NP_F_REQUIRED, .doc = "The key to project." },
	{ "mode", &np_type_int32, .flags = NP_F_PTR,
	  .doc = "Mode bits used to set permissions on this file." },
	{ "path", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The relative path of the file to map the key to." },
};
static NP_STRUCT(type_key_to_path, CORE, "KeyToPath", key_to_path,
		 "Maps a string key to a path within a volume.");

static const struct np_field config_map_volume[] = {
	{ "defaultMode", &np_type_int32, .flags = NP_F_PTR,
	  .doc = "Mode bits used to set permissions on created files by default." },
	{ "items", &type_key_to_path, NP_LIST, NP_F_ATOMIC, .doc = "Which keys are projected." },
	{ "name", &np_type_string, .doc = "Name of the referent." },
	{ "optional", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether the ConfigMap or its keys must be defined" },
};
static NP_STRUCT(type_config_map_volume, CORE, "ConfigMapVolumeSource", config_map_volume,
		 "Adapts a ConfigMap into a volume.");

static const struct np_field secret_volume[] = {
	{ "defaultMode", &np_type_int32, .flags = NP_F_PTR,
	  .doc = "Mode bits used to set permissions on created files by default." },
	{ "items", &type_key_to_path, NP_LIST, NP_F_ATOMIC, .doc = "Which keys are projected." },
	{ "optional", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether the Secret or its keys must be defined" },
	{ "secretName", &np_type_string,
	  .doc = "Name of the secret in the pod's namespace to use." },
};
static NP_STRUCT(type_secret_volume, CORE, "SecretVolumeSource", secret_volume,
		 "Adapts a Secret into a volume.");

static const struct np_field empty_dir[] = {
	{ "medium", &np_type_string, .doc = "\"\" or Memory." },
	{ "sizeLimit", &np_type_quantity, .flags = NP_F_PTR,
	  .doc = "Total amount of local storage required." },
};
static NP_STRUCT(type_empty_dir, CORE, "EmptyDirVolumeSource", empty_dir,
		 "Represents an empty directory for a pod.");

static const struct np_field host_path[] = {
	{ "path", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Path of the directory on the host." },
	{ "type", &np_type_string, .flags = NP_F_PTR, .doc = "Type for HostPath Volume." },
};
static NP_STRUCT(type_host_path, CORE, "HostPathVolumeSource", host_path,
		 "Represents a host path mapped into a pod.");

#define VOLUME(kind)                                                                               \
	{                                                                                          \
		kind, &np_type_any, .flags = NP_F_PTR,                                             \
				    .doc = "A volume source that the sandbox takes as it comes."   \
	}
static const struct np_field volume[] = {
	VOLUME("awsElasticBlockStore"),
	VOLUME("azureDisk"),
	VOLUME("azureFile"),
	VOLUME("cephfs"),
	VOLUME("cinder"),
	{ "configMap", &type_config_map_volume, .flags = NP_F_PTR,
	  .doc = "A configMap that should populate this volume" },
	VOLUME("csi"),
	VOLUME("downwardAPI"),
	{ "emptyDir", &type_empty_dir, .flags = NP_F_PTR,
	  .doc = "A temporary directory that shares a pod's lifetime." },
	VOLUME("ephemeral"),
	VOLUME("fc"),
	VOLUME("flexVolume"),
	VOLUME("flocker"),
	VOLUME("gcePersistentDisk"),
	VOLUME("gitRepo"),
	VOLUME("glusterfs"),
	{ "hostPath", &type_host_path, .flags = NP_F_PTR,
	  .doc = "A pre-existing file or directory on the host machine." },
	VOLUME("image"),
	VOLUME("iscsi"),
	{ "name", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Name of the volume. Must be a DNS_LABEL and unique within the pod." },
	VOLUME("nfs"),
	VOLUME("persistentVolumeClaim"),
	VOLUME("photonPersistentDisk"),
	VOLUME("portworxVolume"),
	VOLUME("projected"),
	VOLUME("quobyte"),
	VOLUME("rbd"),
	VOLUME("scaleIO"),
	{ "secret", &type_secret_volume, .flags = NP_F_PTR,
	  .doc = "A secret that should populate this volume." },
	VOLUME("storageos"),
	VOLUME("vsphereVolume"),
};
static NP_STRUCT(type_volume, CORE, "Volume", volume, "Volume represents a named volume in a pod.");

static const struct np_field pod_spec[] = {
	{ "activeDeadlineSeconds", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "How long the pod may be active on the node." },
	{ "affinity", &type_affinity, .flags = NP_F_PTR,
	  .doc = "The pod's scheduling constraints" },
	{ "automountServiceAccountToken", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether a service account token is mounted." },
	{ "containers", &np_type_container, NP_LIST, NP_F_REQUIRED, .keys = "name", .merge = "name",
	  .doc = "List of containers belonging to the pod. There must be at least one container in "
		 "a Pod. Cannot be updated." },
	{ "dnsConfig", &type_dns_config, .flags = NP_F_PTR, .doc = "The DNS parameters of a pod." },
	{ "dnsPolicy", &np_type_string,
	  .doc = "DNS policy for the pod. Defaults to \"ClusterFirst\"." },
	{ "enableServiceLinks", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether services are injected as environment variables." },
	{ "ephemeralContainers", &np_type_container, NP_LIST, .keys = "name",
	  .merge = "name", .doc = "Ephemeral containers run in this pod." },
	{ "hostAliases", &type_host_alias, NP_LIST, .keys = "ip", .merge = "ip",
	  .doc = "Hosts and IPs of the pod's hosts file." },
	{ "hostIPC", &np_type_bool, .doc = "Use the host's ipc namespace." },
	{ "hostNetwork", &np_type_bool,
	  .doc = "Host networking requested for this pod. Use the host's network namespace." },
	{ "hostPID", &np_type_bool, .doc = "Use the host's pid namespace." },
	{ "hostUsers", &np_type_bool, .flags = NP_F_PTR, .doc = "Use the host's user namespace." },
	{ "hostname", &np_type_string, .doc = "The hostname of the Pod." },
	{ "hostnameOverride", &np_type_string, .flags = NP_F_PTR,
	  .doc = "An explicit override for the pod's hostname." },
	{ "imagePullSecrets", &type_local_reference, NP_LIST, .keys = "name", .merge = "name",
	  .doc = "Secrets for pulling images." },
	{ "initContainers", &np_type_container, NP_LIST, .keys = "name", .merge = "name",
	  .doc = "List of initialization containers." },
	{ "nodeName", &np_type_string,
	  .doc = "NodeName indicates in which node this pod is scheduled." },
	{ "nodeSelector", &np_type_string, NP_MAP, NP_F_ATOMIC,
	  .doc = "A selector which must be true for the pod to fit on a node." },
	{ "os", &type_pod_os, .flags = NP_F_PTR, .doc = "The OS of the containers in the pod." },
	{ "overhead", &np_type_quantity, NP_MAP,
	  .doc = "The resource overhead associated with running a pod." },
	{ "preemptionPolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "The policy for preempting pods with lower priority." },
	{ "priority", &np_type_int32, .flags = NP_F_PTR, .doc = "The priority value." },
	{ "priorityClassName", &np_type_string,
	  .doc = "If specified, indicates the pod's priority." },
	{ "readinessGates", &type_readiness_gate, NP_LIST, NP_F_ATOMIC,
	  .doc = "Evaluated for pod readiness." },
	{ "resourceClaims", &type_pod_claim, NP_LIST, NP_F_RETAIN, .keys = "name", .merge = "name",
	  .doc = "Which ResourceClaims must be allocated." },
	{ "resources", &np_type_resources, .flags = NP_F_PTR,
	  .doc = "Resources of all the containers in the pod." },
	{ "restartPolicy", &np_type_string,
	  .doc = "Restart policy for all containers within the pod. One of Always, OnFailure, "
		 "Never." },
	{ "runtimeClassName", &np_type_string, .flags = NP_F_PTR, .doc = "A RuntimeClass object." },
	{ "schedulerName", &np_type_string, .doc = "The scheduler that dispatches the pod." },
	{ "schedulingGates", &type_scheduling_gate, NP_LIST, .keys = "name", .merge = "name",
	  .doc = "Values that block scheduling." },
	{ "securityContext", &type_pod_security, .flags = NP_F_PTR,
	  .doc = "Pod-level security attributes." },
	{ "serviceAccount", &np_type_string, .doc = "Deprecated alias for ServiceAccountName." },
	{ "serviceAccountName", &np_type_string,
	  .doc = "The ServiceAccount to use to run this pod." },
	{ "setHostnameAsFQDN", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether the hostname is the FQDN." },
	{ "shareProcessNamespace", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Share a single process namespace between all containers." },
	{ "subdomain", &np_type_string, .doc = "The subdomain of the pod's host name." },
	{ "terminationGracePeriodSeconds", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "Duration in seconds the pod needs to terminate gracefully." },
	{ "tolerations", &type_toleration, NP_LIST, NP_F_ATOMIC, .doc = "The pod's tolerations." },
	{ "topologySpreadConstraints", &type_spread, NP_LIST,
	  .keys = "topologyKey,whenUnsatisfiable", .merge = "topologyKey",
	  .doc = "How a group of pods ought to spread across topology domains." },
	{ "volumes", &type_volume, NP_LIST, NP_F_RETAIN, .keys = "name", .merge = "name",
	  .doc = "Volumes that can be mounted by containers." },
	{ "workloadRef", &np_type_any, .flags = NP_F_PTR,
	  .doc = "The workload this pod belongs to." },
};
static NP_STRUCT(type_pod_spec, CORE, "PodSpec", pod_spec, "PodSpec is a description of a pod.");

static const struct np_field pod_condition[] = {
	{ "lastProbeTime", &np_type_time, .doc = "Last time we probed the condition." },
	{ "lastTransitionTime", &np_type_time,
	  .doc = "Last time the condition transitioned from one status to another." },
	{ "message", &np_type_string,
	  .doc = "Human-readable message indicating details about last transition." },
	{ "observedGeneration", &np_type_int64,
	  .doc = "The generation that the condition was set from." },
	{ "reason", &np_type_string,
	  .doc = "One-word reason for the condition's last transition." },
	{ "status", &np_type_string, .flags = NP_F_REQUIRED, .doc = "True, False, Unknown." },
	{ "type", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Type is the type of the condition." },
};
static NP_STRUCT(type_pod_condition, CORE, "PodCondition", pod_condition,
		 "The current condition of this pod.");

static const struct np_field one_ip[] = { { "ip", &np_type_string, .flags = NP_F_REQUIRED,
					    .doc = "The IP address" } };
static NP_STRUCT(type_pod_ip, CORE, "PodIP", one_ip, "A single IP address allocated to the pod.");
static NP_STRUCT(type_host_ip, CORE, "HostIP", one_ip,
		 "A single IP address allocated to the host.");

static const struct np_field state_waiting[] = {
	{ "message", &np_type_string,
	  .doc = "Message regarding why the container is not yet running." },
	{ "reason", &np_type_string, .doc = "(brief) reason the container is not yet running." },
};
static NP_STRUCT(type_waiting, CORE, "ContainerStateWaiting", state_waiting,
		 "A waiting state of a container.");

static const struct np_field state_running[] = {
	{ "startedAt", &np_type_time, .doc = "Time at which the container was last (re-)started" }
};
static NP_STRUCT(type_running, CORE, "ContainerStateRunning", state_running,
		 "A running state of a container.");

static const struct np_field state_terminated[] = {
	{ "containerID", &np_type_string,
	  .doc = "Container's ID in the format '<type>://<container_id>'" },
	{ "exitCode", &np_type_int32, .flags = NP_F_REQUIRED,
	  .doc = "Exit status from the last termination of the container" },
	{ "finishedAt", &np_type_time, .doc = "Time at which the container last terminated" },
	{ "message", &np_type_string,
	  .doc = "Message regarding the last termination of the container" },
	{ "reason", &np_type_string,
	  .doc = "(brief) reason from the last termination of the container" },
	{ "signal", &np_type_int32, .doc = "Signal from the last termination of the container" },
	{ "startedAt", &np_type_time,
	  .doc = "Time at which previous execution of the container started" },
};
static NP_STRUCT(type_terminated, CORE, "ContainerStateTerminated", state_terminated,
		 "A terminated state of a container.");

static const struct np_field container_state[] = {
	{ "running", &type_running, .flags = NP_F_PTR, .doc = "Details about a running container" },
	{ "terminated", &type_terminated, .flags = NP_F_PTR,
	  .doc = "Details about a terminated container" },
	{ "waiting", &type_waiting, .flags = NP_F_PTR, .doc = "Details about a waiting container" },
};
static NP_STRUCT(type_container_state, CORE, "ContainerState", container_state,
		 "A possible state of container.");

static const struct np_field container_status[] = {
	{ "allocatedResources", &np_type_quantity, NP_MAP,
	  .doc = "The compute resources allocated for this container by the node." },
	{ "allocatedResourcesStatus", &np_type_any,
	  .doc = "The status of various resources allocated for this Pod." },
	{ "containerID", &np_type_string,
	  .doc = "The ID of the container in the format '<type>://<container_id>'." },
	{ "image", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The name of container image that the container is running." },
	{ "imageID", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The image ID of the container's image." },
	{ "lastState", &type_container_state,
	  .doc = "The last termination state of the container." },
	{ "name", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The unique name of the container." },
	{ "ready", &np_type_bool, .flags = NP_F_REQUIRED,
	  .doc = "Whether the container is currently passing its readiness check." },
	{ "resources", &np_type_resources, .flags = NP_F_PTR,
	  .doc = "The compute resource requests and limits." },
	{ "restartCount", &np_type_int32, .flags = NP_F_REQUIRED,
	  .doc = "The number of times the container has been restarted." },
	{ "started", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether the container has finished its postStart hook and passed its startup "
		 "probe." },
	{ "state", &type_container_state,
	  .doc = "Details about the container's current condition." },
	{ "stopSignal", &np_type_string, .flags = NP_F_PTR, .doc = "The effective stop signal." },
	{ "user", &np_type_any,
	  .doc = "User identity information initially attached to the first process." },
	{ "volumeMounts", &np_type_any, .doc = "Status of volume mounts." },
};
static NP_STRUCT(type_container_status, CORE, "ContainerStatus", container_status,
		 "Details for the current status of this container.");

static const struct np_field pod_status[] = {
	{ "conditions", &type_pod_condition, NP_LIST, .keys = "type", .merge = "type",
	  .doc = "Current service state of pod." },
	{ "containerStatuses", &type_container_status, NP_LIST, NP_F_ATOMIC,
	  .doc = "Statuses of containers in this pod." },
	{ "ephemeralContainerStatuses", &type_container_status, NP_LIST, NP_F_ATOMIC,
	  .doc = "Statuses for ephemeral containers." },
	{ "extendedResourceClaimStatus", &np_type_any,
	  .doc = "Status of extended resource claim." },
	{ "hostIP", &np_type_string,
	  .doc = "The IP address of the host to which the pod is assigned." },
	{ "hostIPs", &type_host_ip, NP_LIST, NP_F_ATOMIC, .merge = "ip",
	  .doc = "The IP addresses allocated to the host." },
	{ "initContainerStatuses", &type_container_status, NP_LIST, NP_F_ATOMIC,
	  .doc = "Statuses of init containers in this pod." },
	{ "message", &np_type_string, .doc = "Details about why the pod is in this condition." },
	{ "nominatedNodeName", &np_type_string,
	  .doc = "Set only when this pod preempts other pods on the node." },
	{ "observedGeneration", &np_type_int64,
	  .doc = "The generation that the status was set from." },
	{ "phase", &np_type_string, .doc = "Pending, Running, Succeeded, Failed, Unknown." },
	{ "podIP", &np_type_string,
	  .doc = "IP address allocated to the pod. Empty if not yet allocated." },
	{ "podIPs", &type_pod_ip, NP_LIST, .keys = "ip", .merge = "ip",
	  .doc = "The IP addresses allocated to the pod." },
	{ "qosClass", &np_type_string, .doc = "The Quality of Service classification." },
	{ "reason", &np_type_string,
	  .doc = "A brief CamelCase message indicating details about why the pod is in this "
		 "state." },
	{ "resize", &np_type_string,
	  .doc = "Status of resources resize desired for pod's containers." },
	{ "resourceClaimStatuses", &np_type_any, .doc = "Status of resource claims." },
	{ "startTime", &np_type_time, .doc = "When the object was acknowledged by the node." },
};
static NP_STRUCT(type_pod_status, CORE, "PodStatus", pod_status,
		 "Information about the status of a pod.");

static const struct np_field pod[] = {
	{ "apiVersion", &np_type_string,
	  .doc = "APIVersion defines the versioned schema of this representation of an object." },
	{ "kind", &np_type_string,
	  .doc = "Kind is a string value representing the REST resource this object represents." },
	{ "metadata", &np_type_object_meta, .doc = "Standard object's metadata." },
	{ "spec", &type_pod_spec, .doc = "Specification of the desired behavior of the pod." },
	{ "status", &type_pod_status, .doc = "Most recently observed status of the pod." },
};
NP_STRUCT(np_type_pod, CORE, "Pod", pod,
	  "Pod is a collection of containers that can run on a host. This resource is created by "
	  "clients and scheduled onto hosts.");
