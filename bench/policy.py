#!/usr/bin/env python3
"""Parses and lints 100,000 rules with the program given, and has nft check 10,000 of them as plain rules. Both are
timed in user and system time of their processes; the figure is the ratio of the medians."""
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

ROUNDS, RULES, PEER_RULES, BAR = 5, 100_000, 10_000, 5.0
USUAL = [21, 22, 25, 53, 80, 110, 143, 161, 389, 443, 445, 465, 587, 636, 993, 995, 1433, 1521, 3128, 3306, 3389,
         5060, 5432, 5671, 5900, 6379, 8080, 8443, 9090, 9200, 11211, 27017]


def addresses(chance):
    """One or two hosts, or a prefix, of 10.0.0.0/8."""
    host = 0x0a000000 + chance.randrange(1 << 24)
    if chance.random() < 0.4:
        bits = chance.randrange(16, 29)
        return [dotted(host >> 32 - bits << 32 - bits) + "/%d" % bits]
    return [dotted(host)] + ([dotted(host + 7)] if chance.random() < 0.2 and host & 255 < 240 else [])


def dotted(n):
    return ".".join(str(n >> shift & 255) for shift in (24, 16, 8, 0))


def rules(count):
    """The same mixture in every ten rules: (verdict, direction, transport or None, ports, sources, destinations)."""
    chance = random.Random(1)
    for number in range(count):
        kind = number % 10
        verdict = "deny" if kind == 1 or chance.random() < 0.2 else "allow"
        port = chance.choice(USUAL) if chance.random() < 0.67 else chance.randrange(1, 65536)
        last = min(65535, port + chance.randrange(2000)) if kind == 2 else port
        transport = None if kind == 1 else "tcp" if chance.random() < 0.75 else "udp"
        source = addresses(chance) if kind not in (0, 3) else []
        destination = addresses(chance) if kind in (3, 4) else []
        yield verdict, "out" if kind == 3 else "in", transport, (port, last), source, destination


def as_policy(verdict, direction, transport, ports, source, destination):
    door = "all" if transport is None else "%s/%s" % (transport, "-".join(map(str, sorted(set(ports)))))
    line = "%s %s%s" % (verdict, "out " if direction == "out" else "", door)
    line += " from " + ", ".join(source) if source else ""
    line += " to " + ", ".join(destination) if destination else ""
    return line + (' owner "web team" because "customers order here"' if verdict == "allow" else "")


def as_nft(verdict, _direction, transport, ports, source, destination):
    parts = []
    for what, list_ in (("saddr", source), ("daddr", destination)):
        if list_:
            parts.append("ip %s %s" % (what, "{ %s }" % ", ".join(list_) if len(list_) > 1 else list_[0]))
    if transport:
        parts.append("%s dport %s" % (transport, "-".join(map(str, sorted(set(ports))))))
    return " ".join(parts + ["accept" if verdict == "allow" else "drop"])


def cpu_seconds(*command):
    before = os.times()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    after = os.times()
    if done.returncode not in (0, 1):
        sys.exit("%s: %s" % (command[0], done.stderr[-300:]))
    return after.children_user - before.children_user + after.children_system - before.children_system


def main(program):
    nft = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if nft is None:
        sys.exit("needs the program nft")
    with tempfile.TemporaryDirectory() as folder:
        policy, peer = pathlib.Path(folder, "big.policy"), pathlib.Path(folder, "plain.nft")
        policy.write_text("".join(as_policy(*rule) + "\n" for rule in rules(RULES)))
        body = {"in": [], "out": []}
        for rule in rules(PEER_RULES):
            body[rule[1]].append("\t\t" + as_nft(*rule) + "\n")
        peer.write_text("table inet bench {\n\tchain in {\n%s\t}\n\tchain out {\n%s\t}\n}\n"
                        % ("".join(body["in"]), "".join(body["out"])))
        pairs = [(cpu_seconds(program, "lint", policy), cpu_seconds(nft, "-c", "-f", peer)) for _ in range(ROUNDS)]
    own, other = (statistics.median(column) for column in zip(*pairs))
    print("parsing and linting, CPU seconds, median of %d pairs" % ROUNDS)
    print("  doorward lint, %d rules: %.2f s" % (RULES, own))
    print("  nft -c -f, %d plain rules: %.2f s" % (PEER_RULES, other))
    print("  ratio = %.2f (bar: at most %.1f)%s" % (own / other, BAR, "" if own / other <= BAR else ", MISSED"))


main(sys.argv[1])
