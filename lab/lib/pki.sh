# shellcheck shell=bash
# pki.sh - the cluster's certificates, tokens and kubeconfigs. Valid for a month: a lab lives for minutes.

PKI=$LAB_STATE/pki

pki_ca()
{
	mkdir -p "$PKI"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 31 -subj /CN=netpolcheck-lab \
		-keyout "$PKI/ca.key" -out "$PKI/ca.crt" 2>/dev/null
	openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/sa.key"
	openssl ec -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub" 2>/dev/null
}

# pki_cert FILE SUBJECT USAGE SANS [VALIDITY]: FILE.crt and FILE.key. USAGE: clientAuth or serverAuth. SANS may be empty.
pki_cert()
{
	local ext="extendedKeyUsage=$3" serial

	serial=0x$(openssl rand -hex 8)
	[ -z "$4" ] || ext+=$'\n'"subjectAltName=$4"
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
	openssl req -new -key "$1.key" -subj "$2" |
		openssl x509 -req -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -set_serial "$serial" -days "${5:-31}" \
			-extfile <(echo "$ext") -out "$1.crt" 2>/dev/null
}

# A client certificate that was good for one day, two days ago. Only `openssl ca` can say so.
pki_expired()
{
	local dir=$PKI/past

	mkdir -p "$dir"
	: >"$dir/index"
	printf '%s\n' '[ca]' 'default_ca=d' '[d]' "database=$dir/index" "new_certs_dir=$dir" 'rand_serial=yes' \
		'default_md=sha256' 'policy=p' 'x509_extensions=x' '[p]' 'O=optional' 'CN=supplied' '[x]' \
		'extendedKeyUsage=clientAuth' >"$dir/config"
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
	openssl req -new -key "$1.key" -subj "$2" -out "$dir/request"
	openssl ca -batch -notext -config "$dir/config" -cert "$PKI/ca.crt" -keyfile "$PKI/ca.key" \
		-startdate "$(date -u -d '3 days ago' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d '2 days ago' +%Y%m%d%H%M%SZ)" \
		-in "$dir/request" -out "$1.crt" 2>/dev/null
}

# kubeconfig FILE SERVER USER...: USER are lines of the user's map.
kubeconfig()
{
	local file=$1 server=$2

	shift 2
	{
		echo "apiVersion: v1"
		echo "kind: Config"
		echo "clusters:"
		echo "- name: lab"
		echo "  cluster: {server: '$server', certificate-authority-data: $(base64 -w0 "$LAB_CA")}"
		echo "users:"
		echo "- name: lab"
		echo "  user:"
		printf '    %s\n' "$@"
		echo "contexts:"
		echo "- name: lab"
		echo "  context: {cluster: lab, user: lab}"
		echo "current-context: lab"
	} >"$file.new"
	chmod 600 "$file.new"
	mv "$file.new" "$file"
}

# kubeconfig_cert FILE SERVER CERT: with the client certificate CERT.crt, CERT.key inside.
kubeconfig_cert()
{
	kubeconfig "$1" "$2" "client-certificate-data: $(base64 -w0 "$3.crt")" "client-key-data: $(base64 -w0 "$3.key")"
}

pki_subject()
{
	local user=$1 subject='' group

	shift
	for group; do
		subject+="/O=$group"
	done
	echo "$subject/CN=$user"
}

kubeconfig_for()
{
	local name=$1 lock

	shift
	exec {lock}>"$PKI/$name.lock" # nodes start side by side
	flock "$lock"
	if [ ! -f "$PKI/$name.conf" ]; then
		pki_cert "$PKI/$name" "$(pki_subject "$@")" clientAuth ""
		kubeconfig_cert "$PKI/$name.conf" "$LAB_API" "$PKI/$name"
	fi
	exec {lock}>&-
	echo "$PKI/$name.conf"
}

kubeconfig_token()
{
	local file=$PKI/$1.conf

	kubectl get serviceaccount -n "$2" "$3" >/dev/null 2>&1 || kubectl create serviceaccount -n "$2" "$3" >/dev/null
	(umask 077 && kubectl create token -n "$2" "$3" --duration=720h >"$file.token")
	kubeconfig "$file" "$LAB_API" "token: $(cat "$file.token")"
	echo "$file"
}

# Users by token; the passwords of a lab that lives for minutes on loopback.
pki_tokens()
{
	LAB_TOKEN=$(openssl rand -hex 16)
	(umask 077 && printf '%s\n' "$LAB_TOKEN,lab-token,lab-token,\"lab-admins\"" >"$PKI/tokens.csv")
}

pki_control_plane()
{
	local sans="IP:127.0.0.1,IP:10.96.0.1,IP:$LAB_SWITCH,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default"

	sans+=",DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:$LAB_SWITCH6,IP:fd00:10:96::1"
	pki_cert "$PKI/apiserver" /CN=kube-apiserver serverAuth "$sans" &
	pki_cert "$PKI/apiserver-kubelet" /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth "" &
	pki_cert "$PKI/admin" /O=system:masters/CN=lab-admin clientAuth "" &
	pki_tokens
	wait_all
}

# What nodes and controllers need; made while the API server starts.
pki_others()
{
	local node

	kubeconfig_for controller-manager system:kube-controller-manager >/dev/null
	kubeconfig_for scheduler system:kube-scheduler >/dev/null
	kubeconfig_for kube-proxy system:kube-proxy >/dev/null
	for node in $LAB_NODES; do
		kubeconfig_for "$node" "system:node:$node" system:nodes >/dev/null
		pki_cert "$PKI/$node-serving" "/O=system:nodes/CN=system:node:$node" serverAuth \
			"DNS:$node,IP:$(node_ip "$node"),IP:$(node_ip6 "$node")"
	done
}

# The kubeconfigs for whoever uses the lab from the machine's own shell, with the forwarded address.
pki_users()
{
	local server=https://127.0.0.1:$1

	pki_cert "$PKI/user" /O=lab-admins/CN=lab-user clientAuth ""
	pki_cert "$PKI/tester" /O=lab-testers/CN=lab-tester clientAuth ""
	pki_expired "$PKI/expired" /O=lab-admins/CN=lab-user
	kubeconfig_cert "$LAB_STATE/user.conf" "$server" "$PKI/user"
	kubeconfig_cert "$LAB_STATE/tester.conf" "$server" "$PKI/tester"
	kubeconfig_cert "$LAB_STATE/expired.conf" "$server" "$PKI/expired"
	kubeconfig "$LAB_STATE/token.conf" "$server" "token: $LAB_TOKEN"
	kubeconfig "$LAB_STATE/wrong-token.conf" "$server" "token: not-the-token"
	kubeconfig "$LAB_STATE/exec.conf" "$server" "exec:" "  apiVersion: client.authentication.k8s.io/v1" \
		"  command: $LAB_SRC/lib/exec-credential" "  args: [token, $LAB_STATE]" "  interactiveMode: Never"
	kubeconfig "$LAB_STATE/exec-cert.conf" "$server" "exec:" "  apiVersion: client.authentication.k8s.io/v1" \
		"  command: $LAB_SRC/lib/exec-credential" "  args: [certificate, $LAB_STATE]" "  interactiveMode: Never"
	kubeconfig_cert "$LAB_STATE/admin.conf" "$server" "$PKI/admin"
}
