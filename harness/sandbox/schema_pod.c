/* v1 Pod: the containers. Descriptions only where a reader of `kubectl explain` would miss them. */
#include "schema_pod.h"

#define CORE "io.k8s.api.core.v1"

static const struct np_field local_object_key[] = {
	{ "key", &np_type_string, .flags = NP_F_REQUIRED, .doc = "The key to select." },
	{ "name", &np_type_string, .doc = "Name of the referent." },
	{ "optional", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Specify whether the object or its key must be defined." },
};
static NP_ATOMIC_STRUCT(type_config_map_key, CORE, "ConfigMapKeySelector", local_object_key,
			"Selects a key from a ConfigMap.");
static NP_ATOMIC_STRUCT(type_secret_key, CORE, "SecretKeySelector", local_object_key,
			"SecretKeySelector selects a key of a Secret.");

static const struct np_field object_field[] = {
	{ "apiVersion", &np_type_string,
	  .doc = "Version of the schema the FieldPath is written in terms of, defaults to "
		 "\"v1\"." },
	{ "fieldPath", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Path of the field to select in the specified API version." },
};
NP_ATOMIC_STRUCT(np_type_object_field, CORE, "ObjectFieldSelector", object_field,
		 "ObjectFieldSelector selects an APIVersioned field of an object.");

static const struct np_field resource_field[] = {
	{ "containerName", &np_type_string,
	  .doc = "Container name: required for volumes, optional for env vars." },
	{ "divisor", &np_type_quantity,
	  .doc = "Specifies the output format of the exposed resources, defaults to \"1\"." },
	{ "resource", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Required: resource to select." },
};
NP_ATOMIC_STRUCT(np_type_resource_field, CORE, "ResourceFieldSelector", resource_field,
		 "ResourceFieldSelector represents container resources (cpu, memory) and their "
		 "output format.");

static const struct np_field env_source[] = {
	{ "configMapKeyRef", &type_config_map_key, .flags = NP_F_PTR,
	  .doc = "Selects a key of a ConfigMap." },
	{ "fieldRef", &np_type_object_field, .flags = NP_F_PTR,
	  .doc = "Selects a field of the pod." },
	{ "resourceFieldRef", &np_type_resource_field, .flags = NP_F_PTR,
	  .doc = "Selects a resource of the container." },
	{ "secretKeyRef", &type_secret_key, .flags = NP_F_PTR,
	  .doc = "Selects a key of a secret in the pod's namespace." },
	{ "fileKeyRef", &np_type_any, .flags = NP_F_PTR, .doc = "Selects a key of the env file." },
};
static NP_STRUCT(type_env_source, CORE, "EnvVarSource", env_source,
		 "EnvVarSource represents a source for the value of an EnvVar.");

static const struct np_field env[] = {
	{ "name", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Name of the environment variable." },
	{ "value", &np_type_string,
	  .doc = "Variable references $(VAR_NAME) are expanded. Defaults to \"\"." },
	{ "valueFrom", &type_env_source, .flags = NP_F_PTR,
	  .doc = "Source for the environment variable's value." },
};
static NP_STRUCT(type_env, CORE, "EnvVar", env,
		 "EnvVar represents an environment variable present in a Container.");

static const struct np_field env_ref[] = {
	{ "name", &np_type_string, .doc = "Name of the referent." },
	{ "optional", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Specify whether the referent must be defined." },
};
static NP_STRUCT(type_config_map_env, CORE, "ConfigMapEnvSource", env_ref,
		 "ConfigMapEnvSource selects a ConfigMap.");
static NP_STRUCT(type_secret_env, CORE, "SecretEnvSource", env_ref,
		 "SecretEnvSource selects a Secret.");

static const struct np_field env_from[] = {
	{ "configMapRef", &type_config_map_env, .flags = NP_F_PTR,
	  .doc = "The ConfigMap to select from." },
	{ "prefix", &np_type_string,
	  .doc = "Optional text to prepend to the name of each environment variable." },
	{ "secretRef", &type_secret_env, .flags = NP_F_PTR, .doc = "The Secret to select from." },
};
static NP_STRUCT(type_env_from, CORE, "EnvFromSource", env_from,
		 "EnvFromSource represents the source of a set of ConfigMaps or Secrets.");

static const struct np_field container_port[] = {
	{ "containerPort", &np_type_int32, .flags = NP_F_REQUIRED,
	  .doc = "Number of port to expose on the pod's IP address. This must be a valid port "
		 "number, 0 < x < 65536." },
	{ "hostIP", &np_type_string, .doc = "What host IP to bind the external port to." },
	{ "hostPort", &np_type_int32, .doc = "Number of port to expose on the host." },
	{ "name", &np_type_string,
	  .doc = "If specified, this must be an IANA_SVC_NAME and unique within the pod. Each "
		 "named port in a pod must have a unique name. Name for the "
		 "port that can be referred to by services." },
	{ "protocol", &np_type_string,
	  .doc = "Protocol for port. Must be UDP, TCP, or SCTP. Defaults to \"TCP\"." },
};
static NP_STRUCT(type_container_port, CORE, "ContainerPort", container_port,
		 "ContainerPort represents a network port in a single container.");

static const struct np_field exec_action[] = {
	{ "command", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Command is the command line to execute inside the container." },
};
static NP_STRUCT(type_exec_action, CORE, "ExecAction", exec_action,
		 "ExecAction describes a \"run in container\" action.");

static const struct np_field http_header[] = {
	{ "name", &np_type_string, .flags = NP_F_REQUIRED, .doc = "The header field name." },
	{ "value", &np_type_string, .flags = NP_F_REQUIRED, .doc = "The header field value." },
};
static NP_STRUCT(type_http_header, CORE, "HTTPHeader", http_header,
		 "HTTPHeader describes a custom header to be used in HTTP probes.");

static const struct np_field http_get[] = {
	{ "host", &np_type_string, .doc = "Host name to connect to, defaults to the pod IP." },
	{ "httpHeaders", &type_http_header, NP_LIST, NP_F_ATOMIC,
	  .doc = "Custom headers to set in the request." },
	{ "path", &np_type_string, .doc = "Path to access on the HTTP server." },
	{ "port", &np_type_int_or_string, .flags = NP_F_REQUIRED,
	  .doc = "Name or number of the port to access on the container." },
	{ "scheme", &np_type_string,
	  .doc = "Scheme to use for connecting to the host. Defaults to HTTP." },
};
static NP_STRUCT(type_http_get, CORE, "HTTPGetAction", http_get,
		 "HTTPGetAction describes an action based on HTTP Get requests.");

static const struct np_field tcp_socket[] = {
	{ "host", &np_type_string, .doc = "Host name to connect to, defaults to the pod IP." },
	{ "port", &np_type_int_or_string, .flags = NP_F_REQUIRED,
	  .doc = "Number or name of the port to access on the container." },
};
static NP_STRUCT(type_tcp_socket, CORE, "TCPSocketAction", tcp_socket,
		 "TCPSocketAction describes an action based on opening a socket.");

static const struct np_field grpc_action[] = {
	{ "port", &np_type_int32, .flags = NP_F_REQUIRED,
	  .doc = "Port number of the gRPC service." },
	{ "service", &np_type_string, .flags = NP_F_PTR,
	  .doc = "Name of the service to place in the gRPC HealthCheckRequest." },
};
static NP_STRUCT(type_grpc, CORE, "GRPCAction", grpc_action,
		 "GRPCAction specifies an action involving a GRPC service.");

static const struct np_field probe[] = {
	{ "exec", &type_exec_action, .flags = NP_F_PTR,
	  .doc = "Exec specifies a command to execute in the container." },
	{ "failureThreshold", &np_type_int32,
	  .doc = "Minimum consecutive failures for the probe to be considered failed. Defaults to "
		 "3." },
	{ "grpc", &type_grpc, .flags = NP_F_PTR,
	  .doc = "GRPC specifies a GRPC HealthCheckRequest." },
	{ "httpGet", &type_http_get, .flags = NP_F_PTR,
	  .doc = "HTTPGet specifies an HTTP GET request to perform." },
	{ "initialDelaySeconds", &np_type_int32,
	  .doc = "Number of seconds after the container has started before probes are initiated." },
	{ "periodSeconds", &np_type_int32,
	  .doc = "How often (in seconds) to perform the probe. Default to 10 seconds." },
	{ "successThreshold", &np_type_int32,
	  .doc = "Minimum consecutive successes for the probe to be considered successful. "
		 "Defaults to 1." },
	{ "tcpSocket", &type_tcp_socket, .flags = NP_F_PTR,
	  .doc = "TCPSocket specifies a connection to a TCP port." },
	{ "terminationGracePeriodSeconds", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "Duration in seconds the pod needs to terminate gracefully." },
	{ "timeoutSeconds", &np_type_int32,
	  .doc = "Number of seconds after which the probe times out. Defaults to 1 second." },
};
static NP_STRUCT(type_probe, CORE, "Probe", probe,
		 "Probe describes a health check to be performed against a container.");

static const struct np_field sleep_action[] = {
	{ "seconds", &np_type_int64, .flags = NP_F_REQUIRED,
	  .doc = "Seconds is the number of seconds to sleep." },
};
static NP_STRUCT(type_sleep, CORE, "SleepAction", sleep_action,
		 "SleepAction describes a \"sleep\" action.");

static const struct np_field lifecycle_handler[] = {
	{ "exec", &type_exec_action, .flags = NP_F_PTR,
	  .doc = "Exec specifies a command to execute in the container." },
	{ "httpGet", &type_http_get, .flags = NP_F_PTR,
	  .doc = "HTTPGet specifies an HTTP GET request to perform." },
	{ "sleep", &type_sleep, .flags = NP_F_PTR,
	  .doc = "Sleep represents a duration that the container should sleep." },
	{ "tcpSocket", &type_tcp_socket, .flags = NP_F_PTR, .doc = "Deprecated." },
};
static NP_STRUCT(
	type_lifecycle_handler, CORE, "LifecycleHandler", lifecycle_handler,
	"LifecycleHandler defines a specific action that should be taken in a lifecycle hook.");

static const struct np_field lifecycle[] = {
	{ "postStart", &type_lifecycle_handler, .flags = NP_F_PTR,
	  .doc = "Called immediately after a container is created." },
	{ "preStop", &type_lifecycle_handler, .flags = NP_F_PTR,
	  .doc = "Called immediately before a container is terminated." },
	{ "stopSignal", &np_type_string, .flags = NP_F_PTR,
	  .doc = "Which signal will be sent to a container when it is being stopped." },
};
static NP_STRUCT(type_lifecycle, CORE, "Lifecycle", lifecycle,
		 "Lifecycle describes actions in response to container lifecycle events.");

static const struct np_field resource_claim[] = {
	{ "name", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Name of one entry in pod.spec.resourceClaims." },
	{ "request", &np_type_string, .doc = "Name chosen for a request in the referenced claim." },
};
static NP_STRUCT(type_resource_claim, CORE, "ResourceClaim", resource_claim,
		 "ResourceClaim references one entry in PodSpec.ResourceClaims.");

static const struct np_field resources[] = {
	{ "claims", &type_resource_claim, NP_LIST, .keys = "name",
	  .doc = "Names of resources, defined in spec.resourceClaims." },
	{ "limits", &np_type_quantity, NP_MAP,
	  .doc = "Limits describes the maximum amount of compute resources allowed." },
	{ "requests", &np_type_quantity, NP_MAP,
	  .doc = "Requests describes the minimum amount of compute resources required." },
};
NP_STRUCT(np_type_resources, CORE, "ResourceRequirements", resources,
	  "ResourceRequirements describes the compute resource requirements.");

static const struct np_field capabilities[] = {
	{ "add", &np_type_string, NP_LIST, NP_F_ATOMIC, .doc = "Added capabilities" },
	{ "drop", &np_type_string, NP_LIST, NP_F_ATOMIC, .doc = "Removed capabilities" },
};
static NP_STRUCT(type_capabilities, CORE, "Capabilities", capabilities,
		 "Adds and removes POSIX capabilities from running containers.");

static const struct np_field se_linux[] = {
	{ "level", &np_type_string, .doc = "SELinux level label." },
	{ "role", &np_type_string, .doc = "SELinux role label." },
	{ "type", &np_type_string, .doc = "SELinux type label." },
	{ "user", &np_type_string, .doc = "SELinux user label." },
};
NP_STRUCT(np_type_se_linux, CORE, "SELinuxOptions", se_linux,
	  "SELinuxOptions are the labels to be applied to the container");

static const struct np_field profile[] = {
	{ "localhostProfile", &np_type_string, .flags = NP_F_PTR,
	  .doc = "A profile loaded on the node that should be used." },
	{ "type", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Kind of profile: Localhost, RuntimeDefault or Unconfined." },
};
NP_STRUCT(np_type_seccomp, CORE, "SeccompProfile", profile,
	  "SeccompProfile defines a pod/container's seccomp profile settings.");
NP_STRUCT(np_type_app_armor, CORE, "AppArmorProfile", profile,
	  "AppArmorProfile defines a pod or container's AppArmor settings.");

static const struct np_field windows[] = {
	{ "gmsaCredentialSpec", &np_type_string, .flags = NP_F_PTR,
	  .doc = "Contents of the GMSA credential spec." },
	{ "gmsaCredentialSpecName", &np_type_string, .flags = NP_F_PTR,
	  .doc = "Name of the GMSA credential spec to use." },
	{ "hostProcess", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Run as a 'Host Process' container." },
	{ "runAsUserName", &np_type_string, .flags = NP_F_PTR,
	  .doc = "The UserName in Windows to run the entrypoint." },
};
NP_STRUCT(np_type_windows, CORE, "WindowsSecurityContextOptions", windows,
	  "Windows-specific options and credentials.");

static const struct np_field security_context[] = {
	{ "allowPrivilegeEscalation", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether a process can gain more privileges than its parent." },
	{ "appArmorProfile", &np_type_app_armor, .flags = NP_F_PTR,
	  .doc = "AppArmor options to use by this container." },
	{ "capabilities", &type_capabilities, .flags = NP_F_PTR,
	  .doc = "The capabilities to add/drop when running containers." },
	{ "privileged", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Run container in privileged mode." },
	{ "procMount", &np_type_string, .flags = NP_F_PTR,
	  .doc = "The type of proc mount to use for the containers." },
	{ "readOnlyRootFilesystem", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Whether this container has a read-only root filesystem." },
	{ "runAsGroup", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "The GID to run the entrypoint of the container process." },
	{ "runAsNonRoot", &np_type_bool, .flags = NP_F_PTR,
	  .doc = "Indicates that the container must run as a non-root user." },
	{ "runAsUser", &np_type_int64, .flags = NP_F_PTR,
	  .doc = "The UID to run the entrypoint of the container process." },
	{ "seLinuxOptions", &np_type_se_linux, .flags = NP_F_PTR,
	  .doc = "The SELinux context to be applied to the container." },
	{ "seccompProfile", &np_type_seccomp, .flags = NP_F_PTR,
	  .doc = "The seccomp options to use by this container." },
	{ "windowsOptions", &np_type_windows, .flags = NP_F_PTR,
	  .doc = "The Windows specific settings applied to all containers." },
};
static NP_STRUCT(
	type_security_context, CORE, "SecurityContext", security_context,
	"SecurityContext holds security configuration that will be applied to a container.");

static const struct np_field volume_mount[] = {
	{ "mountPath", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Path within the container at which the volume should be mounted." },
	{ "mountPropagation", &np_type_string, .flags = NP_F_PTR,
	  .doc = "How mounts are propagated from the host to container and back." },
	{ "name", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "This must match the Name of a Volume." },
	{ "readOnly", &np_type_bool, .doc = "Mounted read-only if true." },
	{ "recursiveReadOnly", &np_type_string, .flags = NP_F_PTR,
	  .doc = "Whether read-only mounts should be handled recursively." },
	{ "subPath", &np_type_string,
	  .doc = "Path within the volume from which the container's volume should be mounted." },
	{ "subPathExpr", &np_type_string, .doc = "Expanded path within the volume." },
};
static NP_STRUCT(type_volume_mount, CORE, "VolumeMount", volume_mount,
		 "VolumeMount describes a mounting of a Volume within a container.");

static const struct np_field volume_device[] = {
	{ "devicePath", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "The path inside of the container." },
	{ "name", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Name of a persistentVolumeClaim in the pod." },
};
static NP_STRUCT(type_volume_device, CORE, "VolumeDevice", volume_device,
		 "volumeDevice describes a mapping of a raw block device.");

static const struct np_field resize_policy[] = {
	{ "resourceName", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Name of the resource: cpu, memory." },
	{ "restartPolicy", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "NotRequired or RestartContainer." },
};
static NP_STRUCT(type_resize_policy, CORE, "ContainerResizePolicy", resize_policy,
		 "Resource resize policy for the container.");

static const struct np_field container[] = {
	{ "args", &np_type_string, NP_LIST, NP_F_ATOMIC, .doc = "Arguments to the entrypoint." },
	{ "command", &np_type_string, NP_LIST, NP_F_ATOMIC,
	  .doc = "Entrypoint array. Not executed within a shell." },
	{ "env", &type_env, NP_LIST, .keys = "name", .merge = "name",
	  .doc = "List of environment variables to set in the container." },
	{ "envFrom", &type_env_from, NP_LIST, NP_F_ATOMIC,
	  .doc = "List of sources to populate environment variables." },
	{ "image", &np_type_string, .doc = "Container image name." },
	{ "imagePullPolicy", &np_type_string,
	  .doc = "Image pull policy. One of Always, Never, IfNotPresent." },
	{ "lifecycle", &type_lifecycle, .flags = NP_F_PTR,
	  .doc = "Actions in response to container lifecycle events." },
	{ "livenessProbe", &type_probe, .flags = NP_F_PTR,
	  .doc = "Periodic probe of container liveness." },
	{ "name", &np_type_string, .flags = NP_F_REQUIRED,
	  .doc = "Name of the container specified as a DNS_LABEL." },
	{ "ports", &type_container_port, NP_LIST, .keys = "containerPort,protocol",
	  .merge = "containerPort",
	  .doc = "List of ports to expose from the container. Any port which is listening on the "
		 "default \"0.0.0.0\" address inside a container will "
		 "be accessible from the network." },
	{ "readinessProbe", &type_probe, .flags = NP_F_PTR,
	  .doc = "Periodic probe of container service readiness." },
	{ "resizePolicy", &type_resize_policy, NP_LIST, NP_F_ATOMIC,
	  .doc = "Resources resize policy for the container." },
	{ "resources", &np_type_resources, .doc = "Compute Resources required by this container." },
	{ "restartPolicy", &np_type_string, .flags = NP_F_PTR,
	  .doc = "Restart behavior of this container. \"Always\" in an init container makes it a "
		 "sidecar." },
	{ "restartPolicyRules", &np_type_any, .flags = NP_F_PTR,
	  .doc = "Rules to be checked to determine if the container should be restarted." },
	{ "securityContext", &type_security_context, .flags = NP_F_PTR,
	  .doc = "Security options the container should be run with." },
	{ "startupProbe", &type_probe, .flags = NP_F_PTR,
	  .doc = "Indicates that the Pod has successfully initialized." },
	{ "stdin", &np_type_bool,
	  .doc = "Whether this container should allocate a buffer for stdin." },
	{ "stdinOnce", &np_type_bool,
	  .doc = "Whether the runtime should close stdin after a single attach." },
	{ "terminationMessagePath", &np_type_string,
	  .doc = "Path of the file to which the termination message will be written." },
	{ "terminationMessagePolicy", &np_type_string,
	  .doc = "How the termination message should be populated." },
	{ "tty", &np_type_bool, .doc = "Whether this container should allocate a TTY for itself." },
	{ "volumeDevices", &type_volume_device, NP_LIST, .keys = "devicePath",
	  .merge = "devicePath", .doc = "Block devices to be used." },
	{ "volumeMounts", &type_volume_mount, NP_LIST, .keys = "mountPath", .merge = "mountPath",
	  .doc = "Pod volumes to mount into the container's filesystem." },
	{ "workingDir", &np_type_string, .doc = "Container's working directory." },
};
NP_STRUCT(np_type_container, CORE, "Container", container,
	  "A single application container that you want to run within a pod.");
