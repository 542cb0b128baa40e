/* script.c - what scripts that show a failure begin with. */
#include "np/campaign/script.h"

const char np_script_settings[] =
	"set -u\n"
	"[ $# -eq 0 ] || { echo \"usage: [KUBECTL=..] [WAIT=..] $0\" >&2; exit 2; }\n"
	"KUBECTL=${KUBECTL:-kubectl}\n"
	"PREFIX=${PREFIX:-np-repro-$$}\n"
	"case $PREFIX in *[!a-z0-9-]*) echo \"PREFIX is made of a-z, 0-9 and -\" >&2; exit 2 ;; "
	"esac\n";

const char np_script_cleanup[] =
	"namespaces=\n"
	"fail() {\n"
	"\techo \"$*\" >&2\n"
	"\texit 3\n"
	"}\n"
	"clean() {\n"
	"\ttrap '' INT TERM HUP\n"
	"\t# shellcheck disable=SC2086 # a list of names\n"
	"\t[ -z \"$namespaces\" ] || $KUBECTL delete namespace $namespaces --ignore-not-found \\\n"
	"\t\t--timeout=120s >/dev/null 2>&1\n"
	"}\n"
	"trap clean EXIT\n"
	"trap 'exit 130' INT TERM HUP\n";
