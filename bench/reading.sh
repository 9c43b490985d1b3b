#!/bin/bash
# What reading a capture costs beside a libpcap loop that only counts, in the same run: each step by itself, and
# `doorward read` with statistics, doors, JSON and two workers; for mixed traffic, for half a million flows of tiny
# packets, and for bulk. Then what it costs that nobody recognises a flow, and whether memory grows with packets, when
# the same hour comes four times and eight times. The captures are made anew; CAPTURES names a folder with mix.pcap,
# small.pcap and bulk.pcap instead. ROUNDS and MEGABYTES can be set.
set -eu
cd "$(dirname "$0")/.."
exec python3 bench/reading.py build-bench "$@"
