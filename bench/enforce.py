#!/usr/bin/env python3
"""10,000 rules in the kernel; see enforce.sh, which gives the network namespace that all of this happens in.

    packets       CPU of a datagram from the wire to its reader, against no rules, the floors that any rule set stands on
                  (an empty chain, the connection tracker, one rule that asks it), plain nft rules, one nft set, and the
                  least that does the same: states, own addresses and one set
    connections   how long connect() takes, against no rules
    loading       user and system time of `doorward apply` and of `nft -f` of hand-written sets of the same rules
    one rule      how long `doorward apply` takes when one rule of those that stand is another

Sides alternate, and figures are ratios of medians; of packets, of which a machine at work only delays, those of the least."""
import ipaddress
import os
import pathlib
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

RULES = int(os.environ.get("RULES", 10_000))
ROUNDS, PACKETS, CONNECTIONS = 5, 100_000, 400
USUAL = [21, 22, 25, 53, 80, 110, 143, 161, 389, 443, 445, 465, 587, 636, 993, 995, 1433, 1521, 3128, 3306, 3389,
         5060, 5432, 5671, 5900, 6379, 8080, 8443, 9090, 9200, 11211, 27017]
FIRST, LAST, NONE, PORT = "10.77.0.1", "10.77.0.2", "172.16.9.9", 53
FLOOR = "floor: one rule, which lets answers pass"  # each packet the first of a connection, as for the rules
TRACKED = "... where the connection is tracked"
LEAST = "... and of this host's addresses"  # no rule set can tell doors and connections for less
# What every rule set pays before its first rule: a chain at the hook; the connection tracker, which any `ct` loads.
CHAIN = "table inet floor {\n chain c {\n  type filter hook prerouting priority -190\n%s }\n}\n"
# Each packet is judged by itself, as the first one of a connection is.
NOTRACK = "table inet bench {\n chain raw {\n  type filter hook prerouting priority -300\n  notrack\n }\n}\n"


def addresses(chance):
    """A host, in one of five of IPv6."""
    if chance.random() < 0.2:
        return "2001:db8:%x::%x" % (chance.randrange(65536), chance.randrange(1, 65536))
    return str(ipaddress.ip_address(0x0a000000 + chance.randrange(1 << 24)))


def network(chance):
    bits = chance.randrange(16, 29)
    return str(ipaddress.ip_network((0x0a000000 + chance.randrange(1 << 24), bits), strict=False))


def rules(count):
    """The same mixture in every hundred rules: (verdict, direction, transport, ports, sources, destinations)."""
    chance = random.Random(1)
    yield "allow", "in", "udp", (PORT, PORT), [FIRST], []
    for number in range(count - 2):
        kind = number % 100
        port = chance.choice(USUAL) if chance.random() < 0.67 or kind == 0 else chance.randrange(1, 65536)
        last = min(65535, port + chance.randrange(100)) if 85 <= kind < 90 else port
        verdict = "deny" if chance.random() < 0.1 else "allow"
        direction = "out" if 90 <= kind < 95 else "in"
        source = [] if kind == 0 or direction == "out" else [network(chance)] if 70 <= kind < 85 else [
            addresses(chance) for _ in range(2 if 50 <= kind < 70 else 1)]
        version = ipaddress.ip_network(source[0]).version if source else 4
        destination = [addresses(chance)] if kind >= 90 else []
        if source and destination and ipaddress.ip_network(destination[0]).version != version:
            destination = ["10.200.0.1" if version == 4 else "2001:db8::1"]
        if kind == 0 and port == PORT:
            port = last = 80
        yield verdict, direction, "tcp" if chance.random() < 0.75 else "udp", (port, last), source, destination
    yield "allow", "in", "udp", (PORT, PORT), [LAST], []


def dashed(ports):
    return "-".join(map(str, sorted(set(ports))))


def as_policy(verdict, direction, transport, ports, source, destination):
    line = "%s %s%s/%s" % (verdict, "out " if direction == "out" else "", transport, dashed(ports))
    line += " from " + ", ".join(source) if source else ""
    return line + (" to " + ", ".join(destination) if destination else "")


def as_plain(verdict, _direction, transport, ports, source, destination):
    family = "ip6" if ":" in "".join(source + destination) else "ip"
    parts = ["%s %s { %s }" % (family, end, ", ".join(list_)) for end, list_ in (("saddr", source), ("daddr", destination))
             if list_ and not (":" in "".join(list_) and "." in "".join(list_))]
    return " ".join(parts + ["%s dport %s" % (transport, dashed(ports)), "counter accept" if verdict == "allow" else
                             "counter drop"])


def hand_written(count, counter):
    """Verdict maps of concatenations, one for each kind of rule, as one writes them who knows these rules: no two
    overlap. Returns the rule set and how many rules had to be left out as they do."""
    maps, taken, left_out = {}, {}, 0
    for verdict, direction, transport, ports, source, destination in rules(count):
        ends = (bool(source), bool(destination))
        for one in [(s, d) for s in source or [None] for d in destination or [None]]:
            family = "ip6" if any(":" in end for end in one if end) else "ip"
            key = (direction, family, ends)
            nets = [ipaddress.ip_network(end) for end in one if end]
            others = taken.setdefault((key, transport), [])
            if any(p[0] <= ports[1] and ports[0] <= p[1] and all(a.overlaps(b) for a, b in zip(n, nets)) for p, n in
                   others):
                left_out += 1
                continue
            others.append((ports, nets))
            maps.setdefault(key, []).append(" . ".join([transport, *(end for end in one if end), dashed(ports)]) + " : " +
                                            ("accept" if verdict == "allow" else "drop"))
    text, chains = "table inet hand {\n", {"in": "", "out": ""}
    for number, ((direction, family, ends), elements) in enumerate(maps.items()):
        address = "ipv6_addr" if family == "ip6" else "ipv4_addr"
        types = ["inet_proto"] + [address] * sum(ends) + ["inet_service"]
        asked = ["meta l4proto"] + [family + " " + word for word, end in zip(("saddr", "daddr"), ends) if end] + ["th dport"]
        text += "map m%d {\ntype %s : verdict\nflags interval\n%selements = {\n%s\n}\n}\n" % (
            number, " . ".join(types), "counter\n" if counter else "", ",\n".join(elements))
        chains[direction] += "%s vmap @m%d\n" % (" . ".join(asked), number)
    text += "chain in {\ntype filter hook prerouting priority -190\npolicy accept\n%s}\n" % chains["in"]
    text += "chain out {\ntype filter hook output priority -190\npolicy accept\n%s}\n}\n" % chains["out"]
    return text, left_out


class Bench:
    def __init__(self, program, packets, folder):
        self.program, self.packets, self.folder = program, packets, pathlib.Path(folder)
        self.nft = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def load(self, text):
        subprocess.run([self.nft, "-f", "-"], input=text, text=True, check=True)

    def clear(self):
        self.load("flush ruleset")

    def doorward(self, *words):
        done = subprocess.run([self.program, *map(str, words), "--state", self.folder / "state"], capture_output=True,
                              text=True)
        if done.returncode != 0:
            sys.exit("doorward %s: %s" % (words[0], done.stderr[-300:]))

    def undo_all(self):
        self.doorward("undo", "0")


def told(name, ratio, bar, words=""):
    print("  %-46s ratio = %.2f (bar: at most %.2f)%s%s" % (name, ratio, bar, "" if ratio <= bar else ", MISSED", words))


# ---- packets ----

def cost(bench, source, packets):
    first = ["chrt", "-f", "5"] if shutil.which("chrt") else []
    run = subprocess.run(first + [bench.packets, "bench0", source, str(PORT), str(packets)], capture_output=True, text=True,
                         check=True)
    ns, came = run.stdout.split()
    if int(came) != packets:
        sys.exit("of %d packets from %s %s came" % (packets, source, came))
    return float(ns)


def packets(bench):
    subprocess.run("ip tuntap add dev bench0 mode tun && ip address add 10.200.0.1/24 dev bench0 && ip link set bench0 up"
                   " && ip route add default dev bench0 && sysctl -qw net.ipv4.conf.all.rp_filter=0"
                   " net.ipv4.conf.bench0.rp_filter=0", shell=True, check=True)
    policy = bench.write("watched.policy", "mode observe\n" + "".join(as_policy(*r) + "\n" for r in rules(RULES)))
    text = subprocess.run([bench.program, "plan", "--nft", "-P", policy], capture_output=True, text=True).stdout
    plain = "".join(as_plain(*r) + "\n" for r in rules(RULES) if r[1] == "in" and (r[4] or r[5]))
    one_set = "table inet one {\nset s {\ntype ipv4_addr . inet_service\nelements = { %s }\n}\nchain c {\ntype filter hook " \
              "prerouting priority -190\n%%s ip saddr . udp dport @s counter accept\n}\n}\n" % ", ".join(sorted({
                  "%s . %d" % (r[4][0], r[3][0]) for r in rules(RULES)
                  if r[4] and ":" not in r[4][0] and "/" not in r[4][0] and r[3][0] == r[3][1]}))
    states = "ct state established,related accept\n"
    own = states + "fib daddr type { local, broadcast, anycast, multicast }"
    sides = {
        "none": ("", NONE, PACKETS), "floor: one chain, no rule": (CHAIN % "", NONE, PACKETS),
        "floor: one chain, one rule": (CHAIN % "  ip saddr %s accept\n" % NONE, NONE, PACKETS),
        FLOOR: (NOTRACK + CHAIN % "  ct state established,related accept\n", NONE, PACKETS),
        TRACKED: (CHAIN % "  ct state established,related accept\n", NONE, PACKETS),
        "doorward, first": (NOTRACK + text, FIRST, PACKETS),
        "doorward, last": (NOTRACK + text, LAST, PACKETS), "doorward, no match": (NOTRACK + text, NONE, PACKETS),
        "one nft set": (one_set % "", FIRST, PACKETS),
        "... and each packet the first of a connection": (NOTRACK + one_set % "", FIRST, PACKETS),
        "... behind the states of connections": (NOTRACK + one_set % states, FIRST, PACKETS),
        LEAST: (NOTRACK + one_set % own, FIRST, PACKETS),
        "plain nft rules, last": (NOTRACK + "table inet plain {\nchain c {\ntype filter hook prerouting priority -190\n" +
                                  plain + "}\n}\n", LAST, PACKETS // 20),
    }
    times = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, (rule_set, source, count) in sides.items():
            bench.clear()
            if rule_set:
                bench.load(rule_set)
            times[side].append(min(cost(bench, source, count) for _ in range(3)))
    bench.clear()
    least = {side: min(times[side]) for side in sides}
    print("CPU of a datagram with %d rules, the least of %d interleaved rounds of three; no rules: %.0f ns" % (
        RULES, ROUNDS, least["none"]))
    for side in list(sides)[1:]:
        ratio, more = least[side] / least["none"], "%+.0f ns" % (least[side] - least["none"])
        if side.startswith("doorward"):
            told(side, ratio, 1.15, ", %s, %.2f of the least that does the same" % (more, least[side] / least[LEAST]))
        else:
            print("  %-46s ratio = %.2f, %s" % (side, ratio, more))
    print("  no rule set that lets answers pass comes below %.2f, or %.2f where connections are tracked" % (
        least[FLOOR] / least["none"], least[TRACKED] / least["none"]))


# ---- connections ----

def connect_p50(count):
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        with socket.create_connection(("10.200.0.1", 8443)):
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


def connections(bench):
    """From another namespace, over a veth."""
    other = "doorward-bench-%d" % os.getpid()
    policy = bench.write("open.policy", "".join(as_policy(*r) + "\n" for r in rules(RULES)) + "allow tcp/8443 from 10.201.0.2\n")
    text = subprocess.run([bench.program, "plan", "--nft", "-P", policy], capture_output=True, text=True).stdout
    server = socket.create_server(("10.200.0.1", 8443), backlog=512)

    def serve():
        while True:
            try:
                server.accept()[0].close()
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    subprocess.run(["ip", "netns", "add", other], check=True)
    try:
        subprocess.run("ip link add wire0 type veth peer name wire1 && ip link set wire1 netns %s && ip address add "
                       "10.201.0.1/24 dev wire0 && ip link set wire0 up && ip -n %s address add 10.201.0.2/24 dev wire1 && "
                       "ip -n %s link set wire1 up && ip -n %s route add default via 10.201.0.1" % ((other,) * 4),
                       shell=True, check=True)
        asker = [shutil.which("nsenter"), "--net=/run/netns/" + other, sys.executable, __file__, "--connect",
                 str(CONNECTIONS)]
        times = {"none": [], "doorward": []}
        for _ in range(ROUNDS):
            for side in times:
                bench.clear()
                if side == "doorward":
                    bench.load(text)
                times[side].append(float(subprocess.run(asker, capture_output=True, text=True, check=True).stdout))
        bench.clear()
    finally:
        server.close()
        subprocess.run(["ip", "netns", "del", other], check=True)
    none, own = (statistics.median(times[side]) for side in ("none", "doorward"))
    print("connect() of TCP, median of %d, median of %d rounds; no rules: %.0f us" % (CONNECTIONS, ROUNDS, none * 1e6))
    told("doorward, %d rules" % RULES, own / none, 1.25)


# ---- loading ----

def cpu_seconds(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def loading(bench):
    policy = bench.write("big.policy", "".join(as_policy(*r) + "\n" for r in rules(RULES)))
    own, peers = [], {"without counters": [], "that count": []}
    left_out = 0
    for name in peers:
        text, left_out = hand_written(RULES, name == "that count")
        bench.write(name, text)
    for _ in range(ROUNDS):
        own.append(cpu_seconds(bench.program, "apply", policy, "--timeout", "1h", "--state", bench.folder / "state"))
        bench.doorward("undo")
        for name, times in peers.items():
            times.append(cpu_seconds(bench.nft, "-f", bench.folder / name))
            bench.clear()
    print("compiling and loading %d rules, CPU seconds, median of %d; %d of the rules are not in the sets, as they would "
          "overlap" % (RULES, ROUNDS, left_out))
    print("  doorward apply: %.2f s" % statistics.median(own))
    for name, times in peers.items():
        told("nft -f of sets %s: %.2f s" % (name, statistics.median(times)), statistics.median(own) /
             statistics.median(times), 3.0)


def one_rule(bench):
    lines = [as_policy(*r) for r in rules(RULES)]
    first = bench.write("first.policy", "\n".join(lines) + "\n")
    bench.doorward("apply", first)
    bench.doorward("confirm")
    wall, cpu = [], []
    for number in range(ROUNDS):
        changed = lines.copy()
        changed[RULES // 2] = "allow tcp/443 from 10.99.0.%d" % (number + 1)
        policy = bench.write("changed.policy", "\n".join(changed) + "\n")
        begun = time.perf_counter()
        cpu.append(cpu_seconds(bench.program, "apply", policy, "--timeout", "1h", "--state", bench.folder / "state"))
        wall.append(time.perf_counter() - begun)
        bench.doorward("confirm")
    bench.undo_all()
    ms = statistics.median(wall) * 1000
    print("one rule of %d is another, median of %d" % (RULES, ROUNDS))
    print("  doorward apply: %.0f ms, CPU %.0f ms (bar: at most 50 ms)%s" % (ms, statistics.median(cpu) * 1000,
                                                                         "" if ms <= 50 else ", MISSED"))


def main(program, sender):
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(program, sender, folder)
        if bench.nft is None:
            sys.exit("needs the program nft")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        packets(bench)
        connections(bench)
        loading(bench)
        one_rule(bench)


if sys.argv[1] == "--connect":
    print(connect_p50(int(sys.argv[2])))
else:
    main(sys.argv[1], sys.argv[2])
