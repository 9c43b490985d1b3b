"""doorward scan: who is there, before doors are looked for: on the link, behind a router, without rights."""
import pathlib
import re
import sys

import pytest

from namespaces import wait_until
from test_scan import events

SERVER = """
import socket
server = socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True)
taken = []
while True:
    taken = taken[-8:] + [server.accept()]
"""
REACHED = "import socket; socket.create_connection(('2001:db8::4d', 8080), 1)"


def look(doorward, client, *words, wrap=()):
    run = doorward("scan", "--json", "--from", client.name, "-p", "8080-8100", *words, wrap=wrap)
    assert run.err == ""
    found = events(run.out)
    hosts = {e["dest_ip"]: e["host"] for e in found if e["event_type"] == "host"}
    doors = {(e["dest_ip"], e["dest_port"]) for e in found if e["event_type"] == "service"}
    return hosts, doors, found[-1]["stats"]


@pytest.fixture
def pair(namespaces):
    """A host with more addresses than one, and who looks at it."""
    server, client = namespaces.pair()
    for last in 7, 77, 200:
        server.ip("address", "add", "192.0.2.%d/24" % last, "dev", "eth1")
        server.ip("address", "add", "2001:db8::%x/64" % last, "dev", "eth1", "nodad")
    server.start(sys.executable, "-c", SERVER)
    server.wait_for_port(8080)
    wait_until(lambda: client.run(sys.executable, "-c", REACHED, check=False).returncode == 0, "IPv6")
    wait_until(lambda: all("tentative" not in end.run("ip", "-6", "address").stdout for end in (server, client)),
               "addresses that are nobody else's")
    return server, client


def test_neighbours(doorward, pair):
    hosts, doors, stats = look(doorward, pair[1], "192.0.2.0/24", "2001:db8::/120")
    assert set(hosts) == {"192.0.2.%d" % n for n in (1, 2, 7, 77, 200)} | {"2001:db8::%x" % n for n in (1, 2, 7, 77, 200)}
    assert doors == {(address, 8080) for address in hosts if not address.endswith((".2", "::2"))}
    mac = re.search(r"link/ether (\S+)", pair[0].run("ip", "-o", "link", "show", "eth1").stdout)[1]
    assert hosts["192.0.2.2"] == {"known_by": "own"} and hosts["192.0.2.77"]["known_by"] == "arp"
    assert hosts["2001:db8::4d"]["known_by"] == "nd"
    assert all(one["mac"] == mac and one["round_trip_us"] > 0 for one in hosts.values() if one["known_by"] != "own")
    assert (stats["hosts"], stats["hosts_seen"], stats["looked_at"]) == (512, 10, 10)
    assert stats["open"] + stats["closed"] == 10 * 21 and not stats["incomplete"]


def test_neighbours_that_answer_nothing_else_are_there(doorward, pair, need):
    need("nft")
    pair[0].run("nft", "add table inet t; add chain inet t c { type filter hook input priority 0; policy drop; };"
                       "add rule inet t c icmpv6 type nd-neighbor-solicit accept")
    hosts, doors, stats = look(doorward, pair[1], "192.0.2.0/25")
    assert set(hosts) == {"192.0.2.1", "192.0.2.2", "192.0.2.7", "192.0.2.77"} and doors == set()
    assert stats["silent"] == 3 * 21


@pytest.fixture
def routed(namespaces):
    """Hosts behind a router: .1 answers to echo, .5 over TCP alone, .6 to nothing."""
    host, router, client = namespaces.new(), namespaces.new(), namespaces.new()
    namespaces.join(router, client, 1)
    namespaces.join(host, router, 2)
    for last in 5, 6:
        host.ip("address", "add", "198.51.100.%d/24" % last, "dev", "eth2")
    host.ip("route", "add", "default", "via", "198.51.100.2")
    client.ip("route", "add", "198.51.100.0/24", "via", "192.0.2.1")
    router.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    host.run("nft", "add table ip t; add chain ip t c { type filter hook input priority 0; };"
                    "add rule ip t c ip daddr 198.51.100.5 icmp type echo-request drop;"
                    "add rule ip t c ip daddr 198.51.100.6 drop")
    host.start(sys.executable, "-c", SERVER)
    host.wait_for_port(8080)
    return client


def test_behind_a_router(doorward, routed, need):
    need("nft", "sysctl")
    hosts, doors, stats = look(doorward, routed, "198.51.100.0/28")
    assert {address: one["known_by"] for address, one in hosts.items()} == \
        {"198.51.100.1": "echo", "198.51.100.2": "echo", "198.51.100.5": "tcp"}
    assert doors == {("198.51.100.1", 8080), ("198.51.100.5", 8080)}
    assert hosts["198.51.100.1"]["round_trip_us"] > 0 and "mac" not in hosts["198.51.100.1"]
    hosts, doors, _ = look(doorward, routed, "198.51.100.0/28", "--no-discovery")
    assert hosts == {} and doors == {("198.51.100.1", 8080), ("198.51.100.5", 8080)}
    hosts, doors, stats = look(doorward, routed, "198.51.100.6", "198.51.100.1")
    assert hosts == {} and doors == {("198.51.100.1", 8080)} and stats["silent"] == 21  # named, so looked at


def test_by_connecting(doorward, pair):
    hosts, doors, _ = look(doorward, pair[1], "192.0.2.0/28", "--connect")
    assert set(hosts) == {"192.0.2.1", "192.0.2.2", "192.0.2.7"}
    assert {one["known_by"] for one in hosts.values()} == {"own", "tcp"}
    assert doors == {("192.0.2.1", 8080), ("192.0.2.7", 8080)}


def test_nobody_is_there(doorward, pair):
    hosts, doors, stats = look(doorward, pair[1], "192.0.2.100-192.0.2.140")
    assert hosts == {} and doors == set() and (stats["looked_at"], stats["exit_status"]) == (0, 0)
    run = doorward("scan", "--from", pair[1].name, "-p", "1-10", "192.0.2.6-192.0.2.10")
    assert "192.0.2.7       there      arp, " in run.out
    assert "4 addresses did not answer and were not looked at" in run.out
