"""What the kernel's rule set does with packets from outside is foretold as packets then meet it."""
import os
import pathlib
import random
import re

import pytest

from conftest import PROGRAM
from rulesets import ruleset

PROBE = pathlib.Path(PROGRAM).resolve().parent / "test/net/netfilter_probe"
TRIALS = int(os.environ.get("NETFILTER_TRIALS", "12000"))  # few sets of rules differ much in how much of them is unknown
SEED = int(os.environ.get("NETFILTER_SEED", "1"))
EACH = 50


def with_wires(space):
    """Interfaces whose wire ends in the probe: eth0 and eth1 lead outside, out0 to where translation goes."""
    for nth, name in enumerate(("eth0", "eth1", "out0")):
        space.ip("tuntap", "add", "dev", name, "mode", "tun")
        space.ip("link", "set", name, "up")
    for address, device in (("192.0.2.1/24", "eth0"), ("198.51.100.1/24", "eth1"), ("10.9.9.1/24", "out0"),
                            ("2001:db8::1/64", "eth0"), ("2001:db8:2::1/64", "eth1"), ("2001:db8:99::1/64", "out0")):
        space.ip("address", "add", address, "dev", device, *(["nodad"] if ":" in address else []))
    for nth, name in enumerate(("eth0", "eth1")):
        space.ip("route", "add", "default", "dev", name, "metric", str(nth + 1))
        space.ip("-6", "route", "add", "default", "dev", name, "metric", str(nth + 1))
    settings = ["net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1"]
    settings += ["net/ipv4/conf/%s/rp_filter=0" % name for name in ("all", "eth0", "eth1", "out0")]
    for setting in settings:
        path, _, value = setting.partition("=")
        space.run("sh", "-c", "echo %s > /proc/sys/%s" % (value, path))


def test_who_would_be_answered_elsewhere(wired):
    """The routing tables say by which interface the sender is answered: with rules of routing nothing is known."""
    wired.ip("route", "add", "203.0.113.0/28", "dev", "eth1")
    wired.ip("route", "add", "blackhole", "203.0.113.8/29")
    wired.ip("-6", "route", "add", "2001:db8:7::/48", "dev", "eth1")
    text = "table inet t { chain c { type filter hook prerouting priority 0; fib saddr . iif oif missing drop; }; }"
    total = {}
    assert foretell(wired, text, SEED, 400, total)
    assert total["wrong"] == 0 and total["unknown"] == 0 and min(total["passes"], total["refused"]) > 0, total
    wired.ip("rule", "add", "from", "203.0.113.0/24", "lookup", "77")
    total = {}
    assert foretell(wired, text, SEED, 400, total)
    assert total["wrong"] == 0 and total["unknown"] > 0, total


def figures(printed):
    found = re.search(r"passes (\d+), refused (\d+), partly (\d+), unknown (\d+), wrong (\d+)", printed)
    assert found, printed
    return dict(zip(("passes", "refused", "partly", "unknown", "wrong"), map(int, found.groups())))


@pytest.fixture
def wired(namespaces, need):
    need("nft")
    if not PROBE.exists():
        pytest.skip("needs %s, which is built with -Dtests=true" % PROBE)
    space = namespaces.new()
    with_wires(space)
    return space


def foretell(space, text, seed, count, total):
    """Loads a rule set, tries packets, and adds up what became of them. What nft does not take is no trial."""
    space.run("nft", "flush", "ruleset")
    if space.run("nft", "-f", "-", input=text, check=False).returncode != 0:
        return False
    run = space.run(PROBE, seed, count, check=False, timeout=600)
    assert run.returncode == 0, "seed %d\n%s\n%s%s" % (seed, text, run.stdout[-4000:], run.stderr[-2000:])
    for key, value in figures(run.stdout).items():
        total[key] = total.get(key, 0) + value
    return True


def test_random_rule_sets_are_foretold(wired):
    total, seed = {}, SEED
    while sum(total.values()) < TRIALS:
        foretell(wired, ruleset(random.Random(seed)), seed, EACH, total)
        seed += 1
        assert seed < SEED + 10 * TRIALS // EACH, "nft takes too few of the rule sets"
    print(total)
    assert total["wrong"] == 0
    assert min(total["passes"], total["refused"]) > TRIALS / 10, total
    assert total["unknown"] < TRIALS / 5, total


# What ufw loaded (recorded, version 0.36.2, as iptables-nft-save prints it), what firewalld did (1.3.3, with services,
# rich rules, forwarded ports, sets of addresses and policies, as nft lists it), and rules in Docker's shape.
RECORDED = pathlib.Path(__file__).parent.parent / "data/rulesets"


@pytest.mark.parametrize("name", sorted({path.stem for path in RECORDED.iterdir()}))
def test_what_firewalls_wrote_is_foretold(wired, need, name):
    for program, ending in (("iptables-nft-restore", ".v4"), ("ip6tables-nft-restore", ".v6"), ("nft -f -", ".nft")):
        path = RECORDED / (name + ending)
        if path.exists():
            need(program.split()[0])
            wired.run(*program.split(), input=path.read_text())
    run = wired.run(PROBE, SEED, 600, check=False, timeout=600)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    total = figures(run.stdout)
    assert total["unknown"] <= 0.05 * 600, total
    assert total["passes"] > 0 and total["refused"] > 0
