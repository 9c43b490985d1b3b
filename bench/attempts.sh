#!/bin/bash
# How many packets in a second may be logged to `doorward attempts` (NFLOG), and whether each one is told or
# counted as lost. Needs root.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "needs root: nothing was measured"; exit 0; }
exec unshare --net python3 bench/attempts.py build-bench/doorward build-bench/bench/packets
