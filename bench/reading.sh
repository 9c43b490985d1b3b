#!/bin/bash
# What reading a capture costs, step by step, beside a libpcap loop that only counts, in the same run: for mixed
# traffic, for half a million flows of tiny packets, and for bulk. The captures are made anew; CAPTURES names a folder
# with mix.pcap, small.pcap and bulk.pcap instead. ROUNDS and MEGABYTES can be set.
set -eu
cd "$(dirname "$0")/.."
exec python3 bench/reading.py build-bench/bench "$@"
