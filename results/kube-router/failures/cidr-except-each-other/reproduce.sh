#!/bin/sh
# cidr/except-each-other
# two peers whose excepts hold one another's addresses open both
# kubectl alone cannot show it.
[ $# -eq 0 ] || { echo "usage: $0" >&2; exit 2; }
echo 'no wrong cell begins at a pod or node and ends where kubectl knows an address''; use: netpolcheck run --case' >&2
exit 3
