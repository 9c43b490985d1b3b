"""From one large rule set to the next only what differs is sent: what comes out must be what loading the whole makes."""
import random
import re

import pytest

from test_apply import host, parts  # noqa: F401

PORTS = (22, 25, 53, 80, 123, 443, 993)


def address(chance):
    if chance.random() < 0.3:
        return "2001:db8::%x" % chance.randrange(1, 200)
    return chance.choice(("192.0.2.%d", "198.51.100.%d", "192.0.2.%d/31")) % (2 * chance.randrange(100))


def rule(chance, number):
    """Single ports and ranges, addresses at either end, interfaces, days: each becomes a lookup of its own."""
    door = "%s/%d" % (chance.choice(("tcp", "udp")), chance.choice(PORTS))
    if chance.random() < 0.2:
        door += "-%d" % (1000 + chance.randrange(50))
    words = [chance.choice(("allow", "allow", "deny", "reject")), chance.choice(("", "", "out", "through")), door]
    if chance.random() < 0.9:
        words.append("from " + ", ".join(address(chance) for _ in range(chance.randrange(1, 8))))
    if chance.random() < 0.2:
        words.append("to " + address(chance))
    if chance.random() < 0.1:
        words.append("on " + chance.choice(("eth0", "wg0", "eth*")))
    words.append("id r%d" % number)
    if chance.random() < 0.1:
        words.append("until 2199-12-31")
    return " ".join(filter(None, words))


def change(chance, rules, number):
    """Another rule in place of one, one more, one less, or two that change their places."""
    at, other = chance.randrange(len(rules)), chance.randrange(len(rules))
    kind = chance.randrange(4)
    if kind == 0:
        rules[at] = rule(chance, number)
    elif kind == 1:
        rules.insert(at, rule(chance, number))
    elif kind == 2:
        rules.pop(at)
    else:
        rules[at], rules[other] = rules[other], rules[at]


def chain_handles(host):
    return dict(re.findall(r"chain (\S+) \{ # handle (\d+)", host.table("-a")))


def table_handle(host):
    """Another one where the table was replaced, in which chains are counted from the beginning."""
    return re.search(r"table inet doorward \{ # handle (\d+)", host.table("-a"))[1]


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_what_differs_makes_what_the_whole_makes(host, namespaces, seed):  # noqa: F811
    chance = random.Random(seed)
    rules = [rule(chance, number) for number in range(150)]
    host.in_force("\n".join(rules) + "\n")
    deltas = 0
    for step in range(8):
        before = table_handle(host)
        for nth in range(chance.choice((1, 1, 3))):
            change(chance, rules, 1000 + 10 * step + nth)
        text = "\n".join(rules) + "\n"
        table = host.in_force(text)
        deltas += table_handle(host) == before
        fresh = namespaces.new()
        fresh.run("nft", "-f", "-", input=host.program("plan", "--nft", "-P", host.policy(text), wrap=fresh.command()).out)
        whole = fresh.run("nft", "-s", "list", "table", "inet", "doorward").stdout
        assert parts(re.sub(r'comment "(\w+) \d+"', r'comment "\1"', table)) == parts(whole)
        assert host.status()["drift"] == "none"
    assert deltas >= 6  # else nothing was tested


def single(number, address):
    """A rule of one port and single addresses, at either end or at both, of either family."""
    door = "udp/%d" % (1000 + number % 40) if number % 5 else "tcp/%d" % (2000 + number)
    here, there = ("2001:db8::%x", "2001:db8:1::%x") if number % 3 == 1 else ("192.0.2.%d", "198.51.100.%d")
    words = {0: "allow %s from " + here % address, 1: "deny %s from " + here % address + " to " + there % number,
             2: "allow out %s to " + there % address, 3: "allow through %s from " + here % address}[number % 4]
    return words % door + " id r%d" % number


def test_what_differs_is_sent_without_the_library(host, namespaces, need):  # noqa: F811
    """Comparisons, elements and counters are messages of our own; nftables' library, which lists all chains first, is not
    even loaded."""
    need("strace")
    rules = [single(number, 1 + number) for number in range(120)]
    host.in_force("\n".join(rules) + "\n")
    for changed in (0, 1, 2, 3, 4, 5, 7, 18, 31, 55):
        rules[changed] = single(changed, 200 + changed)
        text = "\n".join(rules) + "\n"
        trace = host.folder / "trace"
        # Who is traced cannot look for leaks.
        apply = ["env", "ASAN_OPTIONS=detect_leaks=0", host.program.program, "apply", host.policy(text), "--state", host.state]
        host.space.run("strace", "-e", "trace=openat", "-o", trace, *apply)
        assert "libnftables" not in trace.read_text(), changed
        assert host.do("confirm").status == 0
        fresh = namespaces.new()
        fresh.run("nft", "-f", "-", input=host.program("plan", "--nft", "-P", host.policy(text), wrap=fresh.command()).out)
        whole = fresh.run("nft", "-s", "list", "table", "inet", "doorward").stdout
        assert parts(host.table()) == parts(whole)
        assert host.status()["drift"] == "none"


def test_a_lookup_that_outgrows_its_size_becomes_another(host, namespaces):  # noqa: F811
    """Sets say how many keys they have room for, and the next larger one has another name: what lies around it stays."""
    rules = ["allow tcp/%d from 192.0.2.%d id r%d" % (2000 + number, number, number) for number in range(32)]
    rules += ["allow udp/%d from 192.0.2.%d id u%d" % (3000 + number, number, number) for number in range(30)]
    sizes = re.findall(r"size (\d+)", host.in_force("\n".join(rules) + "\n"))
    before, stood = chain_handles(host), table_handle(host)
    text = "\n".join(rules + ["allow tcp/2500 from 192.0.2.200 id more"]) + "\n"
    table = host.in_force(text)
    assert sizes == ["64", "64"] and re.findall(r"size (\d+)", table) == ["64", "128"]
    after = chain_handles(host)
    assert table_handle(host) == stood
    assert all(after.get(name) == handle for name, handle in before.items() if name != "digest")
    fresh = namespaces.new()
    fresh.run("nft", "-f", "-", input=host.program("plan", "--nft", "-P", host.policy(text), wrap=fresh.command()).out)
    assert parts(re.sub(r'comment "(\w+) \d+"', r'comment "\1"', table)) == parts(
        fresh.run("nft", "-s", "list", "table", "inet", "doorward").stdout)
