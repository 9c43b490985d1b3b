#!/bin/bash
# What `doorward scan` costs on 250 addresses by 1,000 ports, beside nmap in the same run, and how much memory 16
# million address and port pairs take. All in network namespaces that go when this ends. Root and nmap are needed.
set -eu
cd "$(dirname "$0")/.."
exec python3 bench/scan.py "$@"
