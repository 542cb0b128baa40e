# shellcheck shell=bash
# forward.sh - from 127.0.0.1 of the machine into the lab: the API server, and the external host's agent.

# Two neighbouring ports on which nobody listens and which no lab that is starting has chosen; written to the file ports.
forward_choose_ports()
{
	local port lock

	exec {lock}>"$LAB_STATES/ports.lock"
	flock "$lock"
	for ((port = 16443; port < 16843; port += 2)); do
		if ! grep -qsx "LAB_API_PORT=$port" "$LAB_STATES"/*/ports &&
			[ -z "$(ss -Hltn "sport = :$port or sport = :$((port + 1))")" ]; then
			printf '%s\n' "LAB_API_PORT=$port" "LAB_EXTERNAL_PORT=$((port + 1))" >"$LAB_STATE/ports"
			exec {lock}>&-
			return
		fi
	done
	lab_fail "no free port on 127.0.0.1 from 16443 on"
}

forward_config()
{
	cat <<-EOF
		global
		  maxconn 4000
		  nbthread 1
		  log stderr local0 warning
		defaults
		  mode tcp
		  timeout connect 5s
		  timeout client 24h
		  timeout server 24h
		listen api
		  bind 127.0.0.1:$1
		  server api $LAB_SWITCH:6443 namespace control
		listen external
		  bind 127.0.0.1:$2
		  server external unix@$LAB_STATE/external.sock
	EOF
}

# forward_start API_PORT EXTERNAL_PORT. Runs inside the lab, but in the machine's own network namespace.
forward_start()
{
	forward_config "$1" "$2" >"$LAB_STATE/haproxy.cfg"
	ctl_spawn forward haproxy -db -f "$LAB_STATE/haproxy.cfg"
	wait_for 10 "the listener on 127.0.0.1:$1" curl -sSf --max-time 5 --cacert "$LAB_CA" \
		--cert "$PKI/admin.crt" --key "$PKI/admin.key" "https://127.0.0.1:$1/readyz"
}
