#!/bin/bash
# What `doorward check --no-knock` costs on a host with 100 listeners, beside `ss -tlnp` in the same run. The
# listeners stand in a network namespace that goes when this ends. Root is needed. ROUNDS and COUNT can be set.
set -eu
cd "$(dirname "$0")/.."
exec python3 bench/check.py "$@"
