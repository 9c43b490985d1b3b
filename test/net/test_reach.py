"""Which doors answer: from another host, through filters and with packets that are lost on the way."""
import json
import pathlib
import sys

import pytest

from conftest import PROGRAM

PROBE = pathlib.Path(PROGRAM).resolve().parent / "test/net/reach_probe"
OPEN = [22, 80, 443, 3306, 8080, 40000, 65535]
LISTEN = """
import socket, sys, time
kept = [socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True) for port in sys.argv[1:]]
time.sleep(600)
"""


@pytest.fixture
def pair(namespaces, need):
    """A server with open doors, and a client that looks at it."""
    if not PROBE.exists():
        pytest.skip("needs %s, which is built with -Dtests=true" % PROBE)
    server, client = namespaces.pair()
    server.start(sys.executable, "-c", LISTEN, *OPEN)
    server.wait_for_port(OPEN[-1])
    return server, client


def look(client, target, ports="-", *more):
    done = client.run(PROBE, target, ports, *more, timeout=120)
    return json.loads(done.stdout)


def doors(target):
    return {"%s:%d" % (target, port) for port in OPEN}


@pytest.mark.parametrize("how", ["raw", "connect"])
@pytest.mark.parametrize("target", ["192.0.2.1", "2001:db8::1"])
def test_every_door_of_a_host(pair, how, target):
    _, client = pair
    found = look(client, target, "-", how)
    assert found["raw"] == (how == "raw")
    assert set(found["open"]) == doors(target) and len(found["open"]) == len(OPEN)
    assert found["closed_count"] == 65535 - len(OPEN) and found["filtered"] == []


@pytest.mark.parametrize("rate", [0, 20000, 200000])
def test_lost_packets_hide_no_door(pair, need, rate):
    need("nft")
    server, client = pair
    server.run("nft", "add table inet t; add chain inet t c { type filter hook input priority 0; };"
                      "add rule inet t c numgen random mod 100 < 5 drop;"
                      "add chain inet t d { type filter hook output priority 0; };"
                      "add rule inet t d numgen random mod 100 < 5 drop")
    for seed in range(3):
        found = look(client, "192.0.2.1", "-", "raw", rate, seed)
        assert set(found["open"]) == doors("192.0.2.1")
        assert found["closed_count"] == 65535 - len(OPEN)
        assert found["passes"] > 1


def test_a_filter_that_drops_leaves_what_it_lets_through(pair, need):
    need("nft")
    server, client = pair
    server.run("nft", "add table inet t; add chain inet t c { type filter hook input priority 0; policy drop; };"
                      "add rule inet t c tcp dport { 22, 8080 } accept; add rule inet t c meta l4proto icmpv6 accept")
    for target in "192.0.2.1", "2001:db8::1":
        found = look(client, target, "1-10000")
        assert set(found["open"]) == {"%s:%d" % (target, port) for port in (22, 8080)}
        assert found["closed_count"] == 0 and found["filtered"] == [] and found["passes"] >= 3


@pytest.mark.parametrize("target, word", [("192.0.2.1", "icmp type admin-prohibited"),
                                          ("2001:db8::1", "icmpv6 type admin-prohibited")])
def test_a_filter_that_rejects_is_told(pair, need, target, word):
    need("nft")
    server, client = pair
    server.run("sysctl", "-q", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
    server.run("nft", "add table inet t; add chain inet t c { type filter hook input priority 0; };"
                      "add rule inet t c tcp dport 80 reject with %s;"
                      "add rule inet t c tcp dport 443 reject with tcp reset" % word)
    found = look(client, target, "22,80,443,444")
    assert found["open"] == ["%s:22" % target] and found["filtered"] == ["%s:80" % target]
    assert found["closed_count"] == 2


def test_nothing_is_left_open_behind(pair):
    server, client = pair
    look(client, "192.0.2.1")
    states = server.run("ss", "-Hant").stdout
    assert "ESTAB" not in states and states.count("SYN-RECV") == 0
