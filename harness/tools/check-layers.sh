#!/bin/sh
# Layers point downward only: reads the compiler's dependency files. Usage: check-layers.sh BUILD LAYER... (lowest first)
set -eu
build=$1
shift
# Layers of one rank do not see each other.
rank='base=0 model=1 parse=2 oracle=2 mutate=2 gen=2 kube=3 agent=3 sandbox=3 target=4 run=5 campaign=6 report=7 cmd=8'

find "$build/obj/harness" -name '*.d' ! -path '*/tests/*' | sort | xargs awk -v ranks="$rank" '
BEGIN {
	n = split(ranks, list, " ")
	for (i = 1; i <= n; i++) { split(list[i], kv, "="); level[kv[1]] = kv[2] }
}
FNR == 1 {
	layer = FILENAME
	sub(/.*\/obj\/harness\//, "", layer)
	sub(/\/.*/, "", layer)
	source = FILENAME
	sub(/.*\/obj\//, "", source)
	sub(/\.d$/, ".c", source)
	files++
}
/^[^ ].*:$/ { next }	# the empty rules of -MP
{
	for (i = 1; i <= NF; i++) {
		header = $i
		if (header !~ /^include\/np\// && header !~ /^harness\/[a-z]+\/.*\.h$/) continue
		other = header
		sub(/^include\/np\//, "", other)
		sub(/^harness\//, "", other)
		sub(/\/.*/, "", other)
		if (other == layer) continue
		if (header ~ /^harness\// || !(other in level) || level[other] >= level[layer]) {
			printf "%s (layer %s) must not include %s\n", source, layer, header
			bad++
		}
	}
}
END {
	if (!files) { print "no dependency files: build first"; exit 1 }
	if (bad) exit 1
	printf "layers: %d files, every include points downward\n", files
}'
