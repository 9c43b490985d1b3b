#!/bin/bash
# What it costs to list sockets with their processes, against `ss -tanpH` in the same run: ratios of the
# medians of interleaved pairs. The sockets are made in a network namespace that goes when this ends; there
# `--here` looks at what ss looks at. Root is needed. ROUNDS, COUNT and PROCESSES can be set.
set -eu
cd "$(dirname "$0")/.."
exec python3 bench/sockets.py "$@"
