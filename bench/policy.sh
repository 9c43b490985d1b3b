#!/bin/bash
# The policy's figures: how long a decision takes by the number of rules, and how long 100,000 rules take to be
# parsed and linted, against `nft -c -f` of 10,000 equivalent rules that are plain lines, in the same run.
set -eu
cd "$(dirname "$0")/.."
build-bench/bench/decide
exec python3 bench/policy.py build-bench/doorward
