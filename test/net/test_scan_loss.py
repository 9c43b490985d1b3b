"""doorward scan misses no open door, at any rate, and with lost packets. A few runs by default; DOORWARD_RUNS=20
makes as many as the claim is for."""
import os
import sys

import pytest

from test_scan import events

RUNS = int(os.environ.get("DOORWARD_RUNS", 2))
DOORS = [1, 22, 80, 443, 1024, 1999, 2500, 3306, 4999, 5000]
SERVERS = """
import socket, sys, time
kept = [socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True, backlog=100)
        for port in sys.argv[1:]]
time.sleep(600)
"""


@pytest.fixture
def pair(namespaces):
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", SERVERS, *DOORS)
    for port in DOORS:
        server.wait_for_port(port)
    return server, client


def missed(doorward, client, *words):
    run = doorward("scan", "--json", "--no-knock", "--from", client.name, "-p", "1-5000", *words, "192.0.2.1")
    found = events(run.out)
    assert run.err == "" and not found[-1]["stats"]["incomplete"]
    return set(DOORS) - {e["dest_port"] for e in found if e["event_type"] == "service"}, found[-1]["stats"]


@pytest.mark.parametrize("rate", [None, 2000, 10000, 1000000])
def test_none_is_missed(doorward, pair, rate):
    for _ in range(RUNS):
        assert missed(doorward, pair[1], *(["--rate", rate] if rate else []))[0] == set()


def test_none_is_missed_where_one_of_twenty_is_lost(doorward, pair, need):
    need("nft")
    pair[0].run("nft", "add table inet t; add chain inet t in { type filter hook input priority 0; };"
                       "add chain inet t out { type filter hook output priority 0; };"
                       "add rule inet t in numgen random mod 100 < 5 drop;"
                       "add rule inet t out numgen random mod 100 < 5 drop")
    late = 0
    for _ in range(RUNS):
        lost, stats = missed(doorward, pair[1])
        assert lost == set()
        late += stats["late"]
    assert late > 0 and stats["open"] + stats["closed"] == 5000
    run = doorward("scan", "--no-knock", "--from", pair[1].name, "-p", "1-5000", "192.0.2.1")
    assert "doors answered only when they were asked again: packets are lost on the way" in run.out
