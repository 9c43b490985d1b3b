#!/bin/bash
# What 10,000 rules cost: each packet, each connection, to load them, and to change one of them. Needs root.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "needs root: nothing was measured"; exit 0; }
exec unshare --net python3 bench/enforce.py build-bench/doorward build-bench/bench/packets
