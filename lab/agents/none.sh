# shellcheck shell=bash disable=SC2034
# none: the network alone, nobody enforces.
agent_families="ipv4 dual"

agent_start() { :; }
