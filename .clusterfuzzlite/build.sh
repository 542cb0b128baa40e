#!/bin/bash -eu
# ClusterFuzzLite builds what OSS-Fuzz builds.
exec bash "$SRC/netpolcheck/fuzz/oss-fuzz/build.sh"
