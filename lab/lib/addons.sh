# shellcheck shell=bash
# addons.sh - what every cluster has beside its nodes: rights, cluster DNS, the external host. Runs inside the lab.

addon_rights()
{
	cat <<-EOF
		---
		apiVersion: rbac.authorization.k8s.io/v1
		kind: ClusterRoleBinding
		metadata: {name: lab-admins}
		roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
		subjects:
		- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: lab-admins}
	EOF
}

addon_dns()
{
	local families=SingleStack

	! dual || families=PreferDualStack
	cat <<-EOF
		---
		apiVersion: v1
		kind: ServiceAccount
		metadata: {name: coredns, namespace: kube-system}
		---
		apiVersion: rbac.authorization.k8s.io/v1
		kind: ClusterRole
		metadata: {name: system:coredns}
		rules:
		- {apiGroups: [""], resources: [endpoints, services, pods, namespaces], verbs: [list, watch]}
		- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
		---
		apiVersion: rbac.authorization.k8s.io/v1
		kind: ClusterRoleBinding
		metadata: {name: system:coredns}
		roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:coredns}
		subjects:
		- {kind: ServiceAccount, name: coredns, namespace: kube-system}
		---
		apiVersion: v1
		kind: ConfigMap
		metadata: {name: coredns, namespace: kube-system}
		data:
		  Corefile: |
		    .:53 {
		        errors
		        health {
		            lameduck 1s
		        }
		        ready
		        kubernetes cluster.local in-addr.arpa ip6.arpa {
		            pods insecure
		            ttl 5
		        }
		        cache 5
		        loadbalance
		    }
		---
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
		spec:
		  replicas: 1
		  selector: {matchLabels: {k8s-app: kube-dns}}
		  template:
		    metadata: {labels: {k8s-app: kube-dns}}
		    spec:
		      serviceAccountName: coredns
		      dnsPolicy: Default
		      containers:
		      - name: coredns
		        image: $LAB_DNS_IMAGE
		        imagePullPolicy: IfNotPresent
		        args: [-conf, /etc/coredns/Corefile]
		        ports:
		        - {containerPort: 53, name: dns, protocol: UDP}
		        - {containerPort: 53, name: dns-tcp, protocol: TCP}
		        readinessProbe: {httpGet: {path: /ready, port: 8181}, periodSeconds: 1}
		        resources: {requests: {cpu: 10m, memory: 30Mi}, limits: {memory: 170Mi}}
		        volumeMounts:
		        - {name: config, mountPath: /etc/coredns, readOnly: true}
		      volumes:
		      - {name: config, configMap: {name: coredns}}
		---
		apiVersion: v1
		kind: Service
		metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
		spec:
		  clusterIP: $LAB_DNS_IP
		  ipFamilyPolicy: $families
		  selector: {k8s-app: kube-dns}
		  ports:
		  - {name: dns, port: 53, protocol: UDP}
		  - {name: dns-tcp, port: 53, protocol: TCP}
	EOF
}

dns_ready()
{
	api /apis/apps/v1/namespaces/kube-system/deployments/coredns | jq -e '.status.readyReplicas == 1'
}

# The external host: the project's agent in a network namespace beside the nodes, steered through a socket, or over the
# lab's own wires by runs inside the cluster.
addon_external()
{
	ctl_spawn external-net unshare -n sleep infinity
	wait_for 10 "the external host" test -s "$LAB_STATE/control/external-net.pid"
	wait_for 10 "the external host's namespace" external_apart
	network_external "$(cat "$LAB_STATE/control/external-net.pid")"
	ctl_spawn external nsenter --net="/proc/$(cat "$LAB_STATE/control/external-net.pid")/ns/net" \
		"$LAB_BUILD/netpolcheck-agent" serve --identity ext --tcp "$LAB_EXT_PORTS" --udp "$LAB_EXT_PORTS" \
		--sctp "$LAB_EXT_SCTP" --control "unix:$LAB_STATE/external.sock" --control "tcp:$LAB_EXT:7777" --idle 1000000
	wait_for 10 "the external host's agent" test -S "$LAB_STATE/external.sock"
}

external_apart()
{
	[ "$(readlink "/proc/$(cat "$LAB_STATE/control/external-net.pid")/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
